package asked

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"clickql/internal/query"
)

// maxRecords bounds the shapes in memory and in the file.
const maxRecords = 4096

// Record is what is known of one shape of query and the table that served it.
type Record struct {
	// Table is database.name of the table.
	Table string `json:"table"`
	// With is the table that was read beside it, of months; empty where none was.
	With string `json:"with,omitempty"`
	// Shape is nil for the sum of records that there was no room for.
	Shape *query.Shape `json:"shape,omitempty"`
	// Count is how many statements ran.
	Count uint64 `json:"count"`
	// Refused is how many did not, since they would have read too much.
	Refused uint64 `json:"refused,omitempty"`
	// Hits is how many answers of such statements were given from memory later.
	Hits uint64 `json:"hits,omitempty"`
	// Rows is what the statements read, Estimated what the planner expected.
	Rows      uint64 `json:"rows"`
	Estimated uint64 `json:"estimated"`
	// Micros is how long they took together, in microseconds.
	Micros uint64 `json:"micros"`
	// Last is the last day of use, UTC.
	Last string `json:"last"`
}

// key tells records apart.
func (r Record) key() string {
	if r.Shape == nil {
		return r.Table
	}
	return r.Table + "\x00" + r.With + "\x00" + r.Shape.Key()
}

// plus is both records' figures.
func (r Record) plus(o Record) Record {
	r.Count, r.Refused, r.Hits = r.Count+o.Count, r.Refused+o.Refused, r.Hits+o.Hits
	r.Rows, r.Estimated, r.Micros = r.Rows+o.Rows, r.Estimated+o.Estimated, r.Micros+o.Micros
	r.Last = max(r.Last, o.Last)
	return r
}

// minus is what was added since an earlier state of the record.
func (r Record) minus(o Record) Record {
	r.Count, r.Refused, r.Hits = r.Count-o.Count, r.Refused-o.Refused, r.Hits-o.Hits
	r.Rows, r.Estimated, r.Micros = r.Rows-o.Rows, r.Estimated-o.Estimated, r.Micros-o.Micros
	return r
}

// Tables are those that were read, ascending.
func (r Record) Tables() []string {
	if r.With == "" {
		return []string{r.Table}
	}
	return []string{min(r.Table, r.With), max(r.Table, r.With)}
}

// used reports that anything was counted.
func (r Record) used() bool { return r.Count+r.Refused+r.Hits > 0 }

// bounded keeps at most room records with shapes, and adds the others up by
// table.
func bounded(records []Record, room int) []Record {
	byTable := map[string]Record{}
	var shaped []Record
	for _, r := range records {
		if r.Shape == nil {
			byTable[r.Table] = r.plus(byTable[r.Table])
		} else {
			shaped = append(shaped, r)
		}
	}
	slices.SortFunc(shaped, func(a, b Record) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(b.Last, a.Last), strings.Compare(a.key(), b.key()))
	})
	if len(shaped) > room {
		rest := shaped[room/2:]
		slices.SortStableFunc(rest, func(a, b Record) int { return strings.Compare(b.Last, a.Last) })
		for _, r := range shaped[room:] {
			r.Shape, r.With = nil, ""
			byTable[r.Table] = r.plus(byTable[r.Table])
		}
		shaped = shaped[:room]
	}
	for _, r := range byTable {
		shaped = append(shaped, r)
	}
	slices.SortFunc(shaped, func(a, b Record) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.key(), b.key()))
	})
	return shaped
}

// day is the day of a moment, as Last has it.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

package advise

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"clickql/internal/asked"
	"clickql/internal/catalog"
)

const (
	// stale is how long a table must not have been used to be called unused.
	stale = 30 * 24 * time.Hour
	// tellingAge is the time that a log must span for a table's absence from it to say
	// anything: people ask otherwise on weekends.
	tellingAge = 7 * 24 * time.Hour
)

// Unused is an existing table that answered nothing for a long time, or ever.
type Unused struct {
	// Table is database.name.
	Table string `json:"table"`
	Rows  uint64 `json:"rows"`
	// Bytes are compressed; 0 where unknown.
	Bytes uint64 `json:"bytes"`
	// LastUsed is a day, UTC; empty where the log knows of no use.
	LastUsed string `json:"lastUsed,omitempty"`
	// NeededBy says what would miss it though nobody asks for it; empty where
	// nothing is known to.
	NeededBy string `json:"neededBy,omitempty"`
}

// unused lists the tables that nobody used.
func (r *Report) unused(snap *catalog.Snapshot, log asked.File, readers map[string][]string) {
	r.Unused = []Unused{}
	add := func(u Unused) {
		u.LastUsed = log.Tables[u.Table]
		if views := readers[u.Table]; len(views) > 0 {
			u.NeededBy = "it feeds " + strings.Join(views, ", ")
		}
		if u.LastUsed == "" || u.LastUsed < log.Until.Add(-stale).UTC().Format(time.DateOnly) {
			r.Unused = append(r.Unused, u)
		}
	}
	for _, t := range snap.Tables {
		if !t.Raw {
			add(Unused{Table: t.FullName(), Rows: t.Rows, Bytes: t.Bytes, NeededBy: snap.NeededFor(t)})
		}
	}
	if e := snap.Extents; e != nil {
		add(Unused{Table: e.FullName(), Rows: e.Rows})
	}
	slices.SortFunc(r.Unused, func(a, b Unused) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.Table, b.Table))
	})
	if span := log.Until.Sub(log.Since); len(r.Unused) > 0 && span < tellingAge {
		r.Notes = append(r.Notes, fmt.Sprintf("the log spans %s: too short to call a table unused; a week says more", span.Round(time.Second)))
	}
}

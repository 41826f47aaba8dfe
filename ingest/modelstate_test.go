package ingest

import (
	"fmt"
	"maps"
	"slices"

	"clickql/ingest/count"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// version is one content of a file, or what somebody else inserted.
type version struct {
	id, name   string
	generation string
	bad        string // why it cannot be loaded; empty: it can
	counts     map[cube.Day]int
	projects   downloads // the same rows
}

// projectDay is a day, or a period by the first day of it, of a project.
type projectDay struct {
	day     cube.Day
	project string
}

// downloads are those of each project on each day.
type downloads map[projectDay]int64

// outside reports rows of days that are not in a range.
func (v *version) outside(from, to cube.Day) bool {
	for d := range v.counts {
		if d < from || d > to {
			return true
		}
	}
	return false
}

// within reports rows of days that are.
func (v *version) within(from, to cube.Day) bool {
	for d := range v.counts {
		if d >= from && d <= to {
			return true
		}
	}
	return false
}

// piece is what a content has of a day.
type piece struct {
	version string
	day     cube.Day
}

// pieces are what a table holds, and how often.
type pieces map[piece]int

// add adds what a content has.
func (p pieces) add(v *version) {
	for d := range v.counts {
		p[piece{v.id, d}]++
	}
}

// without removes the pieces of some days.
func (p pieces) without(gone func(cube.Day) bool) {
	maps.DeleteFunc(p, func(k piece, _ int) bool { return gone(k.day) })
}

// take replaces the pieces of some days by another table's.
func (p pieces) take(from pieces, days func(cube.Day) bool) {
	p.without(days)
	for k, n := range from {
		if days(k.day) {
			p[k] = n
		}
	}
}

// byDay counts a table's downloads.
func (m *trial) byDay(p pieces) map[cube.Day]int64 {
	counts := map[cube.Day]int64{}
	for k, n := range p {
		counts[k.day] += int64(n * m.versions[k.version].counts[k.day])
	}
	return counts
}

// byProject counts them by day and project.
func (m *trial) byProject(p pieces) downloads {
	counts := downloads{}
	for k, n := range p {
		for of, c := range m.versions[k.version].projects {
			if of.day == k.day {
				counts[of] += int64(n) * c
			}
		}
	}
	return counts
}

// without are those of other days.
func (d downloads) without(days map[cube.Day]int64) downloads {
	out := maps.Clone(d)
	maps.DeleteFunc(out, func(of projectDay, _ int64) bool { _, is := days[of.day]; return is })
	return out
}

// differing are the periods in which two tables hold other projects' downloads, or
// other numbers of them, at a grain.
func (d downloads) differing(grain count.Grain, other downloads) map[string]bool {
	sums := map[projectDay]int64{}
	for of, n := range d {
		sums[projectDay{grain.Period(of.day), of.project}] += n
	}
	for of, n := range other {
		sums[projectDay{grain.Period(of.day), of.project}] -= n
	}
	out := map[string]bool{}
	for of, n := range sums {
		if n != 0 {
			out[grain.Write(of.day)] = true
		}
	}
	return out
}

// folded counts them at a table's grain, see fold.
func folded(table ddl.Table, days map[cube.Day]int64) map[string]int64 {
	out := map[string]int64{}
	for d, n := range days {
		switch g := grainOf(table); {
		case n == 0:
		case g == count.FirstLast:
			if first, ok := out["first day"]; !ok || int64(d) < first {
				out["first day"] = int64(d)
			}
			out["last day"] = max(out["last day"], int64(d))
		case g == count.ByDay:
			out[d.String()] += n
		case g == count.ByMonth:
			out[d.String()[:7]] += n
		default:
			out["all"] += n
		}
	}
	return out
}

// grainOf tells by what a table counts.
func grainOf(table ddl.Table) count.Grain {
	switch {
	case table.Kind == ddl.Extremes:
		return count.FirstLast
	case table.Name == "pypi" || slices.Contains(table.Key(), "date"):
		return count.ByDay
	case slices.Contains(table.Key(), "month"):
		return count.ByMonth
	}
	return count.InTotal
}

// modelTables are those of the model: first the ones that a new database has,
// the raw one before all, and then two that backfills make.
func modelTables() []ddl.Table {
	var tables []ddl.Table
	for _, name := range append(few(), "pypi_downloads") {
		t, _ := ddl.Lookup(name)
		tables = append(tables, t)
	}
	for name, key := range map[string][]string{"pypi_downloads_per_day_by_ci": {"project", "date", "ci"}, "mine_by_libc": {"libc", "month"}} {
		t, err := ddl.Aggregate(name, key...)
		if err != nil {
			panic(err)
		}
		tables = append(tables, t)
	}
	slices.SortFunc(tables[6:], func(a, b ddl.Table) int { return len(a.Name) - len(b.Name) })
	return tables
}

// needs are the raw table's columns that a table is computed from.
func needs(table ddl.Table) []string {
	columns := slices.Clone(table.Key())
	if i := slices.Index(columns, "month"); i >= 0 {
		columns[i] = "date"
	}
	if table.Kind == ddl.Extremes {
		columns = append(columns, "date")
	}
	return columns
}

// tableState is one table.
type tableState struct {
	exists, view bool
	holds        pieces
}

// entry is what the ledger holds of a file.
type entry struct {
	version  *version
	replaced bool
}

// side is one database with its ledger: the live one or a shadow.
type side struct {
	database string
	ledger   map[string]entry
	failed   map[string]bool
	days     map[cube.Day]int64 // what the ledger says of days
	tables   map[string]*tableState
	halfway  bool // a batch is being published, and nobody is at it
	settled  bool // the last command that wrote came to its end
	promoted bool // of a shadow: it is live, and still to be dropped
}

// newSide is a side without tables but the raw one.
func newSide(database string) *side {
	s := &side{database: database, ledger: map[string]entry{}, failed: map[string]bool{}, days: map[cube.Day]int64{}, tables: map[string]*tableState{}}
	for _, t := range modelTables() {
		s.tables[t.Name] = &tableState{holds: pieces{}}
	}
	s.tables["pypi"].exists = true
	return s
}

// raw is what the raw table holds.
func (s *side) raw() pieces { return s.tables["pypi"].holds }

// fed lists the tables that an INSERT into the raw table, or a load, fills.
func (s *side) fed() (names []string) {
	for _, name := range sortedKeys(s.tables) {
		if t := s.tables[name]; t.exists && (t.view || name == "pypi") {
			names = append(names, name)
		}
	}
	return names
}

// feed adds a content to all tables that are filled, and to what is collected
// for a backfill.
func (m *trial) feed(s *side, v *version) {
	for _, name := range s.fed() {
		s.tables[name].holds.add(v)
	}
	if s == m.live {
		for _, f := range m.fills {
			f.holds.add(v)
		}
	}
}

// loaded is the effect of loading a file.
func (m *trial) loaded(s *side, v *version) {
	m.feed(s, v)
	s.ledger[v.name] = entry{version: v}
	delete(s.failed, v.name)
	for d, n := range v.counts {
		s.days[d] += int64(n)
	}
}

// fileState is what the ledger says of a source as it is.
func (s *side) fileState(v *version) count.FileState {
	e, ok := s.ledger[v.name]
	switch {
	case !ok:
		return count.StateNew
	case e.replaced:
		return count.StateReplaced
	case e.version != v:
		return count.StateChanged
	}
	return count.StateLoaded
}

// unfinished is a backfill that has not ended.
type unfinished struct {
	holds    pieces
	arrivals bool // what arrives is collected
	ready    bool // the next one carries on
}

// options name the live database.
func (m *trial) options() ddl.Options { return ddl.Options{Database: m.live.database} }

// table finds a table's definition.
func table(name string) ddl.Table {
	tables := modelTables()
	return tables[slices.IndexFunc(tables, func(t ddl.Table) bool { return t.Name == name })]
}

// describe lists what a table holds, for messages.
func (p pieces) describe() (text string) {
	keys := slices.SortedFunc(maps.Keys(p), func(a, b piece) int {
		if a.day != b.day {
			return int(a.day) - int(b.day)
		}
		if a.version < b.version {
			return -1
		}
		return 1
	})
	for _, k := range keys {
		text += fmt.Sprintf(" %s:%s×%d", k.day, k.version, p[k])
	}
	return text
}

// sortedKeys lists a map's keys in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

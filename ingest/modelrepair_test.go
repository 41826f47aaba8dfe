package ingest

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"clickql/ingest/count"
	"clickql/ingest/repair"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// repairSteps are those that a repair passes.
var repairSteps = []Step{StepLocked, StepRecovered, StepPlanned, StepStageCreated, StepRawStaged, StepTableStaged, StepChecked, StepDayStaged, StepNextBuilt,
	StepStaged, StepStepsWritten, StepPublishing, StepSwapped, StepAllMoved, StepDone, StepStageDropped}

// repair rebuilds some days.
func (m *trial) repair() {
	patterns, named := m.drawSources()
	from := m.drawDay()
	to := min(from+cube.Day(rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(m.t, "more days")), firstDay+modelDays-1)
	m.rebuild(patterns, named, from, to, rapid.IntRange(0, 2).Draw(m.t, "replace") == 2)
}

// repairAll rebuilds all days that the sources have.
func (m *trial) repairAll() {
	from, to := m.sourceDays()
	if to == 0 {
		m.notNow("there are no sources")
	}
	patterns, named := m.allSources()
	m.rebuild(patterns, named, from, to, rapid.Bool().Draw(m.t, "replace"))
}

// allSources names every source.
func (m *trial) allSources() (patterns []string, named []*version) {
	for _, n := range sortedKeys(m.now) {
		named = append(named, m.now[n])
	}
	return []string{m.all()}, named
}

// sourceDays are the first and the last day that sources have.
func (m *trial) sourceDays() (from, to cube.Day) {
	from = cube.Day(1<<16 - 1)
	for _, v := range m.now {
		for d := range v.counts {
			from, to = min(from, d), max(to, d)
		}
	}
	return from, to
}

// mended is what a repair is to do.
type mended struct {
	refusals []string // why it is refused; it is if there are any
	may      []string // why it may be refused
	from, to cube.Day
	files    []*version // with rows of the days
	replaced []string
	unknown  []string // may be replaced too: nobody can tell what they hold
	kept     pieces   // that tables of days have and the raw one has not
}

// within reports one of the days.
func (r *mended) within(d cube.Day) bool { return d >= r.from && d <= r.to }

// refuse adds a reason.
func (r *mended) refuse(format string, args ...any) {
	r.refusals = append(r.refusals, fmt.Sprintf(format, args...))
}

// rebuild runs a repair and follows it.
func (m *trial) rebuild(patterns []string, named []*version, from, to cube.Day, replace bool) {
	m.t.Helper()
	before := m.published(m.live)
	r := m.plan(named, from, to, replace)
	m.t.Logf("repair %s to %s, replace %v: refusals %q, may %q, files %d, replaced %q", from, to, replace, r.refusals, r.may, len(r.files), r.replaced)
	var plan repair.Plan
	ended, err := m.do(repairSteps, func(in *Ingest) (err error) {
		plan, err = in.Repair(m.t.Context(), repair.Request{From: from.Time(), To: to.Time(), Replace: replace}, patterns...)
		return err
	})
	if ended {
		if len(m.news(m.live, "downloads", before)) == 0 {
			return
		}
	} else {
		m.live.halfway, m.live.settled = false, true
	}
	switch refused := err != nil && !ended; {
	case refused:
		for _, reason := range append(r.refusals, r.may...) {
			if strings.Contains(err.Error(), reason) {
				return
			}
		}
		m.t.Fatalf("repair is refused: %v\nwant %q", err, r.refusals)
	case len(r.refusals) > 0:
		m.t.Fatalf("repair is not refused, and should be: %q", r.refusals)
	}
	for _, name := range plan.Replaced {
		if name = filepath.Base(name); !slices.Contains(r.replaced, name) {
			if !slices.Contains(r.unknown, name) {
				m.t.Fatalf("%s is replaced", name)
			}
			r.replaced = append(r.replaced, name)
		}
	}
	m.repaired(r)
}

// plan says what a repair should do.
func (m *trial) plan(named []*version, from, to cube.Day, replace bool) *mended {
	s := m.live
	r := &mended{from: from, to: to}
	for _, table := range sortedKeys(m.fills) {
		if m.fills[table].arrivals {
			r.refuse("a backfill has not ended")
		}
	}
	has := map[cube.Day]int{}
	for _, v := range named {
		switch {
		case s.fileState(v) == count.StateReplaced:
		case v.bad == "torn": // found where its rows are read
			r.may = append(r.may, v.name)
		case v.bad != "":
			r.refuse("cannot read %s", filepath.Join(m.folder, v.name))
		case v.within(from, to):
			r.files = append(r.files, v)
			for d, n := range v.counts {
				has[d] += n
			}
			if s.fileState(v) != count.StateLoaded && v.outside(from, to) {
				r.refuse("repair all of its days together")
			}
		}
	}
	for d := from; d <= to; d++ {
		if has[d] == 0 {
			r.refuse("would be emptied")
		}
	}
	m.planUnnamed(r, named, replace)
	if len(r.refusals) == 0 {
		m.planKept(r)
	}
	return r
}

// planUnnamed looks at loaded files that are not named.
func (m *trial) planUnnamed(r *mended, named []*version, replace bool) {
	for _, name := range sortedKeys(m.live.ledger) {
		e := m.live.ledger[name]
		if e.replaced || slices.ContainsFunc(named, func(v *version) bool { return v.name == name }) {
			continue
		}
		touches := e.version.within(r.from, r.to)
		switch known := m.now[name] == e.version; {
		case !known && !replace && touches:
			r.refuse("cannot be read any more")
		case !known && !replace:
			r.may = append(r.may, "cannot be read any more")
		case !known && touches:
			r.replaced = append(r.replaced, name)
		case !known:
			r.unknown = append(r.unknown, name)
		case !touches:
		case !replace:
			r.refuse("SOURCE leaves out %s", filepath.Join(m.folder, name))
		case e.version.outside(r.from, r.to):
			r.refuse("is to be replaced and holds downloads of other days too")
		default:
			r.replaced = append(r.replaced, name)
		}
	}
}

// planKept finds the days that the raw table has no row of and tables of days do,
// by what most of them say: they stay. Between the raw table's days one table of
// several is not believed.
func (m *trial) planKept(r *mended) {
	s := m.live
	raw := maps.Clone(s.raw())
	raw.without(r.within)
	has, first := m.byDay(raw), cube.Day(1<<16-1)
	for d, n := range has {
		if n != 0 {
			first = min(first, d)
		}
	}
	var dated []string
	for _, name := range s.fed() {
		if grainOf(table(name)) == count.ByDay && name != "pypi" {
			dated = append(dated, name)
		}
	}
	r.kept = pieces{}
	for d := firstDay; d < firstDay+modelDays; d++ {
		says, of := map[int64]int{}, map[int64]string{}
		for _, name := range dated {
			if n := m.byDay(s.tables[name].holds)[d]; n != 0 && has[d] == 0 && !r.within(d) {
				says[n]++
				of[n] = name
			}
		}
		var most int64
		for n, say := range says {
			if say > says[most] || say == says[most] && n > most {
				most = n
			}
		}
		if most != 0 && (d < first || says[most] >= min(2, len(dated))) {
			kept := maps.Clone(s.tables[of[most]].holds)
			kept.without(func(other cube.Day) bool { return other != d })
			maps.Copy(r.kept, kept)
		}
	}
	m.planLoss(r)
}

// planLoss refuses a repair where what is kept cannot be brought into the tables
// without days.
func (m *trial) planLoss(r *mended) {
	all, fed := m.allAfter(r), m.live.fed()
	for _, name := range fed {
		t := table(name)
		needed := false
		for k := range r.kept {
			needed = needed || grainOf(t) != count.ByMonth || r.months()[k.day.StartOfMonth()]
		}
		if grainOf(t) != count.ByDay && needed && !slices.ContainsFunc(fed, func(c string) bool { return m.covers(r, c, t, all) }) {
			r.refuse("which would be lost")
		}
	}
}

// months are those of the days.
func (r *mended) months() map[cube.Day]bool {
	months := map[cube.Day]bool{}
	for d := r.from; d <= r.to; d++ {
		months[d.StartOfMonth()] = true
	}
	return months
}

// allAfter is what all days hold after a repair.
func (m *trial) allAfter(r *mended) pieces {
	all := maps.Clone(m.live.raw())
	all.take(rowsOf(r.files), r.within)
	maps.Copy(all, r.kept)
	return all
}

// covers reports that a table of days can be computed from after a repair.
func (m *trial) covers(r *mended, name string, t ddl.Table, all pieces) bool {
	if name == "pypi" || grainOf(table(name)) != count.ByDay {
		return false
	}
	for _, column := range needs(t) {
		if !slices.Contains(table(name).Key(), column) {
			return false
		}
	}
	after := maps.Clone(m.live.tables[name].holds)
	after.take(rowsOf(r.files), r.within)
	return agreeing(m.byDay(after), m.byDay(all))
}

// rowsOf is what some contents hold together.
func rowsOf(files []*version) pieces {
	p := pieces{}
	for _, v := range files {
		p.add(v)
	}
	return p
}

// repaired is the effect of a repair.
func (m *trial) repaired(r *mended) {
	s := m.live
	all, months := m.allAfter(r), r.months()
	for _, name := range s.fed() {
		switch t := s.tables[name]; grainOf(table(name)) {
		case count.ByDay:
			t.holds.take(rowsOf(r.files), r.within)
		case count.ByMonth:
			t.holds.take(all, func(d cube.Day) bool { return months[d.StartOfMonth()] })
		default:
			t.holds = maps.Clone(all)
		}
	}
	for d := r.from; d <= r.to; d++ {
		s.days[d] = m.byDay(s.raw())[d]
	}
	for _, v := range r.files {
		s.ledger[v.name] = entry{version: v}
		delete(s.failed, v.name)
	}
	for _, name := range r.replaced {
		s.ledger[name] = entry{version: s.ledger[name].version, replaced: true}
	}
}

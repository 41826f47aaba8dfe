package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/internal/chschema"
	"clickql/internal/cube"
	"clickql/internal/wheeltag"
)

// A column that came to the raw table when it had rows is empty in them, and so it
// is in what a view that leaves it out goes on to write. Which days those are shows
// in the rows themselves:
//
//	platform, arch, abi  a file of the type bdist_wheel whose name is a wheel's has none
//	the client's         an installer is named, and no version of it: they are written
//	                     together, and installer_version begins with the name
//
// Where a table lacks what that is told by, a column tells of the days from the
// first one on that it says anything of. An aggregate has to hold, day by day, as
// many downloads with a value as the raw table does.

// fillings are what a table's columns of cube.Later hold, by its steps of time.
type fillings map[cube.Day]filling

// filling is one step of time. Its lists are in the order of cube.Later.
type filling struct {
	// Have are the downloads with a value.
	Have []int64
	// Lack are those that have none though there must be one; of the raw table.
	Lack []int64
}

// later lists the dimensions of cube.Later that the table keeps apart.
func (t *Table) later() []cube.Dimension {
	return slices.DeleteFunc(slices.Clone(cube.Later), func(d cube.Dimension) bool { return !t.Dims[d] })
}

// Tells reports that the table's column of the dimension tells of all of the days.
func (t *Table) Tells(d cube.Dimension, days cube.Range) bool {
	fills, some := t.Fills[d]
	return !some || !fills.Empty() && fills.Contains(days)
}

// fills finds out of which days each column of cube.Later tells. c.projects are
// those whose rows are compared; nil for all.
func (c *comparison) fills(ctx context.Context, days cube.Range) error {
	var due []*filled
	raw := c.inventory.raw
	if raw != nil && (raw.void != "" || raw.table.Covers.Empty() || len(raw.table.later()) == 0) {
		raw = nil
	}
	var told *filled
	switch {
	case raw != nil && c.rawLeft:
		raw.table.doubt(raw.table.later(), "it has not been compared, and may be empty in old rows")
	case raw != nil:
		told = c.filled(raw)
		due = append(due, told)
	}
	var others []*filled
	for _, cand := range c.inventory.tables {
		switch {
		case cand.void != "" || cand.table.Covers.Empty() || len(cand.table.later()) == 0:
		case told != nil && c.projects != nil && !c.findsProjects(cand):
			others = append(others, &filled{cand: cand}) // its projects cannot be told apart: it is fed by the same rows
		default:
			f := c.filled(cand)
			due, others = append(due, f), append(others, f)
		}
	}
	if err := c.readFillings(ctx, due); err != nil {
		return err
	}
	if told != nil {
		if err := c.fillsOfRaw(ctx, told, days); err != nil {
			return err
		}
	}
	for _, f := range others {
		c.fillsOfAggregate(f, told, days)
	}
	return nil
}

// filled is a table with what its columns hold.
type filled struct {
	cand  *candidate
	scope scope
	known fillings // as of the last look; nil where all is read anew
	// holds is nil where it was not read.
	holds fillings
}

// doubt takes dimensions from what the table can be asked for.
func (t *Table) doubt(dims []cube.Dimension, why string) {
	for _, d := range dims {
		delete(t.Dims, d)
		t.Unusable[d] = why
	}
}

// fillsOfRaw judges the raw table's columns.
func (c *comparison) fillsOfRaw(ctx context.Context, f *filled, days cube.Range) (err error) {
	t, read := f.cand.table, f.holds
	for i, d := range cube.Later {
		if !t.Dims[d] {
			continue
		}
		lacking := slices.DeleteFunc(slices.Sorted(maps.Keys(read)), func(day cube.Day) bool { return read[day].Lack[i] == 0 })
		if wheelTag(d) && len(lacking) > 0 {
			if lacking, err = c.wheelsWithout(ctx, t, d, lacking, read); err != nil {
				return err
			}
		}
		// Where nobody ever filled the column that tells, it tells nothing.
		tells := wheelTag(d) || len(lacking) == 0 || read.any(slices.Index(cube.Later, cube.InstallerVersion))
		if fills := read.since(i, days); t.lacks(d) == "" || !tells {
			t.setFills(d, fills, days)
			continue
		}
		t.setFills(d, longestRun(days, lacking), days)
	}
	return nil
}

// fillsOfAggregate judges an aggregate's columns against the raw table's; raw is
// nil where these are not known.
func (c *comparison) fillsOfAggregate(f, raw *filled, days cube.Range) {
	t := f.cand.table
	for i, d := range cube.Later {
		if !t.Dims[d] {
			continue
		}
		if raw == nil || !raw.cand.table.Dims[d] {
			t.setFills(d, f.holds.since(i, days), days)
			continue
		}
		fills, some := raw.cand.table.Fills[d]
		if !some {
			fills = days
		}
		if f.holds != nil {
			fills = longestRun(fills, raw.holds.differ(f.holds, i, t, days))
		}
		t.setFills(d, fills, days)
	}
}

// setFills notes of which days a column tells, unless it tells of all.
func (t *Table) setFills(d cube.Dimension, fills, days cube.Range) {
	if fills == days {
		return
	}
	if t.Fills == nil {
		t.Fills = map[cube.Dimension]cube.Range{}
	}
	t.Fills[d] = fills
}

// wheelTag reports that the dimension is told from a wheel's name.
func wheelTag(d cube.Dimension) bool { return d == cube.Platform || d == cube.Arch || d == cube.ABI }

// lacks is the condition that a row of the raw table lacks a value of the
// dimension that it must have; empty where the table has not got what tells.
func (t *Table) lacks(d cube.Dimension) string {
	switch {
	case !t.Raw || !t.Dims[d]:
	case wheelTag(d) && t.Dims[cube.FileType] && t.Types["filename"] != "":
		return "type = 'bdist_wheel' AND " + Ident(d.Column()) + " = ''"
	case !wheelTag(d) && t.Dims[cube.Installer] && t.Dims[cube.InstallerVersion]:
		return "installer != '' AND installer_version = ''"
	}
	return ""
}

// any reports that the column at i has a value somewhere.
func (f fillings) any(i int) bool {
	for _, one := range f {
		if one.Have[i] > 0 {
			return true
		}
	}
	return false
}

// since are the days from the first one on that the column at i says something of.
func (f fillings) since(i int, days cube.Range) cube.Range {
	for _, day := range slices.Sorted(maps.Keys(f)) {
		if f[day].Have[i] > 0 {
			return cube.Range{From: max(day, days.From), To: days.To}
		}
	}
	return cube.NoDays
}

// differ lists the days on which another table, of any grain, holds another number
// of downloads with a value than the raw table.
func (f fillings) differ(other fillings, i int, t *Table, days cube.Range) (out []cube.Day) {
	want, have := map[cube.Day]int64{}, map[cube.Day]int64{}
	for day, one := range f {
		want[t.Grain.Step(day)] += one.Have[i]
	}
	for step, one := range other {
		have[t.Grain.Step(step)] += one.Have[i]
	}
	if t.Grain == cube.GrainNone {
		if want[0] != have[0] {
			out = append(out, days.From, days.To)
			for d := days.From; d < days.To; d++ {
				out = append(out, d)
			}
		}
		return out
	}
	for d := days.From; d <= days.To; d++ {
		if step := t.Grain.Step(d); want[step] != have[step] {
			out = append(out, d)
		}
	}
	return out
}

// longestRun is the longest run of days without any of those listed; the latest of
// several.
func longestRun(days cube.Range, without []cube.Day) cube.Range {
	best, from := cube.NoDays, days.From
	for _, d := range append(slices.Sorted(slices.Values(without)), days.To+1) {
		if d < from {
			continue
		}
		if run := (cube.Range{From: from, To: min(d-1, days.To)}); !run.Empty() && (best.Empty() || run.Days() >= best.Days()) {
			best = run
		}
		from = d + 1
	}
	return best
}

// filled prepares to read what a table's columns hold, only of the days that may
// have changed.
func (c *comparison) filled(cand *candidate) *filled {
	t := cand.table
	f := &filled{cand: cand}
	if t.Dims[cube.Project] {
		f.scope.projects = c.projects
	}
	known := c.knownFills[t.FullName()]
	if !known.same(cand, f.scope.projects) || c.now == nil || c.since == nil || cand.spread {
		return f
	}
	days, all := changedDays(c.now, c.since, cand.stored)
	switch {
	case all:
	case days.Empty():
		f.holds = known.Fillings
	case t.Grain != cube.GrainNone && chschema.Mentions(cand.stored.PartitionKey, t.TimeColumn):
		f.known, f.scope.days = known.Fillings, &days
	}
	return f
}

// readFillings reads what several tables' columns hold, in one statement; where
// the server refuses one of them, each by itself.
func (c *comparison) readFillings(ctx context.Context, all []*filled) error {
	due := slices.DeleteFunc(slices.Clone(all), func(f *filled) bool { return f.holds != nil })
	if len(due) > 0 {
		err := c.askFillings(ctx, due)
		if _, refused := chschema.Refused(err); refused {
			for _, f := range due {
				err = c.askFillings(ctx, []*filled{f})
				if reason, refused := chschema.Refused(err); refused {
					f.holds, err = fillings{}, nil
					f.cand.table.doubt(f.cand.table.later(), "it cannot be read: "+reason)
				}
				if err != nil {
					return err
				}
			}
		}
		if err != nil {
			return err
		}
	}
	for _, f := range all {
		c.newFills[f.cand.table.FullName()] = knownFillings{f.holds, f.cand.stored.Same(), f.scope.projects, f.cand.stored}
	}
	return nil
}

// knownFillings is what was read of a table, as it was defined then.
type knownFillings struct {
	Fillings  fillings
	DefinedAs string
	Projects  []string
	Stored    *chschema.Table
}

// same reports that it is what would be read now, but for changed rows.
func (k knownFillings) same(cand *candidate, projects []string) bool {
	return k.Fillings != nil && k.DefinedAs == cand.stored.Same() && slices.Equal(k.Projects, projects)
}

// askFillings reads what tables' columns hold within their scopes.
func (c *comparison) askFillings(ctx context.Context, due []*filled) error {
	values, parts := map[string]any{}, make([]string, len(due))
	for n, f := range due {
		t := f.cand.table
		have, lack := make([]string, len(cube.Later)), make([]string, len(cube.Later))
		for i, d := range cube.Later {
			have[i], lack[i] = "toInt64(0)", "toInt64(0)"
			if condition := Ident(d.Column()) + " != ''"; t.Dims[d] && t.Raw {
				have[i] = "toInt64(countIf(" + condition + "))"
			} else if t.Dims[d] {
				have[i] = "toInt64(sumIf(" + Ident(t.Count) + ", " + condition + "))"
			}
			if condition := t.lacks(d); condition != "" {
				lack[i] = "toInt64(countIf(" + condition + "))"
			}
		}
		parts[n] = fmt.Sprintf("SELECT toUInt32(%d) AS reading, %s AS step, [%s] AS have, [%s] AS lack FROM %s WHERE %s GROUP BY step",
			n, t.time(), strings.Join(have, ", "), strings.Join(lack, ", "), t.SQL(), f.scope.where(t, fmt.Sprint("_", n), values))
		f.holds = maps.Clone(f.known)
		if f.holds == nil {
			f.holds = fillings{}
		}
		maps.DeleteFunc(f.holds, func(d cube.Day, _ filling) bool { return f.scope.days.From <= d && d <= f.scope.days.To })
	}
	err := c.db.Each(ctx, strings.Join(parts, "\nUNION ALL\n"), values, func(row func(...any) error) error {
		var n uint32
		var step int32
		var one filling
		if err := row(&n, &step, &one.Have, &one.Lack); err != nil {
			return err
		}
		due[n].holds[cube.Day(step)] = one
		return nil
	})
	if err != nil {
		return fmt.Errorf("look which days have values in columns that came later: %w", err)
	}
	return nil
}

// wheelNames is how many files' names of a day are looked at for one that is a
// wheel's: others are as rare as mistakes.
const wheelNames = 100

// wheelsWithout lists those of the days on which a wheel lacks a value that its
// name tells, or on which files have no names and none has a value; names of other
// files have none to lack.
func (c *comparison) wheelsWithout(ctx context.Context, t *Table, d cube.Dimension, days []cube.Day, read fillings) ([]cube.Day, error) {
	texts := make([]string, len(days))
	for i, day := range days {
		texts[i] = day.String()
	}
	values := map[string]any{"days": texts}
	i := slices.Index(cube.Later, d)
	sql := fmt.Sprintf(`SELECT step, max(%s != ''), max(filename = '') FROM (SELECT DISTINCT %s AS step, filename FROM %s
WHERE %s AND %s AND %s IN {days:Array(Date)} LIMIT %d BY step) GROUP BY step`,
		wheeltag.Of("filename").ABI, t.time(), t.SQL(), scope{projects: c.projects}.where(t, "", values), t.lacks(d), Ident(t.TimeColumn), wheelNames)
	var out []cube.Day
	err := c.db.Each(ctx, sql, values, func(row func(...any) error) error {
		var step int32
		var wheels, nameless uint8
		err := row(&step, &wheels, &nameless)
		if day := cube.Day(step); wheels > 0 || nameless > 0 && read[day].Have[i] == 0 {
			out = append(out, day)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for wheels without %s in %s: %w", d.Column(), t.FullName(), err)
	}
	return out, nil
}

// keepFills makes what was read the state that later changes are read against,
// but for tables that changed meanwhile.
func (c *comparison) keepFills(after chschema.Parts) {
	c.knownFills = map[string]knownFillings{}
	if c.now == nil || after == nil {
		return
	}
	for name, k := range c.newFills {
		if days, all := changedDays(after, c.now, k.Stored); !all && days.Empty() {
			c.knownFills[name] = k
		}
	}
}

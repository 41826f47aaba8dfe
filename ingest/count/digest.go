package count

import (
	"context"
	"strings"
	"time"

	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// projectColumn is the raw table's column of what downloads are counted for.
const projectColumn = "project"

// Digests tell by period which downloads are counted for which projects: the sum, in
// whole numbers that wrap around, of each download's project as a number. Two tables
// that hold as many downloads of the same projects have the same, however their rows
// are split; counts that were swapped between projects change it.
type Digests map[cube.Day]uint64

// Fold brings digests by day to a grain.
func (d Digests) Fold(g Grain) Digests {
	out := Digests{}
	for day, sum := range d {
		out[g.Period(day)] += sum
	}
	return out
}

// projectDigest is the number that stands for a project.
func projectDigest(expr string) string { return "cityHash64(toString(ifNull(" + expr + ", '')))" }

// project is the table's column of projects; empty where it has none.
func (c Table) project() string {
	if c.Count == "count()" {
		return chconn.Ident(projectColumn)
	}
	for _, k := range c.Keys {
		if k.Column == projectColumn && k.Func == "" {
			return chconn.Ident(k.Name)
		}
	}
	return ""
}

// ObserveProjects is Observe with the digests of the same rows; none where the table
// has no projects or no counts.
func (o Observer) ObserveProjects(ctx context.Context, c Table) (Counts, Digests, error) {
	if c.project() == "" || c.Grain == FirstLast || c.Grain == Unchecked {
		got, err := o.Observe(ctx, c)
		return got, nil, err
	}
	digest := projectDigest(c.project())
	if column, sums := strings.CutPrefix(c.Count, "sum("); sums {
		digest = "toUInt64(" + strings.TrimSuffix(column, ")") + ") * " + digest
	}
	period, group := c.periods()
	type line struct {
		at     time.Time
		n      int64
		digest uint64
	}
	lines, err := session.Scan(ctx, o.S, o.reading("SELECT "+period+" AS period, toInt64("+c.Count+"), sum("+digest+") FROM "+c.ID.String()+group, nil),
		func(l *line) []any { return []any{&l.at, &l.n, &l.digest} })
	got, digests := Counts{Counts: map[cube.Day]int64{}}, Digests{}
	for _, l := range lines {
		got.Counts[cube.DayOf(l.at)], digests[cube.DayOf(l.at)] = l.n, l.digest
	}
	return got, digests, session.Wrap(err, "count the downloads in %s", c.ID)
}

// Misplaced is a project for which a table counts other downloads than the raw table.
type Misplaced struct {
	Project     string
	Has, Should int64
}

// Misplaced lists the projects of a period, some of them, that a table counts other
// downloads for than the raw table; those that differ most come first.
func (o Observer) Misplaced(ctx context.Context, c Table, p cube.Day, most int) ([]Misplaced, error) {
	of, ofRaw := "1", "1"
	raw := o.RawTable()
	switch c.Grain {
	case ByDay:
		of, ofRaw = c.Period+" = {period:Date}", raw.Period+" = {period:Date}"
	case ByMonth:
		of, ofRaw = c.Period+" = {period:Date}", "toStartOfMonth("+raw.Period+") = {period:Date}"
	}
	side := func(project, has, should, from, condition string) string {
		return "SELECT toString(" + project + ") AS project, " + has + " AS has, " + should + " AS should FROM " + from + " WHERE " + condition + " GROUP BY project"
	}
	st := session.Statement{Params: map[string]any{"period": p.String(), "most": uint64(most)}, Settings: o.cfg.Spilling(nil),
		SQL: "SELECT project, sum(has) AS h, sum(should) AS s FROM (" + side(c.project(), "toInt64("+c.Count+")", "toInt64(0)", c.ID.String(), of) +
			" UNION ALL " + side(raw.project(), "toInt64(0)", "toInt64(count())", raw.ID.String(), ofRaw) +
			") GROUP BY project HAVING h != s ORDER BY abs(h - s) DESC, project LIMIT {most:UInt64}"}
	found, err := session.Scan(ctx, o.S, st, func(m *Misplaced) []any { return []any{&m.Project, &m.Has, &m.Should} })
	return found, session.Wrap(err, "compare the projects in %s with those in %s", c.ID, raw.ID)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/catalog"
	"clickql/internal/chconn"
	"clickql/internal/coverage"
	"clickql/internal/cube"
	"clickql/internal/ddl"
	"clickql/internal/query"
)

// coveredDays is how many days the questions of the coverage are about.
const coveredDays = 90

// measureCoverage compares ClickPy's aggregates with ours: what they cost to
// load and to keep, and what they answer.
func (b *bench) measureCoverage(ctx context.Context) (err error) {
	o := b.options(b.coverageRows, b.days, b.space.path(fmt.Sprintf("coverage-%dx%dx%d", b.coverageRows, b.days, b.projects)))
	if err := b.sample(ctx, o); err != nil {
		return err
	}
	st, err := b.openStore(ctx, b.space.path("coverage-engine"), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	sets, err := b.loadSets(ctx, st, o.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeSets(sets)) }()
	if err := b.weigh(ctx, sets); err != nil {
		return err
	}
	b.reportCosts(sets)
	return b.reportAnswers(ctx, sets)
}

// closeSets closes the connections of sets.
func closeSets(sets []*tableSet) (err error) {
	for _, s := range sets {
		err = errors.Join(err, s.conn.Close())
	}
	return err
}

// reportAnswers writes which table answers what, and the rows that it takes.
func (b *bench) reportAnswers(ctx context.Context, sets []*tableSet) error {
	var answers [2][]coverage.Answer
	var about coverage.Asked
	questions := slices.Concat(coverage.OfProject(), coverage.OfAll())
	for i, s := range sets {
		cat, err := catalog.Open(ctx, s.conn, catalog.Options{Database: s.conn.Database(), Log: b.log})
		if err == nil {
			err = cat.Ready()
		}
		if err != nil {
			return err
		}
		if i == 0 {
			if about, err = largest(ctx, s.conn, cat.Snapshot()); err != nil {
				return err
			}
		}
		answers[i] = coverage.Answers(cat.Snapshot(), about, questions)
	}
	var lines [2][][]string
	n := len(coverage.OfProject())
	for i, q := range questions {
		b.say("%s", q)
		line := []string{q.String(), "–"}
		for side, s := range sets {
			a := answers[side][i]
			rows, err := rowsOfAnswer(ctx, s.conn, a)
			if err != nil {
				return fmt.Errorf("%s: %w", q, err)
			}
			if side == 1 {
				line[1] = "`" + a.Table + "`"
				line = append(line, whole(a.Rows))
			}
			if a.NeedsRaw {
				line = append(line, whole(float64(rows))+" of the raw table")
			} else {
				line = append(line, whole(float64(rows)))
			}
		}
		lines[min(1, i/n)] = append(lines[min(1, i/n)], line)
	}
	columns := []string{"asked", "table", "rows read, ClickPy's tables", "rows expected", "rows read"}
	b.report.heading(2, "Questions about a project")
	b.report.para("About %s, the most downloaded project, on the days from %s to %s; what is not split is one number for each day. "+
		"ClickPy's tables answer %d of %d without the raw table, all tables %d. Where the raw table is read though an aggregate could answer, it is the cheaper one.",
		about.Project, about.Days.From, about.Days.To, coverage.Covered(answers[0][:n]), n, coverage.Covered(answers[1][:n]))
	b.report.table(columns, lines[0])
	b.report.heading(2, "Questions about all of PyPI")
	b.report.para("On the same days. A series or a split by itself reads days times values.")
	b.report.table(columns, lines[1])
	return nil
}

// largest is the most downloaded project with, of each dimension, the value
// that it is downloaded with most often.
func largest(ctx context.Context, conn *chconn.Conn, snap *catalog.Snapshot) (about coverage.Asked, err error) {
	top, _ := snap.Projects.Prefix("", nil, 1)
	if len(top) == 0 {
		return about, errors.New("find the largest project: the catalog has no index of projects")
	}
	about = coverage.Asked{Project: top[0].Name, Days: coverage.Days(snap.Days, coveredDays), Values: map[cube.Dimension]string{}}
	for _, d := range cube.OfProject {
		var value string
		sql := fmt.Sprintf("SELECT %s AS v FROM pypi WHERE project = %s AND v != '' GROUP BY v ORDER BY count() DESC LIMIT 1", d.Value(), chconn.Literal(about.Project))
		if err := conn.QueryRow(ctx, sql).Scan(&value); err != nil {
			return about, fmt.Errorf("find the %s of %s: %w", d, about.Project, err)
		}
		about.Values[d] = value
	}
	return about, nil
}

// rowsOfAnswer runs what is planned and counts the rows that it reads.
func rowsOfAnswer(ctx context.Context, conn *chconn.Conn, a coverage.Answer) (uint64, error) {
	if a.Query == nil {
		return 0, fmt.Errorf("no table of %s answers", conn.Database())
	}
	return countRows(ctx, conn, a.Query)
}

// countRows runs a query and counts the rows that it reads.
func countRows(ctx context.Context, conn *chconn.Conn, q *query.Query) (n uint64, err error) {
	values := map[string]any{}
	for _, p := range q.Params {
		values[p.Name] = p.Value
	}
	params, err := chconn.Parameters(values)
	if err != nil {
		return 0, err
	}
	ctx = clickhouse.Context(ctx, clickhouse.WithParameters(params), clickhouse.WithProgress(func(p *clickhouse.Progress) { n += p.Rows }))
	rows, err := conn.Query(ctx, q.SQL)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
	}
	return n, rows.Err()
}

// ofClickPy reports that the statement creates what ClickPy's database has.
func ofClickPy(s ddl.Statement) bool {
	_, name, _ := strings.Cut(s.Object, ".")
	name = strings.TrimSuffix(name, "_mv")
	ours := slices.ContainsFunc(ddl.Derived(), func(t ddl.Table) bool { return t.Name == name })
	return !ours || slices.ContainsFunc(ddl.ClickPy(), func(t ddl.Table) bool { return t.Name == name })
}

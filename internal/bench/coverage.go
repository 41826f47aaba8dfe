package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
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
	fresh, err := b.compareEstimates(ctx, sets[1])
	if err != nil {
		return err
	}
	if err := b.weigh(ctx, sets); err != nil {
		return err
	}
	merged, err := b.compareEstimates(ctx, sets[1])
	if err != nil {
		return err
	}
	b.reportCosts(sets)
	if err := b.reportAnswers(ctx, sets); err != nil {
		return err
	}
	if err := b.reportLists(ctx, sets[1]); err != nil {
		return err
	}
	b.reportEstimates(fresh, merged)
	return b.reportCurve(ctx, sets[1])
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
		snap, of, err := b.covered(ctx, s.conn)
		if err != nil {
			return err
		}
		if i == 0 {
			about = of
		}
		answers[i] = coverage.Answers(snap, about, questions)
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

// reportLists writes what ranking projects reads, beside the days on which there are
// projects to rank.
func (b *bench) reportLists(ctx context.Context, s *tableSet) error {
	snap, about, err := b.covered(ctx, s.conn)
	if err != nil {
		return err
	}
	where := fmt.Sprintf("date BETWEEN '%s' AND '%s'", about.Days.From, about.Days.To)
	var all uint64
	if err := s.conn.QueryRow(ctx, "SELECT uniqExact(date, project) FROM pypi WHERE "+where).Scan(&all); err != nil {
		return err
	}
	var lines [][]string
	for _, a := range coverage.Answers(snap, about, coverage.OfLists()) {
		rows, err := rowsOfAnswer(ctx, s.conn, a)
		if err != nil {
			return fmt.Errorf("%s: %w", a.Question, err)
		}
		lines = append(lines, []string{a.Question.String(), "`" + a.Table + "`", whole(a.Rows), whole(float64(rows)), ratio(float64(rows) / float64(all))})
	}
	b.report.heading(2, "Lists of projects")
	b.report.para("The most downloaded projects on the same days, and ranks, which read the same; of the value that %s has most. On these days there are %s project-days: days of a project "+
		"on which it was downloaded. The last column is the rows read over these; several values take as many runs.", about.Project, whole(float64(all)))
	b.report.table([]string{"asked", "table", "rows expected", "rows read", "over project-days"}, lines)
	return nil
}

// covered is a loaded database's catalog, and what questions about it are about.
func (b *bench) covered(ctx context.Context, conn *chconn.Conn) (*catalog.Snapshot, coverage.Asked, error) {
	cat, err := b.openCatalog(ctx, conn)
	if err != nil {
		return nil, coverage.Asked{}, err
	}
	about, err := ranked(ctx, conn, cat.Snapshot(), 0)
	return cat.Snapshot(), about, err
}

// ranked is what questions are about the project at a place of the ranking: with, of
// each dimension, the value that it is downloaded with most often.
func ranked(ctx context.Context, conn *chconn.Conn, snap *catalog.Snapshot, place int) (about coverage.Asked, err error) {
	top := mostDownloaded(snap, place+1)
	if len(top) <= place {
		return about, fmt.Errorf("find the project at place %d of the ranking: the catalog knows %d", place, len(top))
	}
	about = coverage.Asked{Project: top[place], Days: coverage.Days(snap.Days, coveredDays), Values: map[cube.Dimension]string{}}
	for _, d := range cube.OfProject {
		var value string
		sql := fmt.Sprintf("SELECT %s AS v FROM pypi WHERE project = %s GROUP BY v ORDER BY v != '' DESC, count() DESC LIMIT 1", d.Value(), chconn.Literal(about.Project))
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

// reportCosts writes what the two sets of aggregates cost.
func (b *bench) reportCosts(sets []*tableSet) {
	r, theirs, ours := &b.report, sets[0], sets[1]
	r.heading(2, "Cost")
	r.para("A sample of %s downloads of %d projects on %d days, whose popularity is the real ranking's. Both sets were loaded from the same Parquet files in %d turns, "+
		"group of files by group, so that what else the machine did fell on both alike; INSERT SELECT, with the views in parallel, took %d of the turns. "+
		"The last column is ours over ClickPy's: of bytes, and of the time that the same rows take, the median over the turns. Processor time is that of ClickHouse, "+
		"merges in the background included.",
		whole(sum(ours.rows)), b.projects, b.days, len(ours.rows), len(ours.insert.seconds))
	bare, newer := ours.bareRows(), 0.0
	for _, t := range ours.tables {
		if slices.ContainsFunc(cube.Later, func(d cube.Dimension) bool { return slices.Contains(t.Key(), d.Column()) }) {
			newer += float64(ours.settled[t.Name].Bytes)
		}
	}
	lines := [][]string{
		{"aggregates", fmt.Sprint(len(theirs.tables)), fmt.Sprint(len(ours.tables)), none},
		{"disk, aggregates, merged", bytesOf(theirs.disk(theirs.settled, false)), bytesOf(ours.disk(ours.settled, false)), ratio(ours.disk(ours.settled, false) / theirs.disk(theirs.settled, false))},
		{"of that, by the eight dimensions of ClickPy's raw table", bytesOf(theirs.disk(theirs.settled, false)), bytesOf(ours.disk(ours.settled, false) - newer), ratio((ours.disk(ours.settled, false) - newer) / theirs.disk(theirs.settled, false))},
		{"and by newer dimensions", none, bytesOf(newer), ratio(newer / theirs.disk(theirs.settled, false))},
		{"disk, aggregates, as loaded", bytesOf(theirs.disk(theirs.asLoaded, false)), bytesOf(ours.disk(ours.asLoaded, false)), ratio(ours.disk(ours.asLoaded, false) / theirs.disk(theirs.asLoaded, false))},
		{"disk with the raw table, merged", bytesOf(theirs.disk(theirs.settled, true)), bytesOf(ours.disk(ours.settled, true)), ratio(ours.disk(ours.settled, true) / theirs.disk(theirs.settled, true))},
		{"ingest, rows/s", whole(sum(theirs.rows) / sum(theirs.ingest.seconds)), whole(sum(ours.rows) / sum(ours.ingest.seconds)), ratio(medianRatio(ours.ingest.seconds, theirs.ingest.seconds))},
		{"ingest, rows per second of processor time", whole(sum(theirs.rows) / sum(theirs.ingestUsed)), whole(sum(ours.rows) / sum(ours.ingestUsed)), ratio(medianRatio(ours.ingestUsed, theirs.ingestUsed))},
		{"INSERT SELECT, rows/s", whole(bare / sum(theirs.insert.seconds)), whole(bare / sum(ours.insert.seconds)), ratio(medianRatio(ours.insert.seconds, theirs.insert.seconds))},
		{"INSERT SELECT, rows per second of processor time", whole(bare / sum(theirs.insertUsed)), whole(bare / sum(ours.insertUsed)), ratio(medianRatio(ours.insertUsed, theirs.insertUsed))},
	}
	r.table([]string{"", theirs.name, ours.name, "cost, ours over ClickPy's"}, lines)
	b.reportTables(ours)
}

// bareRows is the rows of the turns that INSERT SELECT took too.
func (s *tableSet) bareRows() (n float64) {
	for turn, rows := range s.rows {
		if turn%bareEvery == bareEvery-1 {
			n += rows
		}
	}
	return n
}

// disk is the bytes of a set's tables.
func (s *tableSet) disk(of map[string]weight, withRaw bool) (n float64) {
	for name, w := range of {
		if withRaw || name != ddl.RawTable {
			n += float64(w.Bytes)
		}
	}
	return n
}

// reportTables writes every table's size, the largest first.
func (b *bench) reportTables(s *tableSet) {
	var lines [][]string
	names := slices.SortedFunc(maps.Keys(s.settled), func(a, c string) int {
		return cmp.Or(cmp.Compare(s.settled[c].Bytes, s.settled[a].Bytes), cmp.Compare(a, c))
	})
	for _, name := range names {
		w, whose := s.settled[name], "ours"
		if name == ddl.RawTable || slices.ContainsFunc(ddl.ClickPy(), func(t ddl.Table) bool { return t.Name == name }) {
			whose = "ClickPy's"
		}
		lines = append(lines, []string{"`" + name + "`", whose, whole(float64(w.Rows)), bytesOf(float64(w.Bytes))})
	}
	b.report.heading(3, "Tables, merged")
	b.report.table([]string{"table", "", "rows", "bytes"}, lines)
}

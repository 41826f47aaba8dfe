package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"clickql/internal/ddl"
)

// introduceCoverage begins the report of the coverage.
func (b *bench) introduceCoverage() {
	b.report.heading(1, "What the aggregates answer, and what they cost")
	b.report.para("Written by `make coverage`; do not edit. `clickql schema coverage` says the same of a database of yours, without running anything.")
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
	bare := ours.bareRows()
	lines := [][]string{
		{"aggregates", fmt.Sprint(len(theirs.tables)), fmt.Sprint(len(ours.tables)), none},
		{"disk, aggregates, merged", bytesOf(theirs.disk(theirs.settled, false)), bytesOf(ours.disk(ours.settled, false)), ratio(ours.disk(ours.settled, false) / theirs.disk(theirs.settled, false))},
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
			n += float64(w.bytes)
		}
	}
	return n
}

// reportTables writes every table's size, the largest first.
func (b *bench) reportTables(s *tableSet) {
	var lines [][]string
	names := slices.SortedFunc(maps.Keys(s.settled), func(a, c string) int {
		return cmp.Or(cmp.Compare(s.settled[c].bytes, s.settled[a].bytes), cmp.Compare(a, c))
	})
	for _, name := range names {
		w, whose := s.settled[name], "ours"
		if name == ddl.RawTable || slices.ContainsFunc(ddl.ClickPy(), func(t ddl.Table) bool { return t.Name == name }) {
			whose = "ClickPy's"
		}
		lines = append(lines, []string{"`" + name + "`", whose, whole(float64(w.rows)), bytesOf(float64(w.bytes))})
	}
	b.report.heading(3, "Tables, merged")
	b.report.table([]string{"table", "", "rows", "bytes"}, lines)
}

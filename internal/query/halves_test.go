package query

import (
	"testing"

	"pgregory.net/rapid"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// large is the snapshot with every daily table in monthly partitions of a size
// that makes days dear.
func large() *catalog.Snapshot {
	snap := snapshot()
	for _, t := range snap.Tables {
		if t.Grain != cube.GrainDay {
			continue
		}
		t.Rows *= 100
		for _, m := range cube.Buckets(data, cube.Monthly) {
			t.Partitions = append(t.Partitions, catalog.Partition{Days: cube.Range{From: m, To: m.AddMonths(1) - 1}, Rows: t.Rows / 14, Parts: 1})
		}
	}
	return snap
}

// TestHalvesGolden keeps the plans of ranges that two tables answer together.
func TestHalvesGolden(t *testing.T) {
	ragged := all.On(days("2023-09-12", "2024-07-04"))
	for name, reqs := range map[string][]cube.Request{
		"two tables, top projects":   {cube.SplitOf(ragged, cube.Project, 10, nil), cube.TotalOf(ragged)},
		"two tables, quarters":       {cube.SeriesOf(ragged, cube.Quarterly)},
		"two tables, one edge":       {cube.TotalOf(all.On(days("2023-09-01", "2024-07-04")))},
		"two tables, from the start": {cube.TotalOf(all.On(days("2023-07-10", "2024-07-04")))},
		"one table, weeks":           {cube.SeriesOf(ragged, cube.Weekly)},
		"two tables, a project":      {cube.TotalOf(project("small").On(ragged.Days))},
		"one table, no whole month":  {cube.TotalOf(all.On(days("2024-02-02", "2024-03-30")))},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, describePlan(NewPlan(large(), reqs, Options{})))
		})
	}
}

// TestSplitRange: the middle and the edges hold every day of the range once, and
// the middle nothing but whole months.
func TestSplitRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := data.From + cube.Day(rapid.IntRange(0, data.Days()-1).Draw(t, "from"))
		r := cube.Range{From: from, To: from + cube.Day(rapid.IntRange(0, int(data.To-from)).Draw(t, "days"))}
		early := rapid.Bool().Draw(t, "early")
		middle, edges, ok := splitRange(r, early)
		if !ok {
			return
		}
		seen := map[cube.Day]int{}
		for _, part := range append(edges, middle) {
			for d := part.From; d <= part.To; d++ {
				seen[d]++
			}
		}
		for d := r.From; d <= r.To; d++ {
			if seen[d] != 1 {
				t.Fatalf("%v: %s is in %d parts of %v and %v", r, d, seen[d], middle, edges)
			}
		}
		if len(seen) != r.Days() {
			t.Fatalf("%v: %d days in %v and %v", r, len(seen), middle, edges)
		}
		if middle.From != middle.From.StartOfMonth() && !early || middle.To+1 != (middle.To+1).StartOfMonth() {
			t.Fatalf("%v: %v is not whole months", r, middle)
		}
	})
}

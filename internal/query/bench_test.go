package query

import (
	"fmt"
	"testing"

	"clickql/internal/catalog"
)

// BenchmarkNewPlan plans what an operation about fifty projects asks, and a
// single question.
func BenchmarkNewPlan(b *testing.B) {
	var many []Request
	for i := range 50 {
		s := project(fmt.Sprintf("p%d", i)).in(august)
		for _, d := range []catalog.Dimension{catalog.Version, catalog.Country, catalog.System, catalog.Python} {
			many = append(many, SplitOf(s, d, 5, nil).WithoutTotal())
		}
	}
	drill := []Request{SplitOf(project("boto3").in(august), catalog.Version, 5, nil).WithoutTotal().Then(SplitOf(Slice{}, catalog.Country, 3, nil))}
	for name, reqs := range map[string][]Request{"50 projects, 4 splits": many, "a total": {TotalOf(project("boto3"))}, "a drill-down": drill} {
		b.Run(name, func(b *testing.B) {
			snap := snapshot()
			b.ReportAllocs()
			for b.Loop() {
				NewPlan(snap, reqs, Options{})
			}
		})
	}
}

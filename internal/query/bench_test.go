package query

import (
	"fmt"
	"testing"

	"clickql/internal/cube"
)

// BenchmarkNewPlan plans what an operation about fifty projects asks, and a
// single question.
func BenchmarkNewPlan(b *testing.B) {
	var many []cube.Request
	for i := range 50 {
		s := project(fmt.Sprintf("p%d", i)).On(august)
		for _, d := range []cube.Dimension{cube.Version, cube.Country, cube.System, cube.Python} {
			many = append(many, cube.SplitOf(s, d, 5, nil).WithoutTotal())
		}
	}
	drill := []cube.Request{cube.SplitOf(project("boto3").On(august), cube.Version, 5, nil).WithoutTotal().Then(cube.SplitOf(cube.Slice{}, cube.Country, 3, nil))}
	for name, reqs := range map[string][]cube.Request{"50 projects, 4 splits": many, "a total": {cube.TotalOf(project("boto3"))}, "a drill-down": drill} {
		b.Run(name, func(b *testing.B) {
			snap := snapshot()
			b.ReportAllocs()
			for b.Loop() {
				NewPlan(snap, reqs, Options{})
			}
		})
	}
}

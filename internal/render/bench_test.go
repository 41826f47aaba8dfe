package render

import "testing"

func BenchmarkChart(b *testing.B) {
	for name, spec := range charts() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Chart(spec); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBadge(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Badge(badges()["flat"]); err != nil {
			b.Fatal(err)
		}
	}
}

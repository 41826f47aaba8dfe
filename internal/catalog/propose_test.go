package catalog_test

import (
	"testing"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

func TestProposed(t *testing.T) {
	w := newWorld(t)
	w.exec(`INSERT INTO pypi (date, project) SELECT toDate('2023-01-01') + number % 400, toString(number % 7) FROM numbers(30000)`)
	snap := w.open(catalog.Options{}).Snapshot()
	p := snap.Proposed("x", []string{"project", "date", "ci"}, 1000, 5000)
	if p.Grain != cube.GrainDay || p.TimeColumn != "date" || !p.Dims[cube.CI] || p.KeySpace <= 0 || p.Covers != snap.Days {
		t.Errorf("%+v", p)
	}
	var rows, days int
	for _, part := range p.Partitions {
		rows, days = rows+int(part.Rows), days+part.Days.Days()
	}
	if len(p.Partitions) != 2 || days != snap.Days.Days() || rows < 990 || rows > 1000 {
		t.Errorf("%+v", p.Partitions)
	}
	if with := snap.With(p); with.Table("x") != p || snap.Table("x") != nil {
		t.Error("With changes the snapshot, or does nothing")
	}
}

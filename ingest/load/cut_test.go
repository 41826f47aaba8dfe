package load

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"clickql/ingest/export"
)

func TestCut(t *testing.T) {
	of := func(rows uint64, size int64) export.File {
		return export.File{Object: export.Object{Size: size}, Rows: rows}
	}
	files := []export.File{of(5, 1), of(5, 1), of(1, 1), of(50, 1), of(0, 90), of(1, 20), of(1, 1), of(1, 1), of(1, 1)}
	var got []int
	for _, b := range cut(files, limits{Rows: 10, Bytes: 100, Files: 3}) {
		got = append(got, len(b))
	}
	if diff := cmp.Diff([]int{2, 1, 1, 1, 3, 1}, got); diff != "" {
		t.Errorf("files by batch (-want +got)\n%s", diff)
	}
}

package export

import (
	"testing"
)

func TestBraceList(t *testing.T) {
	for want, paths := range map[string][]string{
		"/a/b.parquet":              {"/a/b.parquet"},
		"/a/{b.parquet,bc.parquet}": {"/a/b.parquet", "/a/bc.parquet"},
		"/{a/x,b/y}":                {"/a/x", "/b/y"},
		"bucket/{x,d/y}":            {"bucket/x", "bucket/d/y"},
	} {
		if got := BraceList(paths); got != want {
			t.Errorf("%v: %s, want %s", paths, got, want)
		}
	}
}

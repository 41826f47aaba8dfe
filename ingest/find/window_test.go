package find

import (
	"testing"
)

// TestStampFolder tells the patterns whose listings can be narrowed.
func TestStampFolder(t *testing.T) {
	for pattern, want := range map[string]string{
		"gs://b/pypi/*.parquet": "gs://b/pypi/", "gs://b/17*": "gs://b/", "/x/17{1,2}*": "/x/",
		"gs://b/*/1.parquet": "", "gs://b/**.parquet": "", "gs://b/a.parquet": "",
	} {
		if got, ok := stampFolder(pattern); got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}

package export

import "testing"

// TestGlob matches keys as ClickHouse matches paths.
func TestGlob(t *testing.T) {
	for _, c := range []struct {
		glob, key string
		want      bool
	}{
		{"a*.parquet", "ab.parquet", true}, {"a*.parquet", "a/b.parquet", false}, {"a**.parquet", "a/b.parquet", true},
		{"{a,b}/x", "b/x", true}, {"{a,b}/x", "c/x", false}, {"a?", "ab", true}, {"a?", "a/", false},
		{"a.b", "axb", false}, {"a,b", "a,b", true}, {"é*", "éa", true}, {"[a]", "[a]", true},
		{"**.parquet", "new\nline.parquet", true},
	} {
		match, err := CompileGlob(c.glob)
		if err != nil {
			t.Fatal(err)
		}
		if got := match(c.key); got != c.want {
			t.Errorf("%q matches %q: %v, want %v", c.glob, c.key, got, c.want)
		}
	}
}

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
		{"{8..11}.gz", "8.gz", true}, {"{8..11}.gz", "11.gz", true}, {"{8..11}.gz", "12.gz", false}, {"{8..11}.gz", "08.gz", false},
		{"{08..11}.gz", "08.gz", true}, {"{08..11}.gz", "8.gz", false}, {"{11..08}.gz", "09.gz", true}, {"{0..10}", "7", true}, {"{0..10}", "07", false},
		{"{a,{1..2}}", "2", true}, {"{1..x}", "1..x", true},
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

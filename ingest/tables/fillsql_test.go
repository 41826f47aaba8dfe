package tables

import (
	"strings"
	"testing"

	"clickql/internal/chschema"
)

func TestTuplesAreGroupedByApart(t *testing.T) {
	base := []chschema.Column{
		{Name: "date", Type: "Date"}, {Name: "libc", Type: "Tuple(lib LowCardinality(String), version LowCardinality(String))"},
		{Name: "odd", Type: "Tuple(a Enum8('x, y' = 1))"}, {Name: "deep", Type: "Tuple(a Tuple(b String, c String), d String)"},
	}
	s := parseGrouping("SELECT date, libc, odd, deep, count() AS count FROM pypi.pypi GROUP BY date, libc, odd, deep", ID{"pypi", "pypi"})
	want := "INSERT INTO x (date, libc, odd, deep, count) SELECT date, tuple(libc.1, libc.2), odd, deep, count() FROM y GROUP BY date, libc.1, libc.2, odd, deep"
	if got := s.tuplesApart(base).insertSQL("INSERT INTO x", "y", "count()", ""); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := s.insertSQL("INSERT INTO x", "y", "count()", ""); strings.Contains(got, "tuple(") {
		t.Errorf("the shape itself was changed: %s", got)
	}
}

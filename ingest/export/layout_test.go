package export

import (
	"strings"
	"testing"

	"clickql/ingest/ledger"
)

func TestLayout(t *testing.T) {
	f := Feed{Kind: ledger.Downloads, Leaves: []leaf{{Path: "a"}, {Path: "s.x"}, {Path: "s.y.z", Type: timeLeaf}, {Path: "ci", Type: boolLeaf, Optional: true}, {Path: "l", Type: listLeaf, Optional: true}}}
	text := func(path, name string) parquetLeaf {
		return parquetLeaf{Path: path, Name: name, Physical: "BYTE_ARRAY"}
	}
	stamp := func(path, name string) parquetLeaf {
		return parquetLeaf{Path: path, Name: name, Physical: "INT64", Logical: "Timestamp(isAdjustedToUTC=true)"}
	}
	list := parquetLeaf{Path: "l.list.element", Name: "element", Physical: "BYTE_ARRAY", Repeated: true}
	ci := parquetLeaf{Path: "ci", Name: "ci", Physical: "BOOLEAN"}
	for _, c := range []struct {
		schema []parquetLeaf
		want   string
	}{
		{[]parquetLeaf{text("a", "a"), text("s.x", "x"), stamp("s.y.z", "z"), ci, list}, "nnnnn"},
		{[]parquetLeaf{text("a", "a"), text("s.x", "s.x"), stamp("s.y.z", "s.y.z")}, "nff--"},
		{[]parquetLeaf{text("a", "a"), text("details.s.x", "x"), stamp("details.s.y.z", "z"), {Path: "details.ci", Name: "ci", Physical: "BOOLEAN"}}, "nddd-"},
		{[]parquetLeaf{text("details.a", "details.a"), text("details.s.x", "details.s.x"), stamp("s.y.z", "z")}, "ggn--"},
		{[]parquetLeaf{text("details.a", "a"), text("a", "a"), text("details.s.x", "x"), text("s.x", "x"), stamp("s.y.z", "s.y.z")}, "nnf--"},
		{[]parquetLeaf{text("a", "a"), stamp("s.y.z", "z")}, "lacks s.x"},
		{[]parquetLeaf{text("a", "a"), text("s.x", "x"), text("s.y.z", "z")}, "s.y.z is of type BYTE_ARRAY"},
		{[]parquetLeaf{{Path: "a", Name: "a", Physical: "INT64"}, text("s.x", "x"), stamp("s.y.z", "z")}, "a is of type INT64"},
	} {
		lay, err := layoutOf(f, c.schema)
		if got := string(lay); got != c.want && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %q, %v; want %q", c.schema, got, err, c.want)
		}
	}
	if got, want := structure(f, "nnnnn"), "a Nullable(String), ci Nullable(Bool), l Array(Nullable(String)), "+
		"s Tuple(x Nullable(String), y Tuple(z Nullable(DateTime64(6, 'UTC'))))"; got != want {
		t.Errorf("nested structure\n got %s\nwant %s", got, want)
	}
	if got, want := structure(f, "nff--"), "a Nullable(String), `s.x` Nullable(String), `s.y.z` Nullable(DateTime64(6, 'UTC'))"; got != want {
		t.Errorf("flattened structure\n got %s\nwant %s", got, want)
	}
	if got, want := structure(f, "gddd-"), "`details.a` Nullable(String), "+
		"details Tuple(s Tuple(x Nullable(String), y Tuple(z Nullable(DateTime64(6, 'UTC')))), ci Nullable(Bool))"; got != want {
		t.Errorf("structure below details\n got %s\nwant %s", got, want)
	}
	if got, want := (reading{feed: f, layout: "gddd-"}).resolve("f($a$, $s.y.z$, $ci$)"), "f(`details.a`, details.s.y.z, details.ci)"; got != want {
		t.Errorf("resolved below details\n got %s\nwant %s", got, want)
	}
	if got, want := (reading{feed: f, layout: "nfn--"}).resolve("f($s.x$, $s.y.z$, $ci$, $l$)"), "f(`s.x`, s.y.z, CAST(NULL AS Nullable(Bool)), CAST([] AS Array(Nullable(String))))"; got != want {
		t.Errorf("resolved\n got %s\nwant %s", got, want)
	}
}

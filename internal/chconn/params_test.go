package chconn_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// awkward are pieces that an escaping gets wrong first.
var awkward = []string{`\`, `'`, `"`, "`", "\t", "\n", "\r", "\x00", "\b", "\f", "\v", "\a", "\x1b", "\x7f", `\N`, `\n`, `\'`, "''",
	"NULL", "[", "]", ",", "%", "&", "+", "#", " ", "é", "日本", "\xff\xfe", "{p:String}", "?", "$1", "@p", ";", "--", "/*", ""}

// anyString draws strings of any bytes, rich in what is awkward.
func anyString() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom(awkward),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 6), func(b []byte) string { return string(b) }),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 8), func(parts []string) string { return strings.Join(parts, "") })
}

// TestParametersComeOutAsTheyWentIn sends values of every kind both ways and
// reads them back.
func TestParametersComeOutAsTheyWentIn(t *testing.T) {
	db := chtest.New(t)
	for name, dsn := range protocols(t, db.Name) {
		t.Run(name, func(t *testing.T) {
			conn := open(t, chconn.Config{DSN: dsn})
			rapid.Check(t, func(t *rapid.T) {
				text := anyString().Draw(t, "text")
				list := rapid.SliceOfN(anyString(), 0, 5).Draw(t, "list")
				number := rapid.Int64().Draw(t, "number")
				numbers := rapid.SliceOfN(rapid.Int64(), 0, 4).Draw(t, "numbers")
				ctx, err := chconn.WithParameters(t.Context(), map[string]any{
					"text": text, "list": list, "number": number, "numbers": numbers})
				if err != nil {
					t.Fatal(err)
				}
				var gotText string
				var gotList []string
				var gotNumber int64
				var gotNumbers []int64
				err = conn.QueryRow(ctx, "SELECT {text:String}, {list:Array(String)}, {number:Int64}, {numbers:Array(Int64)}").
					Scan(&gotText, &gotList, &gotNumber, &gotNumbers)
				if err != nil {
					t.Fatalf("text %q, list %q: %v", text, list, err)
				}
				if gotText != text || !slices.Equal(gotList, list) || gotNumber != number || !slices.Equal(gotNumbers, numbers) {
					t.Fatalf("sent %q %q %d %d, got %q %q %d %d", text, list, number, numbers, gotText, gotList, gotNumber, gotNumbers)
				}
			})
		})
	}
}

// TestLiteralsComeOutAsTheyWentIn does the same with what DDL is written with.
func TestLiteralsComeOutAsTheyWentIn(t *testing.T) {
	db := chtest.New(t)
	rapid.Check(t, func(t *rapid.T) {
		text := anyString().Draw(t, "text")
		name := anyString().Filter(func(s string) bool { return s != "" && !strings.Contains(s, "\x00") }).Draw(t, "name")
		var got string
		query := "SELECT x." + chconn.Ident(name) + " FROM (SELECT " + chconn.Literal(text) + " AS " + chconn.Ident(name) + ") AS x"
		if err := db.Conn.QueryRow(t.Context(), query).Scan(&got); err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		if got != text {
			t.Fatalf("wrote %q, got %q", text, got)
		}
	})
}

// day is a value that is written by its String method.
type day struct{ time.Time }

func (d day) String() string { return d.Format(time.DateOnly) }

func TestParameterKinds(t *testing.T) {
	db := chtest.New(t)
	for _, c := range []struct {
		value      any
		typ, wants string
	}{
		{day{time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)}, "Date", "2024-02-29"},
		{7, "UInt8", "7"},
		{int32(-7), "Int32", "-7"},
		{uint32(7), "UInt32", "7"},
		{uint64(1<<64 - 1), "UInt64", "18446744073709551615"},
		{0.1, "Float64", "0.1"},
		{1e300, "Float64", "1e300"},
		{true, "Bool", "true"},
		{[]string(nil), "Array(String)", "[]"},
		{[]string{"a", ""}, "Array(LowCardinality(String))", "['a','']"},
		{"x", "LowCardinality(String)", "x"},
	} {
		ctx, err := chconn.WithParameters(t.Context(), map[string]any{"p": c.value})
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := db.Conn.QueryRow(ctx, fmt.Sprintf("SELECT toString({p:%s})", c.typ)).Scan(&got); err != nil {
			t.Fatalf("%#v as %s: %v", c.value, c.typ, err)
		}
		if got != c.wants {
			t.Errorf("%#v as %s is %q, want %q", c.value, c.typ, got, c.wants)
		}
	}
}

func TestParameterOfNoKind(t *testing.T) {
	_, err := chconn.Parameters(map[string]any{"p": struct{}{}})
	if err == nil || !strings.Contains(err.Error(), "parameter p") {
		t.Errorf("got %v, want an error that names the parameter", err)
	}
}

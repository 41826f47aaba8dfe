package graph

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/cube"
	"clickql/internal/query"
)

// written is what the marshaler writes.
func written(m graphql.Marshaler) string {
	var b bytes.Buffer
	m.MarshalGQL(&b)
	return b.String()
}

func TestDate(t *testing.T) {
	for _, text := range []string{"1970-01-01", "2024-02-29", "2149-06-06"} {
		d, err := UnmarshalDate(text)
		if err != nil || written(MarshalDate(d)) != `"`+text+`"` {
			t.Errorf("%s comes back as %s, %v", text, written(MarshalDate(d)), err)
		}
	}
	for _, bad := range []any{"", "2023-02-29", "2024-2-1", "2024-02-01T00:00:00Z", "1969-12-31", "2149-06-07", json.Number("20240201"), true, nil} {
		if d, err := UnmarshalDate(bad); err == nil {
			t.Errorf("%v is read as %s", bad, d)
		}
	}
}

func TestDateTime(t *testing.T) {
	at, err := UnmarshalDateTime("2024-08-12T11:30:00+02:00")
	if err != nil || written(MarshalDateTime(at)) != `"2024-08-12T09:30:00Z"` {
		t.Errorf("got %s, %v", written(MarshalDateTime(at)), err)
	}
	if got := written(MarshalDateTime(time.Date(2024, 1, 2, 3, 4, 5, 678000000, time.UTC))); got != `"2024-01-02T03:04:05.678Z"` {
		t.Errorf("got %s", got)
	}
	for _, bad := range []any{"2024-08-12", "soon", json.Number("1"), nil} {
		if _, err := UnmarshalDateTime(bad); err == nil {
			t.Errorf("%v is read", bad)
		}
	}
}

func TestInt64(t *testing.T) {
	for _, n := range []int64{0, -1, math.MaxInt64, math.MinInt64, 1 << 53} {
		text := written(MarshalInt64(n))
		back, err := UnmarshalInt64(json.Number(text))
		if err != nil || back != n {
			t.Errorf("%d comes back as %d, %v", n, back, err)
		}
	}
	for _, bad := range []any{"12", json.Number("1.5"), json.Number("9223372036854775808"), true, nil} {
		if n, err := UnmarshalInt64(bad); err == nil {
			t.Errorf("%v is read as %d", bad, n)
		}
	}
}

func TestEnums(t *testing.T) {
	types := NewExecutableSchema(Config{Resolvers: resolver{}}).Schema().Types
	dimensions, intervals := types["Dimension"].EnumValues, types["Interval"].EnumValues
	for _, v := range dimensions {
		if d, err := UnmarshalDimension(v.Name); err != nil || written(MarshalDimension(d)) != `"`+v.Name+`"` {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
	if len(dimensions) != len(cube.Dimensions) {
		t.Errorf("the schema has %d dimensions, package cube %d", len(dimensions), len(cube.Dimensions))
	}
	for _, v := range intervals {
		if i, err := UnmarshalInterval(v.Name); err != nil || written(MarshalInterval(i)) != `"`+v.Name+`"` {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
	if len(intervals) != len(cube.Intervals) {
		t.Errorf("the schema has %d intervals, package cube %d", len(intervals), len(cube.Intervals))
	}
	for _, bad := range []any{"", "version", "PLANET", json.Number("1"), nil} {
		if _, err := UnmarshalDimension(bad); err == nil {
			t.Errorf("%v is a Dimension", bad)
		}
		if _, err := UnmarshalInterval(bad); err == nil {
			t.Errorf("%v is an Interval", bad)
		}
	}
}

func TestIDsAndCursors(t *testing.T) {
	for _, name := range []string{"numpy", "a:b", "ünïcode", "x"} {
		if got, err := parseID(projectID(name)); err != nil || got != name {
			t.Errorf("the id of %s names %s, %v", name, got, err)
		}
		after := cursorOf(math.MaxInt64, name)
		if got, err := parseCursor(&after); err != nil || *got != (query.Cursor{Total: math.MaxInt64, Value: name}) {
			t.Errorf("the cursor of %s is %v, %v", name, got, err)
		}
	}
	for _, bad := range []string{"", "numpy", "%%%", opaque.EncodeToString([]byte("Planet:earth")), opaque.EncodeToString([]byte("Project:"))} {
		if name, err := parseID(bad); err == nil {
			t.Errorf("%q is the id of %s", bad, name)
		}
		if c, err := parseCursor(&bad); err == nil {
			t.Errorf("%q is the cursor %v", bad, c)
		}
	}
	if c, err := parseCursor(nil); c != nil || err != nil {
		t.Errorf("no cursor is %v, %v", c, err)
	}
}

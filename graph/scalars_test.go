package graph

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"clickql/graph/coerce"
	"clickql/internal/cube"
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
	for _, bad := range []any{"", "2023-02-29", "2024-2-1", "2024-02-01T00:00:00Z", "1969-12-31", "2149-06-07", json.Number("20240201"), true} {
		refused(t, "Date", bad)
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
	for _, bad := range []any{"2024-08-12", "soon", json.Number("1")} {
		refused(t, "DateTime", bad)
	}
}

func TestInt64(t *testing.T) {
	for _, n := range []int64{0, -1, math.MaxInt64, math.MinInt64, 1 << 53} {
		text := written(graphql.MarshalInt64(n))
		if back, problems := readAs(t, "Int64", json.Number(text)); len(problems) > 0 || back != n {
			t.Errorf("%d comes back as %v, %v", n, back, problems)
		}
	}
	for _, bad := range []any{"12", json.Number("1.5"), json.Number("9223372036854775808"), true} {
		refused(t, "Int64", bad)
	}
}

// readAs reads a variable of the type.
func readAs(t *testing.T, typeName string, given any) (any, []*coerce.Problem) {
	t.Helper()
	reader := coerce.NewReader(publicSchema(), scalars)
	op := &ast.OperationDefinition{VariableDefinitions: ast.VariableDefinitionList{{Variable: "v", Type: ast.NonNullNamedType(typeName, nil)}}}
	values, problems := reader.Variables(op, map[string]any{"v": given})
	return values["v"], problems
}

// refused expects the value to be none of the type, and null to be none either.
func refused(t *testing.T, typeName string, bad any) {
	t.Helper()
	for _, given := range []any{bad, nil} {
		if v, problems := readAs(t, typeName, given); len(problems) != 1 || !strings.Contains(problems[0].Text, typeName) {
			t.Errorf("%v is read as the %s %v, %v", given, typeName, v, problems)
		}
	}
}

func TestEnums(t *testing.T) {
	schema := publicSchema()
	for name, known := range map[string][]string{
		"Dimension": textsOfAll(cube.Dimensions), "ReleaseLevel": textsOfAll(slices.Collect(maps.Keys(releaseNumbers))),
		"Support":     {string(supportPython), string(supportGlibc), string(supportMajor)},
		"ReleaseKind": {string(finalRelease), string(preRelease), string(yankedRelease)},
		"Interval":    {string(cube.Daily), string(cube.Weekly), string(cube.Monthly), string(cube.Quarterly), string(cube.Yearly)},
	} {
		var values []string
		for _, v := range schema.Types[name].EnumValues {
			values = append(values, v.Name)
			if read, problems := readAs(t, name, v.Name); read != v.Name || len(problems) > 0 {
				t.Errorf("%s: %v", v.Name, problems)
			}
		}
		slices.Sort(values)
		slices.Sort(known)
		if !slices.Equal(values, known) {
			t.Errorf("%s: the schema has %v, the code %v", name, values, known)
		}
		for _, bad := range []any{"", "version", "PLANET", json.Number("1")} {
			refused(t, name, bad)
		}
	}
}

func textsOfAll[T ~string](list []T) (out []string) {
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func TestIDsAndCursors(t *testing.T) {
	for _, name := range []string{"numpy", "a:b", "ünïcode", "x"} {
		if _, got, err := parseID(projectID(name)); err != nil || got != name {
			t.Errorf("the id of %s names %s, %v", name, got, err)
		}
		after := cursorOf(math.MaxInt64, name)
		if got, err := parseCursor(&after); err != nil || *got != (cube.Cursor{Total: math.MaxInt64, Value: name}) {
			t.Errorf("the cursor of %s is %v, %v", name, got, err)
		}
	}
	for _, bad := range []string{"", "numpy", "%%%", opaque.EncodeToString([]byte("Planet:earth")), opaque.EncodeToString([]byte("Project:"))} {
		if _, name, err := parseID(bad); err == nil {
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

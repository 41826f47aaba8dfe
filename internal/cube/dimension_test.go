package cube

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"testing"
)

// Every dimension has a row, and no two share a name by which they are found.
func TestEveryDimensionHasARow(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "dimension.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "Dimension" {
				declared += len(v.Names)
			}
		}
		return true
	})
	if declared != len(entries) {
		t.Errorf("%d dimensions are declared, %d have a row", declared, len(entries))
	}
	taken := map[string]Dimension{}
	for _, d := range Dimensions {
		for what, name := range map[string]string{"name": string(d), "column": d.Column(), "word": d.Word(), "filter": d.FilterField()} {
			form := map[string]string{"name": `^[A-Z]+(_[A-Z]+)*$`, "column": `^[a-z]+(_[a-z]+)*$`, "word": `^[a-z]+(_[a-z]+)*$`, "filter": `^[a-z][A-Za-z]*$`}[what]
			if !regexp.MustCompile(form).MatchString(name) && (what != "filter" || d != Project) {
				t.Errorf("%s: its %s is %q", d, what, name)
			}
			if other, twice := taken[what+name]; twice {
				t.Errorf("%s and %s have the %s %q", other, d, what, name)
			}
			taken[what+name] = d
		}
		if d.TypicalValues() < 2 {
			t.Errorf("%s: a project is seen with %v values of it", d, d.TypicalValues())
		}
		if of, ok := DimensionOf(d.Column()); of != d || !ok {
			t.Errorf("the column of %s holds %s", d, of)
		}
	}
	if d := Dimension("PLANET"); d.Known() || d.Column() != "" || !Libc.Known() {
		t.Error("PLANET is a dimension, or LIBC is none")
	}
}

// TestTheDocsNameEveryDimension: two documents list what downloads are filtered by.
func TestTheDocsNameEveryDimension(t *testing.T) {
	for file, list := range map[string]struct {
		within string
		name   func(Dimension) string
	}{
		"../../docs/API.md":  {"(?s)for\\s+each of .*?;", func(d Dimension) string { return `[ \n]` + d.FilterField() + `[,;\n ]` }},
		"../../docs/SITE.md": {"(?m)^\\| `version`, .*$", func(d Dimension) string { return "`" + d.Parameter() + "`[, ]" }},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		listed := regexp.MustCompile(list.within).Find(text)
		for _, d := range OfProject {
			if !regexp.MustCompile(list.name(d)).Match(listed) {
				t.Errorf("%s lacks %s in %q", file, d, listed)
			}
		}
	}
}

func TestSortedByTheEnum(t *testing.T) {
	got := Sorted(map[Dimension]bool{Libc: true, Project: true, Version: false, Country: true})
	if want := []Dimension{Project, Country, Libc}; len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("%v, want %v", got, want)
	}
	if Country.Compare(Python) >= 0 || Python.Compare(Country) <= 0 || CI.Compare(CI) != 0 {
		t.Error("dimensions are out of order")
	}
}

// The SQL of values, by the form of their columns.
func TestValues(t *testing.T) {
	const libcValue = "concat(libc.lib, if(libc.lib = '' OR libc.version = '', '', ' '), libc.version)"
	for d, want := range map[Dimension][2]string{
		Python: {"python_minor", "python_minor"},
		CI:     {"toString(ci)", "ci"},
		Libc:   {libcValue, libcValue},
	} {
		if d.Value() != want[0] || d.Group() != want[1] {
			t.Errorf("%s: %s, grouped by %s", d, d.Value(), d.Group())
		}
	}
}

func TestHeldBy(t *testing.T) {
	const pairOfTexts = "Tuple(lib LowCardinality(String), version String)"
	for typ, dims := range map[string][]Dimension{
		"String": {Python, CI}, "LowCardinality(String)": {Python, CI},
		"Bool": {CI}, "Enum8('a' = 1)": {CI}, "Enum16('a' = 1)": {CI},
		pairOfTexts: {Libc}, "Tuple(`lib` String, `version` String)": {Libc},
		"Tuple(lib String, version UInt8)": nil, "Tuple(version String, lib String)": nil, "Tuple(lib String)": nil,
		"UInt8": nil, "Nullable(String)": nil, "": nil, "FixedString(2)": nil,
	} {
		for _, d := range []Dimension{Python, CI, Libc} {
			want := false
			for _, held := range dims {
				want = want || held == d
			}
			if d.HeldBy(typ) != want {
				t.Errorf("%s in a column of %q: %v", d, typ, !want)
			}
		}
	}
}

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		dim         Dimension
		value, want string
	}{
		{Country, "DE", "Germany"}, {Country, "", "Unknown"}, {Country, "ZZ", "ZZ"}, {Python, "3.12", "3.12"}, {Python, "", "Unknown"}, {System, "DE", "DE"},
	} {
		if got := c.dim.Label(c.value); got != c.want {
			t.Errorf("%s %q is called %q, want %q", c.dim, c.value, got, c.want)
		}
	}
}

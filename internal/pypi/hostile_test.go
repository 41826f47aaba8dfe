package pypi_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"clickql/internal/fault"
	"clickql/internal/pypi"
)

// allocated is how many bytes run allocates.
func allocated(run func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	run()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// hashed is a requirements file as pip-compile writes it: each requirement with
// hashes on lines of their own.
func hashed(requirements, hashes int) string {
	var b strings.Builder
	for i := range requirements {
		fmt.Fprintf(&b, "project-%d==1.%d ; python_version >= \"3.9\" \\\n", i, i)
		for j := range hashes {
			end := " \\\n"
			if j == hashes-1 {
				end = "\n"
			}
			fmt.Fprintf(&b, "    --hash=sha256:%064x%s", i*hashes+j, end)
		}
		b.WriteString("    # via -r requirements.in\n")
	}
	return b.String()
}

// Files of everyday sizes are read whole, at a cost in proportion to them.
func TestEverydayRequirementsAreRead(t *testing.T) {
	text := hashed(1200, 14)
	if len(text) < 1_400_000 || len(text) > pypi.MaxRequirementBytes {
		t.Fatalf("the file has %d bytes", len(text))
	}
	var lines []pypi.RequirementLine
	var err error
	work := allocated(func() { lines, err = pypi.ParseRequirements(text) })
	if err != nil || len(lines) != 1200 || lines[1199].Name != "project-1199" || lines[1].Line != 17 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if work > uint64(20*len(text)) {
		t.Errorf("%d bytes were allocated for a file of %d", work, len(text))
	}
}

// Files beyond that are refused before they are read.
func TestHostileRequirementsAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"many lines":          strings.Repeat("a\n", 300_000),
		"many empty lines":    strings.Repeat("\n", 3_000_000),
		"lines that go on":    strings.Repeat("a\\\n", 300_000),
		"one line":            strings.Repeat("a", 20<<20),
		"comments":            strings.Repeat("#\n", 300_000),
		"options of one line": strings.Repeat(" --a", 1<<20),
	} {
		var err error
		work := allocated(func() { _, err = pypi.ParseRequirements(text) })
		told := new(fault.Error)
		if !errors.As(err, &told) || told.Code != fault.BadUserInput || told.Limit == 0 {
			t.Errorf("%s: %v", name, err)
		}
		if work > 32<<20 {
			t.Errorf("%s: %d MB were allocated", name, work>>20)
		}
	}
	// A line that goes on to the end costs no more than its length.
	goesOn := strings.Repeat("a\\\n", pypi.MaxRequirementLines-1)
	if work := allocated(func() { _, _ = pypi.ParseRequirements(goesOn) }); work > 32<<20 {
		t.Errorf("a line that goes on: %d MB were allocated", work>>20)
	}
}

// A clause counts once, and there may be so many.
func TestSpecifiersAreBounded(t *testing.T) {
	same, err := pypi.ParseSpecifier(strings.Repeat(">=0,", 180_000))
	if err != nil || same.Clauses() != 1 {
		t.Errorf("one clause again and again: %v, %v", same, err)
	}
	many := make([]string, pypi.MaxClauses+1)
	for i := range many {
		many[i] = fmt.Sprintf("!=1.%d", i)
	}
	told := new(fault.Error)
	if _, err := pypi.ParseSpecifier(strings.Join(many, ",")); !errors.As(err, &told) || told.Limit != pypi.MaxClauses {
		t.Errorf("%d clauses: %v", len(many), err)
	}
	if s, err := pypi.ParseSpecifier(strings.Join(many[1:], ",")); err != nil || !slices.Equal(s.Select(pypi.ReadVersions([]string{"1.0", "1.1"})), []string{"1.0"}) {
		t.Errorf("%d clauses: %v", len(many)-1, err)
	}
}

// What somebody has written into a package's metadata is as hostile.
func TestMarkersAreBounded(t *testing.T) {
	nested := "x ; " + strings.Repeat("(", 1<<20) + "extra == 'a'"
	if names := pypi.Required([]string{nested, "y ; ((extra == 'a'))", "z ; ((python_version > '3'))"}); !slices.Equal(names, []string{"x", "z"}) {
		t.Errorf("%v", names)
	}
}

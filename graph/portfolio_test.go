package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// insertPeople says who wrote and who maintains projects, in all the ways that
// metadata does.
const insertPeople = `
INSERT INTO projects (name, version, author, author_email, maintainer, maintainer_email, upload_time, filename) VALUES
	('numpy', '1.0', 'Jane Doe', '', '', '', '2015-01-01 00:00:00', 'a'),
	('numpy', '2.0', 'The NumPy Developers', '', '', '"Doe, J." <jane@example.org>', '2020-01-01 00:00:00', 'b'),
	('Pandas', '1.0', 'Someone, jane doe ', '', 'Someone', '', '2015-01-01 00:00:00', 'c'),
	('requests', '1.0', '', 'Jane Doe <jane@example.org>, "Other" <o@example.org>', '', '', '2015-01-01 00:00:00', 'd'),
	('flask', '1.0', 'Jane Doering', 'jane@example.org.invalid', 'Jane Doe', '', '2015-01-01 00:00:00', 'e'),
	('a', '1.0', 'Eve', '', '', '', '2015-01-01 00:00:00', 'g'),
	('nowhere', '1.0', 'Jane Doe', '', '', '', '2015-01-01 00:00:00', 'f')`

// requirementsFile is what people paste.
const requirementsFile = `# what we need
-r base.txt
--index-url https://example.org/simple
-e ./local   # ours
NumPy[all,extra] >= 1.20, <3 ; python_version > "3.8"  # arrays
Zope_Interface==5.0 \
    --hash=sha256:0123 \
    --hash=sha256:4567
requests @ https://example.org/requests.zip
no-such-project~=1.0
git+https://example.org/x/y@main#egg=y
./wheels/thing-1.0-py3-none-any.whl
pandas (>=1.0)
numpy
not a requirement
`

func TestPortfolios(t *testing.T) {
	d := newData(t, insertDownloads, insertPeople)
	for name, h := range d.withAndWithoutIndex() {
		for _, c := range []struct {
			name       string
			arguments  string
			projects   []string
			unresolved string
		}{
			{"requirements", `requirements: ` + quoted(requirementsFile), []string{"numpy", "pandas", "requests", "zope-interface"}, `[
				{"line": 2, "text": "-r base.txt", "reason": "REFERENCE"},
				{"line": 4, "text": "-e ./local", "reason": "REFERENCE"},
				{"line": 10, "text": "no-such-project~=1.0", "reason": "UNKNOWN"},
				{"line": 11, "text": "git+https://example.org/x/y@main#egg=y", "reason": "REFERENCE"},
				{"line": 12, "text": "./wheels/thing-1.0-py3-none-any.whl", "reason": "REFERENCE"},
				{"line": 15, "text": "not a requirement", "reason": "INVALID"}]`},
			{"no requirements", `requirements: ""`, nil, `[]`},
			{"projects", `projects: ["Zope.Interface", "unknown", "a", "a"]`, []string{"a", "zope-interface"}, `[{"line": 2, "text": "unknown", "reason": "UNKNOWN"}]`},
			{"an author's name, of the latest version", `author: "jane doe"`, []string{"pandas", "requests"}, `[]`},
			{"an author's address", `author: "JANE@example.org"`, []string{"requests"}, `[]`},
			{"a maintainer's name", `maintainer: "Jane Doe"`, []string{"flask"}, `[]`},
			{"a maintainer's address", `maintainer: "jane@example.org"`, []string{"numpy"}, `[]`},
			{"nobody", `author: "%"`, nil, `[]`},
		} {
			t.Run(name+"/"+c.name, rapid.MakeCheck(func(t *rapid.T) {
				q, fields := d.DrawQuestion(t), d.DrawFields(t, 1)
				all := d.All().Of(c.projects...)
				counts, _ := all.Split("PROJECT", 1000, false)
				projects := []any{}
				for _, v := range counts {
					projects = append(projects, map[string]any{"name": v.Value, "downloads": map[string]any{"total": v.Total}})
				}
				check(t, h, `{ portfolio(`+c.arguments+`) { projectCount projects { name downloads { total } } unresolved { line text reason } downloads`+
					q.Arguments()+` {`+fields.String()+` } } }`,
					map[string]any{"portfolio": map[string]any{"projectCount": len(c.projects), "projects": projects,
						"unresolved": plainText(c.unresolved), "downloads": d.Answers(q.Of(d.Data, append([]string{}, c.projects...)), fields)}})
			}))
		}
	}
}

func TestMistakesOfPortfolios(t *testing.T) {
	d := newData(t, insertDownloads, insertPeople)
	h := d.handler(Limits{Names: 1})
	for _, arguments := range []string{``, `(author: "x", projects: [])`, `(author: null)`, `(author: " ")`, `(projects: ["a", "numpy"])`, `(author: "e")`} {
		got := post(t, h, `{ portfolio`+arguments+` { projectCount } }`, nil, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", arguments, got.body)
		}
	}
}

// The fields that name people.
func TestMaintainers(t *testing.T) {
	h := newData(t, insertDownloads, insertPeople).handler(Limits{})
	got := post(t, h, `{ a: project(name: "flask") { author maintainer } b: project(name: "numpy") { author maintainer } }`, nil, nil)
	want := decoded(t, `{"a": {"author": "Jane Doering", "maintainer": "Jane Doe"}, "b": {"author": "The NumPy Developers", "maintainer": null}}`)
	if diff := cmp.Diff(want, plain(got.Data)); diff != "" {
		t.Error(diff)
	}
}

// A requirements file of everyday size is within the defaults: 1,200 requirements,
// 1.5 MB with their hashes, asked for by several widgets of one page.
func TestEverydayRequirementsAreWithinTheLimits(t *testing.T) {
	var text strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&text, "project-%d==1.%d \\\n", i, i)
		text.WriteString(strings.Repeat("    --hash=sha256:"+strings.Repeat("0", 64)+" \\\n", 14) + "    --hash=sha256:00\n")
	}
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	document := `query($r: String!) { ` + repeated(12, "w%d: portfolio(requirements: $r) { projectCount } ") + ` }`
	var got response
	work := allocated(func() { got = post(t, h, document, map[string]any{"r": text.String()}, nil) })
	if len(got.Errors) > 0 || text.Len() < 1_400_000 {
		t.Errorf("%d bytes: %.300s", text.Len(), got.body)
	}
	if work > 120<<20 { // parsed once
		t.Errorf("%d MB were allocated", work>>20)
	}
}

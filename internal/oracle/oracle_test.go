package oracle_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"clickql/internal/cube"
	"clickql/internal/oracle"
)

// requestsEnv asks for so many requests of every database; seedEnv repeats a run.
const requestsEnv, seedEnv = "CLICKQL_REQUESTS", "CLICKQL_SEED"

// The requests that are made up for our own database, and for each trap: 5,000
// of all together.
const ownRequests, trapRequests = 2500, 193

// guests are accounts whose settings cut results short where they can, and that
// may not change them: their answers are those of an account without limits.
var guests = []string{"clickpy", "results", "limited"}

// Whatever is asked, of whatever database, the answer is what counting its
// downloads one by one gives.
func TestGeneratedRequests(t *testing.T) {
	source := own(t)
	source.read("pypi")
	for _, d := range cube.Dimensions {
		if values, _ := source.data.All().Split(d, 2, false); len(values) < 2 {
			t.Errorf("the downloads do not differ in their %s: no question about it can go wrong", d)
		}
	}
	from := source.Name + ".pypi"
	t.Run("our own database", func(t *testing.T) {
		source.t = t
		ask(t, source, drawn(t, ownRequests))
	})
	for _, guest := range guests {
		t.Run("read by "+guest, func(t *testing.T) {
			source.t, source.guest = t, guest
			ask(t, source, drawn(t, trapRequests))
		})
	}
	source.guest = ""
	seed := drawn(t, trapRequests)
	for _, trap := range traps {
		t.Run(trap.name, func(t *testing.T) {
			t.Parallel()
			ask(t, trap.make(t, from), seed)
		})
	}
}

// drawn has rapid draw so many requests in every test from now on, unless the
// environment asks for others, and gives what repeats them. rapid takes both from
// flags, which all tests share.
func drawn(t *testing.T, requests int) (seed int) {
	t.Helper()
	seed = number(t, seedEnv, rand.IntN(1<<30)+1)
	for name, value := range map[string]any{"rapid.checks": number(t, requestsEnv, requests), "rapid.seed": seed, "rapid.nofailfile": true} {
		if err := flag.Set(name, fmt.Sprint(value)); err != nil {
			t.Fatal(err)
		}
	}
	return seed
}

// ask asks the database as many questions as were drawn.
func ask(t *testing.T, d *database, seed int) {
	h := d.open()
	if d.expects != "" {
		const ragged = `{ downloads(range: {from: "2023-03-05", to: "2024-02-20"}) { total } }`
		if body := explained(t, h, ragged); !strings.Contains(body, d.expects) {
			t.Fatalf("%s is answered without %s: %s", ragged, d.expects, body)
		}
	}
	asked := &tally{}
	t.Cleanup(func() { t.Logf("%s=%d: %s", seedEnv, seed, asked) })
	rapid.Check(t, func(t *rapid.T) {
		if rapid.IntRange(0, 11).Draw(t, "walk") == 11 {
			asked.walk(t, h, d.data.DrawWalk(t), d.refuses)
			return
		}
		op := d.data.Draw(t)
		asked.one(t, h, d, op)
	})
	if asked.refused*4 > asked.requests*3 {
		t.Errorf("most questions are refused: %s", asked)
	}
}

// tally counts what was asked.
type tally struct{ requests, refused, hints int }

func (n *tally) String() string {
	return fmt.Sprintf("%d requests agree, %d of them in part refused, %d hints", n.requests, n.refused, n.hints)
}

// uncovered is the code of what no table can answer.
const uncovered = "UNCOVERED"

// one asks one operation.
func (n *tally) one(t *rapid.T, h http.Handler, d *database, op oracle.Operation) {
	got := n.post(t, h, op.Document)
	var errors []oracle.Refusal
	for _, e := range got.Errors {
		if e.Extensions.Code != uncovered || !d.refuses && !op.Unknown {
			t.Fatalf("%s\n%s\n%s\n%v", op.Document, e.Extensions.Code, e.Message, d.log.text.Load())
		}
		errors = append(errors, oracle.Refusal{Code: e.Extensions.Code, Path: e.Path})
	}
	if len(errors) > 0 {
		n.refused++
	}
	for _, hint := range got.Extensions.Hints {
		if why := d.data.Misleads(hint.Message); why != "" {
			t.Fatalf("%s\n%s: %s", op.Document, hint.Message, why)
		}
		n.hints++
	}
	var data any
	if got.Data != nil {
		data = got.Data
	}
	if found := oracle.Differences(op.Want, data, errors); len(found) > 0 {
		t.Fatalf("%s\n%s\nfrom %s", op.Document, strings.Join(found, "\n"), n.queries(t, h, op.Document))
	}
}

// queries are the statements that answered a document.
func (n *tally) queries(t *rapid.T, h http.Handler, document string) string {
	var b strings.Builder
	for _, q := range n.post(t, h, document).Extensions.Explain.Queries {
		fmt.Fprintf(&b, "%s (%s):\n%s\n", q.Table, q.Source, q.SQL)
	}
	return b.String()
}

// walk reads a ranking page by page.
func (n *tally) walk(t *rapid.T, h http.Handler, w oracle.Walk, refuses bool) {
	var list []string
	after := ""
	for page := 1; ; page++ {
		got := n.post(t, h, w.Page(after))
		if len(got.Errors) == 1 && got.Errors[0].Extensions.Code == uncovered && (refuses || w.Unknown()) {
			n.refused++
			return
		}
		var data struct {
			TopProjects struct {
				Nodes []struct {
					Total   int
					Project struct{ Name string }
				}
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		raw, err := json.Marshal(got.Data)
		if err == nil {
			err = json.Unmarshal(raw, &data)
		}
		if err != nil || len(got.Errors) > 0 {
			t.Fatalf("%s\n%v %v", w.Page(after), err, got.Errors)
		}
		for _, node := range data.TopProjects.Nodes {
			list = append(list, fmt.Sprintf("%s %d", node.Project.Name, node.Total))
		}
		if after = data.TopProjects.PageInfo.EndCursor; !data.TopProjects.PageInfo.HasNextPage {
			if page != w.Pages() {
				t.Fatalf("%s\n%d pages, and there must be %d", w, page, w.Pages())
			}
			break
		}
		if page >= w.Pages() {
			t.Fatalf("%s\nmore pages than %d", w, w.Pages())
		}
	}
	if found := oracle.Differences(w.Want(), list, nil); len(found) > 0 {
		t.Fatalf("%s\n%s", w, strings.Join(found, "\n"))
	}
}

// post asks the handler.
func (n *tally) post(t *rapid.T, h http.Handler, document string) (got oracle.Response) {
	n.requests++
	body := post(t, h, map[string]any{"query": document, "extensions": map[string]any{"explain": true}})
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%s\nthe answer is not JSON: %v: %s", document, err, body)
	}
	return got
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

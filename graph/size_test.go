package graph

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"clickql/internal/fetch"
)

// manyDates is 5 KB that would be answered with gigabytes.
func manyDates(projects, aliases int) string {
	names := make([]string, projects)
	for i := range names {
		names[i] = fmt.Sprintf(`"p%d"`, i)
	}
	return `{ projects(names: [` + strings.Join(names, ",") + `]) { downloads(range: {from: "1975-01-01", to: "2024-12-31"}) { series { ` +
		repeated(aliases, "d%d: dates ") + `} } } }`
}

// bytesOf is extensions.cost.bytes.
func bytesOf(t *testing.T, r response) int64 {
	t.Helper()
	cost, ok := r.Extensions["cost"].(map[string]any)
	if !ok {
		t.Fatalf("no cost: %.300s", r.body)
	}
	n, _ := cost["bytes"].(json.Number).Int64()
	return n
}

// An answer is priced by the lengths of its lists, before anything is asked, and the
// price is told where it is refused.
func TestAnswersArePriced(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	const points = 366 * 18263
	for _, c := range []struct {
		name, query string
		bytes       int64 // at least
	}{
		{"dates of many projects", manyDates(366, 30), points * 30 * 13},
		{"ten times as many", manyDates(1000, 300), 1000 * 18263 * 300 * 13},
		{"points", `{ projects(names: [` + repeated(1000, `"p%d",`) + `]) { downloads(range: {from: "1975-01-01", to: "2024-12-31"}) { series { points { date total } } } } }`, 1000 * 18263 * 30},
		{"a comparison", `{ compare(projects: [` + repeated(1000, `"p%d",`) + `], range: {last: 900}) { ` + repeated(30, "l%d: lines { series { totals } } ") + ` } }`, 1000 * 900 * 30 * 7},
		{"the schema again and again", `{ ` + repeated(200, "s%d: __schema { types { fields { args { type { name } } } } } ") + ` }`, 1 << 24},
		{"one leaf under many names", `{ projects(names: [` + repeated(1000, `"p%d",`) + `]) { ` + repeated(1000, "n%d: summary ") + ` } }`, 1000 * 1000 * 24},
	} {
		for _, extensions := range []map[string]any{nil, {"dryRun": true}} {
			var got response
			work := allocated(func() { got = post(t, h, c.query, nil, extensions) })
			if len(got.Errors) == 0 || got.Errors[0].code() != "COST_LIMIT" || got.Data != nil {
				t.Errorf("%s: not refused: %.300s", c.name, got.body)
			}
			if n := bytesOf(t, got); n < c.bytes {
				t.Errorf("%s: priced at %d bytes, at least %d were expected", c.name, n, c.bytes)
			}
			if work > 32<<20 {
				t.Errorf("%s: %d MB were allocated", c.name, work>>20)
			}
		}
	}
}

// What is asked of the database counts whether it is shown or not.
func TestUnseenSeriesArePriced(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{Held: 30_000}, nil)
	got := post(t, h, `{ projects(names: ["numpy", "pandas"]) { downloads(range: {from: "1975-01-01", to: "2024-12-31"}) { series { interval } } } }`, nil, nil)
	if len(got.Errors) != 1 || got.Errors[0].code() != "COST_LIMIT" || fmt.Sprint(got.Errors[0].Extensions["given"]) != "36526" {
		t.Errorf("%s", got.body)
	}
}

// An answer that is larger than it may be is given up while it is written.
func TestAnswersAreCut(t *testing.T) {
	const most = 9_000
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{Response: most}, nil)
	const described = `{ __schema { types { fields { description } } } }`
	got := post(t, h, described, nil, nil)
	if len(got.Errors) != 1 || got.Errors[0].code() != string(CodeTooLarge) || got.Data != nil || len(got.body) > 1000 {
		t.Errorf("%d bytes: %.300s", len(got.body), got.body)
	}
	if fmt.Sprint(got.Errors[0].Extensions["limit"]) != fmt.Sprint(most) || bytesOf(t, got) > largerBy*most {
		t.Errorf("%s", got.body)
	}
	if whole := post(t, handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil), described, nil, nil); len(whole.body) < most || len(whole.Errors) > 0 {
		t.Errorf("within the limit: %d bytes, %.300s", len(whole.body), whole.body)
	}
}

// The lengths of all lists are known, of new ones too: one that is missing here
// would let an answer grow beyond its price.
func TestEveryListHasALength(t *testing.T) {
	byOther := []string{"Comparison.lines", "Comparison.dates", "Portfolio.unresolved"} // by the arguments of the field above
	for name, def := range publicSchema().Types {
		if def.Kind != ast.Object && def.Kind != ast.Interface {
			continue
		}
		for _, f := range def.Fields {
			known := f.Type.Elem == nil || slices.Contains(bucketed, name) || f.Name == "missing" || strings.HasSuffix(name, "Connection") ||
				someOf[name+"."+f.Name] > 0 || slices.Contains(byOther, name+"."+f.Name) || slices.Contains(uncertain, name+"."+f.Name)
			for _, arg := range []string{"first", "names", "projects", "representations"} {
				known = known || f.Arguments.ForName(arg) != nil
			}
			if !known {
				t.Errorf("%s.%s is a list, and nothing tells its length to sizer.length", name, f.Name)
			}
		}
	}
}

// A list of which nobody knew how long it is counts when it is there: one that would
// make the answer too large is an error at its place, and the rest is kept.
func TestListsCountWhenTheyArrive(t *testing.T) {
	d := newData(t)
	h := NewHandler(HandlerConfig{Loader: fetch.New(fetch.Config{Conn: d.conn, Catalog: d.catalog}), Limits: Limits{Resolved: 300}})
	got := post(t, h, `{ downloads { total by(dimension: VERSION, first: 1000) { `+repeated(200, "t%d: total ")+`} } }`, nil, nil)
	if len(got.Errors) != 1 || got.Errors[0].code() != "COST_LIMIT" || got.Errors[0].path() != `["downloads","by"]` {
		t.Errorf("%.300s", got.body)
	}
	got = post(t, h, `{ downloads { total by(dimension: VERSION, first: 1) { `+repeated(200, "t%d: total ")+`} } }`, nil, nil)
	if len(got.Errors) != 0 || bytesOf(t, got) < 200*14 {
		t.Errorf("%.300s", got.body)
	}
}

package coverage_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"

	"clickql/internal/chconn"
	"clickql/internal/chtest"
	"clickql/internal/coverage"
)

// TestEstimates: of all questions 95 % read half to twice as many rows as expected,
// beside one large load with five small ones that no merge has folded, and merged.
func TestEstimates(t *testing.T) {
	w := newWorld(t)
	exec := func(sql string) {
		if err := w.db.Conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	each := func(statement string) {
		for _, table := range w.snap.Tables {
			exec(fmt.Sprintf(statement, table.SQL()))
		}
	}
	each("SYSTEM STOP MERGES %s")
	for i := range 5 {
		exec(fmt.Sprintf("INSERT INTO pypi SELECT * FROM pypi WHERE cityHash64(date, project, version, country_code, python_minor, system) %% 400 = %d", i))
	}
	near(t, w, "as loaded")
	each("SYSTEM START MERGES %s")
	each("OPTIMIZE TABLE %s FINAL")
	near(t, w, "merged")
}

// near compares what questions about a large and a small project, and about all, read
// with what was expected.
func near(t *testing.T, w world, state string) {
	t.Helper()
	snap := known(t, w.db)
	for _, table := range snap.Tables {
		if len(table.Sizes) == 0 {
			continue
		}
		var rows uint64
		if err := w.db.Conn.QueryRow(t.Context(), "SELECT count() FROM "+table.SQL()+" WHERE project = 'big'").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		n, about := float64(rows), table.RowsOf(table.Sizes[len(table.Sizes)-1].Downloads)
		if n > 2*table.GranuleRows() && (about < n/2 || about > 2*n) {
			t.Errorf("%s: of %s the largest project is held to have %.0f rows; it has %d", state, table.Name, about, rows)
		}
	}
	questions := slices.Concat(coverage.OfAll(), coverage.OfLater(true), coverage.OfLists())
	var far []string
	asked := 0
	for _, w.about.Project = range []string{"big", "p3"} {
		questions = slices.Concat(questions, coverage.OfProject(), coverage.OfLater(false), coverage.OfFilters(2))
		for _, a := range coverage.Answers(snap, w.about, questions) {
			asked++
			if rows := float64(rowsRead(t, w.db, a)); rows < a.Rows/2 || rows > a.Rows*2 {
				far = append(far, fmt.Sprintf("%s from %s: %.0f expected, %.0f read", a.Question, a.Table, a.Rows, rows))
			}
		}
		questions = nil
	}
	if len(far)*20 > asked {
		t.Errorf("%s: %d of %d are far off, such as %q", state, len(far), asked, far[:10])
	}
}

// rowsRead runs an answer's query and counts the rows that it reads.
func rowsRead(t *testing.T, db *chtest.DB, a coverage.Answer) (n uint64) {
	t.Helper()
	values := map[string]any{}
	for _, p := range a.Query.Params {
		values[p.Name] = p.Value
	}
	params, err := chconn.Parameters(values)
	if err != nil {
		t.Fatal(err)
	}
	ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(params), clickhouse.WithProgress(func(p *clickhouse.Progress) { n += p.Rows }))
	rows, err := db.Conn.Query(ctx, a.Query.SQL)
	if err != nil {
		t.Fatalf("%s: %v", a.Query.SQL, err)
	}
	for rows.Next() {
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

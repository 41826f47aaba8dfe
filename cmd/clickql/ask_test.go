package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clickql/internal/chtest"
)

// TestAsk: an operation in a file is answered as a table, as a file, or with what
// is wrong.
func TestAsk(t *testing.T) {
	db := chtest.NewWithSchema(t)
	if err := db.Conn.Exec(t.Context(), busy); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ask.graphql")
	document := `query Top($first: Int!) { topProjects(first: $first) { nodes { project { name } total } } }
query Wrong { project(name: "p0") { downloads(range: {last: 0}) { total } } }`
	if err := os.WriteFile(file, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	ask := func(operation, format string) (string, error) {
		var out bytes.Buffer
		a := &app{clickhouse: db.ReadOnlyDSN, data: t.TempDir(), stdout: &out, stderr: &out, log: slog.New(slog.DiscardHandler)}
		err := a.ask(t.Context(), file, strings.NewReader(""), askFlags{variables: `{"first": 2}`, operation: operation, format: choice{value: format}})
		return out.String(), err
	}
	table, err := ask("Top", "table")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if err != nil || len(lines) != 3 || strings.Join(strings.Fields(lines[0]), " ") != "name total" || !strings.HasPrefix(lines[1], "p0") {
		t.Errorf("%s, %v", table, err)
	}
	asCSV, err := ask("Top", "csv")
	if err != nil || !strings.HasPrefix(asCSV, "name,total\np0,") || strings.Fields(lines[1])[1] != strings.Split(strings.Split(asCSV, "\n")[1], ",")[1] {
		t.Errorf("%s, %v", asCSV, err)
	}
	if parquet, err := ask("Top", "parquet"); err != nil || !strings.HasPrefix(parquet, "PAR1") {
		t.Errorf("%.20q, %v", parquet, err)
	}
	if _, err := ask("Wrong", "table"); err == nil || !strings.Contains(err.Error(), "BAD_USER_INPUT project.downloads") {
		t.Errorf("%v", err)
	}
	if text, err := ask("Wrong", "json"); err == nil || !strings.Contains(text, `"errors"`) {
		t.Errorf("%s, %v", text, err)
	}
}

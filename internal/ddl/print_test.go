package ddl_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/ddl"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestPrint(t *testing.T) {
	for name, o := range map[string]ddl.Options{
		"node.sql":    {},
		"cluster.sql": {Database: "py-pi", Cluster: "main"},
	} {
		path := filepath.Join("testdata", name)
		got := ddl.Print(o)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs from what is printed; see what changed with go test -update and git diff", path)
		}
	}
}

// statements takes printed DDL apart as a client does.
func statements(t *testing.T, printed string) []string {
	t.Helper()
	list := strings.Split(strings.TrimSpace(printed), ";\n\n")
	list[len(list)-1] = strings.TrimSuffix(list[len(list)-1], ";")
	if len(list) < 30 {
		t.Fatalf("only %d statements are printed", len(list))
	}
	return list
}

// TestPrintedStatementsRun runs what is printed, twice, and then finds that
// nothing is left for Apply and that Check is content.
func TestPrintedStatementsRun(t *testing.T) {
	db := chtest.New(t)
	o := ddl.Options{Database: db.Name}
	for range 2 {
		for _, sql := range statements(t, ddl.Print(o)) {
			if err := db.Conn.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s\n%v", sql, err)
			}
		}
	}
	if created, err := ddl.Apply(t.Context(), db.Conn, o); err != nil || len(created) > 0 {
		t.Errorf("Apply had to create %v, %v", created, err)
	}
	clean(t, db)
}

// TestClusterStatementsParse has the server's parser read what is printed for
// a cluster.
func TestClusterStatementsParse(t *testing.T) {
	db := chtest.New(t)
	for _, sql := range statements(t, ddl.Print(ddl.Options{Database: "py-pi", Cluster: "main"})) {
		if err := db.Conn.Exec(t.Context(), "EXPLAIN AST "+sql); err != nil {
			t.Errorf("%s\n%v", sql, err)
		}
		if strings.Contains(sql, "MergeTree") && !strings.Contains(sql, "ENGINE = Replicated") {
			t.Errorf("not replicated: %s", sql)
		}
		if !strings.HasPrefix(sql, "INSERT") && !strings.Contains(sql, " ON CLUSTER main") {
			t.Errorf("not for the cluster: %s", sql)
		}
	}
}

package check_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"clickql/internal/chtest"
	"clickql/internal/ddl"
	"clickql/internal/ddl/check"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }

// run executes statements in which %s stands for the database.
func run(t *testing.T, db *chtest.DB, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if err := db.Conn.Exec(t.Context(), strings.ReplaceAll(sql, "%s", db.Name)); err != nil {
			t.Fatalf("%s\n%v", sql, err)
		}
	}
}

// checked runs the check, which must succeed.
func checked(t *testing.T, db *chtest.DB) check.Report {
	t.Helper()
	r, err := check.Run(t.Context(), db.Conn, ddl.Options{Database: db.Name})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// downloads inserts rows of downloads that differ in most columns.
func downloads(t *testing.T, db *chtest.DB, n int) {
	t.Helper()
	run(t, db, fmt.Sprintf(`INSERT INTO %%s.pypi (date, country_code, project, type, installer, system, version, ci, filename, libc)
		SELECT toDate('2023-11-15') + cityHash64(number, 1) %% 100, ['', 'DE', 'US'][1 + number %% 3], 'p' || toString(cityHash64(number, 3) %% 7),
			['sdist', 'bdist_wheel'][1 + number %% 2], 'pip', 'Linux', ['1.0', '2.0'][1 + cityHash64(number, 8) %% 2], 'true', 'f', ('glibc', '2.31')
		FROM numbers(%d)`, n))
}

package chtest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"clickql/internal/chconn"
)

// Export makes an export of n downloads of one day, 2024-03-01 for the first 86,400,
// flattened as older ones are. Another seed makes other projects.
func (d *DB) Export(t testing.TB, seed, n int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.parquet", seed))
	text := func(expr string) string { return "CAST(" + expr + " AS Nullable(String))" }
	err := d.Conn.Exec(t.Context(), fmt.Sprintf(`INSERT INTO FUNCTION file(%s, 'Parquet') SELECT
		CAST(toDateTime64('2024-03-01 00:00:00', 6, 'UTC') + number AS Nullable(DateTime64(6, 'UTC'))) AS timestamp, %s AS country_code, %s AS project,
		%s AS "file.filename", %s AS "file.version", %s AS "file.type", %s AS "installer.name", %s AS python,
		%s AS "distro.libc.lib", %s AS "distro.libc.version", %s AS "system.name" FROM numbers(%d)`,
		chconn.Literal(path), text("['DE', 'FR'][1 + number % 2]"), text(fmt.Sprintf("concat('p', toString(%d), '-', toString(number %% 7))", seed)),
		text("'f'"), text("'1.0'"), text("'sdist'"), text("'pip'"), text("'3.11.4'"), text("'glibc'"), text("'2.31'"), text("'Linux'"), n))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Downloads is the number of rows in the raw table.
func (d *DB) Downloads(t testing.TB) (n uint64) {
	t.Helper()
	if err := d.Conn.QueryRow(t.Context(), "SELECT count() FROM pypi").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

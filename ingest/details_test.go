package ingest

import (
	"path/filepath"
	"testing"

	"clickql/ingest/config"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// TestDetails loads exports of whole rows of BigQuery's table, which has the installer,
// the system and the like below details: nested, and flattened under dotted names.
func TestDetails(t *testing.T) {
	db := chtest.NewWithSchema(t)
	dir, out := t.TempDir(), t.TempDir()
	files := []exportFile{{"nested.parquet", false, 1, 400}, {"flat.parquet", false, 2, 300}}
	exports(t, db.Conn, dir, files...)
	const text = "Nullable(String)"
	for name, columns := range map[string]string{
		"nested.parquet": "file, CAST(tuple(installer, python, implementation, distro, system, cpu, ci) AS Tuple(installer Tuple(name " + text + ", version " + text + "), python " + text +
			", implementation Tuple(name " + text + ", version " + text + "), distro Tuple(libc Tuple(lib " + text + ", version " + text + "), name " + text + ", version " + text +
			"), system Tuple(name " + text + ", release " + text + "), cpu " + text + ", ci Nullable(Bool))) AS details",
		"flat.parquet": "file.filename AS `file.filename`, file.version AS `file.version`, file.type AS `file.type`, installer.name AS `details.installer.name`, python AS `details.python`, " +
			"installer.version AS `details.installer.version`, implementation.name AS `details.implementation.name`, cpu AS `details.cpu`, distro.name AS `details.distro.name`, distro.version AS `details.distro.version`, " +
			"distro.libc.lib AS `details.distro.libc.lib`, distro.libc.version AS `details.distro.libc.version`, system.name AS `details.system.name`, ci AS `details.ci`",
	} {
		must(t, db.Conn, "INSERT INTO FUNCTION file("+chconn.Literal(filepath.Join(out, name))+", 'Parquet') SELECT timestamp, country_code, project, "+columns+
			" FROM file("+chconn.Literal(filepath.Join(dir, name))+", 'Parquet')")
	}
	if sum := mustLoad(t, config.Config{Conn: db.Conn}, out+"/*.parquet"); !sum.Complete() || sum.Files != 2 {
		t.Fatalf("%+v", sum)
	}
	checkEqual(t, db.Conn, db.Name, expectation(t, db.Conn, db.Name, files))
	if v, err := New(config.Config{Conn: db.Conn}).Verify(t.Context(), false, out+"/*.parquet"); err != nil || !v.Agrees {
		t.Errorf("verify: %v, %+v", err, v)
	}
}

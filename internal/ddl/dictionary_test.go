package ddl_test

import (
	"testing"
	"time"

	"clickql/internal/chtest"
)

// TestDictionaries reads both dictionaries as the administrator and as the
// account that serves.
func TestDictionaries(t *testing.T) {
	db := chtest.NewWithSchema(t)
	err := db.Conn.Exec(t.Context(), "INSERT INTO "+db.Name+`.projects (name, upload_time) VALUES
		('Foo_Bar', '2024-01-01 00:00:00.000'), ('foo--.bar', '2024-03-01 12:00:00.500'), ('FOO-BAR', '2023-01-01 00:00:00.000'), ('other', '2022-02-02 00:00:00.000')`)
	if err != nil {
		t.Fatal(err)
	}
	for role, dsn := range map[string]string{"administrator": db.DSN, "reader": db.ReadOnlyDSN} {
		conn := open(t, dsn)
		var name, unknown string
		var updated time.Time
		err := conn.QueryRow(t.Context(), "SELECT dictGet('"+db.Name+".countries_dict', 'name', 'DE'), dictGet('"+db.Name+".countries_dict', 'name', 'ZZ'), dictGet('"+db.Name+".last_updated_dict', 'last_update', 'foo-bar')").
			Scan(&name, &unknown, &updated)
		if err != nil {
			t.Errorf("as the %s: %v", role, err)
		}
		if want := time.Date(2024, 3, 1, 12, 0, 0, 500e6, time.UTC); name != "Germany" || unknown != "" || !updated.Equal(want) {
			t.Errorf("as the %s: %q, %q, %v; want Germany, nothing, %v", role, name, unknown, updated, want)
		}
	}
}

package ingest

import (
	"testing"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/internal/chtest"
)

// TestProjects loads distribution metadata, all of its columns and a part of
// them, once each, and makes the dictionary see it.
func TestProjects(t *testing.T) {
	db := chtest.NewWithSchema(t)
	dir := t.TempDir()
	must(t, db.Conn, `INSERT INTO FUNCTION file('`+dir+`/a.parquet', 'Parquet') SELECT
		if(number = 3, NULL, concat('Name-', toString(number))) AS name, '1.0' AS version,
		CAST(if(number = 1, NULL, 'a summary') AS Nullable(String)) AS summary,
		CAST(if(number = 1, [], ['b; extra == "x"', NULL]) AS Array(Nullable(String))) AS requires_dist,
		['Homepage, https://x'] AS project_urls, CAST(number * 10 AS Nullable(Int64)) AS size,
		CAST(toDateTime64('2024-05-06 07:08:09.123', 6, 'UTC') AS Nullable(DateTime64(6, 'UTC'))) AS upload_time,
		CAST(if(number = 0, NULL, true) AS Nullable(Bool)) AS has_signature FROM numbers(4)`)
	must(t, db.Conn, `INSERT INTO FUNCTION file('`+dir+`/b.parquet', 'Parquet') SELECT 'other' AS name, '2' AS version`)
	// Reads the dictionary before there is anything in it.
	before := scalar[string](t, db.Conn, "SELECT toString(dictGetOrDefault('"+db.Name+".last_updated_dict', 'last_update', 'name-0', toDateTime(0, 'UTC')))")
	for range 2 {
		sum, err := New(config.Config{Conn: db.Conn}).Run(t.Context(), ledger.Projects, dir+"/*.parquet")
		if err != nil || !sum.Complete() {
			t.Fatalf("%+v, %v", sum, err)
		}
		if got, want := scalar[string](t, db.Conn, "SELECT toString(groupArray((name, version, summary, requires_dist, project_urls, size, toString(upload_time), has_signature, license))) FROM (SELECT * FROM projects ORDER BY name)"),
			`[('Name-0','1.0','a summary',['b; extra == "x"',''],['Homepage, https://x'],0,'2024-05-06 07:08:09.123',false,''),`+
				`('Name-1','1.0','',[],['Homepage, https://x'],10,'2024-05-06 07:08:09.123',true,''),`+
				`('Name-2','1.0','a summary',['b; extra == "x"',''],['Homepage, https://x'],20,'2024-05-06 07:08:09.123',true,''),`+
				`('other','2','',[],[],0,'1970-01-01 00:00:00.000',false,'')]`; got != want {
			t.Fatalf("projects\n got %s\nwant %s", got, want)
		}
	}
	after := scalar[string](t, db.Conn, "SELECT toString(dictGetOrDefault('"+db.Name+".last_updated_dict', 'last_update', 'name-0', toDateTime(0, 'UTC')))")
	if before == after || after != "2024-05-06 07:08:09.123" {
		t.Errorf("last_updated_dict gives %s before and %s after the load", before, after)
	}
}

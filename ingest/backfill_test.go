package ingest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/repair"
	"clickql/ingest/stage"
	"clickql/internal/chconn"
	"clickql/internal/chtest"
)

// mustBackfill runs a backfill or fails the test.
func mustBackfill(t testing.TB, cfg config.Config, req backfill.Request) backfill.Plan {
	t.Helper()
	plans, err := New(cfg).Backfill(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return plans[0]
}

// checkFilled compares an aggregate with its counts by key in another table.
func checkFilled(t testing.TB, conn *chconn.Conn, table, source, key string) {
	t.Helper()
	computed := strings.Replace(key, "month", "toStartOfMonth(date) AS month", 1)
	n := scalar[uint64](t, conn, fmt.Sprintf(`SELECT count() FROM ((SELECT %[1]s, sum(count) AS n FROM %[2]s GROUP BY ALL EXCEPT SELECT %[4]s, toInt64(count()) AS n FROM %[3]s GROUP BY ALL)
		UNION ALL (SELECT %[4]s, toInt64(count()) AS n FROM %[3]s GROUP BY ALL EXCEPT SELECT %[1]s, sum(count) AS n FROM %[2]s GROUP BY ALL))`, key, table, source, computed))
	if n != 0 || scalar[uint64](t, conn, "SELECT count() FROM "+table) == 0 {
		t.Errorf("%s: %d groups differ from %s", table, n, source)
	}
}

// checkNoFill fails where a backfill has left something.
func checkNoFill(t testing.TB, conn *chconn.Conn, database string) {
	t.Helper()
	if n := scalar[uint64](t, conn, "SELECT count() FROM system.databases WHERE startsWith(name, '"+stage.FillPrefix+database+"_')"); n != 0 {
		t.Errorf("%d databases of backfills are left over", n)
	}
}

// TestBackfill fills aggregates of several kinds, while a load and somebody's
// own INSERT bring more rows.
func TestBackfill(t *testing.T) {
	t.Parallel()
	db := newFew(t)
	dir := t.TempDir()
	exports(t, db.Conn, dir, mixed(3, 300)...)
	mustLoad(t, config.Config{Conn: db.Conn}, dir+"/e00.parquet")
	arrived := 0
	for _, c := range []struct {
		table, key, source string
	}{
		{"pypi_downloads", "", "pypi_downloads_per_day"}, // missing; from the smallest table of days
		{"pypi_downloads_per_day_by_ci", "project,date,ci", "pypi"},
		{"by_libc_global", "libc,month", "pypi"},
		{"pypi_downloads_per_month", "", "pypi_downloads_per_day"}, // there, and wrong
		{"pypi_downloads_max_min", "", "pypi_downloads_per_day"},
	} {
		t.Run(c.table, func(t *testing.T) {
			if c.table == "pypi_downloads_per_month" {
				must(t, db.Conn, "INSERT INTO pypi_downloads_per_month SELECT * FROM pypi_downloads_per_month")
				must(t, db.Conn, "DROP VIEW pypi_downloads_per_month_mv SYNC")
			}
			req := backfill.Request{Table: c.table}
			if c.key != "" {
				req.Key = strings.Split(c.key, ",")
			}
			seen := false
			cfg := config.Config{Conn: db.Conn, Before: atSteps(func(s Step) error {
				if s != StepRangeFilled || seen {
					return nil
				}
				seen = true
				exist := scalar[uint64](t, db.Conn, "SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = '"+c.table+"'")
				if c.key != "" && exist != 0 {
					t.Error("the aggregate is there before it is complete")
				}
				arrived++
				mustLoad(t, config.Config{Conn: db.Conn}, fmt.Sprintf("%s/e%02d.parquet", dir, min(arrived, 2)))
				must(t, db.Conn, fmt.Sprintf("INSERT INTO pypi (date, project, version, ci) VALUES ('2024-01-0%d', 'foreign', '1', 'true')", arrived))
				return nil
			})}
			dry := mustBackfill(t, cfg, backfill.Request{Table: req.Table, Key: req.Key, DryRun: true})
			plan := mustBackfill(t, cfg, req)
			if !seen || plan.Source != c.source || dry.Source != c.source || dry.Downloads == 0 {
				t.Errorf("plan %+v", plan)
			}
			must(t, db.Conn, "INSERT INTO pypi (date, project, version, ci) VALUES ('2024-01-09', 'after', '1', 'true')") // its view is there
			checkNoFill(t, db.Conn, db.Name)
			checkClean(t, db.Conn, db.Name)
			if c.key != "" {
				checkFilled(t, db.Conn, c.table, "pypi", c.key)
			}
			checkEqual(t, db.Conn, db.Name, "`"+db.Name+"`.pypi")
		})
	}
}

// TestBackfillRefuses names what cannot be filled.
func TestBackfillRefuses(t *testing.T) {
	t.Parallel()
	db := chtest.NewWithSchema(t)
	must(t, db.Conn, "INSERT INTO pypi (date, project) VALUES ('2024-01-01', 'x')")
	for _, c := range []struct{ damage, table, key, want string }{
		{"", "nothing", "", "it is no aggregate that the program knows"},
		{"", "pypi", "project", "it is the raw table"},
		{"", "mine", "project,colour", `"colour" is no column to count by`},
		{"", "pypi_downloads_max_min", "project,date", "the program knows it, by project: leave out --key"},
		{"ALTER TABLE pypi_downloads_mv MODIFY QUERY SELECT project, uniq(version) AS count FROM pypi GROUP BY project", "pypi_downloads", "", "DROP VIEW"},
	} {
		if c.damage != "" {
			must(t, db.Conn, c.damage)
		}
		req := backfill.Request{Table: c.table}
		if c.key != "" {
			req.Key = strings.Split(c.key, ",")
		}
		if _, err := New(config.Config{Conn: db.Conn}).Backfill(t.Context(), req); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := New(config.Config{Conn: db.Conn}).Backfill(t.Context(), backfill.Request{Table: "pypi_downloads_per_day", Discard: true}); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Error(err)
	}
	// One that did not end stands in the way of a repair, and is dropped.
	crash := func() config.Config {
		return config.Config{Conn: db.Conn, Before: atSteps(func(s Step) error {
			if s == StepReady {
				return context.Canceled
			}
			return nil
		})}
	}
	if _, err := New(crash()).Backfill(t.Context(), backfill.Request{Table: "pypi_downloads_per_day"}); err == nil {
		t.Fatal("the backfill did not end where it should")
	}
	quick := config.Config{Conn: db.Conn, Beat: 20e6, Lease: 200e6, Holder: ledger.Holder{Host: "elsewhere", PID: 1, Token: "x"}}
	day := date(t, "2024-01-01")
	if _, err := New(quick).Repair(t.Context(), repair.Request{From: day, To: day}, "/x.parquet"); err == nil || !strings.Contains(err.Error(), "a backfill has not ended") {
		t.Error(err)
	}
	if st, err := New(quick).Status(t.Context()); err != nil || len(st.Backfills) != 1 || st.Backfills[0].Table != "pypi_downloads_per_day" ||
		!st.Backfills[0].Prepared || !strings.Contains(st.Backfills[0].Stuck, "--discard") {
		t.Errorf("status: %+v, %v", st.Backfills, err)
	}
	if _, err := New(quick).Backfill(t.Context(), backfill.Request{Table: "pypi_downloads_per_day", Discard: true}); err != nil {
		t.Error(err)
	}
	if st, err := New(quick).Status(t.Context()); err != nil || len(st.Backfills) != 0 {
		t.Errorf("status: %+v, %v", st.Backfills, err)
	}
	checkNoFill(t, db.Conn, db.Name)

	// One of a table that the program does not know is carried on, and dropped, by
	// its name alone; dropped also where its view is another by now.
	mine := backfill.Request{Table: "mine", Key: []string{"project", "ci"}}
	for _, end := range []backfill.Request{{Table: "mine"}, {Table: "mine", Discard: true}} {
		if _, err := New(crash()).Backfill(t.Context(), mine); err == nil {
			t.Fatal("the backfill did not end where it should")
		}
		if end.Discard {
			must(t, db.Conn, "ALTER TABLE mine_mv MODIFY QUERY SELECT project, ci, uniq(version) AS count FROM pypi GROUP BY project, ci")
		}
		if _, err := New(quick).Backfill(t.Context(), end); err != nil {
			t.Errorf("%+v: %v", end, err)
		}
		checkNoFill(t, db.Conn, db.Name)
	}
	checkFilled(t, db.Conn, "mine", "pypi", "project, ci")
}

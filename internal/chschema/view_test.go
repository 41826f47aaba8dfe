package chschema_test

import (
	"testing"

	"clickql/internal/chschema"
)

// TestNamedTarget reads the headers of materialized views.
func TestNamedTarget(t *testing.T) {
	const uuid = "'6a1b3c1e-0000-4000-8000-0123456789ab'"
	to := func(database, table string) chschema.Name { return chschema.Name{Database: database, Table: table} }
	for header, want := range map[string]chschema.Name{
		"db.v TO db.t":                   to("db", "t"),
		"db.v UUID " + uuid + " TO db.t": to("db", "t"),
		"db.v TO t":                      to("home", "t"),
		"v TO t":                         to("home", "t"),
		"IF NOT EXISTS db.v ON CLUSTER main TO db.t": to("db", "t"),
		"db.v ON CLUSTER `to` TO db.t":               to("db", "t"),
		"db.v REFRESH EVERY 1 HOUR TO db.t":          to("db", "t"),
		"db.v UUID " + uuid + " REFRESH EVERY 1 DAY OFFSET 2 HOUR RANDOMIZE FOR 1 HOUR DEPENDS ON db.to, db.x SETTINGS refresh_retries = 3 APPEND TO db.t": to("db", "t"),
		"db.v REFRESH AFTER 5 MINUTE APPEND TO `a db`.`t`":                     to("a db", "t"),
		"`a.b`.`c.d` TO `e.f`.`g.h`":                                           to("e.f", "g.h"),
		"`a`.`TO` TO `b`.`c``d`":                                               to("b", "c`d"),
		"`a`.`b\\`c` TO `b`.`c\\`d\\\\`":                                       to("b", "c`d\\"),
		`"a"."v" TO "b"."t ""x"""`:                                             to("b", `t "x"`),
		"db.to TO db.as":                                                       to("db", "as"),
		"db.v TO db.t (`a` String, `b (, c` Enum8('x, y' = 1, ') TO z' = 2))":  to("db", "t"),
		"db.v TO db.t (a Tuple(b String, c Array(Tuple(d UInt8))), TO String)": to("db", "t"),
		"db.v /* TO db.x */ TO -- TO db.y\n db.t":                              to("db", "t"),
		"db.v TO db.t DEFINER = someone SQL SECURITY DEFINER":                  to("db", "t"),
		"db.v DEFINER = to SQL SECURITY INVOKER TO db.t":                       to("db", "t"),
		"db.v TO db.t SQL SECURITY NONE":                                       to("db", "t"),
		"db.v":                                                                 {},
		"db.v (a String, `TO` String)":                                         {},
		"db.v (TO db)":                                                         {},
		"db.v UUID " + uuid + " TO INNER UUID " + uuid + " (a String)":         {},
		"db.v ENGINE = SummingMergeTree ORDER BY to":                           {},
		"db.v ENGINE = MergeTree ORDER BY a TTL d TO DISK 'x'":                 {},
	} {
		const body = " AS SELECT a, count() AS c FROM db.raw WHERE x != 'TO db.no' GROUP BY a COMMENT 'goes TO db.no, (and more'"
		got, ok := chschema.NamedTarget("CREATE MATERIALIZED VIEW "+header+body, "home")
		if got != want || ok != (want != chschema.Name{}) {
			t.Errorf("%s: goes to %+v (%v), want %+v", header, got, ok, want)
		}
	}
	for _, create := range []string{"", "CREATE TABLE a (TO String)", "CREATE MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW a TO"} {
		if got, ok := chschema.NamedTarget(create, "home"); ok {
			t.Errorf("%s: goes to %v", create, got)
		}
	}
}

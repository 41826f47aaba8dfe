package tables

import (
	"testing"

	"clickql/internal/chschema"
)

func TestViewTarget(t *testing.T) {
	for create, want := range map[string]ID{
		"CREATE MATERIALIZED VIEW pypi.v TO pypi.t (`a` String) AS SELECT a FROM pypi.pypi":                              {"pypi", "t"},
		"CREATE MATERIALIZED VIEW `my-db`.v TO `my-db`.`a.b` (`a` String) AS SELECT a FROM x.y":                          {"my-db", "a.b"},
		"CREATE MATERIALIZED VIEW pypi.v (`a` String) ENGINE = MergeTree ORDER BY a AS SELECT ' TO x.y ' FROM pypi.pypi": {"pypi", ".inner_id.7"},
	} {
		view := &chschema.Table{Name: chschema.Name{Database: "pypi", Table: "v"}, UUID: "7", Definition: create, Engine: chschema.Engine{Name: "MaterializedView"}}
		if got := NewSchema(nil).target(view); got != want {
			t.Errorf("%s: %v, want %v", create, got, want)
		}
	}
}

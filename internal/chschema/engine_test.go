package chschema_test

import (
	"fmt"
	"testing"

	"clickql/internal/chschema"
)

// TestEngines understands an engine whoever keeps its replicas.
func TestEngines(t *testing.T) {
	const path = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"
	for _, c := range []struct {
		full, base string
		merging    chschema.Merging
		replicated bool
		summed     string
	}{
		{"MergeTree ORDER BY a", "MergeTree", chschema.KeepsRows, false, "[]"},
		{"ReplicatedMergeTree(" + path + ") ORDER BY a", "MergeTree", chschema.KeepsRows, true, "[]"},
		{"SharedMergeTree(" + path + ") ORDER BY a", "MergeTree", chschema.KeepsRows, true, "[]"},
		{"SummingMergeTree(count) ORDER BY a", "SummingMergeTree", chschema.SumsRows, false, "[count]"},
		{"SummingMergeTree((count, `other n`)) PARTITION BY f(x) ORDER BY (a)", "SummingMergeTree", chschema.SumsRows, false, "[count other n]"},
		{"ReplicatedSummingMergeTree(" + path + ", count) ORDER BY a", "SummingMergeTree", chschema.SumsRows, true, "[count]"},
		{"SharedSummingMergeTree(" + path + ", (a, b)) ORDER BY c", "SummingMergeTree", chschema.SumsRows, true, "[a b]"},
		{"SharedSummingMergeTree ORDER BY c", "SummingMergeTree", chschema.SumsRows, true, "[]"},
		{"SharedAggregatingMergeTree(" + path + ")", "AggregatingMergeTree", chschema.JoinsStates, true, "[]"},
		{"ReplicatedReplacingMergeTree(" + path + ", v)", "ReplacingMergeTree", chschema.DropsRows, true, "[v]"},
		{"VersionedCollapsingMergeTree(sign, v)", "VersionedCollapsingMergeTree", chschema.DropsRows, false, "[sign v]"},
		{"SharedJoin(ANY, LEFT, a)", "SharedJoin", chschema.NotMerged, false, "[ANY LEFT a]"},
		{"Distributed('c', 'd', 't')", "Distributed", chschema.NotMerged, false, "[]"},
		{"Null", "Null", chschema.NotMerged, false, "[]"},
	} {
		e := chschema.Engine{Name: chschema.Tokens(c.full)[0].Text, Full: c.full}
		if e.Base() != c.base || e.Merging() != c.merging || e.Replicated() != c.replicated || fmt.Sprint(e.Summed()) != c.summed {
			t.Errorf("%s: base %s, merging %d, replicated %v, summed %v", c.full, e.Base(), e.Merging(), e.Replicated(), e.Summed())
		}
	}
}

// TestDistributed finds what a Distributed table stands for.
func TestDistributed(t *testing.T) {
	for full, want := range map[string]string{
		"Distributed('main', 'db', 't')":                                  "main db t true",
		"Distributed(main, db, t, rand())":                                "main db t true",
		"Distributed('main', '', 't.x', cityHash64(a), 'policy')":         "main  t.x true",
		"Distributed('main', currentDatabase(), 't')":                     "main  t true",
		"Distributed('main', `a.b`, 't') SETTINGS fsync_after_insert = 1": "main a.b t true",
		"Distributed('main')":                                             "   false",
	} {
		cluster, at, ok := chschema.Engine{Name: "Distributed", Full: full}.Distributed()
		if got := fmt.Sprintf("%s %s %s %v", cluster, at.Database, at.Table, ok); got != want {
			t.Errorf("%s: %q, want %q", full, got, want)
		}
	}
	if _, _, ok := (chschema.Engine{Name: "MergeTree", Full: "MergeTree"}).Distributed(); ok {
		t.Error("a MergeTree is no Distributed table")
	}
}

func TestKeyColumns(t *testing.T) {
	for key, want := range map[string]string{
		"project, date":                "[project date]",
		"(project, `a.b`)":             "[project a.b]",
		"tuple(project, date)":         "[project date]",
		"project DESC, date ASC":       "[project date]",
		"toYYYYMM(date), f(a, 'b, c')": "[toYYYYMM(date) f(a, 'b, c')]",
		"(lower(project), date)":       "[lower(project) date]",
		"":                             "[]",
		"tuple()":                      "[]",
	} {
		if got := fmt.Sprint(chschema.KeyColumns(key)); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestPlainType(t *testing.T) {
	for typ, want := range map[string]string{
		"LowCardinality(String)": "String",
		"Tuple(lib LowCardinality(String), version LowCardinality(String))": "Tuple(lib String, version String)",
		"DateTime64(6, 'UTC')": "DateTime64",
		"Nullable(String)":     "Nullable(String)",
	} {
		if got := chschema.PlainType(typ); got != want {
			t.Errorf("%s: %s, want %s", typ, got, want)
		}
	}
}

// TestGranule reads how many rows a mark stands for.
func TestGranule(t *testing.T) {
	for full, want := range map[string]float64{
		"MergeTree ORDER BY a SETTINGS index_granularity = 1024": 1024, "MergeTree ORDER BY a SETTINGS a = 1, index_granularity=64, b = 'x'": 64,
		"MergeTree ORDER BY a": chschema.DefaultGranule, "MergeTree ORDER BY a COMMENT 'index_granularity = 5'": chschema.DefaultGranule,
	} {
		if got := (chschema.Engine{Name: "MergeTree", Full: full}).Granule(); got != want {
			t.Errorf("%s: %.0f, want %.0f", full, got, want)
		}
	}
}

package tables

import (
	"strings"
	"testing"

	"clickql/internal/chschema"
)

func TestWitness(t *testing.T) {
	for _, c := range []struct {
		engine, full string
		key          []string
		columns      string // name type, ...
		want         string // expression; "-" idempotent; or the error
	}{
		{"MergeTree", "MergeTree ORDER BY a", nil, "a String", "count()"},
		{"SummingMergeTree", "SummingMergeTree(count) ORDER BY a", []string{"a"}, "a String;other Int64;count Int64", "sum(count)"},
		{"SummingMergeTree", "SummingMergeTree((n, m)) ORDER BY a", []string{"a"}, "a String;count Int64;m Int64;n UInt32", "sum(m)"},
		{"SummingMergeTree", "SummingMergeTree ORDER BY a", []string{"a"}, "a Int64;n UInt64", "sum(n)"},
		{"SummingMergeTree", "SummingMergeTree ORDER BY a", []string{"a"}, "a Int64;n Float64", "sums no column of whole numbers"},
		{"SummingMergeTree", "SummingMergeTree PARTITION BY p ORDER BY a", []string{"a"}, "a Int64;p UInt16;n UInt64", "sum(n)"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;x SimpleAggregateFunction(max, Date)", "-"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;x AggregateFunction(uniq, String)", "-"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;x AggregateFunction(uniq, String);n SimpleAggregateFunction(sum, UInt64)", "sum(n)"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;n AggregateFunction(count)", "countMerge(n)"},
		{"AggregatingMergeTree", "AggregatingMergeTree ORDER BY a", []string{"a"}, "a String;x AggregateFunction(avg, UInt64)", "cannot be proven"},
		{"MergeTree", "MergeTree ORDER BY a TTL d + toIntervalDay(1)", nil, "a String", "TTL"},
		{"Log", "Log", nil, "a String", "engine Log"},
		{"ReplicatedMergeTree", "ReplicatedMergeTree('/p', 'r') ORDER BY a", nil, "a String", "count()"},
		{"ReplicatedSummingMergeTree", "ReplicatedSummingMergeTree('/p', 'r', n) ORDER BY a", []string{"a"}, "a String;count Int64;n Int64", "sum(n)"},
		{"SharedMergeTree", "SharedMergeTree('/p', 'r') ORDER BY a", nil, "a String", "engine SharedMergeTree"},
	} {
		tgt := Target{ID: ID{"d", "t"}, Engine: chschema.Engine{Name: c.engine, Full: c.full}, Key: c.key, PartitionBy: []string{"p"}}
		for _, column := range strings.Split(c.columns, ";") {
			if n, typ, ok := strings.Cut(column, " "); ok && n != "" {
				tgt.Columns = append(tgt.Columns, chschema.Column{Name: n, Type: typ})
			}
		}
		w, err := witnessOf(tgt)
		got := w.Expr
		switch {
		case err != nil:
			got = err.Error()
		case w.Idempotent:
			got = "-"
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s with %s: %q, want %q", c.full, c.columns, got, c.want)
		}
	}
}

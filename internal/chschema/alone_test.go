package chschema

import "testing"

// TestAlone leaves out of an engine who keeps its replicas, and nothing else.
func TestAlone(t *testing.T) {
	for full, want := range map[string]string{
		"ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') PARTITION BY toYYYYMM(date) ORDER BY (project, date) SETTINGS index_granularity = 8192": "MergeTree PARTITION BY toYYYYMM(date) ORDER BY (project, date) SETTINGS index_granularity = 8192",
		"ReplicatedSummingMergeTree('/a)', 'r\\'(', count) ORDER BY project":                                                                                           "SummingMergeTree(count) ORDER BY project",
		"ReplicatedReplacingMergeTree('/a', 'r', version, deleted) ORDER BY project":                                                                                   "ReplacingMergeTree(version, deleted) ORDER BY project",
		"SharedAggregatingMergeTree ORDER BY x":                                                                                                                        "AggregatingMergeTree ORDER BY x",
		"SummingMergeTree((a, b)) ORDER BY x":                                                                                                                          "SummingMergeTree((a, b)) ORDER BY x",
	} {
		name := full
		for i, c := range full {
			if c == '(' || c == ' ' {
				name = full[:i]
				break
			}
		}
		if got := (Engine{Name: name, Full: full}).Alone(); got != want {
			t.Errorf("%s\nbecomes %s\nwant %s", full, got, want)
		}
	}
}

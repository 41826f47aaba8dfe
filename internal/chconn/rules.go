package chconn

import (
	"cmp"
	"regexp"
)

// Remedy is what is done about a setting of an account that would make answers
// wrong and that the account may not change.
type Remedy int

// The remedies. A setting that may be changed is changed, for every statement.
const (
	// Refuse sends no statement that the setting could bear on.
	Refuse Remedy = iota
	// OneRow has results folded into one row of arrays, which no limit on a
	// result's size cuts: those limits are looked at between blocks of rows.
	OneRow
	// CountRead compares what a statement read, and meant to read, with the
	// limit, and refuses the answer of one that may have met it.
	CountRead
	// Clock does the same with the time that a statement took.
	Clock
)

// String names the remedy, for the documentation.
func (r Remedy) String() string {
	return cmp.Or(map[Remedy]string{
		Refuse:    "statements that it bears on are refused, with its name",
		OneRow:    "results are asked for as one row of arrays, which is never cut",
		CountRead: "the answer is refused where what was read, or was to be read, exceeds the limit",
		Clock:     "the answer is refused where the statement took as long as the limit",
	}[r], "unknown")
}

// Rule is one setting that decides whether an answer is whole and right.
type Rule struct {
	// Setting is its name, Safe the value with which answers are right.
	Setting, Safe string
	// Limits are the limits that Setting decides about: where all are 0, it does
	// nothing. None for a setting that stands for itself.
	Limits []string
	// Remedy is for accounts that may not change Setting.
	Remedy Remedy
	// Words finds the statements that the setting bears on; nil for all.
	Words *regexp.Regexp
	// Effect says what happens to answers otherwise.
	Effect string
}

// Rules are the settings that change answers, all that ClickHouse 26.7 has: what
// cuts without an error, and what gives the same statement another meaning.
// Limits that end a statement with an error (…_overflow_mode = throw, memory,
// quotas) are none of them: a refusal is no wrong answer.
var Rules = []Rule{
	{"result_overflow_mode", "throw", []string{"max_result_rows", "max_result_bytes"}, OneRow, nil, "results end at a block's border"},
	{"read_overflow_mode", "throw", []string{"max_rows_to_read", "max_bytes_to_read"}, CountRead, nil, "tables are read in part"},
	{"read_overflow_mode_leaf", "throw", []string{"max_rows_to_read_leaf", "max_bytes_to_read_leaf"}, CountRead, nil, "tables of a shard are read in part"},
	{"timeout_overflow_mode", "throw", []string{"max_execution_time"}, Clock, nil, "what was read until then is the answer"},
	{"timeout_overflow_mode_leaf", "throw", []string{"max_execution_time_leaf"}, Clock, nil, "what a shard read until then is its answer"},
	{"group_by_overflow_mode", "throw", []string{"max_rows_to_group_by"}, Refuse, word("GROUP BY|DISTINCT"), "groups over the limit are left out"},
	{"sort_overflow_mode", "throw", []string{"max_rows_to_sort", "max_bytes_to_sort"}, Refuse, word("ORDER BY"), "rows over the limit are left out"},
	{"distinct_overflow_mode", "throw", []string{"max_rows_in_distinct", "max_bytes_in_distinct"}, Refuse, word("DISTINCT"), "values over the limit are left out"},
	{"set_overflow_mode", "throw", []string{"max_rows_in_set", "max_bytes_in_set"}, Refuse, word(`IN\s*\(\s*(?:SELECT|WITH)`), "sets lose what is over the limit"},
	{"join_overflow_mode", "throw", []string{"max_rows_in_join", "max_bytes_in_join"}, Refuse, word("JOIN"), "joins lose what is over the limit"},
	{"transfer_overflow_mode", "throw", []string{"max_rows_to_transfer", "max_bytes_to_transfer"}, Refuse, word("GLOBAL"), "shards get a part of the set"},
	{"limit", "0", nil, OneRow, nil, "results end after that many rows"},
	{"offset", "0", nil, Refuse, nil, "results lack their first rows"},
	{"additional_table_filters", "{}", nil, Refuse, nil, "tables lack the rows that it leaves out"},
	{"additional_result_filter", "", nil, Refuse, nil, "results lack the rows that it leaves out"},
	{"skip_unavailable_shards", "0", nil, Refuse, nil, "a shard that is away counts as empty"},
	{"optimize_skip_unused_shards", "0", nil, Refuse, nil, "shards are left out by a sharding key that rows may not follow"},
	{"distributed_group_by_no_merge", "0", nil, Refuse, nil, "each shard's groups stay apart"},
	{"use_query_cache", "0", nil, Refuse, nil, "answers of older data come back"},
	{"apply_deleted_mask", "1", nil, Refuse, nil, "deleted rows are counted"},
	{"aggregate_functions_null_for_empty", "0", nil, Refuse, nil, "sums of nothing are NULL"},
	{"empty_result_for_aggregation_by_empty_set", "0", nil, Refuse, nil, "sums of nothing are missing"},
	{"group_by_use_nulls", "0", nil, Refuse, word("GROUP BY"), "keys of grouping sets are NULL"},
	{"join_use_nulls", "0", nil, Refuse, word("JOIN"), "joins give NULL for what is missing"},
	{"prefer_column_name_to_alias", "0", nil, Refuse, nil, "names in a statement mean something else"},
	{"union_default_mode", "", nil, Refuse, word("UNION"), "unions lose rows that are equal"},
	{"count_distinct_implementation", "uniqExact", nil, Refuse, word("DISTINCT"), "counts of distinct values are estimates"},
	{"session_timezone", "", nil, Refuse, word(`(?:now|today|toDateTime\w*)\(`), "days begin at another hour"},
}

// word finds a keyword or a function's name in SQL.
func word(alternatives string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + alternatives + `)`)
}

// Package chschema reads what a ClickHouse server says of its own tables, for
// whoever plans over them, creates them or loads them: one reader of system.tables,
// system.columns, system.clusters and system.parts, one tokenizer for the SQL in
// them, and one understanding of engines, keys and views.
//
//	Schema  the tables of some databases: Table by Name
//	Engine  what merges do, whoever keeps the replicas (none, Replicated, Shared),
//	        and what a Distributed table stands for
//	Target  the table that a materialized view writes into
//	Parts   the data itself: what is there, what came, what only merged
//
// It knows nothing of downloads. Whoever asks brings a Querier, which may add its
// own settings and query ids; DB is one over any connection.
package chschema

// Package ingest loads exports of PyPI downloads into ClickHouse, each file
// exactly once.
package ingest

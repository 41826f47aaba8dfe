package fetch

import (
	"cmp"
	"encoding/base64"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"clickql/internal/query"
)

// Ran is one query that ClickHouse ran.
type Ran struct {
	query      *query.Query
	operations int // that it was run for
	rows       uint64
	bytes      uint64
	told       bool // the protocol says what was read; HTTP's driver does not
	took       time.Duration
	ended      time.Time
	hits       *atomic.Uint64 // answers given from memory; nil where nobody counts
}

// Sources of an answer.
const (
	FromClickHouse = "clickhouse" // this operation had the query run
	FromCache      = "cache"      // the answer was in memory, or on its way for another operation
)

// Explained tells how a part of an operation was answered: one query, with why
// its table was chosen and what it cost. For an answer from the cache the rows,
// bytes and time are 0, and the SQL is that of the query that once gave it. Rows
// and bytes are null where the driver does not tell them, which is over HTTP.
type Explained struct {
	Table string `json:"table"`
	// Tables are both where a range is read from a table of months and, its edges,
	// from one of days: Table is the latter.
	Tables   []string `json:"tables,omitempty"`
	SQL      string   `json:"sql"`
	Source   string   `json:"source"`
	RowsRead *uint64  `json:"rowsRead"`
	// RowsExpected is how many rows the planner expected the query to read; 0 where
	// it has no estimate.
	RowsExpected uint64  `json:"rowsExpected"`
	BytesRead    *uint64 `json:"bytesRead"`
	ElapsedMs    float64 `json:"elapsedMs"`
	// AgeSeconds is how long ago ClickHouse gave an answer that is from the cache.
	AgeSeconds float64 `json:"ageSeconds"`
	// Operations is how many operations, this one among them, the query was run
	// for: what it cost is for all of them together.
	Operations int               `json:"operations"`
	Rejected   []query.Rejection `json:"rejected"`
	PlayURL    string            `json:"playUrl,omitempty"`
}

// trace gathers what one operation needed.
type trace struct {
	mu   sync.Mutex
	used map[*Ran]string // source
	// planned are the operation's own part of them.
	planned map[*query.Query]bool
}

// note records a query; that it ran for this operation outweighs that another
// part of it found the answer in memory. planned is the operation's own part of
// the query.
func (t *trace) note(r *Ran, planned *query.Query, source string) {
	if r == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.planned[planned] = true
	before, known := t.used[r]
	if !known && source == FromCache {
		r.hit()
	}
	if before != FromClickHouse {
		t.used[r] = source
	}
}

// explained lists the queries in a stable order: by table, then SQL.
func (t *trace) explained(playURL string, now time.Time) []Explained {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Explained, 0, len(t.used))
	for r, source := range t.used {
		e := Explained{Table: r.query.Table, Tables: r.query.Tables, SQL: r.query.Text(), Source: source, Operations: r.operations,
			RowsExpected: uint64(r.query.EstimatedRows), Rejected: r.query.Rejected()}
		if e.Rejected == nil {
			e.Rejected = []query.Rejection{}
		}
		if source == FromCache {
			e.RowsRead, e.BytesRead = new(uint64), new(uint64)
			e.AgeSeconds = max(0, now.Sub(r.ended).Seconds())
		} else {
			e.ElapsedMs = float64(r.took.Microseconds()) / 1000
			if r.told {
				e.RowsRead, e.BytesRead = &r.rows, &r.bytes
			}
		}
		if playURL != "" {
			e.PlayURL = playURL + "#" + base64.StdEncoding.EncodeToString([]byte(e.SQL))
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Explained) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.SQL, b.SQL), cmp.Compare(a.Source, b.Source))
	})
	return out
}

// Price is what answering is expected to cost ClickHouse, by the planner.
type Price struct {
	// Rows are the rows that the queries read.
	Rows int64
	// Queries is how many there are.
	Queries int
}

// Plus is both together.
func (p Price) Plus(o Price) Price { return Price{p.Rows + o.Rows, p.Queries + o.Queries} }

// Cost is what the operation has needed so far. An answer from memory costs what
// it cost when it was asked for, and one that was asked for together with other
// operations' what it would have cost alone: the cost of an operation does not
// depend on what others ask or have asked. What was refused for its price is part
// of it: it was asked for.
func (o *Operation) Cost() Price {
	o.trace.mu.Lock()
	defer o.trace.mu.Unlock()
	p := o.refused
	for q := range o.trace.planned {
		p = p.Plus(priceOf(q))
	}
	return p
}

// priceOf is the price of one query.
func priceOf(q *query.Query) Price { return Price{int64(math.Round(q.EstimatedRows)), 1} }

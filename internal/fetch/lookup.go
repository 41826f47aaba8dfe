package fetch

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Lookup is a kind of question that is not about a slice, asked by keys of its
// own: names of projects, or the arguments written as text. It has the memory,
// the cache, the single flight and the explanations of requests.
type Lookup[V Sized] struct {
	// Prefix sets its keys apart from those of every other kind, and of
	// requests, whose first byte is a small cube.Kind.
	Prefix string
	// Ask writes the query for several keys together, in ascending order.
	Ask func(snap *catalog.Snapshot, keys []string) (*query.Query, error)
	// Scan reads one row into the answers by key. A key without an answer gets
	// the zero value.
	Scan func(rows driver.Rows, into map[string]V) error
	// Point tells that only rows of the keys are read, which is quick, and that
	// keys of several operations can be asked for together.
	Point bool
}

// Sized is an answer that tells about how many bytes it occupies.
type Sized interface{ Bytes() int64 }

// Prefetch starts to look the keys up for the operation, all in one query, and
// returns at once.
func (l Lookup[V]) Prefetch(ctx context.Context, o *Operation, keys []string) {
	if o.ready != nil {
		return
	}
	prefixed := make([]string, len(keys))
	for i, key := range keys {
		prefixed[i] = l.Prefix + key
	}
	o.begin(ctx, prefixed, func(mine calls) []*statement {
		q, err := lookFor(o.snap, l, slices.Sorted(maps.Keys(mine)))
		all := mine.take()
		if err != nil {
			o.loader.flights.refuse(all, failure(err))
			return nil
		}
		if over := o.afford([]*query.Query{q.q}); over != nil {
			o.loader.flights.deny(all, over)
			return nil
		}
		return []*statement{newStatement(ctx, o.snap, q, all)}
	})
}

// Load is the answer for one key, the zero value where there is none. A key that
// was not prefetched is asked for by itself. The error is a *fault.Error.
func (l Lookup[V]) Load(ctx context.Context, o *Operation, key string) (answer V, err error) {
	if err := o.Ready(); err != nil {
		return answer, err
	}
	l.Prefetch(ctx, o, []string{key})
	value, err := o.await(ctx, l.Prefix+key)
	answer, _ = value.(V)
	return answer, err
}

// Begun reports that the operation knows the answer for the key, or has it on its
// way.
func (l Lookup[V]) Begun(o *Operation, key string) bool { return o.begun(l.Prefix + key) }

// looked is a lookup of some keys as a question.
type looked[V Sized] struct {
	snap *catalog.Snapshot
	Lookup[V]
	names []string // its keys, with the prefix, ascending
	q     *query.Query
}

// lookFor writes the query for keys, which carry the prefix.
func lookFor[V Sized](snap *catalog.Snapshot, l Lookup[V], keys []string) (looked[V], error) {
	bare := make([]string, len(keys))
	for i, key := range keys {
		bare[i] = strings.TrimPrefix(key, l.Prefix)
	}
	q, err := l.Ask(snap, bare)
	return looked[V]{snap, l, keys, q}, err
}

func (l looked[V]) query() *query.Query { return l.q }
func (l looked[V]) keys() []string      { return l.names }

func (l looked[V]) like() string {
	if !l.Point {
		return ""
	}
	return l.Prefix
}

// pointCost is what looking one key up is expected to cost over the fixed cost
// of a query.
const pointCost = 0.2

func (l looked[V]) cost() float64 {
	if !l.Point {
		return math.Inf(1)
	}
	return pointCost * float64(len(l.names))
}

func (l looked[V]) with(others []question) question {
	keys := slices.Clone(l.names)
	for _, o := range others {
		keys = append(keys, o.(looked[V]).names...)
	}
	slices.Sort(keys)
	all, err := lookFor(l.snap, l.Lookup, slices.Compact(keys))
	if err != nil {
		return nil
	}
	return all
}

func (l looked[V]) reader() reader { return lookedRows[V]{l.Lookup, map[string]V{}} }

// lookedRows are the rows of a lookup.
type lookedRows[V Sized] struct {
	Lookup[V]
	got map[string]V
}

func (r lookedRows[V]) take(rows driver.Rows) error { return r.Scan(rows, r.got) }

func (r lookedRows[V]) each(found func(key string, value any)) {
	for key, value := range r.got {
		found(r.Prefix+key, value)
	}
}

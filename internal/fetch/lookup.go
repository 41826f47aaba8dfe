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

// lookup is a kind of question that is not about a slice, asked by keys of its
// own: names of projects, or the arguments written as text. It has the cache,
// the single flight and the explanations of requests.
type lookup[V sized] struct {
	// prefix sets its keys apart from those of every other kind, and of
	// requests, whose first byte is a small query.Kind.
	prefix string
	// ask writes the query for several keys together, in ascending order.
	ask func(snap *catalog.Snapshot, keys []string) (*query.Query, error)
	// scan reads one row into the answers by key. A key without an answer gets
	// the zero value.
	scan func(rows driver.Rows, into map[string]V) error
	// point tells that only rows of the keys are read, which is quick, and that
	// keys of several operations can be asked for together.
	point bool
}

// sized is an answer that tells about what it occupies.
type sized interface{ bytes() int64 }

// prefetch starts to look the keys up, all in one query, and returns at once.
func prefetch[V sized](ctx context.Context, o *Operation, l lookup[V], keys []string) {
	if o.ready != nil {
		return
	}
	prefixed := make([]string, len(keys))
	for i, key := range keys {
		prefixed[i] = l.prefix + key
	}
	o.begin(ctx, prefixed, func(mine map[string]*call) []*statement {
		q, err := lookFor(o.snap, l, slices.Sorted(maps.Keys(mine)))
		all := take(mine, slices.Collect(maps.Keys(mine)))
		if err != nil {
			for _, c := range all {
				o.loader.flights.finish(c, nil, failure(err), nil)
			}
			return nil
		}
		return []*statement{newStatement(ctx, o.snap, q, all)}
	})
}

// look is the answer for one key. The error is a *query.Error.
func look[V sized](ctx context.Context, o *Operation, l lookup[V], key string) (answer V, err error) {
	if err := o.Ready(); err != nil {
		return answer, err
	}
	prefetch(ctx, o, l, []string{key})
	value, err := o.trace.await(ctx, o.answer(l.prefix+key))
	answer, _ = value.(V)
	return answer, err
}

// looked is a lookup of some keys as a question.
type looked[V sized] struct {
	snap *catalog.Snapshot
	lookup[V]
	names []string // its keys, with the prefix, ascending
	q     *query.Query
}

// lookFor writes the query for keys, which carry the prefix.
func lookFor[V sized](snap *catalog.Snapshot, l lookup[V], keys []string) (looked[V], error) {
	bare := make([]string, len(keys))
	for i, key := range keys {
		bare[i] = strings.TrimPrefix(key, l.prefix)
	}
	q, err := l.ask(snap, bare)
	return looked[V]{snap, l, keys, q}, err
}

func (l looked[V]) query() *query.Query { return l.q }
func (l looked[V]) keys() []string      { return l.names }

func (l looked[V]) like() string {
	if !l.point {
		return ""
	}
	return l.prefix
}

// pointCost is what looking one key up is expected to cost over the fixed cost
// of a query.
const pointCost = 0.2

func (l looked[V]) cost() float64 {
	if !l.point {
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
	all, err := lookFor(l.snap, l.lookup, slices.Compact(keys))
	if err != nil {
		return nil
	}
	return all
}

func (l looked[V]) reader() reader { return lookedRows[V]{l.lookup, map[string]V{}} }

// lookedRows are the rows of a lookup.
type lookedRows[V sized] struct {
	lookup[V]
	got map[string]V
}

func (r lookedRows[V]) take(rows driver.Rows) error { return r.scan(rows, r.got) }

func (r lookedRows[V]) each(found func(key string, value any)) {
	for key, value := range r.got {
		found(r.prefix+key, value)
	}
}

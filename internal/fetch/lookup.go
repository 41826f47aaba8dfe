package fetch

import (
	"context"
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
	// query asks for several keys together, in ascending order.
	query func(snap *catalog.Snapshot, keys []string) (*query.Query, error)
	// scan reads one row into the answers by key. A key without an answer gets
	// the zero value.
	scan func(rows driver.Rows, into map[string]V) error
}

// sized is an answer that tells about what it occupies.
type sized interface{ bytes() int64 }

// prefetch starts to look the keys up, all in one query, and returns at once.
func prefetch[V sized](ctx context.Context, o *Operation, l lookup[V], keys []string) {
	if o.ready != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var missing []string
	for _, key := range keys {
		if _, known := o.lookups[l.prefix+key]; !known && !slices.Contains(missing, l.prefix+key) {
			missing = append(missing, l.prefix+key)
		}
	}
	startBatch(ctx, missing, o.lookups, func(ctx context.Context, keys []string) []found {
		return o.loader.answer(ctx, &o.trace, o.snap.Version, keys, lookupJob(o, l))
	})
}

// look is the answer for one key. The error is a *query.Error.
func look[V sized](ctx context.Context, o *Operation, l lookup[V], key string) (answer V, err error) {
	if err := o.Ready(); err != nil {
		return answer, err
	}
	prefetch(ctx, o, l, []string{key})
	o.mu.Lock()
	thunk := o.lookups[l.prefix+key]
	o.mu.Unlock()
	value, err := thunk()
	answer, _ = value.(V)
	return answer, err
}

// lookupJob is the job that answers keys of one kind.
func lookupJob[V sized](o *Operation, l lookup[V]) job {
	return func(r *run, version string, mine map[string]*call) {
		keys := make([]string, 0, len(mine))
		for key := range mine {
			keys = append(keys, strings.TrimPrefix(key, l.prefix))
		}
		slices.Sort(keys)
		got := map[string]V{}
		q, err := l.query(o.snap, keys)
		var ran *Ran
		if err == nil {
			ran, err = o.loader.execute(r.ctx, q, func(rows driver.Rows) error { return l.scan(rows, got) })
		}
		for key, c := range mine {
			if err != nil {
				o.loader.flights.finish(version, key, c, nil, failure(err), ran)
				continue
			}
			o.loader.keep(version, key, c, got[strings.TrimPrefix(key, l.prefix)], ran)
		}
	}
}

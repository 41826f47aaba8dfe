package fetch

import "clickql/internal/query"

// kept is an answer in the cache, with the query that it came from, and the one
// that was planned for it.
type kept struct {
	value   any
	from    *Ran
	planned *query.Query
}

// shareOfQuery is about what of a query's description falls to each of its
// answers, in bytes.
const shareOfQuery = 350

// bytesOf is about what a value occupies.
func bytesOf(value any) int64 {
	switch v := value.(type) {
	case *query.Result:
		n := int64(160 + 4*cap(v.Days) + 8*cap(v.Totals))
		for _, g := range v.Groups {
			n += int64(24 + len(g.Value))
		}
		return n
	case Sized:
		return v.Bytes()
	}
	return 64
}

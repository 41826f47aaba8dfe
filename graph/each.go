package graph

import "clickql/internal/query"

// each is what the selection asks of every element of a split, as far as one
// query can answer it together with the split: one series, or one split with
// what is asked of its elements in turn, beside totals. Nil where nothing of the
// kind is asked. A mistake is told by its own resolver.
func (a asker) each(sel *split, parent query.Slice) *query.Request {
	var totals bool
	var found []query.Request
	for _, e := range sel.elements {
		totals = totals || e.total || e.change
		for _, one := range e.series {
			if r, err := a.series(parent, one.every); err == nil && one.lead == 0 {
				found = append(found, r)
			}
		}
		for _, by := range e.splits {
			if r, err := a.cut(parent, by.cut); err == nil {
				r.Each = a.each(by, parent)
				found = append(found, r)
			}
		}
	}
	switch {
	case len(found) == 1:
		found[0].Slice = query.Slice{}
		return &found[0]
	case totals:
		r := query.TotalOf(query.Slice{})
		return &r
	}
	return nil
}

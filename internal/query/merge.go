package query

import (
	"encoding/binary"
	"slices"
	"strings"

	"clickql/internal/catalog"
)

// maxResultRows bounds the rows that one merged query is expected to return;
// larger groups are asked in several queries.
const maxResultRows = 200_000

// planned is a request with the table chosen for it.
type planned struct {
	req    Request
	need   need
	choice choice
	// picks are the coordinates that the request fixes to a single value: what
	// it may differ in from others of its group.
	picks []pick
}

// pick is one fixed coordinate.
type pick struct {
	dim   catalog.Dimension
	value string
}

// picksOf lists the coordinates that are fixed to one value: the project where
// there is one, and every filter that allows one value.
func picksOf(s Slice) []pick {
	var picks []pick
	if len(s.Projects) == 1 {
		picks = append(picks, pick{catalog.Project, s.Projects[0]})
	}
	for _, c := range s.Conditions {
		if !c.Not && len(c.Values) == 1 {
			picks = append(picks, pick{c.Dim, c.Values[0]})
		}
	}
	return picks
}

// fixed is the slice without its picks: the conditions that the members of a
// group share.
func (s Slice) fixed() Slice {
	if len(s.Projects) == 1 {
		s.Projects = nil
	}
	conds := make([]Condition, 0, len(s.Conditions))
	for _, c := range s.Conditions {
		if c.Not || len(c.Values) != 1 {
			conds = append(conds, c)
		}
	}
	s.Conditions = conds
	return s
}

// groupKey is equal for requests that one query can answer: the same table,
// measure, range and conditions, but for the values of their picks and for how
// many values of a split are wanted.
func (p planned) groupKey() string {
	b := appendString(nil, p.choice.table.FullName())
	b = append(b, byte(p.req.Kind))
	b = appendString(b, string(p.req.Interval))
	b = appendString(b, string(p.req.Dim))
	if p.req.After != nil {
		b = binary.AppendVarint(append(b, 1), p.req.After.Total)
		b = appendString(b, p.req.After.Value)
	}
	for _, k := range p.picks {
		b = appendString(b, string(k.dim))
	}
	shared := p.req.Slice.fixed()
	shared.AllTime, shared.Days = p.need.whole, p.need.days
	return string(shared.appendKey(b))
}

// group is what one query answers.
type group struct {
	members []planned
}

// merge groups requests, in the order in which their first members come.
func merge(all []planned) []group {
	index := map[string]int{}
	var groups []group
	for _, p := range all {
		key := p.groupKey()
		i, ok := index[key]
		if !ok || groups[i].full(p.req) {
			i = len(groups)
			index[key] = i
			groups = append(groups, group{})
		}
		groups[i].members = append(groups[i].members, p)
	}
	return groups
}

// full reports that another member would make the group's result too large.
func (g group) full(r Request) bool {
	rows := 1
	switch r.Kind {
	case Series:
		rows = max(1, r.Slice.Days.Days())
		if r.Slice.AllTime {
			rows = 4000
		}
	case Split:
		rows = r.First + 1
	}
	return (len(g.members)+1)*rows > maxResultRows
}

// axes are the picks' dimensions in which the members differ, with the values
// that occur, ascending. Picks in which all agree are ordinary conditions.
func (g group) axes() (axes []Condition, agreed []Condition) {
	first := g.members[0].picks
	for i, k := range first {
		values := make([]string, len(g.members))
		for j, m := range g.members {
			values[j] = m.picks[i].value
		}
		c := Condition{Dim: k.dim, Values: distinct(values)}
		if len(c.Values) > 1 {
			axes = append(axes, c)
		} else {
			agreed = append(agreed, c)
		}
	}
	return axes, agreed
}

// coordinates are a member's values on the axes.
func (p planned) coordinates(axes []Condition) []string {
	out := make([]string, len(axes))
	for i, a := range axes {
		at := slices.IndexFunc(p.picks, func(k pick) bool { return k.dim == a.Dim })
		out[i] = p.picks[at].value
	}
	return out
}

// slotKey joins coordinates into a map key.
func slotKey(coordinates []string) string {
	if len(coordinates) == 1 {
		return coordinates[0]
	}
	var b strings.Builder
	for _, c := range coordinates {
		var n [binary.MaxVarintLen64]byte
		b.Write(n[:binary.PutUvarint(n[:], uint64(len(c)))])
		b.WriteString(c)
	}
	return b.String()
}

package gqlhttp

import (
	"maps"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// shape is how deep a selection is nested, how many fields it has, how many of them
// are renamed, and how many directives there are, with fragments written out.
type shape struct{ depth, fields, aliases, directives int }

// manyFields is where counting stops, so that fragments of fragments cannot
// overflow.
const manyFields = 1 << 30

// and is a selection that has both.
func (s shape) and(o shape) shape {
	return shape{
		max(s.depth, o.depth), min(s.fields+o.fields, manyFields),
		min(s.aliases+o.aliases, manyFields), min(s.directives+o.directives, manyFields),
	}
}

// part is an operation or a fragment, fragments not written out.
type part struct {
	nodes   int             // its fields, arguments, values, directives and spreads
	spreads map[string]bool // the fragments that it names
}

// measure measures a document in one walk, each fragment once. It takes nothing for
// granted: fragments may be missing, there twice, or part of themselves.
type measure struct {
	fragments map[string]*ast.FragmentDefinition // the first of each name
	shapes    map[string]shape
	open      map[string]bool // fragments that are being measured
	parts     map[string]*part
	// operations are the document's own parts.
	operations []*part
	at         *part // what is being measured
	cyclic     bool  // a fragment is part of itself
	longest    int   // name, in bytes
	deepest    int   // value
}

// measured is the shape of all operations of a document together, and the measure
// of its parts.
func measured(doc *ast.QueryDocument) (all shape, m *measure) {
	m = &measure{
		fragments: make(map[string]*ast.FragmentDefinition, len(doc.Fragments)),
		shapes:    map[string]shape{}, open: map[string]bool{}, parts: map[string]*part{},
	}
	for _, f := range doc.Fragments {
		if m.fragments[f.Name] == nil {
			m.fragments[f.Name] = f
		}
	}
	for _, f := range doc.Fragments { // the ones that nothing leads to are validated too
		m.fragment(f.Name)
	}
	for _, op := range doc.Operations {
		m.at = &part{spreads: map[string]bool{}}
		m.name(op.Name)
		one := m.of(op.SelectionSet)
		one.directives += m.directives(op.Directives)
		for _, v := range op.VariableDefinitions {
			m.name(v.Variable)
			m.value(v.DefaultValue, 0)
			one.directives += m.directives(v.Directives)
		}
		all = all.and(one)
		m.operations = append(m.operations, m.at)
	}
	return all, m
}

// of is the shape of a selection.
func (m *measure) of(sel ast.SelectionSet) (all shape) {
	for _, s := range sel {
		var one shape
		m.at.nodes++
		switch s := s.(type) {
		case *ast.Field:
			one = m.of(s.SelectionSet)
			one.depth++
			one.fields++
			if s.Alias != s.Name {
				one.aliases++
			}
			m.name(s.Alias)
			m.name(s.Name)
			m.arguments(s.Arguments)
			one.directives += m.directives(s.Directives)
		case *ast.InlineFragment:
			m.name(s.TypeCondition)
			one = m.of(s.SelectionSet)
			one.directives += m.directives(s.Directives)
		case *ast.FragmentSpread:
			m.at.spreads[s.Name] = true
			one = m.fragment(s.Name)
			one.directives += m.directives(s.Directives)
		}
		all = all.and(one)
	}
	return all
}

// fragment is the shape of a named fragment, nothing where there is none.
func (m *measure) fragment(name string) shape {
	if known, ok := m.shapes[name]; ok {
		return known
	}
	f := m.fragments[name]
	if f == nil {
		return shape{}
	}
	if m.open[name] {
		m.cyclic = true
		return shape{}
	}
	m.open[name] = true
	outer := m.at
	m.at = &part{spreads: map[string]bool{}}
	m.name(f.Name)
	m.name(f.TypeCondition)
	found := m.of(f.SelectionSet)
	found.directives += m.directives(f.Directives)
	m.shapes[name], m.parts[name] = found, m.at
	m.at = outer
	delete(m.open, name)
	return found
}

// directives measures directives; it is how many there are.
func (m *measure) directives(list ast.DirectiveList) int {
	for _, d := range list {
		m.at.nodes++
		m.name(d.Name)
		m.arguments(d.Arguments)
	}
	return len(list)
}

func (m *measure) arguments(list ast.ArgumentList) {
	for _, a := range list {
		m.name(a.Name)
		m.value(a.Value, 0)
	}
}

// value measures a value; depth is how many values it is within.
func (m *measure) value(v *ast.Value, depth int) {
	if v == nil {
		return
	}
	m.at.nodes++
	m.deepest = max(m.deepest, depth)
	switch v.Kind {
	case ast.EnumValue, ast.Variable, ast.IntValue, ast.FloatValue:
		m.name(v.Raw)
	}
	for _, child := range v.Children {
		m.name(child.Name)
		m.value(child.Value, depth+1)
	}
}

func (m *measure) name(s string) { m.longest = max(m.longest, len(s)) }

// all are the operations and the fragments.
func (m *measure) all() []*part {
	return slices.AppendSeq(slices.Clone(m.operations), maps.Values(m.parts))
}

// bytesPerNode is about what a node of a parsed document occupies: itself, its
// position, its place in a list.
const bytesPerNode = 500

// bytes is about what the parsed document occupies, beside its text.
func (m *measure) bytes() (n int64) {
	for _, p := range m.all() {
		n += int64(p.nodes+4) * bytesPerNode
	}
	return n
}

// walks is how many nodes validation walks: those of every operation and every
// fragment, with all fragments that it leads to, each once. Counting stops at the
// limit.
func (m *measure) walks(limit int) (total int) {
	for _, from := range m.all() {
		seen := map[string]bool{}
		for ahead := []*part{from}; len(ahead) > 0 && total <= limit; {
			p := ahead[len(ahead)-1]
			ahead = ahead[:len(ahead)-1]
			total += p.nodes + 1
			for name := range p.spreads {
				if next := m.parts[name]; next != nil && !seen[name] {
					seen[name] = true
					ahead = append(ahead, next)
				}
			}
		}
	}
	return total
}

// bound is something of which only so much is allowed.
type bound struct {
	given, limit int
	what, remedy string
}

// firstOver is the error for the first that is beyond its limit; nil for none.
func firstOver(bounds ...bound) *gqlerror.Error {
	for _, b := range bounds {
		if b.limit > 0 && b.given > b.limit {
			return beyond(b.given, b.limit, b.what, b.remedy)
		}
	}
	return nil
}

// checkShape refuses operations that are beyond the limits, alone or together.
func (l Limits) checkShape(s shape) *gqlerror.Error {
	return firstOver(
		bound{s.depth, l.Depth, "the operation is nested %d levels deep", "ask for fewer levels at once"},
		bound{s.aliases, l.Aliases, "the operation renames %d fields", "send it in parts"},
		bound{s.fields, l.Fields, "the operation selects %d fields", "send it in parts"},
		bound{s.directives, l.Directives, "the operation has %d directives", "send it in parts"},
	)
}

// check measures a document, and refuses one that is beyond the limits.
func (l Limits) check(doc *ast.QueryDocument) (*measure, *gqlerror.Error) {
	got, m := measured(doc)
	over := firstOver(
		bound{m.longest, maxName, "a name or a number of the document has %d characters", "nothing here has a name as long"},
		bound{m.deepest, l.Depth, "a value is nested %d levels deep", "no argument needs that"},
	)
	if over == nil {
		over = l.checkShape(got)
	}
	if over != nil {
		return m, over
	}
	if limit := walksPerToken * l.Tokens; limit > 0 {
		if n := m.walks(limit); n > limit {
			return m, beyond(n, limit, "the fragments lead to one another so often that checking them takes %d steps", "write fewer fragments into one another")
		}
	}
	return m, nil
}

package gqlhttp

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// overlapRule is the name of the rule that overlap takes the place of.
const overlapRule = "OverlappingFieldsCanBeMerged"

// overlap is the specification's rule "Field Selection Merging": fields of one
// response key must be one field with one list of arguments, of one shape. The
// library compares every pair of fields, which is quadratic and has an error for
// each; comparing each with the first of its key finds the same documents wrong, as
// what is compared is equality. So its cost is that of the operation written out,
// which Limits bounds. (The idea is Simon Adameit's, who described it for Sangria.)
//
// It must not run where a fragment is part of itself.
func overlap(observers *core.Events, addError core.AddErrFunc) {
	observers.OnOperation(func(w *core.Walker, op *ast.OperationDefinition) {
		o := overlapping{w, addError}
		if fields := o.fields(op.SelectionSet); o.merges(fields) {
			o.shapes(fields)
		}
	})
}

// overlapping compares the fields of one operation.
type overlapping struct {
	walker   *core.Walker
	addError core.AddErrFunc
}

// fields are the fields of selections that are merged into one, fragments written
// out, each fragment once.
func (o overlapping) fields(selections ...ast.SelectionSet) (fields []*ast.Field) {
	seen := map[string]bool{}
	var collect func(ast.SelectionSet)
	collect = func(sel ast.SelectionSet) {
		for _, s := range sel {
			switch s := s.(type) {
			case *ast.Field:
				fields = append(fields, s)
			case *ast.InlineFragment:
				collect(s.SelectionSet)
			case *ast.FragmentSpread:
				if s.Definition != nil && !seen[s.Name] {
					seen[s.Name] = true
					collect(s.Definition.SelectionSet)
				}
			}
		}
	}
	for _, sel := range selections {
		collect(sel)
	}
	return fields
}

// within are the fields selected of all of the fields.
func (o overlapping) within(fields []*ast.Field) []*ast.Field {
	selections := make([]ast.SelectionSet, len(fields))
	for i, f := range fields {
		selections[i] = f.SelectionSet
	}
	return o.fields(selections...)
}

// byKey are the fields by what the response calls them, in their order.
func byKey(fields []*ast.Field) [][]*ast.Field {
	at := make(map[string]int, len(fields))
	groups := make([][]*ast.Field, 0, len(fields))
	for _, f := range fields {
		i, known := at[f.Alias]
		if !known {
			i = len(groups)
			at[f.Alias] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// shapes sees to it that what any of the fields of one key give has one shape,
// whatever objects they are of ("SameResponseShape"). It ends at the first
// conflict, and is false then.
func (o overlapping) shapes(fields []*ast.Field) bool {
	for _, group := range byKey(fields) {
		var first *ast.Field
		for _, f := range group {
			switch {
			case f.Definition == nil || f.ObjectDefinition == nil: // another rule's error
			case first == nil:
				first = f
			case o.differ(first.Definition.Type, f.Definition.Type):
				o.conflict(f, `they return conflicting types "`+first.Definition.Type.String()+`" and "`+f.Definition.Type.String()+`"`)
				return false
			}
		}
		if !o.shapes(o.within(group)) {
			return false
		}
	}
	return true
}

// differ reports that no value could be of both types. Of composite types the
// fields are compared.
func (o overlapping) differ(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return true
	}
	if a.Elem != nil {
		return o.differ(a.Elem, b.Elem)
	}
	ta, tb := o.walker.Schema.Types[a.NamedType], o.walker.Schema.Types[b.NamedType]
	if ta == nil || tb == nil {
		return false
	}
	return (ta.IsLeafType() || tb.IsLeafType()) && ta.Name != tb.Name
}

// merges sees to it that fields of one key that one object may have are one field
// ("FieldsInSetCanMerge"). It ends at the first conflict, and is false then.
func (o overlapping) merges(fields []*ast.Field) bool {
	for _, group := range byKey(fields) {
		for _, of := range byObject(group) {
			for _, f := range of[1:] {
				switch first := of[0]; {
				case f.Name != first.Name:
					o.conflict(f, `"`+first.Name+`" and "`+f.Name+`" are different fields`)
					return false
				case len(f.Arguments)+len(first.Arguments) > 0 && arguments(f) != arguments(first):
					o.conflict(f, "they have differing arguments")
					return false
				}
			}
			if !o.merges(o.within(of)) {
				return false
			}
		}
	}
	return true
}

// byObject are the fields that each type of objects has: those selected of it, and
// those selected of an interface or a union, which count as any type's.
func byObject(group []*ast.Field) [][]*ast.Field {
	var types []string
	of := map[string][]*ast.Field{}
	var abstract []*ast.Field
	for _, f := range group {
		parent := f.ObjectDefinition
		switch {
		case parent == nil:
		case parent.Kind != ast.Object || f.Definition == nil:
			abstract = append(abstract, f)
		default:
			if of[parent.Name] == nil {
				types = append(types, parent.Name)
			}
			of[parent.Name] = append(of[parent.Name], f)
		}
	}
	if len(types) == 0 && len(abstract) > 0 {
		return [][]*ast.Field{abstract}
	}
	groups := make([][]*ast.Field, len(types))
	for i, name := range types {
		groups[i] = append(of[name], abstract...)
	}
	return groups
}

// conflict adds the error.
func (o overlapping) conflict(f *ast.Field, why string) {
	o.addError(
		core.Message(`Fields "%s" conflict because %s. Use different aliases on the fields to fetch both if this was intentional.`, f.Alias, why),
		core.At(f.Position),
	)
}

// arguments are a field's arguments as text: the same for the same ones, whatever
// their order.
func arguments(f *ast.Field) string {
	all := make([]string, len(f.Arguments))
	for i, a := range f.Arguments {
		all[i] = a.Name + ":" + canonical(a.Value)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// canonical is a value as text: the same for the same one, whatever the order of
// its fields.
func canonical(v *ast.Value) string {
	if v.Kind != ast.ObjectValue && v.Kind != ast.ListValue {
		return v.String()
	}
	all := make([]string, len(v.Children))
	for i, c := range v.Children {
		all[i] = c.Name + ":" + canonical(c.Value)
	}
	if v.Kind == ast.ListValue {
		return "[" + strings.Join(all, ",") + "]"
	}
	slices.Sort(all)
	return "{" + strings.Join(all, ",") + "}"
}

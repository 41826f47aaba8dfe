// Package coerce reads the values that a client gives, as literals in a document
// or as variables beside it, as the types of the schema (GraphQL, October 2021,
// 6.1.2 and 6.4.1). It has no laxness of its own: what is none of its type is
// told, with where it is, what was given and what is wanted.
package coerce

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/dustin/go-humanize/english"
	"github.com/vektah/gqlparser/v2/ast"
)

// Scalar is how a scalar that GraphQL itself does not know is read.
type Scalar struct {
	// Wants says what a value looks like, such as "a day, written YYYY-MM-DD".
	Wants string
	// Read reads an integer, a text or another value without parts. Where it is
	// none of the scalar, the error may say why, or be empty.
	Read func(kind ast.ValueKind, raw string) (any, error)
	// Parts reads an object, of texts, json.Number, booleans, lists and maps; nil
	// where no value of the scalar has parts.
	Parts func(object map[string]any) (any, error)
}

// Default is the name of an enum that nobody gave: the default of an input's
// field.
type Default string

// Reader reads values. Those of Int are int, of Float float64, of ID and of enums
// string, those of lists []any and of inputs map[string]any.
type Reader struct {
	schema  *ast.Schema
	scalars map[string]Scalar
}

// NewReader reads values of the schema. Every scalar that is not GraphQL's own
// is among scalars.
func NewReader(schema *ast.Schema, scalars map[string]Scalar) *Reader {
	all := maps.Clone(builtIn)
	maps.Copy(all, scalars)
	return &Reader{schema, all}
}

// Problem is a value that is none of its type.
type Problem struct {
	// Place leads to it from the argument or variable: "country.in[2]", empty for
	// the whole.
	Place string
	// Text says what was given and what is wanted.
	Text     string
	Position *ast.Position
}

// Error tells the problem with its place, to follow the name of what has it.
func (p *Problem) Error() string {
	if p.Place == "" {
		return ": " + p.Text
	}
	return " at " + p.Place + ": " + p.Text
}

// reading is one value being read.
type reading struct {
	*Reader
	// variables are what has been read of them; nil for values that only
	// constants are in, or whose variables are not known yet.
	variables map[string]any
	// ofJSON tells that values were variables, not literals.
	ofJSON bool
	// checking passes variables over: their types are another rule's.
	checking bool
	problems []*Problem
}

// place is where in a value something is.
type place struct {
	parent *place
	key    string
}

func (p *place) String() string {
	if p == nil {
		return ""
	}
	before := p.parent.String()
	if before != "" && p.key[0] != '[' {
		before += "."
	}
	return before + p.key
}

// absent is what a variable without a value stands for.
type absent struct{}

// wrong notes a problem with a value.
func (r *reading) wrong(v *ast.Value, at *place, format string, args ...any) any {
	r.problems = append(r.problems, &Problem{at.String(), fmt.Sprintf(format, args...), v.Position})
	return nil
}

// mistaken notes that the value is none of the type.
func (r *reading) mistaken(v *ast.Value, t *ast.Type, at *place, more string) any {
	return r.wrong(v, at, "%s is given, %s is wanted%s", brief(v), r.wanted(t), more)
}

// value reads a value as a type.
func (r *reading) value(v *ast.Value, t *ast.Type, at *place) any {
	switch {
	case v.Kind == ast.Variable && r.checking:
		return absent{}
	case v.Kind == ast.Variable:
		return r.variable(v, t, at)
	case v.Kind == ast.NullValue && t.NonNull:
		return r.mistaken(v, t, at, "")
	case v.Kind == ast.NullValue:
		return nil
	case t.Elem != nil && v.Kind == ast.ListValue:
		list := make([]any, len(v.Children))
		for i, item := range v.Children {
			list[i] = r.value(item.Value, t.Elem, &place{at, "[" + strconv.Itoa(i) + "]"})
			if list[i] == (absent{}) {
				list[i] = nil
				if t.Elem.NonNull && !r.checking {
					r.wrong(item.Value, at, "%s has no value, %s is wanted", brief(item.Value), r.wanted(t.Elem))
				}
			}
		}
		return list
	case t.Elem != nil:
		return []any{r.value(v, t.Elem, at)}
	}
	switch def := r.schema.Types[t.NamedType]; def.Kind {
	case ast.Enum:
		return r.enum(v, t, def, at)
	case ast.InputObject:
		return r.input(v, t, def, at)
	default:
		return r.scalar(v, t, at)
	}
}

// variable is the value that a variable has, which was read before.
func (r *reading) variable(v *ast.Value, t *ast.Type, at *place) any {
	value, given := r.variables[v.Raw]
	switch {
	case !given:
		return absent{}
	case value == nil && t.NonNull:
		return r.wrong(v, at, "$%s is null, %s is wanted", v.Raw, r.wanted(t))
	}
	if _, isList := value.([]any); t.Elem != nil && !isList && value != nil {
		return []any{value}
	}
	return value
}

// scalar reads a value that the schema knows no parts of.
func (r *reading) scalar(v *ast.Value, t *ast.Type, at *place) any {
	scalar := r.scalars[t.NamedType]
	var read any
	var err error
	switch object, isObject := r.plain(v).(map[string]any); {
	case isObject && scalar.Parts != nil && r.checking: // variables in it have no values yet
		return object
	case isObject && scalar.Parts != nil:
		read, err = scalar.Parts(object)
	case v.Kind == ast.ListValue || v.Kind == ast.ObjectValue:
		return r.mistaken(v, t, at, "")
	default:
		read, err = scalar.Read(v.Kind, v.Raw)
	}
	if err != nil {
		return r.mistaken(v, t, at, because(err))
	}
	return read
}

// plain is a value as JSON is decoded: an object of a scalar's own. Other values are
// nil.
func (r *reading) plain(v *ast.Value) any {
	if v.Kind != ast.ObjectValue {
		return nil
	}
	object := make(map[string]any, len(v.Children))
	for _, child := range v.Children {
		object[child.Name] = r.decoded(child.Value)
	}
	return object
}

// decoded is any value as JSON is decoded.
func (r *reading) decoded(v *ast.Value) any {
	switch v.Kind {
	case ast.Variable:
		return r.variables[v.Raw]
	case ast.NullValue:
		return nil
	case ast.BooleanValue:
		return v.Raw == "true"
	case ast.IntValue, ast.FloatValue:
		return json.Number(v.Raw)
	case ast.ObjectValue:
		return r.plain(v)
	case ast.ListValue:
		list := make([]any, len(v.Children))
		for i, child := range v.Children {
			list[i] = r.decoded(child.Value)
		}
		return list
	}
	return v.Raw
}

// enum reads a name; in variables it is a text.
func (r *reading) enum(v *ast.Value, t *ast.Type, def *ast.Definition, at *place) any {
	kind := ast.EnumValue
	if r.ofJSON {
		kind = ast.StringValue
	}
	var names []string
	for _, known := range def.EnumValues {
		if v.Kind == kind && known.Name == v.Raw {
			return known.Name
		}
		names = append(names, known.Name)
	}
	return r.mistaken(v, t, at, didYouMean(v.Raw, names))
}

// input reads an object.
func (r *reading) input(v *ast.Value, t *ast.Type, def *ast.Definition, at *place) any {
	if v.Kind != ast.ObjectValue {
		return r.mistaken(v, t, at, r.suchAs(v, def))
	}
	read := map[string]any{}
	for _, field := range def.Fields {
		below := &place{at, field.Name}
		given, value := any(absent{}), v.Children.ForName(field.Name)
		if value != nil {
			given = r.value(value, field.Type, below)
		}
		if given == (absent{}) && (value == nil || !r.checking) {
			given = r.missing(v, field.Type, field.DefaultValue, below)
			if name, ok := given.(string); ok && r.schema.Types[field.Type.Name()].Kind == ast.Enum {
				given = Default(name)
			}
		}
		if given != (absent{}) {
			read[field.Name] = given
		}
	}
	for _, field := range v.Children {
		if def.Fields.ForName(field.Name) == nil {
			r.wrong(field.Value, at, "%s has no field %s%s", def.Name, field.Name, didYouMean(field.Name, fieldNames(def)))
		}
	}
	if def.Directives.ForName("oneOf") != nil {
		r.oneOf(v, def, read, at)
	}
	return read
}

// missing is what stands for a value that is not given: its default.
func (r *reading) missing(v *ast.Value, t *ast.Type, byDefault *ast.Value, at *place) any {
	switch {
	case byDefault != nil:
		literal := reading{Reader: r.Reader}
		return literal.value(byDefault, t, at)
	case t.NonNull:
		return r.wrong(v, at, "nothing is given, %s is wanted", r.wanted(t))
	}
	return absent{}
}

// oneOf sees to it that an input has exactly one field, and that it is not null.
func (r *reading) oneOf(v *ast.Value, def *ast.Definition, read map[string]any, at *place) {
	given := len(read)
	if r.checking {
		given = len(v.Children)
	}
	if given != 1 {
		r.wrong(v, at, "%d fields are given, %s has exactly one of %s", given, def.Name, english.WordSeries(fieldNames(def), "or"))
		return
	}
	for name, value := range read {
		if value == nil && len(r.problems) == 0 {
			r.wrong(v, at, "null is given for %s, the one field of %s has a value", name, def.Name)
		}
	}
}

// fieldNames are an input's fields.
func fieldNames(def *ast.Definition) (names []string) {
	for _, f := range def.Fields {
		names = append(names, f.Name)
	}
	return slices.Clip(names)
}

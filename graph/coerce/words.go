package coerce

import (
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize/english"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// longest is how much of a value an error repeats.
const longest = 60

// brief is a value as an error shows it.
func brief(v *ast.Value) string {
	short := *v
	if len(short.Raw) > longest {
		short.Raw = cut(short.Raw)
	}
	if len(v.Children) > 5 {
		short.Children = v.Children[:5]
	}
	text := short.String()
	if v.Kind == ast.NullValue {
		text = "null"
	}
	if len(text) > longest+2 {
		text = cut(text)
	}
	return text
}

// cut is the beginning of a text that is too long, of whole characters.
func cut(text string) string {
	end := longest
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// wanted says what a type is.
func (r *Reader) wanted(t *ast.Type) string {
	if wants := r.scalars[t.NamedType].Wants; wants != "" {
		return t.String() + " (" + wants + ")"
	}
	return t.String()
}

// because adds why a scalar could not be read.
func because(err error) string {
	if err.Error() == "" {
		return ""
	}
	return ": " + err.Error()
}

// didYouMean adds the names that are like the one given.
func didYouMean(given string, names []string) string {
	if len(given) > longest {
		return ""
	}
	if like := core.SuggestionList(given, names); len(like) > 0 {
		return "; did you mean " + english.WordSeries(like[:min(len(like), 5)], "or") + "?"
	}
	return "; there are " + strings.Join(names, ", ")
}

// suchAs shows how an input with a field for a single value is written.
func (r *Reader) suchAs(v *ast.Value, def *ast.Definition) string {
	if v.Kind == ast.ListValue && len(v.Children) > 0 || len(def.Fields) == 0 {
		return ""
	}
	first := def.Fields[0]
	if def.Directives.ForName("oneOf") == nil || first.Type.Elem != nil {
		return ""
	}
	return "; did you mean {" + first.Name + ": " + brief(v) + "}?"
}

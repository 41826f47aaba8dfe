package cube

import (
	"slices"
	"strings"
)

// form is how a column holds a dimension: as text, as an enum, or as a tuple of
// two texts of the names in pair.
type form struct {
	enum bool
	pair [2]string
}

// The forms.
var (
	text = form{}
	enum = form{enum: true}
)

// pair is the form of a tuple of two texts.
func pair(first, second string) form { return form{pair: [2]string{first, second}} }

// value is the SQL of the column's value as a String; as text an enum can be
// compared with any value.
func (f form) value(column string) string {
	switch {
	case f.enum:
		return "toString(" + column + ")"
	case f.pair[0] != "":
		first, second := column+"."+f.pair[0], column+"."+f.pair[1]
		return "concat(" + first + ", if(" + first + " = '' OR " + second + " = '', '', ' '), " + second + ")"
	default:
		return column
	}
}

// mostSpaces bounds how many pairs one value may be held as.
const mostSpaces = 14

// holding is what a column of the ClickHouse type holds in the rows that have one of
// the values, and in no others: the column with a list, or those of a pair with two
// of the same length. None where that cannot be told, or would be too much.
func (f form) holding(column, typ string, values []string) (columns []string, lists [][]string) {
	switch {
	case f.enum && strings.HasPrefix(typ, "Enum"):
		// Of what is no element some versions say that it cannot be compared.
		known := slices.DeleteFunc(slices.Clone(values), func(v string) bool {
			return strings.ContainsAny(v, `'\`) || !strings.Contains(typ, "'"+v+"' =")
		})
		if len(known) > 0 {
			return []string{column}, [][]string{known}
		}
	case f.pair[0] != "":
		var first, second []string
		for _, v := range values {
			if strings.Count(v, " ") > mostSpaces {
				return nil, nil
			}
			if first, second = append(first, v), append(second, ""); v != "" {
				first, second = append(first, ""), append(second, v)
			}
			for i := 1; i < len(v)-1; i++ {
				if v[i] == ' ' {
					first, second = append(first, v[:i]), append(second, v[i+1:])
				}
			}
		}
		return []string{column + "." + f.pair[0], column + "." + f.pair[1]}, [][]string{first, second}
	}
	return nil, nil
}

// lossless reports that different columns have different values.
func (f form) lossless() bool { return f.pair[0] == "" }

// has reports that a column of the ClickHouse type has the form.
func (f form) has(typ string) bool {
	if f.pair[0] != "" {
		first, second, two := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(typ, "Tuple("), ")"), ",")
		return two && strings.HasPrefix(typ, "Tuple(") && isText(first, f.pair[0]) && isText(second, f.pair[1])
	}
	return typ == "String" || typ == "LowCardinality(String)" ||
		f.enum && (typ == "Bool" || strings.HasPrefix(typ, "Enum8(") || strings.HasPrefix(typ, "Enum16("))
}

// isText reports that a tuple's element has the name and is text.
func isText(element, name string) bool {
	fields := strings.Fields(element)
	return len(fields) == 2 && strings.Trim(fields[0], "`") == name && (fields[1] == "String" || fields[1] == "LowCardinality(String)")
}

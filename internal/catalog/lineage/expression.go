package lineage

import (
	"strings"

	"clickql/internal/chschema"
)

// evaluator tells what an expression of a view's SELECT means.
type evaluator struct {
	alias  string             // the source table's alias
	source map[string]Meaning // its columns
	single bool               // a row of the source is one download
	hidden map[string]bool    // names that the SELECT gives to other expressions
	own    string             // the name of the expression looked at, which does not hide itself
}

// hide notes that inside other expressions the name stands for an expression of
// the SELECT: in ClickHouse an alias hides the column of the same name.
func (e *evaluator) hide(name string, expr []chschema.Token) {
	if len(expr) == 1 && expr[0].Text == name {
		return
	}
	if e.hidden == nil {
		e.hidden = map[string]bool{}
	}
	e.hidden[name] = true
}

// meaning says what the expression means; Other where that is not certain.
func (e *evaluator) meaning(ts []chschema.Token) Meaning {
	ts = chschema.Unwrap(ts)
	if name, ok := e.column(ts); ok {
		return e.source[name]
	}
	if len(ts) < 3 || ts[0].Kind != chschema.Word || !ts[1].IsSign("(") || chschema.Closing(ts[1:]) != len(ts)-2 {
		return Meaning{}
	}
	return e.call(strings.ToLower(ts[0].Text), chschema.SplitTop(ts[2:len(ts)-1]))
}

// column is the name of the source's column that the tokens are, if they are one.
func (e *evaluator) column(ts []chschema.Token) (name string, ok bool) {
	switch {
	case len(ts) == 1 && ts[0].Names():
		return ts[0].Text, !e.hidden[ts[0].Text] || ts[0].Text == e.own
	case len(ts) == 3 && ts[0].Names() && ts[1].IsSign(".") && ts[2].Names():
		return ts[2].Text, e.alias != "" && ts[0].Text == e.alias
	}
	return "", false
}

// call says what a function's result means.
func (e *evaluator) call(function string, args [][]chschema.Token) Meaning {
	if function == "count" {
		return e.count(args)
	}
	if len(args) == 0 {
		return Meaning{}
	}
	first := e.meaning(args[0])
	switch function {
	case "sum":
		if first.Kind == Count || len(args[0]) == 1 && args[0][0].Text == "1" && e.single {
			return Meaning{Kind: Count}
		}
	case "toint64", "touint64", "cast", "_cast":
		if first.Kind == Count && wide(function, args) {
			return first
		}
	case "tostartofmonth":
		if len(args) == 1 {
			return month(first)
		}
	case "datetrunc", "date_trunc", "tostartofinterval":
		return e.truncated(args)
	case "todate", "todate32":
		if len(args) == 1 && (first.Kind == Day || first.Kind == Month) {
			return first
		}
	case "tolowcardinality", "tostring", "materialize", "identity":
		if first.Kind == Column {
			return first
		}
	case "min", "minsimplestate":
		return extreme(first, First)
	case "max", "maxsimplestate":
		return extreme(first, Last)
	}
	return Meaning{}
}

// count says what count(args) means: downloads, where a row is one and the
// argument cannot be NULL.
func (e *evaluator) count(args [][]chschema.Token) Meaning {
	if !e.single || len(args) > 1 {
		return Meaning{}
	}
	if len(args) == 0 || len(args[0]) == 1 && (args[0][0].IsSign("*") || args[0][0].Kind == chschema.Number) {
		return Meaning{Kind: Count}
	}
	return Meaning{}
}

// wide reports that the conversion keeps 64 bits.
func wide(function string, args [][]chschema.Token) bool {
	if !strings.HasSuffix(function, "cast") {
		return true
	}
	return len(args) == 2 && len(args[1]) == 1 && (args[1][0].Text == "Int64" || args[1][0].Text == "UInt64")
}

// truncated says what dateTrunc('month', d) and toStartOfInterval(d, ...) mean.
func (e *evaluator) truncated(args [][]chschema.Token) Meaning {
	if len(args) != 2 {
		return Meaning{}
	}
	unit, day := args[0], args[1]
	if len(unit) != 1 || unit[0].Kind != chschema.Text {
		unit, day = day, unit
	}
	switch strings.ToLower(chschema.Written(unit)) {
	case "'month'", "tointervalmonth(1)", "interval 1 month":
		return month(e.meaning(day))
	}
	return Meaning{}
}

// month is the month of a day.
func month(m Meaning) Meaning {
	if m.Kind == Day || m.Kind == Month {
		return Meaning{Kind: Month}
	}
	return Meaning{}
}

// extreme is the first or last of a group's days.
func extreme(m Meaning, kind Kind) Meaning {
	if m.Kind == Day || m.Kind == kind {
		return Meaning{Kind: kind}
	}
	return Meaning{}
}

// onlyDays reports that a condition looks at nothing of a download but its day.
func (e *evaluator) onlyDays(ts []chschema.Token) bool {
	days := false
	for i, t := range ts {
		if !t.Names() || t.Kind == chschema.Word && i+1 < len(ts) && ts[i+1].IsSign("(") {
			if t.Is("SELECT") || isLookup(t.Text) {
				return false
			}
			continue
		}
		if i+1 < len(ts) && ts[i+1].IsSign(".") && t.Text == e.alias || operator(t) {
			continue
		}
		if e.hidden[t.Text] || e.source[t.Text].Kind != Day {
			return false
		}
		days = true
	}
	return days
}

// isLookup names functions whose result depends on other data, or on chance.
func isLookup(function string) bool {
	f := strings.ToLower(function)
	return strings.HasPrefix(f, "dict") || strings.HasPrefix(f, "rand") || strings.HasPrefix(f, "joinget") || f == "exists"
}

// operator reports that the word is part of an expression and names no column.
func operator(t chschema.Token) bool {
	switch strings.ToUpper(t.Text) {
	case "AND", "OR", "NOT", "BETWEEN", "IN", "IS", "NULL", "INTERVAL", "DAY", "MONTH", "YEAR", "WEEK", "AS", "TRUE", "FALSE":
		return t.Kind == chschema.Word
	}
	return false
}

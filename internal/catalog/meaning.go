package catalog

import "strings"

// evaluator tells what an expression of a view's SELECT means.
type evaluator struct {
	alias  string             // the source table's alias
	source map[string]meaning // its columns
	single bool               // a row of the source is one download
	hidden map[string]bool    // names that the SELECT gives to other expressions
	own    string             // the name of the expression looked at, which does not hide itself
}

// hide notes that inside other expressions the name stands for an expression of
// the SELECT: in ClickHouse an alias hides the column of the same name.
func (e *evaluator) hide(name string, expr []token) {
	if len(expr) == 1 && expr[0].text == name {
		return
	}
	if e.hidden == nil {
		e.hidden = map[string]bool{}
	}
	e.hidden[name] = true
}

// meaning says what the expression means; isOther where that is not certain.
func (e *evaluator) meaning(ts []token) meaning {
	ts = unwrap(ts)
	if name, ok := e.column(ts); ok {
		return e.source[name]
	}
	if len(ts) < 3 || ts[0].kind != word || !ts[1].sign("(") || closing(ts[1:]) != len(ts)-2 {
		return meaning{}
	}
	return e.call(strings.ToLower(ts[0].text), splitTop(ts[2:len(ts)-1]))
}

// column is the name of the source's column that the tokens are, if they are one.
func (e *evaluator) column(ts []token) (name string, ok bool) {
	switch {
	case len(ts) == 1 && ts[0].name():
		return ts[0].text, !e.hidden[ts[0].text] || ts[0].text == e.own
	case len(ts) == 3 && ts[0].name() && ts[1].sign(".") && ts[2].name():
		return ts[2].text, e.alias != "" && ts[0].text == e.alias
	}
	return "", false
}

// call says what a function's result means.
func (e *evaluator) call(function string, args [][]token) meaning {
	if function == "count" {
		return e.count(args)
	}
	if len(args) == 0 {
		return meaning{}
	}
	first := e.meaning(args[0])
	switch function {
	case "sum":
		if first.kind == isCount || len(args[0]) == 1 && args[0][0].text == "1" && e.single {
			return meaning{kind: isCount}
		}
	case "toint64", "touint64", "cast", "_cast":
		if first.kind == isCount && wide(function, args) {
			return first
		}
	case "tostartofmonth":
		if len(args) == 1 {
			return month(first)
		}
	case "datetrunc", "date_trunc", "tostartofinterval":
		return e.truncated(args)
	case "todate", "todate32":
		if len(args) == 1 && (first.kind == isDay || first.kind == isMonth) {
			return first
		}
	case "tolowcardinality", "tostring", "materialize", "identity":
		if first.kind == isColumn {
			return first
		}
	case "min", "minsimplestate":
		return extreme(first, isFirst)
	case "max", "maxsimplestate":
		return extreme(first, isLast)
	}
	return meaning{}
}

// count says what count(args) means: downloads, where a row is one and the
// argument cannot be NULL.
func (e *evaluator) count(args [][]token) meaning {
	if !e.single || len(args) > 1 {
		return meaning{}
	}
	if len(args) == 0 || len(args[0]) == 1 && (args[0][0].sign("*") || args[0][0].kind == number) {
		return meaning{kind: isCount}
	}
	return meaning{}
}

// wide reports that the conversion keeps 64 bits.
func wide(function string, args [][]token) bool {
	if !strings.HasSuffix(function, "cast") {
		return true
	}
	return len(args) == 2 && len(args[1]) == 1 && (args[1][0].text == "Int64" || args[1][0].text == "UInt64")
}

// truncated says what dateTrunc('month', d) and toStartOfInterval(d, ...) mean.
func (e *evaluator) truncated(args [][]token) meaning {
	if len(args) != 2 {
		return meaning{}
	}
	unit, day := args[0], args[1]
	if len(unit) != 1 || unit[0].kind != text {
		unit, day = day, unit
	}
	switch strings.ToLower(written(unit)) {
	case "'month'", "tointervalmonth(1)", "interval 1 month":
		return month(e.meaning(day))
	}
	return meaning{}
}

// month is the month of a day.
func month(m meaning) meaning {
	if m.kind == isDay || m.kind == isMonth {
		return meaning{kind: isMonth}
	}
	return meaning{}
}

// extreme is the first or last of a group's days.
func extreme(m meaning, kind meaningKind) meaning {
	if m.kind == isDay || m.kind == kind {
		return meaning{kind: kind}
	}
	return meaning{}
}

// onlyDays reports that a condition looks at nothing of a download but its day.
func (e *evaluator) onlyDays(ts []token) bool {
	days := false
	for i, t := range ts {
		if !t.name() || t.kind == word && i+1 < len(ts) && ts[i+1].sign("(") {
			if t.is("SELECT") || isLookup(t.text) {
				return false
			}
			continue
		}
		if i+1 < len(ts) && ts[i+1].sign(".") && t.text == e.alias || operator(t) {
			continue
		}
		if e.hidden[t.text] || e.source[t.text].kind != isDay {
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
func operator(t token) bool {
	switch strings.ToUpper(t.text) {
	case "AND", "OR", "NOT", "BETWEEN", "IN", "IS", "NULL", "INTERVAL", "DAY", "MONTH", "YEAR", "WEEK", "AS", "TRUE", "FALSE":
		return t.kind == word
	}
	return false
}

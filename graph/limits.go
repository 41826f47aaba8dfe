package graph

import (
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/gqlhttp"
)

// Limits bounds what one operation may ask for. A zero field takes the default.
type Limits struct {
	// Depth is how deep selections may be nested; each level of drill-down
	// takes two. The default is 25, which fits a drill-down over every
	// dimension and GraphiQL's introspection.
	Depth int
	// Aliases is how many fields an operation may rename, fragments written out.
	// The default is 1,000.
	Aliases int
	// Fields is how many fields an operation may select, fragments written out
	// and aliases counted each. The default is 5,000.
	Fields int
	// Tokens is how many tokens a document may have. The default is 20,000.
	Tokens int
	// Directives is how many directives an operation may have, fragments written
	// out. The default is 500.
	Directives int
	// Document is how many bytes a document may have, the values written in it
	// included. The default is 2 MiB.
	Document int
	// Values is how many values the variables of an operation may have. The
	// default is 50,000.
	Values int
	// Batch is how many operations a request may bring in a list. The default is 10;
	// a negative one refuses lists.
	Batch int
	// First is the largest `first`. The default is 1,000.
	First int
	// Names is how many projects one argument may name, and how many values a
	// filter may list: a large requirements file names 1,200. The default is 2,000.
	Names int
	// Versions is how many versions the projects of a slice may have together
	// for a specifier to be looked up among them. The default is 10,000.
	Versions int
	// Points is how many intervals a series may have. The default is 20,000,
	// which is 54 years of days.
	Points int
	// Compared is how many points the lines of a comparison may have together.
	// The default is 1,000,000.
	Compared int
	// Response is how many bytes an answer may have. The default is 16 MiB.
	Response int
	// Resolved is how many fields of objects an answer may have, each as often as
	// it is in it. The default is 500,000.
	Resolved int
	// Held is how many points of series and values of splits the database may be
	// asked for in an operation, drill-down included. The default is 3,000,000.
	Held int
	// Loads is how many questions to the database an operation may come to,
	// drill-down included. The default is 10,000.
	Loads int
}

// DefaultLimits are the limits where nothing else is said.
func DefaultLimits() Limits { return Limits{}.withDefaults() }

// withDefaults fills what is not set.
func (l Limits) withDefaults() Limits {
	for _, field := range []struct {
		value *int
		def   int
	}{
		{&l.Depth, 25}, {&l.Aliases, 1000}, {&l.Fields, 5000}, {&l.Tokens, 20000}, {&l.First, 1000},
		{&l.Directives, 500}, {&l.Document, 2 << 20}, {&l.Values, 50000}, {&l.Batch, 10},
		{&l.Names, 2000}, {&l.Points, 20000}, {&l.Loads, 10000}, {&l.Versions, 10000},
		{&l.Compared, 1_000_000}, {&l.Response, 16 << 20}, {&l.Resolved, 500_000}, {&l.Held, 3_000_000},
	} {
		if *field.value == 0 {
			*field.value = field.def
		}
	}
	return l
}

// points refuses a series of more points than are allowed.
func (l Limits) points(days cube.Range, every cube.Interval) error {
	n := cube.BucketCount(days, every)
	if n <= l.Points {
		return nil
	}
	return fault.OverLimit(fault.CostLimit, n, l.Points,
		"the series has %d points; at most %d are allowed: ask for a longer interval or a shorter range", n, l.Points)
}

// document are the limits that hold before validation.
func (l Limits) document() gqlhttp.Limits {
	return gqlhttp.Limits{
		Bytes: l.Document, Tokens: l.Tokens, Depth: l.Depth, Fields: l.Fields, Aliases: l.Aliases,
		Directives: l.Directives, Values: l.Values, Batch: l.Batch,
	}
}

// first checks the argument of that name.
func (l Limits) first(n int) error {
	if n < 0 {
		return fault.BadInput("first is %d; it must be between 0 and %d", n, l.First)
	}
	if n > l.First {
		return fault.OverLimit(fault.BadUserInput, n, l.First, "first is %d; it must be between 0 and %d", n, l.First)
	}
	return nil
}

// names checks how many values a list argument has.
func (l Limits) names(what string, values []string) error {
	if len(values) > l.Names {
		return fault.OverLimit(fault.BadUserInput, len(values), l.Names,
			"%s has %d values; at most %d are allowed", what, len(values), l.Names)
	}
	return nil
}

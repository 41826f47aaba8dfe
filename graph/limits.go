package graph

import (
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/gqlhttp"
)

// Limits bounds what one operation may ask for. A zero field takes the default.
type Limits struct {
	// Document is what documents may have. The defaults are 2 MiB and 20,000 tokens,
	// 25 levels, of which each of drill-down takes two, 5,000 fields, 1,000 renamed
	// ones, 500 directives, 50,000 values, and 10 operations in a list; a negative
	// number refuses lists.
	Document gqlhttp.Limits
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
		{&l.Document.Depth, 25}, {&l.Document.Aliases, 1000}, {&l.Document.Fields, 5000}, {&l.Document.Tokens, 20000},
		{&l.Document.Directives, 500}, {&l.Document.Bytes, 2 << 20}, {&l.Document.Values, 50000}, {&l.Document.Batch, 10},
		{&l.First, 1000}, {&l.Names, 2000}, {&l.Points, 20000}, {&l.Loads, 10000}, {&l.Versions, 10000},
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

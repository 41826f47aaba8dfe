package cube

import (
	"encoding/binary"
	"slices"
	"strings"
)

// Condition restricts one dimension: to Values, or with Not to all others.
// Values are ascending and distinct; an In condition without values holds for
// nothing.
type Condition struct {
	Dim    Dimension
	Not    bool
	Values []string
}

// Slice is a part of the download cube. Slices are values: methods return
// changed copies and never write into shared memory.
type Slice struct {
	// Projects are normalised names, ascending and distinct; nil for all
	// projects. Several are taken together.
	Projects []string
	// AllTime ignores Days.
	AllTime bool
	// Days bounds the slice at both ends, inclusively.
	Days Range
	// Conditions all hold; at most one for each dimension, ascending by it.
	Conditions []Condition
}

// Narrow is the slice restricted further by one condition. Conditions on the
// same dimension are folded into one, so that equal slices have equal keys.
func (s Slice) Narrow(c Condition) Slice {
	if c.Values = distinct(c.Values); c.Not && len(c.Values) == 0 {
		return s
	}
	if c.Dim == Project && s.Projects != nil {
		c = intersect(Condition{Dim: Project, Values: s.Projects}, c)
	}
	conds := make([]Condition, 0, len(s.Conditions)+1)
	for _, have := range s.Conditions {
		if have.Dim == c.Dim {
			c = intersect(have, c)
			continue
		}
		conds = append(conds, have)
	}
	if c.Dim == Project && !c.Not { // a plain list wherever it can be one
		s.Projects, s.Conditions = c.Values, conds
		return s
	}
	s.Conditions = append(conds, c)
	slices.SortFunc(s.Conditions, func(a, b Condition) int { return strings.Compare(string(a.Dim), string(b.Dim)) })
	return s
}

// With is the slice narrowed to some values of a dimension.
func (s Slice) With(d Dimension, values ...string) Slice {
	return s.Narrow(Condition{Dim: d, Values: values})
}

// Without is the slice without some values of a dimension.
func (s Slice) Without(d Dimension, values ...string) Slice {
	return s.Narrow(Condition{Dim: d, Not: true, Values: values})
}

// On is the slice of the same on some days, whatever its own are.
func (s Slice) On(days Range) Slice {
	s.AllTime, s.Days = false, days
	return s
}

// Impossible reports that no download can be in the slice, whatever the data.
func (s Slice) Impossible() bool {
	if s.Projects != nil && len(s.Projects) == 0 || !s.AllTime && s.Days.Empty() {
		return true
	}
	return slices.ContainsFunc(s.Conditions, func(c Condition) bool { return !c.Not && len(c.Values) == 0 })
}

// intersect folds two conditions on one dimension into the one that holds
// where both do.
func intersect(a, b Condition) Condition {
	if a.Not && !b.Not {
		a, b = b, a
	}
	switch {
	case a.Not: // both exclude
		return Condition{Dim: a.Dim, Not: true, Values: distinct(append(slices.Clone(a.Values), b.Values...))}
	default: // a includes: keep what b allows
		kept := make([]string, 0, len(a.Values))
		for _, v := range a.Values {
			if _, in := slices.BinarySearch(b.Values, v); in != b.Not {
				kept = append(kept, v)
			}
		}
		return Condition{Dim: a.Dim, Values: kept}
	}
}

// distinct is a sorted copy without repetitions, which is not nil.
func distinct(values []string) []string {
	out := append(make([]string, 0, len(values)), values...)
	slices.Sort(out)
	return slices.Compact(out)
}

// Previous is the same slice over the period of equal length just before its
// range; ok is false for all time, which has no before.
func (s Slice) Previous() (before Slice, ok bool) {
	if s.AllTime {
		return s, false
	}
	return s.On(s.Days.Before()), true
}

// Span is every day that the slice asks about, of data that spans the days.
func (s Slice) Span(data Range) Range {
	if s.AllTime {
		return data
	}
	return s.Days
}

// Key is the slice in canonical form.
func (s Slice) Key() string { return string(s.AppendKey(make([]byte, 0, 64))) }

// AppendKey appends Key.
func (s Slice) AppendKey(b []byte) []byte {
	b = appendFlag(b, s.AllTime)
	if !s.AllTime {
		b = binary.AppendVarint(b, int64(s.Days.From))
		b = binary.AppendVarint(b, int64(s.Days.To))
	}
	b = appendFlag(b, s.Projects != nil)
	if s.Projects != nil {
		b = appendTexts(b, s.Projects)
	}
	for _, c := range s.Conditions {
		b = AppendText(b, string(c.Dim))
		b = appendTexts(appendFlag(b, c.Not), c.Values)
	}
	return b
}

// appendFlag appends whether something holds.
func appendFlag(b []byte, holds bool) []byte {
	if holds {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendTexts(b []byte, values []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(values)))
	for _, v := range values {
		b = AppendText(b, v)
	}
	return b
}

// AppendText appends a text to a key, so that lists of texts which differ have
// keys which differ.
func AppendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

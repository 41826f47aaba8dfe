package graph

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"

	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/gqlhttp"
)

// size is what an answer comes to, as far as it can be told before anything is
// asked: by the lengths of lists that arguments and the calendar tell. A list of
// which only the data knows how long it is counts as one element; when it is there,
// the others are added (counted).
type size struct {
	bytes  float64 // of JSON
	fields float64 // of objects, each as often as it is in the answer
	values float64 // of arguments, each as often as its field is; long texts count as several
}

func (s size) plus(o size) size {
	return size{s.bytes + o.bytes, s.fields + o.fields, s.values + o.values}
}

func (s size) times(n int) size {
	return size{s.bytes * float64(n), s.fields * float64(n), s.values * float64(n)}
}

// largerBy is how many times larger than the largest answer an answer may seem
// that is made: widths are guesses.
const largerBy = 4

// argumentsPerField is how many values of arguments may be read for each field that
// an answer may have.
const argumentsPerField = 2

// check refuses an answer that could not be given, or not at a bearable cost.
func (s size) check(l Limits) error {
	if most := largerBy * l.Response; s.bytes > float64(most) {
		return fault.OverLimit(fault.CostLimit, s.told(), int64(most),
			"the answer could have %d bytes; at most %d are prepared: ask for shorter lists, a longer interval or a shorter range", s.told(), most)
	}
	if most := argumentsPerField * float64(l.Resolved); s.values > most {
		return fault.OverLimit(fault.CostLimit, int64(min(s.values, 1<<53)), int64(most),
			"the arguments come to %d values, each list as often as its field is; at most %d are allowed: ask for shorter lists", int64(min(s.values, 1<<53)), int64(most))
	}
	if s.fields > float64(l.Resolved) {
		return fault.OverLimit(fault.CostLimit, int64(min(s.fields, 1<<53)), int64(l.Resolved),
			"the answer could have %d fields; at most %d are allowed: ask for shorter lists or fewer fields", int64(min(s.fields, 1<<53)), l.Resolved)
	}
	return nil
}

// told is the bytes as a number that JSON's readers take.
func (s size) told() int64 { return int64(min(s.bytes, 1<<53)) }

// widths are about how many bytes a leaf takes, by its type; unknownWidth where it
// is another.
var widths = map[string]float64{"Int": 4, "Int64": 7, "Float": 9, "Boolean": 5, "Date": 12, "DateTime": 22, "ID": 24, "String": 24}

const unknownWidth = 16

// pointEffort is what writing a field of a point takes, against one that is
// resolved by itself.
const pointEffort = 0.1

// place is what is known at a place of the selection from the fields above it.
type place struct {
	days  cube.Range    // that the slice at hand counts
	every cube.Interval // of the series at hand
	most  int           // how many elements the list at hand may have
}

// counted is the size of an answer while it comes to be.
type counted struct {
	*total
	elements map[string]size // of one element, by the list's path
}

// total is the size of an answer, or of all answers to a batch.
type total struct {
	limits Limits

	mu  sync.Mutex
	sum size
}

// add adds to it.
func (t *total) add(s size) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sum = t.sum.plus(s)
}

// check refuses answers that could not be given.
func (t *total) check() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum.check(t.limits)
}

// arrived adds the elements of an uncertain list at the path. The error is that
// there are too many of them; they do not count then.
func (c *counted) arrived(path string, n int) error {
	one, known := c.elements[path]
	if !known || n < 2 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := c.sum.plus(one.times(n - 1))
	if err := sum.check(c.limits); err != nil {
		return err
	}
	c.sum = sum
	return nil
}

// bytes is how many there are so far.
func (t *total) bytes() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum.told()
}

// sizer estimates the size of an answer.
type sizer struct {
	*operation
	// elements are the sizes of one element of each list that is uncertain.
	elements map[string]size
	// tooLong is why an argument's text is refused.
	tooLong error
	weighed float64 // values so far
}

// sizeOf is what the answer to an operation comes to. The error is that of an
// argument, or of the whole, that is beyond a limit.
func sizeOf(op *operation, root []*node) (*counted, error) {
	z := &sizer{operation: op, elements: map[string]size{}}
	all := z.selection(root, place{days: op.Snap.Days, every: cube.Daily})
	of := &total{limits: op.limits, sum: all}
	err := cmp.Or(z.tooLong, all.check(op.limits))
	if op.joint != nil && err == nil {
		of = op.joint.size
		of.add(all)
	}
	return &counted{of, z.elements}, err
}

// selection is the size of one object with the selection.
func (z *sizer) selection(sel []*node, at place) (all size) {
	for _, n := range sel {
		all = all.plus(z.field(n, at))
	}
	all.bytes += 2
	return all
}

// field is the size of a field with its value.
func (z *sizer) field(n *node, at place) size {
	f := n.field
	key := size{bytes: float64(len(f.Alias) + 4), fields: 1}
	if f.Definition == nil {
		return key
	}
	if f.ObjectDefinition.Name == "Point" {
		key.fields = pointEffort
	}
	for name, value := range n.given {
		key.values += z.weigh(name, value)
	}
	at = z.enter(n, at)
	one := size{bytes: unknownWidth}
	if width, known := widths[f.Definition.Type.Name()]; known {
		one.bytes = width
	}
	if len(f.SelectionSet) > 0 {
		one = z.selection(n.below, at)
	}
	if isUncertain(f) {
		z.elements[n.path] = one
	}
	if f.Definition.Type.Elem == nil {
		return key.plus(one)
	}
	one.bytes++
	return key.plus(one.times(z.length(f, at)))
}

// uncertain are the lists, and the pages of lists, of which only the data knows how
// long they are.
var uncertain = []string{
	"Downloads.by", "Downloads.byRelease", "Project.releases", "Project.dependencies", "Project.dependents", "Project.related", "Portfolio.projects",
	"Dropping.movedBy", "Project.releaseImpact", "ReleaseImpact.stragglers",
}

// isUncertain reports that the field is one of them.
func isUncertain(f graphql.CollectedField) bool {
	return slices.Contains(uncertain, f.ObjectDefinition.Name+"."+f.Name)
}

// The longest texts, in bytes. Nothing that can be asked about has a name as long.
const (
	maxText         = 1000
	maxRequirements = 2 << 20
	textPerValue    = 100 // bytes of text that count as a value of their own
)

// weigh is how many values an argument has; its texts are held against their
// bounds.
func (z *sizer) weigh(argument string, value any) (n float64) {
	n = 1
	z.weighed++
	switch v := value.(type) {
	case string:
		most := maxText
		if argument == "requirements" {
			most = maxRequirements
		}
		if len(v) > most && z.tooLong == nil {
			z.tooLong = fault.OverLimit(gqlhttp.CodeLimit, len(v), most, "the text of %s has %d bytes; at most %d are allowed", argument, len(v), most)
		}
		n += float64(len(v) / textPerValue)
	case []any:
		for _, e := range v {
			if z.weighed > argumentsPerField*float64(z.limits.Resolved) {
				break // it will be refused
			}
			n += z.weigh(argument, e)
		}
	case map[string]any:
		for name, e := range v {
			n += z.weigh(name, e)
		}
	}
	return n
}

// enter is the place of what is selected of a field.
func (z *sizer) enter(n *node, at place) place {
	if n.name == "previous" {
		at.days = at.days.Before()
	}
	for name, value := range n.given {
		switch name {
		case "range":
			at.days = z.daysOf(value)
		case "interval":
			at.every = cube.Interval(argument[string](n.given, name))
		case "first":
			at.most = z.mostOf(n, argument[int](n.given, name))
		case "names", "projects", "representations":
			if list, ok := value.([]any); ok {
				at.most = min(len(list), z.limits.Names)
			}
		case "requirements":
			if text, ok := value.(string); ok {
				at.most = min(strings.Count(text, "\n")+1, z.limits.Names)
			}
		case "months":
			at.days, at.every = z.lastMonths(min(max(argument[int](n.given, name), 1), maxMonths)).Days, cube.Monthly
		}
	}
	return at
}

// daysOf are the days of a DateRange; none where it is wrong.
func (z *sizer) daysOf(given any) cube.Range {
	days, _ := given.(map[string]any)
	s, err := boundsOf(days).In(cube.Slice{}, z.Snap.Calendar())
	if err != nil {
		return cube.NoDays
	}
	return s.Span(z.Snap.Days)
}

// mostOf is how many elements a list with the argument first may have.
func (z *sizer) mostOf(n *node, first int) int {
	most := min(max(first, 0), z.limits.First)
	switch {
	case isUncertain(n.field):
		return 1
	case z.Indexed() && n.name != "recentReleases":
		return min(most, z.Snap.Projects.Len())
	}
	return most
}

// someOf are the lengths of lists that no argument bounds: about as many as there
// are in real data, where a list of them is long.
var someOf = map[string]int{
	"ReleaseGroup.versions": 30, "Dropping.values": 10, "Shift.releases": 2, "Series.spikes": 10, "DatasetChange.landed": 30, "DatasetChange.changed": 30,
	"__Schema.types": 60, "__Schema.directives": 8, "__Directive.locations": 8, "__Directive.args": 4,
	"__Type.fields": 12, "__Type.interfaces": 2, "__Type.possibleTypes": 4, "__Type.enumValues": 8, "__Type.inputFields": 6,
	"__Field.args": 4,
}

// bucketed are the types whose lists have an element for each interval.
var bucketed = []string{"Series", "Dropping", "GitHubSeries"}

// length is how many elements a list may have.
func (z *sizer) length(f graphql.CollectedField, at place) int {
	on := f.ObjectDefinition.Name
	if n, known := someOf[on+"."+f.Name]; known {
		return n
	}
	switch {
	case isUncertain(f):
		return 1
	case f.Name == "missing":
		return z.Snap.Calendar().CountMissing(at.days)
	case slices.Contains(bucketed, on), on == "Comparison" && f.Name == "dates":
		return cube.BucketCount(at.days, at.every)
	}
	return at.most
}

package oracle

import (
	"fmt"
	"strings"

	"clickql/internal/cube"
)

// field is one field on Downloads.
type field struct {
	name     string
	interval string
	dim      cube.Dimension
	first    int
	others   bool
	level    string // of byRelease
	derived  Derived
	// likeForLike is of change.
	likeForLike bool
	dropping    Dropping
	below       Fields // of each slice's downloads, or of previous
}

// Fields are a selection on Downloads, under the aliases f0, f1, ...
type Fields []field

// String writes the selection's inside as GraphQL.
func (list Fields) String() string {
	var d document
	d.fields(list)
	return d.b.String()
}

// document is GraphQL in the making, a line for each field.
type document struct {
	b     strings.Builder
	depth int
}

// line writes one line.
func (d *document) line(format string, args ...any) {
	d.b.WriteString(strings.Repeat("  ", d.depth))
	fmt.Fprintf(&d.b, format, args...)
	d.b.WriteByte('\n')
}

// block writes a line that opens a selection, and the selection.
func (d *document) block(head string, selection func()) {
	d.line("%s {", head)
	d.depth++
	selection()
	d.depth--
	d.line("}")
}

// fields writes the fields under the aliases f0, f1, ...
func (d *document) fields(list Fields) {
	for i, f := range list {
		switch f.name {
		case "series":
			d.line("f%d: series(interval: %s) { interval dates totals complete missing points { date total }%s }", i, f.interval, f.derived)
		case "byRelease":
			head := fmt.Sprintf("f%d: byRelease(level: %s, first: %d, others: %t)", i, f.level, f.first, f.others)
			d.block(head, func() {
				d.line("level release label total share versions series(interval: MONTH) { totals }")
				if len(f.below) > 0 {
					d.block("downloads", func() { d.fields(f.below) })
				}
			})
		case "by":
			head := fmt.Sprintf("f%d: by(dimension: %s, first: %d, others: %t)", i, f.dim, f.first, f.others)
			if len(f.below) == 0 {
				d.line("%s { dimension value label total share }", head)
				continue
			}
			d.block(head, func() {
				d.line("dimension value label total share")
				d.block("downloads", func() { d.fields(f.below) })
			})
		case "previous":
			d.block(fmt.Sprintf("f%d: previous", i), func() { d.fields(f.below) })
		case "dropping":
			d.line("f%d: dropping%s { %s }", i, f.dropping.Arguments(), droppingFields)
		case "change":
			d.line("f%d: change(likeForLike: %t)", i, f.likeForLike)
		default:
			d.line("f%d: %s", i, f.name)
		}
	}
}

// Answers is what the fields must give on the slice.
func (d *Data) Answers(s Slice, list Fields) map[string]any {
	out := map[string]any{}
	for i, f := range list {
		key := fmt.Sprintf("f%d", i)
		switch f.name {
		case "total":
			out[key] = s.Total()
		case "series":
			out[key] = f.derived.Add(d, s, f.interval, s.LoadedSeries(d, f.interval))
		case "byRelease":
			out[key] = d.byRelease(s, f)
		case "by":
			out[key] = d.split(s, f)
		case "previous":
			out[key] = nil
			if before, ok := s.Previous(); ok {
				out[key] = d.Answers(before, f.below)
			}
		case "dropping":
			out[key] = d.Dropping(s, f.dropping)
		case "change":
			out[key] = s.Change(d, f.likeForLike)
		case "missing":
			out[key] = s.Missing(d)
		}
	}
	return out
}

// split is what the field by must give.
func (d *Data) split(s Slice, f field) []any {
	list, whole := s.Split(f.dim, f.first, f.others)
	out := []any{}
	for _, v := range list {
		one := map[string]any{"dimension": string(f.dim), "value": v.Value, "label": v.Label, "total": v.Total,
			"share": float64(v.Total) / float64(whole)}
		if len(f.below) > 0 {
			one["downloads"] = d.Answers(v.Slice(), f.below)
		}
		out = append(out, one)
	}
	return out
}

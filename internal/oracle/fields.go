package oracle

import (
	"fmt"
	"strings"

	"clickql/internal/catalog"
)

// field is one field on Downloads.
type field struct {
	name     string
	interval string
	dim      catalog.Dimension
	first    int
	others   bool
	below    []field // of each slice's downloads, or of previous
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
func (d *document) fields(list []field) {
	for i, f := range list {
		switch f.name {
		case "series":
			d.line("f%d: series(interval: %s) { interval dates totals points { date total } }", i, f.interval)
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
		default:
			d.line("f%d: %s", i, f.name)
		}
	}
}

// answers is what the fields must give on the slice.
func (d *Data) answers(s Slice, list []field) map[string]any {
	out := map[string]any{}
	for i, f := range list {
		key := fmt.Sprintf("f%d", i)
		switch f.name {
		case "total":
			out[key] = s.Total()
		case "series":
			out[key] = s.Series(d, f.interval)
		case "by":
			out[key] = d.split(s, f)
		case "previous":
			out[key] = nil
			if before, ok := s.Previous(); ok {
				out[key] = d.answers(before, f.below)
			}
		case "change":
			out[key] = s.change()
		}
	}
	return out
}

// change is the relative change against the period before; nil where there is
// none.
func (s Slice) change() any {
	before, ok := s.Previous()
	if !ok {
		return nil
	}
	n := before.Total()
	if n == 0 {
		return nil
	}
	return float64(s.Total()-n) / float64(n)
}

// split is what the field by must give.
func (d *Data) split(s Slice, f field) []any {
	list, whole := s.Split(f.dim, f.first, f.others)
	out := []any{}
	for _, v := range list {
		one := map[string]any{"dimension": string(f.dim), "value": v.Value, "label": v.Label, "total": v.Total,
			"share": float64(v.Total) / float64(whole)}
		if len(f.below) > 0 {
			one["downloads"] = d.answers(v.Slice(), f.below)
		}
		out = append(out, one)
	}
	return out
}

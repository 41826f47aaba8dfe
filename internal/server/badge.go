package server

import (
	"context"
	"net/url"

	"clickql/internal/draw"
	"clickql/internal/fetch"
	"clickql/internal/query"
	"clickql/internal/render"
)

// badge is a number of downloads, as its address describes it.
type badge struct {
	scope  scope
	bounds query.Bounds
	spec   render.BadgeSpec // all but the value
}

// periods are what a badge counts; each but total ends on the newest day of the
// data and is as long as in a range of `last: 1`.
var periods = map[string]query.Interval{
	"day": query.Daily, "week": query.Weekly, "month": query.Monthly, "quarter": query.Quarterly, "year": query.Yearly,
}

// readBadge reads a badge's address: period (day, week, month, quarter, year or
// total; month), label, color, label_color, style, and the scope.
func readBadge(u *url.URL) (picture, error) {
	a := newArgs(u)
	b := badge{scope: readScope(a)}
	period, ok := a.choice("period", "day", "week", "month", "quarter", "year", "total")
	if !ok {
		period = "month"
	}
	b.spec.Label = "downloads"
	if unit, ok := periods[period]; ok {
		one := 1
		b.bounds = query.Bounds{Last: &one, Unit: unit}
		b.spec.Label += "/" + period
	}
	if label, ok := a.text("label"); ok {
		b.spec.Label = label
	}
	style, _ := a.text("style")
	var err error
	b.spec.Style, err = render.ParseBadgeStyle(style)
	a.check(err)
	b.spec.Color, b.spec.LabelColor = readColor(a, "color"), readColor(a, "label_color")
	return b, a.end()
}

// readColor reads a colour; a wrong one is an error and the default, so that
// the badge can be drawn to say so.
func readColor(a *args, name string) string {
	color, _ := a.text(name)
	if color == "" {
		return ""
	}
	if _, err := render.ParseColor(color); err != nil {
		a.check(err)
		return ""
	}
	return color
}

func (b badge) draw(ctx context.Context, op *fetch.Operation, project string) ([]byte, error) {
	slice, err := b.bounds.In(b.scope.of(project), op.Snapshot().Days)
	if err != nil {
		return nil, err
	}
	res, err := op.Load(ctx, query.TotalOf(slice))
	if err != nil {
		return nil, err
	}
	spec := b.spec
	spec.Value = render.Count(res.Total)
	d, err := render.Badge(spec)
	if err != nil {
		return nil, err
	}
	return d.SVG(draw.Light, draw.File), nil
}

func (b badge) say(_ string, n notice) []byte {
	spec := b.spec
	spec.Value, spec.State = n.text, render.Unknown
	if n.failed {
		spec.State = render.Failed
	}
	if n.wrong {
		spec.Value = n.detail
	}
	d, err := render.Badge(spec)
	if err != nil { // only the colours can be wrong, and they have been read
		return nil
	}
	return d.SVG(draw.Light, draw.File)
}

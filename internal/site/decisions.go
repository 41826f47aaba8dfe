package site

import (
	"strings"

	"clickql/internal/render"
)

// dropped is what dropping support of something would leave behind.
type dropped struct {
	Total, Reported int64
	Share           float64
	Values          []struct {
		Value string
		Share float64
	}
	MovedBy []struct {
		Change   float64
		Releases []struct{ Version string }
	}
}

// taken is how a release was taken up.
type taken struct {
	Release                       struct{ Version, UploadedAt string }
	DaysToHalf, DaysToHalfOrNewer *int64
	Peak                          float64
	Stragglers                    []struct {
		Release string
		Share   float64
	}
}

// droppings is the widget of what dropping support would leave behind.
func droppings(parts []dropping) widget {
	w := widget{ID: "dropping", Title: "Dropping support", Note: "who would be left behind", Wide: "full", Head: []string{"Without", "Share", "Mostly", "Moved most around"}, Empty: "No downloads in this range."}
	for _, p := range parts {
		if w.Error == "" {
			w.Error = p.failed
		}
		d := p.dropped
		if d == nil {
			continue
		}
		var mostly []string
		for _, v := range d.Values[:min(3, len(d.Values))] {
			mostly = append(mostly, v.Value+" "+render.Percent(v.Share))
		}
		told := cell{Text: render.Percent(d.Share), Exact: exactText(d.Total) + " of " + exactText(d.Reported) + " downloads that tell", Class: "num"}
		w.Rows = append(w.Rows, []cell{{Text: p.what}, told, {Text: orDash(mostly)}, {Text: movedText(d)}})
	}
	return w
}

// dropping is one row of it, or why there is none.
type dropping struct {
	what   string
	failed string
	*dropped
}

// movedText is what releases the share moved most around, in points of a
// percentage.
func movedText(d *dropped) string {
	if len(d.MovedBy) == 0 {
		return orDash(nil)
	}
	var versions []string
	for _, r := range d.MovedBy[0].Releases {
		versions = append(versions, r.Version)
	}
	return strings.Join(versions, ", ") + ": " + pointsText(d.MovedBy[0].Change)
}

// impactOf is the widget of how releases were taken up.
func impactOf(releases []taken, failed string) widget {
	w := widget{ID: "impact", Title: "Release impact", Note: "days until half of the downloads", Wide: "full", Head: []string{"Release", "Itself", "Or newer", "Peak", "Still behind"}, Error: failed, Empty: "No release came in this range, as far as is known."}
	for _, r := range releases {
		var behind []string
		for _, s := range r.Stragglers {
			behind = append(behind, s.Release+" "+render.Percent(s.Share))
		}
		w.Rows = append(w.Rows, []cell{{Text: r.Release.Version, Exact: "released " + dayText(r.Release.UploadedAt)}, daysCell(r.DaysToHalf), daysCell(r.DaysToHalfOrNewer), parted(r.Peak), {Text: orDash(behind)}})
	}
	return w
}

// daysCell is a cell with a number of days, or what stands for none.
func daysCell(n *int64) cell {
	if n == nil {
		return cell{Text: orDash(nil), Class: "num"}
	}
	return cell{Text: exactText(*n), Class: "num"}
}

// orDash is a list as text.
func orDash(list []string) string {
	if len(list) == 0 {
		return "–"
	}
	return strings.Join(list, ", ")
}

package query

import (
	"fmt"
	"slices"

	"clickql/internal/catalog"
)

// Bounds is a range as a client writes it: from and to (each optional), or the
// last N units ending on the newest day of the data; nothing for all time.
type Bounds struct {
	From, To *catalog.Day
	Last     *int
	Unit     Interval // of Last; Daily where empty
}

// maxLast bounds Last so that no calendar arithmetic overflows: more days than
// ClickHouse's Date can tell apart.
const maxLast = int(catalog.MaxDay)

// In is the slice s within the bounds, for data that spans the days of snap.
// A bound that is left open is the data's own first or last day. Errors are
// *Error with BadUserInput.
func (b Bounds) In(s Slice, data catalog.Range) (Slice, error) {
	switch {
	case b.Last != nil && (b.From != nil || b.To != nil):
		return s, badInput("a range has either from/to or last, not both")
	case b.Last != nil:
		days, err := lastUnits(*b.Last, b.Unit, data)
		s.AllTime, s.Days = false, days
		return s, err
	case b.From == nil && b.To == nil:
		s.AllTime, s.Days = true, catalog.Range{}
		return s, nil
	}
	s.AllTime, s.Days = false, data
	if b.From != nil {
		s.Days.From = *b.From
	}
	if b.To != nil {
		s.Days.To = *b.To
	}
	if b.From != nil && b.To != nil && s.Days.Empty() {
		return s, badInput("from (%s) is after to (%s)", b.From, b.To)
	}
	return s, nil
}

// lastUnits is the run of n units that ends on the data's last day.
func lastUnits(n int, unit Interval, data catalog.Range) (catalog.Range, error) {
	if n < 1 || n > maxLast {
		return catalog.Range{}, badInput("last is %d; it must be between 1 and %d", n, maxLast)
	}
	if data.Empty() {
		return data, nil
	}
	from := data.To + 1
	switch unit {
	case Daily, "":
		from -= catalog.Day(n)
	case Weekly:
		from -= catalog.Day(7 * n)
	case Monthly:
		from = from.AddMonths(-n)
	case Quarterly:
		from = from.AddMonths(-3 * n)
	case Yearly:
		from = from.AddMonths(-12 * n)
	default:
		return catalog.Range{}, badInput("%q is not an interval", unit)
	}
	return catalog.Range{From: max(from, 0), To: data.To}, nil
}

// Previous is the same slice over the period of equal length just before its
// range; ok is false for all time, which has no before.
func (s Slice) Previous() (before Slice, ok bool) {
	if s.AllTime {
		return s, false
	}
	n := catalog.Day(s.Days.Days())
	s.Days = catalog.Range{From: s.Days.From - n, To: s.Days.From - 1}
	return s, true
}

// MirrorInstallers are the installers whose downloads are copies for a mirror
// and not installs.
var MirrorInstallers = []string{"Artifactory", "bandersnatch", "devpi", "z3c.pypimirror"}

// WithoutMirrors is the slice without the downloads of known mirroring tools.
func (s Slice) WithoutMirrors() Slice {
	return s.Narrow(Condition{Dim: catalog.Installer, Not: true, Values: slices.Clone(MirrorInstallers)})
}

// badInput is an error in the question itself.
func badInput(format string, args ...any) *Error {
	return &Error{Code: BadUserInput, Message: fmt.Sprintf(format, args...)}
}

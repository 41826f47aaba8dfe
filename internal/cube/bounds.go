package cube

import "clickql/internal/fault"

// Bounds is a range as a client writes it: from and to (each optional), or the
// last N units ending on the newest settled day; nothing for all time.
type Bounds struct {
	From, To *Day
	Last     *int
	Unit     Interval // of Last; Daily where empty, which it is without Last
}

// maxLast bounds Last so that no calendar arithmetic overflows: more days than
// ClickHouse's Date can tell apart.
const maxLast = int(MaxDay)

// In is the slice s within the bounds, for data of the days that the calendar has.
// A bound that is left open is the data's own first or last day, settled or not.
// Errors are *fault.Error with BadUserInput.
func (b Bounds) In(s Slice, c Calendar) (Slice, error) {
	switch {
	case b.Last != nil && (b.From != nil || b.To != nil):
		return s, fault.BadInput("a range has either from/to or last, not both")
	case b.Last != nil:
		days, err := lastUnits(*b.Last, b.Unit, c.Settled())
		return s.On(days), err
	case b.Unit != "":
		return s, fault.BadInput("a range has unit (%s) without last, which it is the unit of: write {last: 3, unit: %[1]s}, or leave unit out", b.Unit)
	case b.From == nil && b.To == nil:
		s.AllTime, s.Days = true, Range{}
		return s, nil
	}
	s = s.On(c.Days)
	if b.From != nil {
		s.Days.From = *b.From
	}
	if b.To != nil {
		s.Days.To = *b.To
	}
	if b.From != nil && b.To != nil && s.Days.Empty() {
		return s, fault.BadInput("from (%s) is after to (%s)", b.From, b.To)
	}
	return s, nil
}

// lastUnits is the run of n units that ends on the last of the settled days.
func lastUnits(n int, unit Interval, settled Range) (Range, error) {
	if n < 1 || n > maxLast {
		return Range{}, fault.BadInput("last is %d; it must be between 1 and %d", n, maxLast)
	}
	if settled.Empty() {
		return NoDays, nil
	}
	from := settled.To + 1
	switch unit {
	case Daily, "":
		from -= Day(n)
	case Weekly:
		from -= Day(7 * n)
	case Monthly:
		from = from.AddMonths(-n)
	case Quarterly:
		from = from.AddMonths(-3 * n)
	case Yearly:
		from = from.AddMonths(-12 * n)
	default:
		return Range{}, fault.BadInput("%q is not an interval", unit)
	}
	return Range{From: max(from, 0), To: settled.To}, nil
}

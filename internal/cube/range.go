package cube

// Range is a run of days, inclusive at both ends; empty where To < From.
type Range struct{ From, To Day }

// NoDays is a range that holds no day.
var NoDays = Range{From: 0, To: -1}

// Empty reports that the range holds no day.
func (r Range) Empty() bool { return r.To < r.From }

// Days is the number of days in the range.
func (r Range) Days() int {
	if r.Empty() {
		return 0
	}
	return int(r.To-r.From) + 1
}

// Before is the range of as many days just before.
func (r Range) Before() Range { return Range{From: r.From - Day(r.Days()), To: r.From - 1} }

// Contains reports that every day of o is in r. An empty o is in every range.
func (r Range) Contains(o Range) bool { return o.Empty() || r.From <= o.From && o.To <= r.To }

// Within is the part of r that lies in o.
func (r Range) Within(o Range) Range { return Range{From: max(r.From, o.From), To: min(r.To, o.To)} }

// Hull is the smallest range with all days of both.
func (r Range) Hull(o Range) Range {
	switch {
	case r.Empty():
		return o
	case o.Empty():
		return r
	}
	return Range{From: min(r.From, o.From), To: max(r.To, o.To)}
}

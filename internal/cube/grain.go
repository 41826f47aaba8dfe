package cube

// Grain is the finest step of time that a table keeps apart.
type Grain int

// The grains, finest first.
const (
	GrainDay   Grain = iota // a day column in the key
	GrainMonth              // a month column in the key, holding the month's first day
	GrainNone               // no time in the key: all time only
)

// Step is the first day of the step that holds the day, 0 for all time.
func (g Grain) Step(d Day) Day {
	switch g {
	case GrainDay:
		return d
	case GrainMonth:
		return d.StartOfMonth()
	}
	return 0
}

// Next is the first day of the following step of days or months.
func (g Grain) Next(d Day) Day {
	if g == GrainMonth {
		return d.StartOfMonth().AddMonths(1)
	}
	return d + 1
}

// Steps is how many steps of time a range touches.
func (g Grain) Steps(r Range) int {
	switch g {
	case GrainDay:
		return r.Days()
	case GrainMonth:
		from, to := r.From.Time(), r.To.Time()
		return (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month()) + 1
	}
	return 1
}

package sample

import "math"

// life is the rise and decline of a system, an installer's version or the like.
type life struct {
	from day
	// rise is the number of years until most of those who will have it do;
	// stay the years from the first release until it declines; fade the
	// years in which it then loses two thirds. 0 for fade: it stays.
	rise, stay, fade float64
}

// at is the part of its followers, 0 to 1, that it has on a day.
func (l life) at(d day) float64 {
	age := years(l.from, d)
	if age <= 0 {
		return 0
	}
	x := 1.0
	if l.rise > 0 {
		r := 1.4 * age / l.rise
		x = 1 - math.Exp(-r*r)
	}
	if l.fade > 0 && age > l.stay {
		x *= math.Exp(-(age - l.stay) / l.fade)
	}
	return x
}

// always is the life of what was there before and stays.
func always() life { return life{from: earliest() - 365} }

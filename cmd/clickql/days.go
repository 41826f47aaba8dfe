package main

import (
	"time"

	"github.com/spf13/pflag"
)

// dayFlags name a day or a range of days.
type dayFlags struct{ date, from, to string }

// define adds the flags; verb says what is done with the days.
func (d *dayFlags) define(flags *pflag.FlagSet, verb string) {
	flags.StringVar(&d.date, "date", "", verb+" one `day`, as 2024-01-31")
	flags.StringVar(&d.from, "from", "", verb+" from this `day` on")
	flags.StringVar(&d.to, "to", "", verb+" up to this `day`, included")
}

// parse reads the days; both are zero where none are given.
func (d *dayFlags) parse() (from, to time.Time, err error) {
	if d.date != "" {
		if d.from != "" || d.to != "" {
			return from, to, usagef("give --date, or --from and --to")
		}
		d.from, d.to = d.date, d.date
	}
	if from, err = parseDay(d.from); err != nil {
		return from, to, err
	}
	to, err = parseDay(d.to)
	return from, to, err
}

// span reads days that must be given.
func (d *dayFlags) span() (from, to time.Time, err error) {
	from, to, err = d.parse()
	if err == nil && (from.IsZero() || to.IsZero()) {
		err = usagef("give --date, or both --from and --to")
	}
	if err == nil && to.Before(from) {
		err = usagef("--to %s comes before --from %s", d.to, d.from)
	}
	return from, to, err
}

// parseDay reads a day; empty is none.
func parseDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return d, usagef("%q is not a day as 2024-01-31", s)
	}
	return d, nil
}

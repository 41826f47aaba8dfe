package sample

import (
	"errors"
	"fmt"
	"time"
)

// ErrOptions is wrapped by every error about arguments out of range.
var ErrOptions = errors.New("invalid sample options")

// Options are the arguments that determine a sample. Equal options give equal
// rows.
type Options struct {
	// Dir receives the files. It is created where missing. Files of an
	// earlier sample in it are replaced.
	Dir string `json:"-"`
	// Rows is the number of downloads over all days.
	Rows int64 `json:"rows"`
	// Days is the number of days, the last of which is Until.
	Days int `json:"days"`
	// Projects is the number of projects: the best known first, invented ones
	// after them.
	Projects int `json:"projects"`
	// Seed varies every random choice.
	Seed uint64 `json:"seed"`
	// Until is the last day, in UTC.
	Until time.Time `json:"until"`
}

// Bounds of Options.
const (
	maxRows     = 100_000_000_000
	maxDays     = 4500
	maxProjects = 100_000
)

// defaultUntil is the last day of the default sample, 2026-10-31. It is fixed,
// so that the default is the same whenever it is made.
const defaultUntil = day(20757)

// Defaults are the arguments of a sample that is made in seconds and has
// something to show on every page: rising, fading, new and stale projects over
// more than a year.
func Defaults() Options {
	return Options{Rows: 3_000_000, Days: 400, Projects: len(knownProjects()), Seed: 1, Until: defaultUntil.time()}
}

// earliest and latest bound the days for which projects, Pythons and installers
// are modelled.
func earliest() day { return dayOf(2013, time.July, 1) }
func latest() day   { return dayOf(2035, time.December, 31) }

// Validate reports the first argument out of range, wrapping ErrOptions.
func (o Options) Validate() error {
	last := dayAt(o.Until)
	first := last - day(o.Days) + 1
	switch {
	case o.Rows < 0 || o.Rows > maxRows:
		return fmt.Errorf("%w: rows is %d; give a number from 0 to %d", ErrOptions, o.Rows, int64(maxRows))
	case o.Days < 1 || o.Days > maxDays:
		return fmt.Errorf("%w: days is %d; give a number from 1 to %d", ErrOptions, o.Days, maxDays)
	case o.Projects < 1 || o.Projects > maxProjects:
		return fmt.Errorf("%w: projects is %d; give a number from 1 to %d", ErrOptions, o.Projects, maxProjects)
	case last > latest():
		return fmt.Errorf("%w: until is %s; give a day not after %s", ErrOptions, last, latest())
	case first < earliest():
		return fmt.Errorf("%w: the first of %d days until %s is %s; nothing is modelled before %s: give a later day or fewer days",
			ErrOptions, o.Days, last, first, earliest())
	}
	return nil
}

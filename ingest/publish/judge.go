package publish

import (
	"errors"
	"fmt"
)

// landing is what happened to one partition's move.
type landing int

const (
	notLanded landing = iota // the target lacks it: move it
	landed                   // the target holds it: drop what is left in staging
	foreign                  // the target's total is neither: somebody else wrote
	vanished                 // it is in neither place
)

// judgeMove tells from the totals whether a move of one part happened. The
// target's part appears by one rename and totals do not change under merges,
// so a total is either before or before plus delta. staged says that the
// private table still holds rows; after a landed move it may (the move's second
// half clears it).
func judgeMove(before, delta, found int64, staged bool) landing {
	switch {
	case found == before+delta:
		return landed
	case found != before:
		return foreign
	case staged:
		return notLanded
	default:
		return vanished
	}
}

// judgeIdempotent is judgeMove for a table into which the same rows may be
// moved twice without a change of meaning, such as first and last days.
func judgeIdempotent(staged bool) landing {
	if staged {
		return notLanded
	}
	return landed
}

// judgeSwap tells from UUIDs whether a swap has happened: public and staged are
// those of the tables that go by these names now, empty where there is none.
func judgeSwap(public, staged, want string) landing {
	switch want {
	case public:
		return landed
	case staged:
		return notLanded
	}
	return vanished
}

// ForeignError reports that a partition's total is not what this load made it:
// something else writes to the table.
type ForeignError struct {
	Batch     string
	Table     string
	Partition string
	Witness   string
	Expected  []int64 // the totals that would be right
	Found     int64
}

// Error names the table, the partition and the totals.
func (e *ForeignError) Error() string {
	expected := fmt.Sprint(e.Expected[0])
	if len(e.Expected) > 1 {
		expected = fmt.Sprintf("%d (batch %s not yet in it) or %d (in it)", e.Expected[0], e.Batch, e.Expected[1])
	}
	if e.Witness == PartsWitness {
		return fmt.Sprintf("%s does not hold what it did when its successor was built: something other than clickql ingest has written to it; stop that writer, take back what it wrote or lost, and run this again", e.Table)
	}
	part := "partition " + e.Partition + " of " + e.Table
	if e.Partition == "" {
		part = e.Table
	}
	return fmt.Sprintf("%s of %s is %d where %s is expected: something other than clickql ingest has written to it; "+
		"stop that writer, take back what it wrote or lost, and run this again", e.Witness, part, e.Found, expected)
}

// unpublishedError stands in the way of swaps of which none has happened: the
// batch may be given up, though its state is publishing.
type unpublishedError struct{ cause error }

func (e *unpublishedError) Error() string {
	f := (*ForeignError)(nil)
	switch foreign := errors.As(e.cause, &f); {
	case foreign && f.Witness == PartsWitness:
		return fmt.Sprintf("%s does not hold what it did when its successor was built: something other than clickql ingest has written to it meanwhile; stop that for a while and run this again; nothing was changed", f.Table)
	case foreign && f.Partition != "":
		return fmt.Sprintf("partition %s of %s had %d rows when it was to be dropped and has %d: something has written to it meanwhile; stop that for a while and run this again; nothing was changed",
			f.Partition, f.Table, f.Expected[0], f.Found)
	case foreign:
		return fmt.Sprintf("%s of %s was %d when its successor was built and is %d: something other than clickql ingest has written to it meanwhile; stop that for a while and run this again; nothing was changed",
			f.Witness, f.Table, f.Expected[0], f.Found)
	}
	return e.cause.Error() + "; nothing was changed"
}

func (e *unpublishedError) Unwrap() error { return e.cause }

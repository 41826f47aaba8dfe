package ingest

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

package ingest

import "fmt"

// State is how far a batch has come. A batch's state is the greatest that the
// ledger holds of it, so the order of its lines, and every clock, is without
// meaning. Failed is greater than Publishing: a line of a writer that has been
// taken over cannot revive a batch that was given up. It is only written for
// batches that have not begun to publish, or cannot any more (withdraw).
type State uint8

// The states in the order of a batch's life.
const (
	Planned    State = 1 // its files are chosen
	Staging    State = 2 // private tables are being filled
	Staged     State = 3 // private tables are complete and agree with the footers
	Publishing State = 4 // the private tables' partitions are being moved
	Done       State = 5 // everything is public
	Failed     State = 6 // given up, with nothing public; its files may be planned again
)

// String is the state's name in the ledger and in messages.
func (s State) String() string {
	switch s {
	case Planned:
		return "planned"
	case Staging:
		return "staging"
	case Staged:
		return "staged"
	case Publishing:
		return "publishing"
	case Done:
		return "done"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// Final reports that nothing is left to do for the batch.
func (s State) Final() bool { return s == Done || s == Failed }

// recovery is what a new writer does with a batch that it finds.
type recovery int

const (
	leaveAlone  recovery = iota // finished; at most its private tables are left over
	giveUp                      // nothing of it is public: drop its private tables, plan its files again
	rollForward                 // part of it may be public: finish publishing
)

// judgeBatch decides by the state alone. Only a batch whose state is
// Publishing can have made anything public, since the state is written first.
func judgeBatch(s State) recovery {
	switch s {
	case Done, Failed:
		return leaveAlone
	case Publishing:
		return rollForward
	default:
		return giveUp
	}
}

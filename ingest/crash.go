package ingest

// Step names an instant of the protocol, at which tests end the process.
type Step string

// The steps, in the order in which a batch passes them.
const (
	StepLocked        Step = "locked"
	StepRecovered     Step = "recovered"
	StepPlanned       Step = "planned"
	StepStageCreated  Step = "stage-created"
	StepRawStaged     Step = "raw-staged"
	StepTableStaged   Step = "table-staged" // once for each aggregate
	StepChecked       Step = "checked"
	StepStaged        Step = "staged"
	StepStepsWritten  Step = "steps-written"
	StepPublishing    Step = "publishing"
	StepMoved         Step = "moved" // once for each partition of each table
	StepAllMoved      Step = "all-moved"
	StepDone          Step = "done"
	StepStageDropped  Step = "stage-dropped"
	StepFileFailed    Step = "file-failed"
	StepBatchFailed   Step = "batch-failed"
	StepRolledForward Step = "rolled-forward"
)

// The further steps of a repair.
const (
	StepDayStaged Step = "day-staged" // the days' rows and their aggregates are there
	StepNextBuilt Step = "next-built" // once for each table: its successor is complete
	StepSwapped   Step = "swapped"    // once for each table: its successor is public
)

// The further steps of a backfill.
const (
	StepSnapshot    Step = "snapshot" // arrivals are collected, the source's content is kept
	StepReady       Step = "ready"    // noted
	StepRangeFilled Step = "range-filled"
)

// RepairSteps lists the steps that a repair passes and a load does not.
func RepairSteps() []Step { return []Step{StepDayStaged, StepNextBuilt, StepSwapped} }

// Steps lists them all.
func Steps() []Step {
	return []Step{StepLocked, StepRecovered, StepPlanned, StepStageCreated, StepRawStaged, StepTableStaged, StepChecked,
		StepStaged, StepStepsWritten, StepPublishing, StepMoved, StepAllMoved, StepDone, StepStageDropped,
		StepFileFailed, StepBatchFailed, StepRolledForward}
}

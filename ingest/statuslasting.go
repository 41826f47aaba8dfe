package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// BackfillStatus is a backfill that has not ended.
type BackfillStatus struct {
	Table string `json:"table"`
	// Prepared reports that what arrives is being collected; Ranges are the runs of
	// days whose history is computed since.
	Prepared bool   `json:"prepared"`
	Ranges   uint64 `json:"ranges"`
	// Writer carries it out; absent where nobody does.
	Writer *WriterStatus `json:"writer,omitempty"`
	// Stuck says why nobody is working on it, and what to do; empty while somebody is.
	Stuck string `json:"stuck,omitempty"`
}

// backfillStatuses lists the backfills that have not ended.
func backfillStatuses(ctx context.Context, s *session, lives livesFunc) ([]BackfillStatus, error) {
	all := []BackfillStatus{}
	found, err := lasting(ctx, s, lastingBackfill)
	for _, database := range slices.Sorted(maps.Keys(found)) {
		st := BackfillStatus{Table: found[database].Name}
		err := s.row(ctx, statement{
			SQL:    "SELECT countIf(startsWith(name, {done:String})), countIf(name = {ready:String}) > 0 FROM system.tables WHERE database = {database:String}",
			Params: map[string]any{"database": database, "done": fillDone, "ready": fillReady},
		}, &st.Ranges, &st.Prepared)
		if err != nil {
			return nil, fmt.Errorf("look at the backfill of %s: %w", st.Table, err)
		}
		if st.Writer, _, err = writerStatus(ctx, s.of(database, 0), lives); err != nil {
			return nil, err
		}
		if st.Writer == nil || !st.Writer.Alive {
			st.Stuck = fmt.Sprintf("its command ended: clickql ingest backfill %s carries it on, with --discard drops it; until then repair is refused", st.Table)
		}
		all = append(all, st)
	}
	return all, err
}

// ShadowStatus is a second set of tables beside the live ones.
type ShadowStatus struct {
	Name     string `json:"name"`
	Database string `json:"database"`
}

// shadowStatuses lists the shadows.
func shadowStatuses(ctx context.Context, s *session) ([]ShadowStatus, error) {
	all := []ShadowStatus{}
	found, err := lasting(ctx, s, lastingShadow)
	for _, database := range slices.Sorted(maps.Keys(found)) {
		all = append(all, ShadowStatus{found[database].Name, database})
	}
	return all, err
}

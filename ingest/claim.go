package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/chconn"
)

// claimTable stands in the private database of a batch that a helper prepares.
// It holds the helper's signs of life; its comment says who that is and, in the
// end, what came of it.
const claimTable = "_claim"

// codeDatabaseExists is ClickHouse's DATABASE_ALREADY_EXISTS.
const codeDatabaseExists = 82

// errClaimed reports that somebody else prepares the batch.
var errClaimed = errors.New("another process has claimed the batch")

// claim is the comment of a claim's table.
type claim struct {
	Holder Holder `json:"holder"`
	// Queries begins the ids of the helper's statements.
	Queries string `json:"queries"`
	// Result is there when the private database is complete, or given up.
	Result *claimResult `json:"result,omitempty"`
}

// claimResult is what a helper made of a batch.
type claimResult struct {
	Staged staged `json:"staged"`
	// Shape is that of the tables that were filled.
	Shape string `json:"shape"`
	// Failed says why the batch was given up.
	Failed string `json:"failed,omitempty"`
}

// shapeOfAll tells one set of tables and views from another.
func (d derivation) shapeOfAll() string {
	h := fnv.New64a()
	for _, t := range d.all() {
		_, _ = fmt.Fprintln(h, t.tableID, t.Create) // cannot fail
	}
	for _, v := range d.Views {
		_, _ = fmt.Fprintln(h, v.tableID, v.Source, v.Target, v.Select)
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// claimed makes the private database a helper's: from here on it gives signs of
// life. The context that it derives ends when the database has gone.
func (st *stager) claimed(ctx context.Context) (work context.Context, stop func(), err error) {
	err = st.s.run(ctx, "CREATE TABLE "+name(st.stage, claimTable)+
		" (beat UInt64) ENGINE = Memory SETTINGS min_rows_to_keep = 1, max_rows_to_keep = 1 COMMENT "+st.claimComment(nil))
	if err != nil {
		return nil, nil, fmt.Errorf("claim batch %s: %w", st.batch.Name, err)
	}
	work, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(st.cfg.Beat)
		defer tick.Stop()
		for beat := uint64(1); ; beat++ {
			err := st.s.exec(work, statement{SQL: "INSERT INTO " + name(st.stage, claimTable) + " SELECT {beat:UInt64}", Params: map[string]any{"beat": beat}})
			if gone(err) {
				cancel(errClaimLost)
			}
			select {
			case <-work.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return work, func() { cancel(nil); <-done }, nil
}

// errClaimLost reports that the batch is no longer this process's to prepare.
var errClaimLost = errors.New("the batch was taken from this process, which gave no sign of life in time, or with its writer")

// gone reports that a database or table is not there any more.
func gone(err error) bool { return chconn.Classify(err) == chconn.UnknownTable }

// claimComment is a claim as a literal.
func (st *stager) claimComment(r *claimResult) string {
	text, _ := json.Marshal(claim{Holder: st.cfg.Holder, Queries: st.s.queries(), Result: r}) // plain values: cannot fail
	return chconn.Literal(string(text))
}

// conclude tells the writer what came of the batch.
func (st *stager) conclude(ctx context.Context, r claimResult) error {
	if err := st.s.run(ctx, "ALTER TABLE "+name(st.stage, claimTable)+" MODIFY COMMENT "+st.claimComment(&r)); err != nil {
		return fmt.Errorf("hand over batch %s: %w", st.batch.Name, err)
	}
	return nil
}

// claimState is what can be seen of a claim.
type claimState struct {
	claim
	known bool  // it has its table, and says whose it is
	beat  int64 // of the last sign of life
}

// readClaim looks at the claim in a private database.
func readClaim(ctx context.Context, s *session, stage string) (claimState, error) {
	var state claimState
	err := s.each(ctx, statement{
		SQL:    "SELECT comment FROM system.tables WHERE database = {stage:String} AND name = {name:String}",
		Params: map[string]any{"stage": stage, "name": claimTable},
	}, func(rows driver.Rows) error {
		var comment string
		if err := rows.Scan(&comment); err != nil {
			return err
		}
		state.known = true
		return json.Unmarshal([]byte(comment), &state.claim)
	})
	if err != nil {
		return state, fmt.Errorf("look at the claim in %s: %w", stage, err)
	}
	if !state.known || state.Result != nil {
		return state, nil
	}
	var beat uint64
	err = s.row(ctx, statement{SQL: "SELECT max(beat) FROM " + name(stage, claimTable)}, &beat)
	if state.beat = int64(beat); gone(err) {
		state, err = claimState{}, nil
	}
	return state, err
}

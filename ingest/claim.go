package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clickql/internal/chconn"
)

// claimTable stands in the private database of a batch that a helper prepares.
// It holds the helper's signs of life; its comment says who that is and, in the
// end, what came of it.
const claimTable = "_claim"

// errClaimed reports that somebody else prepares the batch.
var errClaimed = errors.New("another process has claimed the batch")

// errClaimLost reports that the batch is no longer this process's to prepare.
var errClaimLost = errors.New("the batch was taken from this process, which gave no sign of life in time, or with its writer")

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
	// Fingerprint is that of the tables that were filled.
	Fingerprint string `json:"shape"`
	// Failed says why the batch was given up.
	Failed string `json:"failed,omitempty"`
}

// claim makes the private database a helper's: from here on it gives signs of
// life. The context that it derives ends when the database has gone.
func (st *stager) claim(ctx context.Context) (context.Context, *pulse, error) {
	id := tableID{st.stage, claimTable}
	if err := createPulse(ctx, st.s, id, st.claimText(nil), false); err != nil {
		return nil, nil, fmt.Errorf("claim batch %s: %w", st.batch.Name, err)
	}
	ctx, p := startPulse(ctx, st.s, id, st.cfg.Beat, errClaimLost)
	return ctx, p, nil
}

// claimText is a claim as a comment.
func (st *stager) claimText(r *claimResult) string {
	text, _ := json.Marshal(claim{Holder: st.cfg.Holder, Queries: st.s.queries(), Result: r}) // plain values: cannot fail
	return string(text)
}

// conclude tells the writer what came of the batch. Where the claim has gone with
// its database there is nobody to tell.
func (st *stager) conclude(ctx context.Context, r claimResult) error {
	err := st.s.run(ctx, "ALTER TABLE "+name(st.stage, claimTable)+" MODIFY COMMENT "+chconn.Literal(st.claimText(&r)))
	if gone(err) {
		return nil
	}
	return failing(err, "hand over batch %s", st.batch.Name)
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
	comments, err := s.texts(ctx, statement{
		SQL:    "SELECT comment FROM system.tables WHERE database = {stage:String} AND name = {name:String}",
		Params: map[string]any{"stage": stage, "name": claimTable},
	})
	for _, comment := range comments {
		state.known = true
		err = json.Unmarshal([]byte(comment), &state.claim)
	}
	if err != nil {
		return state, fmt.Errorf("look at the claim in %s: %w", stage, err)
	}
	if !state.known || state.Result != nil {
		return state, nil
	}
	if state.beat, err = readPulse(ctx, s, tableID{stage, claimTable}); state.beat < 0 {
		return claimState{}, err
	}
	return state, err
}

// claimVerdict is what the writer does about a helper's claim.
type claimVerdict int

const (
	claimAlive claimVerdict = iota // leave it to the helper
	claimReady                     // publish it
	claimVoid                      // prepare the batch anew, in another private database
)

// judge decides. What a helper says is taken only where it filled the very tables
// that are to be published.
func (c claimState) judge(last *sighting, cfg Config, fingerprint string, now time.Time, alive func(pid int) bool) claimVerdict {
	switch {
	case c.Result != nil && c.Result.Failed == "" && c.Result.Fingerprint == fingerprint:
		return claimReady
	case c.Result != nil:
		return claimVoid
	case c.known && last.sees(c.beat, now):
		return claimAlive
	case c.known && c.Holder.ended(cfg.Holder, alive), last.lapsed(cfg.Lease, now):
		return claimVoid
	}
	return claimAlive
}

package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// claimTable stands in the private database of a batch that a helper prepares.
// It holds the helper's signs of life; its comment says who that is and, in the
// end, what came of it.
const claimTable = "_claim"

// ErrClaimed reports that somebody else prepares the batch.
var ErrClaimed = errors.New("another process has claimed the batch")

// errClaimLost reports that the batch is no longer this process's to prepare.
var errClaimLost = errors.New("the batch was taken from this process, which gave no sign of life in time, or with its writer")

// claim is the comment of a claim's table.
type claim struct {
	Holder ledger.Holder `json:"holder"`
	// Queries begins the ids of the helper's statements.
	Queries string `json:"queries"`
	// Result is there when the private database is complete, or given up.
	Result *ClaimResult `json:"result,omitempty"`
}

// ClaimResult is what a helper made of a batch.
type ClaimResult struct {
	Counts Counts `json:"staged"`
	// Fingerprint is that of the tables that were filled.
	Fingerprint string `json:"shape"`
	// Failed says why the batch was given up.
	Failed string `json:"failed,omitempty"`
}

// Claim makes the private database a helper's: from here on it gives signs of
// life. The context that it derives ends when the database has gone.
func (st *Stager) Claim(ctx context.Context) (context.Context, *ledger.Pulse, error) {
	id := tables.ID{Database: st.Stage, Table: claimTable}
	if err := ledger.CreatePulse(ctx, st.S, id, st.claimText(nil), false); err != nil {
		return nil, nil, fmt.Errorf("claim batch %s: %w", st.batch.Name, err)
	}
	ctx, p := ledger.StartPulse(ctx, st.S, id, st.cfg.Beat, errClaimLost)
	return ctx, p, nil
}

// claimText is a claim as a comment.
func (st *Stager) claimText(r *ClaimResult) string {
	text, _ := json.Marshal(claim{Holder: st.cfg.Holder, Queries: st.S.Queries(), Result: r}) // plain values: cannot fail
	return string(text)
}

// Conclude tells the writer what came of the batch. Where the claim has gone with
// its database there is nobody to tell.
func (st *Stager) Conclude(ctx context.Context, r ClaimResult) error {
	err := st.S.Do(ctx, "ALTER TABLE "+session.Name(st.Stage, claimTable)+" MODIFY COMMENT "+chconn.Literal(st.claimText(&r)))
	if session.Gone(err) {
		return nil
	}
	return session.Wrap(err, "hand over batch %s", st.batch.Name)
}

// claimState is what can be seen of a claim.
type claimState struct {
	claim
	known bool  // it has its table, and says whose it is
	beat  int64 // of the last sign of life
}

// ReadClaim looks at the claim in a private database.
func ReadClaim(ctx context.Context, s *session.Session, stage string) (claimState, error) {
	var state claimState
	comments, err := s.Texts(ctx, session.SQL("SELECT comment FROM system.tables WHERE database = {stage:String} AND name = {name:String}", "stage", stage, "name", claimTable))
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
	if state.beat, err = ledger.ReadPulse(ctx, s, tables.ID{Database: stage, Table: claimTable}); state.beat < 0 {
		return claimState{}, err
	}
	return state, err
}

// claimVerdict is what the writer does about a helper's claim.
type claimVerdict int

// The verdicts.
const (
	ClaimAlive claimVerdict = iota // leave it to the helper
	ClaimReady                     // publish it
	ClaimVoid                      // prepare the batch anew, in another private database
)

// Judge decides. What a helper says is taken only where it filled the very tables
// that are to be published.
func (c claimState) Judge(last *ledger.Sighting, cfg config.Config, fingerprint string, now time.Time, alive func(pid int) bool) claimVerdict {
	switch {
	case c.Result != nil && c.Result.Failed == "" && c.Result.Fingerprint == fingerprint:
		return ClaimReady
	case c.Result != nil:
		return ClaimVoid
	case c.known && last.Sees(c.beat, now):
		return ClaimAlive
	case c.known && c.Holder.Ended(cfg.Holder, alive), last.Lapsed(cfg.Lease, now):
		return ClaimVoid
	}
	return ClaimAlive
}

package ingest

import (
	"maps"
	"slices"
	"time"

	"clickql/ingest/ledger"
)

// ShardStatus is the status of one shard.
type ShardStatus struct {
	Shard  uint32 `json:"shard"`
	Server string `json:"server"` // the replica that was asked
	Status
}

// together is what the statuses of shards say as one.
func together(database string, of []ShardStatus) Status {
	st := Status{Database: database, Shards: of, Kinds: []KindStatus{}, InHand: []BatchStatus{}, Failed: []FailedFile{}, Backfills: []BackfillStatus{}, Shadows: []ShadowStatus{}}
	kinds := map[ledger.Kind]KindStatus{}
	for i, sh := range of {
		for _, k := range sh.Kinds {
			kinds[k.Kind] = k.and(kinds[k.Kind])
		}
		st.InHand, st.Failed = append(st.InHand, sh.InHand...), append(st.Failed, sh.Failed...)
		st.Backfills, st.Shadows = append(st.Backfills, sh.Backfills...), append(st.Shadows, sh.Shadows...)
		if i == 0 {
			st.Writer = sh.Writer
		}
	}
	for _, kind := range []ledger.Kind{ledger.Downloads, ledger.Projects} {
		if k, has := kinds[kind]; has {
			st.Kinds = append(st.Kinds, k)
		}
	}
	return st
}

// and adds what is loaded elsewhere. Speeds add up: shards are loaded side by side.
func (k KindStatus) and(other KindStatus) KindStatus {
	rejected := maps.Clone(k.Rejected)
	for reason, n := range other.Rejected {
		if rejected == nil {
			rejected = map[string]uint64{}
		}
		rejected[reason] += n
	}
	k.Files, k.Bytes, k.Rows, k.Batches = k.Files+other.Files, k.Bytes+other.Bytes, k.Rows+other.Rows, k.Batches+other.Batches
	k.Rejected, k.NewestDay, k.RowsPerSecond = rejected, max(k.NewestDay, other.NewestDay), k.RowsPerSecond+other.RowsPerSecond
	k.LastAt = slices.MaxFunc([]time.Time{k.LastAt, other.LastAt}, time.Time.Compare)
	return k
}

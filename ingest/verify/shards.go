package verify

import (
	"context"
	"fmt"
	"slices"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/find"
	"clickql/ingest/ledger"
	"clickql/ingest/shards"
)

// Shard is the report of one shard.
type Shard struct {
	Shard  uint32 `json:"shard"`
	Server string `json:"server"` // the replica that was asked
	Report
}

// Over is Tables for each shard, of the files that its ledger holds. Files that no
// ledger holds are told of with the first, and those that several hold beside all: their
// rows count twice.
func Over(ctx context.Context, cfg config.Config, all shards.Shards, quick bool, sources []string) (Report, error) {
	out := empty(cfg, quick)
	if err := cfg.AllSources(cfg.Session()).Known(sources); err != nil {
		return out, err
	}
	finders := make([]*find.Finder, len(all))
	for i, sh := range all {
		finders[i] = find.New(sh.Config.Session(), sh.Config, ledger.Downloads)
	}
	cfg.Progress.Phase("listing files")
	objects, twice, err := find.ByHolder(ctx, finders, sources)
	if err != nil {
		return out, err
	}
	out.Agrees = len(twice) == 0
	for _, name := range twice {
		out.Problems = append(out.Problems, count.FileProblem{Name: name, State: "twice", Reason: "several shards have loaded it, so that its rows count as often: take it out of all but one, " +
			"by dropping the partitions of its days there and loading the others of these days under other names"})
	}
	for i, sh := range all {
		sh.Config.RepeatShard = fmt.Sprintf(" --shard %d", sh.Number)
		one, err := holding(ctx, sh.Config, quick, sources, objects[i])
		out.Shards = append(out.Shards, Shard{sh.Number, sh.Server, one})
		if err != nil {
			out.Agrees = false
			return out, sh.Config.OfShard(err)
		}
		out.add(one)
	}
	out.Files.Listed -= len(twice)
	return out, nil
}

// add adds the report of a shard.
func (r *Report) add(shard Report) {
	r.Agrees = r.Agrees && shard.Agrees
	r.Rows, r.Rejected = r.Rows+shard.Rows, r.Rejected+shard.Rejected
	r.Files = r.Files.Plus(shard.Files)
	for _, remedy := range shard.Remedies {
		if !slices.Contains(r.Remedies, remedy) {
			r.Remedies = append(r.Remedies, remedy)
		}
	}
}

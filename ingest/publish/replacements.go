package publish

import (
	"context"
	"maps"
	"slices"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
)

// Where replicas keep a table no other can take its place on all of them at once: its
// partitions are replaced instead, each with one transaction in Keeper. A partition that
// is replaced by the same again holds what it did, so that nothing is lost where it is
// not known whether that has happened.

// replacements put those partitions of a staged table in the places of a public one's
// that differ from them. What hard links have brought over does not.
func (p *publisher) replacements(ctx context.Context, batch, stage, staged string, public tables.Target) ([]ledger.Swap, error) {
	if err := p.catchUp(ctx, public.ID); err != nil {
		return nil, err
	}
	here, err := partitionDigests(ctx, p.s, public.ID)
	if err != nil {
		return nil, err
	}
	there, err := partitionDigests(ctx, p.s, tables.ID{Database: stage, Table: staged})
	if err != nil {
		return nil, err
	}
	all := maps.Clone(here)
	maps.Copy(all, there)
	var swaps []ledger.Swap
	for _, partition := range slices.Sorted(maps.Keys(all)) {
		if here[partition] == there[partition] {
			continue
		}
		l := ledger.Swap{Batch: batch, Verb: string(ledger.Replace), Database: public.Database, Table: public.Table, Copy: staged, UUID: partition, At: p.cfg.Now()}
		if !public.Witness.Idempotent {
			l.Witness = public.Witness.Expr
			if l.Before, err = p.total(ctx, tables.Partition{Table: public.ID, Name: partition}, l.Witness); err != nil {
				return nil, err
			}
		}
		swaps = append(swaps, l)
	}
	return swaps, nil
}

// partitionDigests tells partitions of equal parts by equal texts.
func partitionDigests(ctx context.Context, s *session.Session, id tables.ID) (map[string]string, error) {
	type line struct{ partition, digest string }
	lines, err := session.Scan(ctx, s, session.SQL(`SELECT partition_id, toString(groupArray(hash)) FROM
			(SELECT partition_id, hash_of_all_files AS hash FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active AND rows > 0 ORDER BY hash)
			GROUP BY partition_id`, "database", id.Database, "table", id.Table), func(l *line) []any { return []any{&l.partition, &l.digest} })
	digests := map[string]string{}
	for _, l := range lines {
		digests[l.partition] = l.digest
	}
	return digests, session.Wrap(err, "look at the parts of %s", id)
}

// judgeReplacement tells by the totals whether a partition was replaced. Where the one
// before is that of its successor, or there is none, it is replaced again.
func (p *publisher) judgeReplacement(ctx context.Context, stage string, l ledger.Swap) (verdict landing, found int64, err error) {
	if err := p.catchUp(ctx, l.Public()); err != nil || l.Witness == "" {
		return notLanded, 0, err
	}
	if found, err = p.total(ctx, tables.Partition{Table: l.Public(), Name: l.UUID}, l.Witness); err != nil {
		return foreign, 0, err
	}
	then, err := p.total(ctx, tables.Partition{Table: tables.ID{Database: stage, Table: l.Copy}, Name: l.UUID}, l.Witness)
	switch found {
	case l.Before:
		return notLanded, found, err
	case then:
		return landed, found, err
	}
	return foreign, found, err
}

// replace replaces one partition; by nothing where the successor has none of it.
func (p *publisher) replace(ctx context.Context, stage string, l ledger.Swap) error {
	held, err := p.holds(ctx, stage, ledger.Move{Copy: l.Copy, Partition: l.UUID})
	if err != nil {
		return err
	}
	sql := "ALTER TABLE " + l.Public().String() + " DROP PARTITION ID {partition:String}"
	if held {
		sql = "ALTER TABLE " + l.Public().String() + " REPLACE PARTITION ID {partition:String} FROM " + session.Name(stage, l.Copy)
	}
	return session.Wrap(p.s.Exec(ctx, session.SQL(sql, "partition", l.UUID)), "replace partition %s of %s by that of batch %s", l.UUID, l.Public(), l.Batch)
}

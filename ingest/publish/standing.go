package publish

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// A partition's total is known without reading it as long as it is made of the parts
// that it was made of when it was added up, or of merges of these, and is added up
// again from new parts alone where it has got some. So what a load reads grows with what
// it brings, and not with what is there. The ledger keeps totals with the names of the
// parts for the next command: each line is true for as long as these are found.
//
// Parts tell that by their names: blocks and the version of the last mutation. Where a
// part holds blocks from before and since, some are gone, or mutations came, the
// partition is read as a whole.

// held is what the server says of one part.
type held struct {
	name     string
	rows     int64
	min, max int64 // blocks
	mutation int64
}

// parsePart reads a part's name: PARTITION_MIN_MAX_LEVEL or PARTITION_MIN_MAX_LEVEL_MUTATION.
func parsePart(partition, name string, rows int64) (held, bool) {
	numbers := strings.Split(strings.TrimPrefix(name, partition+"_"), "_")
	if len(numbers) != 3 && len(numbers) != 4 {
		return held{}, false
	}
	values := make([]int64, 4)
	for i, text := range numbers {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return held{}, false
		}
		values[i] = n
	}
	return held{name, rows, values[0], values[1], values[3]}, true
}

// within reports that a part lies in another.
func (h held) within(o held) bool { return o.min <= h.min && h.max <= o.max }

// since lists the parts that came after some others; ok is false where it cannot be
// told which rows these are.
func since(before, now []held) (added []held, ok bool) {
	last, mutation := int64(-1), int64(0)
	for _, b := range before {
		last, mutation = max(last, b.max), max(mutation, b.mutation)
		if !slices.ContainsFunc(now, b.within) {
			return nil, false
		}
	}
	for _, n := range now {
		switch {
		case n.mutation > mutation:
			return nil, false
		case n.min > last:
			added = append(added, n)
		case n.max > last || !slices.ContainsFunc(before, func(b held) bool { return b.within(n) }):
			return nil, false
		}
	}
	return added, true
}

// standing is a partition's total, and the parts that it was added up from.
type standing struct {
	uuid  string
	total int64
	parts []held
}

// partsOf lists the parts of partitions, with the tables' UUIDs. A partition without
// any is there without parts.
func (p *publisher) partsOf(ctx context.Context, ids []tables.Partition) (map[tables.Partition]standing, error) {
	of := map[tables.ID]bool{}
	for _, id := range ids {
		of[id.Table] = true
	}
	type line struct {
		database, table, partition, name, uuid string
		rows                                   int64
	}
	names := make([]string, 0, len(of))
	for id := range of {
		names = append(names, "("+chconn.Literal(id.Database)+", "+chconn.Literal(id.Table)+")")
	}
	slices.Sort(names)
	lines, err := session.Scan(ctx, p.s, session.SQL(`SELECT t.database, t.name, p.partition_id, p.name, toString(t.uuid), toInt64(p.rows) FROM system.tables AS t
			LEFT JOIN (SELECT database, table, partition_id, name, rows FROM system.parts WHERE (database, table) IN (`+strings.Join(names, ", ")+`) AND active AND rows > 0) AS p
				ON t.database = p.database AND t.name = p.table WHERE (t.database, t.name) IN (`+strings.Join(names, ", ")+`)`),
		func(l *line) []any { return []any{&l.database, &l.table, &l.partition, &l.name, &l.uuid, &l.rows} })
	found, uuids := map[tables.Partition]standing{}, map[tables.ID]string{}
	for _, l := range lines {
		id := tables.Partition{Table: tables.ID{Database: l.database, Table: l.table}, Name: l.partition}
		uuids[id.Table] = l.uuid
		if l.name == "" {
			continue
		}
		part, ok := parsePart(l.partition, l.name, l.rows)
		if !ok {
			return nil, fmt.Errorf("look at the parts of %s: there is one with the name %s", id.Table, l.name)
		}
		s := found[id]
		s.parts = append(s.parts, part)
		found[id] = s
	}
	for _, id := range ids {
		s := found[id]
		s.uuid = uuids[id.Table]
		found[id] = s
	}
	return found, session.Wrap(err, "look at the parts of the tables")
}

// recall reads from the ledger what is known of tables' partitions; nothing where
// replicas keep them, whose parts come and go by themselves.
func (p *publisher) recall(ctx context.Context, witnesses map[tables.Partition]string) (map[tables.Partition]standing, error) {
	known := map[tables.Partition]standing{}
	if p.cfg.Shared || len(witnesses) == 0 {
		return known, nil
	}
	names := map[string]bool{}
	for id := range witnesses {
		names[id.Name] = true
	}
	lines, err := ledger.Of(p.s).Totals(ctx, slices.Sorted(maps.Keys(names)))
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		id := tables.Partition{Table: tables.ID{Database: l.Database, Table: l.Table}, Name: l.Partition}
		if witnesses[id] != l.Witness {
			continue
		}
		s, complete := standing{uuid: l.UUID, total: l.Total}, true
		for _, name := range l.Parts {
			part, ok := parsePart(l.Partition, name, 0)
			s.parts, complete = append(s.parts, part), complete && ok
		}
		if complete {
			known[id] = s
		}
	}
	return known, nil
}

// addUp computes the witnesses of some partitions: from what is known of them and the
// parts that came since, or as a whole.
func (p *publisher) addUp(ctx context.Context, witnesses map[tables.Partition]string) (map[tables.Partition]standing, error) {
	ids := slices.SortedFunc(maps.Keys(witnesses), func(a, b tables.Partition) int {
		return cmp.Or(cmp.Compare(a.Table.String(), b.Table.String()), cmp.Compare(a.Name, b.Name))
	})
	if len(ids) == 0 {
		return nil, nil
	}
	now, err := p.partsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	whole := map[tables.Partition]string{}
	from := map[tables.Partition][]held{}
	for _, id := range ids {
		before, known := p.standings[id]
		added, ok := since(before.parts, now[id].parts)
		if known && ok && before.uuid == now[id].uuid && before.uuid != noUUID {
			from[id] = added
		} else {
			whole[id] = witnesses[id]
		}
	}
	sums, err := p.sumParts(ctx, from, witnesses)
	if err != nil {
		return nil, err
	}
	for id := range from {
		if sum, ok := sums[id]; ok {
			s := now[id]
			s.total = p.standings[id].total + sum
			now[id] = s
		} else {
			whole[id] = witnesses[id]
		}
	}
	totals, err := p.readTotals(ctx, whole)
	for id, total := range totals {
		s := now[id]
		s.total = total
		now[id] = s
	}
	if err != nil || len(whole) == 0 {
		return now, err
	}
	return now, p.steady(ctx, whole, now)
}

// sumParts computes the witnesses of some parts of partitions. One that was merged away
// meanwhile is missed, which the number of rows tells: then there is no sum.
func (p *publisher) sumParts(ctx context.Context, from map[tables.Partition][]held, witnesses map[tables.Partition]string) (map[tables.Partition]int64, error) {
	sums := map[tables.Partition]int64{}
	var ids []tables.Partition
	var of []session.Sum
	for id, parts := range from {
		if len(parts) == 0 {
			sums[id] = 0
			continue
		}
		names := make([]string, len(parts))
		for i, part := range parts {
			names[i] = chconn.Literal(part.name)
		}
		rows := id.Table.String() + " WHERE _part IN (" + strings.Join(names, ", ") + ")"
		ids, of = append(ids, id), append(of, session.Sum{Expr: witnesses[id], From: rows}, session.Sum{Expr: RowsWitness, From: rows})
	}
	found, err := p.s.Sums(ctx, of)
	if err != nil {
		return nil, fmt.Errorf("add up the new parts of partitions: %w", err)
	}
	for i, id := range ids {
		want := int64(0)
		for _, part := range from[id] {
			want += part.rows
		}
		if found[2*i+1] == want {
			sums[id] = found[2*i]
		}
	}
	return sums, nil
}

// steady forgets the parts of partitions that were read as a whole and got others
// meanwhile: of these the total says nothing.
func (p *publisher) steady(ctx context.Context, whole map[tables.Partition]string, found map[tables.Partition]standing) error {
	after, err := p.partsOf(ctx, slices.Collect(maps.Keys(whole)))
	for id := range whole {
		if added, ok := since(found[id].parts, after[id].parts); !ok || len(added) > 0 {
			s := found[id]
			s.uuid = "" // no table has it
			found[id] = s
		}
	}
	return err
}

// record keeps what is known of partitions for the commands that come.
func (p *publisher) record(ctx context.Context, found map[tables.Partition]standing, witnesses map[tables.Partition]string) error {
	if p.cfg.Shared {
		return nil
	}
	var lines []ledger.Total
	for id, s := range found {
		if s.uuid == "" {
			continue
		}
		l := ledger.Total{Database: id.Table.Database, Table: id.Table.Table, UUID: s.uuid, Partition: id.Name, Witness: witnesses[id], Total: s.total, Parts: []string{}, At: p.cfg.Now().UTC()}
		for _, part := range s.parts {
			l.Parts = append(l.Parts, part.name)
		}
		lines = append(lines, l)
	}
	return ledger.Write(ctx, p.cfg.Ledger(p.s), ledger.Totals, "totals", lines)
}

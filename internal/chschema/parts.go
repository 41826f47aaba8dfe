package chschema

import (
	"context"
	"fmt"
	"hash"
	"maps"
	"slices"
	"time"
)

// Partition is the active parts of one partition of one table.
type Partition struct {
	// Rows and Bytes are its size.
	Rows, Bytes uint64
	// Parts are in the order of their blocks.
	Parts []Part
	// First and Last are the days, since 1970-01-01, of the partition key's date;
	// both 0 where it has none.
	First, Last int32
	// Modified is when the newest part was written.
	Modified time.Time
}

// Dated reports that the partition's days are known.
func (x *Partition) Dated() bool { return x.Last > 0 }

// Part is the run of inserted blocks that a data part holds, and the last
// mutation applied to it. Merges join runs and leave both otherwise alone.
type Part struct {
	Name               string
	From, To, Mutation int64
	Rows               uint64
}

// Parts are the active parts of some tables, by the ids of their partitions. Nil
// stands for parts that cannot be seen.
type Parts map[Name]map[string]*Partition

// mutationOf is, in SQL, the mutation in a part's name, of which each partition's
// id is free of underscores: id_first_last_level, and _mutation where there was one.
const mutationOf = "if(length(splitByChar('_', name)) > 4, toInt64OrZero(splitByChar('_', name)[-1]), 0)"

const partsQuery = `SELECT database, table, partition_id, sum(rows), sum(bytes_on_disk), max(modification_time),
	toInt32(min(min_date)), toInt32(max(max_date)),
	groupArray(name), groupArray(rows), groupArray(min_block_number), groupArray(max_block_number), groupArray(` + mutationOf + `)
FROM system.parts
WHERE active AND database IN {databases:Array(String)} AND table IN {tables:Array(String)}
GROUP BY database, table, partition_id`

// ReadParts reads the active parts of tables. Nil without an error tells that the
// account may not see them.
func ReadParts(ctx context.Context, q Querier, tables []*Table) (Parts, error) {
	p := Parts{}
	var databases, names []string
	for _, t := range tables {
		p[t.Name] = map[string]*Partition{}
		databases, names = append(databases, t.Database), append(names, t.Table)
	}
	slices.Sort(databases)
	err := q.Each(ctx, partsQuery, map[string]any{"databases": slices.Compact(databases), "tables": names}, p.scan)
	if Unseen(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read system.parts: %w", err)
	}
	return p, nil
}

// scan takes in one partition.
func (p Parts) scan(row func(...any) error) error {
	var of Name
	var id string
	var from, to, mutation []int64
	var names []string
	var rows []uint64
	x := new(Partition)
	if err := row(&of.Database, &of.Table, &id, &x.Rows, &x.Bytes, &x.Modified, &x.First, &x.Last, &names, &rows, &from, &to, &mutation); err != nil {
		return err
	}
	if p[of] == nil {
		return nil // of the same name in another database
	}
	if !x.Dated() {
		x.First, x.Last = 0, 0
	}
	for i := range from {
		x.Parts = append(x.Parts, Part{names[i], from[i], to[i], mutation[i], rows[i]})
	}
	slices.SortFunc(x.Parts, func(a, b Part) int { return int(a.From - b.From) })
	p[of][id] = x
	return nil
}

// LastBlock is the greatest block or mutation of a table's parts; 0 where each
// partition counts for itself, as replicas do.
func (p Parts) LastBlock(t *Table) (last int64) {
	if t.Engine.Replicated() {
		return 0
	}
	for _, x := range p[t.Name] {
		block, mutation := x.last()
		last = max(last, block, mutation)
	}
	return last
}

const lastBlockQuery = `SELECT toInt64(max(greatest(max_block_number, ` + mutationOf + `))),
	(SELECT toString(any(uuid)) FROM system.tables WHERE database = {database:String} AND name = {table:String})
FROM system.parts WHERE database = {database:String} AND table = {table:String} AND active`

// ReadLastBlock asks for a table's LastBlock of this moment, and for the table's
// UUID, since a table that was exchanged for another counts anew.
func ReadLastBlock(ctx context.Context, q Querier, table Name) (last int64, uuid string, err error) {
	err = q.Each(ctx, lastBlockQuery, map[string]any{"database": table.Database, "table": table.Table},
		func(row func(...any) error) error { return row(&last, &uuid) })
	return last, uuid, err
}

// last are the greatest block and the greatest mutation.
func (x *Partition) last() (block, mutation int64) {
	for _, p := range x.Parts {
		block, mutation = max(block, p.To), max(mutation, p.Mutation)
	}
	return block, mutation
}

// Size adds up a table's partitions.
func (p Parts) Size(table Name) (rows, bytes, parts uint64) {
	for _, x := range p[table] {
		rows, bytes, parts = rows+x.Rows, bytes+x.Bytes, parts+uint64(len(x.Parts))
	}
	return rows, bytes, parts
}

// Modified is when the newest part of all was written.
func (p Parts) Modified() (newest time.Time) {
	for _, of := range p {
		for _, x := range of {
			if x.Modified.After(newest) {
				newest = x.Modified
			}
		}
	}
	return newest.UTC()
}

// Mark writes into h what changes with the data of a table and not by merges: of
// each partition the outermost blocks, the last mutation, and, where merges keep
// every row, the number of rows.
func (p Parts) Mark(h hash.Hash, t *Table) {
	fmt.Fprintf(h, "%s %s %s\n", t.Name, t.UUID, t.Engine.Name)
	for _, id := range slices.Sorted(maps.Keys(p[t.Name])) {
		x := p[t.Name][id]
		block, mutation := x.last()
		rows := uint64(0)
		if t.Engine.Merging() == KeepsRows {
			rows = x.Rows
		}
		fmt.Fprintf(h, "%s %d %d %d %d\n", id, x.Parts[0].From, block, mutation, rows)
	}
}

// Changed lists the partitions, old and new, whose data may be other than it was;
// none where only merges happened.
func (p Parts) Changed(before Parts, t *Table) (touched []*Partition) {
	was, is := before[t.Name], p[t.Name]
	for id, x := range is {
		old := was[id]
		if old != nil && mergedFrom(old, x, t.Engine.Merging() == KeepsRows) {
			continue
		}
		if touched = append(touched, x); old != nil {
			touched = append(touched, old)
		}
	}
	for id, old := range was {
		if is[id] == nil {
			touched = append(touched, old)
		}
	}
	return touched
}

// Same reports that nothing but merges happened to any of the tables.
func (p Parts) Same(before Parts, tables []*Table) bool {
	return !slices.ContainsFunc(tables, func(t *Table) bool { return len(p.Changed(before, t)) > 0 })
}

// Added lists the parts that a table has gained, and their rows; ok is false
// where anything else but merges happened to the others.
func (p Parts) Added(before Parts, table Name) (names []string, rows uint64, ok bool) {
	was, is := before[table], p[table]
	for id := range was {
		if is[id] == nil {
			return nil, 0, false
		}
	}
	for id, x := range is {
		old := was[id]
		if old == nil {
			old = new(Partition)
		}
		gained, ok := addedTo(old, x)
		if !ok || slices.ContainsFunc(gained, func(p Part) bool { return p.Mutation > 0 }) {
			return nil, 0, false
		}
		for _, g := range gained {
			names, rows = append(names, g.Name), rows+g.Rows
		}
	}
	return names, rows, true
}

// mergedFrom reports that merges alone lead from one state of a partition to the
// other. It also sees a part dropped from the middle, which a partition's marks
// do not show.
func mergedFrom(old, x *Partition, keepsRows bool) bool {
	added, ok := addedTo(old, x)
	return ok && len(added) == 0 && (!keepsRows || old.Rows == x.Rows)
}

// addedTo lists the parts that a partition has gained. ok reports that nothing
// but merges happened to the others: every old part is inside one that holds
// old ones only, and no mutation was applied.
func addedTo(old, x *Partition) (added []Part, ok bool) {
	i := 0
	for _, p := range x.Parts {
		first, mutation := i, int64(0)
		for i < len(old.Parts) && old.Parts[i].From >= p.From && old.Parts[i].To <= p.To {
			mutation = max(mutation, old.Parts[i].Mutation)
			i++
		}
		switch {
		case i == first:
			added = append(added, p)
		case p.Mutation != mutation || p.From != old.Parts[first].From || p.To != old.Parts[i-1].To:
			return nil, false
		}
	}
	return added, i == len(old.Parts)
}

// Lack reports that parts of another server are behind these: there are tables of
// which it lacks blocks, and has none that are newer.
func (p Parts) Lack(of Parts) bool {
	for table, partitions := range of {
		less, more := false, false
		for id, x := range partitions {
			last, _ := x.last()
			now := int64(-1)
			if at := p[table][id]; at != nil {
				now, _ = at.last()
			}
			less, more = less || now < last, more || now > last
		}
		for id := range p[table] {
			more = more || partitions[id] == nil
		}
		if less && !more {
			return true
		}
	}
	return false
}

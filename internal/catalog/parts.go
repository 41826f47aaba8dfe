package catalog

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/fnv"
	"slices"
	"strings"
	"time"
)

// partition is the active parts of one partition of one table.
type partition struct {
	rows, bytes uint64
	parts       []part    // ascending by first block
	days        Range     // of the partition key's date; empty where it has none
	modified    time.Time // the newest part's
}

// part is the run of inserted blocks that a data part holds, and the last
// mutation applied to it. Merges join runs and leave both otherwise alone.
type part struct {
	from, to, mutation int64
	name               string
	rows               uint64
}

// partitions are a database's active parts by table (database.name) and
// partition.
type partitions map[string]map[string]*partition

const partsQuery = `SELECT database, table, partition_id, sum(rows), sum(bytes_on_disk), max(modification_time),
	toInt32(min(min_date)), toInt32(max(max_date)),
	groupArray(name), groupArray(rows), groupArray(min_block_number), groupArray(max_block_number),
	groupArray(if(length(splitByChar('_', name)) > 4, toInt64OrZero(splitByChar('_', name)[-1]), 0))
FROM system.parts
WHERE active AND database IN {databases:Array(String)} AND table IN {tables:Array(String)}
GROUP BY database, table, partition_id`

// readParts reads the active parts of the tables. seen is false where the
// account may not see them.
func readParts(ctx context.Context, db database, tables []*tableInfo) (p partitions, seen bool, err error) {
	p = partitions{}
	var databases, names []string
	for _, t := range tables {
		p[t.full()] = map[string]*partition{}
		databases, names = append(databases, t.database), append(names, t.name)
	}
	slices.Sort(databases)
	err = db.each(ctx, partsQuery, params{"databases": slices.Compact(databases), "tables": names},
		func(row func(...any) error) error { return p.scan(row) })
	if unseen(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read system.parts: %w", err)
	}
	return p, true, nil
}

// scan takes in one partition.
func (p partitions) scan(row func(...any) error) error {
	var database, table, id string
	var min, max int32
	var from, to, mutation []int64
	var names []string
	var rows []uint64
	x := new(partition)
	if err := row(&database, &table, &id, &x.rows, &x.bytes, &x.modified, &min, &max, &names, &rows, &from, &to, &mutation); err != nil {
		return err
	}
	of := p[database+"."+table]
	if of == nil {
		return nil // of the same name in another database
	}
	if x.days = noDays; max > 0 {
		x.days = Range{From: Day(min), To: Day(max)}
	}
	for i := range from {
		x.parts = append(x.parts, part{from[i], to[i], mutation[i], names[i], rows[i]})
	}
	slices.SortFunc(x.parts, func(a, b part) int { return int(a.from - b.from) })
	of[id] = x
	return nil
}

// BlockOfPart is, in SQL, the number that Table.LastBlock bounds, of the part
// that a row lies in: part names end in _first_last_level, and in _mutation where
// there was one, each partition's name being free of underscores.
const BlockOfPart = "greatest(toInt64OrZero(splitByChar('_', _part)[3]), toInt64OrZero(splitByChar('_', _part)[5]))"

// lastBlock is the greatest block or mutation of a stored table's parts; 0 where
// partitions count for themselves, as replicas do.
func (p partitions) lastBlock(t *tableInfo) (last int64) {
	if strings.HasPrefix(t.engine, "Replicated") || strings.HasPrefix(t.engine, "Shared") {
		return 0
	}
	for _, x := range p[t.full()] {
		for _, part := range x.parts {
			last = max(last, part.to, part.mutation)
		}
	}
	return last
}

// fold adds up a table's partitions.
func (p partitions) fold(table string) (rows, bytes, parts uint64, modified time.Time) {
	for _, x := range p[table] {
		rows, bytes, parts = rows+x.rows, bytes+x.bytes, parts+uint64(len(x.parts))
		if x.modified.After(modified) {
			modified = x.modified
		}
	}
	return rows, bytes, parts, modified
}

// of lists a table's partitions in the order of their days.
func (p partitions) of(table string) []Partition {
	var out []Partition
	for _, x := range p[table] {
		out = append(out, Partition{Days: x.days, Rows: x.rows, Parts: uint64(len(x.parts))})
	}
	slices.SortFunc(out, func(a, b Partition) int {
		return cmp.Or(cmp.Compare(a.Days.From, b.Days.From), cmp.Compare(a.Days.To, b.Days.To), cmp.Compare(a.Rows, b.Rows))
	})
	return out
}

// mark writes what of a partition changes with its data and not by merges: the
// outermost blocks, the last mutation, and, where merges keep every row, the
// number of rows.
func (x *partition) mark(h hash.Hash, id string, keepsRows bool) {
	var last, mutation int64
	for _, p := range x.parts {
		last, mutation = max(last, p.to), max(mutation, p.mutation)
	}
	rows := uint64(0)
	if keepsRows {
		rows = x.rows
	}
	fmt.Fprintf(h, "%s %d %d %d %d\n", id, x.parts[0].from, last, mutation, rows)
}

// version is a hash over all of the tables' marks: equal for every gateway that
// reads the same data, now and after a restart.
func (p partitions) version(tables []*tableInfo, more string) string {
	h := fnv.New128a()
	for _, t := range tables {
		fmt.Fprintf(h, "%s %s %s\n", t.full(), t.uuid, t.engine)
		ids := make([]string, 0, len(p[t.full()]))
		for id := range p[t.full()] {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		for _, id := range ids {
			p[t.full()][id].mark(h, id, familyOf(t.engine) == keepsRows)
		}
	}
	fmt.Fprint(h, more)
	return hex.EncodeToString(h.Sum(nil))
}

// changed lists the days on which a table's data may differ from what it was;
// all where that may be any day, and neither where only merges happened.
func (p partitions) changed(before partitions, t *tableInfo) (days Range, all bool) {
	days = noDays
	was, is := before[t.full()], p[t.full()]
	touch := func(x *partition) {
		switch {
		case x.days.Empty():
			all = true
		case days.Empty():
			days = x.days
		default:
			days = Range{From: min(days.From, x.days.From), To: max(days.To, x.days.To)}
		}
	}
	for id, x := range is {
		old := was[id]
		if old == nil || !mergedFrom(old, x, familyOf(t.engine) == keepsRows) {
			touch(x)
			if old != nil {
				touch(old)
			}
		}
	}
	for id, old := range was {
		if is[id] == nil {
			touch(old)
		}
	}
	return days, all
}

// mergedFrom reports that merges alone lead from one state of a partition to the
// other. It also sees a part dropped from the middle, which a partition's marks
// do not show.
func mergedFrom(old, x *partition, keepsRows bool) bool {
	added, ok := addedTo(old, x)
	return ok && len(added) == 0 && (!keepsRows || old.rows == x.rows)
}

// addedTo lists the parts that a partition has gained. ok reports that nothing
// but merges happened to the others: every old part is inside one that holds
// old ones only, and no mutation was applied.
func addedTo(old, x *partition) (added []part, ok bool) {
	i := 0
	for _, p := range x.parts {
		first, mutation := i, int64(0)
		for i < len(old.parts) && old.parts[i].from >= p.from && old.parts[i].to <= p.to {
			mutation = max(mutation, old.parts[i].mutation)
			i++
		}
		switch {
		case i == first:
			added = append(added, p)
		case p.mutation != mutation || p.from != old.parts[first].from || p.to != old.parts[i-1].to:
			return nil, false
		}
	}
	return added, i == len(old.parts)
}

// added lists the parts that a table has gained, and their rows; ok is false
// where anything else but merges happened to the others.
func (p partitions) added(before partitions, t *tableInfo) (names []string, rows uint64, ok bool) {
	was, is := before[t.full()], p[t.full()]
	for id := range was {
		if is[id] == nil {
			return nil, 0, false
		}
	}
	for id, x := range is {
		old := was[id]
		if old == nil {
			old = new(partition)
		}
		gained, ok := addedTo(old, x)
		if !ok || slices.ContainsFunc(gained, func(p part) bool { return p.mutation > 0 }) {
			return nil, 0, false
		}
		for _, g := range gained {
			names, rows = append(names, g.name), rows+g.rows
		}
	}
	return names, rows, true
}

// same reports that nothing but merges happened to any of the tables.
func (p partitions) same(before partitions, tables []*tableInfo) bool {
	for _, t := range tables {
		if days, all := p.changed(before, t); all || !days.Empty() {
			return false
		}
	}
	return true
}

// definitionOf is a text that changes with the table's definition.
func definitionOf(t *tableInfo) string {
	return strings.Join([]string{t.full(), t.uuid, t.engine, t.definition}, "\x00")
}

package publish

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// A part never changes: what is inserted, merged or mutated makes other ones. So a
// partition's total is the sum of what its parts add up to, each of which has to be read
// once: by this command or by an earlier one, which left it in the ledger. What a load
// reads then grows with what has come and been merged since the last, and not with what
// is there.

// content is what a part's total follows from, and nothing else does: the digest of all
// its files, in a table as it is defined. It tells another part that has come to bear
// the same name, after a restore, say.
type content struct {
	uuid, definition string // of the table
	witness          string // what is summed
	part, digest     string
}

// knownParts are totals of parts.
type knownParts struct {
	s        *session.Session
	ledger   ledger.Ledger
	totals   map[content]int64
	coming   map[coming]int64               // totals of the parts that this command moves
	recalled map[tables.Partition]bool      // what the ledger knows of it is in totals
	consists map[tables.Partition][]content // of parts whose totals are known, when it was added up last
}

// coming is a part that is moved into a table: its files go with it, and its name does not.
type coming struct {
	table           tables.ID
	witness, digest string
}

// newKnownParts knows none.
func newKnownParts(s *session.Session, l ledger.Ledger) knownParts {
	return knownParts{s: s, ledger: l, totals: map[content]int64{}, coming: map[coming]int64{}, recalled: map[tables.Partition]bool{}, consists: map[tables.Partition][]content{}}
}

// mostListings bounds how often parts are listed anew because those that were to be read
// had been merged meanwhile.
const mostListings = 5

// addUp computes the witnesses of some partitions at one moment: that at which their
// parts were listed last. Where that tells nothing they are read as a whole.
func (k knownParts) addUp(ctx context.Context, witnesses map[tables.Partition]string) (map[tables.Partition]int64, error) {
	if len(witnesses) == 0 {
		return nil, nil
	}
	var now map[tables.Partition][]content
	read := map[content]int64{}
	for range mostListings {
		var err error
		if now, err = k.list(ctx, witnesses, read); err != nil {
			return nil, err
		}
		if err := k.recall(ctx, now); err != nil {
			return nil, err
		}
		unknown := k.unknown(now)
		if len(unknown) == 0 {
			break
		}
		if read, err = k.read(ctx, unknown); err != nil {
			return nil, err
		}
	}
	unknown := k.unknown(now)
	totals, whole := map[tables.Partition]int64{}, map[tables.Partition]string{}
	for id, witness := range witnesses {
		parts, listed := now[id]
		if !listed || unknown[id] != nil {
			delete(k.consists, id)
			whole[id] = witness
			continue
		}
		k.consists[id] = parts
		for _, c := range parts {
			totals[id] += k.totals[c]
		}
	}
	found, err := readTotals(ctx, k.s, whole)
	maps.Copy(totals, found)
	return totals, err
}

// list lists what partitions consist of. What was read of parts counts once they are
// seen to be there still: one that has gone may have been read as nothing. A partition
// without any part is not in the list, as the server keeps back what a table has that it
// is still loading after a start, unless the whole table is known to have no row; nor are
// those of tables whose rows are not what their parts say, since changes are yet to be
// made to them, and of tables without a UUID.
func (k knownParts) list(ctx context.Context, witnesses map[tables.Partition]string, read map[content]int64) (map[tables.Partition][]content, error) {
	type line struct {
		tables.Partition
		content
		rows   int64
		masked uint8
		bare   uint8 // the whole table has no row
	}
	databases, names, partitions := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for id := range witnesses {
		databases[id.Table.Database], names[id.Table.Table], partitions[id.Name] = true, true, true
	}
	const here = "database IN {databases:Array(String)} AND table IN {tables:Array(String)}"
	// What a table is defined as is told by its columns, on which alone a total depends:
	// its statement the server would have to read and print, at more than all else here.
	lines, err := session.Scan(ctx, k.s, session.SQL(`SELECT t.database, t.name, p.partition_id, toString(t.uuid), c.definition, p.name, p.hash_of_all_files, toInt64(p.rows), p.has_lightweight_delete,
				empty(p.name) AND ifNull(t.total_rows, 1) = 0 AS bare
			FROM (SELECT database, name, uuid, total_rows FROM system.tables WHERE database IN {databases:Array(String)} AND name IN {tables:Array(String)}) AS t
			INNER JOIN (SELECT database, table, toString(sipHash64(arraySort(groupArray((position, name, type, default_kind, default_expression))))) AS definition
				FROM system.columns WHERE `+here+` GROUP BY database, table) AS c ON c.database = t.database AND c.table = t.name
			LEFT JOIN (SELECT database, table, partition_id, name, hash_of_all_files, rows, has_lightweight_delete FROM system.parts
				WHERE `+here+` AND partition_id IN {partitions:Array(String)} AND active AND rows > 0
					AND (database, table) NOT IN (SELECT database, table FROM system.parts WHERE `+here+` AND active AND startsWith(partition_id, 'patch-'))
					AND (database, table) NOT IN (SELECT database, table FROM system.mutations WHERE `+here+` AND NOT is_done)) AS p ON p.database = t.database AND p.table = t.name
			WHERE bare OR notEmpty(p.name) ORDER BY t.database, t.name, p.partition_id, p.name SETTINGS join_use_nulls = 0`,
		"databases", slices.Sorted(maps.Keys(databases)), "tables", slices.Sorted(maps.Keys(names)), "partitions", slices.Sorted(maps.Keys(partitions))),
		func(l *line) []any {
			return []any{&l.Table.Database, &l.Table.Table, &l.Name, &l.uuid, &l.definition, &l.part, &l.digest, &l.rows, &l.masked, &l.bare}
		})
	if chconn.Classify(err) == chconn.Denied {
		return nil, nil
	}
	now := map[tables.Partition][]content{}
	bare := map[tables.ID]bool{}
	for _, l := range lines {
		bare[l.Table] = l.bare != 0
		witness, asked := witnesses[l.Partition]
		if !asked || l.uuid == noUUID || l.digest == "" {
			continue
		}
		l.witness = witness
		now[l.Partition] = append(now[l.Partition], l.content)
		if total, ok := read[l.content]; ok {
			k.totals[l.content] = total
		} else if total, ok := k.coming[coming{l.Table, witness, l.digest}]; ok {
			k.totals[l.content] = total
		} else if witness == RowsWitness && l.masked == 0 {
			k.totals[l.content] = l.rows
		}
	}
	for id := range witnesses {
		if bare[id.Table] {
			now[id] = nil
		}
	}
	return now, session.Wrap(err, "look at the parts of the tables that are loaded into")
}

// expect notes what is moved, which was added up before: a partition of a private
// table, of one part each.
func (k knownParts) expect(ctx context.Context, private string, moves []ledger.Move) error {
	type line struct{ table, partition, digest string }
	lines, err := session.Scan(ctx, k.s, session.SQL(`SELECT table, partition_id, any(hash_of_all_files) FROM system.parts WHERE database = {stage:String} AND active AND rows > 0
			GROUP BY table, partition_id HAVING count() = 1`, "stage", private), func(l *line) []any { return []any{&l.table, &l.partition, &l.digest} })
	digests := map[[2]string]string{}
	for _, l := range lines {
		digests[[2]string{l.table, l.partition}] = l.digest
	}
	for _, m := range moves {
		if digest := digests[[2]string{m.Copy, m.Partition}]; digest != "" && m.Witness != "" {
			k.coming[coming{partitionOf(m).Table, m.Witness, digest}] = m.Delta
		}
	}
	return session.Wrap(err, "look at the parts of %s", private)
}

// unknown lists the parts whose totals are not known.
func (k knownParts) unknown(now map[tables.Partition][]content) map[tables.Partition][]content {
	unknown := map[tables.Partition][]content{}
	for id, parts := range now {
		for _, c := range parts {
			if _, known := k.totals[c]; !known {
				unknown[id] = append(unknown[id], c)
			}
		}
	}
	return unknown
}

// recall takes what earlier commands have left in the ledger.
func (k knownParts) recall(ctx context.Context, now map[tables.Partition][]content) error {
	uuids, partitions := map[string]bool{}, map[string]bool{}
	for id, parts := range now {
		if !k.recalled[id] && len(parts) > 0 {
			k.recalled[id], uuids[parts[0].uuid], partitions[id.Name] = true, true, true
		}
	}
	if len(uuids) == 0 {
		return nil
	}
	lines, err := k.ledger.Totals(ctx, slices.Sorted(maps.Keys(uuids)), slices.Sorted(maps.Keys(partitions)))
	for _, l := range lines {
		for i, text := range l.Parts {
			part, digest, _ := strings.Cut(text, " ")
			k.totals[content{l.UUID, l.Definition, l.Witness, part, digest}] = l.Totals[i]
		}
	}
	return err
}

// read adds up parts. One of which no row is seen adds up to nothing, if it is there.
func (k knownParts) read(ctx context.Context, parts map[tables.Partition][]content) (map[content]int64, error) {
	ids := make([]tables.Partition, 0, len(parts))
	of := make([]session.Sum, 0, len(parts))
	for id, all := range parts {
		names := make([]string, len(all))
		for i, c := range all {
			names[i] = chconn.Literal(c.part)
		}
		ids, of = append(ids, id), append(of, session.Sum{Expr: all[0].witness, From: id.Table.String() + " WHERE _part IN (" + strings.Join(names, ", ") + ")"})
	}
	sums, err := k.s.SumsBy(ctx, of, "_part")
	if err != nil {
		return nil, fmt.Errorf("add up the parts that have come to the tables: %w", err)
	}
	totals := map[content]int64{}
	for i, id := range ids {
		found := map[string]int64{}
		for _, s := range sums[i] {
			found[s.Group] = s.Sum
		}
		for _, c := range parts[id] {
			totals[c] = found[c.part]
		}
	}
	return totals, nil
}

// record leaves in the ledger what is known of the partitions that were added up.
func (k knownParts) record(ctx context.Context, at time.Time) error {
	var lines []ledger.Total
	for id, parts := range k.consists {
		if len(parts) == 0 {
			continue
		}
		c := parts[0]
		l := ledger.Total{UUID: c.uuid, Partition: id.Name, Definition: c.definition, Witness: c.witness, At: at}
		for _, c := range parts {
			l.Parts, l.Totals = append(l.Parts, c.part+" "+c.digest), append(l.Totals, k.totals[c])
		}
		lines = append(lines, l)
	}
	return ledger.Write(ctx, k.ledger, ledger.Totals, "totals", lines)
}

// readTotals computes the witnesses of some partitions from all of their rows.
func readTotals(ctx context.Context, s *session.Session, witnesses map[tables.Partition]string) (map[tables.Partition]int64, error) {
	var ids []tables.Partition
	var of []session.Sum
	for id, expr := range witnesses {
		ids, of = append(ids, id), append(of, session.Sum{Expr: expr, From: id.Table.String() + " WHERE _partition_id = " + chconn.Literal(id.Name)})
	}
	sums, err := s.Sums(ctx, of)
	totals := make(map[tables.Partition]int64, len(ids))
	for i, id := range ids {
		totals[id] = sums[i]
	}
	return totals, session.Wrap(err, "add up the partitions that are published")
}

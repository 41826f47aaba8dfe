package repair

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/stage"
	"clickql/ingest/tables"
	"clickql/internal/catalog/judge"
	"clickql/internal/cube"
)

// dayTotals is what the tables should hold after a repair, by day.
type dayTotals struct {
	raw map[cube.Day]int64 // the raw table's rows
	// all adds the days that the raw table has no rows of and tables of days do.
	all  map[cube.Day]int64
	kept []cube.Day // those days, in their order
}

// expectDays says what each day should hold afterwards.
func (rp *repairer) expectDays(ctx context.Context) error {
	raw, err := rp.otherDays(ctx)
	if err != nil {
		return err
	}
	kept, err := rp.keptDays(ctx, raw)
	if err != nil {
		return err
	}
	for d := rp.days.From; d <= rp.days.To; d++ {
		if of := rp.source.Days[d]; of != nil {
			raw[d] = of.Rows
		}
	}
	all := maps.Clone(raw)
	maps.Copy(all, kept)
	rp.totals = dayTotals{raw: raw, all: all, kept: slices.Sorted(maps.Keys(kept))}
	return nil
}

// refuseRetired refuses days whose raw rows were dropped on purpose: the table would
// have rows of these again, and of their neighbours none.
func (rp *repairer) refuseRetired(ctx context.Context) error {
	gone, err := ledger.Of(rp.s).RetiredDays(ctx)
	if err != nil && !session.Gone(err) {
		return err
	}
	for d := rp.days.From; d <= rp.days.To; d++ {
		if n := gone[d]; n != 0 {
			return fmt.Errorf("repair %s: the raw rows of %s were dropped on purpose (%d rows, by clickql ingest retire), and only aggregates hold that day: it cannot be rebuilt without them; "+
				"what the aggregates hold is compared by clickql ingest verify; a set of tables with all days can be loaded beside with clickql ingest shadow", rp.days, d, n)
		}
	}
	return nil
}

// otherDays counts the raw table's rows of the days that are not repaired. Of a
// partition that holds as many rows as the ledger says of its days, the ledger is
// believed; only others are read.
func (rp *repairer) otherDays(ctx context.Context) (map[cube.Day]int64, error) {
	raw := rp.rebuilds[0]
	partitions, err := stage.DatedPartitions(ctx, rp.s, raw.t.ID)
	if err != nil {
		return nil, err
	}
	loaded, err := ledger.Of(rp.s).LoadedDays(ctx)
	if err != nil && !session.Gone(err) {
		return nil, err
	}
	days, unread := map[cube.Day]int64{}, []string{}
	for i, p := range partitions {
		held := map[cube.Day]int64{}
		for d, n := range loaded {
			if n != 0 && p.Days.Holds(d) {
				held[d] = n
			}
		}
		if p.Masked || overlaps(partitions, i) || (count.Counts{Counts: held}).Total() != p.Rows {
			unread = append(unread, p.ID)
			continue
		}
		maps.Copy(days, held)
	}
	if len(unread) > 0 {
		read, err := rp.tables.ObserveWhere(ctx, raw.checked, "_partition_id IN ({partitions:Array(String)})", map[string]any{"partitions": unread})
		if err != nil {
			return nil, err
		}
		for d, n := range read.Counts {
			days[d] += n
		}
	}
	maps.DeleteFunc(days, func(d cube.Day, n int64) bool { return n == 0 || rp.days.Holds(d) })
	return days, nil
}

// overlaps reports that another partition may hold rows of the same days, as where
// the partition key has no day.
func overlaps(partitions []stage.DatedPartition, i int) bool {
	days := partitions[i].Days
	return days.To == 0 || slices.ContainsFunc(partitions, func(o stage.DatedPartition) bool {
		return o.ID != partitions[i].ID && o.Days.From <= days.To && o.Days.To >= days.From
	})
}

// witnesses is how many tables of days are asked which days they hold that the raw
// table has none of: those with the fewest rows, as reading them costs least.
const witnesses = 3

// keptDays is what tables of days hold of days that the raw table has no row of:
// rows that were dropped when they were old, or lost. What most of those that are
// asked say holds. Between the raw table's days one of several is not believed: rows
// were put into it.
func (rp *repairer) keptDays(ctx context.Context, raw map[cube.Day]int64) (map[cube.Day]int64, error) {
	first := cube.MaxDay
	for d := range raw {
		first = min(first, d)
	}
	asked, err := rp.tablesOfDays(ctx)
	if err != nil {
		return nil, err
	}
	asked = asked[:min(witnesses, len(asked))]
	says := map[cube.Day]map[int64]int{} // tables by what they hold of the day
	for _, r := range asked {
		holds, err := rp.all(ctx, r)
		if err != nil {
			return nil, err
		}
		for d, n := range holds {
			if n == 0 || raw[d] != 0 || rp.days.Holds(d) {
				continue
			}
			if says[d] == nil {
				says[d] = map[int64]int{}
			}
			says[d][n]++
		}
	}
	kept := map[cube.Day]int64{}
	for d, counts := range says {
		most := 0
		for n, say := range counts {
			if say > most || say == most && n > kept[d] {
				most, kept[d] = say, n
			}
		}
		if most < min(2, len(asked)) && d > first {
			delete(kept, d)
		}
	}
	return kept, nil
}

// tablesOfDays lists the tables of days of which only the repaired ones are replaced,
// those with the fewest rows first.
func (rp *repairer) tablesOfDays(ctx context.Context) ([]rebuild, error) {
	rows := map[string]map[string]uint64{} // by database and table
	var found []rebuild
	for _, r := range rp.rebuilds[1:] {
		if !r.byDay() {
			continue
		}
		found = append(found, r)
		if database := r.t.Database; rows[database] == nil {
			var err error
			if rows[database], err = stage.PartRows(ctx, rp.s, database); err != nil {
				return nil, err
			}
		}
	}
	slices.SortStableFunc(found, func(a, b rebuild) int {
		return cmp.Compare(rows[a.t.Database][a.t.Table], rows[b.t.Database][b.t.Table])
	})
	return found, nil
}

// all counts all days of a public table of days; it is read once.
func (rp *repairer) all(ctx context.Context, r rebuild) (map[cube.Day]int64, error) {
	if held, ok := rp.held[r.t.ID]; ok {
		return held, nil
	}
	got, err := rp.tables.Observe(ctx, r.checked)
	if err == nil {
		rp.held[r.t.ID] = got.Counts
	}
	return got.Counts, err
}

// agreesOnOthers reports that a table is one of days and holds of all days but the
// repaired ones what it should, so that its successor may stand for the raw table's.
func (rp *repairer) agreesOnOthers(ctx context.Context, id tables.ID) (bool, error) {
	i := slices.IndexFunc(rp.rebuilds, func(r rebuild) bool { return r.t.ID == id })
	if i < 0 || !rp.rebuilds[i].byDay() {
		return false, nil
	}
	held, err := rp.all(ctx, rp.rebuilds[i])
	differing := slices.DeleteFunc(judge.Totals(held).Differing(rp.totals.all), rp.days.Holds)
	return len(differing) == 0, err
}

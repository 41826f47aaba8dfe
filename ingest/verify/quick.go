package verify

import (
	"context"

	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/internal/cube"
)

// quick compares the ledger's rows with the raw table's: by day, or in total
// where the ledger does not know the days.
func (v *verifier) quick(ctx context.Context) error {
	days, err := v.ledger.LoadedDays(ctx)
	if err != nil && !session.Gone(err) {
		return err
	}
	raw := v.tables.RawTable()
	found, err := v.tables.Observe(ctx, raw)
	if err != nil {
		return err
	}
	v.out.Rows = v.loads.Rows
	expected := count.Counts{Counts: days}
	delta := found.Total() - int64(v.loads.Rows)
	files, err := v.ledgerFilesOf(ctx, max(delta, -delta))
	if err != nil {
		return err
	}
	// Batches from before the ledger counted days make the sums differ.
	if expected.Total() != int64(v.loads.Rows) {
		raw.Grain, raw.Period = count.InTotal, ""
		found, expected = count.Counts{Counts: map[cube.Day]int64{0: found.Total()}}, count.Counts{Counts: map[cube.Day]int64{0: int64(v.loads.Rows)}}
	}
	if !oneWay(found, expected) {
		files = count.PeriodFiles{}
	}
	wanted, has := expected.Total(), found.Total()
	check := Table{Table: v.tables.Shown(raw.ID), Grain: raw.Grain, Expected: &wanted, Found: &has}
	e := evidence{table: raw, raw: true, found: found, inRaw: found, expected: expected, loads: v.loads}
	check.Differing = v.differences(e, func(p cube.Day) count.PeriodFiles { return files.As(found.Counts[p] - expected.Counts[p]) })
	v.out.Tables = append(v.out.Tables, check)
	return nil
}

// oneWay tells whether every period lacks rows, or every one has too many: only
// then can a single file explain it.
func oneWay(found, expected count.Counts) bool {
	less, more := false, false
	for _, p := range count.Differing(found.Counts, expected.Counts) {
		n := found.Counts[p] - expected.Counts[p]
		less, more = less || n < 0, more || n > 0
	}
	return less != more
}

// ledgerFilesOf finds loaded files that brought a number of rows.
func (v *verifier) ledgerFilesOf(ctx context.Context, stored int64) (count.PeriodFiles, error) {
	var files count.PeriodFiles
	if stored == 0 || v.loads.Files == 0 {
		return files, nil
	}
	names, err := v.ledger.S.Texts(ctx, session.SQL(`SELECT name FROM (SELECT batch, name, max(f.rows) AS rows, max(arraySum(mapValues(f.rejected))) AS rejected
				FROM `+v.ledger.Table(ledger.Files)+` AS f WHERE kind = {kind:String} AND outcome != 'failed' AND batch IN
					`+v.ledger.Done()+` GROUP BY batch, name)
			WHERE toInt64(rows) - toInt64(rejected) = {stored:Int64} ORDER BY name LIMIT {most:UInt64}`,
		"kind", string(ledger.Downloads), "stored", stored, "most", uint64(count.MaxNamed)))
	for _, name := range names {
		files.Files = append(files.Files, count.CountedFile{Name: name, State: count.StateLoaded, Rows: stored})
	}
	return files, session.Wrap(err, "look for files of %d rows in the ledger", stored)
}

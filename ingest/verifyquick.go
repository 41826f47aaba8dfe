package ingest

import "context"

// quick compares the ledger's rows with the raw table's: by day, or in total
// where the ledger does not know the days.
func (v *verifier) quick(ctx context.Context) error {
	days, err := v.ledger.loadedDays(ctx)
	if err != nil && !gone(err) {
		return err
	}
	raw := v.tables.rawTable()
	found, err := v.tables.observe(ctx, raw)
	if err != nil {
		return err
	}
	v.out.Rows = v.loads.Rows
	expected := observed{counts: days}
	delta := found.total() - int64(v.loads.Rows)
	files, err := v.ledgerFilesOf(ctx, max(delta, -delta))
	if err != nil {
		return err
	}
	// Batches from before the ledger counted days make the sums differ.
	if expected.total() != int64(v.loads.Rows) {
		raw.grain, raw.period = InTotal, ""
		found, expected = observed{counts: map[day]int64{0: found.total()}}, observed{counts: map[day]int64{0: int64(v.loads.Rows)}}
	}
	if !oneWay(found, expected) {
		files = periodFiles{}
	}
	wanted, has := expected.total(), found.total()
	check := TableCheck{Table: v.tables.shown(raw.id), Grain: raw.grain, Expected: &wanted, Found: &has}
	e := evidence{table: raw, raw: true, found: found, inRaw: found, expected: expected, loads: v.loads}
	check.Differing = v.differences(e, func(p day) periodFiles { return files.as(found.counts[p] - expected.counts[p]) })
	v.out.Tables = append(v.out.Tables, check)
	return nil
}

// oneWay tells whether every period lacks rows, or every one has too many: only
// then can a single file explain it.
func oneWay(found, expected observed) bool {
	less, more := false, false
	for _, p := range differing(found.counts, expected.counts) {
		n := found.counts[p] - expected.counts[p]
		less, more = less || n < 0, more || n > 0
	}
	return less != more
}

// ledgerFilesOf finds loaded files that brought a number of rows.
func (v *verifier) ledgerFilesOf(ctx context.Context, stored int64) (periodFiles, error) {
	var files periodFiles
	if stored == 0 || v.loads.Files == 0 {
		return files, nil
	}
	names, err := v.ledger.s.texts(ctx, statement{
		SQL: `SELECT name FROM (SELECT batch, name, max(f.rows) AS rows, max(arraySum(mapValues(f.rejected))) AS rejected
				FROM ` + v.ledger.table(ledgerFiles) + ` AS f WHERE kind = {kind:String} AND outcome != 'failed' AND batch IN
					` + v.ledger.done() + ` GROUP BY batch, name)
			WHERE toInt64(rows) - toInt64(rejected) = {stored:Int64} ORDER BY name LIMIT {most:UInt64}`,
		Params: map[string]any{"kind": string(Downloads), "stored": stored, "most": uint64(maxNamed)},
	})
	for _, name := range names {
		files.files = append(files.files, countedFile{name: name, state: stateLoaded, rows: stored})
	}
	return files, failing(err, "look for files of %d rows in the ledger", stored)
}

package ingest

import (
	"context"
	"fmt"
	"strings"

	"clickql/internal/chconn"
)

// compareKeys looks whether each key of a table of first and last days, such as
// each project, has those of the downloads: the ends of all may be right where
// one is wrong. The days of each come from the table of days with the fewest
// columns that holds the keys and agrees with the raw table, or from that.
func (v *verifier) compareKeys(ctx context.Context, c checked, tables []checked, agree map[tableID]bool) error {
	from, dayColumn := v.tables.rawTable().id, chconn.Ident(v.tables.day)
	least := 0
	for _, t := range tables {
		if d, covers := t.dayOf(c, v.tables.day); covers && agree[t.id] && (least == 0 || len(t.keys) < least) {
			from, dayColumn, least = t.id, chconn.Ident(d), len(t.keys)
		}
	}
	var right, all, found uint64
	keys, ours := c.keyColumns(), c.sourceColumns()
	// Both sides as rows of one relation, so that grouping may spill to disk.
	err := v.tables.s.row(ctx, statement{Settings: v.cfg.spilling(nil), SQL: `SELECT countIf(of = 3 AND f1 = f2 AND l1 = l2), countIf(bitAnd(of, 2) > 0), countIf(bitAnd(of, 1) > 0) FROM (
			SELECT groupBitOr(side) AS of, anyIf(first, side = 1) AS f1, anyIf(first, side = 2) AS f2, anyIf(last, side = 1) AS l1, anyIf(last, side = 2) AS l2 FROM (
				SELECT ` + strings.Join(keys, ", ") + `, 1 AS side, toDate(` + c.ends[0] + `) AS first, toDate(` + c.ends[1] + `) AS last FROM ` + c.id.String() + ` GROUP BY ` + strings.Join(keys, ", ") + `
				UNION ALL SELECT ` + strings.Join(ours, ", ") + `, 2 AS side, min(` + dayColumn + `), max(` + dayColumn + `) FROM ` + from.String() + ` GROUP BY ` + strings.Join(keys, ", ") + `)
			GROUP BY ` + strings.Join(keys, ", ") + `)`}, &right, &all, &found)
	if err != nil {
		return fmt.Errorf("compare the first and last days in %s with %s: %w", c.id, from, err)
	}
	if right == all && found == all {
		return nil
	}
	what := strings.Join(keys, ", ")
	d := Difference{Table: v.tables.shown(c.id), Grain: ByKey, Period: "each " + strings.ReplaceAll(what, "`", ""), Expected: int64(all), Found: int64(right)}
	d.judge(c, 0, verdictOn{CauseKeys, fmt.Sprintf("the first and last days of %d of %d are those of the downloads; it has %d", right, all, found), nil}, mendBackfill)
	v.out.Differences = append(v.out.Differences, d)
	return nil
}

package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// countRaw compares what was stored with the footers, and where rows are
// missing finds out for which reasons they were left out.
func (st *stager) countRaw(ctx context.Context) (staged, error) {
	var r staged
	if err := st.s.row(ctx, statement{SQL: "SELECT count() FROM " + name(st.stage, st.d.Base.Staged)}, &r.Stored); err != nil {
		return r, fmt.Errorf("count the staged rows of batch %s: %w", st.batch.Name, err)
	}
	if r.Stored == st.batch.Rows {
		return r, nil
	}
	r.Rejected = map[string]map[string]uint64{}
	for _, g := range st.batch.groups() {
		if err := st.countRejected(ctx, g, r.Rejected); err != nil {
			return r, st.blame(ctx, g, err)
		}
	}
	if r.Stored+r.rejectedRows() != st.batch.Rows {
		return r, st.blameCounts(ctx, r)
	}
	return r, nil
}

// blameCounts looks for the file whose rows differ from its footer.
func (st *stager) blameCounts(ctx context.Context, r staged) error {
	mismatch := fileError(fmt.Sprintf("the footers promise %d rows, but %d were stored and %d rejected; if the views on the landing table were changed, one must count what the other leaves out",
		st.batch.Rows, r.Stored, r.rejectedRows()))
	for _, g := range st.batch.groups() {
		if bad := (&badFileError{}); errors.As(st.blame(ctx, g, mismatch), &bad) {
			return bad
		}
	}
	return fmt.Errorf("check batch %s: %w", st.batch.Name, mismatch)
}

// countRejected counts a group's rows that are not stored, by file and reason.
func (st *stager) countRejected(ctx context.Context, g group, into map[string]map[string]uint64) error {
	table, err := g.Source.Table(g.objects(), "Parquet", structure(st.feed, g.Layout))
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, f := range g.Files {
		names[f.Path] = f.Name
	}
	return st.s.each(ctx, statement{
		SQL: "SELECT _path, " + rejection(st.feed, g.Layout) + " AS reason, count() FROM " + st.feed.from(table, g.Layout) +
			" WHERE reason != '' GROUP BY _path, reason",
		Params: table.Params, Settings: st.settings(1, table.Settings),
	}, func(rows driver.Rows) error {
		var path, reason string
		var n uint64
		if err := rows.Scan(&path, &reason, &n); err != nil {
			return err
		}
		file := names[path]
		if into[file] == nil {
			into[file] = map[string]uint64{}
		}
		into[file][reason] += n
		return nil
	})
}

// check compares the complete stage with itself and with the source: every
// count table adds up to the stored rows, and no object has changed since it
// was listed.
func (st *stager) check(ctx context.Context, counts staged) error {
	for _, v := range st.d.Views {
		if v.shape == nil || len(v.shape.Counts) == 0 || v.Source != st.d.Base.tableID || filledBy(st.d, v.Target) != 1 {
			continue
		}
		if err := st.checkView(ctx, v, counts.Stored); err != nil {
			return err
		}
	}
	if err := st.unchanged(ctx); err != nil {
		return err
	}
	return st.cfg.at(StepChecked)
}

// checkView adds one count table up.
func (st *stager) checkView(ctx context.Context, v view, stored uint64) error {
	var table string
	for _, t := range st.d.Targets {
		if t.tableID == v.Target {
			table = t.Staged
		}
	}
	var sum int64
	err := st.s.row(ctx, statement{SQL: "SELECT toInt64(sum(" + quote(v.shape.Counts[0]) + ")) FROM " + name(st.stage, table)}, &sum)
	if err != nil {
		return fmt.Errorf("check the staged copy of %s: %w", v.Target, err)
	}
	if uint64(sum) != stored {
		return fmt.Errorf("check batch %s: the staged copy of %s counts %d downloads, the staged rows are %d; nothing was published",
			st.batch.Name, v.Target, sum, stored)
	}
	return nil
}

// unchanged lists the batch's objects again. One that was replaced while it was
// read may have been read half and half.
func (st *stager) unchanged(ctx context.Context) error {
	bySource := map[Source][]Object{}
	for _, f := range st.batch.Files {
		src := st.batch.sourceOf(f.Name)
		bySource[src] = append(bySource[src], f.Object)
	}
	for src, objects := range bySource {
		now, err := src.Generations(ctx, objects)
		if err != nil {
			return fmt.Errorf("check whether the files of batch %s have changed: %w", st.batch.Name, err)
		}
		for _, o := range objects {
			if reason := changeReason(o, now[o.Name]); reason != "" {
				return &badFileError{Failure{o, reason}}
			}
		}
	}
	return nil
}

// changeReason says how an object has changed, or nothing.
func changeReason(o Object, now string) string {
	switch now {
	case o.Generation:
		return ""
	case "":
		return "it was removed while it was being read"
	default:
		return fmt.Sprintf("it was replaced while it was being read (generation %s, now %s); nothing of it was stored, the next run loads it as it is then", o.Generation, now)
	}
}

package ingest

import (
	"context"
	"fmt"

	"clickql/internal/chconn"
)

// countRaw compares what was stored with the footers, and where rows are
// missing finds out for which reasons they were left out.
func (st *stager) countRaw(ctx context.Context) (r staged, err error) {
	if r.Stored, err = st.stored(ctx); err != nil || r.Stored == st.batch.Rows {
		return r, err
	}
	if r.Rejected, err = st.countRejected(ctx, st.batch.Files); err != nil {
		return r, err
	}
	if r.Stored+r.rejectedRows() != st.batch.Rows {
		return r, st.blameCounts(ctx, r)
	}
	return r, nil
}

// countRejected counts the rows of files that are not stored, by file and reason.
func (st *stager) countRejected(ctx context.Context, files []file) (map[string]map[string]uint64, error) {
	rejected := map[string]map[string]uint64{}
	for _, g := range groupsOf(files, st.sources) {
		if err := st.countGroup(ctx, g, rejected); err != nil {
			return nil, st.blame(ctx, g, err)
		}
	}
	return rejected, nil
}

// countGroup counts those of one group.
func (st *stager) countGroup(ctx context.Context, g group, into map[string]map[string]uint64) error {
	r, err := st.feed.reading(g)
	if err != nil {
		return err
	}
	type line struct {
		path, reason string
		n            uint64
	}
	lines, err := scanAll(ctx, st.s, statement{
		SQL:    "SELECT _path, " + r.rejection() + " AS reason, count() FROM " + r.From + " WHERE reason != '' GROUP BY _path, reason",
		Params: r.Params, Settings: st.cfg.filling(1, r.Settings),
	}, func(l *line) []any { return []any{&l.path, &l.reason, &l.n} })
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, f := range g.Files {
		names[f.Path] = f.Name
	}
	for _, l := range lines {
		file := names[l.path]
		if into[file] == nil {
			into[file] = map[string]uint64{}
		}
		into[file][l.reason] += l.n
	}
	return nil
}

// check compares the complete stage with itself and with the source: every
// count table adds up to the stored rows, and no object has changed since it
// was listed.
func (st *stager) check(ctx context.Context, stored uint64) error {
	for _, v := range st.d.Views {
		if v.shape == nil || len(v.shape.Counts) == 0 || v.Source != st.d.Base.tableID || filledBy(st.d, v.Target) != 1 {
			continue
		}
		if err := st.checkView(ctx, v, stored); err != nil {
			return err
		}
	}
	return st.unchanged(ctx)
}

// checkView adds one count table up.
func (st *stager) checkView(ctx context.Context, v view, stored uint64) error {
	var sum int64
	err := st.s.row(ctx, statement{SQL: "SELECT toInt64(sum(" + chconn.Ident(v.shape.Counts[0]) + ")) FROM " + name(st.stage, st.d.target(v.Target).Staged)}, &sum)
	if err != nil {
		return fmt.Errorf("check the staged copy of %s: %w", v.Target, err)
	}
	if uint64(sum) != stored {
		return fmt.Errorf("check batch %s: the staged copy of %s counts %d downloads, the staged rows are %d; nothing was published",
			st.batch.Name, v.Target, sum, stored)
	}
	return nil
}

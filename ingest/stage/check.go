package stage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"clickql/ingest/export"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
)

// Explain compares what was stored with the footers, and where rows are missing finds
// out for which reasons they were left out.
func (st *Stager) Explain(ctx context.Context, r *Counts) (err error) {
	if r.Stored == st.batch.Rows {
		return nil
	}
	if r.Rejected, err = st.CountRejected(ctx, st.batch.Files); err != nil {
		return err
	}
	if r.Stored+r.RejectedRows() != st.batch.Rows {
		return st.blameCounts(ctx, *r)
	}
	return nil
}

// CountRejected counts the rows of files that are not stored, by file and reason.
func (st *Stager) CountRejected(ctx context.Context, files []export.File) (map[string]map[string]uint64, error) {
	rejected := map[string]map[string]uint64{}
	for _, g := range export.GroupsOf(files, st.sources) {
		if err := st.countGroup(ctx, g, rejected); err != nil {
			return nil, st.blame(ctx, g, err)
		}
	}
	return rejected, nil
}

// countGroup counts those of one group.
func (st *Stager) countGroup(ctx context.Context, g export.Group, into map[string]map[string]uint64) error {
	r, err := st.feed.Reading(g)
	if err != nil {
		return err
	}
	type line struct {
		path, reason string
		n            uint64
	}
	lines, err := session.Scan(ctx, st.S, session.Statement{
		SQL:    "SELECT _path, " + r.Rejection() + " AS reason, count() FROM " + r.From + " WHERE reason != '' GROUP BY _path, reason",
		Params: r.Params, Settings: st.cfg.Filling(st.share(), r.Settings),
	}, func(l *line) []any { return []any{&l.path, &l.reason, &l.n} })
	if err != nil {
		return err
	}
	names := g.Names()
	for _, l := range lines {
		file := names[l.path]
		if into[file] == nil {
			into[file] = map[string]uint64{}
		}
		into[file][l.reason] += l.n
	}
	return nil
}

// Check compares the complete stage with itself and with the source: every
// count table adds up to the stored rows, and no object has changed since it
// was listed. It leaves what the copies add in the counts.
func (st *Stager) Check(ctx context.Context, c *Counts) error {
	g, beside := errgroup.WithContext(ctx)
	g.Go(func() error { return st.Unchanged(beside) })
	g.Go(func() (err error) {
		c.Added, err = Added(beside, st.S, st.d, st.Stage)
		return err
	})
	if err := g.Wait(); err != nil {
		return err
	}
	for _, v := range st.d.Views {
		if v.Grouping == nil || len(v.Grouping.Counts) == 0 || v.Source != st.d.Base.ID || tables.FilledBy(st.d, v.Target) != 1 {
			continue
		}
		sum, err := st.counted(ctx, v, c.Added)
		if err != nil {
			return err
		}
		if uint64(sum) != c.Stored {
			return fmt.Errorf("check batch %s: the staged copy of %s counts %d downloads, the staged rows are %d; nothing was published",
				st.batch.Name, v.Target, sum, c.Stored)
		}
	}
	return nil
}

// counted is how many downloads the copy that a view fills counts: what it adds, where
// that is the sum of the count.
func (st *Stager) counted(ctx context.Context, v tables.View, added [][]session.GroupSum) (sum int64, err error) {
	t, expr := st.d.Target(v.Target), "sum("+chconn.Ident(v.Grouping.Counts[0])+")"
	if t.Witness.Expr != expr {
		sums, err := st.S.Sums(ctx, []session.Sum{{Expr: expr, From: session.Name(st.Stage, t.Copy)}})
		return sums[0], session.Wrap(err, "check the staged copies of batch %s", st.batch.Name)
	}
	i := slices.IndexFunc(st.d.All(), func(of tables.Target) bool { return of.ID == t.ID })
	for _, partition := range added[i] {
		sum += partition.Sum
	}
	return sum, nil
}

// Added is what the copies in a private database add to each table of a derivation, in
// the order of its All: the table's witness over each partition, by partition; rows of
// those that have none.
func Added(ctx context.Context, s *session.Session, d tables.Derivation, private string) ([][]session.GroupSum, error) {
	var of []session.Sum
	for _, t := range d.All() {
		of = append(of, session.Sum{Expr: t.Witness.Adds(), From: session.Name(private, t.Copy)})
	}
	added, err := s.SumsBy(ctx, of, "_partition_id")
	return added, session.Wrap(err, "add up the staged tables of %s", private)
}

// BadFileError is a failure of a statement that one file is to blame for.
type BadFileError struct{ Failure export.Failure }

func (e *BadFileError) Error() string {
	return "load " + e.Failure.Object.Name + ": " + e.Failure.Reason
}

// blame finds the file that makes a group's statement fail by reading each
// alone. When none does, the failure is the server's.
func (st *Stager) blame(ctx context.Context, g export.Group, cause error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !export.BlamesFile(cause) {
		return fmt.Errorf("load %s: %w", g, export.WithAccessRemedy(cause, g.Source))
	}
	// A file that was replaced meanwhile is not a damaged one.
	if err := st.Unchanged(ctx); err != nil {
		return err
	}
	for _, f := range g.Files {
		err := st.probe(ctx, export.Group{Source: g.Source, Layout: g.Layout, Files: []export.File{f}})
		if err == nil {
			continue
		}
		if !export.BlamesFile(err) {
			return fmt.Errorf("load %s: %w", f.Name, err)
		}
		return &BadFileError{export.Failure{Object: f.Object, Reason: export.PlainReason(err)}}
	}
	return fmt.Errorf("load %s: %w", g, cause)
}

// probe reads all that loading would read, and drops it.
func (st *Stager) probe(ctx context.Context, g export.Group) error {
	r, err := st.feed.Reading(g)
	if err != nil {
		return err
	}
	_, exprs := r.Columns(st.d.Base.Has)
	var hash, rows uint64
	err = st.S.Row(ctx, session.Statement{SQL: "SELECT sum(cityHash64(" + strings.Join(exprs, ", ") + ")), count() FROM " + r.From,
		Params: r.Params, Settings: st.cfg.Filling(1, r.Settings)}, &hash, &rows)
	if err == nil && rows != g.Rows() {
		return export.FileError(fmt.Sprintf("its footer promises %d rows, but it holds %d", g.Rows(), rows))
	}
	return err
}

// blameCounts looks for the file whose rows differ from its footer.
func (st *Stager) blameCounts(ctx context.Context, r Counts) error {
	mismatch := export.FileError(fmt.Sprintf("the footers promise %d rows, but %d were stored and %d rejected; if the views on the landing table were changed, one must count what the other leaves out",
		st.batch.Rows, r.Stored, r.RejectedRows()))
	for _, g := range export.GroupsOf(st.batch.Files, st.sources) {
		if bad := (&BadFileError{}); errors.As(st.blame(ctx, g, mismatch), &bad) {
			return bad
		}
	}
	return fmt.Errorf("check batch %s: %w", st.batch.Name, mismatch)
}

// Unchanged lists the batch's objects again. One that was replaced while it was
// read may have been read half and half.
func (st *Stager) Unchanged(ctx context.Context) error {
	objects := make([]export.Object, len(st.batch.Files))
	for i, f := range st.batch.Files {
		objects[i] = f.Object
	}
	now, err := st.sources.Generations(ctx, objects)
	if err != nil {
		return fmt.Errorf("check whether the files of batch %s have changed: %w", st.batch.Name, err)
	}
	for _, o := range objects {
		if reason := changeReason(o, now[o.Name]); reason != "" {
			return &BadFileError{export.Failure{Object: o, Reason: reason}}
		}
	}
	return nil
}

// changeReason says how an object has changed, or nothing.
func changeReason(o export.Object, now string) string {
	switch now {
	case o.Generation:
		return ""
	case "":
		return "it was removed while it was being read"
	default:
		return fmt.Sprintf("it was replaced while it was being read (generation %s, now %s); nothing of it was stored, the next run loads it as it is then", o.Generation, now)
	}
}

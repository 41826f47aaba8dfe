package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// badFileError is a failure of a statement that one file is to blame for.
type badFileError struct{ Failure Failure }

func (e *badFileError) Error() string {
	return "load " + e.Failure.Object.Name + ": " + e.Failure.Reason
}

// blame finds the file that makes a group's statement fail by reading each
// alone. When none does, the failure is the server's.
func (st *stager) blame(ctx context.Context, g group, cause error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if !blamesFile(cause) {
		return fmt.Errorf("load %s: %w", g, withAccessRemedy(cause))
	}
	// A file that was replaced meanwhile is not a damaged one.
	if err := st.unchanged(ctx); err != nil {
		return err
	}
	for _, f := range g.Files {
		err := st.probe(ctx, group{Source: g.Source, Layout: g.Layout, Files: []file{f}})
		if err == nil {
			continue
		}
		if !blamesFile(err) {
			return fmt.Errorf("load %s: %w", f.Name, err)
		}
		return &badFileError{Failure{f.Object, plainReason(err)}}
	}
	return fmt.Errorf("load %s: %w", g, cause)
}

// probe reads all that loading would read, and drops it.
func (st *stager) probe(ctx context.Context, g group) error {
	r, err := st.feed.reading(g)
	if err != nil {
		return err
	}
	_, exprs := r.columns(st.d.Base.has)
	var hash, rows uint64
	err = st.s.row(ctx, statement{SQL: "SELECT sum(cityHash64(" + strings.Join(exprs, ", ") + ")), count() FROM " + r.From,
		Params: r.Params, Settings: st.cfg.filling(1, r.Settings)}, &hash, &rows)
	if err == nil && rows != g.rows() {
		return fileError(fmt.Sprintf("its footer promises %d rows, but it holds %d", g.rows(), rows))
	}
	return err
}

// blameCounts looks for the file whose rows differ from its footer.
func (st *stager) blameCounts(ctx context.Context, r staged) error {
	mismatch := fileError(fmt.Sprintf("the footers promise %d rows, but %d were stored and %d rejected; if the views on the landing table were changed, one must count what the other leaves out",
		st.batch.Rows, r.Stored, r.rejectedRows()))
	for _, g := range groupsOf(st.batch.Files, st.sources) {
		if bad := (&badFileError{}); errors.As(st.blame(ctx, g, mismatch), &bad) {
			return bad
		}
	}
	return fmt.Errorf("check batch %s: %w", st.batch.Name, mismatch)
}

// unchanged lists the batch's objects again. One that was replaced while it was
// read may have been read half and half.
func (st *stager) unchanged(ctx context.Context) error {
	bySource := map[Source][]Object{}
	for _, f := range st.batch.Files {
		src := st.sources.of(f.Name)
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

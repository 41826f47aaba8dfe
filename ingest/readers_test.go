package ingest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/repair"
	"clickql/internal/chtest"
)

// readers ask the same questions again and again while something is mended, and
// keep every answer that differs from the last.
type readers struct {
	db        *chtest.DB
	questions []string
	stop      context.CancelFunc
	done      sync.WaitGroup
	answers   [][]int64
	asked     []int
	errs      []error
}

// newReaders begins to ask, each question on its own.
func newReaders(t testing.TB, db *chtest.DB, questions ...string) *readers {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &readers{db: db, questions: questions, stop: stop, answers: make([][]int64, len(questions)), asked: make([]int, len(questions)), errs: make([]error, len(questions))}
	for i, sql := range questions {
		r.done.Go(func() {
			for ctx.Err() == nil && r.errs[i] == nil {
				var n int64
				err := db.Conn.QueryRow(context.WithoutCancel(ctx), sql).Scan(&n)
				r.errs[i], r.asked[i] = err, r.asked[i]+1
				if all := r.answers[i]; err == nil && (len(all) == 0 || all[len(all)-1] != n) {
					r.answers[i] = append(all, n)
				}
			}
		})
	}
	return r
}

// changedOnce fails where an answer was anything but the first, and then the last.
func (r *readers) changedOnce(t testing.TB, what string) {
	t.Helper()
	r.stop()
	r.done.Wait()
	for i, sql := range r.questions {
		if r.errs[i] != nil || len(r.answers[i]) > 2 || slices.Contains(r.answers[i], 0) {
			t.Errorf("%s: asked %d times, %s gave %v, %v", what, r.asked[i], sql, r.answers[i], r.errs[i])
		}
	}
}

// TestReadersSeeOneOrTheOther asks without pause while days are repaired, an
// aggregate is filled anew and a shadow promoted, also by what joins two tables'
// days: each table changes once, and no query fails.
func TestReadersSeeOneOrTheOther(t *testing.T) {
	t.Parallel()
	db, files, source := loaded(t)
	want := expectation(t, db.Conn, db.Name, files)
	in := New(config.Config{Conn: db.Conn})
	day := date(t, "2023-12-25")
	sh, err := in.Shadow("next")
	if err != nil {
		t.Fatal(err)
	}
	ask := func() *readers {
		return newReaders(t, db, "SELECT toInt64(count()) FROM pypi WHERE date = '2023-12-25'",
			"SELECT sum(count) FROM pypi_downloads_per_day WHERE date = '2023-12-25'", "SELECT sum(count) FROM pypi_downloads_per_month",
			"SELECT toInt64(uniqExact(project)) FROM pypi_downloads_max_min",
			"SELECT toInt64(count() > 0) FROM merge(currentDatabase(), '^pypi_downloads_per_day') WHERE date = '2023-12-25'")
	}
	for what, mend := range map[string]func() error{
		"repair": func() error {
			_, err := in.Repair(t.Context(), repair.Request{From: day, To: day}, source)
			return err
		},
		"backfill": func() error {
			_, err := in.Backfill(t.Context(), backfill.Request{Table: "pypi_downloads_per_month"})
			return err
		},
		"promotion": func() error {
			if _, err := sh.Run(t.Context(), source); err != nil {
				return err
			}
			return sh.Promote(t.Context(), false)
		},
	} {
		damage := "INSERT INTO pypi SELECT * FROM pypi WHERE date = '2023-12-25'"
		if what == "backfill" {
			damage = "INSERT INTO pypi_downloads_per_month SELECT * FROM pypi_downloads_per_month"
		}
		must(t, db.Conn, damage)
		r := ask()
		if err := mend(); err != nil {
			t.Error(fmt.Errorf("%s: %w", what, err))
		}
		r.changedOnce(t, what)
		checkEqual(t, db.Conn, db.Name, want)
	}
}

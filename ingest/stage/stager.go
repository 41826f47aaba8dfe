package stage

import (
	"context"
	"maps"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"clickql/ingest/config"
	"clickql/ingest/export"
	"clickql/ingest/ledger"
	"clickql/ingest/session"
	"clickql/ingest/tables"
	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// Stager fills private copies of a derivation's tables with a batch.
type Stager struct {
	S       *session.Session
	cfg     config.Config
	feed    export.Feed
	d       tables.Derivation
	batch   Batch
	Days    *ledger.Span // of which rows are taken; nil: of all
	sources export.Sources
	Stage   string // the private database
	Meter   *config.Meter
}

// New prepares to fill a stage with a batch.
func New(s *session.Session, cfg config.Config, f export.Feed, d tables.Derivation, b Batch, stage string, meter *config.Meter) *Stager {
	return &Stager{S: s, cfg: cfg, feed: f, d: d, batch: b, sources: cfg.AllSources(s), Stage: stage, Meter: meter}
}

// Counts is what a complete stage holds.
type Counts struct {
	Stored   uint64
	Rejected map[string]map[string]uint64 // by file and reason
	// Added is what the copies add, see the function. Nil where another process made
	// them, whose word is not taken for what moves are judged by.
	Added [][]session.GroupSum `json:"-"`
}

// RejectedRows is the sum over files and reasons.
func (r Counts) RejectedRows() (n uint64) {
	for _, reasons := range r.Rejected {
		for _, rows := range reasons {
			n += rows
		}
	}
	return n
}

// CreateTables makes empty copies of the tables.
func (st *Stager) CreateTables(ctx context.Context) error { return st.create(ctx, st.d.All()) }

// create makes empty copies of some, several at a time: the server waits for its disk
// with each.
func (st *Stager) create(ctx context.Context, some []tables.Target) error {
	return session.SideBySide(ctx, st.cfg.Parallel, some, func(ctx context.Context, _ int, t tables.Target) error {
		return session.Wrap(st.S.Do(ctx, "CREATE TABLE "+session.Name(st.Stage, t.Copy)+" AS "+t.String()+t.StagedEngine()), "create a private copy of %s", t)
	})
}

// CreateAndFillRaw makes empty copies of the tables, and loads the batch's files into
// that of the raw one while the server waits for its disk with the others.
func (st *Stager) CreateAndFillRaw(ctx context.Context) error {
	if err := st.create(ctx, []tables.Target{st.d.Base}); err != nil {
		return err
	}
	var others errgroup.Group
	others.Go(func() error { return st.create(ctx, st.d.Targets) })
	err := st.FillRaw(ctx)
	if created := others.Wait(); err == nil {
		err = created
	}
	return err
}

// FillRaw loads the batch's files. It returns *BadFileError when one of them
// cannot be read to its end.
func (st *Stager) FillRaw(ctx context.Context) error {
	for _, g := range export.GroupsOf(st.batch.Files, st.sources) {
		r, err := st.feed.Reading(g)
		if err != nil {
			return err
		}
		condition, params := r.Accepted(), map[string]any{}
		if st.Days != nil {
			condition, params = r.Within(*st.Days)
		}
		maps.Copy(params, r.Params)
		columns, exprs := r.Columns(st.d.Base.Has)
		for i, c := range columns {
			exprs[i] += " AS " + c
		}
		err = st.S.Exec(ctx, session.Statement{SQL: "INSERT INTO " + session.Name(st.Stage, st.d.Base.Copy) + " (" + strings.Join(columns, ", ") + ") SELECT " + strings.Join(exprs, ", ") +
			" FROM " + r.From + " WHERE " + condition, Params: params, Settings: st.cfg.Filling(1, r.Settings), Rows: st.Meter.AddRead})
		if err != nil {
			return st.blame(ctx, g, err)
		}
	}
	return nil
}

// Stored counts the rows of the raw copy.
func (st *Stager) Stored(ctx context.Context) (uint64, error) {
	n, err := st.S.Count(ctx, session.Name(st.Stage, st.d.Base.Copy))
	return n, session.Wrap(err, "count the staged rows of batch %s", st.batch.Name)
}

// StoredDays counts them by day.
func (st *Stager) StoredDays(ctx context.Context) (map[cube.Day]int64, error) {
	days, err := session.ReadDays(ctx, st.S, session.SQL("SELECT toDate("+chconn.Ident(st.feed.Day)+") AS day, toInt64(count()) FROM "+session.Name(st.Stage, st.d.Base.Copy)+" GROUP BY day"))
	return days, session.Wrap(err, "count the days of batch %s", st.batch.Name)
}

// Batch is the unit that becomes public together.
type Batch struct {
	Name  string
	Files []export.File
	Rows  uint64
	Bytes int64
}

// NewBatch adds its files up.
func NewBatch(name string, files []export.File) Batch {
	b := Batch{Name: name, Files: files}
	for _, f := range files {
		b.Rows, b.Bytes = b.Rows+f.Rows, b.Bytes+f.Size
	}
	return b
}

// Planned are the ledger's lines about its files, which belong to it.
func (b Batch) Planned(kind ledger.Kind, at time.Time) []ledger.File {
	lines := make([]ledger.File, len(b.Files))
	for i, f := range b.Files {
		lines[i] = ledger.File{Kind: string(kind), Name: f.Name, Generation: f.Generation, Batch: b.Name,
			Outcome: string(ledger.FilePlanned), Bytes: uint64(f.Size), Rows: f.Rows, At: at.UTC()}
	}
	return lines
}

// Rejected are those about the files of which rows are not stored: how many, by
// file and reason.
func (b Batch) Rejected(kind ledger.Kind, rows map[string]map[string]uint64, at time.Time) (lines []ledger.File) {
	for _, l := range b.Planned(kind, at) {
		if l.Outcome, l.Rejected = string(ledger.FileCounted), rows[l.Name]; len(l.Rejected) > 0 {
			lines = append(lines, l)
		}
	}
	return lines
}

// Without is the batch's files but one, and that one's rows.
func (b Batch) Without(o export.Object) (rest []export.File, rows uint64) {
	for _, f := range b.Files {
		if f.Name == o.Name {
			rows = f.Rows
			continue
		}
		rest = append(rest, f)
	}
	return rest, rows
}

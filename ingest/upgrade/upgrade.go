package upgrade

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"clickql/ingest/config"
	"clickql/ingest/ledger"
	"clickql/ingest/publish"
	"clickql/ingest/session"
	"clickql/internal/ddl"
)

// Request says how to upgrade.
type Request struct {
	// Cluster names the cluster that the tables are on; empty for one server.
	Cluster string
	// DryRun makes the plan and changes nothing; it takes no lock.
	DryRun bool
	// Done is told of each statement when it has run.
	Done func(ddl.Statement)
}

// Report is what an upgrade did, or would do.
type Report struct {
	Database string `json:"database"`
	// Statements are those to run, or that were run, in order.
	Statements []string `json:"statements"`
	// Kept says what differs and stays, and why.
	Kept []string `json:"kept"`
	// Unfilled lists the aggregates that are new to a database with downloads: they
	// count what arrives from now on.
	Unfilled []string `json:"unfilled"`
	// Columns reports that the raw table has got columns, which are empty in the rows
	// that it had.
	Columns bool `json:"columns,omitempty"`
}

// ErrRefused tells a database that cannot be upgraded as it is.
var ErrRefused = errors.New("nothing was changed")

// Schema upgrades the database. The report is valid also beside an error, as far as
// it had come.
func Schema(ctx context.Context, cfg config.Config, asWriter publish.AsWriterFunc, req Request) (Report, error) {
	u := upgrader{cfg: cfg, req: req, options: ddl.Options{Database: cfg.Database, Cluster: req.Cluster},
		report: Report{Database: cfg.Database, Statements: []string{}, Kept: []string{}, Unfilled: []string{}}}
	plan, err := u.plan(ctx)
	if err != nil {
		return u.report, err
	}
	if req.DryRun {
		for _, s := range plan.Statements {
			u.report.Statements = append(u.report.Statements, s.SQL)
		}
		return u.report, nil
	}
	if len(plan.Statements) == 0 {
		return u.report, nil
	}
	loads, err := u.hasLoads(ctx)
	switch {
	case err != nil:
	case loads:
		err = asWriter(ctx, func(ctx context.Context, w *publish.Writer) error { return u.run(ctx, w.S) })
	default: // nobody has ever loaded here, and no ledger need be made for this
		err = u.run(ctx, cfg.Session())
	}
	return u.report, err
}

// upgrader is one upgrade.
type upgrader struct {
	cfg     config.Config
	req     Request
	options ddl.Options
	report  Report
}

// plan reads what there is to do, or why it cannot be done.
func (u *upgrader) plan(ctx context.Context) (ddl.Upgrade, error) {
	plan, err := ddl.PlanUpgrade(ctx, u.cfg.Conn, u.options)
	if err != nil {
		return plan, fmt.Errorf("upgrade database %s: %w", u.cfg.Database, err)
	}
	u.report.Kept = append([]string{}, plan.Kept...)
	if len(plan.Refused) > 0 {
		return plan, fmt.Errorf("upgrade database %s: %s: %w", u.cfg.Database, strings.Join(plan.Refused, "; "), ErrRefused)
	}
	return plan, nil
}

// hasLoads reports that the database has a ledger of loads.
func (u *upgrader) hasLoads(ctx context.Context) (bool, error) {
	s := u.cfg.Session()
	var n uint64
	err := s.Row(ctx, session.SQL("SELECT count() FROM system.tables WHERE database = {database:String} AND name = {table:String}", "database", s.Database, "table", ledger.Batches), &n)
	return n > 0, session.Wrap(err, "look for the ledger of database %s", s.Database)
}

// run does what is to be done by now.
func (u *upgrader) run(ctx context.Context, s *session.Session) error {
	plan, err := u.plan(ctx)
	if err != nil {
		return err
	}
	var created []string
	for _, statement := range plan.Statements {
		if err := s.Do(ctx, statement.SQL); err != nil {
			return fmt.Errorf("upgrade database %s: %s %s: %w; what is done stays, run this again to carry on", u.cfg.Database, statement.Kind, statement.Object, err)
		}
		u.report.Statements = append(u.report.Statements, statement.SQL)
		created = append(created, statement.Kind+" "+statement.Object)
		u.report.Columns = u.report.Columns || statement.Object == "columns of "+u.cfg.Database+"."+ddl.RawTable
		if u.req.Done != nil {
			u.req.Done(statement)
		}
	}
	unfilled, err := ddl.Unfilled(ctx, u.cfg.Conn, u.options, created)
	u.report.Unfilled = append([]string{}, unfilled...)
	return err
}

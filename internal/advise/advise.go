package advise

import (
	"errors"
	"strings"
	"time"

	"clickql/internal/asked"
	"clickql/internal/catalog"
	"clickql/internal/ddl"
)

// Sizer estimates how many rows aggregates with the keys would have.
type Sizer func(keys []catalog.Key) ([]catalog.KeyCount, error)

// Options bound the advice.
type Options struct {
	// Budget is the most bytes that all proposals may take together; 0 for any.
	Budget uint64
	// Limit is the most proposals.
	Limit int
	// LeastShare is the part of all rows read that a proposal must save to be
	// worth its loading.
	LeastShare float64
	// Cluster is what the DDL is written for; empty for one server.
	Cluster string
	// Readers lists the materialized views that are computed from each table, by
	// its full name.
	Readers map[string][]string
}

// Defaults of Options.
const (
	DefaultLimit      = 5
	DefaultLeastShare = 0.01
)

// Report is the advice.
type Report struct {
	Database string `json:"database"`
	// Since and Until are the time that the log spans.
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	// Statements, FromMemory, Refused and RowsRead are the log's sums: queries
	// run, answers given from memory, questions that would have read too much,
	// rows read. RowsReplayed is the part of them, refused questions' estimates
	// included, that proposals are weighed by.
	Statements   uint64 `json:"statements"`
	FromMemory   uint64 `json:"fromMemory"`
	Refused      uint64 `json:"refused"`
	RowsRead     uint64 `json:"rowsRead"`
	RowsReplayed uint64 `json:"rowsReplayed"`
	// Proposals are in the order in which they pay.
	Proposals []Proposal `json:"proposals"`
	// Unused are the existing tables that answered nothing, largest first.
	Unused []Unused `json:"unused"`
	// Notes say what the advice does not rest on.
	Notes []string `json:"notes"`
}

// Proposal is an aggregate that would save rows.
type Proposal struct {
	Name string   `json:"name"`
	Key  []string `json:"key"`
	// Rows is its estimated size, RowsError the standard error as a part of it;
	// RowsAtLeast tells that it may be larger still. Bytes are compressed.
	Rows        uint64  `json:"rows"`
	RowsError   float64 `json:"rowsError"`
	RowsAtLeast bool    `json:"rowsAtLeast"`
	Bytes       uint64  `json:"bytes"`
	// Statements is how many of the log's queries would use it.
	Statements uint64 `json:"statements"`
	// RowsSaved is what they would read less, with all proposals before it in
	// place; Share is that part of Report.RowsReplayed.
	RowsSaved uint64  `json:"rowsSaved"`
	Share     float64 `json:"share"`
	// DDL creates the table, then the view that fills it.
	DDL []string `json:"ddl"`
	// Command creates and fills it.
	Command string `json:"command"`
}

// ErrNothingAsked means that the log holds nothing about this database.
var ErrNothingAsked = errors.New("nothing was asked yet of this database")

// Advise makes the report for a database by what it was asked.
func Advise(snap *catalog.Snapshot, log asked.File, size Sizer, o Options) (*Report, error) {
	r := &Report{Database: snap.Database, Since: log.Since, Until: log.Until, Proposals: []Proposal{}, Notes: []string{}}
	records := r.take(log)
	if len(records) == 0 {
		return nil, ErrNothingAsked
	}
	w := newWorkload(snap, records)
	r.RowsReplayed = uint64(w.rows())
	r.Notes = append(r.Notes, w.notes()...)
	r.unused(snap, log, o.Readers)
	keys := candidates(w)
	if len(keys) == 0 {
		return r, nil
	}
	counts, err := size(keys)
	if err != nil {
		return nil, err
	}
	options := optionsOf(snap, w, keys, counts)
	for _, won := range greedy(w, options, o) {
		p, err := won.proposal(r, o)
		if err != nil {
			return nil, err
		}
		r.Proposals = append(r.Proposals, p)
	}
	return r, nil
}

// take adds up the log and gives the records about the database.
func (r *Report) take(log asked.File) []asked.Record {
	var out []asked.Record
	for _, one := range log.Records {
		if !strings.HasPrefix(one.Table, r.Database+".") {
			continue
		}
		r.Statements, r.FromMemory = r.Statements+one.Count, r.FromMemory+one.Hits
		r.Refused, r.RowsRead = r.Refused+one.Refused, r.RowsRead+one.Rows
		out = append(out, one)
	}
	if log.Damage != "" {
		r.Notes = append(r.Notes, "the log was not read to its end: "+log.Damage)
	}
	return out
}

// proposal writes down what won.
func (won choice) proposal(r *Report, o Options) (Proposal, error) {
	command := "clickql ingest backfill " + won.table.Name
	t, known := ddl.Lookup(won.table.Name)
	if !known {
		var err error
		if t, err = ddl.Aggregate(won.table.Name, won.table.Key...); err != nil {
			return Proposal{}, err
		}
		command += " --key " + strings.Join(won.table.Key, ",")
	}
	at := ddl.Options{Database: r.Database, Cluster: o.Cluster}
	return Proposal{
		Name: t.Name, Key: won.table.Key, Rows: won.table.Rows, RowsError: won.size.Error, RowsAtLeast: won.size.AtLeast,
		Bytes: won.table.Bytes, Statements: won.statements, RowsSaved: uint64(won.saved), Share: won.saved / max(1, float64(r.RowsReplayed)),
		DDL:     []string{t.Create(at, t.Name), t.CreateView(at)},
		Command: command,
	}, nil
}

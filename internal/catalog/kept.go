package catalog

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"clickql/internal/chschema"
	"clickql/internal/wholefile"
)

// kept is what a look found out, as it is kept in a file: reading it again and
// asking whether the data is still the same takes two statements, and finding it
// out anew some fifteen.
type kept struct {
	// Program tells which build wrote it. Another one may judge tables otherwise.
	Program string
	// Database, RawTable and Signature tell which tables it is of: the signature
	// has the UUID of each.
	Database, RawTable string
	Signature          signature
	// Parts and Stored are what later changes are read against; nil parts are
	// those that cannot be seen.
	Parts    chschema.Parts
	Stored   []*chschema.Table
	Snapshot Snapshot
	// Known and Fills are what was added up of tables, by their names: where the data
	// has changed since, only that need be read.
	Known map[string]knownTotals
	Fills map[string]knownFillings
}

// indexed is an Index as it is written.
type indexed struct {
	Names  []string
	Totals []int64
}

// GobEncode writes the index.
func (ix *Index) GobEncode() ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(indexed{ix.names, ix.totals})
	return b.Bytes(), err
}

// GobDecode reads an index.
func (ix *Index) GobDecode(text []byte) error {
	var k indexed
	if err := gob.NewDecoder(bytes.NewReader(text)).Decode(&k); err != nil {
		return err
	}
	*ix = Index{names: k.Names, totals: k.Totals}
	for _, n := range k.Totals {
		ix.sum += n
	}
	return nil
}

// program tells this build from others: by the file that runs.
func program() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return fmt.Sprint(path, info.Size(), info.ModTime().UnixNano())
}

// keepsFor reports that a snapshot may be kept: it is one of a database that
// could be read, on one server.
func (r *reader) keepsFor(s *Snapshot) bool {
	return r.opts.State != "" && s.Err == nil && r.stored != nil && s.Server == "" && (s.Version != "" || r.parts == nil)
}

// keep writes the snapshot to the file, which is replaced as a whole. What fails
// is told and costs nothing else.
func (r *reader) keep(s *Snapshot) {
	if !r.keepsFor(s) {
		return
	}
	k := kept{Program: program(), Database: r.opts.Database, RawTable: r.opts.RawTable, Signature: r.signature, Parts: r.parts, Stored: r.stored, Snapshot: *s,
		Known: r.verifier.known, Fills: r.verifier.knownFills}
	var b bytes.Buffer
	err := errors.Join(gob.NewEncoder(&b).Encode(k), os.MkdirAll(filepath.Dir(r.opts.State), 0o700))
	if err == nil {
		err = wholefile.Write(r.opts.State, b.Bytes())
	}
	if err != nil {
		r.opts.Log.Warn("what was learnt of the database cannot be kept", "file", r.opts.State, "err", err)
	}
}

// recall is the snapshot that was kept, where the database is still as it was
// then; nil where it is not, or where nothing was kept.
func (r *reader) recall(ctx context.Context) *Snapshot {
	if r.opts.State == "" {
		return nil
	}
	content, err := os.ReadFile(r.opts.State)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var k kept
	if err == nil {
		err = gob.NewDecoder(bytes.NewReader(content)).Decode(&k)
	}
	if err != nil {
		r.opts.Log.Warn("what was learnt of the database cannot be read, and is learnt anew", "file", r.opts.State, "err", err)
		return nil
	}
	if k.Program == "" || k.Program != program() || k.Database != r.opts.Database || k.RawTable != r.opts.RawTable || len(k.Stored) == 0 {
		return nil
	}
	s, err := r.still(ctx, &k)
	if err != nil {
		r.opts.Log.Debug("whether the database is as it was cannot be told", "err", err)
	}
	return s
}

// still is the kept snapshot where the database has the same tables and parts,
// and without parts where it is young enough. Otherwise what the verifier knew is known
// again, of the parts of then.
func (r *reader) still(ctx context.Context, k *kept) (*Snapshot, error) {
	stored, parts, last := r.stored, r.parts, r.signature
	r.stored, r.parts, r.signature = k.Stored, k.Parts, k.Signature
	s := &k.Snapshot
	signature, err := r.sign(ctx)
	same := false
	if err == nil && signature.same(k.Signature, k.Parts != nil) && signature.Ledger == k.Signature.Ledger {
		same, err = r.unchanged(ctx, s)
	}
	if k.Parts != nil {
		r.verifier.known, r.verifier.knownFills = k.Known, k.Fills
	}
	if err != nil || !same {
		r.stored, r.signature = stored, last
		if k.Parts == nil {
			r.parts = parts
		}
		return nil, err
	}
	r.signature, r.index, s.Mirrors = signature, s.Projects, r.opts.Mirrors
	if s.Version != "" {
		s.Version = r.versions.next(hashed(k.Parts, k.Stored, s.text()), false)
	}
	return s, nil
}

// bearable is how seldom something may be done that takes so many statements: a
// tenth of what the account may send is for looking, the rest for answers.
func (r *reader) bearable(statements uint64) time.Duration {
	if r.opts.Allowance == nil {
		return 0
	}
	queries, interval := r.opts.Allowance()
	if queries == 0 {
		return 0
	}
	return time.Duration(float64(interval) * float64(statements) * lookShare / float64(queries))
}

const (
	// lookShare is the part of an account's statements, one in so many, that is
	// spent on looking for news.
	lookShare = 10
	// lookStatements are sent to see that nothing is new, readStatements at the
	// most to read everything.
	lookStatements, readStatements = 2, 20
)

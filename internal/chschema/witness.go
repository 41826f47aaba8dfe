package chschema

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"sync"

	"clickql/internal/chconn"
)

// A Witness hears from the server's own log which tables a statement has read. A
// guard (GuardTables) says the same within the statement, at the price of another
// one: a scalar is planned and run like a statement of its own, which doubles what a
// small one costs. The log costs nearly nothing, and can be heard over the native
// protocol only, of tables that keep rows themselves, and once all has been read.
type Witness struct {
	mu     sync.Mutex
	tables []Told
	heard  []bool // of each of tables
	other  bool
}

// WitnessSource is the log's source to be heard, as a regular expression.
const WitnessSource = "SelectExecutor"

// ErrElsewhere is what a statement that read another table than it should comes to;
// see Elsewhere.
var ErrElsewhere = errors.New(elsewhere)

// Told is a table with the ways in which the log may write its name.
type Told struct {
	Exact
	Names []string
}

// ToldOf makes a table's names for the log: once, as each statement is compared with
// those of all tables.
func ToldOf(t Exact) Told {
	told := Told{Exact: t}
	for _, database := range written(t.Database) {
		for _, table := range written(t.Table) {
			told.Names = append(told.Names, database+"."+table)
		}
	}
	return told
}

// NewWitness is one of a statement that reads the tables; nil where they cannot all be
// told by their UUIDs.
func NewWitness(tables []Told) *Witness {
	if len(tables) == 0 || slices.ContainsFunc(tables, func(t Told) bool { return t.UUID == "" || t.UUID == noUUID }) {
		return nil
	}
	return &Witness{tables: tables, heard: make([]bool, len(tables))}
}

// written is how the log may write a name: quoted where it has to be, and where it is
// also a keyword.
func written(name string) []string {
	if quoted := chconn.Ident(name); quoted != name {
		return []string{quoted}
	}
	return []string{name, "`" + name + "`"}
}

// Hear takes a source of the log, such as "pypi.pypi_downloads (a UUID) (SelectExecutor)".
func (w *Witness) Hear(source string) {
	source, reads := strings.CutSuffix(source, ") ("+WitnessSource+")")
	at := strings.LastIndex(source, " (")
	if !reads || at < 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, t := range w.tables {
		if slices.Contains(t.Names, source[:at]) {
			same := t.UUID == source[at+2:]
			w.heard[i], w.other = w.heard[i] || same, w.other || !same
		}
	}
}

// Other reports that another table was read that went by the name of one.
func (w *Witness) Other() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.other
}

// Tables are the tables, and whether each was heard of.
func (w *Witness) Tables() iter.Seq2[Exact, bool] {
	return func(yield func(Exact, bool) bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for i, t := range w.tables {
			if !yield(t.Exact, w.heard[i]) {
				return
			}
		}
	}
}

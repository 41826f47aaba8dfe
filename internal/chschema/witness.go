package chschema

import (
	"errors"
	"maps"
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
	want map[string]Exact // by each way in which the log may write a name

	mu    sync.Mutex
	heard map[Exact]bool // whether, of each table
	other bool
}

// WitnessSource is the log's source to be heard, as a regular expression.
const WitnessSource = "SelectExecutor"

// ErrElsewhere is what a statement that read another table than it should comes to;
// see Elsewhere.
var ErrElsewhere = errors.New(elsewhere)

// NewWitness is one of a statement that reads the tables; nil where they cannot all be
// told by their UUIDs.
func NewWitness(tables []Exact) *Witness {
	w := &Witness{want: map[string]Exact{}, heard: map[Exact]bool{}}
	for _, t := range tables {
		if t.UUID == "" || t.UUID == noUUID {
			return nil
		}
		for _, database := range written(t.Database) {
			for _, table := range written(t.Table) {
				w.want[database+"."+table] = t
			}
		}
		w.heard[t] = false
	}
	if len(w.heard) == 0 {
		return nil
	}
	return w
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
	if t, wanted := w.want[source[:at]]; wanted && t.UUID == source[at+2:] {
		w.heard[t] = true
	} else if wanted {
		w.other = true
	}
}

// Other reports that another table was read that went by the name of one.
func (w *Witness) Other() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.other
}

// Tables are the tables, and whether each was heard of.
func (w *Witness) Tables() map[Exact]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.heard)
}

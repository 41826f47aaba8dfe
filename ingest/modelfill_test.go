package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"clickql/ingest/backfill"
	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// fillSteps are those that a backfill passes.
var fillSteps = []Step{StepLocked, StepRecovered, StepSnapshot, StepReady, StepRangeFilled, StepNextBuilt, StepStepsWritten, StepPublishing, StepSwapped, StepAllMoved,
	StepDone, StepStageDropped}

// backfill computes an aggregate.
func (m *trial) backfill() {
	m.fill(m.drawTable().Name, rapid.Bool().Draw(m.t, "something arrives"))
}

// fill runs a backfill and follows it, perhaps while a load and somebody else's
// INSERT bring more rows.
func (m *trial) fill(name string, busy bool) {
	m.t.Helper()
	before := m.published(m.live)
	f := m.fills[name]
	begun := f != nil
	if f == nil || !f.ready {
		f = &unfinished{holds: maps.Clone(m.live.raw())}
	}
	m.fills[name] = f
	req := backfill.Request{Table: name}
	if _, known := ddl.Lookup(name); !known && !begun {
		req.Key = table(name).Key()
	}
	m.t.Logf("backfill %s, resumes %v, busy %v", name, f.ready, busy)
	loses, halfway := m.losesDays(name), m.live.halfway
	ended, err := m.do(fillSteps, func(in *Ingest) error {
		if busy {
			m.beside = func(s Step) {
				if s == StepRangeFilled {
					m.beside = nil
					m.arrive()
				}
			}
		}
		_, err := in.Backfill(m.t.Context(), req)
		return err
	})
	m.observeFill(name)
	if !ended && err != nil && strings.Contains(err.Error(), "what is older than the raw table would be lost") {
		if !loses && !halfway {
			m.t.Fatalf("backfill %s: %v", name, err)
		}
		return // before it did anything
	}
	if ended {
		if len(m.news(m.live, "backfill", before)) > 0 {
			*m.live.tables[name] = tableState{true, true, maps.Clone(f.holds)}
		}
		return
	}
	m.live.halfway, m.live.settled = false, true
	t := table(name)
	got, want := folded(t, m.byDay(f.holds)), folded(t, m.byDay(m.live.raw()))
	switch {
	case loses && !halfway:
		m.t.Fatalf("backfill %s is not refused, and loses days: %v", name, err)
	case maps.Equal(got, want) && err != nil:
		m.t.Fatalf("backfill %s: %v", name, err)
	case maps.Equal(got, want):
		*m.live.tables[name] = tableState{true, true, f.holds}
		if m.fills[name] != nil {
			m.t.Fatalf("the backfill of %s is not cleared up", name)
		}
	case err == nil || !strings.Contains(err.Error(), "does not agree with the raw table"):
		m.t.Fatalf("backfill %s: %v; it should be refused, since it would count %v, and the raw table %v", name, err, got, want)
	}
}

// losesDays reports that an aggregate, or another where it has no days, holds days
// before the raw table's first. A new one with days just does not tell of them.
func (m *trial) losesDays(name string) bool {
	look, grain := []string{name}, grainOf(table(name))
	if !m.live.tables[name].exists && (grain == count.ByDay || grain == count.ByMonth) {
		return false
	}
	if grain != count.ByDay {
		look = m.live.fed()
	}
	begin := slices.Sorted(maps.Keys(folded(table("pypi"), m.byDay(m.live.raw()))))
	for _, other := range look {
		t := table(other)
		if g := grainOf(t); g != count.ByDay && g != count.ByMonth {
			continue
		}
		held := slices.Sorted(maps.Keys(folded(t, m.byDay(m.live.tables[other].holds))))
		if len(held) > 0 && len(begin) > 0 && held[0] < begin[0][:len(held[0])] {
			return true
		}
	}
	return false
}

// observeFill looks what a backfill has left.
func (m *trial) observeFill(name string) {
	m.t.Helper()
	database := "clickql_fill_" + m.live.database + "_" + name
	if len(m.texts("SELECT name FROM system.databases WHERE name = '"+database+"'")) == 0 {
		delete(m.fills, name)
		return
	}
	f := m.fills[name]
	f.arrivals, f.ready = false, false
	for _, t := range m.texts("SELECT name FROM system.tables WHERE database = '" + database + "'") {
		f.arrivals = f.arrivals || t == "arrivals_mv"
		f.ready = f.ready || t == "ready"
	}
}

// arrive loads one more file and inserts something by hand, within another
// operation.
func (m *trial) arrive() {
	m.n++
	v := m.put(fmt.Sprintf("f%03d.parquet", m.n), m.n%modelDays, 1, "")
	cfg := config.Config{Conn: m.conn, Holder: ledger.Holder{Host: "here", PID: deadPID, Machine: ledger.MachineID(), Token: v.id}}
	if _, err := New(cfg).Run(m.t.Context(), ledger.Downloads, m.folder+"/"+v.name); err != nil {
		m.t.Fatalf("load beside a backfill: %v", err)
	}
	m.live.halfway = false
	m.loaded(m.live, v)
	m.insert(firstDay + cube.Day(m.n*3%modelDays))
}

// discardFill drops what a backfill has left.
func (m *trial) discardFill() {
	name := m.drawTable().Name
	if m.fills[name] == nil && rapid.IntRange(0, 3).Draw(m.t, "all the same") < 3 {
		m.notNow("there is none")
	}
	m.discardFillOf(name)
}

// discardFillOf drops what the backfill of a table has left.
func (m *trial) discardFillOf(name string) {
	m.t.Helper()
	before := m.published(m.live)
	there := m.fills[name] != nil
	ended, err := m.do([]Step{StepLocked, StepRecovered}, func(in *Ingest) error {
		_, err := in.Backfill(m.t.Context(), backfill.Request{Table: name, Discard: true})
		return err
	})
	switch {
	case ended:
		m.news(m.live, "", before)
		m.observeFill(name)
	case there && err != nil:
		m.t.Fatalf("discard the backfill of %s: %v", name, err)
	case there:
		m.live.halfway, m.live.settled = false, true
		if m.observeFill(name); m.fills[name] != nil {
			m.t.Fatalf("the backfill of %s is not discarded", name)
		}
	case err == nil || !strings.Contains(err.Error(), "there is none"):
		m.t.Fatalf("discard a backfill that is not there: %v", err)
	}
}

// insert puts rows of a day into the raw table, as somebody else would.
func (m *trial) insert(d cube.Day) {
	m.t.Helper()
	m.n++
	v := &version{id: fmt.Sprintf("foreign-%d", m.n)}
	m.exec(fmt.Sprintf("INSERT INTO %s.content (piece, date, project, version, ci, libc) SELECT '%s', '%s', '%s', '1', 'true', ('glibc', '2') FROM numbers(%d)", m.model, v.id, d, v.id, 3+m.n))
	m.recount(v)
	m.pour(v)
	m.feed(m.live, v)
	m.t.Logf("%s is inserted into %s: %v", v.id, d, v.counts)
}

// pour inserts a content into the raw table by hand.
func (m *trial) pour(v *version) {
	m.t.Helper()
	m.exec("INSERT INTO " + m.live.database + ".pypi (" + modelColumns + ") SELECT " + modelColumns + " FROM " + m.model + ".content WHERE piece = " + chconn.Literal(v.id))
}

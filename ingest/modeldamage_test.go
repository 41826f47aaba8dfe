package ingest

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"clickql/ingest/count"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// whole skips an operation by hand while a batch is half public: then it would
// be in the way of recovery, as the commands say.
func (m *trial) whole() {
	if m.live.halfway {
		m.notNow("a batch is half public")
	}
}

// name qualifies a table of the live database.
func (m *trial) name(table string) string { return m.live.database + "." + table }

// foreign inserts something that no file has.
func (m *trial) foreign() {
	m.whole()
	m.insert(m.drawDay())
}

// takeBack takes back what somebody else inserted, from every table that can
// tell it.
func (m *trial) takeBack() {
	m.whole()
	var there []string
	for _, id := range sortedKeys(m.versions) {
		if strings.HasPrefix(id, "foreign-") {
			there = append(there, id)
		}
	}
	if len(there) == 0 {
		m.notNow("there is nothing")
	}
	m.takeBackThe(rapid.SampledFrom(there).Draw(m.t, "insert"))
}

// takeBackThe takes one insert back.
func (m *trial) takeBackThe(id string) {
	m.t.Helper()
	m.t.Logf("%s is taken back", id)
	for _, t := range modelTables() {
		if state := m.live.tables[t.Name]; state.exists && (t.Name == "pypi" || strings.Contains(strings.Join(t.Key(), ","), "project")) {
			m.exec("DELETE FROM " + m.name(t.Name) + " WHERE project = '" + id + "'")
			for k := range state.holds {
				if k.version == id {
					delete(state.holds, k)
				}
			}
		}
	}
}

// damageRaw harms the raw table by hand.
func (m *trial) damageRaw() {
	m.whole()
	raw, d := m.live.raw(), m.drawDay()
	harm := rapid.SampledFrom([]string{"a day deleted", "a file inserted", "a file attached", "a month lost"}).Draw(m.t, "harm")
	m.t.Logf("%s %s", harm, d)
	var loaded []string
	for _, name := range sortedKeys(m.live.ledger) {
		loaded = append(loaded, m.live.ledger[name].version.id)
	}
	if strings.HasPrefix(harm, "a file") && len(loaded) == 0 {
		m.notNow("there are none")
	}
	switch harm {
	case "a day deleted":
		m.exec("DELETE FROM " + m.name("pypi") + " WHERE date = '" + d.String() + "'")
		raw.without(func(k cube.Day) bool { return k == d })
	case "a month lost":
		m.exec("ALTER TABLE " + m.name("pypi") + " DROP PARTITION ID '" + strings.ReplaceAll(d.String()[:7], "-", "") + "'")
		raw.without(func(k cube.Day) bool { return k.StartOfMonth() == d.StartOfMonth() })
	case "a file inserted": // the views fire
		v := m.versions[rapid.SampledFrom(loaded).Draw(m.t, "file")]
		m.pour(v)
		m.feed(m.live, v)
		m.t.Logf("%s", v.id)
	case "a file attached": // they do not
		v := m.versions[rapid.SampledFrom(loaded).Draw(m.t, "file")]
		m.exec("CREATE OR REPLACE TABLE " + m.model + ".twice AS " + m.name("pypi"))
		m.exec("INSERT INTO " + m.model + ".twice (" + modelColumns + ") SELECT " + modelColumns + " FROM " + m.model + ".content WHERE piece = '" + v.id + "'")
		for _, p := range m.texts("SELECT DISTINCT partition_id FROM system.parts WHERE database = '" + m.model + "' AND table = 'twice' AND active") {
			m.exec("ALTER TABLE " + m.name("pypi") + " ATTACH PARTITION ID '" + p + "' FROM " + m.model + ".twice")
		}
		raw.add(v)
		m.t.Logf("%s", v.id)
	}
}

// damageAggregate harms an aggregate by hand.
func (m *trial) damageAggregate() {
	m.whole()
	t, d := m.drawTable(), m.drawDay()
	state := m.live.tables[t.Name]
	if !state.exists {
		m.notNow("it is not there")
	}
	harms := []string{"truncated", "doubled", "dropped"}
	switch grainOf(t) {
	case count.ByDay:
		harms = append(harms, "a day deleted", "a year lost")
	case count.ByMonth:
		harms = append(harms, "a month deleted")
	}
	harm := rapid.SampledFrom(harms).Draw(m.t, "harm")
	m.t.Logf("%s: %s %s", t.Name, harm, d)
	switch harm {
	case "truncated":
		m.exec("TRUNCATE TABLE " + m.name(t.Name))
		state.holds = pieces{}
	case "doubled":
		m.exec("INSERT INTO " + m.name(t.Name) + " SELECT * FROM " + m.name(t.Name))
		for k := range state.holds {
			state.holds[k] *= 2
		}
	case "dropped":
		m.exec("DROP VIEW IF EXISTS " + m.name(t.View()) + " SYNC")
		m.exec("DROP TABLE " + m.name(t.Name) + " SYNC")
		*state = tableState{holds: pieces{}}
	case "a day deleted":
		m.exec("DELETE FROM " + m.name(t.Name) + " WHERE date = '" + d.String() + "'")
		state.holds.without(func(k cube.Day) bool { return k == d })
	case "a month deleted":
		m.exec("DELETE FROM " + m.name(t.Name) + " WHERE month = '" + d.StartOfMonth().String() + "'")
		state.holds.without(func(k cube.Day) bool { return k.StartOfMonth() == d.StartOfMonth() })
	case "a year lost":
		m.exec("ALTER TABLE " + m.name(t.Name) + " DROP PARTITION ID '" + d.String()[:4] + "'")
		state.holds.without(func(k cube.Day) bool { return k.Time().Year() == d.Time().Year() })
	}
}

// view drops a view, or creates one late, with its table if there is none.
func (m *trial) view() {
	m.whole()
	t := m.drawTable()
	state := m.live.tables[t.Name]
	m.t.Logf("%s: %+v", t.Name, fmt.Sprint(state.exists, state.view))
	if state.view {
		m.exec("DROP VIEW " + m.name(t.View()) + " SYNC")
		state.view = false
		return
	}
	m.create(t)
}

// create creates an aggregate and its view as they should be, late or not.
func (m *trial) create(t ddl.Table) {
	m.t.Helper()
	state := m.live.tables[t.Name]
	if !state.exists {
		m.exec(t.Create(m.options(), t.Name))
		state.holds = pieces{}
	}
	m.exec(t.CreateView(m.options()))
	state.exists, state.view = true, true
}

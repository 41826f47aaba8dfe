package ingest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/ingest/verify"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// verify compares what Verify finds with the model, in full and by the ledger.
func (m *trial) verify() {
	patterns, named := m.drawSources()
	m.verified(patterns, named)
}

// verified runs Verify and checks it.
func (m *trial) verified(patterns []string, named []*version) verify.Report {
	m.t.Helper()
	cfg := config.Config{Conn: m.conn}
	v, err := New(cfg).Verify(m.t.Context(), false, patterns...)
	if err != nil {
		m.t.Fatalf("verify: %v", err)
	}
	quick, err := New(cfg).Verify(m.t.Context(), true, patterns...)
	if err != nil {
		m.t.Fatalf("verify by the ledger: %v", err)
	}
	if m.live.halfway {
		return v
	}
	wantFiles := m.expectFiles(named)
	got := v.Files
	got.New, got.Failed, got.InHand = 0, 0, 0 // of what is not loaded
	if got != wantFiles {
		m.t.Fatalf("verify finds the files %+v, want %+v", v.Files, wantFiles)
	}
	want := m.expectDifferences(named, wantFiles.Unnamed == 0)
	var found []string
	for _, d := range v.Differences {
		found = append(found, fmt.Sprintf("%s %s %d %d", d.Table, d.Period, d.Expected, d.Found))
	}
	slices.Sort(found)
	if !slices.Equal(found, want) {
		m.t.Fatalf("verify finds the differences\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(want, "\n"))
	}
	if agrees := len(want) == 0 && got.Loaded+got.Replaced == got.Listed && got.Unreadable == 0; v.Agrees != agrees {
		m.t.Fatalf("verify agrees: %v, want %v", v.Agrees, agrees)
	}
	m.checkQuick(quick)
	return v
}

// expectFiles counts the files that Verify should find.
func (m *trial) expectFiles(named []*version) count.FileCounts {
	f := count.FileCounts{Listed: len(named)}
	for _, v := range named {
		switch m.live.fileState(v) {
		case count.StateLoaded:
			f.Loaded++
		case count.StateChanged:
			f.Changed++
		case count.StateReplaced:
			f.Replaced++
		}
		if v.bad != "" && m.live.fileState(v) != count.StateReplaced {
			f.Unreadable++
		}
	}
	for _, e := range m.live.ledger {
		if !e.replaced {
			f.Unnamed++
		}
	}
	f.Unnamed -= f.Loaded + f.Changed
	return f
}

// expectDifferences lists what Verify should find to differ.
func (m *trial) expectDifferences(named []*version, whole bool) (list []string) {
	source, sourceOf := map[cube.Day]int64{}, downloads{}
	for _, v := range named {
		if m.live.fileState(v) != count.StateReplaced {
			for d, n := range v.counts {
				source[d] += int64(n)
			}
			for of, n := range v.projects {
				sourceOf[of] += n
			}
		}
	}
	inRaw := m.byDay(m.live.raw())
	inRawOf := m.byProject(m.live.raw())
	want, wantOf := maps.Clone(source), sourceOf
	if !whole {
		want, wantOf = maps.Clone(inRaw), inRawOf.without(source)
		maps.Copy(want, source)
		maps.Copy(wantOf, sourceOf)
	}
	for _, t := range modelTables() {
		state := m.live.tables[t.Name]
		_, known := ddl.Lookup(t.Name)
		if !state.exists || !state.view && !known {
			continue
		}
		expect, expectOf := want, wantOf
		if !whole && grainOf(t) != count.ByDay {
			expect, expectOf = inRaw, inRawOf
		}
		others := map[string]bool{} // right in number, perhaps
		if grainOf(t) != count.FirstLast && (t.Name == "pypi" || slices.Contains(t.Key(), "project")) {
			others = m.byProject(state.holds).differing(grainOf(t), expectOf)
		}
		found, expected := folded(t, m.byDay(state.holds)), folded(t, expect)
		for _, p := range slices.Compact(slices.Sorted(maps.Keys(merge(found, expected)))) {
			if found[p] != expected[p] || others[p] {
				list = append(list, fmt.Sprintf("%s %s %d %d", t.Name, p, expected[p], found[p]))
			}
		}
	}
	if d := m.expectKeys(want, inRaw, inRawOf.differing(count.ByDay, wantOf)); d != "" {
		list = append(list, d)
	}
	slices.Sort(list)
	return list
}

// expectKeys is the difference of single projects' first and last days, which is
// looked for where all is well as a whole.
func (m *trial) expectKeys(want, inRaw map[cube.Day]int64, others map[string]bool) string {
	ends := table("pypi_downloads_max_min")
	state := m.live.tables[ends.Name]
	if !state.exists || len(others) > 0 || !agreeing(inRaw, want) || !maps.Equal(folded(ends, m.byDay(state.holds)), folded(ends, want)) {
		return ""
	}
	line := m.texts("SELECT concat('pypi_downloads_max_min each project ', toString(countIf(r)), ' ', toString(countIf(r AND l AND (f1, l1) = (f2, l2))), if(countIf(l) = countIf(r), '', ' more')) FROM " +
		"(SELECT project, true AS r, min(date) AS f1, max(date) AS l1 FROM " + m.name("pypi") + " GROUP BY project) AS a FULL JOIN " +
		"(SELECT project, true AS l, min(min_date) AS f2, max(max_date) AS l2 FROM " + m.name(ends.Name) + " GROUP BY project) AS b USING project")[0]
	if f := strings.Fields(line); len(f) == 5 && f[3] == f[4] {
		return ""
	}
	return strings.TrimSuffix(line, " more")
}

// merge has the keys of both.
func merge(a, b map[string]int64) map[string]int64 {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// checkQuick checks what Verify finds by the ledger alone.
func (m *trial) checkQuick(v verify.Report) {
	m.t.Helper()
	inRaw := m.byDay(m.live.raw())
	same := agreeing(inRaw, m.live.days)
	var total, held int64
	for _, n := range m.live.days {
		total += n
	}
	for _, n := range inRaw {
		held += n
	}
	switch found := len(v.Differences) > 0; {
	case same && found && v.Rows == uint64(total):
		m.t.Fatalf("verify by the ledger finds %+v, and the raw table agrees", v.Differences)
	case held != int64(v.Rows) && !found:
		m.t.Fatalf("verify by the ledger finds nothing; the ledger has %d rows, the raw table %d", v.Rows, held)
	}
}

// mend does once what Verify says of everything.
func (m *trial) mend() {
	if len(m.now) == 0 {
		m.notNow("there is nothing")
	}
	m.follow(m.verified(m.allSources()))
}

// follow runs the commands that Verify names, in their order.
func (m *trial) follow(v verify.Report) {
	m.t.Helper()
	patterns, named := m.allSources()
	for _, command := range v.Remedies {
		m.t.Logf("mending: %s", command)
		if runCommand.MatchString(command) {
			m.load(m.live, named, func(in *Ingest) (config.Summary, error) { return in.Run(m.t.Context(), ledger.Downloads, patterns...) })
		}
		if c := repairCommand.FindStringSubmatch(command); c != nil {
			m.rebuild(patterns, named, m.dayOf(c[2]), m.dayOf(cmp.Or(c[3], c[2])), false)
		}
		if c := backfillCommand.FindStringSubmatch(command); c != nil {
			m.fill(c[1], false)
		}
	}
}

// dayOf reads a day.
func (m *trial) dayOf(text string) cube.Day {
	for d := firstDay; d < firstDay+modelDays; d++ {
		if d.String() == text {
			return d
		}
	}
	m.t.Fatalf("%s is no day of the model", text)
	return 0
}

// heal brings all sources into order, gives up what is unfinished, and does what
// Verify says until it finds nothing: everything is then as at the sources.
func (m *trial) heal() {
	m.t.Helper()
	m.repairedSources()
	for round := range 6 {
		m.calm = round > 1
		for _, name := range sortedKeys(m.fills) {
			m.discardFillOf(name)
		}
		if m.shadow != nil {
			m.discardShadowNow()
		}
		if !m.live.halfway {
			for _, t := range modelTables()[:6] {
				if t.Derived() && !m.live.tables[t.Name].view {
					m.create(t)
				}
			}
		}
		patterns, named := m.allSources()
		if !m.live.settled { // nothing that is wrong may be there to be mended
			m.load(m.live, named, func(in *Ingest) (config.Summary, error) { return in.Run(m.t.Context(), ledger.Downloads, patterns...) })
		}
		v := m.verified(patterns, named)
		if v.Agrees && !m.live.halfway && m.live.settled && len(m.fills) == 0 && m.shadow == nil {
			return
		}
		m.follow(v)
		m.check()
	}
	patterns, named := m.allSources()
	m.t.Fatalf("it is not mended: %+v", m.verified(patterns, named))
}

// repairedSources makes every source readable again, and sees to it that each
// day has downloads.
func (m *trial) repairedSources() {
	m.t.Helper()
	for _, name := range sortedKeys(m.now) {
		if m.now[name].bad != "" {
			m.put(name, 0, 2, "")
		}
	}
	for _, name := range sortedKeys(m.live.ledger) {
		if m.now[name] == nil && !m.live.ledger[name].replaced {
			m.put(name, 1, 2, "")
		}
	}
	m.put("whole.parquet", 0, modelDays, "")
}

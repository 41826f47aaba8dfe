package ingest

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"clickql/ingest/config"
	"clickql/ingest/count"
	"clickql/ingest/ledger"
	"clickql/internal/cube"
	"clickql/internal/ddl"
)

// firstDay and modelDays are the days of the model: of two months and years.
const (
	firstDay  = cube.Day(19719) // 2023-12-28
	modelDays = 8
)

// drawDay draws a day.
func (m *trial) drawDay() cube.Day {
	return firstDay + cube.Day(rapid.IntRange(0, modelDays-1).Draw(m.t, "day"))
}

// drawTable draws an aggregate.
func (m *trial) drawTable() ddl.Table {
	tables := modelTables()[1:]
	return tables[rapid.IntRange(0, len(tables)-1).Draw(m.t, "table")]
}

// put makes a new content of a source.
func (m *trial) put(name string, first, days int, bad string) *version {
	m.t.Helper()
	m.n++
	v := &version{id: fmt.Sprintf("%s#%d", strings.TrimSuffix(name, ".parquet"), m.n), name: name, bad: bad}
	stored, flat := filepath.Join(m.store, v.id+".parquet"), m.n%2 == 0
	rows := fmt.Sprintf("SELECT * REPLACE (if(t IS NULL, NULL, toDateTime64('%s 00:00:00', 6, 'UTC') + toIntervalSecond(h %% %d)) AS t) FROM (%s)",
		firstDay+cube.Day(first), days*24*60*60, exportRows(m.n, 15+2*m.n))
	m.exec(exportSQL(stored, flat, rows))
	m.content(v, stored, flat)
	data, err := os.ReadFile(stored)
	if err != nil {
		m.t.Fatal(err)
	}
	switch bad {
	case "text":
		data = []byte("no Parquet at all")
	case "half":
		data = data[:len(data)/2]
	case "empty":
		data = nil
	case "torn":
		copy(data[10:], strings.Repeat("X", 64))
	}
	if bad != "" {
		v.counts, v.projects = map[cube.Day]int{}, downloads{}
	}
	m.place(v, data)
	return v
}

// place writes a source. Contents differ in their times, since they may be of
// one size and a second.
func (m *trial) place(v *version, data []byte) {
	m.t.Helper()
	path := filepath.Join(m.folder, v.name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		m.t.Fatal(err)
	}
	var number int
	if _, err := fmt.Sscanf(v.id[strings.IndexByte(v.id, '#'):], "#%d", &number); err != nil {
		m.t.Fatal(err)
	}
	modified := time.Unix(1_700_000_000+int64(number), 0).UTC()
	if err := os.Chtimes(path, modified, modified); err != nil {
		m.t.Fatal(err)
	}
	v.generation = fmt.Sprintf("%d-%s", len(data), modified.Format("20060102T150405Z"))
	m.now[v.name] = v
}

// drawContent draws what a source is to hold, and writes it.
func (m *trial) drawContent(name string) {
	m.t.Helper()
	days := rapid.IntRange(1, 3).Draw(m.t, "days")
	first := rapid.IntRange(0, modelDays-days).Draw(m.t, "first day")
	bad := rapid.SampledFrom([]string{"", "", "", "", "", "", "text", "half", "empty", "torn"}).Draw(m.t, "bad")
	v := m.put(name, first, days, bad)
	m.t.Logf("%s holds %v %s", v.id, v.counts, bad)
}

// maxSources bounds the sources of a sequence.
const maxSources = 7

// write makes one more source.
func (m *trial) write() {
	if len(m.now) >= maxSources {
		m.notNow("there are enough")
	}
	m.n++
	m.drawContent(fmt.Sprintf("f%03d.parquet", m.n))
}

// replace gives a source another content.
func (m *trial) replace() {
	if len(m.now) == 0 {
		m.notNow("there are none")
	}
	m.drawContent(rapid.SampledFrom(sortedKeys(m.now)).Draw(m.t, "source"))
}

// remove removes a source.
func (m *trial) remove() {
	if len(m.now) == 0 || rapid.Bool().Draw(m.t, "keep") {
		m.notNow("there are none")
	}
	name := rapid.SampledFrom(sortedKeys(m.now)).Draw(m.t, "source")
	if err := os.Remove(filepath.Join(m.folder, name)); err != nil {
		m.t.Fatal(err)
	}
	delete(m.now, name)
	m.t.Logf("%s is removed", name)
}

// all names every source.
func (m *trial) all() string { return m.folder + "/*.parquet" }

// drawSources draws what a command is given, and what that names.
func (m *trial) drawSources() (patterns []string, named []*version) {
	names := sortedKeys(m.now)
	if len(names) > 0 && rapid.IntRange(0, 2).Draw(m.t, "some") == 2 {
		names = slices.DeleteFunc(slices.Clone(names), func(string) bool { return rapid.Bool().Draw(m.t, "leave out") })
	}
	if len(names) == len(m.now) {
		patterns = []string{m.all()}
	}
	for _, n := range names {
		named = append(named, m.now[n])
		if len(names) < len(m.now) {
			patterns = append(patterns, filepath.Join(m.folder, n))
		}
	}
	if len(named) == 0 {
		m.notNow("nothing is named")
	}
	m.t.Logf("of %s", strings.ReplaceAll(strings.Join(patterns, " "), m.folder+"/", ""))
	return patterns, named
}

// loadSteps are those that a load passes.
var loadSteps = Steps()

// run loads.
func (m *trial) run() {
	patterns, named := m.drawSources()
	m.load(m.live, named, func(in *Ingest) (config.Summary, error) { return in.Run(m.t.Context(), ledger.Downloads, patterns...) })
}

// load runs a load of a side and follows it.
func (m *trial) load(s *side, named []*version, run func(*Ingest) (config.Summary, error)) {
	m.t.Helper()
	before := m.published(s)
	var sum config.Summary
	ended, err := m.do(loadSteps, func(in *Ingest) (err error) { sum, err = run(in); return err })
	var fresh, changed, bad []string
	for _, v := range named {
		switch state := s.fileState(v); {
		case state == count.StateLoaded, state == count.StateReplaced && s.ledger[v.name].version == v:
		case state != count.StateNew:
			changed = append(changed, v.name)
		case v.bad != "":
			bad = append(bad, v.name)
		default:
			fresh = append(fresh, v.name)
		}
	}
	if ended {
		for _, name := range m.filesOf(s, before) {
			if !slices.Contains(fresh, name) {
				m.t.Fatalf("%s was loaded, and was not to be", name)
			}
			m.loaded(s, m.now[name])
		}
		for _, name := range m.failedFiles(s) {
			if slices.Contains(bad, name) {
				s.failed[name] = true
			}
		}
		return
	}
	if err != nil {
		m.t.Fatalf("load: %v", err)
	}
	s.halfway, s.settled = false, true
	var failed, differ []string
	for _, f := range sum.Failed {
		failed = append(failed, filepath.Base(f.Object.Name))
	}
	for _, c := range sum.Changed {
		differ = append(differ, filepath.Base(c.Object.Name))
	}
	slices.Sort(failed)
	if sum.Listed != len(named) || sum.Files != len(fresh) || !slices.Equal(failed, bad) || !slices.Equal(differ, changed) {
		m.t.Fatalf("loaded %d of %d files, %q failed, %q changed; want %q loaded, %q failed, %q changed", sum.Files, sum.Listed, failed, differ, fresh, bad, changed)
	}
	for _, name := range fresh {
		m.loaded(s, m.now[name])
	}
	for _, name := range bad {
		s.failed[name] = true
	}
}

// runHelped loads while another process prepares batches too.
func (m *trial) runHelped() {
	patterns, named := m.drawSources()
	helped := make(chan error, 1)
	ctx, cancel := context.WithCancel(m.t.Context())
	defer cancel()
	m.load(m.live, named, func(in *Ingest) (config.Summary, error) {
		cfg := in.cfg
		cfg.Before, cfg.Beat = nil, 10*time.Millisecond
		cfg.Holder.Token, cfg.Holder.Machine, cfg.Holder.Host = "helper"+cfg.Holder.Token, "", "there"
		// A helper that a busy machine keeps from giving signs of life is not given up:
		// what it has made would be left over until the next command.
		in.cfg.Holder.Machine, in.cfg.BatchFiles, in.cfg.Lease = "", 1, time.Minute
		help := func(s Step) {
			if s == StepPlanned {
				m.beside = nil
				go func() {
					_, err := New(cfg).Help(ctx)
					helped <- err
				}()
			}
		}
		m.beside = help
		sum, err := in.Run(m.t.Context(), ledger.Downloads, patterns...)
		if m.beside != nil {
			return sum, err // it never began
		}
		if m.crashed {
			cancel()
		}
		if err := <-helped; err != nil && !m.crashed {
			m.t.Errorf("the helper: %v", err)
		}
		return sum, err
	})
}

// published lists the batches that are public or are becoming so, and notes
// whether one is half public.
func (m *trial) published(s *side) map[string]bool {
	m.t.Helper()
	found := map[string]bool{}
	if len(m.texts("SELECT name FROM system.tables WHERE database = '"+s.database+"' AND name = 'clickql_ledger_batches'")) == 0 {
		return found
	}
	s.halfway = false
	for _, line := range m.texts("SELECT concat(any(kind), ' ', batch, ' ', toString(max(state))) FROM `" + s.database + "`.clickql_ledger_batches GROUP BY batch HAVING max(state) IN (4, 5)") {
		f := strings.Fields(line)
		found[f[0]+" "+f[1]] = true
		s.halfway = s.halfway || f[2] == "4"
	}
	return found
}

// news lists the batches of a kind that have been published since.
func (m *trial) news(s *side, kind string, before map[string]bool) (batches []string) {
	m.t.Helper()
	after := m.published(s)
	s.settled = false
	for _, line := range slices.Sorted(maps.Keys(after)) {
		if k, b, _ := strings.Cut(line, " "); k == kind && !before[line] {
			batches = append(batches, b)
		}
	}
	return batches
}

// filesOf lists the files of the batches that have been published since.
func (m *trial) filesOf(s *side, before map[string]bool) (names []string) {
	m.t.Helper()
	for _, b := range m.news(s, "downloads", before) {
		names = append(names, m.texts("SELECT DISTINCT replaceOne(name, '"+m.folder+"/', '') FROM `"+s.database+"`.clickql_ledger_files WHERE outcome = 'planned' AND batch = '"+b+"'")...)
	}
	return names
}

// failedFiles lists what the ledger says of failures.
func (m *trial) failedFiles(s *side) []string {
	m.t.Helper()
	if len(m.texts("SELECT name FROM system.tables WHERE database = '"+s.database+"' AND name = 'clickql_ledger_files'")) == 0 {
		return nil
	}
	return m.texts("SELECT DISTINCT replaceOne(name, '" + m.folder + "/', '') FROM `" + s.database + "`.clickql_ledger_files WHERE outcome = 'failed'")
}

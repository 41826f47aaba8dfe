package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"clickql/ingest/config"
	"clickql/ingest/session"
	"clickql/internal/chconn"
	"clickql/internal/cube"
)

// exec runs a statement.
func (m *trial) exec(sql string) {
	m.t.Helper()
	if err := m.conn.Exec(m.t.Context(), sql); err != nil {
		m.t.Fatalf("%v\nin %s", err, sql)
	}
}

// texts reads a query's only column.
func (m *trial) texts(sql string) (all []string) {
	m.t.Helper()
	all, err := session.New(m.conn, m.live.database, nil).Texts(m.t.Context(), session.SQL(sql))
	if err != nil {
		m.t.Fatalf("%v\nin %s", err, sql)
	}
	return all
}

// modelColumns are those of the raw table.
const modelColumns = "date, country_code, project, type, installer, python_minor, system, version, ci, filename, libc"

// createModel makes the tables that the checks compare with.
func (m *trial) createModel() {
	m.exec("CREATE DATABASE " + m.model + " ENGINE = Atomic")
	m.exec("CREATE TABLE " + m.model + ".content ENGINE = MergeTree ORDER BY piece AS SELECT '' AS piece, " + modelColumns + " FROM " + m.live.database + ".pypi WHERE false")
	m.exec("CREATE TABLE " + m.model + ".pieces (tbl String, piece String, day Date, n UInt32) ENGINE = MergeTree ORDER BY tbl")
}

// content reads what a stored file holds into the model: with a SELECT of its
// own, from the file.
func (m *trial) content(v *version, path string, flat bool) {
	m.t.Helper()
	col := func(path string) string {
		if flat {
			return "coalesce(`" + path + "`, '')"
		}
		return "coalesce(" + path + ", '')"
	}
	ci := "multiIf(isNull(ci), 'unknown', ci, 'true', 'false')"
	if flat {
		ci = "'unknown'"
	}
	m.exec("INSERT INTO " + m.model + ".content (piece, " + modelColumns + ") SELECT " + chconn.Literal(v.id) + ", toDate(timestamp, 'UTC'), coalesce(country_code, ''), project, " +
		col("file.type") + ", " + col("installer.name") + ", arrayStringConcat(arraySlice(splitByChar('.', coalesce(python, '')), 1, 2), '.'), " + col("system.name") + ", " +
		col("file.version") + ", " + ci + ", " + col("file.filename") + ", (" + col("distro.libc.lib") + ", " + col("distro.libc.version") +
		") FROM file(" + chconn.Literal(path) + ", 'Parquet') WHERE timestamp IS NOT NULL AND coalesce(project, '') != ''")
	m.recount(v)
}

// recount asks the model how many rows of each day, and of each project, a content
// has.
func (m *trial) recount(v *version) {
	m.t.Helper()
	v.counts, v.projects = map[cube.Day]int{}, downloads{}
	for _, line := range m.texts("SELECT concat(toString(toUInt32(toUInt16(date))), ' ', toString(count()), ' ', project) FROM " + m.model + ".content WHERE piece = " + chconn.Literal(v.id) + " GROUP BY date, project") {
		var d cube.Day
		var n int
		var project string
		if _, err := fmt.Sscan(line, &d, &n, &project); err != nil {
			m.t.Fatal(err)
		}
		v.counts[d] += n
		v.projects[projectDay{d, project}] += int64(n)
	}
	m.versions[v.id] = v
}

// check compares everything with the model.
func (m *trial) check() {
	m.t.Helper()
	sides := []*side{m.live}
	if m.shadow != nil {
		sides = append(sides, m.shadow)
	}
	for _, s := range sides {
		m.checkTables(s)
		m.checkLedger(s)
		m.checkLeft(s)
	}
	m.checkStatus()
	if m.t.Failed() {
		m.t.FailNow()
	}
}

// checkTables compares the content of every table with the model's.
func (m *trial) checkTables(s *side) {
	m.t.Helper()
	if s.halfway {
		return
	}
	m.exec("TRUNCATE TABLE " + m.model + ".pieces")
	var lines, queries []string
	for _, t := range modelTables() {
		state := s.tables[t.Name]
		there := len(m.texts("SELECT name FROM system.tables WHERE database = '"+s.database+"' AND name = '"+t.Name+"'")) > 0
		if there != state.exists {
			m.t.Errorf("table %s.%s exists: %v, should: %v", s.database, t.Name, there, state.exists)
		}
		if !there || !state.exists {
			continue
		}
		for k, n := range state.holds {
			lines = append(lines, fmt.Sprintf("('%s', '%s', '%s', %d)", t.Name, k.version, k.day, n))
		}
		from := "(SELECT " + modelColumns + " FROM " + m.model + ".content AS c INNER JOIN (SELECT piece, day, n FROM " + m.model + ".pieces WHERE tbl = '" + t.Name +
			"') AS p ON c.piece = p.piece AND c.date = p.day ARRAY JOIN range(p.n) AS i)"
		public := "`" + s.database + "`." + t.Name
		got, want := rawDigest(public), rawDigest(from)
		if t.Derived() {
			got, want = digest(t, public), digest(t, "("+t.Select(from)+")")
		}
		queries = append(queries, "SELECT concat('"+t.Name+"|', ("+got+"), '|', ("+want+"))")
	}
	if len(lines) > 0 {
		m.exec("INSERT INTO " + m.model + ".pieces VALUES " + strings.Join(lines, ", "))
	}
	for _, line := range m.texts(strings.Join(queries, " UNION ALL ")) {
		f := strings.Split(line, "|")
		if f[1] != f[2] {
			m.t.Errorf("table %s.%s: count and hash %s, want %s; it should hold%s", s.database, f[0], f[1], f[2], s.tables[f[0]].holds.describe())
		}
	}
}

// rawDigest is digest for the raw table.
func rawDigest(from string) string {
	return "SELECT toString((count(), sum(cityHash64(" + modelColumns + ")))) FROM " + from
}

// checkLedger compares what the ledger lists with the model.
func (m *trial) checkLedger(s *side) {
	m.t.Helper()
	files, batches := "`"+s.database+"`.clickql_ledger_files", "`"+s.database+"`.clickql_ledger_batches"
	if len(m.texts("SELECT name FROM system.tables WHERE database = '"+s.database+"' AND name = 'clickql_ledger_files'")) == 0 {
		if len(s.ledger) > 0 {
			m.t.Errorf("%s has no ledger", s.database)
		}
		return
	}
	got := m.texts("SELECT concat(name, ' ', last.2, if(last.3 != '', ' replaced', '')) FROM (SELECT name, max((batch, generation, reason)) AS last FROM " + files +
		" WHERE outcome = 'planned' AND batch IN (SELECT batch FROM " + batches + " GROUP BY batch HAVING max(state) IN (4, 5)) GROUP BY name) ORDER BY name")
	var want []string
	for _, name := range sortedKeys(s.ledger) {
		e := s.ledger[name]
		line := m.folder + "/" + name + " " + e.version.generation
		if e.replaced {
			line += " replaced"
		}
		want = append(want, line)
	}
	if !slices.Equal(got, want) {
		m.t.Errorf("the ledger of %s holds %q, want %q", s.database, got, want)
	}
}

// checkLeft looks for private databases and locks that are left over.
func (m *trial) checkLeft(s *side) {
	m.t.Helper()
	if !s.settled {
		return
	}
	if left := m.texts("SELECT name FROM system.databases WHERE match(name, '^clickql_stage_" + s.database + "_[0-9]{8}_')"); len(left) > 0 {
		m.t.Errorf("private databases are left over: %q", left)
	}
	if locks := m.texts("SELECT comment FROM system.tables WHERE database = '" + s.database + "' AND startsWith(name, 'clickql_ledger_lock_')"); len(locks) > 1 || len(locks) == 1 && !strings.Contains(locks[0], `"released":true`) {
		m.t.Errorf("locks are left over: %q", locks)
	}
	if open := m.texts("SELECT batch FROM `" + s.database + "`.clickql_ledger_batches GROUP BY batch HAVING max(state) < 5"); len(open) > 0 {
		m.t.Errorf("batches are open: %q", open)
	}
}

// checkStatus compares what Status says with the model.
func (m *trial) checkStatus() {
	m.t.Helper()
	st, err := New(config.Config{Conn: m.conn, Beat: 10 * time.Millisecond}).Glance(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	var files, rows uint64
	for _, e := range m.live.ledger {
		if !e.replaced {
			files++
		}
	}
	for _, n := range m.live.days { // with what a changed file's days of before still hold
		rows += uint64(max(0, n))
	}
	if m.live.settled {
		var got KindStatus
		if len(st.Kinds) > 0 {
			got = st.Kinds[0]
		}
		if got.Files != files || got.Rows != rows || len(st.InHand) > 0 || st.Writer != nil {
			m.t.Errorf("status %+v; want %d files of %d rows, and nothing in hand", st, files, rows)
		}
		var failed []string
		for _, f := range st.Failed {
			failed = append(failed, strings.TrimPrefix(f.Name, m.folder+"/"))
		}
		if !slices.Equal(failed, sortedKeys(m.live.failed)) {
			m.t.Errorf("status says that %q failed; want %q", failed, sortedKeys(m.live.failed))
		}
	}
	var fills []string
	for _, f := range st.Backfills {
		fills = append(fills, f.Table)
	}
	slices.Sort(fills)
	if !slices.Equal(fills, sortedKeys(m.fills)) {
		m.t.Errorf("status says that the backfills %q have not ended; want %q", fills, sortedKeys(m.fills))
	}
	if (m.shadow != nil) != (len(st.Shadows) == 1) {
		m.t.Errorf("status lists the shadows %+v; there is one: %v", st.Shadows, m.shadow != nil)
	}
}

// agreeing reports that two tables count the same days.
func agreeing(a, b map[cube.Day]int64) bool {
	nonzero := func(c map[cube.Day]int64) map[cube.Day]int64 {
		c = maps.Clone(c)
		maps.DeleteFunc(c, func(_ cube.Day, n int64) bool { return n == 0 })
		return c
	}
	return maps.Equal(nonzero(a), nonzero(b))
}

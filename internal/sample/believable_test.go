package sample

import (
	"math"
	"slices"
	"sort"
	"testing"
	"time"

	"clickql/internal/chtest"
)

func TestWeekOfPandas(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	o := small(dir)
	o.Rows, o.Days, o.Projects, o.Until = 400_000, 9, 60, time.Date(2024, 8, 20, 0, 0, 0, 0, time.UTC)
	write(t, db.Conn, o)
	truth := []float64{9.79, 9.73, 9.31, 8.83, 9.43, 5.92, 5.96, 9.12, 9.85} // millions, 2024-08-12 to 20
	var counts []uint64
	one(t, db.Conn, "SELECT groupArray(c) FROM (SELECT count() AS c FROM "+downloads(dir)+
		" WHERE project = 'pandas' AND timestamp IS NOT NULL GROUP BY toDate(timestamp) ORDER BY toDate(timestamp))", &counts)
	if len(counts) != len(truth) {
		t.Fatalf("%d days", len(counts))
	}
	mean, realMean := 0.0, 0.0
	for i, c := range counts {
		mean += float64(c) / 9
		realMean += truth[i] / 9
	}
	for i, c := range counts {
		if got, want := float64(c)/mean, truth[i]/realMean; math.Abs(got-want) > 0.2*want {
			t.Errorf("day %d is %.2f of the mean, really %.2f", i, got, want)
		}
	}
	weekend := float64(counts[5]+counts[6]) / 2 / (float64(counts[0]+counts[1]+counts[2]+counts[3]+counts[4]) / 5)
	if weekend < 0.55 || weekend > 0.71 {
		t.Errorf("weekends are %.2f of weekdays, really 0.63", weekend)
	}
}

func TestRankingFollowsTheWeights(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	o := Defaults()
	o.Dir, o.Rows, o.Days = dir, 300_000, 30
	write(t, db.Conn, o)
	var names []string
	one(t, db.Conn, "SELECT groupArray(project) FROM (SELECT project FROM "+downloads(dir)+
		" WHERE project IS NOT NULL GROUP BY project ORDER BY count() DESC, project)", &names)
	if names[0] != "boto3" {
		t.Errorf("the most downloaded is %s", names[0])
	}
	place := map[string]int{}
	for i, n := range names {
		place[n] = i
	}
	// Spearman's rank correlation.
	list := knownProjects()
	squares, n := 0.0, 0.0
	for i, p := range list {
		at, ok := place[p.key]
		if !ok {
			t.Errorf("%s has no download", p.key)
		}
		squares += float64((at - i) * (at - i))
		n++
	}
	if r := 1 - 6*squares/(n*(n*n-1)); r < 0.95 {
		t.Errorf("rank correlation is %.3f", r)
	}
}

// TestRules counts rows that break a rule which holds for real downloads.
func TestRules(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	o := small(dir)
	o.Rows, o.Days, o.Projects, o.Until = 120_000, 1000, 500, time.Date(2025, 11, 30, 0, 0, 0, 0, time.UTC)
	r := write(t, db.Conn, o)
	const d, m = "downloads", "releases"
	// What lies beside a file is nobody's upload of its own.
	load(t, db.Conn, d, "(SELECT *, replaceRegexpOne(fetched, '[.](metadata|asc)$', '') AS filename FROM (SELECT * EXCEPT filename, filename AS fetched FROM "+downloads(dir)+"))")
	load(t, db.Conn, m, releases(dir))
	for name, query := range map[string]string{
		"downloaded before its upload": "SELECT count() FROM " + d + " AS d INNER JOIN (SELECT assumeNotNull(filename) AS filename, min(upload_time) AS uploaded FROM " + m +
			" GROUP BY filename) AS m ON assumeNotNull(d.filename) = m.filename WHERE d.timestamp < m.uploaded",
		"a file that nobody uploaded": "SELECT count() FROM " + d + " WHERE filename IS NOT NULL AND filename NOT IN (SELECT filename FROM " + m + ")",
		"a file uploaded twice":       "SELECT count() - uniqExact(filename) FROM " + m,
		"another path than uploaded": "SELECT count() FROM " + d + " AS d INNER JOIN (SELECT assumeNotNull(filename) AS filename, path FROM " + m +
			") AS m ON assumeNotNull(d.filename) = m.filename WHERE d.url != concat('/packages/', replaceOne(m.path, m.filename, assumeNotNull(d.fetched)))",
		"what lies beside files when it was counted no longer": "SELECT count() FROM " + d + " WHERE fetched != filename AND timestamp >= '2026-08-24 00:00:00'",
		"a wheel's metadata for others than pip and uv":        "SELECT count() FROM " + d + " WHERE endsWith(fetched, '.whl.metadata') AND installer NOT IN ('pip', 'uv')",
		"a project without metadata":                           "SELECT count() FROM " + d + " WHERE project NOT IN (SELECT lower(replaceRegexpAll(assumeNotNull(name), '[-_.]+', '-')) FROM " + m + ")",
		"not normalised":                                       "SELECT count() FROM " + d + " WHERE project != lower(replaceRegexpAll(project, '[-_.]+', '-'))",
		"a name of another project": "SELECT count() FROM " + d + " WHERE NOT startsWith(lower(replaceRegexpAll(assumeNotNull(filename), '[-_.]+', '-')), concat(project, '-', " +
			"lower(replaceRegexpAll(assumeNotNull(version), '[-_.]+', '-'))))",
		"a type of another suffix":  "SELECT count() FROM " + d + " WHERE type != multiIf(endsWith(filename, '.whl'), 'bdist_wheel', endsWith(filename, '.egg'), 'bdist_egg', endsWith(filename, '.tar.gz'), 'sdist', '')",
		"libc elsewhere than Linux": "SELECT count() FROM " + d + " WHERE lib IS NOT NULL AND ifNull(system, '') != 'Linux'",
		"a wheel for another system": "SELECT count() FROM " + d + " WHERE installer IN ('pip', 'uv') AND type = 'bdist_wheel' AND system != 'FreeBSD' AND " +
			"((filename LIKE '%win\\_%' AND system != 'Windows') OR (filename LIKE '%macosx%' AND system != 'Darwin') OR (filename LIKE '%linux%' AND system != 'Linux')) " +
			"AND filename NOT LIKE 'nvidia%' AND filename NOT LIKE 'triton%' AND filename NOT LIKE 'torch%' AND filename NOT LIKE 'onnx%' AND filename NOT LIKE 'tensorflow%'",
		"uv before its release":     "SELECT count() FROM " + d + " WHERE installer = 'uv' AND timestamp < '2024-02-15 00:00:00'",
		"ci without being told":     "SELECT count() FROM " + d + " WHERE ci IS NOT NULL AND installer NOT IN ('pip', 'uv')",
		"a country of other length": "SELECT count() FROM " + d + " WHERE length(country_code) != 2",
	} {
		var n uint64
		one(t, db.Conn, "SELECT toUInt64(x) FROM ("+query+") AS t(x)", &n)
		if n > 0 {
			t.Errorf("%s: %d rows", name, n)
		}
	}
	for _, l := range pythonLines() {
		var n uint64
		one(t, db.Conn, "SELECT count() FROM "+d+" WHERE startsWith(python, '"+l.name+".') AND timestamp < '"+l.released.String()+" 00:00:00'", &n)
		if n > 0 {
			t.Errorf("Python %s before its release: %d rows", l.name, n)
		}
	}
	if r.Rejected == 0 {
		t.Error("no row is to be rejected")
	}
}

func TestSharesAndNulls(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	o := small(dir)
	o.Projects = 300
	write(t, db.Conn, o)
	d := downloads(dir)
	between := func(name, part string, low, high float64) {
		var x float64
		one(t, db.Conn, "SELECT countIf("+part+") / count() FROM "+d, &x)
		if x < low || x > high {
			t.Errorf("%s: %.4f, want %.3f to %.3f", name, x, low, high)
		}
	}
	between("United States", "country_code = 'US'", 0.45, 0.6)
	between("no country", "country_code IS NULL", 0.001, 0.02)
	between("Linux", "system = 'Linux'", 0.8, 0.93)
	between("no system", "system IS NULL", 0.02, 0.1)
	between("no python", "python IS NULL", 0.01, 0.08)
	between("uv", "installer = 'uv'", 0.3, 0.55)
	between("sdist", "type = 'sdist'", 0.02, 0.15)
	between("musl", "lib = 'musl'", 0.01, 0.12)
	between("continuous integration", "ci", 0.1, 0.6)
	between("free-threaded", "filename LIKE '%-cp31_-cp31_t-%'", 0.0005, 0.02)
	between("manylinux_2_28", "filename LIKE '%manylinux_2_28%'", 0.01, 0.3)
	earlier := o
	earlier.Dir, earlier.Until = t.TempDir(), time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	write(t, db.Conn, earlier)
	var sidecars, signatures float64
	one(t, db.Conn, "SELECT countIf(endsWith(filename, '.whl.metadata')) / count(), countIf(endsWith(filename, '.asc')) / count() FROM "+downloads(earlier.Dir), &sidecars, &signatures)
	if sidecars < 0.1 || sidecars > 0.2 || signatures == 0 || signatures > 0.01 {
		t.Errorf("%.3f are wheels' metadata and %.4f signatures before these were counted no longer", sidecars, signatures)
	}
	var onLinux, elsewhere float64
	one(t, db.Conn, "SELECT countIf(ci AND system = 'Linux') / countIf(system = 'Linux'), countIf(ci AND system != 'Linux') / countIf(system != 'Linux') FROM "+d, &onLinux, &elsewhere)
	if onLinux < 2*elsewhere {
		t.Errorf("ci is %.2f on Linux and %.2f elsewhere", onLinux, elsewhere)
	}
}

func TestAdoption(t *testing.T) {
	o := Defaults()
	w, err := newWorld(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range w.projects {
		p := &w.projects[i]
		if !sort.SliceIsSorted(p.releases, func(i, j int) bool { return p.releases[i].day < p.releases[j].day }) {
			t.Errorf("%s: releases out of order", p.key)
		}
		if len(p.releases) == 0 {
			t.Errorf("%s has no release", p.key)
			continue
		}
		shares, total := p.shares(nil, w.until)
		if total <= 0 || slices.Min(shares) < 0 {
			t.Errorf("%s: shares %v", p.key, shares)
		}
		for k, s := range shares {
			if p.releases[k].day >= w.until && s > 0 {
				t.Errorf("%s %s is downloaded on the day of its upload", p.key, p.releases[k].version)
			}
		}
	}
}

package graph

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"clickql/internal/chtest"
	"clickql/internal/cube"
	"clickql/internal/projects"
)

// file is one uploaded file as the table of metadata holds it.
type file struct {
	name, version, python string
	at                    time.Time
	requires              []string
}

// insertFiles makes metadata of the projects of insertDownloads, in several
// spellings, with files of one version at several times, equal times, versions
// whose order as text is another than as versions, and every sort of
// requirement.
const insertFiles = `
INSERT INTO projects (name, version, requires_python, upload_time, requires_dist)
WITH k -> cityHash64(number, k) AS h
SELECT
	['numpy', 'NumPy', 'pandas', 'requests', 'Zope.Interface', 'zope_interface', 'flask', 'never-downloaded'][h(1) % 8 + 1] AS name,
	['1.0', '1.9', '1.10', '2.0rc1', '1.10.post1', 'odd version'][h(2) % 6 + 1] AS version,
	['', '>=3.8', '>=3.9'][h(3) % 3 + 1] AS requires_python,
	toDateTime64('2024-01-01 00:00:00', 3, 'UTC') + toIntervalHour(h(4) % 60) + toIntervalMillisecond(h(4) % 2 * 500) AS upload_time,
	arrayFilter((r, i) -> cityHash64(number, 'requires', i) % 4 = 0,
		['requests>=2', 'requests-oauthlib', 'Zope_Interface (>=5)', 'numpy; extra == "fast"', 'pandas[all] ; python_version < "3"',
		 'a; (extra == "x" or extra == "y") and os_name == "nt"', 'tiny@https://example.org/tiny.zip ; os_name == "nt"', 'flask.', 'not-there'] AS all,
		arrayEnumerate(all)) AS requires_dist
FROM numbers(200)`

// readFiles reads the table of metadata.
func readFiles(t testing.TB, db *chtest.DB) (files []file) {
	t.Helper()
	rows, err := db.Conn.Query(t.Context(), "SELECT name, version, requires_python, upload_time, requires_dist FROM projects")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var f file
		if err := rows.Scan(&f.name, &f.version, &f.python, &f.at, &f.requires); err != nil {
			t.Fatal(err)
		}
		f.name = strings.NewReplacer(".", "-", "_", "-").Replace(strings.ToLower(f.name))
		files = append(files, f)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return files
}

// oracleRelease is one release, found file by file.
type oracleRelease struct {
	project, version string
	first, last      time.Time
	python           map[string]bool // what the last files say
}

// oracleReleases is every release, newest first.
func oracleReleases(files []file) (list []*oracleRelease) {
	for _, f := range files {
		i := slices.IndexFunc(list, func(r *oracleRelease) bool { return r.project == f.name && r.version == f.version })
		if i < 0 {
			i = len(list)
			list = append(list, &oracleRelease{project: f.name, version: f.version, first: f.at})
		}
		r := list[i]
		if f.at.Before(r.first) {
			r.first = f.at
		}
		if f.at.After(r.last) {
			r.last, r.python = f.at, map[string]bool{}
		}
		if f.at.Equal(r.last) {
			r.python[f.python] = true
		}
	}
	slices.SortFunc(list, func(a, b *oracleRelease) int {
		return cmp.Or(b.first.Compare(a.first), strings.Compare(a.project, b.project), strings.Compare(a.version, b.version))
	})
	return list
}

// Releases of all projects, of some and of one, walked page by page, are those
// that the files show, with their downloads.
func TestReleasesEqualTheFiles(t *testing.T) {
	d := newData(t, insertDownloads, insertFiles)
	h := d.handler(Limits{})
	all := oracleReleases(d.files)
	if len(all) < 30 {
		t.Fatalf("only %d releases", len(all))
	}
	for name, projects := range map[string][]string{
		"recentReleases": nil, "recentReleases(projects: [])": {}, `recentReleases(projects: ["NUMPY", "zope.interface", "numpy", "unknown"])`: {"numpy", "zope-interface"},
		`project(name: "numpy") { releases`: {"numpy"}, `project(name: "tiny") { releases`: {"tiny"},
	} {
		var want []string
		for _, r := range all {
			if projects == nil || slices.Contains(projects, r.project) {
				total := 0
				for _, row := range d.All().Of(r.project).Counted() {
					if row.Of(cube.Version) == r.version {
						total++
					}
				}
				want = append(want, fmt.Sprintf("%s %s %s %d", r.project, r.version, r.first.UTC().Format(time.RFC3339Nano), total))
			}
		}
		for _, size := range []int{3, 7, 1000} {
			if diff := gocmp.Diff(want, d.walkReleases(t, h, name, size, all)); diff != "" {
				t.Errorf("%s in pages of %d (-want +got):\n%s", name, size, diff)
			}
		}
	}
}

// walkReleases walks a connection of releases page by page.
func (d *testData) walkReleases(t *testing.T, h http.Handler, field string, size int, all []*oracleRelease) (got []string) {
	t.Helper()
	after := "null"
	for more := true; more; {
		args := fmt.Sprintf("first: %d, after: %s", size, after)
		query := field + "(" + args + ")"
		if strings.HasSuffix(field, ")") {
			query = strings.TrimSuffix(field, ")") + ", " + args + ")"
		}
		nested := strings.Contains(field, "{")
		query += ` { nodes { version } edges { cursor node { project { name } version uploadedAt requiresPython downloads { total } } }
			pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`
		if nested {
			query += " }"
		}
		answer := post(t, h, "{ "+query+" }", nil, nil)
		if len(answer.Errors) > 0 || len(got) > len(all) {
			t.Fatal(answer.body)
		}
		page, _ := answer.Data["recentReleases"].(map[string]any)
		if nested {
			page = answer.Data["project"].(map[string]any)["releases"].(map[string]any)
		}
		edges := page["edges"].([]any)
		for i, e := range edges {
			node := e.(map[string]any)["node"].(map[string]any)
			name, version := node["project"].(map[string]any)["name"].(string), node["version"].(string)
			got = append(got, fmt.Sprintf("%s %s %s %v", name, version, node["uploadedAt"], node["downloads"].(map[string]any)["total"]))
			if page["nodes"].([]any)[i].(map[string]any)["version"] != version {
				t.Errorf("node and edge %d differ", i)
			}
			at := slices.IndexFunc(all, func(r *oracleRelease) bool { return r.project == name && r.version == version })
			python, _ := node["requiresPython"].(string)
			if at < 0 || !all[at].python[python] {
				t.Errorf("%s %s runs on %q", name, version, python)
			}
		}
		info := page["pageInfo"].(map[string]any)
		if n := len(edges); n > 0 && info["endCursor"] != edges[n-1].(map[string]any)["cursor"] || info["hasPreviousPage"] != (after != "null") {
			t.Errorf("pageInfo %v", info)
		}
		more, after = info["hasNextPage"].(bool), quoted(info["endCursor"])
	}
	return got
}

// Cursors that no page gave are refused, those of other lists among them.
func TestReleaseCursors(t *testing.T) {
	h := handlerOn(t, fixed{snap: knownData(t)}, Limits{}, nil)
	for _, text := range []string{"", "null", "[]", "[1]", `[1,"a","b","c"]`, `["a","b","c"]`, `[1.5,"a","b"]`, "12:numpy"} {
		got := post(t, h, `query($after: String) { recentReleases(after: $after) { nodes { version } } }`, map[string]any{"after": opaque.EncodeToString([]byte(text))}, nil)
		if len(got.Errors) != 1 || got.Errors[0].code() != "BAD_USER_INPUT" {
			t.Errorf("%q: %s", text, got.body)
		}
	}
	at := projects.Release{Project: "a:b", Version: `1"0`, Uploaded: time.UnixMicro(1_700_000_000_123_456)}.Place()
	cursor := releaseCursor(at)
	if again, err := parseReleaseCursor(&cursor); err != nil || *again != at {
		t.Errorf("%+v: %v", again, err)
	}
}

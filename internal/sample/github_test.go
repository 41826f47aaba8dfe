package sample

import (
	"path/filepath"
	"testing"

	"clickql/internal/chtest"
)

// Every hour of a sample has events, issues are closed after they were opened, and
// repositories that are renamed keep their numbers.
func TestEvents(t *testing.T) {
	db := chtest.New(t)
	dir := t.TempDir()
	o := Options{Dir: dir, Rows: 100, Days: 40, Projects: 30, Seed: 1, Until: defaultUntil.time()}
	r := write(t, db.Conn, o)
	from := "file('" + filepath.Join(dir, GitHubDir, "*.json.gz") + `', 'JSONEachRow', 'type String, actor Tuple(login String), repo Tuple(id UInt64, name String),
		payload Tuple(action String, number UInt32, issue Tuple(number UInt32)), created_at DateTime(\'UTC\')')`
	for query, want := range map[string]uint64{
		"SELECT count() FROM " + from:                              uint64(r.Events),
		"SELECT uniqExact(toStartOfHour(created_at)) FROM " + from: 40 * 24,
		"SELECT count() FROM (SELECT repo.id FROM " + from + " GROUP BY repo.id HAVING uniqExact(repo.name) = 2)": 2,
		"SELECT toUInt64(uniqExact(repo.name) - uniqExact(repo.id)) FROM " + from:                                 2,
		"SELECT countIf(toDate(created_at) != toDate(extract(_file, '^[0-9]{4}-[0-9]{2}-[0-9]{2}'))) + countIf(match(_file, '^[0-9]+-[0-9]+-[0-9]+-[0-9]+[.]') AND toHour(created_at) != toUInt8OrZero(extract(_file, '([0-9]+)[.]json'))) FROM " + from:                                   0,
		"SELECT countIf(closed < opened OR opened = 0) FROM (SELECT minIf(created_at, payload.action = 'opened') AS opened, minIf(created_at, payload.action = 'closed') AS closed FROM " + from + " WHERE type = 'IssuesEvent' GROUP BY repo.id, payload.issue.number HAVING closed > 0)": 0,
	} {
		var n uint64
		if one(t, db.Conn, query, &n); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
}

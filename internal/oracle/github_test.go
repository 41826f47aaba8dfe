package oracle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"clickql/internal/chtest"
	"clickql/internal/oracle"
)

// insertEvents makes events of sixty days, of which two have none and one lacks an
// hour: of a repository that was renamed, of one that took another's former name, of
// that one, and of one that had two days.
const insertEvents = `INSERT INTO TABLE_OF_EVENTS (file_time, event_type, actor_login, repo_name, repo_id, created_at, action, number, merged)
SELECT toStartOfHour(at) AS file_time, kind AS event_type,
	['ann', 'bob', 'carl', 'dora-bot', 'eve[bot]', 'abbot', 'fay', 'gus'][1 + h3 % 8] AS actor_login,
	multiIf(id = '1', if(day < 30, 'Old/One', 'new/One'), id = '2', if(day < 20, 'own/two', 'own/two-moved'), id = '3', if(day < 40, 'x/three', 'own/two'), 'lone/Four') AS repo_name,
	id AS repo_id, at AS created_at,
	multiIf(kind = 'WatchEvent', 'started', kind IN ('ForkEvent', 'PushEvent'), 'none', kind = 'IssueCommentEvent', if(h4 % 5 = 0, 'edited', 'created'),
		kind = 'PullRequestEvent' AND h4 % 7 = 0, 'merged', ['opened', 'closed', 'closed', 'reopened', 'labeled'][1 + h4 % 5]) AS action,
	if(kind IN ('IssuesEvent', 'PullRequestEvent', 'IssueCommentEvent'), 1 + h5 % 25, 0) AS number,
	kind = 'PullRequestEvent' AND action = 'closed' AND h4 % 2 = 0 AS merged
FROM (SELECT number % 1440 AS hour, intDiv(hour, 24) AS day, sipHash64(number, 1) AS h1, sipHash64(number, 2) AS h2, sipHash64(number, 3) AS h3, sipHash64(number, 4) AS h4, sipHash64(number, 5) AS h5,
	toDateTime('2024-01-20 00:00:00', 'UTC') + toIntervalSecond(hour * 3600 + h1 % 3 * 1799) AS at,
	['WatchEvent', 'WatchEvent', 'ForkEvent', 'IssuesEvent', 'IssuesEvent', 'PullRequestEvent', 'PullRequestEvent', 'IssueCommentEvent', 'PushEvent'][1 + h2 % 9] AS kind,
	if(day IN (25, 26), '30', ['1', '1', '2', '3'][1 + h5 % 4]) AS id
	FROM numbers(5760) WHERE day NOT IN (10, 11) AND hour != 500 AND WHICH)`

// fillEvents inserts those of them for which a condition on the number of the day
// holds.
func fillEvents(table, which string) string {
	return strings.NewReplacer("TABLE_OF_EVENTS", table, "WHICH", which).Replace(insertEvents)
}

// insertRepositories names a repository for some of the projects: as it is called
// now, in other letters; as it was called; by a name that another took; as that was
// before; one that there are no events of; and none.
const insertRepositories = `INSERT INTO projects (name, version, upload_time, home_page, project_urls) VALUES
	('numpy', '1', '2020-01-01', 'https://github.com/NEW/one', []), ('pandas', '1', '2020-01-01', '', ['Source, https://github.com/old/One.git']),
	('requests', '1', '2020-01-01', '', ['Homepage, https://example.org', 'Code, https://github.com/own/two/tree/main']),
	('flask', '1', '2020-01-01', 'https://github.com/own/two-moved', []), ('a', '1', '2020-01-01', 'https://github.com/lone/four', []),
	('tiny', '1', '2020-01-01', 'https://github.com/nobody/nothing', []), ('zope.interface', '1', '2020-01-01', 'https://example.org', [])`

// repositories are what insertRepositories names.
var repositories = map[string]string{"numpy": "NEW/one", "pandas": "old/One", "requests": "own/two", "flask": "own/two-moved", "a": "lone/four", "tiny": "nobody/nothing", "zope-interface": ""}

// clickPyEvents are the tables of events as ClickPy has them, as far as they are read.
const clickPyEvents = `CREATE TABLE github.github_events (file_time DateTime,
	event_type Enum8('CommitCommentEvent' = 1, 'CreateEvent' = 2, 'DeleteEvent' = 3, 'ForkEvent' = 4, 'GollumEvent' = 5, 'IssueCommentEvent' = 6, 'IssuesEvent' = 7, 'PullRequestEvent' = 10,
		'PullRequestReviewCommentEvent' = 11, 'PushEvent' = 12, 'ReleaseEvent' = 13, 'WatchEvent' = 15, 'PullRequestReviewEvent' = 19),
	actor_login LowCardinality(String), repo_name LowCardinality(String), repo_id LowCardinality(String), created_at DateTime,
	action Enum8('none' = 0, 'created' = 1, 'edited' = 3, 'opened' = 5, 'closed' = 6, 'reopened' = 7, 'labeled' = 11, 'started' = 15, 'merged' = 20), number UInt32, merged UInt8)
	ENGINE = MergeTree ORDER BY (repo_id, event_type, created_at)`

const clickPyNames = `CREATE TABLE github.repo_name_to_id (repo_name String, repo_id String) ENGINE = ReplacingMergeTree ORDER BY repo_name`

const clickPyNamesView = `CREATE MATERIALIZED VIEW github.repo_name_to_id_mv TO github.repo_name_to_id AS SELECT repo_name, any(repo_id) AS repo_id FROM github.github_events GROUP BY repo_name`

// Whatever is asked of repositories, of our tables, of those without what finds its
// way in them, and of ClickPy's, is what counting events one by one gives.
func TestGitHub(t *testing.T) {
	d := own(t)
	d.exec("TRUNCATE TABLE projects", insertRepositories)
	d.read("pypi")
	for _, state := range []struct {
		name, table string
		make        []string
	}{
		{"our own", "github_events", []string{fillEvents("github_events", "1")}},
		{"names and hours that came late", "github_events", []string{"TRUNCATE TABLE github_names", "TRUNCATE TABLE github_hours"}},
		{"neither names nor hours", "github_events", []string{"DROP VIEW github_names_mv", "DROP VIEW github_hours_mv", "DROP TABLE github_names", "DROP TABLE github_hours"}},
		{"ClickPy's", "github.github_events", []string{"TRUNCATE TABLE github_events", clickPyEvents, clickPyNames, clickPyNamesView,
			fillEvents("github.github_events", "day < 40"), fillEvents("github.github_events", "day >= 40")}},
	} {
		if state.table != "github_events" {
			chtest.NewNamed(t, "github")
		}
		d.exec(state.make...)
		events := oracle.ReadEvents(t, d.Conn, state.table)
		t.Run(state.name, func(t *testing.T) {
			d.t = t
			askGitHub(t, d, events, state.table != "github_events")
		})
		d.t = t
	}
}

// askGitHub asks for all projects' repositories over ranges. Where names are found as
// they are written alone, what was asked in other letters is not known.
func askGitHub(t *testing.T, d *database, events oracle.Events, letters bool) {
	h := d.open()
	seed := drawn(t, 100)
	t.Cleanup(func() { t.Logf("%s=%d", seedEnv, seed) })
	first := time.Date(2024, 1, 20, 0, 0, 0, 0, time.UTC)
	asked := &tally{}
	rapid.Check(t, func(t *rapid.T) {
		interval := rapid.SampledFrom([]string{"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}).Draw(t, "interval")
		var days *[2]time.Time
		arguments := ""
		if rapid.IntRange(0, 5).Draw(t, "bounded") > 0 {
			from := first.AddDate(0, 0, rapid.IntRange(-20, 75).Draw(t, "from"))
			days = &[2]time.Time{from, from.AddDate(0, 0, rapid.IntRange(0, 40).Draw(t, "days"))}
			arguments = fmt.Sprintf(`(range: {from: "%s", to: "%s"})`, days[0].Format(time.DateOnly), days[1].Format(time.DateOnly))
		}
		names := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"numpy", "pandas", "requests", "flask", "a", "tiny", "zope-interface"}), 1, 7, rapid.ID[string]).Draw(t, "projects")
		list := []any{}
		for _, name := range names {
			of := events.GitHub(repositories[name], interval, days)
			if letters && (name == "numpy" || name == "pandas" || name == "a") {
				of = nil
			}
			list = append(list, map[string]any{"github": of})
		}
		want := map[string]any{"projects": list}
		document := fmt.Sprintf("{ projects(names: [%q]) { github%s { %s } } }", strings.Join(names, `", "`), arguments, oracle.GitHubFields(interval))
		document = strings.ReplaceAll(document, `\"`, `"`)
		got := asked.post(t, h, document)
		if len(got.Errors) > 0 {
			t.Fatalf("%s\n%v", document, got.Errors)
		}
		ran := 0
		for _, q := range got.Extensions.Explain.Queries {
			if q.Source == "clickhouse" {
				ran++
			}
		}
		if ran > 2 {
			t.Fatalf("%s\n%d statements", document, ran)
		}
		if found := oracle.Differences(want, any(got.Data), nil); len(found) > 0 {
			t.Fatalf("%s\n%s\nfrom %s", document, strings.Join(found, "\n"), asked.queries(t, h, document))
		}
	})
}

// Without events nothing is asked of them: no statement more, and null.
func TestNoGitHub(t *testing.T) {
	d := own(t)
	d.exec("TRUNCATE TABLE projects", insertRepositories)
	if body := explained(t, d.open(), `{ project(name: "numpy") { github { stars } } }`); !strings.Contains(body, `"github":null`) || !strings.Contains(body, `"queries":[]`) {
		t.Errorf("%s", body)
	}
}

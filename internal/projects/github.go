package projects

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
	"clickql/internal/fetch"
	"clickql/internal/query"
)

// GitHubMetric is one of the things that are counted of a repository by day.
type GitHubMetric uint8

// The metrics. An account that stars or forks a repository again counts on the first
// day alone. Of an issue or pull request that is closed, reopened and closed again
// two closings count. What is open changes by the net of openings and closings, of
// which one that is not known to have been opened changes nothing.
const (
	Stars GitHubMetric = iota
	Forks
	IssuesOpened
	IssuesClosed
	IssuesOpen
	PullRequestsOpened
	PullRequestsClosed
	PullRequestsMerged
	PullRequestsOpen
	Contributors
	githubMetrics
)

// running reports that the metric is a state, the sum of all changes so far.
func (m GitHubMetric) running() bool { return m == IssuesOpen || m == PullRequestsOpen }

// Repository is what the events on GitHub tell of a repository, all that questions
// about ranges and intervals are answered from. Read only.
type Repository struct {
	// Name is owner/name as the newest event calls it.
	Name string
	// Days are its first and its last day with any event.
	Days  cube.Range
	steps [githubMetrics][]githubStep
}

// githubStep is how much of a metric a day has. Of contributors it has those who
// were active on the day and before it last on another, prev: they count in a range
// that holds the day and not the other, so that each counts once.
type githubStep struct {
	day, prev cube.Day
	n         int64
}

// Bytes is about what it occupies.
func (r *Repository) Bytes() int64 {
	if r == nil {
		return 16
	}
	n := int64(320 + len(r.Name))
	for _, steps := range r.steps {
		n += int64(16 * cap(steps))
	}
	return n
}

// Count is a metric over the days; of a state, what it is at their end.
func (r *Repository) Count(m GitHubMetric, days cube.Range) int64 {
	return r.Series(m, []cube.Range{days})[0]
}

// Series is Count in each of some ranges, which follow one another.
func (r *Repository) Series(m GitHubMetric, ranges []cube.Range) []int64 {
	out, sum, steps := make([]int64, len(ranges)), int64(0), r.steps[m]
	for i, days := range ranges {
		if !m.running() {
			from, _ := slices.BinarySearchFunc(steps, days.From, stepAt)
			sum, steps = 0, steps[from:]
		}
		for len(steps) > 0 && steps[0].day <= days.To {
			if m != Contributors || steps[0].prev < days.From {
				sum += steps[0].n
			}
			steps = steps[1:]
		}
		out[i] = sum
	}
	return out
}

func stepAt(s githubStep, d cube.Day) int { return int(s.day) - int(d) }

// Over is every day that a slice asks about.
func (r *Repository) Over(snap *catalog.Snapshot, s cube.Slice) cube.Range {
	if snap.GitHub.Dated {
		return s.Span(snap.GitHub.Days.Days)
	}
	return s.Span(r.Days)
}

// Knows reports that something is known of the days: events are loaded, and the
// repository's begin before their end. What it had before its first event is not known
// to be nothing.
func (r *Repository) Knows(snap *catalog.Snapshot, days cube.Range) bool {
	return r != nil && !days.Empty() && days.To >= r.Days.From && snap.GitHub.Known(days)
}

// PrefetchGitHub starts to look repositories up by owner/name, in one query.
func (r Reader) PrefetchGitHub(ctx context.Context, names []string) {
	if r.op.Snapshot().GitHub != nil {
		githubOf.Prefetch(ctx, r.op, names)
	}
}

// RepositoryOf is what is known of a project's repository; nil where its metadata names
// none, or there is no event of it.
func (r Reader) RepositoryOf(ctx context.Context, project string) (*Repository, error) {
	if r.op.Snapshot().GitHub == nil {
		return nil, r.op.Ready()
	}
	m, err := r.Metadata(ctx, project)
	if err != nil || m == nil || m.Repository == "" {
		return nil, err
	}
	return githubOf.Load(ctx, r.op, m.Repository)
}

// githubOf looks up what is known of a repository by owner/name, in any letters.
var githubOf = fetch.Lookup[*Repository]{Prefix: "g:", Point: true, Ask: askGitHub, Scan: scanGitHub}

// rowsOfRepository is about how many rows are read of a repository: a few granules
// for each of the parts of askGitHub.
const rowsOfRepository = 8 * 8192

// GitHubRowsFor is about how many rows are read to look so many repositories up.
func GitHubRowsFor(snap *catalog.Snapshot, names int) uint64 {
	g := snap.GitHub
	if g == nil {
		return 0
	}
	rows := min(g.Rows, rowsOfRepository*uint64(names))
	if g.NameColumn == "" { // all names are looked through
		rows += g.Rows
	}
	return rows
}

// What askGitHub makes of events. Accounts of machines do not contribute: by GitHub's
// own mark, or as they call themselves.
const (
	isOf    = "toString(repo_id) AS id"
	dayOf   = "toInt32(toDate(created_at, 'UTC'))"
	notABot = "NOT match(toString(actor_login), '(?i)(\\\\[bot\\\\]|[-_]bot)$')"
)

// askGitHub asks for repositories by name: for each name that a repository ever had,
// of the one that had it last. What is counted comes as arrays: metric, day, the day
// before it (of contributors), number.
func askGitHub(snap *catalog.Snapshot, names []string) (*query.Query, error) {
	g := snap.GitHub
	if g == nil {
		return nil, &fault.Error{Code: fault.Uncovered, Message: "this database has no table of events on GitHub"}
	}
	w := query.On(&catalog.Table{Database: g.Events.Database, Name: g.Events.Table, Rows: GitHubRowsFor(snap, len(names))})
	small := make([]string, len(names))
	for i, name := range names {
		small[i] = strings.ToLower(name)
	}
	asked, lower := w.Param(names), w.Param(small)
	events := w.From()
	ids := "SELECT repo_id" + events + " WHERE lower(toString(repo_name)) IN " + lower
	switch g.NameColumn {
	case "":
	case catalog.SmallNames:
		ids = "SELECT repo_id FROM " + g.Names.SQL() + " WHERE " + catalog.Ident(g.NameColumn) + " IN " + lower
	default:
		ids = "SELECT repo_id FROM " + g.Names.SQL() + " WHERE " + catalog.Ident(g.NameColumn) + " IN " + asked
	}
	of := events + "\nWHERE repo_id IN (" + ids + ") AND toString(repo_id) NOT IN ('', '0')"
	who := "SELECT arrayJoin(arrayFilter(k -> lower(k) = bore.1, " + asked + ")) AS asked, id, current, first, last FROM (SELECT id, argMax(written, (seen, written)) AS current, " +
		"toInt32(toDate(min(since), 'UTC')) AS first, toInt32(toDate(max(seen), 'UTC')) AS last, arrayJoin(groupArray((lower(written), seen))) AS bore\n" +
		"FROM (SELECT " + isOf + ", toString(repo_name) AS written, min(created_at) AS since, max(created_at) AS seen" + of + " GROUP BY id, written)\nGROUP BY id)\n" +
		"ORDER BY asked, bore.2 DESC, id LIMIT 1 BY asked"
	what := strings.Join([]string{firstTimes(of), threads(of, g.Merged), contributions(of)}, "\nUNION ALL\n")
	return w.Query("SELECT asked, current, first, last, metrics, days, befores, counts\nFROM (" + who + ") AS r\n" +
		"LEFT JOIN (SELECT id, groupArray(metric) AS metrics, groupArray(day) AS days, groupArray(before) AS befores, groupArray(n) AS counts\nFROM (\n" + what +
		")\nGROUP BY id) AS s ON r.id = s.id"), nil
}

// firstTimes counts accounts on the day on which each first starred or forked.
func firstTimes(of string) string {
	return fmt.Sprintf("SELECT id, toUInt8(if(kind = 'WatchEvent', %d, %d)) AS metric, day, toInt32(-1) AS before, toInt64(count()) AS n FROM (SELECT %s, toString(event_type) AS kind, "+
		"toString(actor_login) AS who, toInt32(toDate(min(created_at), 'UTC')) AS day%s AND event_type IN ('WatchEvent', 'ForkEvent') GROUP BY id, kind, who)\nGROUP BY id, metric, day",
		Stars, Forks, isOf, of)
}

// threads counts what happened to issues and pull requests. Their events are put in
// order, and those that change nothing left out.
func threads(of string, merged bool) string {
	merges := "what = 'merged'"
	if merged {
		merges = "(what = 'merged' OR what = 'closed' AND merged)"
	}
	// A step is the second, the place among those of one second, and whether the
	// thread is open after it.
	const step = "(toInt64(toUnixTimestamp(created_at)), toUInt8(transform(what, ['opened', 'reopened'], [0, 2], 1)), toUInt8(what IN ('opened', 'reopened')))"
	const changes = "arrayFilter((s, before) -> s.3 != before, steps, arrayPushFront(arrayPopBack(arrayMap(s -> s.3, steps)), toUInt8(2)))"
	row := func(issue, pull GitHubMetric, day, n string) string {
		return fmt.Sprintf("(toUInt8(if(issue, %d, %d)), toInt32(%s), toInt64(%s))", issue, pull, day, n)
	}
	rows := []string{
		"if(opened > 0, [" + row(IssuesOpened, PullRequestsOpened, "intDiv(opened, 86400)", "1") + "], [])",
		"if(merged_at > 0 AND NOT issue, [" + row(PullRequestsMerged, PullRequestsMerged, "intDiv(merged_at, 86400)", "1") + "], [])",
		"arrayMap(s -> " + row(IssuesClosed, PullRequestsClosed, "intDiv(s.1, 86400)", "1") + ", arrayFilter(s -> s.3 = 0, changes))",
		"arrayMap((s, i) -> " + row(IssuesOpen, PullRequestsOpen, "intDiv(s.1, 86400)", "multiIf(s.3 = 1, 1, i = 1, 0, -1)") + ", changes, arrayEnumerate(changes))",
	}
	events := "SELECT " + isOf + ", event_type = 'IssuesEvent' AS issue, number, toString(action) AS what, created_at, " + merges + " AS merges" + of +
		" AND event_type IN ('IssuesEvent', 'PullRequestEvent') AND what IN ('opened', 'closed', 'reopened', 'merged')"
	return "SELECT id, r.1 AS metric, r.2 AS day, toInt32(-1) AS before, sum(r.3) AS n FROM (SELECT id, issue, opened, merged_at, " + changes + " AS changes FROM (SELECT id, issue, " +
		"arraySort(groupUniqArray(" + step + ")) AS steps, toInt64(toUnixTimestamp(minIf(created_at, what = 'opened'))) AS opened, " +
		"toInt64(toUnixTimestamp(minIf(created_at, merges))) AS merged_at FROM (" + events + ")\nGROUP BY id, issue, number))\n" +
		"ARRAY JOIN arrayConcat(" + strings.Join(rows, ", ") + ") AS r\nGROUP BY id, metric, day\nHAVING n != 0"
}

// contributions counts who contributed on each day, by the day before it on which
// they did.
func contributions(of string) string {
	return fmt.Sprintf("SELECT id, toUInt8(%d) AS metric, day, before, toInt64(count()) AS n FROM (SELECT %s, toString(actor_login) AS who, arraySort(groupUniqArray(%s)) AS active%s "+
		"AND (event_type = 'PushEvent' OR event_type IN ('PullRequestEvent', 'IssuesEvent') AND toString(action) = 'opened' OR "+
		"event_type IN ('IssueCommentEvent', 'PullRequestReviewEvent', 'PullRequestReviewCommentEvent') AND toString(action) = 'created') AND %s GROUP BY id, who)\n"+
		"ARRAY JOIN active AS day, arrayPushFront(arrayPopBack(active), toInt32(-1)) AS before\nGROUP BY id, day, before", Contributors, isOf, dayOf, of, notABot)
}

// scanGitHub reads one repository.
func scanGitHub(rows driver.Rows, into map[string]*Repository) error {
	var asked string
	var first, last int32
	var metrics []uint8
	var days, befores []int32
	var counts []int64
	r := &Repository{}
	if err := rows.Scan(&asked, &r.Name, &first, &last, &metrics, &days, &befores, &counts); err != nil {
		return err
	}
	r.Days = cube.Range{From: cube.Day(first), To: cube.Day(last)}
	for i, m := range metrics {
		r.steps[m] = append(r.steps[m], githubStep{cube.Day(days[i]), cube.Day(befores[i]), counts[i]})
	}
	for _, steps := range r.steps {
		slices.SortFunc(steps, func(a, b githubStep) int { return int(a.day) - int(b.day) })
	}
	into[asked] = r
	return nil
}

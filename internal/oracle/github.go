package oracle

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"clickql/internal/chconn"
)

// Event is a row of the table of events on GitHub.
type Event struct {
	Hour, At                      time.Time
	Type, Actor, Repo, ID, Action string
	Number                        uint32
	Merged                        bool
}

// Events are rows of that table, in the order of time.
type Events []Event

// ReadEvents reads the table, given as SQL names it.
func ReadEvents(t testing.TB, conn *chconn.Conn, table string) (all Events) {
	t.Helper()
	each(t, conn, `SELECT file_time, created_at, toString(event_type), toString(actor_login), toString(repo_name), toString(repo_id),
		toString(action), number, merged = 1 FROM `+table+` ORDER BY created_at`, func(row func(...any) error) error {
		var e Event
		var merged uint8
		err := row(&e.Hour, &e.At, &e.Type, &e.Actor, &e.Repo, &e.ID, &e.Action, &e.Number, &merged)
		e.Hour, e.At, e.Merged = e.Hour.UTC(), e.At.UTC(), merged == 1
		all = append(all, e)
		return err
	})
	if len(all) == 0 {
		t.Fatalf("%s is empty", table)
	}
	return all
}

// Hours are how many hours of each day are loaded.
func (all Events) Hours() map[time.Time]int {
	hours, days := map[time.Time]bool{}, map[time.Time]int{}
	for _, e := range all {
		if !hours[e.Hour] {
			hours[e.Hour] = true
			days[dayOf(e.Hour)]++
		}
	}
	return days
}

// dayOf is the midnight before a time.
func dayOf(at time.Time) time.Time { return at.Truncate(24 * time.Hour) }

// Of are the events of the repository that last had a name, whatever its letters;
// none where there never was one.
func (all Events) Of(name string) (of Events) {
	id, last := "", time.Time{}
	for _, e := range all {
		if strings.EqualFold(e.Repo, name) && (id == "" || e.At.After(last) || e.At.Equal(last) && e.ID < id) {
			id, last = e.ID, e.At
		}
	}
	for _, e := range all {
		if id != "" && e.ID == id {
			of = append(of, e)
		}
	}
	return of
}

// Name is what the newest event calls the repository.
func (all Events) Name() (name string) {
	var at time.Time
	for _, e := range all {
		if e.At.After(at) || e.At.Equal(at) && e.Repo > name {
			name, at = e.Repo, e.At
		}
	}
	return name
}

// Metrics are what is counted of a repository.
var Metrics = []string{"stars", "forks", "contributors", "issuesOpened", "issuesClosed", "issuesOpen", "pullRequestsOpened", "pullRequestsClosed", "pullRequestsMerged", "pullRequestsOpen"}

// Count counts one of Metrics from a day to another, both included.
func (all Events) Count(metric string, from, to time.Time) int {
	switch metric {
	case "stars":
		return all.accounts("WatchEvent", from, to)
	case "forks":
		return all.accounts("ForkEvent", from, to)
	case "contributors":
		return all.contributors(from, to)
	}
	kind, what, _ := strings.Cut(strings.ReplaceAll(metric, "pullRequests", "PullRequestEvent "), " ")
	if rest, issues := strings.CutPrefix(metric, "issues"); issues {
		kind, what = "IssuesEvent", rest
	}
	n := 0
	numbers := map[uint32]Events{}
	for _, e := range all {
		if e.Type == kind && slices.Contains([]string{"opened", "closed", "reopened", "merged"}, e.Action) {
			numbers[e.Number] = append(numbers[e.Number], e)
		}
	}
	for _, thread := range numbers {
		n += thread.count(what, from, to)
	}
	return n
}

// within reports that a moment lies in days.
func within(at, from, to time.Time) bool { return !at.Before(from) && at.Before(to.AddDate(0, 0, 1)) }

// accounts are those whose first event of a type lies in days.
func (all Events) accounts(kind string, from, to time.Time) (n int) {
	seen := map[string]bool{}
	for _, e := range all {
		if e.Type != kind || seen[e.Actor] {
			continue
		}
		seen[e.Actor] = true
		if within(e.At, from, to) {
			n++
		}
	}
	return n
}

// contributors are the accounts of people that did something.
func (all Events) contributors(from, to time.Time) int {
	seen := map[string]bool{}
	for _, e := range all {
		does := map[string]string{"PushEvent": e.Action, "PullRequestEvent": "opened", "IssuesEvent": "opened",
			"IssueCommentEvent": "created", "PullRequestReviewEvent": "created", "PullRequestReviewCommentEvent": "created"}
		name := strings.ToLower(e.Actor)
		machine := strings.HasSuffix(name, "[bot]") || strings.HasSuffix(name, "-bot") || strings.HasSuffix(name, "_bot")
		if action, counts := does[e.Type]; counts && action == e.Action && !machine && within(e.At, from, to) {
			seen[e.Actor] = true
		}
	}
	return len(seen)
}

// count follows one issue or pull request through its events.
func (all Events) count(what string, from, to time.Time) (n int) {
	order := []string{"opened", "closed", "merged", "reopened"}
	thread := slices.Clone(all)
	slices.SortStableFunc(thread, func(a, b Event) int {
		return cmp.Or(a.At.Compare(b.At), slices.Index(order, a.Action)-slices.Index(order, b.Action))
	})
	state, opened, merged, counted := "", false, false, false
	for _, e := range thread {
		inside := within(e.At, from, to)
		if e.Action == "opened" && !opened {
			if opened = true; what == "Opened" && inside {
				n++
			}
		}
		if (e.Action == "merged" || e.Action == "closed" && e.Merged) && !merged {
			if merged = true; what == "Merged" && inside {
				n++
			}
		}
		next := "open"
		if e.Action == "closed" || e.Action == "merged" {
			next = "closed"
		}
		if next == state {
			continue
		}
		if state = next; what == "Closed" && state == "closed" && inside {
			n++
		}
		if what == "Open" && !e.At.After(to.AddDate(0, 0, 1).Add(-time.Second)) {
			counted = state == "open"
		}
	}
	if counted {
		n++
	}
	return n
}

// GitHub is what Project.github must give with GitHubFields, of a repository by name,
// for days; nil for days asks for all that are loaded.
func (all Events) GitHub(name, interval string, days *[2]time.Time) any {
	of := all.Of(name)
	if len(of) == 0 {
		return nil
	}
	hours := all.Hours()
	if days == nil {
		days = all.loaded()
	}
	count := func(metric string, from, to time.Time) any {
		known := false
		for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
			known = known || hours[d] > 0
		}
		if !known || to.Before(dayOf(of[0].At)) {
			return nil
		}
		return of.Count(metric, from, to)
	}
	out := map[string]any{"repository": of.Name(), "url": "https://github.com/" + of.Name(),
		"firstDay": of[0].At.Format(time.DateOnly), "lastDay": of[len(of)-1].At.Format(time.DateOnly), "missing": missingHours(hours, days)}
	for _, m := range Metrics[:3] {
		out[m] = count(m, days[0], days[1])
	}
	for _, kind := range []string{"issues", "pullRequests"} {
		group := map[string]any{}
		for _, m := range Metrics[3:] {
			if what, ok := strings.CutPrefix(m, kind); ok {
				group[strings.ToLower(what)] = count(m, days[0], days[1])
			}
		}
		out[kind] = group
	}
	series := map[string]any{}
	dates, complete, total := []any{}, []any{}, []any{}
	columns := map[string][]any{}
	for d := BucketStart(days[0], interval); !d.After(days[1]); d = behind(d, interval) {
		first, last := d, behind(d, interval).AddDate(0, 0, -1)
		whole := !first.Before(days[0]) && !last.After(days[1]) && len(missingHours(hours, &[2]time.Time{first, last})) == 0
		from, to := later(first, days[0]), earlier(last, days[1])
		dates, complete = append(dates, d.Format(time.DateOnly)), append(complete, whole)
		for _, m := range Metrics {
			columns[m] = append(columns[m], count(m, from, to))
		}
		if count("stars", from, to) == nil {
			total = append(total, nil)
		} else {
			total = append(total, of.Count("stars", time.Time{}, to))
		}
	}
	series["interval"], series["dates"], series["complete"], series["totalStars"] = interval, dates, complete, total
	for _, m := range Metrics {
		series[m] = append([]any{}, columns[m]...)
	}
	out["series"] = series
	return out
}

// loaded are the first and the last day of which an hour is loaded.
func (all Events) loaded() *[2]time.Time {
	days := [2]time.Time{dayOf(all[0].Hour), dayOf(all[0].Hour)}
	for _, e := range all {
		days[0], days[1] = earlier(days[0], dayOf(e.Hour)), later(days[1], dayOf(e.Hour))
	}
	return &days
}

// GitHubFields is the selection on GitHub that GitHub answers.
func GitHubFields(interval string) string {
	return fmt.Sprintf(`repository url firstDay lastDay stars forks contributors issues { opened closed open } pullRequests { opened closed merged open } missing
		series(interval: %s) { interval dates complete totalStars %s }`, interval, strings.Join(Metrics, " "))
}

// missingHours are the days of which not every hour is loaded.
func missingHours(hours map[time.Time]int, days *[2]time.Time) []any {
	out := []any{}
	for d := days[0]; !d.After(days[1]); d = d.AddDate(0, 0, 1) {
		if hours[d] < 24 {
			out = append(out, d.Format(time.DateOnly))
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

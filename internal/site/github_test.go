package site_test

import (
	"fmt"
	"strings"
	"testing"
)

// events are three stars, of which one account gives two, a fork and an issue, in a
// repository that alpha's metadata knows by its former name.
var events = []string{
	`INSERT INTO projects (name, version, project_urls, upload_time) VALUES ('alpha', '2.1', ['Source, https://github.com/first/alpha'], '2024-08-03 00:00:00')`,
	`INSERT INTO github_events (file_time, event_type, actor_login, repo_name, repo_id, created_at, action, number) VALUES
	('2024-06-01 10:00:00', 'WatchEvent', 'ann', 'first/alpha', '7', '2024-06-01 10:01:00', 'started', 0), ('2024-06-02 10:00:00', 'WatchEvent', 'ann', 'first/alpha', '7', '2024-06-02 10:01:00', 'started', 0),
	('2025-03-30 10:00:00', 'WatchEvent', 'bob', 'second/alpha', '7', '2025-03-30 10:01:00', 'started', 0), ('2025-03-30 11:00:00', 'ForkEvent', 'bob', 'second/alpha', '7', '2025-03-30 11:01:00', 'none', 0),
	('2025-03-31 10:00:00', 'IssuesEvent', 'ann', 'second/alpha', '7', '2025-03-31 10:01:00', 'opened', 1)`,
}

// What happened in a project's repository stands on its page and in badges; a project
// without any has no such part.
func TestRepositoryBesideDownloads(t *testing.T) {
	base, _ := explorer(t, events...)
	page := get(t, base+"/project/alpha?last=30d").text
	_, part, found := strings.Cut(page, `id="github"`)
	part, _, _ = strings.Cut(part, "</section>")
	if !found || !strings.Contains(part, "second/alpha") || !strings.Contains(part, "<svg") {
		t.Fatalf("the page of alpha has %q", part)
	}
	for _, row := range []string{"Stars 1 2", "Forks 1 1", "Contributors 1 1", "Issues opened 1 1", "Issues open 1 1", "Pull requests opened 0 0"} {
		if text := strings.Join(strings.Fields(textOf(part)), " "); !strings.Contains(text, row) {
			t.Errorf("the page does not say %q: %s", row, text)
		}
	}
	if page := get(t, base+"/project/beta").text; strings.Contains(page, `id="github"`) {
		t.Error("beta has a repository")
	}
	for query, want := range map[string]string{"show=stars": "stars 2", "show=stars&period=month": "stars/month 1", "show=forks": "forks 1", "show=contributors": "contributors 1", "show=issues": "open issues 1", "show=pulls": "open pull requests 0"} {
		got := get(t, base+"/badge/alpha.json?"+query)
		if label, message, _ := strings.Cut(want, " "); !strings.Contains(got.text, fmt.Sprintf("%q", want[strings.LastIndex(want, " ")+1:])) || !strings.Contains(got.text, label) {
			t.Errorf("%s: %s, want %s %s", query, got.text, label, message)
		}
	}
	for path, want := range map[string]string{"/badge/beta.json?show=stars": "unknown", "/badge/alpha.json?show=stars&country=DE": "wrong parameter", "/badge/alpha.json?show=issues&period=week": "wrong parameter"} {
		if got := get(t, base+path).text; !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// textOf is the text of HTML without its marks.
func textOf(page string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(page, "<") {
		_, text, _ := strings.Cut(part, ">")
		b.WriteString(" " + text)
	}
	return b.String()
}

package pypi

import "testing"

// TestRepository: the repository among a project's links.
func TestRepository(t *testing.T) {
	for want, urls := range map[string][]string{
		"a/b": {"Homepage, https://github.com/x/y", "Source Code, https://github.com/a/b/"},
		"x/y": {"https://example.org", "Bugs, https://www.GitHub.com/x/y/issues"},
		"":    {"Sponsor, https://github.com/sponsors/x", "https://gitlab.com/a/b", "::", "https://github.com/", "Source,"},
		"p/q": {"https://github.com/p/q.git"},
	} {
		if got := Repository(urls); got != want {
			t.Errorf("%v: %q, want %q", urls, got, want)
		}
	}
}

package pypi

import (
	"cmp"
	"net/url"
	"strings"
)

// Repository is owner/name of the first URL on GitHub that names a repository.
// URLs may follow a label and a comma, as project_urls writes them ("Source,
// https://..."; core metadata, Project-URL); ones labelled as the source come
// first.
func Repository(urls []string) string {
	best := ""
	for _, u := range urls {
		label, link, labelled := strings.Cut(u, ",")
		if !labelled {
			label, link = "", u
		}
		name := gitHubName(strings.TrimSpace(link))
		if name == "" {
			continue
		}
		if l := strings.ToLower(label); strings.Contains(l, "source") || strings.Contains(l, "repo") || strings.Contains(l, "code") {
			return name
		}
		best = cmp.Or(best, name)
	}
	return best
}

// gitHubName is owner/name of a GitHub URL; empty for any other.
func gitHubName(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if host != "github.com" || len(parts) < 2 || parts[0] == "" || parts[0] == "sponsors" || parts[0] == "orgs" {
		return ""
	}
	return parts[0] + "/" + strings.TrimSuffix(parts[1], ".git")
}

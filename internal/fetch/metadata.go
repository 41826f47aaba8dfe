package fetch

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/query"
)

// Metadata is what a project's distributions say of it. Texts are those of its
// latest version; empty where it gives none.
type Metadata struct {
	Name           string // normalised
	LatestVersion  string // by PEP 440; a pre-release only where there is nothing else
	Summary        string
	Author         string
	License        string
	HomePage       string
	RequiresPython string
	Repository     string    // owner/name on GitHub
	LastRelease    time.Time // the newest upload of any version
	Versions       []string
}

// PrefetchMetadata starts to load the metadata of projects, in one query.
func (o *Operation) PrefetchMetadata(ctx context.Context, names []string) {
	if o.ready != nil || !o.snap.Metadata {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	var keys []string
	for _, name := range names {
		if _, known := o.metadata[metadataKey+name]; !known && !slices.Contains(keys, metadataKey+name) {
			keys = append(keys, metadataKey+name)
		}
	}
	startBatch(ctx, keys, o.metadata, func(ctx context.Context, keys []string) []found {
		return o.loader.answer(ctx, &o.trace, o.snap.Version, keys, o.loadMetadata)
	})
}

// metadataKey sets the keys of metadata apart from those of requests, whose
// first byte is a small query.Kind.
const metadataKey = "m:"

// Metadata is a project's metadata by normalised name; nil where the database
// has none. The error is a *query.Error.
func (o *Operation) Metadata(ctx context.Context, name string) (*Metadata, error) {
	if err := o.Ready(); err != nil || !o.snap.Metadata {
		return nil, err
	}
	o.PrefetchMetadata(ctx, []string{name})
	o.mu.Lock()
	thunk := o.metadata[metadataKey+name]
	o.mu.Unlock()
	return thunk()
}

// loadMetadata is the job that answers metadata.
func (o *Operation) loadMetadata(r *run, version string, mine map[string]*call) {
	names := make([]string, 0, len(mine))
	for key := range mine {
		names = append(names, strings.TrimPrefix(key, metadataKey))
	}
	slices.Sort(names)
	got := map[string]*Metadata{}
	ran, err := o.loader.execute(r.ctx, query.MetadataQuery(o.snap, names), func(rows driver.Rows) error {
		var c query.MetadataColumns
		if err := rows.Scan(&c.Project, &c.Versions, &c.Uploaded, &c.TextOf, &c.TextRefs, &c.Texts); err != nil {
			return err
		}
		got[metadataKey+c.Project] = newMetadata(c)
		return nil
	})
	for key, c := range mine {
		if err != nil {
			o.loader.flights.finish(version, key, c, nil, failure(err), ran)
			continue
		}
		o.loader.keep(version, key, c, got[key], ran)
	}
}

// newMetadata reads one row.
func newMetadata(c query.MetadataColumns) *Metadata {
	m := &Metadata{Name: c.Project, Versions: c.Versions, LatestVersion: query.LatestVersion(c.Versions)}
	m.LastRelease = time.Unix(slices.Max(c.Uploaded), 0).UTC()
	latest := slices.Index(c.Versions, m.LatestVersion)
	texts := c.Texts[slices.Index(c.TextRefs, c.TextOf[latest])]
	m.Summary, m.Author, m.License = texts[query.TextSummary], texts[query.TextAuthor], texts[query.TextLicense]
	m.HomePage, m.RequiresPython = texts[query.TextHomePage], texts[query.TextRequiresPython]
	m.Repository = repository(append(texts[query.TextURLs:len(texts):len(texts)], m.HomePage))
	return m
}

// repository is owner/name of the first URL on GitHub that names a repository.
// URLs may follow a label and a comma, as project_urls writes them ("Source,
// https://..."; core metadata, Project-URL); ones labelled as the source come
// first.
func repository(urls []string) string {
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
		if best == "" {
			best = name
		}
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

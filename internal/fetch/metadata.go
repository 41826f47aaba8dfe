package fetch

import (
	"context"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// Metadata is what a project's distributions say of it. Texts are those of its
// latest version; empty where it gives none.
type Metadata struct {
	Name           string // normalised
	LatestVersion  string // by PEP 440; a pre-release only where there is nothing else
	Summary        string
	Author         string
	Maintainer     string
	License        string
	HomePage       string
	RequiresPython string
	Repository     string    // owner/name on GitHub
	LastRelease    time.Time // the newest upload of any version
	// AuthorEmail and MaintainerEmail may hold names too, and several of them.
	AuthorEmail, MaintainerEmail string

	// Of each version, when it was first uploaded (microseconds since 1970) and
	// what it says of Python.
	versions, python []string
	first            []int64
}

// releases are all its versions.
func (m *Metadata) releases() (list Releases) {
	if m == nil {
		return nil
	}
	for i, version := range m.versions {
		list = append(list, Release{m.Name, version, time.UnixMicro(m.first[i]).UTC(), m.python[i]})
	}
	return list
}

// bytes is about what it occupies.
func (m *Metadata) bytes() int64 {
	if m == nil {
		return 16
	}
	n := int64(200 + len(m.Summary) + len(m.Author) + len(m.Maintainer) + len(m.AuthorEmail) + len(m.MaintainerEmail) + len(m.License) + len(m.HomePage))
	for _, v := range m.versions {
		n += int64(40 + len(v))
	}
	return n
}

// metadataOf looks up the metadata of a project by its normalised name.
var metadataOf = lookup[*Metadata]{
	prefix: "m:",
	point:  true,
	ask: func(snap *catalog.Snapshot, names []string) (*query.Query, error) {
		return query.MetadataQuery(snap, names), nil
	},
	scan: func(rows driver.Rows, into map[string]*Metadata) error {
		var c query.MetadataColumns
		err := rows.Scan(&c.Project, &c.Versions, &c.Uploaded, &c.First, &c.TextOf, &c.TextRefs, &c.Texts)
		if err == nil {
			into[c.Project] = newMetadata(c)
		}
		return err
	},
}

// PrefetchMetadata starts to load the metadata of projects, in one query.
func (o *Operation) PrefetchMetadata(ctx context.Context, names []string) {
	if o.snap.Metadata {
		prefetch(ctx, o, metadataOf, names)
	}
}

// Metadata is a project's metadata by normalised name; nil where the database
// has none. The error is a *query.Error.
func (o *Operation) Metadata(ctx context.Context, name string) (*Metadata, error) {
	if err := o.Ready(); err != nil || !o.snap.Metadata {
		return nil, err
	}
	return look(ctx, o, metadataOf, name)
}

// newMetadata reads one row.
func newMetadata(c query.MetadataColumns) *Metadata {
	m := &Metadata{Name: c.Project, LatestVersion: pypi.LatestVersion(c.Versions), versions: c.Versions, first: c.First}
	m.LastRelease = time.Unix(slices.Max(c.Uploaded), 0).UTC()
	python := make(map[uint64]string, len(c.TextRefs))
	for i, ref := range c.TextRefs {
		python[ref] = c.Texts[i][query.TextRequiresPython]
	}
	for _, ref := range c.TextOf {
		m.python = append(m.python, python[ref])
	}
	latest := slices.Index(c.Versions, m.LatestVersion)
	texts := c.Texts[slices.Index(c.TextRefs, c.TextOf[latest])]
	m.Summary, m.Author, m.License = texts[query.TextSummary], texts[query.TextAuthor], texts[query.TextLicense]
	m.Maintainer, m.AuthorEmail, m.MaintainerEmail = texts[query.TextMaintainer], texts[query.TextAuthorEmail], texts[query.TextMaintainerEmail]
	m.HomePage, m.RequiresPython = texts[query.TextHomePage], texts[query.TextRequiresPython]
	m.Repository = pypi.Repository(append(texts[query.TextURLs:len(texts):len(texts)], m.HomePage))
	return m
}

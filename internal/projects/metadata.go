package projects

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/fetch"
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

	// Of each version, when it was first uploaded (microseconds since 1970), what it
	// says of Python, and whether it was withdrawn.
	versions, python []string
	first            []int64
	withdrawn        []int8
	files            []int64
}

// releases are all its versions.
func (m *Metadata) releases() (list Releases) {
	if m == nil {
		return nil
	}
	for i, version := range m.versions {
		list = append(list, Release{m.Name, version, time.UnixMicro(m.first[i]).UTC(), m.python[i], yanked(m.withdrawn[i]), m.files[i]})
	}
	return list
}

// Bytes is about what it occupies.
func (m *Metadata) Bytes() int64 {
	if m == nil {
		return 16
	}
	n := int64(200 + len(m.Summary) + len(m.Author) + len(m.Maintainer) + len(m.AuthorEmail) + len(m.MaintainerEmail) + len(m.License) + len(m.HomePage))
	for _, v := range m.versions {
		n += int64(40 + len(v))
	}
	return n
}

// PrefetchMetadata starts to load the metadata of projects, in one query.
func (r Reader) PrefetchMetadata(ctx context.Context, names []string) {
	if r.op.Snapshot().Metadata {
		metadataOf.Prefetch(ctx, r.op, names)
	}
}

// Metadata is a project's metadata by normalised name; nil where the database
// has none.
func (r Reader) Metadata(ctx context.Context, name string) (*Metadata, error) {
	if err := r.op.Ready(); err != nil || !r.op.Snapshot().Metadata {
		return nil, err
	}
	return metadataOf.Load(ctx, r.op, name)
}

// metadataOf looks up the metadata of a project by its normalised name.
var metadataOf = fetch.Lookup[*Metadata]{Prefix: "m:", Point: true, Ask: askMetadata, Scan: scanMetadata}

// The texts that a project shows, in the order in which they are asked for.
// Project URLs follow.
const (
	summary = iota
	author
	license
	homePage
	requiresPython
	maintainer
	authorEmail
	maintainerEmail
	urls
)

// textColumns hold the plain ones.
var textColumns = [urls]string{"summary", "author", "license", "home_page", "requires_python", "maintainer", "author_email", "maintainer_email"}

// metadataRow is a row of askMetadata, one for each project that has any: its
// versions with the time of the last upload of each (seconds since 1970), that of
// the first (microseconds), whether it was withdrawn and a reference to the texts,
// and the distinct texts.
type metadataRow struct {
	project   string
	versions  []string
	uploaded  []int64
	first     []int64
	withdrawn []int8
	files     []int64
	textOf    []uint64 // the reference for each of versions
	refs      []uint64
	texts     [][]string // for each of refs
}

// askMetadata asks for the metadata of projects by normalised name. A version's
// texts are those of its last upload; equal texts are sent once.
func askMetadata(snap *catalog.Snapshot, names []string) (*query.Query, error) {
	w, err := onProjects(snap, names)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, c := range textColumns {
		texts = append(texts, textOf(snap, c))
	}
	file := "[" + strings.Join(texts, ", ") + "]"
	if strings.HasPrefix(snap.MetadataColumns["project_urls"], "Array(") {
		file = "arrayConcat(" + file + ", project_urls)"
	}
	return w.Query("SELECT k0, versions, uploaded, first, withdrawn, files, refs, text_refs, texts FROM (\n" +
		"SELECT k0, groupArray(v) AS versions, groupArray(u) AS uploaded, groupArray(f) AS first, groupArray(w) AS withdrawn, groupArray(n) AS files, groupArray(r) AS refs, " +
		"groupUniqArray((r, t)) AS pairs, arrayMap(p -> p.1, pairs) AS text_refs, arrayMap(p -> p.2, pairs) AS texts\nFROM (" +
		"SELECT " + pypi.FoldedSQL("name") + " AS k0, toString(version) AS v, toInt64(toUnixTimestamp(max(upload_time))) AS u, " +
		firstUpload + " AS f, " + withdrawn(snap) + " AS w, " + files(snap) + " AS n, " +
		"argMax(" + file + ", upload_time) AS t, sipHash64(t) AS r" +
		w.From() + "\nGROUP BY k0, v)\nGROUP BY k0\nORDER BY k0)"), nil
}

// scanMetadata reads one row.
func scanMetadata(rows driver.Rows, into map[string]*Metadata) error {
	var c metadataRow
	if err := rows.Scan(&c.project, &c.versions, &c.uploaded, &c.first, &c.withdrawn, &c.files, &c.textOf, &c.refs, &c.texts); err != nil {
		return err
	}
	m := &Metadata{Name: c.project, LatestVersion: pypi.LatestVersion(c.versions), versions: c.versions, first: c.first, withdrawn: c.withdrawn, files: c.files}
	m.LastRelease = time.Unix(slices.Max(c.uploaded), 0).UTC()
	python := make(map[uint64]string, len(c.refs))
	for i, ref := range c.refs {
		python[ref] = c.texts[i][requiresPython]
	}
	for _, ref := range c.textOf {
		m.python = append(m.python, python[ref])
	}
	latest := slices.Index(c.versions, m.LatestVersion)
	texts := c.texts[slices.Index(c.refs, c.textOf[latest])]
	m.Summary, m.Author, m.License = texts[summary], texts[author], texts[license]
	m.Maintainer, m.AuthorEmail, m.MaintainerEmail = texts[maintainer], texts[authorEmail], texts[maintainerEmail]
	m.HomePage, m.RequiresPython = texts[homePage], texts[requiresPython]
	m.Repository = pypi.Repository(append(texts[urls:len(texts):len(texts)], m.HomePage))
	into[c.project] = m
	return nil
}

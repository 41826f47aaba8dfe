package fetch

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/query"
)

// Release is one version of a project.
type Release struct {
	Project  string // normalised
	Version  string // as its author writes it
	Uploaded time.Time
	// RequiresPython is a PEP 440 specifier, empty where none is given.
	RequiresPython string
}

// Place is the release's place in a list.
func (r Release) Place() query.ReleasePlace {
	return query.ReleasePlace{Uploaded: r.Uploaded.UnixMicro(), Project: r.Project, Version: r.Version}
}

// Releases are newest first by the first upload of any of their files, then by
// project and version. Read only.
type Releases []Release

// bytes is about what they occupy.
func (rs Releases) bytes() (n int64) {
	for _, r := range rs {
		n += int64(80 + len(r.Project) + len(r.Version) + len(r.RequiresPython))
	}
	return n
}

// Sort puts releases in their order.
func (rs Releases) Sort() {
	slices.SortFunc(rs, func(a, b Release) int { return ComparePlaces(a.Place(), b.Place()) })
}

// ComparePlaces is the order of Releases.
func ComparePlaces(a, b query.ReleasePlace) int {
	return cmp.Or(cmp.Compare(b.Uploaded, a.Uploaded), strings.Compare(a.Project, b.Project), strings.Compare(a.Version, b.Version))
}

// releasesOf looks up all releases of a project by its normalised name.
var releasesOf = lookup[Releases]{
	prefix: "r:",
	point:  true,
	ask:    query.ReleasesQuery,
	scan: func(rows driver.Rows, into map[string]Releases) error {
		r, err := scanRelease(rows)
		into[r.Project] = append(into[r.Project], r)
		return err
	},
}

// scanRelease reads one release.
func scanRelease(rows driver.Rows) (Release, error) {
	var c query.ReleaseColumns
	err := rows.Scan(&c.Project, &c.Version, &c.Uploaded, &c.RequiresPython)
	return Release{c.Project, c.Version, time.UnixMicro(c.Uploaded).UTC(), c.RequiresPython}, err
}

// PrefetchReleases starts to load the releases of projects, in one query, but
// for those that come with the projects' metadata.
func (o *Operation) PrefetchReleases(ctx context.Context, names []string) {
	prefetch(ctx, o, releasesOf, slices.DeleteFunc(slices.Clone(names), o.describes))
}

// describes reports that the project's metadata is known or on its way: its
// releases are part of it.
func (o *Operation) describes(name string) bool { return o.answer(metadataOf.prefix+name) != nil }

// Releases is all releases of a project by normalised name. The error is a
// *query.Error.
func (o *Operation) Releases(ctx context.Context, name string) (Releases, error) {
	var found Releases
	var err error
	if o.describes(name) {
		var m *Metadata
		m, err = o.Metadata(ctx, name)
		found = m.releases()
	} else {
		found, err = look(ctx, o, releasesOf, name)
		found = slices.Clone(found)
	}
	found.Sort()
	return found, err
}

// RecentReleases is the newest releases of all projects behind a place, nil for
// the newest. The error is a *query.Error.
func (o *Operation) RecentReleases(ctx context.Context, after *query.ReleasePlace, first int) (Releases, error) {
	key := keyOf(first)
	if after != nil {
		key = keyOf(first, *after)
	}
	return look(ctx, o, lookup[Releases]{
		prefix: "R:",
		ask: func(snap *catalog.Snapshot, _ []string) (*query.Query, error) {
			return query.RecentReleasesQuery(snap, after, first)
		},
		scan: func(rows driver.Rows, into map[string]Releases) error {
			r, err := scanRelease(rows)
			into[key] = append(into[key], r)
			return err
		},
	}, key)
}

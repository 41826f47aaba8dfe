package projects

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/fetch"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// Release is one version of a project.
type Release struct {
	Project  string // normalised
	Version  string // as its author writes it
	Uploaded time.Time
	// RequiresPython is a PEP 440 specifier, empty where none is given.
	RequiresPython string
	// Yanked tells that all of its files were withdrawn (PEP 592); nil where the
	// metadata does not tell.
	Yanked *bool
	// Files is how many it has.
	Files int64
}

// Place is the place in a list of releases right behind which a page begins.
type Place struct {
	Uploaded         int64 // microseconds since 1970
	Project, Version string
}

// Place is the release's place in a list.
func (r Release) Place() Place { return Place{r.Uploaded.UnixMicro(), r.Project, r.Version} }

// Compare orders places: newest first, then by project and version.
func (p Place) Compare(o Place) int {
	return cmp.Or(cmp.Compare(o.Uploaded, p.Uploaded), strings.Compare(p.Project, o.Project), strings.Compare(p.Version, o.Version))
}

// Releases are in the order of their places, by the first upload of any of their
// files. Read only.
type Releases []Release

// Bytes is about what they occupy.
func (rs Releases) Bytes() (n int64) {
	for _, r := range rs {
		n += int64(80 + len(r.Project) + len(r.Version) + len(r.RequiresPython))
	}
	return n
}

// Sort puts releases in their order.
func (rs Releases) Sort() {
	slices.SortFunc(rs, func(a, b Release) int { return a.Place().Compare(b.Place()) })
}

// PrefetchReleases starts to load the releases of projects, in one query, but
// for those that come with the projects' metadata.
func (r Reader) PrefetchReleases(ctx context.Context, names []string) {
	releasesOf.Prefetch(ctx, r.op, slices.DeleteFunc(slices.Clone(names), r.describes))
}

// describes reports that the project's metadata is known or on its way: its
// releases are part of it.
func (r Reader) describes(name string) bool { return metadataOf.Begun(r.op, name) }

// Releases is all releases of a project by normalised name.
func (r Reader) Releases(ctx context.Context, name string) (Releases, error) {
	var found Releases
	var err error
	if r.describes(name) {
		var m *Metadata
		m, err = r.Metadata(ctx, name)
		found = m.releases()
	} else {
		found, err = releasesOf.Load(ctx, r.op, name)
		found = slices.Clone(found)
	}
	found.Sort()
	return found, err
}

// RecentReleases is the newest releases of all projects behind a place, nil for
// the newest.
func (r Reader) RecentReleases(ctx context.Context, after *Place, first int) (Releases, error) {
	key := keyOf(first)
	if after != nil {
		key = keyOf(first, *after)
	}
	ask := func(snap *catalog.Snapshot) (*query.Query, error) { return askRecent(snap, after, first) }
	return listOf[Releases](ctx, r, "R:", key, ask, scanRelease)
}

// releasesOf looks up all releases of a project by its normalised name.
var releasesOf = fetch.Lookup[Releases]{
	Prefix: "r:",
	Point:  true,
	Ask:    askReleases,
	Scan: func(rows driver.Rows, into map[string]Releases) error {
		one, err := scanRelease(rows)
		into[one.Project] = append(into[one.Project], one)
		return err
	},
}

// firstUpload is when the first of a group's files was uploaded.
const firstUpload = "toUnixTimestamp64Micro(toDateTime64(min(upload_time), 6, 'UTC'))"

// askReleases asks for all releases of projects by normalised name.
func askReleases(snap *catalog.Snapshot, names []string) (*query.Query, error) {
	w, err := onProjects(snap, names, "version", "upload_time")
	if err != nil {
		return nil, err
	}
	return w.Query(selectReleases(snap, w)), nil
}

// askRecent asks for the newest releases of all projects behind a place.
func askRecent(snap *catalog.Snapshot, after *Place, first int) (*query.Query, error) {
	w, err := onMetadata(snap, "version", "upload_time")
	if err != nil {
		return nil, err
	}
	sql := selectReleases(snap, w)
	if after != nil {
		at, project, version := w.Param(after.Uploaded), w.Param(after.Project), w.Param(after.Version)
		sql += "\nHAVING u < " + at + " OR u = " + at + " AND (project, v) > (" + project + ", " + version + ")"
	}
	return w.Query(sql + "\nORDER BY u DESC, project, v\nLIMIT " + strconv.Itoa(first)), nil
}

// withdrawn is the SQL of whether all of a group's files were: 1 or 0, and -1 where
// the metadata has no column yanked, as PyPI's own export has none.
func withdrawn(snap *catalog.Snapshot) string {
	if snap.MetadataColumns["yanked"] == "" {
		return "toInt8(-1)"
	}
	return "toInt8(min(ifNull(toString(yanked), '') IN ('1', 'true')))"
}

// files is the SQL of how many files a group has: of rows that name none each is one.
func files(snap *catalog.Snapshot) string {
	if snap.MetadataColumns["filename"] == "" {
		return "toInt64(count())"
	}
	return "toInt64(uniqExactIf(filename, filename != '') + countIf(filename = ''))"
}

// yanked is what withdrawn gives.
func yanked(withdrawn int8) *bool {
	if withdrawn < 0 {
		return nil
	}
	return new(withdrawn > 0)
}

// selectReleases gives a row for each release: the project's normalised name, its
// version, the time of its first upload (microseconds since 1970), what its last
// file says of Python, whether it was withdrawn and how many files it has.
func selectReleases(snap *catalog.Snapshot, w *query.Writer) string {
	python := "''"
	if snap.MetadataColumns["requires_python"] != "" {
		python = "argMax(ifNull(toString(requires_python), ''), upload_time)"
	}
	return "SELECT " + pypi.FoldedSQL("name") + " AS project, toString(version) AS v, " + firstUpload + " AS u, " + python + " AS python, " +
		withdrawn(snap) + " AS withdrawn, " + files(snap) + " AS files" +
		w.From() + "\nGROUP BY project, v"
}

// scanRelease reads one release.
func scanRelease(rows driver.Rows) (r Release, err error) {
	var uploaded int64
	var withdrawn int8
	err = rows.Scan(&r.Project, &r.Version, &uploaded, &r.RequiresPython, &withdrawn, &r.Files)
	r.Uploaded, r.Yanked = time.UnixMicro(uploaded).UTC(), yanked(withdrawn)
	return r, err
}

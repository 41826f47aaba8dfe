package query

import (
	"strconv"
	"strings"

	"clickql/internal/catalog"
)

// ReleaseColumns are the columns of a query's rows about releases, one row for
// each release: the project's normalised name, its version, the time of its
// first upload (microseconds since 1970) and what its last file says of Python.
type ReleaseColumns struct {
	Project, Version string
	Uploaded         int64
	RequiresPython   string
}

// firstUpload is when the first of a group's files was uploaded.
const firstUpload = "toUnixTimestamp64Micro(toDateTime64(min(upload_time), 6, 'UTC'))"

// ReleasePlace is the place in a list of releases right behind which a page
// begins: newest first, then by project and version.
type ReleasePlace struct {
	Uploaded         int64
	Project, Version string
}

// ReleasesQuery asks for all releases of projects by normalised name. Errors
// are *Error with Uncovered.
func ReleasesQuery(snap *catalog.Snapshot, names []string) (*Query, error) {
	w, err := metadataOf(snap, "version", "upload_time")
	if err != nil {
		return nil, err
	}
	w.named(snap, names)
	return w.query("SELECT " + strings.Join(releaseItems(snap), ", ") + w.from() + "\nGROUP BY project, v"), nil
}

// RecentReleasesQuery asks for the newest releases of all projects behind a
// place; nil begins with the newest. Errors are *Error with Uncovered.
func RecentReleasesQuery(snap *catalog.Snapshot, after *ReleasePlace, first int) (*Query, error) {
	w, err := metadataOf(snap, "version", "upload_time")
	if err != nil {
		return nil, err
	}
	sql := "SELECT " + strings.Join(releaseItems(snap), ", ") + w.from() + "\nGROUP BY project, v"
	if after != nil {
		at, project, version := w.params.add(after.Uploaded), w.params.add(after.Project), w.params.add(after.Version)
		sql += "\nHAVING u < " + at + " OR u = " + at + " AND (project, v) > (" + project + ", " + version + ")"
	}
	return w.query(sql + "\nORDER BY u DESC, project, v\nLIMIT " + strconv.Itoa(first)), nil
}

// releaseItems are the columns of ReleaseColumns.
func releaseItems(snap *catalog.Snapshot) []string {
	python := "''"
	if snap.MetadataColumns["requires_python"] != "" {
		python = "argMax(ifNull(toString(requires_python), ''), upload_time)"
	}
	return []string{
		catalog.NormalisedName + " AS project", "toString(version) AS v",
		firstUpload + " AS u", python + " AS python",
	}
}

// RequirementColumns are the columns of a RequirementsQuery's rows, one row for
// each project that has any: for each of its versions a reference to the
// requirements of its files, and the distinct lists of them.
type RequirementColumns struct {
	Project  string
	Versions []string
	ListOf   []uint64 // Lists' reference, for each of Versions
	Refs     []uint64
	Lists    [][]string // for each of Refs
}

// RequirementsQuery asks what each version of projects requires, by normalised
// name. Files of one version may differ (source distributions often say
// nothing): theirs are taken together. Errors are *Error with Uncovered.
func RequirementsQuery(snap *catalog.Snapshot, names []string) (*Query, error) {
	w, err := metadataOf(snap, "version", "requires_dist")
	if err != nil {
		return nil, err
	}
	w.named(snap, names)
	versions := "SELECT " + catalog.NormalisedName + " AS project, toString(version) AS v, arraySort(groupUniqArrayArray(requires_dist)) AS list, sipHash64(list) AS ref" +
		w.from() + "\nGROUP BY project, v"
	return w.query(lists(versions)), nil
}

// DependentsQuery asks for every project of which some version's requirements
// begin with one of the names, with all its versions, and of the requirements
// those alone. It reads the requirements of all files. Errors are *Error with
// Uncovered.
func DependentsQuery(snap *catalog.Snapshot, names []string) (*Query, error) {
	w, err := metadataOf(snap, "version", "requires_dist")
	if err != nil {
		return nil, err
	}
	begins := "match(r, " + w.params.add(namePattern(names)) + ")"
	some := "SELECT " + catalog.NormalisedName + w.from() + "\nWHERE arrayExists(r -> " + begins + ", requires_dist)"
	versions := "SELECT " + catalog.NormalisedName + " AS project, toString(version) AS v, " +
		"arraySort(groupUniqArrayArray(arrayFilter(r -> " + begins + ", requires_dist))) AS list, sipHash64(list) AS ref" +
		w.from() + "\nWHERE " + catalog.NormalisedName + " IN (\n" + some + ")\nGROUP BY project, v"
	return w.query(lists(versions)), nil
}

// lists gathers versions' lists by project, equal lists once.
func lists(versions string) string {
	return "SELECT project, versions, refs, list_refs, lists FROM (\nSELECT project, groupArray(v) AS versions, groupArray(ref) AS refs, " +
		"groupUniqArray((ref, list)) AS pairs, arrayMap(p -> p.1, pairs) AS list_refs, arrayMap(p -> p.2, pairs) AS lists" +
		"\nFROM (\n" + versions + ")\nGROUP BY project)"
}

// namePattern matches requirements that are about one of the projects, and no
// more than a few others: who reads them parses them.
func namePattern(names []string) string {
	patterns := make([]string, len(names))
	for i, name := range names {
		patterns[i] = strings.ReplaceAll(regexpQuoted(name), "-", "[-_.]+")
	}
	return `(?i)^\s*(` + strings.Join(patterns, "|") + `)($|[^a-z0-9])`
}

// regexpQuoted is the name with every byte that is no letter, digit or hyphen
// escaped, for RE2.
func regexpQuoted(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			b.WriteString(`\x{` + strconv.FormatInt(int64(r), 16) + `}`)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// named restricts the table of metadata to projects by normalised name: through
// its sorting key, which is the name as it is written, where that is known.
func (w *writer) named(snap *catalog.Snapshot, names []string) {
	column := catalog.NormalisedName
	if snap.Spellings != nil {
		column, names = "name", spelt(snap, names)
	}
	w.where = append(w.where, column+" IN "+w.params.add(names))
}

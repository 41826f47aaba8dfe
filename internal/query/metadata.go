package query

import (
	"slices"
	"strings"

	"clickql/internal/catalog"
)

// metadataTable holds a row for each uploaded distribution file.
const metadataTable = "projects"

// MetadataColumns are the columns of a MetadataQuery's rows, one row for each
// project that has any: its normalised name, its versions with the time of the
// last upload of each (seconds since 1970), that of the first (microseconds) and
// a reference to the texts, and the distinct texts.
type MetadataColumns struct {
	Project  string
	Versions []string
	Uploaded []int64
	First    []int64
	TextOf   []uint64 // Texts' reference, for each of Versions
	TextRefs []uint64
	Texts    [][]string // for each of TextRefs: metadataTexts in order, then project_urls
}

// Indexes into an element of MetadataColumns.Texts. Project URLs follow.
const (
	TextSummary = iota
	TextAuthor
	TextLicense
	TextHomePage
	TextRequiresPython
	TextMaintainer
	TextAuthorEmail
	TextMaintainerEmail
	TextURLs
)

// metadataTexts are the plain columns whose texts a project shows.
var metadataTexts = []string{"summary", "author", "license", "home_page", "requires_python", "maintainer", "author_email", "maintainer_email"}

// MetadataQuery asks for the metadata of projects by normalised name. A
// version's texts are those of its last upload; equal texts are sent once.
func MetadataQuery(snap *catalog.Snapshot, names []string) *Query {
	ps := params{}
	texts := make([]string, 0, len(metadataTexts))
	for _, c := range metadataTexts {
		text := "''"
		if snap.MetadataColumns[c] != "" {
			text = "ifNull(toString(" + catalog.Ident(c) + "), '')"
		}
		texts = append(texts, text)
	}
	column := catalog.NormalisedName
	if snap.Spellings != nil { // the table is sorted by the name as it is written
		column, names = "name", spelt(snap, names)
	}
	file := "[" + strings.Join(texts, ", ") + "]"
	if strings.HasPrefix(snap.MetadataColumns["project_urls"], "Array(") {
		file = "arrayConcat(" + file + ", project_urls)"
	}
	sql := "SELECT k0, groupArray(v) AS versions, groupArray(u) AS uploaded, groupArray(f) AS first, groupArray(r) AS refs, " +
		"groupUniqArray((r, t)) AS pairs, arrayMap(p -> p.1, pairs) AS text_refs, arrayMap(p -> p.2, pairs) AS texts\nFROM (" +
		"SELECT " + catalog.NormalisedName + " AS k0, toString(version) AS v, toInt64(toUnixTimestamp(max(upload_time))) AS u, " +
		firstUpload + " AS f, " +
		"argMax(" + file + ", upload_time) AS t, sipHash64(t) AS r" +
		"\nFROM " + catalog.Ident(snap.Database) + "." + catalog.Ident(metadataTable) +
		"\nWHERE " + column + " IN " + ps.add(names) + "\nGROUP BY k0, v)\nGROUP BY k0\nORDER BY k0"
	sql = "SELECT k0, versions, uploaded, first, refs, text_refs, texts FROM (\n" + sql + ")"
	return &Query{Table: snap.Database + "." + metadataTable, SQL: sql, Params: ps}
}

// spelt lists every way in which the names are written, normalised ones first.
func spelt(snap *catalog.Snapshot, names []string) []string {
	out := slices.Clone(names)
	for _, name := range names {
		out = append(out, snap.Spellings[name]...)
	}
	return out
}

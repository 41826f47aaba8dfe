package query

import (
	"slices"
	"strconv"
	"strings"

	"clickql/internal/catalog"
)

// Role is what a person is to a project: the name of the columns of the
// metadata that tell, of which one holds names and one holds addresses.
type Role string

// The roles.
const (
	Author     Role = "author"
	Maintainer Role = "maintainer"
)

// PeopleQuery asks for the normalised names of the projects of which some file
// has the text anywhere among the people of a role, whatever its case. Who reads
// them compares the people of the latest version (NamesPerson). Errors are
// *Error with Uncovered.
func PeopleQuery(snap *catalog.Snapshot, role Role, text string, most int) (*Query, error) {
	names, addresses := string(role), string(role)+"_email"
	columns := slices.DeleteFunc([]string{names, addresses}, func(c string) bool { return snap.MetadataColumns[c] == "" })
	if len(columns) == 0 {
		columns = []string{names}
	}
	w, err := metadataOf(snap, columns...)
	if err != nil {
		return nil, err
	}
	sought := w.params.add(strings.ToLower(text))
	var some []string
	for _, c := range columns {
		some = append(some, "position(lowerUTF8(ifNull(toString("+catalog.Ident(c)+"), '')), "+sought+") > 0")
	}
	w.where = append(w.where, "("+strings.Join(some, " OR ")+")")
	return w.query("SELECT DISTINCT " + catalog.NormalisedName + " AS project" + w.from() + "\nORDER BY project\nLIMIT " + strconv.Itoa(most+1)), nil
}

// NamesPerson reports that one of the texts, each a list of people separated by
// commas, names the person: by name or address, whole, whatever the case. An
// entry may be both, as in "Jane Doe <jane@example.org>" (core metadata,
// Author-email).
func NamesPerson(person string, texts ...string) bool {
	person = strings.TrimSpace(person)
	if person == "" {
		return false
	}
	for _, text := range texts {
		if strings.EqualFold(strings.TrimSpace(text), person) {
			return true
		}
		for _, entry := range strings.Split(text, ",") {
			name, address, _ := strings.Cut(entry, "<")
			address, _, _ = strings.Cut(address, ">")
			for _, part := range []string{entry, strings.Trim(strings.TrimSpace(name), `"`), address} {
				if strings.EqualFold(strings.TrimSpace(part), person) {
					return true
				}
			}
		}
	}
	return false
}

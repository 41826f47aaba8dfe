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

package projects

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"clickql/internal/catalog"
	"clickql/internal/pypi"
	"clickql/internal/query"
)

// Role is what a person is to a project: the name of the columns of the
// metadata that tell, of which one holds names and one holds addresses.
type Role string

// The roles.
const (
	Author     Role = "author"
	Maintainer Role = "maintainer"
)

// People is the normalised names of the projects of which some file has the text
// anywhere among the people of a role, whatever its case, at most one more than
// most. Who reads them compares the people of the latest version
// (pypi.NamesPerson).
func (r Reader) People(ctx context.Context, role Role, person string, most int) (Names, error) {
	ask := func(snap *catalog.Snapshot) (*query.Query, error) { return askPeople(snap, role, person, most) }
	return listOf[Names](ctx, r, "p:", keyOf(role, person, most), ask, func(rows driver.Rows) (name string, err error) {
		err = rows.Scan(&name)
		return name, err
	})
}

// askPeople asks for People.
func askPeople(snap *catalog.Snapshot, role Role, text string, most int) (*query.Query, error) {
	names, addresses := string(role), string(role)+"_email"
	columns := slices.DeleteFunc([]string{names, addresses}, func(c string) bool { return snap.MetadataColumns[c] == "" })
	if len(columns) == 0 {
		columns = []string{names}
	}
	w, err := onMetadata(snap, columns...)
	if err != nil {
		return nil, err
	}
	sought := w.Param(strings.ToLower(text))
	var some []string
	for _, c := range columns {
		some = append(some, "position(lowerUTF8("+textOf(snap, c)+"), "+sought+") > 0")
	}
	w.Where("(" + strings.Join(some, " OR ") + ")")
	return w.Query("SELECT DISTINCT " + pypi.FoldedSQL("name") + " AS project" + w.From() + "\nORDER BY project\nLIMIT " + strconv.Itoa(most+1)), nil
}

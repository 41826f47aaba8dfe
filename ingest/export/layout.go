package export

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"clickql/internal/chconn"
)

// parquetLeaf is one leaf of a file's Parquet schema.
type parquetLeaf struct {
	Path     string // with dots between levels, and within flattened names
	Name     string // the last level's name: the whole path where it is flattened
	Repeated bool
	Physical string // physical type, such as BYTE_ARRAY
	Logical  string
}

// presence is how a file holds one leaf.
type presence byte

const (
	absent      presence = '-'
	inStruct    presence = 'n' // in structs
	flattened   presence = 'f' // under a dotted name
	inDetails   presence = 'd' // in structs, below details
	flatDetails presence = 'g' // under a dotted name that begins with details
)

// details is the struct in which BigQuery's public table has what it knows of the
// installer. Exports of columns of their own have its fields at the top, exports of
// whole rows below it.
const details = "details."

// at is the path under which a leaf is held.
func (p presence) at(l leaf) string {
	if p == inDetails || p == flatDetails {
		return details + l.Path
	}
	return l.Path
}

// named reports that the path is one column's name.
func (p presence) named(l leaf) bool {
	return p == flattened || p == flatDetails || p == inStruct && !l.nested()
}

// layout is how a file holds each of the feed's leaves, in their order. Files
// of one layout can be read by one statement.
type layout string

// allPresent is the layout of files that hold every leaf by its name.
func allPresent(f Feed) layout { return layout(strings.Repeat(string(inStruct), len(f.Leaves))) }

// layoutOf matches a file's schema with the feed's leaves. The error says in
// words what does not fit.
func layoutOf(f Feed, schema []parquetLeaf) (layout, error) {
	var missing, wrong []string
	marks := make([]byte, len(f.Leaves))
	for i, l := range f.Leaves {
		found, p := findLeaf(l, schema)
		marks[i] = byte(p)
		switch {
		case p == absent && !l.Optional:
			missing = append(missing, l.Path)
		case p != absent && (found.Repeated != (l.Type == listLeaf) || !l.kind().fits(found)):
			wrong = append(wrong, fmt.Sprintf("%s is %s", l.Path, describe(found)))
		}
	}
	switch {
	case len(missing) > 0:
		return "", fmt.Errorf("it is not an export of %s: its schema lacks %s", f.Kind, strings.Join(missing, ", "))
	case len(wrong) > 0:
		return "", fmt.Errorf("it is not an export of %s: %s", f.Kind, strings.Join(wrong, ", "))
	}
	return layout(marks), nil
}

// findLeaf looks a leaf up in a schema: at its path, or else below details. A list's
// only leaf has a path below the list's own.
func findLeaf(l leaf, schema []parquetLeaf) (parquetLeaf, presence) {
	below, where := parquetLeaf{}, absent
	for _, s := range schema {
		dotted := s.Name == s.Path
		switch {
		case l.Type == listLeaf && (s.Path == l.Path || strings.HasPrefix(s.Path, l.Path+".")):
			return s, inStruct
		case s.Path == l.Path && l.nested() && dotted:
			return s, flattened
		case s.Path == l.Path:
			return s, inStruct
		case s.Path == details+l.Path && dotted:
			below, where = s, flatDetails
		case s.Path == details+l.Path:
			below, where = s, inDetails
		}
	}
	return below, where
}

// describe names a leaf's type for messages.
func describe(s parquetLeaf) string {
	text := s.Physical
	if s.Logical != "" && s.Logical != "None" {
		text += " (" + s.Logical + ")"
	}
	if s.Repeated {
		return "a list of " + text
	}
	return "of type " + text
}

// structure is the table function's structure argument: the present leaves.
func structure(f Feed, lay layout) string {
	var columns []string
	var structs branches
	for i, l := range f.Leaves {
		switch p := presence(lay[i]); {
		case p == absent:
		case p.named(l):
			columns = append(columns, chconn.Ident(p.at(l))+" "+l.kind().read)
		default:
			structs.add(strings.Split(p.at(l), "."), l.kind().read)
		}
	}
	return strings.Join(append(columns, structs.write()...), ", ")
}

// branches is a tree of structs in the order of their first leaf.
type branches []*branch

// branch is a struct, or a leaf with its type.
type branch struct {
	name   string
	leaf   string
	fields branches
}

// add puts a leaf into the tree.
func (b *branches) add(path []string, leafType string) {
	i := slices.IndexFunc(*b, func(c *branch) bool { return c.name == path[0] })
	if i < 0 {
		*b = append(*b, &branch{name: path[0]})
		i = len(*b) - 1
	}
	if len(path) == 1 {
		(*b)[i].leaf = leafType
		return
	}
	(*b)[i].fields.add(path[1:], leafType)
}

// write gives each branch as "name type".
func (b branches) write() []string {
	out := make([]string, len(b))
	for i, c := range b {
		out[i] = chconn.Ident(c.name) + " " + cmp.Or(c.leaf, "Tuple("+strings.Join(c.fields.write(), ", ")+")")
	}
	return out
}

// resolve replaces the $path$ references of an expression.
func (r reading) resolve(expr string) string {
	for i, l := range r.feed.Leaves {
		expr = strings.ReplaceAll(expr, "$"+l.Path+"$", reference(l, presence(r.layout[i])))
	}
	return expr
}

// reference is the expression of one leaf.
func reference(l leaf, p presence) string {
	switch {
	case p == absent:
		return "CAST(" + l.kind().empty + " AS " + l.kind().read + ")"
	case p.named(l):
		return chconn.Ident(p.at(l))
	}
	parts := strings.Split(p.at(l), ".")
	for i := range parts {
		parts[i] = chconn.Ident(parts[i])
	}
	return strings.Join(parts, ".")
}

package picture

import (
	"strings"

	"github.com/agnivade/levenshtein"

	"clickql/internal/catalog"
)

// Notice is what a picture says where it has nothing to show, though nothing
// failed: there is no such project, or no data of these days.
type Notice struct {
	Text   string // a few words, in lower case
	Detail string // a sentence
}

// Error is the notice as a sentence.
func (n *Notice) Error() string { return n.Text + ": " + n.Detail }

// unknown is the notice that none of the projects is known.
func unknown(names []string, projects *catalog.Index) *Notice {
	n := &Notice{Text: "unknown project", Detail: "No project of this name has downloads in the data."}
	if len(names) > 1 {
		n.Text, n.Detail = "unknown projects", "No projects of these names have downloads in the data."
	}
	if near := Near(names[0], projects); len(near) > 0 {
		n.Detail += " Is " + strings.Join(near, ", or ") + " meant?"
	}
	return n
}

// Near are up to three projects whose name is nearly a name: those that begin
// with it, and those that one wrong letter in its second half makes of it.
func Near(name string, projects *catalog.Index) (near []string) {
	const most = 3
	seen := map[string]bool{name: true}
	add := func(prefix string, within int) {
		if len(prefix) < 2 {
			return
		}
		found, _ := projects.Prefix(prefix, nil, 200)
		for _, e := range found {
			if len(near) < most && !seen[e.Name] && (within < 0 || levenshtein.ComputeDistance(name, e.Name) <= within) {
				seen[e.Name] = true
				near = append(near, e.Name)
			}
		}
	}
	add(name[:len(name)/2], 2)
	add(name, -1)
	return near
}

package query

import (
	"slices"
	"strings"
)

// ranks is the SQL of places in a ranking: all projects of each slice are
// numbered, the members' own are shown. Ties are broken as a split breaks them.
func (w *Writer) ranks(p *part, items, names []string) string {
	projects := []string{}
	for _, m := range p.members {
		projects = append(projects, m.req.Of)
	}
	slices.Sort(projects)
	over := "ORDER BY " + colTotal + " DESC, " + colValue
	within := partitionBy(names)
	if within != "" {
		over = within + " " + over
	}
	items = append(items, p.req().Dim.Value()+" AS "+colValue, counted(w.Table)+" AS "+colTotal,
		"toInt64(row_number() OVER ("+over+")) AS "+colBefore, "toInt64(count() OVER ("+within+")) AS "+colWhole)
	return "SELECT * FROM (\nSELECT " + strings.Join(items, ", ") + w.From() + groupBy(append(names, colValue)) +
		"\nHAVING " + colTotal + " > 0)\nWHERE " + colValue + " IN " + w.Param(slices.Compact(projects))
}

package graph

import "strconv"

// The fields that each type can write of what it has at hand. A field that is
// not listed is asked for and written by the generated code, with everything
// around it.
var (
	pointOutline = outline[Point]{[]string{"Point"}, map[string]fieldWriter[Point]{
		"date":  leafOf(func(b []byte, p Point) []byte { return appendDate(b, p.Date) }),
		"total": leafOf(func(b []byte, p Point) []byte { return appendInt(b, p.Total) }),
	}}

	seriesOutline = outline[*Series]{[]string{"Series"}, map[string]fieldWriter[*Series]{
		"interval": leafOf(func(b []byte, s *Series) []byte { return appendString(b, string(s.Interval)) }),
		"dates":    leafOf(func(b []byte, s *Series) []byte { return appendList(b, s.Dates, appendDate) }),
		"totals":   leafOf(func(b []byte, s *Series) []byte { return appendList(b, s.Totals, appendInt) }),
		"missing":  leafOf(func(b []byte, s *Series) []byte { return appendList(b, s.Missing, appendDate) }),
		"indexed":  leafOf(func(b []byte, s *Series) []byte { return appendFloats(b, s.Indexed()) }),
		"asOf":     leafOf(func(b []byte, s *Series) []byte { return appendOptionalDateTime(b, s.AsOf()) }),
		"points":   listOf(pointOutline, (*Series).Points),
	}}

	groupOutline = outline[*ReleaseGroup]{[]string{"ReleaseGroup"}, map[string]fieldWriter[*ReleaseGroup]{
		"level":    leafOf(func(b []byte, g *ReleaseGroup) []byte { return appendString(b, string(g.Level)) }),
		"release":  leafOf(func(b []byte, g *ReleaseGroup) []byte { return appendOptional(b, g.Release()) }),
		"label":    leafOf(func(b []byte, g *ReleaseGroup) []byte { return appendString(b, g.Label()) }),
		"total":    leafOf(func(b []byte, g *ReleaseGroup) []byte { return appendInt(b, g.Total()) }),
		"share":    leafOf(func(b []byte, g *ReleaseGroup) []byte { return appendFloat(b, g.Share) }),
		"versions": leafOf(func(b []byte, g *ReleaseGroup) []byte { return appendList(b, g.Versions(), appendString) }),
	}}

	sliceOutline = outline[*Slice]{[]string{"Slice"}, map[string]fieldWriter[*Slice]{
		"dimension": leafOf(func(b []byte, s *Slice) []byte { return appendString(b, string(s.of.dim)) }),
		"value":     leafOf(func(b []byte, s *Slice) []byte { return appendOptional(b, s.Value()) }),
		"label":     leafOf(func(b []byte, s *Slice) []byte { return appendString(b, s.Label()) }),
		"total":     leafOf(func(b []byte, s *Slice) []byte { return appendInt(b, s.total) }),
		"share":     leafOf(func(b []byte, s *Slice) []byte { return appendFloat(b, s.Share()) }),
	}}

	projectOutline = outline[*Project]{[]string{"Project", "Node"}, map[string]fieldWriter[*Project]{
		"id":   leafOf(func(b []byte, p *Project) []byte { return appendString(b, p.ID()) }),
		"name": leafOf(func(b []byte, p *Project) []byte { return appendString(b, p.Name) }),
	}}

	rankingOutline = outline[*ProjectRanking]{[]string{"ProjectRanking"}, map[string]fieldWriter[*ProjectRanking]{
		"project": objectOf(projectOutline, func(r *ProjectRanking) *Project { return r.Project }),
		"total":   leafOf(func(b []byte, r *ProjectRanking) []byte { return appendInt(b, r.Total) }),
	}}

	releaseOutline = outline[*Release]{[]string{"Release"}, map[string]fieldWriter[*Release]{
		"project":        objectOf(projectOutline, (*Release).Project),
		"version":        leafOf(func(b []byte, r *Release) []byte { return appendString(b, r.Version) }),
		"uploadedAt":     leafOf(func(b []byte, r *Release) []byte { return appendDateTime(b, r.Uploaded) }),
		"requiresPython": leafOf(func(b []byte, r *Release) []byte { return appendOptional(b, r.RequiresPython()) }),
	}}

	pageOutline = outline[*PageInfo]{[]string{"PageInfo"}, map[string]fieldWriter[*PageInfo]{
		"hasNextPage":     leafOf(func(b []byte, p *PageInfo) []byte { return strconv.AppendBool(b, p.HasNextPage) }),
		"hasPreviousPage": leafOf(func(b []byte, p *PageInfo) []byte { return strconv.AppendBool(b, p.HasPreviousPage) }),
		"startCursor":     leafOf(func(b []byte, p *PageInfo) []byte { return appendOptional(b, p.StartCursor) }),
		"endCursor":       leafOf(func(b []byte, p *PageInfo) []byte { return appendOptional(b, p.EndCursor) }),
	}}

	projectsOutline = connectionOutline("Project", projectOutline)
	rankingsOutline = connectionOutline("ProjectRanking", rankingOutline)
	releasesOutline = connectionOutline("Release", releaseOutline)
)

// connectionOutline is the outline of the type's connection.
func connectionOutline[T any](name string, of outline[T]) outline[*connection[T]] {
	edges := outline[*edge[T]]{[]string{name + "Edge"}, map[string]fieldWriter[*edge[T]]{
		"cursor": leafOf(func(b []byte, e *edge[T]) []byte { return appendString(b, e.Cursor) }),
		"node":   objectOf(of, func(e *edge[T]) T { return e.Node }),
	}}
	return outline[*connection[T]]{[]string{name + "Connection"}, map[string]fieldWriter[*connection[T]]{
		"edges":    listOf(edges, func(c *connection[T]) []*edge[T] { return c.Edges }),
		"nodes":    listOf(of, (*connection[T]).Nodes),
		"pageInfo": objectOf(pageOutline, func(c *connection[T]) *PageInfo { return c.PageInfo }),
	}}
}

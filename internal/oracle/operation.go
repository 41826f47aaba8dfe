package oracle

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"clickql/internal/cube"

	"pgregory.net/rapid"
)

// Operation is a GraphQL document and the data that it must give.
type Operation struct {
	Document string
	Want     map[string]any
	// Unknown reports that it asks about a dimension of which nothing is known:
	// that may be refused, and answered only where there is nothing to count.
	Unknown bool
}

// root is one field of the query.
type root interface {
	write(d *document, alias string)
	want(d *Data) any
}

// Draw makes up an operation of up to three root fields.
func (d *Data) Draw(t *rapid.T) Operation {
	roots := rapid.SliceOfN(rapid.Custom(d.drawRoot), 1, 3).Draw(t, "operation")
	var doc document
	op := Operation{Want: map[string]any{}}
	doc.block("query", func() {
		for i, r := range roots {
			alias := fmt.Sprintf("r%d", i)
			r.write(&doc, alias)
			op.Want[alias] = r.want(d)
		}
	})
	op.Document = doc.b.String()
	op.Unknown = d.unknown(op.Document)
	return op
}

// unknown reports that a document asks about a dimension that the raw table lacks.
func (d *Data) unknown(document string) bool {
	return slices.ContainsFunc(d.Missing, func(dim cube.Dimension) bool {
		return strings.Contains(document, "dimension: "+string(dim)) || strings.Contains(document, dim.FilterField()+": {") ||
			supportOf[dim] != "" && strings.Contains(document, "support: "+supportOf[dim])
	})
}

// drawRoot draws one field of the query.
func (d *Data) drawRoot(t *rapid.T) root {
	switch rapid.SampledFrom([]string{"downloads", "project", "projects", "topProjects", "dataset"}).Draw(t, "root") {
	case "project":
		return projects{one: true, names: []string{d.projectName(t)}, asks: d.drawAsks(t)}
	case "projects":
		return projects{names: rapid.SliceOfN(rapid.Custom(d.projectName), 0, 5).Draw(t, "projects"), asks: d.drawAsks(t)}
	case "topProjects":
		return ranking{q: d.DrawQuestion(t), first: rapid.SampledFrom(firsts).Draw(t, "first"), ask: d.drawAsk(t)}
	case "dataset":
		return dataset{}
	}
	a := together{ask: ask{q: d.DrawQuestion(t), fields: d.DrawFields(t, 2)}}
	if rapid.Bool().Draw(t, "some projects") {
		a.names = rapid.SliceOfN(rapid.Custom(d.projectName), 0, 5).Draw(t, "projects")
	}
	return a
}

// projectName draws a name, now and then one that nobody downloads.
func (d *Data) projectName(t *rapid.T) string {
	if seldom(t, 12, "unknown project") {
		return "unknown"
	}
	return rapid.SampledFrom(d.Projects).Draw(t, "project")
}

// ask is what is asked about one slice of downloads.
type ask struct {
	q      Question
	fields Fields
	rank   bool // ask for the place in the slice instead
}

// drawAsks draws what is asked about a project.
func (d *Data) drawAsks(t *rapid.T) []ask {
	return rapid.SliceOfN(rapid.Custom(d.drawAsk), 1, 2).Draw(t, "asked")
}

// drawAsk draws one question about a project.
func (d *Data) drawAsk(t *rapid.T) ask {
	a := ask{q: d.DrawQuestion(t), rank: seldom(t, 5, "rank")}
	if !a.rank {
		a.fields = d.DrawFields(t, 2)
		if seldom(t, 5, "majors") { // each project has its own
			a.fields = append(a.fields, field{name: "dropping", dropping: DrawDropping(t, true)})
		}
	}
	return a
}

// write writes the field of a project under the alias.
func (a ask) write(doc *document, alias string) {
	if a.rank {
		doc.line("%s: rank%s { position projectCount percentile }", alias, arguments(a.q.Args...))
		return
	}
	doc.block(alias+": downloads"+arguments(a.q.Args...), func() { doc.fields(a.fields) })
}

// want is what it must give for the project.
func (a ask) want(d *Data, name string) any {
	if !a.rank {
		return d.Answers(a.q.Of(d, []string{name}), a.fields)
	}
	list, _ := a.q.Of(d, nil).Split(cube.Project, math.MaxInt, false)
	at := slices.IndexFunc(list, func(v Value) bool { return v.Value == name })
	if at < 0 {
		return nil
	}
	return map[string]any{"position": at + 1, "projectCount": len(list), "percentile": float64(at+1) / float64(len(list)) * 100}
}

// projects is the field projects, or project.
type projects struct {
	one   bool
	names []string
	asks  []ask
}

func (r projects) write(doc *document, alias string) {
	head := fmt.Sprintf("%s: projects(names: %s)", alias, quoted(r.names))
	if r.one {
		head = fmt.Sprintf("%s: project(name: %s)", alias, quoted(r.names[0]))
	}
	doc.block(head, func() {
		doc.line("name")
		for i, a := range r.asks {
			a.write(doc, fmt.Sprintf("a%d", i))
		}
	})
}

func (r projects) want(d *Data) any {
	out := []any{}
	for _, name := range r.names {
		if !slices.Contains(d.Projects, name) {
			out = append(out, nil)
			continue
		}
		one := map[string]any{"name": name}
		for i, a := range r.asks {
			one[fmt.Sprintf("a%d", i)] = a.want(d, name)
		}
		out = append(out, one)
	}
	if r.one {
		return out[0]
	}
	return out
}

// together is the field downloads of the query.
type together struct {
	ask
	names []string // nil for all
}

func (r together) write(doc *document, alias string) {
	args := r.q.Args
	if r.names != nil {
		args = append([]string{"projects: " + quoted(r.names)}, args...)
	}
	doc.block(alias+": downloads"+arguments(args...), func() { doc.fields(r.fields) })
}

func (r together) want(d *Data) any { return d.Answers(r.q.Of(d, r.names), r.fields) }

// ranking is the field topProjects.
type ranking struct {
	q     Question
	first int
	ask   ask // of each project
}

func (r ranking) write(doc *document, alias string) {
	args := append([]string{fmt.Sprintf("first: %d", r.first)}, r.q.Args...)
	doc.block(alias+": topProjects"+arguments(args...), func() {
		doc.block("nodes", func() {
			doc.line("total")
			doc.block("project", func() {
				doc.line("name")
				r.ask.write(doc, "a0")
			})
		})
		doc.line("pageInfo { hasNextPage hasPreviousPage }")
	})
}

func (r ranking) want(d *Data) any {
	list, _ := r.q.Of(d, nil).Split(cube.Project, math.MaxInt, false)
	nodes := []any{}
	for _, v := range list[:min(r.first, len(list))] {
		name := v.Value.(string)
		nodes = append(nodes, map[string]any{"total": v.Total, "project": map[string]any{"name": name, "a0": r.ask.want(d, name)}})
	}
	return map[string]any{"nodes": nodes, "pageInfo": map[string]any{"hasNextPage": r.first < len(list), "hasPreviousPage": false}}
}

// dataset is the field of the query about the data as a whole.
type dataset struct{}

func (dataset) write(doc *document, alias string) {
	doc.line("%s: dataset { totalDownloads projectCount firstDay lastDay settledDay missing }", alias)
}

func (dataset) want(d *Data) any {
	return map[string]any{"totalDownloads": len(d.Rows), "projectCount": len(d.Projects), "firstDay": date(d.First), "lastDay": date(d.Last),
		"settledDay": date(d.SettledDay()), "missing": d.All().Missing(d)}
}

// Walk is a ranking that is read page by page.
type Walk struct {
	ranking
	data *Data
}

// DrawWalk makes up a walk.
func (d *Data) DrawWalk(t *rapid.T) Walk {
	return Walk{ranking{q: d.DrawQuestion(t), first: rapid.IntRange(1, 4).Draw(t, "first")}, d}
}

// Page is the document for the page behind the cursor, the first where that is
// empty.
func (w Walk) Page(after string) string {
	args := append([]string{fmt.Sprintf("first: %d", w.first)}, w.q.Args...)
	if after != "" {
		args = append(args, "after: "+quoted(after))
	}
	return "query { topProjects" + arguments(args...) + " { nodes { total project { name } } pageInfo { hasNextPage endCursor } } }"
}

// Want are the walk's projects in order, each with its downloads.
func (w Walk) Want() (list []string) {
	values, _ := w.q.Of(w.data, nil).Split(cube.Project, math.MaxInt, false)
	for _, v := range values {
		list = append(list, fmt.Sprintf("%s %d", v.Value, v.Total))
	}
	return list
}

// Pages is how many pages the walk has: one at the least.
func (w Walk) Pages() int { return max(1, (len(w.Want())+w.first-1)/w.first) }

// Unknown reports that it asks about a dimension of which nothing is known.
func (w Walk) Unknown() bool { return w.data.unknown(w.String()) }

// String writes the walk's first page.
func (w Walk) String() string { return strings.TrimSpace(w.Page("")) }

package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"clickql/internal/catalog"
)

// evaluator answers whole operations by counting rows and files one by one: an
// object is a map from the names of fields to values, or to functions of the
// arguments.
type evaluator struct {
	d *testData
	// about is what the metadata says of projects, by hand.
	about map[string]map[string]any
	// requires is what the latest versions of projects require, by hand.
	requires map[string][]string
}

type object = map[string]any

type given = map[string]any

// pick gives of a value what a selection asks for.
func pick(v any, sel ast.SelectionSet, variables map[string]any) any {
	switch v := v.(type) {
	case object:
		out := object{}
		for _, s := range sel {
			f := s.(*ast.Field)
			field, known := v[f.Name]
			if !known {
				panic("no oracle for " + f.ObjectDefinition.Name + "." + f.Name)
			}
			if compute, ok := field.(func(given) any); ok {
				field = compute(f.ArgumentMap(variables))
			}
			out[f.Alias] = pick(field, f.SelectionSet, variables)
		}
		return out
	case []any:
		out := []any{}
		for _, one := range v {
			out = append(out, pick(one, sel, variables))
		}
		return out
	}
	return v
}

// number is an argument that is a number.
func number(v any) (n int) {
	_, _ = fmt.Sscan(fmt.Sprint(v), &n)
	return n
}

// texts is an argument that is a list of strings.
func texts(v any) (list []string) {
	for _, one := range v.([]any) {
		list = append(list, one.(string))
	}
	return list
}

// normal is a name as PyPI compares them.
func normal(name string) string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(strings.ToLower(name))
}

// query is the root.
func (e evaluator) query() object {
	return object{
		"dataset":   e.dataset(),
		"downloads": func(a given) any { return e.downloads(e.slice(e.together(a["projects"]), a)) },
		"project":   func(a given) any { return e.project(normal(a["name"].(string))) },
		"projects": func(a given) any {
			out := []any{}
			for _, name := range texts(a["names"]) {
				out = append(out, e.project(normal(name)))
			}
			return out
		},
		"topProjects": func(a given) any { return e.ranking(e.slice(oracleOf(e.d), a), number(a["first"])) },
		"search": func(a given) any {
			found := oracleOf(e.d).narrowed(catalog.Project, func(name string) bool { return strings.HasPrefix(name, a["text"].(string)) })
			connection := e.ranking(found, number(a["first"]))
			for i, node := range connection["nodes"].([]any) {
				connection["nodes"].([]any)[i] = node.(object)["project"]
			}
			return connection
		},
		"emergingProjects": func(a given) any { return e.ranked(e.d.emerging(number(a["months"])), number(a["first"])) },
		"staleProjects":    func(a given) any { return e.ranked(e.d.stale(number(a["months"])), number(a["first"])) },
		"hotProjects": func(a given) any {
			out := e.d.hot(number(a["months"]), number(a["first"]), number(a["minDownloads"]))
			for _, r := range out {
				r.(object)["project"] = e.project(r.(object)["project"].(object)["name"].(string))
			}
			return out
		},
		"recentReleases": func(a given) any { return e.releases(nil, number(a["first"])) },
		"compare":        func(a given) any { return e.compare(a) },
		"portfolio":      func(a given) any { return e.portfolio(a) },
	}
}

func (e evaluator) asOf() any { return e.d.catalog.Snapshot().UpdatedAt.Format(time.RFC3339Nano) }

func (e evaluator) dataset() object {
	projects, _ := oracleOf(e.d).split(catalog.Project, 1000, false)
	return object{"totalDownloads": len(e.d.rows), "projectCount": len(projects), "missing": []any{}, "updatedAt": e.asOf(),
		"firstDay": e.d.first.Format(time.DateOnly), "lastDay": e.d.last.Format(time.DateOnly)}
}

// together is all rows of some projects.
func (e evaluator) together(names any) oracleSlice {
	if names == nil {
		return oracleOf(e.d)
	}
	return oracleOf(e.d).of(texts(names)...)
}

// slice applies the arguments range and filter.
func (e evaluator) slice(s oracleSlice, a given) oracleSlice {
	if days, ok := a["range"].(map[string]any); ok {
		s.allTime, s.from, s.to = false, e.d.first, e.d.last
		if days["last"] != nil {
			n, behind := number(days["last"]), e.d.last.AddDate(0, 0, 1)
			switch days["unit"] {
			case "WEEK":
				s.from = behind.AddDate(0, 0, -7*n)
			case "MONTH":
				s.from = behind.AddDate(0, -n, 0)
			case nil, "DAY":
				s.from = behind.AddDate(0, 0, -n)
			}
		}
	}
	filter, _ := a["filter"].(map[string]any)
	for dim, name := range filterFields {
		condition, _ := filter[name].(map[string]any)
		for op, value := range condition {
			var list []string
			switch op {
			case "eq":
				list = []string{value.(string)}
			case "in":
				list = texts(value)
			case "specifier":
				list = map[string][]string{"==1.*": {"1.0", "1.1", "1.10"}, ">=1.1,<2": {"1.1", "1.10"}}[value.(string)]
			}
			s = s.narrowed(dim, func(got string) bool { return slices.Contains(list, got) })
		}
	}
	if filter["mirrors"] == false {
		s = s.narrowed(catalog.Installer, func(got string) bool {
			return !slices.Contains([]string{"bandersnatch", "z3c.pypimirror", "Artifactory", "devpi"}, got)
		})
	}
	return s
}

func (e evaluator) downloads(s oracleSlice) object {
	total := len(s.counted())
	return object{
		"total": total, "asOf": e.asOf(),
		"change": func(given) any { return answer(e.d, s, []asked{{field: "change"}})["f0"] },
		"previous": func(given) any {
			before, ok := s.previous()
			if !ok {
				return nil
			}
			return e.downloads(before)
		},
		"series": func(a given) any { return e.series(s, a["interval"].(string)) },
		"by": func(a given) any {
			out := []any{}
			dim := catalog.Dimension(a["dimension"].(string))
			list, whole := s.split(dim, number(a["first"]), a["others"] == true)
			for _, v := range list {
				out = append(out, object{"dimension": string(dim), "value": v.value, "label": v.label, "total": v.total,
					"share": float64(v.total) / float64(whole), "downloads": func(given) any { return e.downloads(v.slice) }})
			}
			return out
		},
		"byRelease": func(a given) any {
			groups := answerReleases(e.d, s, asked{level: a["level"].(string), first: number(a["first"]), others: a["others"] == true})
			for _, g := range groups {
				in := s.narrowed(catalog.Version, func(v string) bool { return slices.Contains(g.(object)["versions"].([]any), any(v)) })
				g.(object)["series"] = func(a given) any { return e.series(in, a["interval"].(string)) }
			}
			return groups
		},
	}
}

func (e evaluator) series(s oracleSlice, interval string) object {
	o := s.series(e.d, interval)
	o["asOf"], o["missing"] = e.asOf(), []any{}
	derived := func(a asked) object { return a.addDerived(e.d, s, object{}) }
	o["indexed"] = func(given) any { return derived(asked{derived: true, interval: interval})["indexed"] }
	o["shares"] = func(given) any { return derived(asked{derived: true, interval: interval})["shares"] }
	o["movingAverage"] = func(a given) any { return derived(asked{days: number(a["days"])})["movingAverage"] }
	o["weekdayChange"] = func(a given) any { return derived(asked{weeks: number(a["weeks"])})["weekdayChange"] }
	return o
}

// ranking is a connection of the projects with downloads in the slice.
func (e evaluator) ranking(s oracleSlice, first int) object {
	list, _ := s.split(catalog.Project, 1000, false)
	nodes := []any{}
	for _, v := range list[:min(first, len(list))] {
		nodes = append(nodes, object{"total": v.total, "project": e.project(v.value.(string))})
	}
	end := list[len(nodes)-1]
	return object{"nodes": nodes, "pageInfo": object{"hasNextPage": first < len(list), "endCursor": cursorOf(int64(end.total), end.value.(string))}}
}

// ranked is projects by their downloads of all time.
func (e evaluator) ranked(names []string, first int) []any {
	out := e.d.ranked(names, first)
	for _, r := range out {
		r.(object)["project"] = e.project(r.(object)["project"].(object)["name"].(string))
	}
	return out
}

// project is a project; nil where it has no download.
func (e evaluator) project(name string) any {
	s := oracleOf(e.d).of(name)
	if len(s.rows) == 0 {
		return nil
	}
	first := slices.MinFunc(s.rows, func(a, b row) int { return a.day.Compare(b.day) }).day
	last := slices.MaxFunc(s.rows, func(a, b row) int { return a.day.Compare(b.day) }).day
	o := object{
		"name": name, "firstDownload": first.Format(time.DateOnly), "lastDownload": last.Format(time.DateOnly), "lastRelease": nil,
		"downloads":    func(a given) any { return e.downloads(e.slice(s, a)) },
		"releases":     func(a given) any { return e.releases([]string{name}, number(a["first"])) },
		"dependencies": func(a given) any { return e.ranked(slices.Clone(e.requires[name]), number(a["first"])) },
		"dependents": func(a given) any {
			var names []string
			for other, list := range e.requires {
				if slices.Contains(list, name) {
					names = append(names, other)
				}
			}
			return e.ranked(names, number(a["first"]))
		},
		"rank": func(a given) any {
			list, _ := e.slice(oracleOf(e.d), a).split(catalog.Project, 1000, false)
			at := slices.IndexFunc(list, func(v oracleValue) bool { return v.value == name }) + 1
			return object{"position": at, "projectCount": len(list), "percentile": 100 * float64(at) / float64(len(list))}
		},
	}
	for _, field := range []string{"summary", "latestVersion", "requiresPython", "license", "author", "maintainer", "homePage", "repository"} {
		o[field] = e.about[name][field]
	}
	for _, f := range e.d.files {
		if at := f.at.UTC().Format(time.RFC3339Nano); f.name == name && (o["lastRelease"] == nil || at > o["lastRelease"].(string)) {
			o["lastRelease"] = at
		}
	}
	return o
}

// releases is a connection of the releases of projects, of all where nil.
func (e evaluator) releases(names []string, first int) object {
	nodes := []any{}
	for _, r := range oracleReleases(e.d.files) {
		if names != nil && !slices.Contains(names, r.project) {
			continue
		}
		s := oracleOf(e.d).of(r.project).narrowed(catalog.Version, func(v string) bool { return v == r.version })
		nodes = append(nodes, object{"version": r.version, "uploadedAt": r.first.UTC().Format(time.RFC3339Nano), "project": object{"name": r.project},
			"downloads": func(a given) any { return e.downloads(e.slice(s, a)) }})
	}
	return object{"nodes": nodes[:min(first, len(nodes))], "pageInfo": object{"hasNextPage": first < len(nodes)}}
}

func (e evaluator) compare(a given) any {
	interval := a["interval"].(string)
	lines := []any{}
	for _, name := range texts(a["projects"]) {
		s := e.slice(oracleOf(e.d).of(name), a)
		if p := e.project(name); p == nil {
			lines = append(lines, nil)
		} else {
			lines = append(lines, object{"project": p, "total": len(s.counted()), "series": e.series(s, interval)})
		}
	}
	return object{"interval": interval, "asOf": e.asOf(), "lines": lines, "dates": e.slice(oracleOf(e.d), a).series(e.d, interval)["dates"]}
}

// portfolio is that of the cookbook's people and requirements, by hand.
func (e evaluator) portfolio(a given) any {
	names, unresolved := []string{"numpy", "flask"}, []any{}
	switch {
	case a["maintainer"] != nil:
		names = []string{"numpy"}
	case a["requirements"] != nil:
		names = []string{"numpy", "pandas"}
		unresolved = []any{object{"line": 4, "text": "-r other.txt", "reason": "REFERENCE"}, object{"line": 5, "text": "no-such-project", "reason": "UNKNOWN"}}
	}
	s := oracleOf(e.d).of(names...)
	list, _ := s.split(catalog.Project, 1000, false)
	slices.SortFunc(list, func(x, y oracleValue) int { return cmp.Or(y.total-x.total, strings.Compare(x.label, y.label)) })
	projects := []any{}
	for _, v := range list {
		projects = append(projects, e.project(v.value.(string)))
	}
	return object{"projects": projects, "projectCount": len(projects), "unresolved": unresolved,
		"downloads": func(a given) any { return e.downloads(e.slice(s, a)) }}
}

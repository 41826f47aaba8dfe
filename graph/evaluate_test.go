package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"clickql/internal/cube"
	"clickql/internal/oracle"
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
	// events are those on GitHub.
	events oracle.Events
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
		"topProjects": func(a given) any { return e.ranking(e.slice(e.d.All(), a), number(a["first"])) },
		"search": func(a given) any {
			nodes := []any{}
			for how := range 4 { // found by the definition of each way, the better one first
				names := slices.DeleteFunc(slices.Clone(e.d.Projects), func(name string) bool { return answers(a["text"].(string), name) != how })
				if len(names) == 0 {
					continue
				}
				for _, node := range e.ranking(e.d.All().With(cube.Project, names...), 1000)["nodes"].([]any) {
					nodes = append(nodes, node.(object)["project"])
				}
			}
			return object{"nodes": nodes[:min(len(nodes), number(a["first"]))]}
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
	projects, _ := e.d.All().Split(cube.Project, 1000, false)
	return object{"totalDownloads": len(e.d.Rows), "projectCount": len(projects), "missing": e.d.All().Missing(e.d.Data), "updatedAt": e.asOf(),
		"settledDay": e.d.SettledDay().Format(time.DateOnly), "settledBy": "TOTALS",
		"firstDay": e.d.First.Format(time.DateOnly), "lastDay": e.d.Last.Format(time.DateOnly)}
}

// together is all rows of some projects.
func (e evaluator) together(names any) oracle.Slice {
	if names == nil {
		return e.d.All()
	}
	return e.d.All().Of(texts(names)...)
}

// slice applies the arguments range and filter.
func (e evaluator) slice(s oracle.Slice, a given) oracle.Slice {
	if days, ok := a["range"].(map[string]any); ok {
		s.AllTime, s.From, s.To = false, e.d.First, e.d.Last
		for end, at := range map[string]*time.Time{"from": &s.From, "to": &s.To} {
			if day, err := time.Parse(time.DateOnly, fmt.Sprint(days[end])); err == nil {
				*at = day
			}
		}
		if days["last"] != nil {
			n, behind := number(days["last"]), e.d.SettledDay().AddDate(0, 0, 1)
			s.To = e.d.SettledDay()
			switch days["unit"] {
			case "WEEK":
				s.From = behind.AddDate(0, 0, -7*n)
			case "MONTH":
				s.From = behind.AddDate(0, -n, 0)
			case nil, "DAY":
				s.From = behind.AddDate(0, 0, -n)
			}
		}
	}
	filter, _ := a["filter"].(map[string]any)
	for _, dim := range cube.OfProject {
		condition, _ := filter[dim.FilterField()].(map[string]any)
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
			s = s.With(dim, list...)
		}
	}
	if filter["mirrors"] == false {
		s = s.Without(cube.Installer, "bandersnatch", "z3c.pypimirror", "Artifactory", "devpi")
	}
	if filter["human"] == true {
		s = s.Without(cube.Installer, "bandersnatch", "z3c.pypimirror", "Artifactory", "devpi").Without(cube.CI, "true")
	}
	return s
}

func (e evaluator) downloads(s oracle.Slice) object {
	total := s.Total()
	return object{
		"total": total, "asOf": e.asOf(),
		"change":   func(a given) any { return s.Change(e.d.Data, a["likeForLike"] == true) },
		"missing":  s.Missing(e.d.Data),
		"dropping": func(a given) any { return e.dropping(s, a) },
		"previous": func(given) any {
			before, ok := s.Previous()
			if !ok {
				return nil
			}
			return e.downloads(before)
		},
		"series": func(a given) any { return e.series(s, a["interval"].(string)) },
		"by": func(a given) any {
			out := []any{}
			dim := cube.Dimension(a["dimension"].(string))
			list, whole := s.Split(dim, number(a["first"]), a["others"] == true)
			for _, v := range list {
				out = append(out, object{"dimension": string(dim), "value": v.Value, "label": v.Label, "total": v.Total,
					"share": float64(v.Total) / float64(whole), "downloads": func(given) any { return e.downloads(v.Slice()) }})
			}
			return out
		},
		"byRelease": func(a given) any {
			groups := e.d.Releases(s, a["level"].(string), number(a["first"]), a["others"] == true)
			for _, g := range groups {
				in := s.With(cube.Version, texts(g.(object)["versions"])...)
				g.(object)["series"] = func(a given) any { return e.series(in, a["interval"].(string)) }
			}
			return groups
		},
	}
}

// dropping is what the field gives, the releases' days being those of the files.
func (e evaluator) dropping(s oracle.Slice, a given) any {
	args := oracle.Dropping{Support: a["support"].(string), Interval: a["interval"].(string)}
	if on, ok := a["on"].(string); ok {
		args.On = on
	}
	if floor := a["glibc"].(string); floor != "2.28" {
		args.Glibc = floor
	}
	o := e.d.Dropping(s, args)
	o["movedBy"] = func(a given) any {
		came := map[string]time.Time{}
		for _, r := range oracleReleases(e.d.files) {
			if s.Of(r.project).Total() > 0 && !strings.ContainsAny(r.version, "rd ") {
				came[r.version] = r.first.UTC()
			}
		}
		list := e.d.MovedBy(s, args, came)
		return list[:min(number(a["first"]), len(list))]
	}
	return o
}

func (e evaluator) series(s oracle.Slice, interval string) object {
	o := s.LoadedSeries(e.d.Data, interval)
	o["asOf"] = e.asOf()
	derived := func(a oracle.Derived) object { return a.Add(e.d.Data, s, interval, object{}) }
	o["indexed"] = func(given) any { return derived(oracle.Derived{Indexed: true})["indexed"] }
	o["shares"] = func(given) any { return derived(oracle.Derived{Indexed: true})["shares"] }
	o["spikes"] = func(given) any { return derived(oracle.Derived{Spikes: true})["spikes"] }
	o["movingAverage"] = func(a given) any { return derived(oracle.Derived{Days: number(a["days"])})["movingAverage"] }
	o["weekdayChange"] = func(a given) any { return derived(oracle.Derived{Weeks: number(a["weeks"])})["weekdayChange"] }
	return o
}

// ranking is a connection of the projects with downloads in the slice.
func (e evaluator) ranking(s oracle.Slice, first int) object {
	list, _ := s.Split(cube.Project, 1000, false)
	nodes := []any{}
	for _, v := range list[:min(first, len(list))] {
		nodes = append(nodes, object{"total": v.Total, "project": e.project(v.Value.(string))})
	}
	end := list[len(nodes)-1]
	return object{"nodes": nodes, "pageInfo": object{"hasNextPage": first < len(list), "endCursor": cursorOf(int64(end.Total), end.Value.(string))}}
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
	s := e.d.All().Of(name)
	if len(s.Rows) == 0 {
		return nil
	}
	first := slices.MinFunc(s.Rows, func(a, b *oracle.Row) int { return a.Day.Compare(b.Day) }).Day
	last := slices.MaxFunc(s.Rows, func(a, b *oracle.Row) int { return a.Day.Compare(b.Day) }).Day
	o := object{
		"name": name, "firstDownload": first.Format(time.DateOnly), "lastDownload": last.Format(time.DateOnly), "lastRelease": nil,
		"downloads":     func(a given) any { return e.downloads(e.slice(s, a)) },
		"releases":      func(a given) any { return e.releases([]string{name}, number(a["first"])) },
		"github":        func(a given) any { return e.github(name, a) },
		"floor":         func(given) any { return nil }, // of fewer than eight old versions nothing is told
		"releaseImpact": func(a given) any { return e.impact(name, e.slice(s, a), a) },
		"dependencies":  func(a given) any { return e.ranked(slices.Clone(e.requires[name]), number(a["first"])) },
		"dependents": func(a given) any {
			var names []string
			for other, list := range e.requires {
				if slices.Contains(list, name) {
					names = append(names, other)
				}
			}
			return e.ranked(names, number(a["first"]))
		},
		"related": func(a given) any {
			list := e.d.beside(e.requires, name)
			for _, r := range list {
				r.(object)["project"] = e.project(r.(object)["project"].(object)["name"].(string))
			}
			return list[:min(number(a["first"]), len(list))]
		},
		"rank": func(a given) any {
			list, _ := e.slice(e.d.All(), a).Split(cube.Project, 1000, false)
			at := slices.IndexFunc(list, func(v oracle.Value) bool { return v.Value == name }) + 1
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

// impact is what releaseImpact gives where nothing is known to be yanked.
func (e evaluator) impact(name string, s oracle.Slice, a given) any {
	var uploads []upload
	for _, r := range oracleReleases(e.d.files) {
		kind := "FINAL"
		if strings.ContainsAny(r.version, "rd") {
			kind = "PRE_RELEASE"
		}
		if r.project == name {
			uploads = append(uploads, upload{r.version, r.first.UTC().Format(time.DateOnly), kind})
		}
	}
	list := countImpact(e.d, s, uploads, a["kind"].(string), 0, number(a["first"]))
	for _, one := range list {
		i := one.(object)
		all := i["stragglers"].([]any)
		i["stragglers"] = func(a given) any { return all[:min(number(a["first"]), len(all))] }
		for _, r := range e.releases([]string{name}, 1000)["nodes"].([]any) {
			if r.(object)["version"] == i["release"].(object)["version"] {
				i["release"] = r
			}
		}
	}
	return list
}

// github is what the events tell of a project's repository.
func (e evaluator) github(name string, a given) any {
	repository, _ := e.about[name]["repository"].(string)
	var days *[2]time.Time
	if bounds, ok := a["range"].(map[string]any); ok {
		days = &[2]time.Time{}
		for i, end := range []string{"from", "to"} {
			days[i], _ = time.Parse(time.DateOnly, fmt.Sprint(bounds[end]))
		}
	}
	found, ok := e.events.GitHub(repository, "WEEK", days).(object)
	if !ok {
		return nil
	}
	series := found["series"]
	found["series"] = func(given) any { return series }
	return found
}

// releases is a connection of the releases of projects, of all where nil.
func (e evaluator) releases(names []string, first int) object {
	nodes := []any{}
	for _, r := range oracleReleases(e.d.files) {
		if names != nil && !slices.Contains(names, r.project) {
			continue
		}
		s := e.d.All().Of(r.project).With(cube.Version, r.version)
		nodes = append(nodes, object{"version": r.version, "uploadedAt": r.first.UTC().Format(time.RFC3339Nano), "project": object{"name": r.project},
			"downloads": func(a given) any { return e.downloads(e.slice(s, a)) }})
	}
	return object{"nodes": nodes[:min(first, len(nodes))], "pageInfo": object{"hasNextPage": first < len(nodes)}}
}

func (e evaluator) compare(a given) any {
	interval := a["interval"].(string)
	lines := []any{}
	for _, name := range texts(a["projects"]) {
		s := e.slice(e.d.All().Of(name), a)
		if p := e.project(name); p == nil {
			lines = append(lines, nil)
		} else {
			lines = append(lines, object{"project": p, "total": s.Total(), "series": e.series(s, interval)})
		}
	}
	return object{"interval": interval, "asOf": e.asOf(), "lines": lines, "dates": e.slice(e.d.All(), a).Series(e.d.Data, interval)["dates"]}
}

// portfolio is that of the cookbook's people and requirements, by hand.
func (e evaluator) portfolio(a given) any {
	names, unresolved := []string{"numpy", "flask"}, []any{}
	switch {
	case a["projects"] != nil:
		names = texts(a["projects"])
	case a["maintainer"] != nil:
		names = []string{"numpy"}
	case a["requirements"] != nil:
		names = []string{"numpy", "pandas"}
		unresolved = []any{object{"line": 4, "text": "-r other.txt", "reason": "REFERENCE"}, object{"line": 5, "text": "no-such-project", "reason": "UNKNOWN"}}
	}
	s := e.d.All().Of(names...)
	list, _ := s.Split(cube.Project, 1000, false)
	slices.SortFunc(list, func(x, y oracle.Value) int { return cmp.Or(y.Total-x.Total, strings.Compare(x.Label, y.Label)) })
	projects := []any{}
	for _, v := range list {
		projects = append(projects, e.project(v.Value.(string)))
	}
	return object{"projects": projects, "projectCount": len(projects), "unresolved": unresolved,
		"downloads": func(a given) any { return e.downloads(e.slice(s, a)) }}
}

// answers tells how a name answers a search: 0 exactly, 1 by its beginning, 2 by
// its parts, 3 nearly, 4 not.
func answers(text, name string) int {
	words := strings.Fields(strings.ReplaceAll(strings.ToLower(text), "-", " "))
	bare, whole := strings.ReplaceAll(name, "-", ""), strings.Join(words, "")
	all := true
	for _, word := range words {
		all = all && strings.Contains(bare, word)
	}
	switch {
	case strings.Join(words, "-") == name:
		return 0
	case strings.HasPrefix(bare, whole):
		return 1
	case all:
		return 2
	}
	// Without a letter of one or of the other they are the same: one slip, which is
	// as far as the questions here go.
	for i := range whole {
		for j := range bare {
			if len(whole) >= 8 && (whole[:i]+whole[i+1:] == bare || whole == bare[:j]+bare[j+1:]) {
				return 3
			}
		}
	}
	return 4
}

package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"clickql/internal/catalog"
	"clickql/internal/cube"
)

// operation is one thing that clients ask, in the ways that are compared.
type operation struct {
	// name is short, for tables; about is for people.
	name, about string
	// query is the GraphQL document. Empty where path is what is asked.
	query string
	// variables of the document.
	variables func(variant) map[string]any
	// path is the address of a picture, with PROJECT in place of the project.
	path string
	// sql is what an expert would write by hand to know the same, one statement
	// after another. Words in capitals in braces stand for a variant's values.
	// Each names the table that ClickPy would read, the one of its own with the
	// fewest columns; what is compared by time reads the best table, see best.
	sql []string
	// levels are what ClickPy, which knows no drill-down, asks besides: the
	// list that sql then looks into.
	levels []string
}

// variants is how many questions an operation is asked with in turn. Fewer than
// there are clients would let clients share answers that are still being
// computed: that is what the gateway does for popular questions, and not what
// is measured here.
const variants = 64

// peers is how many projects are compared with each other.
const peers = 50

// minDays is how many days the variants range over.
const minDays = 372

// variant is one set of an operation's values.
type variant struct {
	project  string
	projects []string
	// The data's days, and the newest so many of them.
	first, last, from90, from30 cube.Day
	// About a month and a year, that no other variant has: it is in them alone
	// that variants differ where no project is named.
	month, year cube.Range
}

// variantsOf draws the variants from the projects, most downloaded first, and
// the data's days.
func variantsOf(projects []string, days cube.Range) ([]variant, error) {
	if len(projects) < variants*peers || days.Days() < minDays {
		return nil, fmt.Errorf("the data has %d projects and %d days; at least %d and %d are needed", len(projects), days.Days(), variants*peers, minDays)
	}
	out := make([]variant, variants)
	for i := range out {
		shift := cube.Day(i)
		out[i] = variant{
			project: projects[i],
			first:   days.From, last: days.To, from90: days.To - 89, from30: days.To - 29,
			month: cube.Range{From: days.To - 29 - shift, To: days.To - shift},
			year:  cube.Range{From: days.To - 364 - shift%8, To: days.To - shift/8},
		}
	}
	// No two variants have a project in common: whom they compare is spread over
	// all ranks.
	for i, name := range projects[:variants*peers] {
		v := &out[i%variants]
		v.projects = append(v.projects, name)
	}
	return out, nil
}

// mostDownloaded names the projects with the most downloads.
func mostDownloaded(snap *catalog.Snapshot, most int) (names []string) {
	top, _ := snap.Projects.Prefix("", nil, most)
	for _, p := range top {
		names = append(names, p.Name)
	}
	return names
}

// statementsFor puts a variant's values into statements. They are names and days
// of our own data, so that they can stand in the text.
func statementsFor(statements []string, v variant) []string {
	day := func(d cube.Day) string { return "'" + d.String() + "'" }
	values := strings.NewReplacer(
		"{PROJECT}", literal(v.project), "{PROJECTS}", "("+literals(v.projects)+")",
		"{90}", day(v.from90), "{180}", day(v.from90-90), "{30}", day(v.from30), "{MONTH AGO}", day(v.last.AddMonths(-1)),
		"{MONTH}", day(v.month.From)+" AND "+day(v.month.To), "{YEAR}", day(v.year.From)+" AND "+day(v.year.To),
	)
	out := make([]string, len(statements))
	for i, sql := range statements {
		out[i] = values.Replace(sql)
	}
	return out
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func literals(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = literal(v)
	}
	return strings.Join(quoted, ", ")
}

// request is the operation's HTTP request for a variant, ready to be written
// to a connection.
func (o operation) request(v variant) ([]byte, error) { return o.requestTo("", v) }

// requestTo is request with something before the path.
func (o operation) requestTo(prefix string, v variant) ([]byte, error) {
	if o.path != "" {
		return []byte("GET " + prefix + strings.ReplaceAll(o.path, "PROJECT", v.project) + " HTTP/1.1\r\nHost: bench\r\n\r\n"), nil
	}
	body := map[string]any{"query": o.query, "variables": o.variables(v)}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	head := "POST " + prefix + "/graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: " +
		strconv.Itoa(len(text)) + "\r\n\r\n"
	return append([]byte(head), text...), nil
}

// requests are the requests for variants, each with something before the path.
func (o operation) requests(of []variant, prefix func(i int) string) ([][]byte, error) {
	out := make([][]byte, len(of))
	for i, v := range of {
		var err error
		if out[i], err = o.requestTo(prefix(i), v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ofProject are the variables of a document about one project.
func ofProject(v variant) map[string]any { return map[string]any{"p": v.project} }

// compact writes a document on one line.
func compact(s string) string { return strings.Join(strings.Fields(s), " ") }

// operations lists what is measured: what pages, dashboards and badges about
// downloads ask. The statements order and cut their results as the answers are,
// and each names its number of downloads c, by which answers are compared.
func operations() []operation {
	list := []operation{
		{
			name: "total", about: "one project's downloads of all time",
			query:     `query Total($p: String!) { project(name: $p) { downloads { total } } }`,
			variables: ofProject,
			sql:       []string{`SELECT sum(count) AS c FROM pypi_downloads WHERE project = {PROJECT}`},
		},
		{
			name: "series 90", about: "one project's downloads on each of 90 days",
			query:     `query Series90($p: String!) { project(name: $p) { downloads(range: {last: 90}) { series { dates totals } } } }`,
			variables: ofProject,
			sql: []string{`SELECT date, sum(count) AS c FROM pypi_downloads_per_day
				WHERE project = {PROJECT} AND date >= {90} GROUP BY date ORDER BY date`},
		},
		{
			name: "series 400", about: "one project's downloads on every day",
			query:     `query Series400($p: String!) { project(name: $p) { downloads { series { dates totals } } } }`,
			variables: ofProject,
			sql: []string{`SELECT date, sum(count) AS c FROM pypi_downloads_per_day
				WHERE project = {PROJECT} GROUP BY date ORDER BY date`},
		},
		{
			name: "top versions", about: "one project's ten most downloaded versions of all time",
			query:     `query Versions($p: String!) { project(name: $p) { downloads { by(dimension: VERSION) { value total } } } }`,
			variables: ofProject,
			sql: []string{`SELECT version, sum(count) AS c FROM pypi_downloads_by_version
				WHERE project = {PROJECT} GROUP BY version ORDER BY c DESC, version LIMIT 10`},
		},
		{
			name: "country map", about: "one project's downloads of 90 days in every country",
			query: `query Countries($p: String!) { project(name: $p) { downloads(range: {last: 90}) {
				by(dimension: COUNTRY, first: 250) { value label total share } } } }`,
			variables: ofProject,
			sql: []string{`SELECT country_code, sum(count) AS c FROM pypi_downloads_per_day_by_version_by_country
				WHERE project = {PROJECT} AND date >= {90} GROUP BY country_code ORDER BY c DESC, country_code LIMIT 250`},
		},
		dashboard(),
		{
			name: "50 projects", about: "the five most downloaded versions in 90 days of each of 50 projects",
			query: `query Compare($ps: [String!]!) { projects(names: $ps) { name downloads(range: {last: 90}) {
				by(dimension: VERSION, first: 5) { value total } } } }`,
			variables: func(v variant) map[string]any { return map[string]any{"ps": v.projects} },
			sql: []string{`SELECT project, version, sum(count) AS c FROM pypi_downloads_per_day_by_version
				WHERE project IN {PROJECTS} AND date >= {90} GROUP BY project, version
				ORDER BY project, c DESC, version LIMIT 5 BY project`},
		},
		{
			name: "drill-down", about: "one project's five most downloaded versions in 90 days, and for each the five versions of Python",
			query: `query DrillDown($p: String!) { project(name: $p) { downloads(range: {last: 90}) {
				by(dimension: VERSION, first: 5) { value total downloads { by(dimension: PYTHON, first: 5) { value total } } } } } }`,
			variables: ofProject,
			levels: []string{`SELECT version, sum(count) AS c FROM pypi_downloads_per_day_by_version
				WHERE project = {PROJECT} AND date >= {90} GROUP BY version ORDER BY c DESC, version LIMIT 5`},
			sql: []string{`SELECT version, python_minor, c FROM (
					SELECT version, python_minor, sum(count) AS c, sum(c) OVER (PARTITION BY version) AS v
					FROM pypi_downloads_per_day_by_version_by_python
					WHERE project = {PROJECT} AND date >= {90} GROUP BY version, python_minor)
				QUALIFY dense_rank() OVER (ORDER BY v DESC, version) <= 5
				ORDER BY v DESC, version, c DESC, python_minor LIMIT 5 BY version`},
		},
		{
			name: "global python", about: "all of PyPI over a year: the six most used versions of Python, month by month",
			query: `query Python($from: Date!, $to: Date!) { downloads(range: {from: $from, to: $to}) {
				by(dimension: PYTHON, first: 6) { value total downloads { series(interval: MONTH) { dates totals } } } } }`,
			variables: func(v variant) map[string]any { return days(v.year.From.String(), v.year.To.String()) },
			levels: []string{`SELECT python_minor, sum(count) AS c FROM pypi_downloads_per_day_by_version_by_python
				WHERE date BETWEEN {YEAR} GROUP BY python_minor ORDER BY c DESC, python_minor LIMIT 6`},
			sql: []string{`SELECT python_minor, month, c FROM (
					SELECT python_minor, toStartOfMonth(date) AS month, sum(count) AS c, sum(c) OVER (PARTITION BY python_minor) AS v
					FROM pypi_downloads_per_day_by_version_by_python
					WHERE date BETWEEN {YEAR} GROUP BY python_minor, month)
				QUALIFY dense_rank() OVER (ORDER BY v DESC, python_minor) <= 6
				ORDER BY v DESC, python_minor, month`},
		},
		{
			name: "top projects", about: "the twenty most downloaded projects of 30 days",
			query: `query Top($from: Date!, $to: Date!) { topProjects(range: {from: $from, to: $to}, first: 20) {
				nodes { total project { name } } } }`,
			variables: func(v variant) map[string]any { return days(v.month.From.String(), v.month.To.String()) },
			sql: []string{`SELECT project, sum(count) AS c FROM pypi_downloads_per_day
				WHERE date BETWEEN {MONTH} GROUP BY project ORDER BY c DESC, project LIMIT 20`},
		},
		projectPage(),
		{
			name: "badge", about: "the picture with one project's downloads of a month",
			path: "/badge/PROJECT.svg",
			sql: []string{`SELECT sum(count) AS c FROM pypi_downloads_per_day
				WHERE project = {PROJECT} AND date > {MONTH AGO}`},
		},
	}
	for i := range list {
		list[i].query = compact(list[i].query)
		for _, statements := range [][]string{list[i].sql, list[i].levels} {
			for j := range statements {
				statements[j] = compact(statements[j])
			}
		}
	}
	return list
}

// days are the variables of a document about a range.
func days(from, to string) map[string]any { return map[string]any{"from": from, "to": to} }

// of90Days is one project's split over 90 days, as a statement.
func of90Days(column, table string) string {
	return `SELECT ` + column + `, sum(count) AS c FROM ` + table +
		` WHERE project = {PROJECT} AND date >= {90} GROUP BY ` + column + ` ORDER BY c DESC, ` + column + ` LIMIT 10`
}

// dashboard is a page of twelve widgets about one project.
func dashboard() operation {
	return operation{
		name: "dashboard", about: "twelve widgets about one project: totals, series and splits of 90 days and of all time",
		query: `query Dashboard($p: String!) { project(name: $p) {
			recent: downloads(range: {last: 90}) {
				total
				previous { total }
				series { dates totals }
				versions: by(dimension: VERSION) { value total }
				countries: by(dimension: COUNTRY) { value total }
				python: by(dimension: PYTHON) { value total }
				systems: by(dimension: SYSTEM) { value total }
				installers: by(dimension: INSTALLER) { value total }
				types: by(dimension: FILE_TYPE) { value total }
			}
			all: downloads {
				total
				weekly: series(interval: WEEK) { dates totals }
				monthly: series(interval: MONTH) { dates totals }
			} } }`,
		variables: ofProject,
		sql: []string{
			`SELECT sum(count) AS c FROM pypi_downloads_per_day WHERE project = {PROJECT} AND date >= {90}`,
			`SELECT sum(count) AS c FROM pypi_downloads_per_day WHERE project = {PROJECT} AND date >= {180} AND date < {90}`,
			`SELECT date, sum(count) AS c FROM pypi_downloads_per_day WHERE project = {PROJECT} AND date >= {90} GROUP BY date ORDER BY date`,
			of90Days("version", "pypi_downloads_per_day_by_version"),
			of90Days("country_code", "pypi_downloads_per_day_by_version_by_country"),
			of90Days("python_minor", "pypi_downloads_per_day_by_version_by_python"),
			of90Days("system", "pypi_downloads_per_day_by_version_by_system"),
			of90Days("installer", "pypi_downloads_per_day_by_installer"),
			of90Days("type", "pypi_downloads_per_day_by_version_by_file_type"),
			`SELECT sum(count) AS c FROM pypi_downloads WHERE project = {PROJECT}`,
			`SELECT toMonday(date) AS week, sum(count) AS c FROM pypi_downloads_per_day WHERE project = {PROJECT} GROUP BY week ORDER BY week`,
			`SELECT month, sum(count) AS c FROM pypi_downloads_per_month WHERE project = {PROJECT} GROUP BY month ORDER BY month`,
		},
	}
}

// projectPage is a page as ClickPy shows it.
func projectPage() operation {
	return operation{
		name: "project page", about: "a page as ClickPy shows it: metadata, totals, a year by weeks, and splits of all time",
		query: `query Page($p: String!) { project(name: $p) {
			name summary latestVersion author license homePage requiresPython repository firstDownload lastDownload
			downloads { total versions: by(dimension: VERSION) { value total } }
			month: downloads(range: {last: 30}) { total }
			recent: downloads(range: {last: 90}) {
				series(interval: WEEK) { dates totals }
				python: by(dimension: PYTHON) { value total }
				systems: by(dimension: SYSTEM) { value total }
				countries: by(dimension: COUNTRY) { value total }
				types: by(dimension: FILE_TYPE) { value total }
				installers: by(dimension: INSTALLER) { value total } } } }`,
		variables: ofProject,
		sql: []string{
			`SELECT name, version, summary, author, license, home_page, requires_python, project_urls, upload_time
				FROM projects WHERE name = {PROJECT} ORDER BY upload_time DESC LIMIT 1`,
			`SELECT min(min_date) AS first, max(max_date) AS last FROM pypi_downloads_max_min WHERE project = {PROJECT}`,
			`SELECT sum(count) AS c FROM pypi_downloads WHERE project = {PROJECT}`,
			`SELECT version, sum(count) AS c FROM pypi_downloads_by_version WHERE project = {PROJECT}
				GROUP BY version ORDER BY c DESC, version LIMIT 10`,
			`SELECT sum(count) AS c FROM pypi_downloads_per_day WHERE project = {PROJECT} AND date >= {30}`,
			`SELECT toMonday(date) AS week, sum(count) AS c FROM pypi_downloads_per_day
				WHERE project = {PROJECT} AND date >= {90} GROUP BY week ORDER BY week`,
			of90Days("python_minor", "pypi_downloads_per_day_by_version_by_python"),
			of90Days("system", "pypi_downloads_per_day_by_version_by_system"),
			of90Days("country_code", "pypi_downloads_per_day_by_version_by_country"),
			of90Days("type", "pypi_downloads_per_day_by_version_by_file_type"),
			of90Days("installer", "pypi_downloads_per_day_by_installer"),
		},
	}
}

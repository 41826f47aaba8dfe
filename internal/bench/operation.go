package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

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

// statements are the operation's SQL for a variant.
func (o operation) statements(v variant) []string { return statementsFor(o.sql, v) }

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

// ofProject are the variables of a document about one project.
func ofProject(v variant) map[string]any { return map[string]any{"p": v.project} }

// spaces is what documents do not need on the wire.
var spaces = regexp.MustCompile(`\s+`)

// compact writes a document on one line.
func compact(s string) string { return strings.TrimSpace(spaces.ReplaceAllString(s, " ")) }

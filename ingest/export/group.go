package export

import (
	"fmt"
	"slices"
	"strings"

	"clickql/ingest/ledger"
	"clickql/internal/chconn"
)

// Group is some files that one statement reads: of one source and one layout.
type Group struct {
	Source Source
	Layout layout
	Files  []File
}

// objects lists the group's files as objects.
func (g Group) objects() []Object {
	objects := make([]Object, len(g.Files))
	for i, f := range g.Files {
		objects[i] = f.Object
	}
	return objects
}

// Rows is the sum of the footers.
func (g Group) Rows() (n uint64) {
	for _, f := range g.Files {
		n += f.Rows
	}
	return n
}

// String names the group in a message.
func (g Group) String() string { return describeGroup(g.objects()) }

// GroupsOf splits files by source and layout, in their order, and each of these so
// that one table function can read it.
func GroupsOf(files []File, all Sources) []Group {
	type key struct {
		source Source
		layout layout
	}
	byKey := map[key][]File{}
	var order []key
	for _, f := range files {
		k := key{all.Of(f.Name), f.Layout}
		if byKey[k] == nil {
			order = append(order, k)
		}
		byKey[k] = append(byKey[k], f)
	}
	var groups []Group
	for _, k := range order {
		byName := map[string]File{}
		for _, f := range byKey[k] {
			byName[f.Name] = f
		}
		for _, part := range k.source.Group(Group{Files: byKey[k]}.objects()) {
			g := Group{Source: k.source, Layout: k.layout}
			for _, o := range part {
				g.Files = append(g.Files, byName[o.Name])
			}
			groups = append(groups, g)
		}
	}
	return groups
}

// EachGroup calls do for the files, some of one layout together.
func EachGroup(files []File, all Sources, do func(Group) error) error {
	for _, g := range GroupsOf(files, all) {
		for part := range slices.Chunk(g.Files, footerGroup) {
			if err := do(Group{Source: g.Source, Layout: g.Layout, Files: part}); err != nil {
				return err
			}
		}
	}
	return nil
}

// reading is how ClickHouse reads a group of files as a feed takes them.
type reading struct {
	// From stands after FROM: the files with all of the feed's leaves, as nulls
	// where they lack them.
	From             string
	Params, Settings map[string]any
	feed             Feed
	layout           layout
}

// Reading prepares to read a group.
func (f Feed) Reading(g Group) (reading, error) {
	table, err := g.Source.Table(g.objects(), f.Format, structure(f, g.Layout))
	return reading{From: f.from(table, g.Layout), Params: table.Params, Settings: table.Settings, feed: f, layout: g.Layout}, err
}

// Accepted is the condition under which a row is stored.
func (r reading) Accepted() string {
	if r.feed.accept != "" {
		return "(" + r.feed.accept + ")"
	}
	conditions := make([]string, len(r.feed.Rejects))
	for i, reject := range r.feed.Rejects {
		conditions[i] = "NOT (" + resolve(r.feed, r.layout, reject.Expr) + ")"
	}
	return strings.Join(conditions, " AND ")
}

// Rejection is the expression of why a row is not stored; empty where it is.
func (r reading) Rejection() string {
	if r.feed.reason != "" {
		return r.feed.reason
	}
	cases := ""
	for _, reject := range r.feed.Rejects {
		cases += resolve(r.feed, r.layout, reject.Expr) + ", '" + reject.Reason + "', "
	}
	return "multiIf(" + cases + "'')"
}

// Columns pairs the columns that the table has with their expressions.
func (r reading) Columns(has func(string) bool) (names, exprs []string) {
	for _, c := range r.feed.Columns {
		if has(c.Name) {
			names, exprs = append(names, chconn.Ident(c.Name)), append(exprs, resolve(r.feed, r.layout, c.Expr))
		}
	}
	return names, exprs
}

// Day is the expression of a row's day.
func (r reading) Day() string { return r.Column(r.feed.Day) }

// Column is the expression of one of the table's columns; empty where it has no such.
func (r reading) Column(name string) string {
	i := slices.IndexFunc(r.feed.Columns, func(c column) bool { return c.Name == name })
	if i < 0 {
		return ""
	}
	return resolve(r.feed, r.layout, r.feed.Columns[i].Expr)
}

// Within is the condition that an accepted row lies in some days. The bounds on
// the timestamp itself let whole row groups be passed over; a day that the landing
// table's view takes in another time zone begins less than a day apart.
func (r reading) Within(days ledger.Span) (condition string, params map[string]any) {
	clock, date := resolve(r.feed, r.layout, r.feed.Clock), r.Day()
	return fmt.Sprintf("%[1]s >= toDateTime64({first_day:Date}, 6, 'UTC') - toIntervalDay(1) AND %[1]s < toDateTime64({last_day:Date}, 6, 'UTC') + toIntervalDay(2) AND "+
			"toDate(%[2]s) >= {first_day:Date} AND toDate(%[2]s) <= {last_day:Date} AND %[3]s", clock, date, r.Accepted()),
		map[string]any{"first_day": days.From.String(), "last_day": days.To.String()}
}

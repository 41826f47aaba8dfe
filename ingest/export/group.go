package export

import (
	"fmt"
	"iter"
	"slices"

	"clickql/ingest/ledger"
	"clickql/internal/chconn"
	"clickql/internal/ddl"
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

// Names are the files' names, by the paths that ClickHouse gives.
func (g Group) Names() map[string]string {
	names := make(map[string]string, len(g.Files))
	for _, f := range g.Files {
		names[f.Path] = f.Name
	}
	return names
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
	var groups []Group
	for k, files := range grouped(files, func(f File) key { return key{all.Of(f.Name), f.Layout} }) {
		byName := map[string]File{}
		for _, f := range files {
			byName[f.Name] = f
		}
		for _, part := range k.source.Group(Group{Files: files}.objects()) {
			g := Group{Source: k.source, Layout: k.layout}
			for _, o := range part {
				g.Files = append(g.Files, byName[o.Name])
			}
			groups = append(groups, g)
		}
	}
	return groups
}

// grouped gives the items of each key, in the order in which keys come first.
func grouped[T any, K comparable](items []T, key func(T) K) iter.Seq2[K, []T] {
	byKey := map[K][]T{}
	var order []K
	for _, item := range items {
		k := key(item)
		if byKey[k] == nil {
			order = append(order, k)
		}
		byKey[k] = append(byKey[k], item)
	}
	return func(yield func(K, []T) bool) {
		for _, k := range order {
			if !yield(k, byKey[k]) {
				return
			}
		}
	}
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
func (r reading) Accepted() string { return "(" + r.resolve(r.feed.accept) + ")" }

// Rejection is the expression of why a row is not stored; empty where it is.
func (r reading) Rejection() string { return r.resolve(r.feed.reason) }

// Columns pairs the columns that the table has with their expressions.
func (r reading) Columns(has func(string) bool) (names, exprs []string) {
	for _, c := range r.feed.Columns {
		if has(c.Name) {
			names, exprs = append(names, chconn.Ident(c.Name)), append(exprs, r.resolve(c.SQL))
		}
	}
	return names, exprs
}

// Day is the expression of a row's day.
func (r reading) Day() string { return r.Column(r.feed.Day) }

// Column is the expression of one of the table's columns; empty where it has no such.
func (r reading) Column(name string) string {
	i := slices.IndexFunc(r.feed.Columns, func(c ddl.Expression) bool { return c.Name == name })
	if i < 0 {
		return ""
	}
	return r.resolve(r.feed.Columns[i].SQL)
}

// Within is the condition that an accepted row lies in some days. The bounds on
// the timestamp itself let whole row groups be passed over; a day that the landing
// table's view takes in another time zone begins less than a day apart.
func (r reading) Within(days ledger.Span) (condition string, params map[string]any) {
	clock, date := r.resolve(r.feed.Clock), r.Day()
	return fmt.Sprintf("%[1]s >= toDateTime64({first_day:Date}, 6, 'UTC') - toIntervalDay(1) AND %[1]s < toDateTime64({last_day:Date}, 6, 'UTC') + toIntervalDay(2) AND "+
			"toDate(%[2]s) >= {first_day:Date} AND toDate(%[2]s) <= {last_day:Date} AND %[3]s", clock, date, r.Accepted()),
		map[string]any{"first_day": days.From.String(), "last_day": days.To.String()}
}

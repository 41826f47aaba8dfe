// Package lineage tells what the columns of aggregates hold, in terms of single
// downloads, by reading the materialized views that fill them.
//
// A Feed is what a view writes: for each column of its target a Meaning, such as
// a column of the raw table, the day or its month, the number of downloads. What
// cannot be told for certain means nothing (Other), and a view that leaves
// downloads out, or reads something else than the raw table, is an error that
// says so: whoever relies on a Feed answers with what is in such a table.
package lineage

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// The columns of time and of the number of downloads in ClickPy's tables.
const (
	DayColumn   = "date"
	MonthColumn = "month"
	CountColumn = "count"
)

// Meaning says what a column holds, in terms of single downloads.
type Meaning struct {
	Kind Kind
	Of   string // of a Column: the raw table's column
}

// Kind tells meanings apart.
type Kind uint8

// The kinds of meaning.
const (
	Other  Kind = iota // something that no request asks for
	Column             // a column of the raw table, unchanged
	Day                // the download's day
	Month              // the first day of its month
	Count              // the number of downloads
	First              // the first day of the group
	Last               // the last day of the group
)

// Feed is what views write into their target.
type Feed struct {
	Columns map[string]Meaning // by the target's column
	// Partial says why some downloads never arrive, and only a comparison of
	// the data can tell which days are whole; empty where all arrive.
	Partial string
}

// Fed is what is known of a table's views.
type Fed struct {
	Feed  Feed
	Known bool  // there is a view
	Err   error // nothing can be said of it
}

// ErrElsewhere reports a view that does not get its rows from the raw table.
var ErrElsewhere = errors.New("and not the raw table")

// Views are the materialized views of a schema. They are used by one goroutine at
// a time.
type Views struct {
	schema  chschema.Schema
	rawName chschema.Name
	raw     *chschema.Table                     // nil where there is none
	rawAt   *chschema.Table                     // as stored
	views   map[chschema.Name][]*chschema.Table // by the table that they fill
	inner   map[chschema.Name]bool
	feeds   map[chschema.Name]Fed // memo of Of
}

// New collects the views of a schema whose raw table is named.
func New(s chschema.Schema, raw chschema.Name) *Views {
	v := &Views{schema: s, rawName: raw, raw: s[raw], views: map[chschema.Name][]*chschema.Table{},
		inner: map[chschema.Name]bool{}, feeds: map[chschema.Name]Fed{}}
	if v.raw != nil {
		v.rawAt = v.raw
		if at, err := s.Stored(v.raw); err == nil {
			v.rawAt = at
		}
	}
	for _, view := range s.Sorted() {
		if view.Engine.Name != "MaterializedView" {
			continue
		}
		to, own := s.Target(view)
		v.inner[to] = v.inner[to] || own
		v.views[to] = append(v.views[to], view)
	}
	return v
}

// Inner reports that the table is a view's own.
func (v *Views) Inner(table chschema.Name) bool { return v.inner[table] }

// Of is what the views of a stored table write into it.
func (v *Views) Of(at *chschema.Table) Fed {
	if f, ok := v.feeds[at.Name]; ok {
		return f
	}
	v.feeds[at.Name] = Fed{Known: true, Err: fmt.Errorf("its views go in a circle")}
	var out Fed
	for _, view := range v.views[at.Name] {
		f, err := v.feed(view)
		switch {
		case err != nil:
			out = Fed{Known: true, Err: err}
		case !out.Known:
			out = Fed{Feed: f, Known: true}
		case out.Err == nil:
			out.Feed = both(out.Feed, f)
		}
	}
	v.feeds[at.Name] = out
	return out
}

// feed is what one view writes.
func (v *Views) feed(view *chschema.Table) (Feed, error) {
	s := chschema.ParseSelect(view.Select)
	source, alias, ok := s.Source(view.Database)
	if !ok {
		return Feed{}, fmt.Errorf("its view %s does not read from one table", view.Table)
	}
	if v.raw != nil && (source == v.raw.Name || source == v.rawAt.Name) {
		return yields(s, alias, ofRaw(v.raw), true)
	}
	from := v.schema[source]
	if from == nil && v.raw == nil && source == v.rawName {
		return yields(s, alias, ofClickPy(), true) // the raw table is gone, its views are not
	}
	if from == nil {
		return Feed{}, fmt.Errorf("its view %s reads %s, which cannot be seen", view.Table, source)
	}
	up := v.Of(from)
	if !up.Known || up.Err != nil {
		return Feed{}, fmt.Errorf("its view %s reads %s %w %s", view.Table, source, ErrElsewhere, v.rawName.Table)
	}
	f, err := yields(s, alias, up.Feed.Columns, false)
	f.Partial = cmp.Or(f.Partial, up.Feed.Partial)
	return f, err
}

// both is what a table holds that two views feed.
func both(a, b Feed) Feed {
	out := Feed{Columns: maps.Clone(a.Columns), Partial: "several views feed it"}
	for name, m := range b.Columns {
		if a.Columns[name] != m {
			out.Columns[name] = Meaning{}
		}
	}
	return out
}

// yields is what a selection writes, given what its source's columns mean, and
// whether a row of the source is a single download. An error says why nothing
// can be said of it.
func yields(s chschema.Selection, alias string, source map[string]Meaning, single bool) (Feed, error) {
	if len(s.Others) > 0 {
		return Feed{}, fmt.Errorf("its view has more than SELECT, WHERE and GROUP BY (%s)", strings.Join(s.Others, ", "))
	}
	f := Feed{Columns: map[string]Meaning{}}
	e := evaluator{alias: alias, source: source, single: single}
	for _, item := range s.Items {
		e.hide(chschema.Aliased(item))
	}
	for _, item := range s.Items {
		name, expr := chschema.Aliased(item)
		e.own = name
		f.Columns[name] = e.meaning(expr)
	}
	e.own = ""
	for _, w := range s.Where {
		if !e.onlyDays(w) {
			return Feed{}, fmt.Errorf("its view leaves downloads out (WHERE %s)", chschema.Written(w))
		}
		f.Partial = "its view takes only some days (WHERE " + chschema.Written(w) + ")"
	}
	return f, nil
}

// ofRaw says what the raw table's columns mean.
func ofRaw(raw *chschema.Table) map[string]Meaning {
	return named(slices.Collect(maps.Keys(raw.Types())), map[string]Kind{DayColumn: Day})
}

// ofClickPy says what the columns of ClickPy's raw table mean.
func ofClickPy() map[string]Meaning {
	columns := []string{DayColumn}
	for _, d := range cube.Dimensions {
		columns = append(columns, d.Column())
	}
	return named(columns, map[string]Kind{DayColumn: Day})
}

// ByName guesses what a table's columns mean by ClickPy's names, for a table
// whose views cannot be seen.
func ByName(t *chschema.Table) Feed {
	return Feed{Columns: named(slices.Collect(maps.Keys(t.Types())), map[string]Kind{DayColumn: Day, MonthColumn: Month, CountColumn: Count})}
}

// named are columns that mean those of the raw table of their names, but for some.
func named(columns []string, others map[string]Kind) map[string]Meaning {
	m := map[string]Meaning{}
	for _, name := range columns {
		m[name] = Meaning{Kind: Column, Of: name}
		if kind, other := others[name]; other {
			m[name] = Meaning{Kind: kind}
		}
	}
	return m
}

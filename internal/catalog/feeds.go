package catalog

import (
	"errors"
	"fmt"
)

// errElsewhere reports a view that does not get its rows from the raw table.
var errElsewhere = errors.New("and not the raw table")

// feedOf is what the views of a stored table write into it.
func (c *classifier) feedOf(at *tableInfo) fedBy {
	if f, ok := c.feeds[at.full()]; ok {
		return f
	}
	c.feeds[at.full()] = fedBy{known: true, err: fmt.Errorf("its views go in a circle")}
	var out fedBy
	for _, v := range c.views[at.full()] {
		f, err := c.viewFeed(v)
		switch {
		case err != nil:
			out = fedBy{known: true, err: err}
		case !out.known:
			out = fedBy{feed: f, known: true}
		case out.err == nil:
			out.feed = both(out.feed, f)
		}
	}
	c.feeds[at.full()] = out
	return out
}

// viewFeed is what one view writes.
func (c *classifier) viewFeed(v *tableInfo) (feed, error) {
	s := cut(v.asSelect)
	source, alias, ok := s.source(v.database)
	if !ok {
		return feed{}, fmt.Errorf("its view %s does not read from one table", v.name)
	}
	if c.raw != nil && (source == c.raw.full() || source == c.rawAt.full()) {
		return s.feed(alias, rawMeanings(c.raw), true)
	}
	from := c.schema[source]
	if from == nil && c.raw == nil && source == c.database+"."+c.rawName {
		return s.feed(alias, clickPyMeanings(), true) // the raw table is gone, its views are not
	}
	if from == nil {
		return feed{}, fmt.Errorf("its view %s reads %s, which cannot be seen", v.name, source)
	}
	up := c.feedOf(from)
	if !up.known || up.err != nil {
		return feed{}, fmt.Errorf("its view %s reads %s %w %s", v.name, source, errElsewhere, c.rawName)
	}
	f, err := s.feed(alias, up.feed.columns, false)
	if f.partial == "" {
		f.partial = up.feed.partial
	}
	return f, err
}

// rawMeanings says what the raw table's columns mean.
func rawMeanings(raw *tableInfo) map[string]meaning {
	m := map[string]meaning{}
	for _, col := range raw.columns {
		m[col.name] = meaning{kind: isColumn, of: col.name}
	}
	m[dayColumn] = meaning{kind: isDay}
	return m
}

// clickPyMeanings says what the columns of ClickPy's raw table mean.
func clickPyMeanings() map[string]meaning {
	m := map[string]meaning{dayColumn: {kind: isDay}}
	for _, d := range Dimensions {
		m[d.Column()] = meaning{kind: isColumn, of: d.Column()}
	}
	return m
}

// named guesses what a table's columns mean by ClickPy's names, for a table
// whose views cannot be seen.
func named(t *tableInfo) feed {
	f := feed{columns: map[string]meaning{}}
	for _, col := range t.columns {
		switch col.name {
		case dayColumn:
			f.columns[col.name] = meaning{kind: isDay}
		case monthColumn:
			f.columns[col.name] = meaning{kind: isMonth}
		case countColumn:
			f.columns[col.name] = meaning{kind: isCount}
		default:
			f.columns[col.name] = meaning{kind: isColumn, of: col.name}
		}
	}
	return f
}

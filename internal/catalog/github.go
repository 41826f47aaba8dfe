package catalog

import (
	"context"
	"fmt"
	"slices"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// Tables of what happened on GitHub, under the names that we and ClickPy give them.
// ClickPy has them in a database of their own.
const (
	githubDatabase = "github"
	githubEvents   = "github_events"
	// Of names, ours has every repository that ever had one, by the name in small
	// letters; ClickPy's the newest, by the name as it is written.
	githubNames      = "github_names"
	githubNamesOther = "repo_name_to_id"
	githubHours      = "github_hours"
)

// SmallNames is the column of a table of names in small letters.
const SmallNames = "name"

// GitHub is a table of public events on GitHub in the shape of ClickPy's, and what
// finds its way in it.
type GitHub struct {
	// Events are the events, one row each.
	Events chschema.Name
	// Merged reports that they tell of pull requests whether they were merged.
	Merged bool
	// Rows is their number.
	Rows uint64
	// Names finds repositories by name, which stands in its column NameColumn; none
	// where only the events do.
	Names      chschema.Name
	NameColumn string
	// Days tells of which days every hour is loaded, and Empty lists those among them
	// of which none is; Dated is false where that could not be told at a bearable cost.
	Days  cube.Calendar
	Empty []cube.Day
	Dated bool
}

// Known reports that of some day of the range something is loaded, as far as that can
// be told.
func (g *GitHub) Known(days cube.Range) bool {
	loaded := cube.Calendar{Days: g.Days.Days, Unsettled: g.Empty}
	return !g.Dated && !days.Empty() || loaded.CountMissing(days) < days.Days()
}

// githubTables are the tables as they are found; stored are those that hold their
// rows.
type githubTables struct {
	events, names, hours *chschema.Table
	nameColumn           string
	stored               []*chschema.Table
	named                []*chschema.Table // in the order of stored
	spread               bool
	all                  map[*chschema.Table]bool // what is no aggregate of downloads
}

// findGitHub looks for a table of events: the database's own where it has rows,
// or else ClickPy's.
func (c *classifier) findGitHub(database string) githubTables {
	var g githubTables
	for _, in := range []string{githubDatabase, database} {
		t := c.schema[chschema.Name{Database: in, Table: githubEvents}]
		if t == nil || !isGitHub(t) || g.events != nil && t.Rows == 0 && !isSpread(t) {
			continue
		}
		g.events, g.spread = t, isSpread(t)
		g.names, g.nameColumn = c.schema[chschema.Name{Database: in, Table: githubNames}], SmallNames
		if g.names == nil {
			g.names, g.nameColumn = c.schema[chschema.Name{Database: in, Table: githubNamesOther}], "repo_name"
		}
		g.hours = c.schema[chschema.Name{Database: in, Table: githubHours}]
	}
	g.all = map[*chschema.Table]bool{}
	for _, name := range []string{githubEvents, githubNames, githubHours} {
		if t := c.schema[chschema.Name{Database: database, Table: name}]; t != nil {
			g.all[t] = true
		}
	}
	for _, t := range []*chschema.Table{g.events, g.names, g.hours} {
		if t == nil {
			continue
		}
		if at, err := c.schema.Stored(t); err == nil {
			g.stored, g.named = append(g.stored, at), append(g.named, t)
		}
	}
	return g
}

// isGitHub reports that a table has the columns that are read.
func isGitHub(t *chschema.Table) bool {
	types := t.Types()
	needed := []string{"file_time", "event_type", "actor_login", "repo_name", "repo_id", "created_at", "action", "number"}
	return !slices.ContainsFunc(needed, func(column string) bool { return types[column] == "" })
}

// githubDays are the days that were read last, and what tells the data they are of.
type githubDays struct {
	days  cube.Calendar
	empty []cube.Day
	dated bool
	mark  string
}

// github describes the table of events; nil where there is none, or nothing in it.
func (r *reader) github(ctx context.Context, l *inventory, parts chschema.Parts) (*GitHub, error) {
	t := l.github.events
	if t == nil || l.github.spread { // over shards the lookup of names would have to be GLOBAL
		return nil, nil
	}
	g := &GitHub{Events: t.Name, Merged: t.Types()["merged"] != "", Rows: t.Rows}
	if at := l.github.stored[0]; parts != nil && !l.github.spread {
		g.Rows, _, _ = parts.Size(at.Name)
	}
	if g.Rows == 0 && !l.github.spread {
		return nil, nil
	}
	mark := ""
	if parts != nil && !l.github.spread {
		mark = hashed(parts, l.github.stored, "")
	}
	whole := true
	if mark == "" || mark != r.githubDays.mark {
		var err error
		if r.githubDays, whole, err = r.readGitHubDays(ctx, l, g); err != nil {
			return nil, err
		}
		if whole {
			r.githubDays.mark = mark
		}
	}
	g.Days, g.Empty, g.Dated = r.githubDays.days, r.githubDays.empty, r.githubDays.dated
	if names := l.github.names; names != nil && (whole || l.github.nameColumn != SmallNames) {
		g.Names, g.NameColumn = names.Name, l.github.nameColumn
	}
	return g, nil
}

// hoursOfDay is how many files a whole day has.
const hoursOfDay = 24

// readGitHubDays reads which days are loaded, from the table of hours where that is
// of all events, and else from the events where they are not too many. all reports
// the former: what was filled beside it then is of all events too.
func (r *reader) readGitHubDays(ctx context.Context, l *inventory, g *GitHub) (days githubDays, all bool, err error) {
	for _, t := range []*chschema.Table{l.github.hours, l.github.events} {
		if t == nil || t == l.github.events && (g.Rows > r.opts.WholeRows || l.github.spread) {
			continue
		}
		count := "count()"
		if t == l.github.hours {
			count = "sum(events)"
		}
		found, events, err := r.hoursIn(ctx, t, count)
		if reason, ok := chschema.Refused(err); ok {
			r.opts.Log.Warn("which days of events on GitHub are loaded cannot be read", "table", t.String(), "reason", reason)
			continue
		}
		if err != nil {
			return days, false, fmt.Errorf("read which days of events on GitHub are loaded: %w", err)
		}
		if all = events == g.Rows || l.github.spread; all || t == l.github.events {
			return found, t == l.github.hours, nil
		}
	}
	return githubDays{}, false, nil
}

// hoursIn reads the days of a table with hours of files, and adds its events up.
func (r *reader) hoursIn(ctx context.Context, t *chschema.Table, count string) (found githubDays, events uint64, err error) {
	found = githubDays{days: cube.Calendar{Days: cube.NoDays}, dated: true}
	c := &found.days
	sql := "SELECT toInt32(toDate(file_time, 'UTC')) AS day, uniqExact(toStartOfHour(file_time)), toUInt64(" + count + ") FROM " + t.SQL() + " GROUP BY day ORDER BY day"
	err = r.db.Each(ctx, sql, nil, func(row func(...any) error) error {
		var day int32
		var hours, n uint64
		if err := row(&day, &hours, &n); err != nil {
			return err
		}
		events += n
		for d := c.Days.To + 1; !c.Days.Empty() && d < cube.Day(day); d++ {
			c.Unsettled, found.empty = append(c.Unsettled, d), append(found.empty, d)
		}
		if hours < hoursOfDay {
			c.Unsettled = append(c.Unsettled, cube.Day(day))
		}
		c.Days = c.Days.Hull(cube.Range{From: cube.Day(day), To: cube.Day(day)})
		return nil
	})
	return found, events, err
}

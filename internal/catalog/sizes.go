package catalog

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"

	"clickql/internal/chschema"
	"clickql/internal/cube"
)

// Size is how many rows of a table a project of so many downloads has.
type Size struct{ Downloads, Rows float64 }

// sizedPlaces are the places in the ranking of the projects whose rows are looked
// up in every table: how these grow with the downloads differs from table to table,
// and from one large project to the next.
var sizedPlaces = [...]int{0, 1, 3, 7, 15, 31, 63, 511}

// sizes looks up, by the index alone, how many rows of each table projects of
// several sizes have. Where that may not be asked the tables stay without.
func (r *reader) sizes(ctx context.Context, snap *Snapshot) error {
	var parts []string
	tables := map[string]*Table{}
	for _, t := range snap.Tables {
		if t.Raw || t.Primary == 0 || t.Key[0] != cube.Project.Column() || len(t.Partitions) == 0 {
			continue
		}
		if known, ok := r.sized[t.FullName()]; ok && math.Abs(float64(known.rows)-float64(t.Rows)) <= resizeAt*float64(t.Rows) {
			t.Sizes = known.sizes
			continue
		}
		// Not count(): of a run of the key the server counts whole granules without reading them.
		parts, tables[t.FullName()] = append(parts, "SELECT project FROM "+t.SQL()+" WHERE project = {project:String}"), t
	}
	top, _ := snap.Projects.Prefix("", nil, sizedPlaces[len(sizedPlaces)-1]+1)
	for i := len(sizedPlaces) - 1; i >= 0 && len(parts) > 0; i-- {
		if sizedPlaces[i] >= len(top) {
			continue
		}
		of := top[sizedPlaces[i]]
		err := r.db.Each(ctx, "EXPLAIN ESTIMATE "+strings.Join(parts, " UNION ALL "), map[string]any{"project": of.Name}, func(row func(...any) error) error {
			var database, table string
			var touched, rows, marks uint64
			if err := row(&database, &table, &touched, &rows, &marks); err != nil {
				return err
			}
			if t := tables[database+"."+table]; t != nil && rows > 0 {
				t.Sizes = append(t.Sizes, Size{float64(of.Total), t.within(touched, rows, marks, float64(of.Total))})
			}
			return nil
		})
		if _, refused := chschema.Refused(err); refused {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look up how many rows %s has: %w", of.Name, err)
		}
	}
	for name, t := range tables {
		r.sized[name] = sized{t.Rows, t.Sizes}
	}
	return nil
}

// within is about how many of the rows that the index leaves, in so many parts and
// marks, are those of a project of so many downloads: a run of rows begins and ends
// within a granule. Of one that is shorter no more is known than of all projects.
func (t *Table) within(parts, rows, marks uint64, downloads float64) float64 {
	if inside := float64(marks-parts) * t.GranuleRows(); marks > parts && inside > t.GranuleRows() {
		return math.Min(inside, float64(rows))
	}
	return math.Min(float64(rows), cmp.Or(t.rowsByKeySpace(downloads), t.GranuleRows()))
}

// sized is what was looked up when a table had so many rows. It is looked up
// again when these are others by the part resizeAt.
type sized struct {
	rows  uint64
	sizes []Size
}

const resizeAt = 0.1

// RowsOf is about how many rows of an aggregate a project of so many downloads has:
// as many as those that were looked up tell, in between and beyond them by the
// power of the downloads that leads from one to the next; by KeySpace where none
// was. 0 where nothing is known.
func (t *Table) RowsOf(downloads float64) float64 {
	if len(t.Sizes) == 0 || downloads <= 0 {
		return t.rowsByKeySpace(downloads)
	}
	at := 0 // of the two sizes that downloads lies between, or nearest to
	for at+2 < len(t.Sizes) && downloads > t.Sizes[at+1].Downloads {
		at++
	}
	low, power := t.Sizes[at], 1.0
	if at+1 < len(t.Sizes) {
		if high := t.Sizes[at+1]; high.Downloads > low.Downloads {
			power = math.Log(high.Rows/low.Rows) / math.Log(high.Downloads/low.Downloads)
			if downloads < low.Downloads || downloads > high.Downloads {
				power = math.Max(0, math.Min(1, power))
			}
		}
	}
	return math.Min(downloads, low.Rows*math.Pow(downloads/low.Downloads, power))
}

// TellsRows reports that RowsOf knows something.
func (t *Table) TellsRows() bool { return len(t.Sizes) > 0 || t.KeySpace > 0 }

// rowsByKeySpace is what KeySpace tells of it; 0 where it is unknown.
func (t *Table) rowsByKeySpace(downloads float64) float64 {
	if t.KeySpace <= 0 {
		return 0
	}
	return t.KeySpace * -math.Expm1(-downloads/t.KeySpace)
}

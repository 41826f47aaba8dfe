package query

import (
	"fmt"
	"strconv"

	"clickql/internal/catalog"
	"clickql/internal/cube"
	"clickql/internal/fault"
)

// GroupColumns are the columns of the queries that rank projects: a name, its
// downloads, and for HotQuery the largest relative rise.
type GroupColumns struct {
	Project string
	Total   int64
	Growth  float64
}

// EmergingQuery asks for the most downloaded projects whose first download is on
// since or later, ties by name. Errors are *Error with Uncovered.
func EmergingQuery(snap *catalog.Snapshot, since cube.Day, first int) (*Query, error) {
	w, err := writerFor(snap, SplitOf(cube.Slice{AllTime: true}, cube.Project, first, nil))
	if err != nil {
		return nil, err
	}
	days, err := writerFor(snap, Request{Slice: cube.Slice{AllTime: true}, Kind: Extent, Dim: cube.Project})
	if err != nil {
		return nil, err
	}
	began := "min(" + days.table.TimeColumn + ")"
	if e := days.extents; e != nil {
		began = "min(" + catalog.Ident(e.Min) + ")"
	}
	project := cube.Project.Column()
	young := "SELECT " + project + days.from() + "\nGROUP BY " + project + "\nHAVING " + began + " >= " + w.params.add(since)
	w.where = append(w.where, project+" IN (\n"+young+")")
	return w.ranking(first), nil
}

// StaleQuery asks for the most downloaded projects that uploaded something, but
// nothing within the months before the newest upload of all, ties by name.
// Errors are *Error with Uncovered.
func StaleQuery(snap *catalog.Snapshot, months, first int) (*Query, error) {
	w, err := writerFor(snap, SplitOf(cube.Slice{AllTime: true}, cube.Project, first, nil))
	if err != nil {
		return nil, err
	}
	m, err := metadataOf(snap, "upload_time")
	if err != nil {
		return nil, err
	}
	// Names are normalised once for each way of writing them, not for each file.
	old := "SELECT " + catalog.NormalisedName + " AS project FROM (SELECT name, max(upload_time) AS at" + m.from() + "\nGROUP BY name)" +
		"\nGROUP BY project" +
		"\nHAVING max(at) < (SELECT addMonths(max(upload_time), -" + w.params.add(int64(months)) + ")" + m.from() + ")"
	w.where = append(w.where, cube.Project.Column()+" IN (\n"+old+")")
	return w.ranking(first), nil
}

// HotQuery asks for the projects with the largest relative rise of downloads
// from one calendar month to the next, of the months from since, the first day
// of one, among the projects that have at least so many downloads in them; ties
// by name. Projects that never rose are left out. Errors are *Error with
// Uncovered.
func HotQuery(snap *catalog.Snapshot, since cube.Day, least int64, first int) (*Query, error) {
	s := cube.Slice{Days: cube.Range{From: since, To: snap.Days.To}}
	w, err := writerFor(snap, SplitOf(s, cube.Project, first, nil), SeriesOf(s, cube.Monthly))
	if err != nil {
		return nil, err
	}
	w.where = append(w.where, w.table.TimeColumn+" >= "+w.params.add(since))
	project := cube.Project.Column()
	months := "SELECT " + project + " AS " + colValue + ", toRelativeMonthNum(" + w.table.TimeColumn + ") AS nth, " +
		counted(w.table) + " AS downloads" + w.from() + "\nGROUP BY " + colValue + ", nth\nHAVING downloads > 0"
	sql := "SELECT " + colValue + ", sum(downloads) AS " + colTotal + ", arraySort(groupArray((nth, downloads))) AS months, " +
		"arrayMax(arrayMap((at, before) -> if(at.1 = before.1 + 1, (at.2 - before.2) / before.2, -1), " +
		"arrayPopFront(months), arrayPopBack(months))) AS growth" +
		"\nFROM (\n" + months + ")\nGROUP BY " + colValue +
		"\nHAVING " + colTotal + " >= " + w.params.add(least) + " AND length(months) > 1 AND growth > 0" +
		"\nORDER BY growth DESC, " + colValue + "\nLIMIT " + strconv.Itoa(first)
	return w.query("SELECT " + colValue + ", " + colTotal + ", growth FROM (\n" + sql + ")"), nil
}

// ranking asks for the most downloaded projects that the writer's conditions
// leave.
func (w *writer) ranking(first int) *Query {
	return w.query("SELECT " + cube.Project.Column() + " AS " + colValue + ", " + counted(w.table) + " AS " + colTotal + ", toFloat64(0) AS growth" +
		w.from() + "\nGROUP BY " + colValue + "\nHAVING " + colTotal + " > 0\nORDER BY " + colTotal + " DESC, " + colValue +
		"\nLIMIT " + strconv.Itoa(first))
}

// query is a query with the writer's parameters.
func (w *writer) query(sql string) *Query {
	return &Query{Table: w.table.FullName(), SQL: sql, Params: w.params, EstimatedRows: float64(w.table.Rows)}
}

// writerFor is a writer on the cheapest table that can answer all of the
// requests, which are about one slice.
func writerFor(snap *catalog.Snapshot, reqs ...Request) (*writer, error) {
	b := &bundle{}
	for i, r := range reqs {
		o := ordered{r, i, r.givesTotal()}
		b.parts = append(b.parts, partsOf([]ordered{o}, snap.Days)...)
	}
	c := costing{snap, widthsOf(snap)}.chooseOne(b)
	if c.table == nil {
		return nil, uncovered(reqs[len(reqs)-1], snap)
	}
	return &writer{table: c.table, extents: c.extents}, nil
}

// metadataOf is a writer on the table of metadata.
func metadataOf(snap *catalog.Snapshot, columns ...string) (*writer, error) {
	if !snap.Metadata {
		return nil, &fault.Error{Code: fault.Uncovered, Message: fmt.Sprintf("this database has no table %s, which tells about releases", metadataTable)}
	}
	for _, c := range columns {
		if snap.MetadataColumns[c] == "" {
			return nil, &fault.Error{Code: fault.Uncovered, Message: fmt.Sprintf("the table %s of this database has no column %s", metadataTable, c)}
		}
	}
	return &writer{table: &catalog.Table{Database: snap.Database, Name: metadataTable}}, nil
}

// Package upgrade brings a live database to the present schema, while rows are
// loaded and read: columns, tables, views, and the mapping of exports where that is
// the program's own.
//
// What there is to do is read from the database each time (ddl.PlanUpgrade), and
// each statement leaves a database that can be loaded and served. So an upgrade
// that was ended anywhere is carried on by running it again. It is done as the
// writer: a load that runs is waited for, and none sees the tables change under it.
package upgrade

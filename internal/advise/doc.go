// Package advise proposes aggregates for what a gateway is asked. From the
// shapes of query in the log (internal/asked) it makes candidates: for each
// question the smallest table that would answer it, and the smallest ones that
// would answer two (the lattice of Harinarayan, Rajaraman and Ullman,
// "Implementing data cubes efficiently", 1996). What a candidate saves is what
// the gateway's own planner says: every question is planned again with the
// candidate among the tables, as large as it is estimated to be. Candidates are
// then taken one after another, always the one that saves the most rows for each
// byte of disk beside those taken before.
//
// It is pure: equal inputs give equal advice, ties are broken by name, and the
// only thing that needs the database, how large an aggregate would be, is asked
// of the caller.
package advise

// Package tables reads what one insert into a table fills: the views on it, the
// tables that they fill, the views on those, as the server has them registered, so
// that none is forgotten.
//
// A view whose SELECT is a plain GROUP BY is understood as a Grouping and can be
// computed from any table that covers it; any other is run as it stands over
// another source. A Witness is how the total of a table's partition is computed,
// by which a move can be judged.
package tables

// Package cube is the vocabulary of downloads: the dimensions that they are
// counted by, days and runs of them, intervals with the buckets that they divide
// days into, and slices, which are what questions are about.
//
// # Dimensions
//
// What is known of a dimension is one row of the table in dimension.go. Whoever
// needs a dimension ranges over Dimensions and asks it: which column holds its
// values, in which form, what the planner expects of it, how names of tables and
// of filters call it, what people call its values. A row leaves nothing out, or
// does not compile. What cannot be derived from it are the places that a person
// has to write: the enum and the filter in the GraphQL schema, the column of the
// raw table and where the loader gets it from, and what the test data hold. Tests
// range over Dimensions in each of these and fail for one that was forgotten.
package cube

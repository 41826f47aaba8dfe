// Package graph answers GraphQL: it turns selections into requests to the
// loader and results into objects, and nothing more. It writes no SQL and knows
// no table.
//
// One operation goes through these steps:
//
//  1. gqlhttp's guard parses it, holds it against the limits, and validates it
//     (validation.go: package coerce says what a value of a type is). Variables
//     are read, so that what is none of its type is refused before anything runs.
//  2. compile.go walks the selection once and makes a tree of nodes of it, each
//     with what its arguments mean or what is wrong with them.
//  3. Each node's gather function says what it needs; package rounds announces
//     what is needed together to the loader, which merges it into few queries.
//  4. The resolvers take the node of their field, load what it needs one by one
//     and find it there or on its way. A mistake in arguments is told here, at its
//     place, and costs nothing else.
//  5. What they give is written by outlines (write.go) where all that is selected
//     of it is at hand, as in a series or the leaves of a split, and otherwise by
//     the generated code, for which every element of a list is a goroutine, a
//     field context and forty allocations.
//
// A type or root field is one file: what its arguments mean, what it asks, its
// resolvers and its outline. compile.go has the table of them. The generated code
// knows no arguments (gen.go).
//
// What goes wrong is told by errors.go alone.
package graph

//go:generate sh -c "cd .. && go run graph/gen.go"

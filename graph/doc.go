// Package graph answers GraphQL: it turns selections into requests to the
// loader and results into objects, and nothing more. It writes no SQL and knows
// no table.
//
// One operation goes through these steps:
//
//  1. gqlgen parses and validates it (validation.go: mistakes in values are
//     left to the field that has them), and the limits refuse what is too deep
//     or too wide before any work is done (limits.go).
//  2. compile.go walks the selection once and turns it into a tree of what is
//     asked of each object, arguments converted. ask.go does the conversion,
//     for the walk and for the resolvers alike, so that they cannot disagree.
//  3. collect.go hands everything that is known to be needed to the loader at
//     once, so that the loader can merge it into few queries. Where a list has
//     to be loaded before its elements' requests are known, all lists of one
//     place in the selection are awaited, and then all of their elements'
//     requests are handed over at once: a drill-down costs one round for each
//     level, however many lists a level has.
//  4. The resolvers (query.go, project.go, downloads.go) load what they need
//     one by one and find it there or on its way. A request that nobody
//     announced is answered all the same, only less cheaply.
//  5. What they give is written by outlines (write.go, outlines.go) where all
//     that is selected of it is at hand, as in a series or the leaves of a
//     split, and otherwise by the generated code, for which every element of a
//     list is a goroutine, a field context and forty allocations.
//
// What goes wrong is told by errors.go alone.
package graph

//go:generate go tool gqlgen generate

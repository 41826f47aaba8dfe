// Command house measures how the packages of this repository are built: how
// many files a package has, how many lines of code, how its files refer to one
// another, and how long its longest function is. It reads syntax only, so that
// it runs on any state of the tree:
//
//	go run ./internal/house [DIRECTORY]
//
// What is counted, always without tests and generated files:
//
//   - Code is lines that hold a token of Go: no blank lines, no comments. A raw
//     string counts its lines that are not blank.
//   - A reference is a file that names what another declares at package level,
//     once for each pair of files; names counts each name of the pair. Methods
//     and fields are not counted: they follow from the type. Neither are local
//     variables and names of other packages that happen to be called the same.
//   - Back is the share of references that run against the order of the files
//     in which most run forwards: with 0 % the files are layers.
//   - A function's lines are those from its first to its last, without the
//     tables in it: composite literals in which no function stands.
package main

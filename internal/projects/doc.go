// Package projects tells what a database knows of projects beside their
// downloads, from its table of metadata, one row for each uploaded file: what
// they say of themselves, their releases, what they require and who requires
// them, whom they name; and which projects stand out (trends). What is asked,
// how the rows are read and what they mean stand together in one file each.
//
// A [Reader] asks within an operation of package fetch, and so has its memory,
// its cache and its explanations. Errors that come from asking are *fault.Error.
package projects

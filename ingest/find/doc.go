// Package find finds the files that a command is about: it lists the sources, in whole
// or what of them can be new, asks the ledger about what it finds, and reads footers.
package find

// Package verify compares what a source holds with what the tables hold, finds the
// likely cause of each difference, and writes the commands that mend it. It takes no
// lock and changes nothing.
package verify

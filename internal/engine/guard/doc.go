// Package guard watches over the reads and writes of files by ClickHouse's
// library, and ends what could not be read or written instead of letting it pass
// for nothing.
//
// The build of ClickHouse that is a library does not look at whether its calls
// succeeded (in WriteBufferFromFileDescriptor.cpp its makers took the exception
// out): on a full disk it would confirm an INSERT whose part is empty, and a table
// that is gone at the next start; on a disk with errors it takes what it cannot
// read for the end of the file, and sums up the rest.
//
// Watch therefore puts itself between the library and libc's write, read, pread
// and preadv2, in the tables of the library's dynamic linkage (linkage.go). There a
// call that fails asks, by a pipe, whether that matters (guard.go). If it does, it
// never returns: its thread waits for ever, so that nothing that relies on it is
// confirmed or answered, and lost is told, once, what failed and what to do.
//
// Confine stands before getcwd as well. The library's scalar function file(path)
// resolves the directory of user files by it, before it opens anything, each time
// that it runs; nothing else of a query does but the table function of the same name.
// Its thread asks, in the same way, whether whoever it works for may reach files, and
// a no makes the function fail. (Neither a privilege nor a setting would:
// clickhouse local has none for it. Nor would a SQL function of its name: the engine
// refuses to make one.)
//
// It works on Linux, on amd64 and arm64. Elsewhere the library's linkage is of
// another kind: there a disk that others fill, past the room that the engine
// leaves, loses writes, what a broken disk cannot read is missing from answers, and
// nobody is confined.
package guard

// Library is a library that this process has mapped.
type Library struct {
	// Path is its file.
	Path string
	// Handle is what mapping it gave.
	Handle uintptr
	// Symbol is a function of it, by which its place in memory is found.
	Symbol string
}

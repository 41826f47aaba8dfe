// Package session runs the statements of one ingest command, under query ids that
// tell whose they are.
//
// Every statement of every room goes through a Session. That is also where tests
// end a command: a hook is called before each statement, and an error of it ends
// the command there as a crash would (see Crashed), so that whatever lies between
// two statements is a point at which it can be tried.
package session

// Package engine is the embedded ClickHouse: the whole server, out of a shared
// library, in a child process that all commands on one data directory share.
//
// # Who holds what
//
// A command that opens an engine is a holder of it. The engine's process is
// the command's own executable run again (IsChild, RunChild); it alone maps the
// library. It has two sides: Go, which counts holders, and ClickHouse, which lives
// as long as a FIFO has a writer. Go is that writer.
//
//	holder, holder, ...    hold a connection each to the lease's address (lease.json)
//	engine's process       holds the lock on DIR/lock, by flock, from before its birth
//	                       (the starter takes it and passes it on) to its end
//	  Go                   holds the listener of the lease, and DIR/run/hold for writing
//	  ClickHouse           reads DIR/run/hold; holds DIR/data and the two ports
//
// Nothing of this is a record that could go stale: locks, connections and open
// files end with the process that has them, and the next one notices.
//
// # States of a directory
//
//	           lock taken by a starter, which
//	           becomes the first holder, then
//	           starts the process               the ports answer,
//	┌──────┐                       ┌──────────┐ engine.json is written ┌─────────┐
//	│ free ├──────────────────────▶│ starting ├───────────────────────▶│ serving │
//	└──────┘                       └────┬─────┘                        └────┬────┘
//	   ▲                                │ last holder leaves, start fails   │ last holder
//	   │                                ▼                                   │ leaves, SIGTERM
//	   │ process ends:             ┌──────────┐                             │
//	   │ lock and ports are free   │          │◀────────────────────────────┘
//	   └───────────────────────────┤ stopping │
//	                               └──────────┘
//
// Open tries the lock. Who gets it starts the engine. Who does not, joins: its
// connection is answered when the engine serves, or with the reason why it does not. In
// stopping the listener is closed, in one critical section with the decision, so an
// engine that takes a holder in will serve it; who is refused tries the lock again
// until it is free. An engine that serves or starts refuses nobody, so two
// commands that start at one instant end with one engine.
//
// # What each failure leaves
//
//	a holder dies, by whatever signal    its connection ends: it has left
//	the starter dies before the process  the lock is free; lease.json is of no use to anybody,
//	  exists                             as it is read only where the lock is held
//	the starter dies after that          it has left; the engine stops if nobody has joined
//	the last holder dies in a query      the query is cancelled, then as above
//	ClickHouse does not start            every waiting holder gets the reason, out of the log;
//	                                     the process ends
//	the engine crashes, or is killed     Done closes at all holders; engine.json and lease.json
//	                                     stay, the lock is free; the next Open starts anew on
//	                                     the data, which ClickHouse brings up as after any crash
//	the stop takes longer than 30 s      the process ends as if killed
//	the disk has little room             INSERT and merges are refused (roomLeft), the rest goes on
//	the disk fails to read or write      nothing that relies on it is answered or confirmed: the
//	                                     process ends like one that crashed, and every holder gets
//	                                     the reason (package guard; on Linux: elsewhere this
//	                                     build of ClickHouse does not notice)
//	a part on disk is damaged            no start: its rows would silently be missing
//
// # Accounts
//
// The passwords are made once per directory, and both are in engine.json and
// accounts.json, which only their owner can read (0600). The administrator may do
// everything, read and write any file of the user's among it.
//
// The reader may read every table and view of this engine, and of system what
// introspection needs, run any function that needs no privilege, and lower its
// limits (Limits). It cannot change data, and table functions that reach files or
// the network are denied to it by ClickHouse. Two doors have no privilege in
// `clickhouse local`, and are shut in other ways (confine.go):
//
//   - settings that name files of formats, by which it could read a file and, with
//     output_format_schema, write one, are fixed in its profile;
//   - the scalar function file(path), which takes any path: on Linux, on amd64 and
//     arm64, package guard refuses it, by any road to it, to every query that is not
//     the administrator's. Elsewhere it is open, and the reader's password is
//     worth as much as the administrator's.
//
// What the gateway sends is its own SQL only; this is for the day on which it is
// not. As default, the account of the library's own session, nobody else can log
// in.
//
// # Files
//
//	DIR/engine.json      how to reach the engine, while it answers (Info)
//	DIR/accounts.json    the passwords
//	DIR/lock, lease.json see above
//	DIR/conf, run        written anew by every start
//	DIR/log/engine.log   warnings and errors, and why a start failed
//	DIR/data             ClickHouse's own
package engine

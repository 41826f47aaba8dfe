// Package ingest loads exports of PyPI downloads into ClickHouse, each file
// exactly once, whatever ends it half-way.
//
// This package only wires its rooms together, each of which imports those below it
// and none above or beside it:
//
//	load  repair  backfill  retire  shadow  the commands that write
//	verify                                  and the one that only compares
//	count          publish                  counting by day; moves, swaps, recovery
//	find           stage                    which files; private copies
//	config                                  configuration, progress, summary
//	export (gcs, s3, azure, web)            files: sources, footers, mapping
//	ledger                                  lines, states, lock, signs of life
//	tables                                  what one insert fills
//	session                                 statements
//
// and shards, which finds the databases of one command: find, load and verify are
// handed one of each shard.
//
// What follows is the argument of all of them together.
//
// # The unit and its states
//
// The unit is a batch: some files, each at a fixed generation (see Object). Its
// life is written into the ledger, tables in the same database that only grow:
//
//	planned -> staging -> staged -> publishing -> done
//	    \________\__________\__________> failed
//
//	planned     the batch and its files are in the ledger
//	staging     a private database of the batch exists; copies of the raw table
//	            and of every table that a view fills from it are being filled
//	staged      the copies are complete: stored and rejected rows add up to the
//	            Parquet footers, every table of counts adds up to the stored rows,
//	            and no file has changed since it was listed
//	publishing  the ledger holds, for each partition of each table, its total
//	            before and what the batch adds; partitions are being moved
//	done        everything is public
//	failed      given up, with the reason, before anything of it was public
//
// A batch's state is the greatest that any line gives it. No clock decides
// anything.
//
// # What a failure leaves behind
//
//	died in                 public          left over           the next command
//	planned, staging,       nothing of it   private database    drops it, writes failed;
//	staged                                                      its files are planned again
//	publishing              any part of it  private database    judges each move by totals,
//	                                                            does those that did not happen
//	done                    all of it       private database    drops it
//	failed                  nothing of it   private database    drops it
//
// Recovery is the first thing that every command which writes does. Between a
// crash in publishing and that recovery readers see some tables with the batch
// and some without it; within one partition of one table they see all of it or
// nothing. They never see a row twice.
//
// # Why a move can be judged
//
// ALTER TABLE ... MOVE PARTITION is not atomic under a crash of the server: it
// renames each part into the target, then clears the source, part by part. So
// each staged partition is first brought to exactly one part. Nothing is inserted
// into it afterwards and merges never make more parts of one, so one it stays.
// The target's side of the move is then a single rename: it has happened or it
// has not. Which of the two, the target itself tells: the sum of the counts (the
// number of rows, for the raw table) of a partition does not change under merges,
// and every move adds a known amount above zero. The total is what it was before:
// not landed; or that and the delta: landed, and rows that are still in the
// private table are a copy, to be dropped with it. Any other total means that
// somebody else has written to the table: the load stops, and says which
// partition holds what and should hold what. Tables of first and last days take
// the same rows twice without a change of meaning and are moved again. Each move is
// judged alone, so those of several tables go side by side, in no order.
//
// A partition is not read for its total each time, which would let a load cost what is
// there. It is the sum of what its parts add up to, as they are listed at one moment, and
// a part never changes: what is inserted, merged, mutated or masked makes another. The
// ledger keeps what each part that a load has found adds up to under the table's UUID and
// definition, the part's name, and the digest that the server has of all its files
// (hash_of_all_files). So nothing is inferred of what has happened since, and no line
// can be out of date: one is found as long as there is a part of that very content, or
// not at all, whatever was restored, exchanged, detached or begun anew with names that
// come again. Only parts that are not known are read, and count once they are seen in a
// list that was made after reading them, as one that was merged away is read as nothing.
// Where parts do not say what the rows are, since a mutation is not done or patch parts
// lie over them, where none is listed, which a server does that is still loading its
// tables, or where the account may not list them, the partition is read as a whole. So is
// every one that a recovery judges: what tells whether a killed move has happened is what
// is there, and nothing that was written before.
//
// Materialized views do not fire on a move. The copies of their tables are
// filled by the same SELECTs instead, taken from the views that the server has
// registered, so that no table is forgotten: a plain count by columns is computed
// from the smallest staged table that covers it, anything else by its own SELECT
// over the staged rows. Tables and views are looked at again before a batch is
// published: if any was created, dropped or altered since, the batch is given up, so
// that no new view misses it, nor can its move be refused half-way. Only a change in
// the moments of publishing itself is not noticed.
//
// # Whole tables: repair, backfill, promotion
//
// A repair, a backfill and the promotion of a shadow put whole tables in place of
// public ones. Each table's successor is built in the batch's private database:
// what stays of a table comes into it by hard links (ATTACH PARTITION FROM), days
// that go are masked there by a lightweight DELETE, and what is new is inserted.
// Nothing of that is public. What is rebuilt of a successor is compared with what it
// should hold, day by day, before anything is published; tables without days are
// computed anew from the smallest successor that has them and agrees with the raw
// table's. What the raw table holds of other days the ledger says, of each partition
// that has as many rows as that; only others are read.
//
//	planned -> staging -> staged -> publishing -> done, as with loads
//
// The ledger holds a swap for each table: the UUID of the one that is to become
// public. EXCHANGE TABLES, and RENAME where there is no public one, are a single
// rename each, and the UUID of the table that goes by the public name tells
// afterwards whether it happened. Recovery does those that did not. A statement of
// a writer that was taken over cannot exchange the tables back: it names a private
// database that has been renamed. Views follow names, so they fill the successors
// from then on. Before the first exchange every public table must still be made of what
// it was when its successor was built: of as many blocks, and through the same
// mutations (PartsWitness), which costs no reading. If one is not, as somebody else has
// written to it, the batch is given up: its private database is dropped, which nobody can do
// who has been taken over, and then "failed" is written, though its state was
// publishing. Rows that somebody else inserts between that look and an exchange, a
// moment, go with the old table.
//
// Raw rows are sometimes dropped when they are old, and aggregates keep what they
// counted. What is dropped on purpose is a batch too: the ledger holds a swap for each
// partition, with its rows, and takes them off its days. Before the first is dropped
// every aggregate that can be compared holds what they do. After a crash a partition
// that has as many rows as then is dropped, an empty one has been, and any other count
// is somebody else's doing: where none has been dropped the batch is given up. Of days that the raw table has no rows of, what the tables of days hold
// stays, and goes into what is computed from one that agrees with the raw table on
// all others; where none does, a repair is refused, and so is a backfill of what
// begins before the raw table.
//
//	died in                 readers see                        the next command
//	before publishing       the tables as they were            drops the private database
//	publishing              each table as it was or as it is   exchanges the others
//	                        to be, whole in either case
//
// The ledger knows files, not rows: what it holds as loaded is the last that was
// done with each file (Ledger.InForce). A repair takes in files that are new or were
// replaced, all of whose days it rebuilds, and marks those whose place others take.
//
// Where replicas keep a table none can take its place on all of them at once. A repair
// and a promotion replace the partitions that differ there, each with one transaction in
// Keeper, and judge each by totals as moves are; that of a ledger table, which has no
// total, is replaced once more by the same, as no line of another batch comes to it before
// the writer that carries this on says that it is done.
//
// A backfill outlives commands, so what it prepares is in a database of its own,
// clickql_fill_DATABASE_TABLE, with a lock of its own:
//
//	nothing -> arrivals and their view, snapshot -> ready -> ranges -> published
//
// Under the writer's lock, so that no load publishes, a private view begins to
// collect what arrives, and the source's parts are kept by hard links. Loads know
// the view like any other, since they read the server's. If the raw table counts
// the same before and after, nothing is in both or in neither. Without the lock
// each range of days is computed into a table that gets its final name by a
// rename. Under the lock again arrivals and ranges are put together by hard links,
// compared with the raw table, and swapped in; should somebody insert meanwhile,
// it is done again, as the private view is still there. Killed anywhere, the same
// command carries on.
//
// A backfill of the raw table fills columns that files' names tell, in rows from before
// these columns. What is kept of the raw table is changed by one mutation, which the
// server carries on with by itself, part by part, also after it was killed; what it
// writes is a function of the row, so that nothing depends on how often it is asked for.
// The aggregates that count by such a column are computed from that, range by range,
// and of what has arrived. At the end a frozen copy of the arrivals goes into all of
// them, the raw table's successor included, so that they agree; each is compared with
// the public raw table, and all are exchanged as in a repair: not before each public one
// is still made of what it was when the attempt began. Until it has ended other
// backfills are refused, which would be made of rows that are not filled.
//
// # One writer at a time
//
// The lock is a table whose name ends in an epoch, clickql_ledger_lock_00000007.
// CREATE TABLE without IF NOT EXISTS succeeds for exactly one of those who try;
// a table of a smaller epoch is dropped only when a greater one exists, so the
// greatest epoch never falls, and whoever finds a greater one than its own after
// creating it has lost. The holder inserts a growing number as a sign of life.
// Another command takes over when the holder gave the lock back, when its process
// has ended on this machine, or when the number has not changed for a lease on
// the other's own monotonic clock. Clocks are never compared.
//
// A lapsed holder may still live, paused or cut off, and go on later. Safety does
// not depend on its having noticed:
//
//   - Its private databases carry its epoch in their names. A successor, after
//     creating its lock, renames all that exist, and then waits until no
//     statement of another epoch runs (query ids carry the epoch). A move that
//     began before is over when the successor judges it; one that comes later
//     names a database that is not there. An INSERT whose client is stopped before it
//     sends its line, which a server waits for however often it is killed, is not
//     waited for: killed, it refuses the line that comes after all.
//   - A private database could be created after that renaming. But before its
//     first move a writer looks whether its lock is still the greatest. If so, the
//     successor's lock came after this look, and so after the database, which the
//     successor then has renamed.
//   - The line "publishing" is written before that look too. So a successor that
//     does not find it knows that nothing was moved, and writes "failed", which
//     outranks every line that the old writer may still add.
//
// That the lock and the claims are plain DDL, also where the server has Keeper, is
// on purpose, where no table is replicated. All that they protect, public tables and
// private databases, is then on the one server that the DSN names, and so are they: they
// are there when it is and lost when it is, while a KeeperMap would outlive what it
// speaks of. A lapsed entry in Keeper would not end a statement of its owner that
// still runs on the server; renaming the private database and waiting does, and
// would be needed all the same. And two mechanisms, one for servers without Keeper,
// would let two writers in where it is configured between them.
//
// # Replicas
//
// Where the raw table is replicated (each shard of several is a database of its own, see
// below) commands may come to any replica, and what they share is kept by all of them,
// through Keeper:
//
//   - The ledger's tables are replicated, at a path of their own in Keeper. A line is on
//     two replicas before it is acknowledged (insert_quorum), as far as two are there:
//     no line is lost with a server while what it speaks of is on another.
//   - The lock is lines of such a table. The line of an epoch is inserted under a token
//     (insert_deduplication_token) that Keeper remembers: of those who try, the first
//     one's stands, whichever replica each came to.
//   - Before lines or totals are read by who holds the lock, or looks whether it still
//     does, SYSTEM SYNC REPLICA has brought what was acknowledged anywhere. Where that
//     cannot be, as Keeper is away or the only replica that has it, the command ends and
//     nothing is judged.
//
// A batch is prepared on the one server that the DSN names, in copies of plain engines
// in its private database. A partition of it is published by ALTER TABLE ... ATTACH
// PARTITION FROM: one transaction in Keeper, which has happened for all replicas or for
// none; the others fetch the part. Its total tells which, as with moves. And it cannot
// happen twice: Keeper knows an attached part by its checksum and passes over it the
// second time. So that this holds of no other part, of another batch with equal rows,
// private copies give every part a UUID of its own (assign_part_uuids).
//
//	lost while publishing   what is there                      the next command
//	the loader              any part public                    on the same server: judges, carries on
//	the server              as Keeper has it                   after its start: waits for its own log,
//	                                                           judges, carries on
//	Keeper, a session       a statement fails, or its          the same
//	                        outcome is not known
//	another replica         nothing of the batch               it fetches when it is back; lines are on
//	                                                           one replica meanwhile
//
// Of the hosts that a DSN names a command takes the one on which a batch is half
// published, or else that of the command that is at work, or the first that answers. One
// that comes to another replica than that of a half published batch refuses, and names
// that one: what is still to be published is on its disk
// alone, and a paused writer there could still publish it. Batches that were not being
// published it gives up: their writer looks at the lock after its line "publishing",
// and one of the two sees the other.
//
// A repair cannot put a whole table in another's place on all replicas. It replaces the
// partitions that differ, ALTER TABLE ... REPLACE PARTITION FROM, each one transaction in
// Keeper. The ledger holds each one's total before: one that has it still, or that of its
// successor, is not foreign, and the first is replaced, maybe once more, by the same.
// Readers see each partition as it was or as it is to be. Shadows, and backfills of the raw
// table's columns, exchange whole tables: they refuse replicated ones.
//
// A backfill of an aggregate is published so too. Rows arrive at any replica, so that no
// private view collects them all, and there is none. Each partition of what history is
// computed from is kept by hard links, on the server that the DSN names, in a table whose
// name is a digest of the definition and of what the partition held: its last block and
// mutation, which Keeper has numbered, its total, and whether a mutation was under way. It
// gets that name if the partition held the same before and after it was linked, and the
// links the same total. Ranges of days are computed from it into tables of the same digest,
// each of which is there whole or not at all, without the writer's lock. Under the lock, and
// when this server has all that was acknowledged anywhere, partitions that hold something
// else by then are kept and computed once more. What the digests of this moment name is put
// together and compared with the raw table, and replaces the public partitions that differ.
//
//	lost                     what is there                   the same command
//	the loader, or a lapsed  tables by digests, which are    uses those that are of what
//	one that lives on        true whenever they were made    the partitions hold now
//	the server, for good     nothing of it on others         begins anew on another replica
//	while publishing         partitions as they were or are  as with repairs: the next that
//	                         to be, the swaps in the ledger  writes there replaces the rest
//
// Somebody's own INSERT through another replica, whose rows are in the raw table when they
// are kept and come into the aggregate only after it was compared for the last time, is
// counted twice in it; of those through the same server it is waited for the end.
//
// # Shards
//
// Where the raw table is Distributed, a load goes into the tables that it leads to, on
// one server of each shard. A file goes whole into one of them: each shard's ledger,
// lock, batches and moves are then its own, and all that is said here of one database
// holds of each, replicated or not. By the project of a row, each file would be read by
// every shard, and a batch would be public when that was so on all of them, which no
// statement of ClickHouse decides at once. What is lost by it is little: groups are
// finished where the question is asked anyhow, as a project's rows are small once they
// are added up.
//
// Where a file goes is said by no rule, which another number of shards would change, but
// by the ledgers: in the shard that has it as loaded it stays for ever, and one that no
// ledger has may go to any, as nothing of it is public. Loads choose the one that they
// have given the fewest bytes. For that to be so at the moment of choosing, and until
// what was chosen is public,
//
//   - a load takes the locks of all shards, in their order, and brings what each ledger
//     has open to an end, before it asks them about files. A shard of which no server
//     answers ends it: its ledger may hold any file.
//   - A batch can be published only by who holds its shard's lock, or has not been seen
//     to have lost it, and not any more once a successor has recovered that shard. So when
//     somebody has come to choose, with all shards recovered, whatever was chosen before,
//     by anybody, is either public, and in a ledger, or never will be.
//   - Loads that know of other shards than this one, as one has been added meanwhile,
//     have some in common with it, and so exclude it.
//
// Batches of different shards do not wait for one another. A shard that fails while
// loading ends with its error, and the others load what they were given. Helpers help
// each shard's holder. A load into the database of one shard, given by itself, asks no
// other ledger: a file that is given so to two shards is in both, which verify tells.
//
// A backfill fills each shard's aggregate from that shard's raw table, one shard after the
// other, in no common step: what is in front of them adds up right as each is filled, and
// one that cannot be filled is wrong as it was. It creates nothing, since a table that is
// new has to be on all shards, and one in front.
//
// # Many that prepare
//
// Staging is the dear part and touches nothing public, so it may be done by
// many: workers in the holder's process, and helpers, which are processes on
// this or other machines that hold no lock. The queue is the ledger: what the
// holder has planned and nobody has claimed. Publishing stays with the holder,
// one batch after another, each with the totals that the one before left.
//
// The claim is the private database itself. CREATE DATABASE without IF NOT
// EXISTS succeeds for exactly one of those who try, and the name is free again
// only after the batch is done or given up, when nothing that is made under it
// matters any more: sweeping removes it. A helper gives signs of life in a table
// of it, and when all its statements have been answered writes the outcome into
// that table's comment. Then the holder publishes it like its own, if it agrees
// with the footers and was made of the very tables and views that the holder
// knows.
//
// Only the holder judges claims. Of a helper that gives no sign of life for a
// lease, or gives the batch up, it voids the claim in its own memory and prepares
// the batch again in another database, whose name carries the number of the
// attempt; no one else makes attempts but the first. What a voided helper does
// later it does to a database that is never published: it issues no statement
// that names a public table but to read it. So whether it lives is without
// meaning for what becomes public, as every clock is.
//
// A successor of the holder knows nothing of voided claims, and needs not to: of
// several attempts at a batch that is being published the last is the one, since
// attempts are made one after the other, and none once publishing has begun. Two
// databases of one attempt can exist only where a late helper has made the
// first attempt's again under its old name, after a successor had taken the name
// away; of these, the one with the greater epoch is real.
//
// # Limits
//
// What ClickHouse has acknowledged is taken as kept: a loss of power can lose it
// unless the server is set to fsync. Public tables of other engines than
// MergeTree, SummingMergeTree, AggregatingMergeTree and ReplacingMergeTree, and
// tables with a TTL, are refused. Whole tables are not replaced in databases of
// another engine than Atomic, nor the inner tables of views without TO, which know
// them by their UUID. A local file, or one of a web server that gives no ETag, that is
// replaced by one of the same size within the same second is not noticed; one that is reached by two
// paths, by a symbolic link, is two files. Waiting for a lapsed writer's statements
// takes that they can be seen: where commands use several accounts, each needs
// SHOW PROCESSES.
package ingest

// Package lockmgr is the lock manager of relations and advisory locks: PostgreSQL's eight modes and their conflict table,
// first-in first-out queues, locks of a transaction and of a session, and the search for deadlocks. Rows are locked in the
// store (package kv); a search follows the waits of both.
//
//	Manager ─► lock (by Tag) ─► grants: owner, modes
//	                         └► queue of requests
//	Owner   ─► what one session holds, in the order it was taken, and what it waits for
//
// A statement locks every table that it reads, so this has to cost next to nothing. The three weak modes (ACCESS SHARE, ROW
// SHARE, ROW EXCLUSIVE) do not conflict with each other: while nobody holds or wants a strong mode of a relation with the
// same hash, they are only noted in the owner's own list, behind a mutex that nobody else takes. Whoever wants a strong mode
// announces that first and then moves the weak locks of all owners into the shared table.
package lockmgr

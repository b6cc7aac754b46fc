// Package dml holds the operators that change rows: Insert, Update, Delete.
//
// Each pulls a batch from its input, works on whole vectors, and talks to the store a constant number of times per
// batch, whatever the number of rows and indexes:
//
//	Insert   NOT NULL and CHECK over the vectors → keys of the rows and of all unique indexes → one Lock, which returns
//	         what is there already (23505, or the rows of ON CONFLICT) → Put rows and index entries
//	Update   one Lock of the rows, which returns their newest versions → SET over the vectors → NOT NULL, CHECK → one
//	         Lock of the unique keys that change, if any → Delete and Put what changed
//	Delete   one Lock of the rows → Delete rows and index entries
//
// An UPDATE or DELETE of one row by its primary key has no input: the Lock that locks the row also reads it.
//
// READ COMMITTED. When another transaction changed a row after the statement's snapshot (LockedValue.Changed), the row's
// columns are replaced by the newest version and the whole condition is tested again, as PostgreSQL does; a row that is gone
// or does not satisfy it any more is left alone; one that has another key now is followed to it (exec.Follow), and MERGE chooses anew what to do with
// such rows (merge_retry.go). A row that this statement changed already (LockedValue.Own, or met twice in a
// batch) is not changed again; if a statement inside of this one changed it, that is an error.
//
// Errors come in the order of the rows, as if each row were finished before the next: if row 5 of a batch violates NOT NULL,
// rows 0 to 4 go through their unique checks first.
//
// Triggers and foreign keys (events.go) are a nil check for a table without any. BEFORE triggers FOR EACH ROW make the operators go row by
// row, so that each call sees what the statement did before. Everything after the statement, the AFTER triggers and the foreign keys
// that are not satisfied at once, goes to exec.Events, which the session fires.
//
// target.go has what the three share: checks, error texts, keys; source.go the rows to update or delete; updater.go the second
// half of an update, which ON CONFLICT DO UPDATE uses too.
//
// Trees. Rows of a partitioned table, or of a table that others inherit from, go through the operator of their own table: RoutedInsert
// (route.go) finds the partition, Tree (tree.go) reads the table's OID from its input. Each member has its table's layout, checks, triggers
// and indexes, and is fed with batches (feed.go). An UPDATE that gives a row another partition deletes it there and inserts it anew
// (mover.go). Merge (merge.go) feeds the operators of its actions the same way. Triggers FOR EACH STATEMENT are those of the table that the
// statement names (statement.go).
package dml

// Package ddl executes the statements that change the schema: CREATE, ALTER, DROP, TRUNCATE, COMMENT.
//
// An Executor runs one statement inside the session's transaction: it reads and changes descriptors through catalog.Txn
// and rows through the kv.Txn below it, so a statement has its effect with the transaction or not at all. What needs names
// and types of expressions resolved (DEFAULT, CHECK, the query of a view) comes through the Binder that the session gives it;
// the package knows syntax trees and descriptors, no plans.
//
// Every statement follows the same steps:
//
//  1. Find the objects by name in the newest catalog and lock their descriptors exclusively. That waits for the
//     transactions that write to those tables (they hold the lock shared); after a wait the name is looked up again.
//  2. Check the change, with PostgreSQL's errors.
//  3. Write the next versions of the descriptors (Txn.Create, Update, Drop).
//  4. Change the data. Rows are read with a snapshot taken after the locks, in batches. A dropped or rewritten key space is
//     removed with one range delete; older snapshots still see it, with the older catalog that belongs to them.
//
// A table is rewritten into a new key space only when its keys change: ADD or DROP PRIMARY KEY. ADD COLUMN with a default
// that is a constant notes the value in the descriptor; other defaults are computed and the rows written again in place.
//
// PostgreSQL gives objects names when the statement does not, and reports dependencies in a certain order; name.go and
// depend.go follow it.
package ddl

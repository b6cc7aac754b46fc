// Package fkey checks that rows find the rows that their foreign keys refer to.
//
// Child is one foreign key of one table that a statement writes to. Check takes a batch of rows, encodes the distinct keys that they
// refer to, and locks all of them FOR KEY SHARE with one call, which also tells whether they exist. A key that was found stays: it is
// locked against others, and if the transaction itself takes it away, the other side of the constraint notices. So rows that found
// theirs are done with, and a key is locked once for a statement however many rows refer to it. The rows that found nothing may
// still find it at the end of the statement, or of the transaction if the constraint is deferred: they wait in an exec.EventGroup,
// and Settle looks again.
//
// The other side, what happens to rows whose parent goes, is the session's, which runs the Queries for it.
package fkey

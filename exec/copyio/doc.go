// Package copyio reads and writes the data formats of COPY: text, CSV and binary.
//
// A Reader is an operator (exec.Operator): it takes the client's chunks, splits them into rows and fields, and yields batches
// of typed columns that an Insert pulls from. A Writer takes batches of a query and hands finished rows to the client. Both
// work in constant memory: one chunk, one row and one batch.
//
// Source: PostgreSQL manual, COPY; src/backend/commands/copyfromparse.c and copyto.c.
package copyio

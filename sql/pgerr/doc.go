// Package pgerr holds the one error type that clients see.
//
// Every error that reaches a client is an *Error: a SQLSTATE (type Code, one
// typed constant for each of PostgreSQL's conditions), the message in
// PostgreSQL's own wording, and the optional fields that its protocol knows:
// detail, hint, position, the names of the schema, table, column, data type
// and constraint concerned. Drivers and ORMs branch on these, so an error
// gets them where its cause is known and keeps them on its way up:
//
//	return pgerr.New(pgerr.UniqueViolation,
//		"duplicate key value violates unique constraint %q", name).
//		WithDetail("Key (%s)=(%s) already exists.", cols, vals).
//		WithTable(schema, table).WithConstraint(name)
//
// Positions. PostgreSQL counts positions in characters from 1, and 0 means
// none. Code that works on statements holds byte offsets from 0; CharPosition
// converts, At does both in one step.
//
// Errors of lower layers (package kv knows no SQLSTATE) are turned into this
// type in one place, the session.
package pgerr

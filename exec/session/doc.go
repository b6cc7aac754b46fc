// Package session is one client's session: the traffic cop between the wire and everything below. It is the only place that
// sequences parse, plan and execute, and the only owner of transactions.
//
// The life of a statement, here a prepared SELECT (Parse, Bind, Execute, Sync):
//
//  1. Session.Parse parses the text (sql/parser) into a syntax tree, and analyze asks the plan cache (planner.Cache) for a
//     plan, made against the newest catalog. Utility statements have no plan; describeUtility finds out what they return.
//  2. The statement is kept as a prepared under its name.
//  3. Session.Bind makes a portal: decodeParams turns the parameters into values of the plan's types.
//  4. Session.Execute enters the request (statement_timeout, cancel) and starts the portal: open.
//  5. beginStatement begins an implicit transaction if there is none, lets suspended portals read their rest, and takes the
//     statement's snapshot; catalog.Txn.Reader gives the catalog that belongs to it.
//  6. refresh plans again if the catalog or a setting that plans depend on changed.
//  7. lockTables keeps the definitions of the tables that the plan writes to. If one changed while waiting, back to 5.
//  8. start makes the operators (exec/build), or takes those of the last execution, connects them with the transaction, the
//     parameters and the settings (bindRunner), and opens them.
//  9. portal.send pulls batches and hands them to the Sink, up to the row limit; then the portal is suspended.
//  10. portal.finish closes the operators and gives the command tag.
//  11. Session.Sync commits the implicit transaction: writes become durable and visible, and settings set in it stay.
//
// A simple query (Session.Simple) does the same for each of its statements, in one implicit transaction, without a portal;
// point statements that differ in literals only share a plan (shared_plan.go).
//
// An error ends the request. fail turns the errors of the layers below into SQLSTATEs; Failed rolls an implicit transaction
// back and marks a block as failed.
//
// Files: transaction.go (BEGIN to COMMIT, savepoints), prepared.go and portal.go (statements and executions), simple.go and
// extended.go (the two protocols), utility.go (statements without a plan), set.go (run-time parameters), env.go and reg.go
// (what functions ask of the session), ddl.go and ddl_binder.go (schema statements), copy.go, cursor.go, explain.go.
package session

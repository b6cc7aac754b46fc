// Package pgwire speaks PostgreSQL's frontend/backend protocol, version 3.0, with clients.
//
// A Server accepts connections; each is served by one goroutine that owns a conn and its session. The life of a message:
//
//	Server.Serve → conn.serve → conn.startup (SSLRequest, CancelRequest, StartupMessage, authentication, ParameterStatus)
//	  → conn.loop: Receive one message → conn.dispatch → session.Session → answers are appended to conn.out
//	  → one write to the socket at ReadyForQuery, Flush, or when the buffer is full.
//
// Messages are decoded by pgx's pgproto3. Rows are encoded here, straight from column vectors into the connection's
// buffer (rows.go), because that is the hot path. A connection knows messages and its session; it knows nothing of
// plans, catalogs or keys.
//
// Errors: after an error in the extended protocol messages are skipped up to Sync. An error that the client cannot
// be served after (broken framing, a panic) is FATAL and closes the connection; other sessions are not touched.
//
// Source: PostgreSQL manual, chapter "Frontend/Backend Protocol"; src/backend/tcop/postgres.c.
package pgwire

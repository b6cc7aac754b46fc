// Package settings holds the run-time parameters: what SET, SHOW, start-up packets and pg_settings know.
//
// A Param describes one: its type, unit, limits, default, who may set it and whether clients are told of changes. table.go
// lists PostgreSQL 15's; All gives them in the order of their names. A name with a dot that is not in the table is a custom
// parameter: any text.
//
// Values holds the values of one session. It stores only what differs from the defaults, so an idle session costs little.
// Each parameter has three values: the one RESET goes back to (default, configuration, start-up packet), the session's,
// and, between SET LOCAL and the end of the transaction, a local one. Changes inside a transaction are logged and undone
// by EndTransaction(false) and RollbackTo. A Values belongs to the goroutine of its session.
//
// Values are kept parsed; Show prints them as SHOW does ("4MB", "90s"), Raw as pg_settings does (in the parameter's unit).
package settings

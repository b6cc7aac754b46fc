// Package pgstat counts what happens to tables, indexes and functions, for pg_stat_user_tables and the like, by PostgreSQL's rules.
//
// A Session counts for itself, without locks, and adds to the Registry of the server between transactions, at most once in a second:
// what others see is a little late. Rows inserted, updated and deleted are kept by subtransaction until it is known whether they are to
// live.
package pgstat

import (
	"time"

	"github.com/lightsql/lightsql/sql/types"
)

// Relation is what was counted of a table or an index.
type Relation struct {
	Scans
	Inserted, Updated, Deleted               int64
	Live, Dead                               int64
	ChangedSinceAnalyze, InsertedSinceVacuum int64
	Vacuums, Analyzes, AutoAnalyzes          int64
	LastVacuum, LastAnalyze, LastAutoAnalyze time.Time
}

// Scans are how often the rows of a table were read in their order, or an index, and how many rows or entries that gave. Fetched are the
// rows that were found by an index, counted there, or by a bitmap.
type Scans struct{ Scans, Returned, Fetched int64 }

// Function is what was counted of a function. Self is Total without the functions that it called.
type Function struct {
	Calls       int64
	Total, Self time.Duration
}

// OID names a table, an index or a function.
type OID = types.OID

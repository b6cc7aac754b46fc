package plan

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/sql/expr"
)

// Tree is set in an Update or Delete whose rows are in several tables: Input has the OID of a row's table at position TableOID, and each
// row goes through the node that Leaves makes for its table.
type Tree struct {
	TableOID int
	// Tables are those that Input reads, in its order.
	Tables []*catalog.Table
	Leaves Leaves
	// Move inserts rows that an UPDATE moves to another partition: a routed Insert of the target, without input. Nil if rows stay.
	Move *Insert
}

// Leaves makes the nodes of a statement for one table of an inheritance tree: without Input, which the operator feeds, and with columns,
// checks and indexes of that table.
type Leaves interface {
	Insert(t *catalog.Table) (*Insert, error)
	Update(t *catalog.Table) (*Update, error)
	Delete(t *catalog.Table) (*Delete, error)
}

// Route finds the partition of a row. Keys are over the columns of the table that the statement names.
type Route struct {
	Table  *catalog.Table
	Keys   []expr.Expr
	Scheme *partition.Scheme
	// Subs are the routes within partitions that are partitioned again, nil for the others, by number of the partition.
	Subs []*Route
}

// Bound is a condition on the rows of a partition: partition Part of Scheme holds the key Keys, over the partition's columns.
type Bound struct {
	Keys   []expr.Expr
	Scheme *partition.Scheme
	Part   int
}

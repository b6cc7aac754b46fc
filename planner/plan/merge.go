package plan

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// Merge is MERGE: Input yields, like that of an Update, row id (NULL for a row without a match), old row, for a tree the OID of the row's
// table, then extra columns. Action, over Input, is the number of the action for a row, 0 for none. Join, over Input too, is the condition on which
// rows match: a row that changed meanwhile is tested again, and may call for another action.
type Merge struct {
	Info
	Table    *catalog.Table
	Alias    string
	Input    Node
	Action   expr.Expr
	Join     expr.Expr
	Actions  []MergeAction
	TableOID int // position in Input, 0 without one
	Tables   []*catalog.Table
}

// MergeAction is an action: one of the nodes, without input, or none. Values, over the Merge's Input, make the rows of Insert.
type MergeAction struct {
	Kind   logical.MergeKind
	Update *Update
	Delete *Delete
	Insert *Insert
	Values []expr.Expr
}

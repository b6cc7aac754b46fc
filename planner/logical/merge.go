package logical

import "github.com/lightsql/lightsql/sql/expr"

// MergeKind is what an action of MERGE does.
type MergeKind uint8

// The kinds of action.
const (
	MergeNothing MergeKind = iota
	MergeInsert
	MergeUpdate
	MergeDelete
)

type (
	// Merge is MERGE: Source yields RowID (NULL for a row of the data source without a match) and the old columns of the target, for a tree the
	// OID of the row's table, then Join, whether the rows match, the values of all actions, and Action, the number of the one to take, from 1, 0 for none.
	Merge struct {
		Target  Target
		Source  Node
		RowID   expr.ColID
		Old     []expr.ColID
		Join    expr.ColID
		Action  expr.ColID
		Actions []MergeAction
		Checks  []Check
	}
	// MergeAction: SetCols are ordinals of the target's columns, New the columns of Source with their values.
	MergeAction struct {
		Kind    MergeKind
		Matched bool
		SetCols []int
		New     []expr.ColID
	}
)

// Columns implements Node.
func (n *Merge) Columns() []Column { return nil }

// Inputs implements Node.
func (n *Merge) Inputs() []Node { return []Node{n.Source} }

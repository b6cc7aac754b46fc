package logical

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Node is a relational operator of a logical plan. Columns are named by expr.ColID, unique within the statement, so a
// rule may move expressions between nodes without renumbering. A correlated subquery refers to outer columns by their ColIDs.
// Nodes are treated as immutable: rules build new ones.
type Node interface {
	// Columns lists the output columns in order.
	Columns() []Column
	// Inputs are the child nodes in order.
	Inputs() []Node
}

// Column is an output column.
type Column struct {
	ID   expr.ColID
	Name string
	T    types.T
	// Rel is the alias under which EXPLAIN prints the column's relation; "" for computed columns.
	Rel string
	// Table and Attr say which table column this is, for RowDescription; 0 if computed.
	Table types.OID
	Attr  catalog.ColumnID
	// NotNull is known at bind time (NOT NULL column, not on the nullable side of an outer join).
	NotNull bool
}

// JoinKind is the kind of a Join.
type JoinKind uint8

// Join kinds. Semi and Anti output the left columns only. NullAnti is NOT IN (NULLs of the right side matter).
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	SemiJoin
	AntiJoin
	NullAntiJoin
)

// SetOpKind is the kind of a SetOp.
type SetOpKind uint8

// Set operations.
const (
	Union SetOpKind = iota
	Intersect
	Except
)

// LockStrength is the row lock of SELECT … FOR.
type LockStrength uint8

// Row locks, weakest first.
const (
	ForKeyShare LockStrength = iota
	ForShare
	ForNoKeyUpdate
	ForUpdate
)

// LockWait is what to do about locked rows: 0 block, 1 NOWAIT, 2 SKIP LOCKED.
type LockWait uint8

// Relations.
type (
	// Scan reads a table. Cols are the visible columns in table order (pruning happens in the optimizer). RowID, if not 0, is
	// a hidden column with the row's encoded primary key (KindStr): what UPDATE, DELETE and row locks need. IndexExprs are
	// Table.IndexExprs() over the columns: what conditions are compared with, no part of the plan.
	Scan struct {
		Table      *catalog.Table
		Alias      string
		Cols       []Column
		RowID      expr.ColID
		IndexExprs []expr.Expr
		// Statistics are, by object of Table.Statistics, its expressions over the columns: what conditions are estimated by.
		Statistics [][]expr.Expr
		// Inherit: the tables that inherit from Table are read, too, and of a partitioned table its partitions. TableOID, if not 0, is then a
		// hidden column with the OID of the table that a row is in.
		Inherit  bool
		TableOID expr.ColID
	}
	// Values is a list of rows; a FROM-less SELECT is one row of no columns.
	Values struct {
		Rows  [][]expr.Expr
		Cols  []Column
		Alias string
	}
	// FuncScan is a function in FROM: one or more calls side by side (ROWS FROM), padded with NULLs.
	FuncScan struct {
		Calls      []expr.Expr // each an *expr.Call, or a scalar expression that yields one row
		Cols       []Column    // columns of all calls, in order, then the ordinality column
		PerCall    []int       // number of columns of each call
		Ordinality bool
		Alias      string
	}
	// CTE is a common table expression that is kept apart (referenced more than once, MATERIALIZED, recursive or data-modifying). ID is
	// unique in the statement. Recursive: Query is a SetOp Union whose right side holds a CTERef with Working set.
	CTE struct {
		ID        int
		Name      string
		Query     Node
		Recursive bool
	}
	// With evaluates Body, in which CTERefs name the CTEs.
	With struct {
		CTEs []*CTE
		Body Node
	}
	// CTERef reads a CTE.
	CTERef struct {
		CTE     *CTE
		Cols    []Column
		Alias   string
		Working bool // the working table inside its own recursive term
	}
)

// Relational operators.
type (
	Filter struct {
		Input Node
		Cond  expr.Expr
	}
	// Project computes columns; Exprs[i] gives Cols[i]. A plain column is a Var with the same ID.
	Project struct {
		Input Node
		Exprs []expr.Expr
		Cols  []Column
		// Alias is set where the projection is a subquery or view in FROM ("Subquery Scan on alias").
		Alias string
	}
	// ProjectSet is a Project some of whose Exprs are set-returning calls (at any depth).
	ProjectSet struct {
		Input Node
		Exprs []expr.Expr
		Cols  []Column
	}
	// Join: On may be nil. Lateral: the right side refers to columns of the left.
	Join struct {
		Kind    JoinKind
		Left    Node
		Right   Node
		On      expr.Expr
		Lateral bool
	}
	// Aggregate groups by columns of its input (a Project below computes group expressions). Output: Groups, then Aggs.
	// Sets, if not nil, are grouping sets as indexes into Groups; GroupingCol then is an int4 column for GROUPING(): bit i is set where
	// Groups[i] is not in the row's grouping set.
	Aggregate struct {
		Input       Node
		Groups      []Column
		Aggs        []AggItem
		Sets        [][]int
		GroupingCol *Column
	}
	AggItem struct {
		Col  Column
		Call *expr.AggCall
	}
	// Window computes window calls over its input. Output: input columns, then Items.
	Window struct {
		Input Node
		Defs  []WindowDef
		Items []WindowItem
	}
	WindowItem struct {
		Col  Column
		Call *expr.WindowCall
	}
	WindowDef struct {
		Name      string
		Partition []expr.Expr
		Order     []expr.SortKey
		Frame     Frame
	}
	// Frame is a window frame; offsets are expressions without columns.
	Frame struct {
		Mode       byte // 'r' RANGE, 'o' ROWS, 'g' GROUPS
		Start, End FrameBound
		Exclude    byte // 0, 'c' current row, 'g' group, 't' ties
	}
	FrameBound struct {
		Kind   byte // 'p' unbounded preceding, '<' offset preceding, 'c' current row, '>' offset following, 'f' unbounded following
		Offset expr.Expr
	}
	Sort struct {
		Input Node
		Keys  []expr.SortKey // Exprs are Vars of Input
	}
	// Distinct keeps one row per distinct value of On (all columns if nil); with On, Keys of the Sort below decide which.
	Distinct struct {
		Input Node
		On    []expr.ColID
	}
	// Limit: Limit and Offset are int8 expressions without columns, or nil.
	Limit struct {
		Input    Node
		Limit    expr.Expr
		Offset   expr.Expr
		WithTies []expr.SortKey
	}
	// SetOp: column i of both sides (already coerced to a common type) gives Cols[i].
	SetOp struct {
		Kind  SetOpKind
		All   bool
		Left  Node
		Right Node
		Cols  []Column
	}
	// LockRows locks rows of scans (by their RowID columns).
	LockRows struct {
		Input   Node
		Targets []LockTarget
		// RowIDs: the RowID columns are needed above.
		RowIDs bool
	}
	LockTarget struct {
		Scan     *Scan
		Strength LockStrength
		Wait     LockWait
	}
)

// Data-modifying statements. They output Returning (evaluated over the new row's columns, or the old ones for DELETE), or nothing.
type (
	// Target is the modified table with a ColID for every column of it.
	Target struct {
		Table      *catalog.Table
		Alias      string
		Cols       []Column    // in the order of Table.Columns
		IndexExprs []expr.Expr // Table.IndexExprs() over Cols
		// TableOID, if not 0, stands for the OID of the table that a row goes to or is in, if that need not be Table.
		TableOID expr.ColID
		// Replaced, if not 0, is whether ON CONFLICT DO UPDATE made a row that INSERT returns; a bool, in Returning only.
		Replaced expr.ColID
		// Effects are what triggers need to know; nil for a table without any.
		Effects *Effects
	}
	// Effects are the triggers of a table or view that fire, in their order. Expressions are over positions, so that they pass through
	// the optimizer as they are.
	Effects struct {
		Triggers []Trigger
		// Generated are the table's generated columns: to be computed again after a trigger changed a row.
		Generated []Generated
	}
	// Trigger is a trigger and its bound condition, over the old row's columns followed by the new row's; nil: none.
	Trigger struct {
		*catalog.Trigger
		When expr.Expr
	}
	// Generated is a generated column, by ordinal, over the table's columns.
	Generated struct {
		Column int
		Value  expr.Expr
	}
	// Insert: Source yields one column for every table column, defaults filled in, assignment casts applied, in the order of Table.Columns.
	Insert struct {
		Target     Target
		Source     Node
		Checks     []Check
		OnConflict *OnConflict
		Returning  []expr.Expr
		Cols       []Column
		// Instead, if not 0, is the event of the INSTEAD OF triggers of a view that do the work. Source then goes on: for UPDATE with the
		// columns of the old row, which are the only ones for DELETE, and with what RETURNING needs of other relations.
		Instead catalog.TriggerEvents
	}
	// Update: Source is a plan over the target's Scan (with RowID) that yields, in order, RowID, all old columns of the target, the new values
	// of the columns SetCols (ordinals in Table.Columns), then what RETURNING needs of other relations. Returning and Checks
	// refer to Target.Cols (new row), which have ColIDs of their own, unlike Old.
	Update struct {
		Target    Target
		Source    Node
		RowID     expr.ColID
		Old       []expr.ColID
		SetCols   []int
		New       []expr.ColID
		Checks    []Check
		Returning []expr.Expr
		Cols      []Column
	}
	// Delete: Source yields RowID and all old columns, then what RETURNING needs. Target.Cols are the old columns.
	Delete struct {
		Target    Target
		Source    Node
		RowID     expr.ColID
		Old       []expr.ColID
		Returning []expr.Expr
		Cols      []Column
	}
	// Check is a bound CHECK constraint over Target.Cols, or, with View, the condition of the view of that name, which must be true.
	Check struct {
		Name string
		Cond expr.Expr
		View bool
	}
	// OnConflict: Arbiter nil with DO NOTHING means any unique index. Set and Where are over Existing (the row in the table, with
	// ColIDs of its own) and Excluded (the row that was to be inserted), both in the order of Table.Columns.
	OnConflict struct {
		Arbiter  *catalog.Index
		Update   bool
		SetCols  []int
		Set      []expr.Expr
		Where    expr.Expr
		Excluded []Column
		Existing []Column
	}
)

func (n *Scan) Columns() []Column {
	if n.RowID == 0 && n.TableOID == 0 {
		return n.Cols
	}
	out := append(make([]Column, 0, len(n.Cols)+2), n.Cols...)
	if n.RowID != 0 {
		out = append(out, Column{ID: n.RowID, Name: "ctid", T: types.Of(types.ByteaOID), Rel: n.Alias})
	}
	if n.TableOID != 0 {
		out = append(out, n.TableOIDColumn())
	}
	return out
}

// TableOIDColumn is the column TableOID.
func (n *Scan) TableOIDColumn() Column {
	return Column{ID: n.TableOID, Name: "tableoid", T: types.Of(types.OIDOID), Rel: n.Alias, NotNull: true}
}
func (n *Values) Columns() []Column     { return n.Cols }
func (n *FuncScan) Columns() []Column   { return n.Cols }
func (n *With) Columns() []Column       { return n.Body.Columns() }
func (n *CTERef) Columns() []Column     { return n.Cols }
func (n *Filter) Columns() []Column     { return n.Input.Columns() }
func (n *Project) Columns() []Column    { return n.Cols }
func (n *ProjectSet) Columns() []Column { return n.Cols }
func (n *Join) Columns() []Column {
	l := n.Left.Columns()
	if n.Kind >= SemiJoin {
		return l
	}
	return append(l[:len(l):len(l)], n.Right.Columns()...)
}
func (n *Aggregate) Columns() []Column {
	out := n.Groups[:len(n.Groups):len(n.Groups)]
	for i := range n.Aggs {
		out = append(out, n.Aggs[i].Col)
	}
	if n.GroupingCol != nil {
		out = append(out, *n.GroupingCol)
	}
	return out
}
func (n *Window) Columns() []Column {
	in := n.Input.Columns()
	out := in[:len(in):len(in)]
	for i := range n.Items {
		out = append(out, n.Items[i].Col)
	}
	return out
}
func (n *Sort) Columns() []Column     { return n.Input.Columns() }
func (n *Distinct) Columns() []Column { return n.Input.Columns() }
func (n *Limit) Columns() []Column    { return n.Input.Columns() }
func (n *SetOp) Columns() []Column    { return n.Cols }
func (n *LockRows) Columns() []Column { return n.Input.Columns() }
func (n *Insert) Columns() []Column   { return n.Cols }
func (n *Update) Columns() []Column   { return n.Cols }
func (n *Delete) Columns() []Column   { return n.Cols }

func (n *Scan) Inputs() []Node     { return nil }
func (n *Values) Inputs() []Node   { return nil }
func (n *FuncScan) Inputs() []Node { return nil }
func (n *With) Inputs() []Node {
	var in []Node
	for _, c := range n.CTEs {
		in = append(in, c.Query)
	}
	return append(in, n.Body)
}
func (n *CTERef) Inputs() []Node     { return nil }
func (n *Filter) Inputs() []Node     { return []Node{n.Input} }
func (n *Project) Inputs() []Node    { return []Node{n.Input} }
func (n *ProjectSet) Inputs() []Node { return []Node{n.Input} }
func (n *Join) Inputs() []Node       { return []Node{n.Left, n.Right} }
func (n *Aggregate) Inputs() []Node  { return []Node{n.Input} }
func (n *Window) Inputs() []Node     { return []Node{n.Input} }
func (n *Sort) Inputs() []Node       { return []Node{n.Input} }
func (n *Distinct) Inputs() []Node   { return []Node{n.Input} }
func (n *Limit) Inputs() []Node      { return []Node{n.Input} }
func (n *SetOp) Inputs() []Node      { return []Node{n.Left, n.Right} }
func (n *LockRows) Inputs() []Node   { return []Node{n.Input} }
func (n *Insert) Inputs() []Node     { return []Node{n.Source} }
func (n *Update) Inputs() []Node     { return []Node{n.Source} }
func (n *Delete) Inputs() []Node     { return []Node{n.Source} }

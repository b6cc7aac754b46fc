package plan

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Plan is a physical plan: read-only, shared by all sessions and executions. All that changes at run time lives in the
// operators that exec/build makes of it.
type Plan struct {
	Root    Node
	Columns []Column // of the result; nil: the statement returns no rows
	// Collations are those of Columns, "" where none could be derived; nil: all are the default.
	Collations []string
	Params     []types.T // $1 … as inferred
	SubPlans   []SubPlan // by expr.SubPlan.ID
	Slots      int       // number of exec params
	Nodes      int       // number of nodes, by Info.ID: the length of run-time statistics
	// Kind is the command for the tag: "SELECT", "INSERT", "UPDATE", "DELETE".
	Kind string
	// Catalog is the catalog version it was planned against.
	Catalog uint64
	// ReadOnly: it modifies and locks nothing and calls no volatile function with effects (nextval, set_config).
	ReadOnly bool
	// Tables that are written or locked: executor takes the shared descriptor lock on them.
	Writes []*catalog.Table
	// Refs are the relations that the statement names, and Modifies the tables among them that it writes to: what to lock.
	Refs, Modifies []types.OID
	// Access is what it does with them, and Calls the functions of the catalog that it calls: the privileges that it needs.
	Access []logical.Access
	Calls  []types.OID
	// EnvDependent: a constant was read in a way that depends on the session (time zone, DateStyle, 'now'): not for other sessions.
	EnvDependent bool
	// Unpopulated is a materialized view that it would read and that cannot be read; nil: none.
	Unpopulated *catalog.Table
	// Ruled: rules made other statements of this one, which are run one after the other; there is no Root then. The other fields are
	// about all of them.
	Ruled bool
	Steps []Step
	// Point is set if the whole plan is one access by a complete unique key: at most one row. The executor has a path for it.
	Point bool
}

// Step is one of the statements that rules made of one: with a plan, or NOTIFY.
type Step struct {
	Plan *Plan
	// Tag: its rows are the result, and what the command tag counts.
	Tag    bool
	Notify *ast.NotifyStmt
}

// Column is a column of a statement's result.
type Column struct {
	Name  string
	T     types.T
	Table types.OID
	Attr  catalog.ColumnID
}

// SubPlan is the plan of a subquery expression. InitPlan: uncorrelated, runs at most once per execution, when first needed. Every reference
// to it is an expr.SubPlan without Args, also in key ranges; the executor keeps the result (in exec param OutSlot) for the next one.
type SubPlan struct {
	Root     Node
	InitPlan bool
	OutSlot  int
	Name     string // EXPLAIN: "InitPlan 1 (returns $0)", "SubPlan 1", "CTE x"
}

// Node is a physical operator. Its expressions refer to columns of its input batch by position (expr.Col); joins see left columns
// followed by right columns. Types lists the output columns' types.
type Node interface {
	Types() []types.T
	Base() *Info
}

// Info is what every node has: EXPLAIN's estimates. Costs are in PostgreSQL's units.
type Info struct {
	StartupCost, TotalCost float64
	Rows                   float64
	Width                  int
	Out                    []types.T
	Names                  []string // output column names for EXPLAIN VERBOSE
	ID                     int      // index of the node in the plan, for run-time statistics
}

// Types implements Node.
func (i *Info) Types() []types.T { return i.Out }

// Base implements Node.
func (i *Info) Base() *Info { return i }

// KeyRange restricts an index scan: Eq expressions for the leading key columns, then at most one range on the next column.
// Expressions have no columns: constants, params, exec params, InitPlans. A NULL among Eq or bounds means no rows; a range with one bound
// holds no NULLs. Low is the smaller value also where the column is DESC. Values have the index column's type, or one of the same
// family, held alike (int8 for an int4 column, text for varchar): a value that the column cannot hold finds nothing by itself.
type KeyRange struct {
	Eq                []expr.Expr
	Low, High         expr.Expr // nil: open
	LowIncl, HighIncl bool
	// NotNull: the next column IS NOT NULL, which a bound implies.
	NotNull bool
	// NullEq marks Eq positions tested with IS NULL.
	NullEq []bool
}

// Search is what a scan of an inverted index looks for: "column op value", the column by its number in the index, from 0.
type Search struct {
	Column int
	Op     string
	Value  expr.Expr
}

// Sources.
type (
	// SeqScan reads rows in primary-key order. Cols are ordinals in Table.Columns; ordinal -1 is the row id (encoded primary key as bytes).
	// Filter sees exactly the output columns.
	SeqScan struct {
		Info
		Table   *catalog.Table
		Alias   string
		Cols    []int
		Filter  expr.Expr
		Reverse bool
		// Splits are values of the first column of the primary key, ascending, that cut the table into parts of about equal
		// size, for scans by several workers. None: the table is small or not known.
		Splits []types.Datum
	}
	// There is always one element in Ranges (except inside a LookupJoin); without bounds it is the whole index.
	// IndexScan reads rows by the primary key (Index == Table.Primary) or a secondary index. Ranges are disjoint; if more than one
	// and Ordered is set they are visited in key order. IndexOnly: all Cols are in the index entry (key columns and primary key).
	// Unique: one range of equalities on all columns of a unique index: at most one row.
	IndexScan struct {
		Info
		Table  *catalog.Table
		Index  *catalog.Index
		Alias  string
		Cols   []int
		Ranges []KeyRange
		// InArray, if not nil, is an array expression: one equality range per distinct element for key column InCol, after Ranges[0].Eq.
		InArray   expr.Expr
		IndexCond expr.Expr // the same condition for EXPLAIN, over output columns
		Filter    expr.Expr
		Reverse   bool
		IndexOnly bool
		Unique    bool
		// Skip: Ranges[0] begins at the second key column; the scan goes through the values of the first one.
		Skip bool
		// Searches, of an inverted index, are what rows must satisfy, all of them; they take the place of Ranges. The scan finds all such
		// rows, and perhaps others. Only a BitmapScan has such scans.
		Searches []Search
	}
	// BitmapScan reads the rows that any of Scans finds, each once, in the order of the primary key. Every scan has the row id as its
	// only column, and an IndexCond over the BitmapScan's columns. Cond is what the scans stand for; it is tested if Recheck, else only shown.
	BitmapScan struct {
		Info
		Table  *catalog.Table
		Alias  string
		Cols   []int
		Scans  []*IndexScan
		Cond   expr.Expr
		Filter expr.Expr
		// Recheck: a scan may find rows that do not satisfy Cond.
		Recheck bool
	}
	// VirtualScan reads a built-in table. Eq are equality predicates by ordinal for Virtual.Rows.
	VirtualScan struct {
		Info
		Table  *catalog.Table
		Alias  string
		Cols   []int
		Eq     map[int]expr.Expr
		Filter expr.Expr
	}
	// Values: Alias "" and no columns and one row: PostgreSQL's Result.
	Values struct {
		Info
		Rows  [][]expr.Expr
		Alias string
	}
	FuncScan struct {
		Info
		Calls      []expr.Expr
		PerCall    []int
		Ordinality bool
		Alias      string
		Filter     expr.Expr
	}
	// External reads rows that the session supplies at run time (COPY FROM).
	External struct {
		Info
	}
	// CTEScan reads CTE number ID of the statement; all readers share one materialisation.
	CTEScan struct {
		Info
		ID     int
		Name   string
		Alias  string
		Filter expr.Expr
	}
	// WorkTableScan reads the working table of recursive union ID.
	WorkTableScan struct {
		Info
		ID     int
		Name   string
		Alias  string
		Filter expr.Expr
	}
)

// Operators.
type (
	// Filter keeps rows; OneTime: the condition has no columns and is tested once.
	Filter struct {
		Info
		Input   Node
		Cond    expr.Expr
		OneTime bool
	}
	// Project computes the output columns from the input's.
	Project struct {
		Info
		Input Node
		Exprs []expr.Expr
		Alias string // Subquery Scan
	}
	ProjectSet struct {
		Info
		Input Node
		Exprs []expr.Expr
	}
	// HashJoin: the right side is the build side. LeftKeys are over left columns, RightKeys over right columns (positions from 0), hashable and of
	// equal type, or of one family whose values are held alike (integers; floats; text, varchar, name). Residual sees left ⧺ right. For Right/Full joins unmatched build rows are emitted with NULLs at the left.
	// Semi, Anti, NullAnti output left columns only. NullAnti: a NULL key among build rows means no output at all.
	HashJoin struct {
		Info
		Kind                logical.JoinKind
		Left, Right         Node
		LeftKeys, RightKeys []expr.Expr
		Eq                  []*expr.Func
		Residual            expr.Expr
	}
	// NestLoop runs Right again for every left row, after putting Args (over the left row) into exec params Slots. If there are
	// none, Right is materialised once. Kinds: Inner, Left, Semi, Anti.
	NestLoop struct {
		Info
		Kind        logical.JoinKind
		Left, Right Node
		Args        []expr.Expr
		Slots       []int
		On          expr.Expr // over left ⧺ right
	}
	// LookupJoin is an index nested loop with batched look-ups: for every left row the rows of Inner.Table where the leading columns of
	// Inner.Index equal Keys (over the left row). Inner's Ranges are not used; Inner.Filter is. EXPLAIN prints it as Nested Loop over an Index Scan.
	LookupJoin struct {
		Info
		Kind  logical.JoinKind
		Left  Node
		Inner *IndexScan
		Keys  []expr.Expr
		On    expr.Expr
	}
	// MergeJoin: both sides sorted by the keys ascending, NULLs last.
	MergeJoin struct {
		Info
		Kind                logical.JoinKind
		Left, Right         Node
		LeftKeys, RightKeys []expr.Expr
		Eq                  []*expr.Func
		Residual            expr.Expr
	}
	// Aggregate outputs Groups (input positions), then Aggs. No Groups: one row. Sorted: the input is grouped already.
	// Sets: grouping sets as indexes into Groups; then a last int4 column holds the GROUPING mask.
	Aggregate struct {
		Info
		Input  Node
		Groups []int
		Aggs   []*expr.AggCall
		Sorted bool
		Sets   [][]int
	}
	// Window: input sorted by partition and order of the first definition; outputs input columns, then one per call.
	Window struct {
		Info
		Input Node
		Defs  []logical.WindowDef // expressions over input positions
		Calls []*expr.WindowCall
	}
	// Sort: Limit, if not nil, makes it a top-N of Limit (+ Offset) rows.
	Sort struct {
		Info
		Input         Node
		Keys          []SortKey
		Limit, Offset expr.Expr
		// Presorted: the input is already sorted by that many leading keys.
		Presorted int
	}
	// SortKey is a sort by an input column.
	SortKey struct {
		Col        int
		T          types.T
		Desc       bool
		NullsFirst bool
		Collation  string
	}
	Limit struct {
		Info
		Input         Node
		Limit, Offset expr.Expr
		WithTies      []SortKey
	}
	// Distinct keeps the first row of each group of equal Cols. Sorted: equal rows are adjacent (PostgreSQL's Unique), else hashed.
	Distinct struct {
		Info
		Input  Node
		Cols   []int
		Sorted bool
	}
	// Append is UNION ALL, or with an Alias the scan of a table with those that inherit from it. Keys: every input is sorted by them, and so is
	// the output (Merge Append); Needs, if not nil, says for each input which partitions must have come through Prunes, which are evaluated at
	// each start.
	Append struct {
		Info
		Inputs []Node
		Alias  string
		Keys   []SortKey
		Prunes []Prune
		Needs  [][]Need
	}
	// Prune narrows the partitions of a table by values that are known at run time. Its Step's values have no columns.
	Prune struct {
		Scheme *partition.Scheme
		Step   *partition.Step
	}
	// Need is partition Part of Prunes[Prune].
	Need struct{ Prune, Part int }
	// SetOp is INTERSECT or EXCEPT by hashing; UNION is Distinct over Append.
	SetOp struct {
		Info
		Kind        logical.SetOpKind
		All         bool
		Left, Right Node
	}
	// RecursiveUnion: Distinct drops rows met before.
	RecursiveUnion struct {
		Info
		ID               int
		Start, Recursive Node
		Distinct         bool
	}
	// Materialize keeps its input's rows for rescans.
	Materialize struct {
		Info
		Input Node
	}
	// With runs Body with CTEs defined. CTEs that modify data run to the end even if not read.
	With struct {
		Info
		CTEs []CTE
		Body Node
	}
	CTE struct {
		ID        int
		Name      string
		Root      Node
		Modifying bool
	}
	// LockRows locks the rows whose ids are in input columns RowID, re-checks changed rows under READ COMMITTED (see Recheck), and drops the RowID
	// columns beyond Out.
	LockRows struct {
		Info
		Input   Node
		Targets []LockTarget
	}
	LockTarget struct {
		Table    *catalog.Table
		RowID    int
		Strength logical.LockStrength
		Wait     logical.LockWait
		// Tables, if set, are those that a row may be in: the one whose OID is in the input column TableOID. They have the columns of Table.
		Tables   []*catalog.Table
		TableOID int
		// Cols[i] of the input batch (positions) hold table columns Ordinals[i]; refreshed from the newest row version.
		Cols, Ordinals []int
		// Recheck is the scan's whole condition over the input columns, tested again on a changed row.
		Recheck expr.Expr
	}
)

// Data modification. Output: Returning, or no rows.
type (
	// Insert: Input yields the table's columns in order of Table.Columns. Checks and Returning are over those columns, and so are
	// IndexExprs, the values of Table.IndexExprs(), here and below.
	Insert struct {
		Info
		Table *catalog.Table
		Alias string
		Input Node
		// Instead is logical.Insert's.
		Instead    catalog.TriggerEvents
		Checks     []Check
		IndexExprs []expr.Expr
		OnConflict *OnConflict
		Returning  []expr.Expr
		Replaced   bool             // Returning reads a bool after Table's columns: the row was there, and ON CONFLICT DO UPDATE changed it
		Effects    *logical.Effects // triggers; nil: none
		// Bounds are tested if Table is a partition. Route is set if Table is partitioned: rows then go through the Insert that Leaves makes for
		// their partition. Returning may refer to the table of a row as the column after Table's.
		Bounds []Bound
		Route  *Route
		Leaves Leaves
	}
	// Update: Input yields RowID (position 0), the old row (positions 1..n in order of Table.Columns), then extra columns. Sets[i] is the new value of
	// column SetCols[i], over the input's columns, so that it can be computed again from a newer row version (READ COMMITTED);
	// Recheck is the whole condition on the target, over the same columns. Checks are over the new row's columns (positions
	// 0..n-1); Returning is over the new row followed by the extra columns.
	// Point: Input is nil; the row is found by Key on the primary key, locked and read in one call; Recheck is the remaining filter.
	Update struct {
		Info
		Table      *catalog.Table
		Alias      string
		Input      Node
		Key        *IndexScan // Point: its single Unique range on Table.Primary
		SetCols    []int
		Sets       []expr.Expr
		Recheck    expr.Expr
		Checks     []Check
		IndexExprs []expr.Expr
		Returning  []expr.Expr
		Effects    *logical.Effects
		Bounds     []Bound
		Tree       *Tree
	}
	// Delete: as Update; Returning is over the old row followed by the extra columns.
	Delete struct {
		Info
		Table      *catalog.Table
		Alias      string
		Input      Node
		Key        *IndexScan
		Recheck    expr.Expr
		IndexExprs []expr.Expr
		Returning  []expr.Expr
		Effects    *logical.Effects
		Tree       *Tree
	}
	// Check is a CHECK constraint: fails if Cond is false. View: it is the condition of a view, which must be true.
	Check struct {
		Name string
		Cond expr.Expr
		View bool
	}
	// OnConflict: expressions over the existing row ⧺ the excluded row.
	OnConflict struct {
		Arbiter *catalog.Index
		Update  bool
		SetCols []int
		Sets    []expr.Expr
		Where   expr.Expr
	}
)

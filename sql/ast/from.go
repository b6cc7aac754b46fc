package ast

// Alias is [AS] name [(columns)].
type Alias struct {
	Name    string
	Columns []string
}

// Persistence says how long a relation lives.
type Persistence uint8

// The persistences.
const (
	PersistencePermanent Persistence = iota
	PersistenceUnlogged
	PersistenceTemp
)

// RangeVar names a relation.
type RangeVar struct {
	Catalog     string
	Schema      string
	Name        string
	Only        bool // ONLY was given: leave out inheriting tables
	Persistence Persistence
	Alias       *Alias
	Pos         int
}

// RangeSubselect is a subquery in FROM.
type RangeSubselect struct {
	Lateral  bool
	Subquery Stmt // a *SelectStmt
	Alias    *Alias
}

// RangeFunction is a function, or ROWS FROM (…), in FROM.
type RangeFunction struct {
	Lateral    bool
	Ordinality bool
	RowsFrom   bool
	Functions  []*RangeFunctionItem
	Alias      *Alias
	// Columns are the column definitions of AS (a int, …).
	Columns []*ColumnDef
}

// RangeFunctionItem is one function of a RangeFunction. Func is a *FuncCall or
// one of the expressions that look like one (*SQLValueFunction, *CoalesceExpr,
// *TypeCast …).
type RangeFunctionItem struct {
	Func    Expr
	Columns []*ColumnDef
}

// RangeTableSample is TABLESAMPLE.
type RangeTableSample struct {
	Relation   FromItem
	Method     []string
	Args       []Expr
	Repeatable Expr
	Pos        int // of the method's name
}

// XMLNamespace is a namespace of XMLTABLE; Name is "" for DEFAULT.
type XMLNamespace struct {
	Name string
	URI  Expr
	Pos  int
}

// RangeTableFunc is XMLTABLE.
type RangeTableFunc struct {
	Lateral    bool
	DocExpr    Expr
	RowExpr    Expr
	Namespaces []*XMLNamespace
	Columns    []*RangeTableFuncCol
	Alias      *Alias
	Pos        int
}

// RangeTableFuncCol is a column of XMLTABLE.
type RangeTableFuncCol struct {
	Name          string
	Type          *TypeName
	ForOrdinality bool
	NotNull       bool
	ColExpr       Expr
	DefExpr       Expr
	Pos           int
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds of join. CROSS JOIN is an inner join without a condition.
const (
	JoinInner JoinKind = iota
	JoinLeft
	JoinFull
	JoinRight
)

// JoinExpr is a join.
type JoinExpr struct {
	Kind       JoinKind
	Natural    bool
	Left       FromItem
	Right      FromItem
	Using      []string
	UsingAlias *Alias
	On         Expr
	Alias      *Alias // of the join in parentheses
}

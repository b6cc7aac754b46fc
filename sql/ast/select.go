package ast

// SetOp is a set operation.
type SetOp uint8

// The set operations; SetOpNone marks a plain SELECT or VALUES.
const (
	SetOpNone SetOp = iota
	SetOpUnion
	SetOpIntersect
	SetOpExcept
)

// SelectStmt is SELECT, VALUES, TABLE, or a set operation over two of them.
type SelectStmt struct {
	// Of a plain SELECT.
	Distinct      bool   // SELECT DISTINCT
	DistinctOn    []Expr // SELECT DISTINCT ON (…); then Distinct is set, too
	TargetList    []*ResTarget
	Into          *IntoClause
	From          []FromItem
	Where         Expr
	GroupBy       []Expr
	GroupDistinct bool
	Having        Expr
	Window        []*WindowDef

	// Of VALUES: one element per row.
	Values [][]Expr

	// Of all, outermost level of a set operation.
	Sort        []*SortBy
	LimitOffset Expr
	LimitCount  Expr // LIMIT ALL is a null Const
	WithTies    bool // FETCH FIRST … WITH TIES
	Locking     []*LockingClause
	With        *WithClause

	// Of a set operation.
	Op    SetOp
	All   bool
	Left  *SelectStmt
	Right *SelectStmt

	// Pos is where the statement's first keyword is.
	Pos int
}

// IntoClause is the target of SELECT INTO and CREATE TABLE AS.
type IntoClause struct {
	Relation       *RangeVar
	Columns        []string
	AccessMethod   string
	Options        []*DefElem
	OnCommit       OnCommitAction
	TablespaceName string
	SkipData       bool // WITH NO DATA
}

// LockStrength is the strength of a row lock.
type LockStrength uint8

// The strengths, weakest first.
const (
	LockForKeyShare LockStrength = iota
	LockForShare
	LockForNoKeyUpdate
	LockForUpdate
)

// LockWaitPolicy says what to do when a row is locked.
type LockWaitPolicy uint8

// The wait policies.
const (
	LockWaitBlock LockWaitPolicy = iota
	LockWaitSkip
	LockWaitError
)

// LockingClause is FOR UPDATE and its like. Relations empty means all.
type LockingClause struct {
	Relations  []*RangeVar
	Strength   LockStrength
	WaitPolicy LockWaitPolicy
}

// WithClause is WITH.
type WithClause struct {
	CTEs      []*CommonTableExpr
	Recursive bool
	Pos       int
}

// CTEMaterialize is MATERIALIZED or NOT MATERIALIZED.
type CTEMaterialize uint8

// The materialization options.
const (
	CTEMaterializeDefault CTEMaterialize = iota
	CTEMaterializeAlways
	CTEMaterializeNever
)

// CommonTableExpr is one query of a WITH.
type CommonTableExpr struct {
	Name         string
	Columns      []string
	Materialized CTEMaterialize
	Query        Stmt
	Search       *CTESearchClause
	Cycle        *CTECycleClause
	Pos          int
}

// CTESearchClause is SEARCH BREADTH or DEPTH FIRST BY … SET ….
type CTESearchClause struct {
	Columns      []string
	BreadthFirst bool
	SeqColumn    string
	Pos          int
}

// CTECycleClause is CYCLE … SET … USING ….
type CTECycleClause struct {
	Columns     []string
	MarkColumn  string
	MarkValue   Expr
	MarkDefault Expr
	PathColumn  string
	Pos         int
}

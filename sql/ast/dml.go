package ast

// OverridingKind is OVERRIDING USER VALUE or SYSTEM VALUE.
type OverridingKind uint8

// The kinds of OVERRIDING.
const (
	OverridingNotSet OverridingKind = iota
	OverridingUserValue
	OverridingSystemValue
)

// InsertStmt is INSERT. Select is nil for DEFAULT VALUES.
type InsertStmt struct {
	Relation   *RangeVar
	Cols       []*ResTarget
	Select     *SelectStmt
	OnConflict *OnConflictClause
	Returning  []*ResTarget
	With       *WithClause
	Overriding OverridingKind
}

// OnConflictClause is ON CONFLICT.
type OnConflictClause struct {
	DoUpdate bool // else DO NOTHING
	Infer    *InferClause
	Targets  []*ResTarget
	Where    Expr
	Pos      int
}

// InferClause is the arbiter of ON CONFLICT: index elements or a constraint.
type InferClause struct {
	IndexElems []*IndexElem
	Where      Expr
	Constraint string
	Pos        int
}

// UpdateStmt is UPDATE.
type UpdateStmt struct {
	Relation  *RangeVar
	Targets   []*ResTarget
	From      []FromItem
	Where     Expr
	Returning []*ResTarget
	With      *WithClause
}

// DeleteStmt is DELETE.
type DeleteStmt struct {
	Relation  *RangeVar
	Using     []FromItem
	Where     Expr
	Returning []*ResTarget
	With      *WithClause
}

// MergeMatch is the kind of rows a WHEN clause of MERGE is for.
type MergeMatch uint8

// The kinds of match.
const (
	MergeMatched MergeMatch = iota
	MergeNotMatchedBySource
	MergeNotMatchedByTarget
)

// MergeAction is what a WHEN clause of MERGE does.
type MergeAction uint8

// The actions of MERGE.
const (
	MergeDoNothing MergeAction = iota
	MergeInsert
	MergeUpdate
	MergeDelete
)

// MergeWhenClause is WHEN … THEN … of MERGE.
type MergeWhenClause struct {
	Match      MergeMatch
	Action     MergeAction
	Condition  Expr
	Targets    []*ResTarget
	Values     []Expr // of INSERT; nil for DEFAULT VALUES
	Overriding OverridingKind
}

// MergeStmt is MERGE.
type MergeStmt struct {
	Relation  *RangeVar
	Source    FromItem
	Join      Expr
	Whens     []*MergeWhenClause
	Returning []*ResTarget
	With      *WithClause
}

// CopyStmt is COPY. Exactly one of Relation and Query is set.
type CopyStmt struct {
	Relation  *RangeVar
	Query     Stmt
	Columns   []string
	IsFrom    bool
	IsProgram bool
	Stdio     bool   // STDIN or STDOUT
	Filename  string // the file's name or the program's command; "" if Stdio
	Options   []*DefElem
	Where     Expr
}

// TruncateStmt is TRUNCATE.
type TruncateStmt struct {
	Relations   []*RangeVar
	RestartSeqs bool
	Behavior    DropBehavior
}

// LockStmt is LOCK TABLE.
type LockStmt struct {
	Relations []*RangeVar
	Mode      LockMode
	NoWait    bool
}

// LockMode is a table lock mode, with PostgreSQL's numbers.
type LockMode uint8

// The table lock modes.
const (
	AccessShareLock LockMode = iota + 1
	RowShareLock
	RowExclusiveLock
	ShareUpdateExclusiveLock
	ShareLock
	ShareRowExclusiveLock
	ExclusiveLock
	AccessExclusiveLock
)

// CallStmt is CALL.
type CallStmt struct {
	Func *FuncCall
}

// DoStmt is DO; Args are "as" (the body) and "language".
type DoStmt struct {
	Args []*DefElem
}

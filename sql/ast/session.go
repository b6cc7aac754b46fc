package ast

// TransactionStmtKind is the kind of a TransactionStmt.
type TransactionStmtKind uint8

// The kinds of TransactionStmt.
const (
	TransBegin TransactionStmtKind = iota
	TransStart
	TransCommit
	TransRollback
	TransSavepoint
	TransRelease
	TransRollbackTo
	TransPrepare
	TransCommitPrepared
	TransRollbackPrepared
)

// TransactionStmt is BEGIN, COMMIT, SAVEPOINT and the rest. The options are
// "transaction_isolation" (String), "transaction_read_only" and
// "transaction_deferrable" (Integer 0 or 1).
type TransactionStmt struct {
	Kind      TransactionStmtKind
	Options   []*DefElem
	Savepoint string
	GID       string
	Chain     bool
	Pos       int
}

// VariableSetKind is the kind of a VariableSetStmt.
type VariableSetKind uint8

// The kinds of VariableSetStmt.
const (
	VarSetValue   VariableSetKind = iota // SET name = args
	VarSetDefault                        // SET name TO DEFAULT
	VarSetCurrent                        // SET name FROM CURRENT
	VarSetMulti                          // SET TRANSACTION …, SESSION CHARACTERISTICS …, TRANSACTION SNAPSHOT
	VarReset                             // RESET name
	VarResetAll                          // RESET ALL
)

// VariableSetStmt is SET and RESET. For VarSetMulti, Name is "TRANSACTION",
// "SESSION CHARACTERISTICS" or "TRANSACTION SNAPSHOT", and Options has the modes
// (see TransactionStmt); a snapshot's name is in Args.
type VariableSetStmt struct {
	Kind VariableSetKind
	Name string
	// Args are *Const, or a *TypeCast to interval for SET TIME ZONE INTERVAL.
	Args    []Expr
	Options []*DefElem
	IsLocal bool
	Pos     int
}

// VariableShowStmt is SHOW; Name is "all" for SHOW ALL.
type VariableShowStmt struct {
	Name string
}

// PrepareStmt is PREPARE.
type PrepareStmt struct {
	Name     string
	ArgTypes []*TypeName
	Query    Stmt
}

// ExecuteStmt is EXECUTE.
type ExecuteStmt struct {
	Name   string
	Params []Expr
}

// DeallocateStmt is DEALLOCATE.
type DeallocateStmt struct {
	Name string
	All  bool
	Pos  int
}

// ExplainStmt is EXPLAIN; the old forms EXPLAIN ANALYZE VERBOSE arrive as options.
type ExplainStmt struct {
	Query   Stmt
	Options []*DefElem
}

// CursorOptions are the options of a cursor, with PostgreSQL's bits.
type CursorOptions uint16

// The bits of CursorOptions.
const (
	CursorBinary      CursorOptions = 0x01
	CursorScroll      CursorOptions = 0x02
	CursorNoScroll    CursorOptions = 0x04
	CursorInsensitive CursorOptions = 0x08
	CursorAsensitive  CursorOptions = 0x10
	CursorHold        CursorOptions = 0x20
)

// DeclareCursorStmt is DECLARE CURSOR.
type DeclareCursorStmt struct {
	PortalName string
	Options    CursorOptions
	Query      Stmt
}

// ClosePortalStmt is CLOSE.
type ClosePortalStmt struct {
	PortalName string
	All        bool
}

// FetchDirection is the direction of FETCH.
type FetchDirection uint8

// The directions of FETCH.
const (
	FetchForward FetchDirection = iota
	FetchBackward
	FetchAbsolute
	FetchRelative
)

// FetchAll is the HowMany of FETCH ALL.
const FetchAll = int64(1<<63 - 1)

// FetchStmt is FETCH and MOVE.
type FetchStmt struct {
	Direction  FetchDirection
	HowMany    int64
	PortalName string
	IsMove     bool
}

// NotifyStmt is NOTIFY.
type NotifyStmt struct {
	Channel string
	Payload string
}

// ListenStmt is LISTEN.
type ListenStmt struct {
	Channel string
}

// UnlistenStmt is UNLISTEN.
type UnlistenStmt struct {
	Channel string
	All     bool
}

// LoadStmt is LOAD.
type LoadStmt struct {
	Filename string
}

// DiscardMode is what DISCARD discards.
type DiscardMode uint8

// The modes of DISCARD.
const (
	DiscardAll DiscardMode = iota
	DiscardPlans
	DiscardSequences
	DiscardTemp
)

// DiscardStmt is DISCARD.
type DiscardStmt struct {
	Target DiscardMode
}

// ConstraintsSetStmt is SET CONSTRAINTS; no Constraints is ALL.
type ConstraintsSetStmt struct {
	Constraints []*RangeVar
	Deferred    bool
}

// CheckPointStmt is CHECKPOINT.
type CheckPointStmt struct{}

// VacuumRelation is a table of VACUUM or ANALYZE.
type VacuumRelation struct {
	Relation *RangeVar
	Columns  []string
}

// VacuumStmt is VACUUM and, if not IsVacuum, ANALYZE. Old keyword forms arrive as
// options.
type VacuumStmt struct {
	Options   []*DefElem
	Relations []*VacuumRelation
	IsVacuum  bool
}

// ClusterStmt is CLUSTER; Relation nil is all.
type ClusterStmt struct {
	Relation  *RangeVar
	IndexName string
	Options   []*DefElem
}

// ReindexKind is what REINDEX rebuilds.
type ReindexKind uint8

// The kinds of REINDEX.
const (
	ReindexIndex ReindexKind = iota
	ReindexTable
	ReindexSchema
	ReindexSystem
	ReindexDatabase
)

// ReindexStmt is REINDEX. CONCURRENTLY arrives as the option "concurrently".
type ReindexStmt struct {
	Kind     ReindexKind
	Relation *RangeVar
	Name     string
	Options  []*DefElem
}

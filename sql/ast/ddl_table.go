package ast

// OnCommitAction is ON COMMIT of a temporary table.
type OnCommitAction uint8

// The actions of ON COMMIT.
const (
	OnCommitNoop OnCommitAction = iota
	OnCommitPreserveRows
	OnCommitDeleteRows
	OnCommitDrop
)

// CreateStmt is CREATE TABLE.
type CreateStmt struct {
	Relation *RangeVar
	// Elements are *ColumnDef, *Constraint and *TableLikeClause, in order.
	Elements       []Node
	Inherits       []*RangeVar
	PartitionBound *PartitionBoundSpec // PARTITION OF; Inherits has the parent
	PartitionSpec  *PartitionSpec
	OfType         *TypeName
	Options        []*DefElem
	OnCommit       OnCommitAction
	TablespaceName string
	AccessMethod   string
	IfNotExists    bool
}

// CreateForeignTableStmt is CREATE FOREIGN TABLE.
type CreateForeignTableStmt struct {
	Base       *CreateStmt
	ServerName string
	Options    []*DefElem
}

// ColumnDef is a column's definition. Type is nil for a typed table's column.
type ColumnDef struct {
	Name        string
	Type        *TypeName
	Compression string
	Storage     string
	Collation   *CollateClause
	Constraints []*Constraint
	FDWOptions  []*DefElem
	Default     Expr // USING or DEFAULT of ALTER COLUMN; else in Constraints
	Pos         int
}

// TableLikeOptions says what LIKE copies, with PostgreSQL's bits.
type TableLikeOptions uint32

// The bits of TableLikeOptions.
const (
	LikeComments    TableLikeOptions = 1 << 0
	LikeCompression TableLikeOptions = 1 << 1
	LikeConstraints TableLikeOptions = 1 << 2
	LikeDefaults    TableLikeOptions = 1 << 3
	LikeGenerated   TableLikeOptions = 1 << 4
	LikeIdentity    TableLikeOptions = 1 << 5
	LikeIndexes     TableLikeOptions = 1 << 6
	LikeStatistics  TableLikeOptions = 1 << 7
	LikeStorage     TableLikeOptions = 1 << 8
	LikeAll         TableLikeOptions = 0x7FFFFFFF
)

// TableLikeClause is LIKE in CREATE TABLE.
type TableLikeClause struct {
	Relation *RangeVar
	Options  TableLikeOptions
}

// ConstraintKind is the kind of a Constraint.
type ConstraintKind uint8

// The kinds of Constraint. Those with Attr come after a column's constraint and
// belong to it; MergeAttributes folds them in.
const (
	ConstrNull ConstraintKind = iota
	ConstrNotNull
	ConstrDefault
	ConstrIdentity
	ConstrGenerated
	ConstrCheck
	ConstrPrimary
	ConstrUnique
	ConstrExclusion
	ConstrForeign
	ConstrAttrDeferrable
	ConstrAttrNotDeferrable
	ConstrAttrDeferred
	ConstrAttrImmediate
)

// FKAction is what a foreign key does ON DELETE or ON UPDATE.
type FKAction uint8

// The foreign key actions.
const (
	FKNoAction FKAction = iota
	FKRestrict
	FKCascade
	FKSetNull
	FKSetDefault
)

// FKMatch is a foreign key's match type.
type FKMatch uint8

// The match types.
const (
	FKMatchSimple FKMatch = iota
	FKMatchFull
	FKMatchPartial
)

// Constraint is a constraint, of a column or of a table, or a DEFAULT and its
// like.
type Constraint struct {
	Kind           ConstraintKind
	Name           string // "" if not named
	Deferrable     bool
	InitDeferred   bool
	SkipValidation bool // NOT VALID
	NoInherit      bool
	Pos            int

	Expr Expr // CHECK, DEFAULT, GENERATED ALWAYS AS (…)
	// Always is GENERATED ALWAYS (and not BY DEFAULT) of an identity.
	Always bool

	Options          []*DefElem // of the index (WITH), or of an identity's sequence
	Keys             []string   // columns of PRIMARY KEY and UNIQUE
	NullsNotDistinct bool
	Including        []string
	Exclusions       []*ExclusionElem
	AccessMethod     string // of EXCLUDE
	IndexName        string // USING INDEX
	IndexSpace       string // USING INDEX TABLESPACE
	Where            Expr   // of EXCLUDE

	PkTable    *RangeVar
	FkColumns  []string
	PkColumns  []string
	Match      FKMatch
	OnUpdate   FKAction
	OnDelete   FKAction
	DelSetCols []string // ON DELETE SET NULL (cols)
}

// ExclusionElem is element WITH operator of EXCLUDE.
type ExclusionElem struct {
	Elem *IndexElem
	Op   []string
}

// PartitionStrategy is how a table is partitioned.
type PartitionStrategy uint8

// The partition strategies.
const (
	PartitionList PartitionStrategy = iota
	PartitionRange
	PartitionHash
)

// PartitionElem is an element of a partition key.
type PartitionElem struct {
	Name      string
	Expr      Expr
	Collation []string
	OpClass   []string
	Pos       int
}

// PartitionSpec is PARTITION BY.
type PartitionSpec struct {
	Strategy PartitionStrategy
	Params   []*PartitionElem
	Pos      int
}

// PartitionBoundSpec is FOR VALUES … or DEFAULT. MINVALUE and MAXVALUE are
// ColumnRefs, as in PostgreSQL's grammar.
type PartitionBoundSpec struct {
	Strategy  PartitionStrategy
	IsDefault bool
	Modulus   int
	Remainder int
	List      []Expr
	Lower     []Expr
	Upper     []Expr
	Pos       int
}

// PartitionCmd is the partition of ATTACH and DETACH PARTITION.
type PartitionCmd struct {
	Name       *RangeVar
	Bound      *PartitionBoundSpec
	Concurrent bool
}

// CreateTableAsStmt is CREATE TABLE AS and CREATE MATERIALIZED VIEW (SELECT INTO
// is a SelectStmt with Into).
type CreateTableAsStmt struct {
	Query       Stmt // *SelectStmt or *ExecuteStmt
	Into        *IntoClause
	ObjType     ObjectType // ObjectTable or ObjectMatView
	IfNotExists bool
}

// RefreshMatViewStmt is REFRESH MATERIALIZED VIEW.
type RefreshMatViewStmt struct {
	Concurrent bool
	SkipData   bool
	Relation   *RangeVar
}

// ViewCheckOption is WITH CHECK OPTION.
type ViewCheckOption uint8

// The check options.
const (
	ViewCheckNone ViewCheckOption = iota
	ViewCheckLocal
	ViewCheckCascaded
)

// ViewStmt is CREATE VIEW.
type ViewStmt struct {
	View        *RangeVar
	Columns     []string
	Query       Stmt
	Replace     bool
	Recursive   bool // written RECURSIVE; Query is already rewritten to WITH RECURSIVE
	Options     []*DefElem
	CheckOption ViewCheckOption
}

// IndexStmt is CREATE INDEX.
type IndexStmt struct {
	Name             string // "" if to be chosen
	Relation         *RangeVar
	AccessMethod     string // "" is btree
	TablespaceName   string
	Params           []*IndexElem
	Including        []*IndexElem
	Options          []*DefElem
	Where            Expr
	Unique           bool
	NullsNotDistinct bool
	Concurrent       bool
	IfNotExists      bool
}

// IndexElem is a column or expression of an index, or of ON CONFLICT's arbiter.
type IndexElem struct {
	Name        string // a column; else Expr
	Expr        Expr
	Collation   []string
	OpClass     []string
	OpClassOpts []*DefElem
	Dir         SortDir
	Nulls       NullsOrder
}

// AlterTableStmt is ALTER TABLE, INDEX, SEQUENCE, VIEW, MATERIALIZED VIEW, FOREIGN
// TABLE and (composite) TYPE with a list of commands.
type AlterTableStmt struct {
	Relation  *RangeVar
	Cmds      []*AlterTableCmd
	ObjType   ObjectType
	MissingOk bool
}

// AlterTableCmd is a command of ALTER TABLE.
type AlterTableCmd struct {
	Kind     AlterTableKind
	Name     string // column, constraint, trigger, index, tablespace, access method …
	Num      int    // column number, for ALTER COLUMN n SET STATISTICS
	NewOwner *RoleSpec
	// Def is the definition that the kind needs: *ColumnDef for AddColumn and
	// AlterColumnType (new type, collation, Default is USING), *Constraint,
	// an Expr for ColumnDefault and SetExpression (nil drops), *Const for
	// statistics, storage and compression, *RangeVar for inheritance,
	// *TypeName for OF, *PartitionCmd, *ReplicaIdentity, *DefElems.
	Def       Node
	Behavior  DropBehavior
	MissingOk bool
}

// DefElems is a list of options as a node.
type DefElems struct {
	Items []*DefElem
}

// ReplicaIdentity is REPLICA IDENTITY; Kind is 'd' default, 'f' full, 'i' index,
// 'n' nothing.
type ReplicaIdentity struct {
	Kind byte
	Name string
}

// AlterTableKind is the kind of an AlterTableCmd.
type AlterTableKind uint8

// The kinds of AlterTableCmd.
const (
	AddColumn                 AlterTableKind = iota // MissingOk is IF NOT EXISTS
	ColumnDefault                                   // ALTER COLUMN SET or DROP DEFAULT
	DropNotNull                                     // ALTER COLUMN DROP NOT NULL
	SetNotNull                                      // ALTER COLUMN SET NOT NULL
	SetExpression                                   // ALTER COLUMN SET EXPRESSION
	DropExpression                                  // ALTER COLUMN DROP EXPRESSION
	SetStatistics                                   // ALTER COLUMN SET STATISTICS
	SetOptions                                      // ALTER COLUMN SET (options)
	ResetOptions                                    // ALTER COLUMN RESET (options)
	SetStorage                                      // ALTER COLUMN SET STORAGE
	SetCompression                                  // ALTER COLUMN SET COMPRESSION
	DropColumn                                      //
	AddConstraint                                   //
	AlterConstraint                                 //
	ValidateConstraint                              //
	DropConstraint                                  //
	AlterColumnType                                 //
	AlterColumnGenericOptions                       // ALTER COLUMN OPTIONS
	ChangeOwner                                     //
	ClusterOn                                       //
	DropCluster                                     // SET WITHOUT CLUSTER
	SetLogged                                       //
	SetUnlogged                                     //
	DropOids                                        // SET WITHOUT OIDS
	SetAccessMethod                                 //
	SetTableSpace                                   //
	SetRelOptions                                   // SET (…)
	ResetRelOptions                                 // RESET (…)
	EnableTrig                                      //
	EnableAlwaysTrig                                //
	EnableReplicaTrig                               //
	DisableTrig                                     //
	EnableTrigAll                                   //
	DisableTrigAll                                  //
	EnableTrigUser                                  //
	DisableTrigUser                                 //
	EnableRule                                      //
	EnableAlwaysRule                                //
	EnableReplicaRule                               //
	DisableRule                                     //
	AddInherit                                      //
	DropInherit                                     //
	AddOf                                           //
	DropOf                                          //
	SetReplicaIdentity                              //
	EnableRowSecurity                               //
	DisableRowSecurity                              //
	ForceRowSecurity                                //
	NoForceRowSecurity                              //
	GenericOptions                                  // OPTIONS (…)
	AttachPartition                                 //
	DetachPartition                                 //
	DetachPartitionFinalize                         //
	AddIdentity                                     //
	SetIdentity                                     //
	DropIdentity                                    //
)

// AlterTableMoveAllStmt is ALTER TABLE ALL IN TABLESPACE.
type AlterTableMoveAllStmt struct {
	OrigTablespace string
	ObjType        ObjectType
	Roles          []*RoleSpec
	NewTablespace  string
	NoWait         bool
}

// DropStmt is DROP for most kinds of object.
type DropStmt struct {
	Objects    []*ObjectRef
	RemoveType ObjectType
	Behavior   DropBehavior
	MissingOk  bool
	Concurrent bool
}

// RenameStmt is ALTER … RENAME.
type RenameStmt struct {
	RenameType   ObjectType
	RelationType ObjectType // for columns and attributes: of what
	Relation     *RangeVar
	Object       *ObjectRef
	SubName      string // column, constraint, rule … that is renamed
	NewName      string
	Behavior     DropBehavior
	MissingOk    bool
}

// AlterObjectSchemaStmt is ALTER … SET SCHEMA.
type AlterObjectSchemaStmt struct {
	ObjectType ObjectType
	Relation   *RangeVar
	Object     *ObjectRef
	NewSchema  string
	MissingOk  bool
}

// AlterOwnerStmt is ALTER … OWNER TO, but for relations (see AlterTableStmt).
type AlterOwnerStmt struct {
	ObjectType ObjectType
	Object     *ObjectRef
	NewOwner   *RoleSpec
}

// AlterObjectDependsStmt is ALTER … [NO] DEPENDS ON EXTENSION.
type AlterObjectDependsStmt struct {
	ObjectType ObjectType
	Relation   *RangeVar
	Object     *ObjectRef
	Extension  string
	Remove     bool
}

// CommentStmt is COMMENT ON; HasComment is false for IS NULL.
type CommentStmt struct {
	ObjectType ObjectType
	Object     *ObjectRef
	Comment    string
	HasComment bool
}

// SecLabelStmt is SECURITY LABEL.
type SecLabelStmt struct {
	ObjectType ObjectType
	Object     *ObjectRef
	Provider   string
	Label      string
	HasLabel   bool
}

// CreateStatsStmt is CREATE STATISTICS.
type CreateStatsStmt struct {
	Names       []string
	Kinds       []string
	Exprs       []*StatsElem
	Relations   []FromItem
	IfNotExists bool
}

// StatsElem is a column or expression of CREATE STATISTICS.
type StatsElem struct {
	Name string
	Expr Expr
}

// AlterStatsStmt is ALTER STATISTICS … SET STATISTICS. Target is -1 for DEFAULT.
type AlterStatsStmt struct {
	Names     []string
	Target    int
	MissingOk bool
}

// CreateSeqStmt is CREATE SEQUENCE.
type CreateSeqStmt struct {
	Sequence    *RangeVar
	Options     []*DefElem
	IfNotExists bool
}

// AlterSeqStmt is ALTER SEQUENCE with options.
type AlterSeqStmt struct {
	Sequence  *RangeVar
	Options   []*DefElem
	MissingOk bool
}

// RuleStmt is CREATE RULE.
type RuleStmt struct {
	Relation *RangeVar
	Name     string
	Where    Expr
	Event    RuleEvent
	Instead  bool
	Actions  []Stmt
	Replace  bool
}

// RuleEvent is the statement a rule is for.
type RuleEvent uint8

// The events of rules.
const (
	RuleSelect RuleEvent = iota + 1
	RuleUpdate
	RuleInsert
	RuleDelete
)

// TriggerEvents are the events of a trigger, with PostgreSQL's bits.
type TriggerEvents uint16

// The bits of TriggerEvents.
const (
	TriggerInsert   TriggerEvents = 1 << 2
	TriggerDelete   TriggerEvents = 1 << 3
	TriggerUpdate   TriggerEvents = 1 << 4
	TriggerTruncate TriggerEvents = 1 << 5
)

// TriggerTiming is BEFORE, AFTER or INSTEAD OF.
type TriggerTiming uint8

// The timings of triggers.
const (
	TriggerAfter TriggerTiming = iota
	TriggerBefore
	TriggerInsteadOf
)

// TriggerTransition is OLD or NEW TABLE AS name.
type TriggerTransition struct {
	Name    string
	IsNew   bool
	IsTable bool
}

// CreateTrigStmt is CREATE [CONSTRAINT] TRIGGER.
type CreateTrigStmt struct {
	Replace      bool
	IsConstraint bool
	Name         string
	Relation     *RangeVar
	FuncName     []string
	Args         []string
	Row          bool
	Timing       TriggerTiming
	Events       TriggerEvents
	Columns      []string
	When         Expr
	Transitions  []*TriggerTransition
	Deferrable   bool
	InitDeferred bool
	ConstrRel    *RangeVar
}

// CreateEventTrigStmt is CREATE EVENT TRIGGER.
type CreateEventTrigStmt struct {
	Name      string
	EventName string
	When      []*DefElem // Arg is a *Names
	FuncName  []string
}

// AlterEventTrigStmt is ALTER EVENT TRIGGER; Enabled is 'O', 'D', 'R' or 'A'.
type AlterEventTrigStmt struct {
	Name    string
	Enabled byte
}

// CreatePolicyStmt is CREATE POLICY.
type CreatePolicyStmt struct {
	Name       string
	Table      *RangeVar
	Command    string // all, select, insert, update or delete
	Permissive bool
	Roles      []*RoleSpec
	Using      Expr
	WithCheck  Expr
}

// AlterPolicyStmt is ALTER POLICY.
type AlterPolicyStmt struct {
	Name      string
	Table     *RangeVar
	Roles     []*RoleSpec
	Using     Expr
	WithCheck Expr
}

package ast

// ConstKind is the kind of a literal.
type ConstKind uint8

// The kinds of literal.
const (
	ConstNull      ConstKind = iota
	ConstBool                // Val is "true" or "false"
	ConstInteger             // fits an int32; Val is decimal, perhaps with a minus
	ConstFloat               // any other number; Val is decimal, without underscores
	ConstString              // Val is the string's value
	ConstBitString           // Val is 'b' or 'x' followed by the digits
)

// Const is a literal.
type Const struct {
	Kind ConstKind
	Val  string
	Pos  int
}

// ParamRef is $1.
type ParamRef struct {
	Number int
	Pos    int
}

// ColumnRef is a possibly qualified name: of a column, or of a whole row when
// it ends in a star (or when binding finds a table of that name).
type ColumnRef struct {
	Names []string // empty only for a bare *
	Star  bool     // ends in .* (or is *)
	Pos   int
}

// AExprKind is the kind of an AExpr.
type AExprKind uint8

// The kinds of AExpr.
const (
	AExprOp            AExprKind = iota // Left Op Right; Left nil for prefix operators
	AExprOpAny                          // Left Op ANY (Right), Right an array
	AExprOpAll                          // Left Op ALL (Right)
	AExprDistinct                       // IS DISTINCT FROM; Op is "="
	AExprNotDistinct                    // IS NOT DISTINCT FROM; Op is "="
	AExprNullIf                         // NULLIF(Left, Right); Op is "="
	AExprIn                             // Left [NOT] IN (list); Op is "=" or "<>", Right a *List
	AExprLike                           // Op is "~~" or "!~~"
	AExprILike                          // Op is "~~*" or "!~~*"
	AExprSimilar                        // Op is "~" or "!~"
	AExprBetween                        // Right is a *List of two
	AExprNotBetween                     //
	AExprBetweenSym                     // BETWEEN SYMMETRIC
	AExprNotBetweenSym                  //
)

// AExpr is an operator expression. As in PostgreSQL, LIKE with ESCAPE has a
// call of pg_catalog.like_escape, and SIMILAR TO one of
// pg_catalog.similar_to_escape, on its right.
type AExpr struct {
	Kind     AExprKind
	Op       string   // the operator's name
	OpSchema []string // its qualification in OPERATOR(schema.op); else nil
	Left     Expr
	Right    Expr
	Pos      int // of the operator
}

// BoolOp is AND, OR or NOT.
type BoolOp uint8

// The Boolean operators.
const (
	And BoolOp = iota
	Or
	Not
)

// BoolExpr is AND, OR (two or more arguments, chains are flattened) or NOT (one).
type BoolExpr struct {
	Op   BoolOp
	Args []Expr
	Pos  int
}

// NullTest is IS NULL or IS NOT NULL.
type NullTest struct {
	Arg   Expr
	IsNot bool
	Pos   int
}

// BoolTestKind is the kind of a BooleanTest.
type BoolTestKind uint8

// The kinds of BooleanTest.
const (
	IsTrue BoolTestKind = iota
	IsNotTrue
	IsFalse
	IsNotFalse
	IsUnknown
	IsNotUnknown
)

// BooleanTest is IS [NOT] TRUE, FALSE or UNKNOWN.
type BooleanTest struct {
	Arg  Expr
	Kind BoolTestKind
	Pos  int
}

// CaseExpr is CASE. Arg is nil in the searched form, Default without ELSE.
type CaseExpr struct {
	Arg     Expr
	Whens   []*CaseWhen
	Default Expr
	Pos     int
}

// CaseWhen is one WHEN … THEN … of a CASE.
type CaseWhen struct {
	Expr   Expr
	Result Expr
	Pos    int
}

// FuncCall is a call of a function, aggregate or window function. Special
// syntax such as EXTRACT or TRIM arrives as a call of the pg_catalog function
// with SQLSyntax set.
type FuncCall struct {
	Name           []string
	Args           []Expr
	AggOrder       []*SortBy // ORDER BY in the parentheses, or WITHIN GROUP's
	AggFilter      Expr
	Over           *WindowDef
	AggWithinGroup bool
	AggStar        bool // f(*)
	AggDistinct    bool
	FuncVariadic   bool // the last argument is VARIADIC
	SQLSyntax      bool
	Pos            int // of the name
}

// NamedArgExpr is name => value in a call.
type NamedArgExpr struct {
	Name string
	Arg  Expr
	Pos  int
}

// TypeCast is CAST(x AS t), x::t, or a typed literal such as DATE '…'.
type TypeCast struct {
	Arg  Expr
	Type *TypeName
	Pos  int // of CAST, of ::, of the literal's type; -1 if implied (true, false)
}

// SubLinkKind is the kind of a SubLink.
type SubLinkKind uint8

// The kinds of SubLink.
const (
	SubLinkExists SubLinkKind = iota
	SubLinkAll                // TestExpr Op ALL (select)
	SubLinkAny                // TestExpr Op ANY (select), TestExpr IN (select)
	SubLinkExpr               // (select) as a value
	SubLinkArray              // ARRAY(select)
)

// SubLink is a subquery in an expression. NOT IN is NOT over an IN.
type SubLink struct {
	Kind      SubLinkKind
	TestExpr  Expr
	Op        string // empty for IN
	OpSchema  []string
	Subselect Stmt // a *SelectStmt
	Pos       int
}

// RowExpr is ROW(…) or, not Explicit, (a, b).
type RowExpr struct {
	Args     []Expr
	Explicit bool
	Pos      int
}

// CoalesceExpr is COALESCE.
type CoalesceExpr struct {
	Args []Expr
	Pos  int
}

// MinMaxExpr is GREATEST or, if Least, LEAST.
type MinMaxExpr struct {
	Least bool
	Args  []Expr
	Pos   int
}

// SQLValueFunctionOp says which value an SQLValueFunction gives.
type SQLValueFunctionOp uint8

// The functions that the standard calls without parentheses.
const (
	CurrentDate SQLValueFunctionOp = iota
	CurrentTime
	CurrentTimestamp
	LocalTime
	LocalTimestamp
	CurrentRole
	CurrentUser
	User
	SessionUser
	CurrentCatalog
	CurrentSchema
)

// SQLValueFunction is CURRENT_DATE and its like.
type SQLValueFunction struct {
	Op     SQLValueFunctionOp
	Typmod int // the precision in parentheses, -1 if none
	Pos    int
}

// AArrayExpr is ARRAY[…], and a nested [...] in it.
type AArrayExpr struct {
	Elements []Expr
	Pos      int
}

// AIndirection is (expr).field, expr[1], expr[1:2] and (expr).*.
type AIndirection struct {
	Arg         Expr
	Indirection []Indirection
}

// IndirectionKind is the kind of an Indirection.
type IndirectionKind uint8

// The kinds of Indirection.
const (
	IndirectField IndirectionKind = iota
	IndirectStar
	IndirectSubscript // Upper is the subscript
	IndirectSlice     // Lower and Upper may be nil
)

// Indirection is one step into a value.
type Indirection struct {
	Kind  IndirectionKind
	Field string
	Lower Expr
	Upper Expr
}

// CollateClause is COLLATE; in a column's definition Arg is nil.
type CollateClause struct {
	Arg       Expr
	Collation []string
	Pos       int
}

// GroupingFunc is GROUPING(…).
type GroupingFunc struct {
	Args []Expr
	Pos  int
}

// GroupingSetKind is the kind of a GroupingSet.
type GroupingSetKind uint8

// The kinds of GroupingSet.
const (
	GroupingEmpty GroupingSetKind = iota // ()
	GroupingRollup
	GroupingCube
	GroupingSets
)

// GroupingSet is an element of GROUP BY that is not a plain expression.
type GroupingSet struct {
	Kind    GroupingSetKind
	Content []Expr
	Pos     int
}

// SetToDefault is DEFAULT in the place of a value.
type SetToDefault struct {
	Pos int
}

// CurrentOf is WHERE CURRENT OF cursor.
type CurrentOf struct {
	Cursor string
	Pos    int
}

// RowKey is the key of the row that a table of FROM gives. It cannot be written: queries of cursors get it, for WHERE CURRENT OF.
type RowKey struct {
	Relation string
}

// MultiAssignRef is the source of column ColNo (from 1) of NColumns in
// SET (a, b, …) = source; the targets of one assignment share Source.
type MultiAssignRef struct {
	Source   Expr
	ColNo    int
	NColumns int
}

// MergeSupportFunc is MERGE_ACTION().
type MergeSupportFunc struct {
	Pos int
}

// ResTarget is an element of a select list (Name is the alias, "" if none),
// of INSERT's column list (no Val), or of UPDATE's SET list.
type ResTarget struct {
	Name        string
	Indirection []Indirection
	Val         Expr
	Pos         int
}

// SortDir is a direction of ordering.
type SortDir uint8

// The directions.
const (
	SortDefault SortDir = iota
	SortAsc
	SortDesc
	SortUsing
)

// NullsOrder is NULLS FIRST or LAST.
type NullsOrder uint8

// The places of nulls in an ordering.
const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// SortBy is an element of ORDER BY.
type SortBy struct {
	Expr     Expr
	Dir      SortDir
	Nulls    NullsOrder
	UseOp    string // ORDER BY x USING op
	OpSchema []string
	Pos      int // of the operator, else -1
}

// FrameOptions is a window's frame, with PostgreSQL's bits.
type FrameOptions uint32

// The bits of FrameOptions.
const (
	FrameNonDefault              FrameOptions = 0x00001
	FrameRange                   FrameOptions = 0x00002
	FrameRows                    FrameOptions = 0x00004
	FrameGroups                  FrameOptions = 0x00008
	FrameBetween                 FrameOptions = 0x00010
	FrameStartUnboundedPreceding FrameOptions = 0x00020
	FrameEndUnboundedPreceding   FrameOptions = 0x00040
	FrameStartUnboundedFollowing FrameOptions = 0x00080
	FrameEndUnboundedFollowing   FrameOptions = 0x00100
	FrameStartCurrentRow         FrameOptions = 0x00200
	FrameEndCurrentRow           FrameOptions = 0x00400
	FrameStartOffsetPreceding    FrameOptions = 0x00800
	FrameEndOffsetPreceding      FrameOptions = 0x01000
	FrameStartOffsetFollowing    FrameOptions = 0x02000
	FrameEndOffsetFollowing      FrameOptions = 0x04000
	FrameExcludeCurrentRow       FrameOptions = 0x08000
	FrameExcludeGroup            FrameOptions = 0x10000
	FrameExcludeTies             FrameOptions = 0x20000

	FrameDefaults = FrameRange | FrameStartUnboundedPreceding | FrameEndCurrentRow
)

// WindowDef is a window: of the WINDOW clause (Name set), or after OVER. OVER w
// has only Name; OVER (w …) has w in RefName.
type WindowDef struct {
	Name        string
	RefName     string
	Partition   []Expr
	Order       []*SortBy
	Frame       FrameOptions
	StartOffset Expr
	EndOffset   Expr
	// Bare is true for OVER w.
	Bare bool
	Pos  int
}

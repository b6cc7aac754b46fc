package expr

import "github.com/lightsql/lightsql/sql/types"

// Expr is a typed scalar expression. Expressions are read-only once built and shared by all executions of a plan; what
// changes at run time lives in a Prog. A nil Expr means "none".
type Expr interface {
	// Type is the type of the result, with its modifier.
	Type() types.T
}

// ColID names a column of a logical plan; unique within one statement. 0 is no column.
type ColID int32

// Leaves.
type (
	// Const is a literal or a folded constant.
	Const struct {
		T types.T
		D types.Datum
	}
	// Param is $N of the statement (N counts from 1).
	Param struct {
		N int
		T types.T
	}
	// Var is a column of a logical plan. The optimizer replaces every Var by a Col, an ExecParam or an outer value.
	Var struct {
		ID   ColID
		T    types.T
		Name string
	}
	// Col is column Idx of the operator's input batch (joins: left columns, then right ones).
	Col struct {
		Idx  int
		T    types.T
		Name string // for EXPLAIN, "alias.column" parts joined there
		Rel  string // alias of the relation it comes from, if any
	}
	// ExecParam is a value that an enclosing operator sets before this plan fragment is opened: an outer row's column in
	// a correlated subquery, the outer side of an index nested loop, or the result of an uncorrelated subquery.
	ExecParam struct {
		Slot int
		T    types.T
		Name string // what it stands for, for EXPLAIN
		Rel  string
	}
)

// Calls and operators.
type (
	// Call applies a function. Operators and cast functions are functions too (Form tells the printer).
	Call struct {
		Fn   *Func
		Args []Expr
		T    types.T
		Form CallForm
		Op   string // operator name if Form is FormOperator
		// VariadicArray: the last argument is the array itself (VARIADIC arr).
		VariadicArray bool
	}
	// Relabel changes the type of a binary-compatible value (text ↔ varchar, oid ↔ regclass …): no work.
	Relabel struct {
		Arg      Expr
		T        types.T
		Implicit bool
	}
	// CoerceIO casts through text output and input (or between string types and any other type).
	CoerceIO struct {
		Arg      Expr
		T        types.T
		Implicit bool
	}
	// CoerceArray casts every element: Elem is an expression over ElemArg.
	CoerceArray struct {
		Arg  Expr
		Elem Expr
		T    types.T
	}
	// Collate marks an explicit collation. Shown is the name as SQL writes it, if that is not Name in quotes.
	Collate struct {
		Arg         Expr
		Name, Shown string
	}
)

// Boolean expressions: three-valued, AND and OR stop early per row.
type (
	And struct{ Args []Expr }
	Or  struct{ Args []Expr }
	Not struct{ Arg Expr }
	// IsNull is IS [NOT] NULL. Row: the argument is a composite, tested field by field.
	IsNull struct {
		Arg Expr
		Not bool
		Row bool
	}
	// BoolTest is IS [NOT] TRUE/FALSE/UNKNOWN.
	BoolTest struct {
		Arg  Expr
		Kind BoolTestKind
	}
	// Distinct is IS [NOT] DISTINCT FROM, by the type's equality operator.
	Distinct struct {
		Eq   *Func
		L, R Expr
		Not  bool
	}
	// ScalarArray is "Left op ANY (Right)" or ALL, Right an array. IN lists of constants bind to it.
	ScalarArray struct {
		Op    *Func
		OpSym string
		Left  Expr
		Right Expr
		All   bool
	}
	// RowCompare is (a, b) op (c, d) for <, <=, >, >=; = and <> bind to And/Or.
	RowCompare struct {
		Op string
		Ls []Expr
		Rs []Expr
		Lt []*Func // "<" per column
		Eq []*Func // "=" per column
	}
)

// Conditionals and constructors.
type (
	// Case: searched CASE, or, if Arg is set, each When.Cond is an expression over CaseArg.
	Case struct {
		Arg   Expr
		Whens []When
		Else  Expr // nil: NULL
		T     types.T
	}
	When struct{ Cond, Then Expr }
	// CaseArg is the value of the enclosing Case.Arg, or the element of CoerceArray.
	CaseArg struct{ T types.T }
	// Coalesce evaluates its arguments left to right, per row only as far as needed.
	Coalesce struct {
		Args []Expr
		T    types.T
	}
	// NullIf is NULLIF(L, R) by Eq (over possibly coerced CmpL, CmpR).
	NullIf struct {
		Eq         *Func
		L          Expr
		CmpL, CmpR Expr
		T          types.T
	}
	// MinMax is GREATEST or LEAST; NULL arguments are ignored.
	MinMax struct {
		Greatest bool
		Args     []Expr
		T        types.T
	}
	// Array is ARRAY[…]; Multi: the elements are arrays themselves.
	Array struct {
		Elems []Expr
		T     types.T
		Multi bool
	}
	// Row is ROW(…).
	Row struct {
		Elems []Expr
		Names []string
		T     types.T
	}
	// Field is (composite).name.
	Field struct {
		Arg  Expr
		Idx  int
		Name string
		T    types.T
	}
	// Subscript is arr[i] or arr[l:u] per dimension; jsonb too.
	Subscript struct {
		Arg   Expr
		Upper []Expr
		Lower []Expr // as long as Upper if Slice; elements may be nil
		Slice bool
		T     types.T
	}
	// SessionValue is CURRENT_USER, CURRENT_DATE, LOCALTIMESTAMP(p) …: Fn is the function that computes it.
	SessionValue struct {
		Name string
		Fn   *Func
		Args []Expr
		T    types.T
	}
)

// Subqueries.
type (
	// Subquery is a subquery in a logical plan. Query is a logical.Node. Test is for Any/All/In: a boolean expression over
	// the outer columns and the subquery's output columns (as Vars).
	Subquery struct {
		Kind  SubqueryKind
		Query any
		Test  Expr
		// Left and OpSym repeat Test's parts for the printer and the decorrelation rules: (Left…) OpSym ANY (columns…).
		Left  []Expr
		OpSym string
		T     types.T
	}
	// SubPlan is a subquery in a physical plan: entry ID of the statement's list of subplans. If it is correlated, Args
	// are evaluated over the current row and put into the exec params Slots before the subplan runs. Test, for Any/All, is
	// an expression over the current row, with the subplan's output columns as ExecParams OutSlots.
	SubPlan struct {
		Kind     SubqueryKind
		ID       int
		Args     []Expr
		Slots    []int
		Test     Expr
		OutSlots []int
		T        types.T
		// Hashed: uncorrelated IN/NOT IN as a hash table: HashLeft are the outer sides, in the order of output columns.
		Hashed   bool
		HashLeft []Expr
	}
)

// AggCall is an aggregate call in a logical plan or an Aggregate node; it never occurs inside other physical expressions.
type AggCall struct {
	Fn       *Agg
	Args     []Expr // direct arguments of ordered-set aggregates come first
	Direct   int    // number of direct arguments
	Star     bool   // count(*)
	Distinct bool
	OrderBy  []SortKey
	Filter   Expr
	T        types.T
}

// WindowCall is a window function call; Agg or Fn is set.
type WindowCall struct {
	Fn     *Func
	Agg    *AggCall
	Args   []Expr
	Filter Expr
	Window int // index into the Window node's list
	T      types.T
}

// SortKey is one sort key. NullsFirst is resolved (default: last for ascending, first for descending).
type SortKey struct {
	Expr       Expr
	Desc       bool
	NullsFirst bool
}

// CallForm says how a call was written.
type CallForm uint8

// Call forms.
const (
	FormFunction CallForm = iota
	FormOperator
	FormCastExplicit
	FormCastImplicit
)

// BoolTestKind is the test of a BoolTest.
type BoolTestKind uint8

// Boolean tests.
const (
	IsTrue BoolTestKind = iota
	IsNotTrue
	IsFalse
	IsNotFalse
	IsUnknown
	IsNotUnknown
)

// SubqueryKind is the form of a subquery expression.
type SubqueryKind uint8

// Subquery kinds.
const (
	SubqueryExists SubqueryKind = iota
	SubqueryScalar              // at most one row, else 21000
	SubqueryAny                 // also IN
	SubqueryAll                 // also NOT IN as Not(Any)
	SubqueryArray               // ARRAY(SELECT …)
	SubqueryRow                 // (a, b) = (SELECT …), multi-column SET
)

var boolType = types.T{OID: 16, Mod: -1}

// Type methods.
func (e *Const) Type() types.T        { return e.T }
func (e *Param) Type() types.T        { return e.T }
func (e *Var) Type() types.T          { return e.T }
func (e *Col) Type() types.T          { return e.T }
func (e *ExecParam) Type() types.T    { return e.T }
func (e *Call) Type() types.T         { return e.T }
func (e *Relabel) Type() types.T      { return e.T }
func (e *CoerceIO) Type() types.T     { return e.T }
func (e *CoerceArray) Type() types.T  { return e.T }
func (e *Collate) Type() types.T      { return e.Arg.Type() }
func (e *And) Type() types.T          { return boolType }
func (e *Or) Type() types.T           { return boolType }
func (e *Not) Type() types.T          { return boolType }
func (e *IsNull) Type() types.T       { return boolType }
func (e *BoolTest) Type() types.T     { return boolType }
func (e *Distinct) Type() types.T     { return boolType }
func (e *ScalarArray) Type() types.T  { return boolType }
func (e *RowCompare) Type() types.T   { return boolType }
func (e *Case) Type() types.T         { return e.T }
func (e *CaseArg) Type() types.T      { return e.T }
func (e *Coalesce) Type() types.T     { return e.T }
func (e *NullIf) Type() types.T       { return e.T }
func (e *MinMax) Type() types.T       { return e.T }
func (e *Array) Type() types.T        { return e.T }
func (e *Row) Type() types.T          { return e.T }
func (e *Field) Type() types.T        { return e.T }
func (e *Subscript) Type() types.T    { return e.T }
func (e *SessionValue) Type() types.T { return e.T }
func (e *Subquery) Type() types.T     { return e.T }
func (e *SubPlan) Type() types.T      { return e.T }
func (e *AggCall) Type() types.T      { return e.T }
func (e *WindowCall) Type() types.T   { return e.T }

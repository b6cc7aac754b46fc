package expr

import (
	"context"
	"time"

	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Volatility is PostgreSQL's provolatile.
type Volatility uint8

// Volatilities.
const (
	Immutable Volatility = iota
	Stable
	Volatile
)

// Func is a function, the implementation of an operator, or a cast function: a row of pg_proc and the code behind it.
// Exactly one of Kernel, Scalar, Set is set (Scalar serves where a kernel would gain nothing).
type Func struct {
	OID        types.OID // PostgreSQL's pg_proc.oid
	Name       string
	Schema     string      // if the name is to be printed qualified
	Operator   string      // as it is printed, if it is called as an operator that is not built in
	Args       []types.OID // input argument types; polymorphic pseudo-types allowed
	ArgNames   []string    // nil: unnamed
	Defaults   []Expr      // for the last len(Defaults) arguments
	Ret        types.OID
	Variadic   bool // the last of Args is an array type that collects the rest ("any" for VARIADIC "any")
	Volatility Volatility
	Strict     bool // NULL in, NULL out; the code never sees a row with a NULL argument
	RetSet     bool
	Kind       byte // 'f' function, 'p' procedure, 'w' window
	// OutNames and OutTypes are the columns of a function that returns records.
	OutNames []string
	OutTypes []types.OID

	Kernel Kernel
	Scalar func(c *Ctx, args []types.Datum) (types.Datum, error)
	Set    func(c *Ctx, args []types.Datum) (RowSource, error)

	// Bind, if set, makes the function for the bound argument and result types, where its code depends on them (polymorphic
	// and VARIADIC "any" functions); then Kernel, Scalar and Set may all be nil. Arguments beyond len(args), of a VARIADIC
	// array that is spread, have the last type. Call it through Bound.
	Bind func(args []types.T, ret types.T) *Func
}

// Bound is the function with its code for these argument and result types.
func (f *Func) Bound(args []types.T, ret types.T) *Func {
	if f.Bind == nil {
		return f
	}
	return f.Bind(args, ret)
}

// Kernel computes one function over vectors. args[i].Const means that element 0 stands for every row. It writes out (already
// sized and zeroed, of the result's kind) at the rows of sel, or 0..n-1 if sel is nil, and may set out.Nulls. For a strict function
// rows with a NULL argument are not in sel, so that errors (overflow, division by zero) arise only for rows that count.
type Kernel func(c *Ctx, args []*vec.Vector, sel []int32, n int, out *vec.Vector) error

// RowSource yields the rows of a set-returning function.
type RowSource interface {
	// Next returns the next row (one Datum per output column; valid until the next call), ok=false at the end.
	Next() (row []types.Datum, ok bool, err error)
}

// RowList is a RowSource of rows in memory.
type RowList struct{ Rows [][]types.Datum }

// Next implements RowSource.
func (l *RowList) Next() ([]types.Datum, bool, error) {
	if len(l.Rows) == 0 {
		return nil, false, nil
	}
	row := l.Rows[0]
	l.Rows = l.Rows[1:]
	return row, true, nil
}

// Record is a row of the columns of a function that returns records, as one value.
func (f *Func) Record(row []types.Datum) types.Datum {
	r := &types.Record{Type: types.RecordOID, Fields: row, Names: f.OutNames}
	for _, t := range f.OutTypes {
		r.Types = append(r.Types, types.Of(t))
	}
	return types.NewRef(r)
}

// Agg is an aggregate function: a row of pg_aggregate and its state.
type Agg struct {
	OID      types.OID
	Name     string
	Schema   string // if the name is to be printed qualified
	Args     []types.OID
	Ret      types.OID
	Variadic bool
	Kind     byte // 'n' normal, 'o' ordered-set, 'h' hypothetical-set
	// Strict aggregates skip rows with a NULL argument (all but count(*), array_agg, json_agg …).
	Strict bool
	// New makes the state for all groups of one Aggregate; argument and result types are the bound ones.
	New func(args []types.T, ret types.T) AggState
	// SortOp is "<" or ">" for min and max (index order can answer them), else "".
	SortOp string
}

// AggState holds the state of one aggregate for groups 0..n-1.
type AggState interface {
	// Grow makes room for groups up to n-1, new ones in their initial state.
	Grow(n int)
	// Add feeds rows: row sel[i] (or i, if sel is nil, for i < n) belongs to group groups[i]. FILTER, DISTINCT and strictness are
	// already applied. args may be Const vectors. groups nil: all rows belong to group 0. Rows of ordered-set aggregates come
	// sorted, and args are the direct arguments, then the sorted ones.
	Add(c *Ctx, groups []int32, args []*vec.Vector, sel []int32, n int) error
	// Result writes the results of groups from..to-1 to out rows 0..to-from-1 (out is sized).
	Result(c *Ctx, from, to int, out *vec.Vector) error
	// Merge adds group src of other (same type) into group dst.
	Merge(dst int, other AggState, src int) error
	// Bytes is the memory held.
	Bytes() int
}

// Ctx is what evaluation may use. One per running statement and goroutine; it belongs to the executor.
type Ctx struct {
	Context context.Context
	Params  []types.Datum // $1 … of the statement, converted to the Param's type
	Exec    []types.Datum // exec params by slot
	Types   *types.Env    // time zone, DateStyle …
	Env     Env
	// Leftovers, if not nil, lets calls of large values run beside the statement (Detached).
	Leftovers *Leftovers
	// Memory, if not nil, is the account of the statement's execution, whose number is Execution.
	Memory    Memory
	Execution uint64
	// RunSubPlan evaluates a SubPlan for one row; exec params of Slots are already set.
	// left are the values of sp.HashLeft, if Hashed.
	RunSubPlan func(sp *SubPlan, left []types.Datum) (types.Datum, error)
	// SubPlanTest is set by the evaluator before it calls RunSubPlan for a SubPlan with a Test: it computes Test for the
	// current row, after RunSubPlan has put a row of the subplan into the exec params OutSlots. RunSubPlan takes it before
	// it runs anything else.
	SubPlanTest func() (types.Datum, error)
}

// Env is what functions ask of the session. Packages above sql define wider interfaces and assert them.
type Env interface {
	TransactionTime() time.Time
	StatementTime() time.Time
	ClockTime() time.Time
	CurrentUser() string
	SessionUser() string
	CurrentDatabase() string
	// Setting is the text of a run-time parameter (current_setting), ok=false if there is none; SetSetting is set_config.
	Setting(name string) (string, bool)
	SetSetting(name, value string, local bool) (string, error)
	BackendPID() int
	// Nextval, Currval, Setval, Lastval work on the sequence with that OID.
	Nextval(seq types.OID) (int64, error)
	Currval(seq types.OID) (int64, error)
	Setval(seq types.OID, v int64, called bool) error
	Lastval() (int64, error)
	// ResolveReg turns a name into the OID of an object of the reg* type t (42P01, 42883 …); RegName is the reverse, ok=false if gone.
	ResolveReg(t types.OID, name string) (types.OID, error)
	RegName(t types.OID, oid types.OID) (string, bool)
	Notice(severity, sqlstate, message string)
}

package estimate

import (
	"math"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// PostgreSQL's guesses where nothing is known (selfuncs.h).
const (
	defaultEq       = 0.005
	defaultIneq     = 0.3333333333333333
	defaultContain  = 0.005 // array @> array
	defaultOverlap  = 0.01  // array && array
	defaultMatching = 0.01  // jsonb @> jsonb and its like
	defaultRange    = 0.005
	defaultMatch    = 0.005
	defaultUnknown  = 0.005
	defaultFunc     = 0.3333333
	DefaultDistinct = 200
)

// Estimator is what is known in the planning of one statement.
type Estimator struct {
	// Types is for the evaluation of conditions on values of columns.
	Types *types.Env

	columns byColumn[*Column]
	exprs   byColumn[expr.Expr]
	sizes   map[*logical.Scan]size
	pool    []Column // room for further ones
}

// byColumn is a table by ColID, which are small and dense.
type byColumn[V any] []V

func (t byColumn[V]) get(id expr.ColID) (v V) {
	if int(id) < len(t) {
		v = t[id]
	}
	return v
}

func (t *byColumn[V]) set(id expr.ColID, v V) {
	if n := int(id) + 1; n > len(*t) {
		*t = append(*t, make([]V, n-len(*t))...)
	}
	(*t)[id] = v
}

// Column is what is known of a table column's values.
type Column struct {
	Rows   float64       // of the table
	Stats  *stats.Column // nil: nothing
	unique bool
	// Scan and Attr say which column of which scan it is.
	Scan   *logical.Scan
	Attr   catalog.ColumnID
	figure *stats.Table // of the table
}

// size is how many rows a scan's table has, how many of them its conditions leave, and which conditions these are.
type size struct {
	tuples, rows float64
	conds        []expr.Expr
}

// New is an Estimator that knows nothing.
func New(env *types.Env) *Estimator {
	return &Estimator{Types: env}
}

// Column is what is known of a column, nil if it is none of a table.
func (e *Estimator) Column(id expr.ColID) *Column { return e.columns.get(id) }

// Note says that column id is column col of a scan whose table has that many rows; s may be nil.
func (e *Estimator) Note(id expr.ColID, n *logical.Scan, col *catalog.Column, rows float64, s *stats.Table) {
	c := e.newColumn()
	*c = Column{Rows: rows, unique: uniqueColumn(n.Table, col.ID), Scan: n, Attr: col.ID, figure: s}
	if s != nil {
		c.Stats = s.Columns[col.ID]
	}
	e.columns.set(id, c)
}

func (e *Estimator) newColumn() *Column {
	if len(e.pool) == 0 {
		e.pool = make([]Column, 8)
	}
	c := &e.pool[0]
	e.pool = e.pool[1:]
	return c
}

// Size says how many rows the table of a scan has and how many the conditions on it leave.
func (e *Estimator) Size(n *logical.Scan, tuples, rows float64, conds []expr.Expr) {
	if e.sizes == nil {
		e.sizes = map[*logical.Scan]size{}
	}
	e.sizes[n] = size{tuples, rows, conds}
}

// Define says what a column of a projection is computed from.
func (e *Estimator) Define(id expr.ColID, x expr.Expr) {
	if v, ok := x.(*expr.Var); ok {
		if c := e.columns.get(v.ID); c != nil && v.ID != id {
			e.columns.set(id, c)
		}
		if y := e.exprs.get(v.ID); y != nil {
			e.exprs.set(id, y)
		}
		return
	}
	e.exprs.set(id, x)
}

func uniqueColumn(t *catalog.Table, id catalog.ColumnID) bool {
	is := func(x *catalog.Index) bool {
		return len(x.Columns) == 1 && x.Columns[0].Column == id && x.Predicate == "" && !x.Building
	}
	if t.Primary != nil && is(t.Primary) {
		return true
	}
	for _, x := range t.Indexes {
		if x.Unique && is(x) {
			return true
		}
	}
	return false
}

// variable is a column or expression with what is known of its values (PostgreSQL's VariableStatData).
type variable struct {
	rows   float64 // of its table; 0: unknown
	stats  *stats.Column
	unique bool
	isBool bool
}

// variableOf examines an expression: a column, or an expression of a statistics object.
func (e *Estimator) variableOf(x expr.Expr) variable {
	v := variable{isBool: x.Type().OID == types.BoolOID}
	if b, ok := BareVar(x); ok {
		if c := e.columns.get(b.ID); c != nil {
			v.rows, v.stats, v.unique = c.Rows, c.Stats, c.unique
			return v
		}
		if y := e.exprs.get(b.ID); y != nil {
			return e.variableOf(y)
		}
		return v
	}
	c := e.single([]expr.Expr{x})
	if c == nil {
		return v
	}
	v.rows = c.Rows
	for i, s := range c.Scan.Table.Statistics {
		if f := c.extended(s); f != nil && i < len(c.Scan.Statistics) {
			for k, y := range c.Scan.Statistics[i] {
				if k < len(f.Exprs) && expr.Equal(strip(x), strip(y)) {
					v.stats = f.Exprs[k]
					return v
				}
			}
		}
	}
	return v
}

// extended are the figures of a statistics object of the column's table, nil if it was not analyzed.
func (c *Column) extended(s *catalog.Statistics) *stats.Extended {
	if c.figure == nil {
		return nil
	}
	return c.figure.Extended[s.OID]
}

// single is a column of the one scan that all columns of some expressions belong to; nil if there is no such scan.
func (e *Estimator) single(xs []expr.Expr) *Column {
	var one *Column
	ok := true
	for _, x := range xs {
		expr.Walk(x, func(y expr.Expr) bool {
			switch y := y.(type) {
			case *expr.Var:
				c := e.columns.get(y.ID)
				if c == nil || c.Scan == nil || one != nil && one.Scan != c.Scan {
					ok = false
					return false
				}
				one = c
			case *expr.Subquery, *expr.SubPlan:
				ok = false
			}
			return ok
		})
	}
	if !ok {
		return nil
	}
	return one
}

// distinct is the number of distinct values of a variable; known is false for a guess.
func (v *variable) distinct() (n float64, known bool) {
	switch {
	case v.stats != nil && v.stats.Distinct > 0:
		return clampRows(v.stats.Distinct), true
	case v.stats != nil && v.stats.Distinct < 0 && v.rows > 0:
		return clampRows(-v.stats.Distinct * v.rows), true
	case v.isBool && v.stats == nil:
		return 2, true
	case v.unique:
		return clampRows(v.rows), true
	case v.rows > 0 && v.rows < DefaultDistinct:
		return clampRows(v.rows), true
	}
	return DefaultDistinct, false
}

func (v *variable) nulls() float64 {
	if v.stats == nil {
		return 0
	}
	return v.stats.NullFrac
}

func clampRows(r float64) float64 {
	if r <= 1 || math.IsNaN(r) {
		return 1
	}
	return math.Round(min(r, 1e100))
}

func clampFraction(s float64) float64 {
	if math.IsNaN(s) {
		return 0
	}
	return max(0, min(1, s))
}

// BareVar is the column under binary-compatible casts.
func BareVar(x expr.Expr) (*expr.Var, bool) {
	v, ok := strip(x).(*expr.Var)
	return v, ok
}

// strip takes off binary-compatible casts.
func strip(x expr.Expr) expr.Expr {
	for {
		r, ok := x.(*expr.Relabel)
		if !ok {
			return x
		}
		x = r.Arg
	}
}

// IsComparison reports an operator that orders values.
func IsComparison(op string) bool {
	switch op {
	case "=", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// Flip is the operator with its sides exchanged.
func Flip(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}

// ColumnComparison takes apart col op value, with the column on the left; value has no columns at hand.
func ColumnComparison(x expr.Expr) (v *expr.Var, op string, value expr.Expr, ok bool) {
	left, op, value, ok := comparison(x)
	if !ok || op == "<>" {
		return nil, "", nil, false
	}
	v, ok = BareVar(left)
	return v, op, value, ok
}

// comparison takes apart expression op value, with the expression on the left: it has columns, value has none. op is a comparison or <>.
func comparison(x expr.Expr) (left expr.Expr, op string, value expr.Expr, ok bool) {
	call, ok := x.(*expr.Call)
	if !ok || len(call.Args) != 2 || !IsComparison(call.Op) && call.Op != "<>" {
		return nil, "", nil, false
	}
	a, b := expr.HasColumns(call.Args[0]), expr.HasColumns(call.Args[1])
	switch {
	case a && !b:
		return call.Args[0], call.Op, call.Args[1], true
	case b && !a:
		return call.Args[1], Flip(call.Op), call.Args[0], true
	}
	return nil, "", nil, false
}

// ArrayLength is the number of elements expected of an array expression.
func ArrayLength(x expr.Expr) float64 {
	switch x := x.(type) {
	case *expr.Const:
		if a, ok := x.D.Ref().(*types.Array); ok {
			return float64(len(a.Elems))
		}
		return 0
	case *expr.Array:
		return float64(len(x.Elems))
	}
	return 10
}

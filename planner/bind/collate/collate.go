package collate

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/collation"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Strength says where a collation comes from.
type Strength uint8

// Strengths, the weakest first.
const (
	None     Strength = iota // of a type without collations
	Implicit                 // of a column, a constant or a type
	Conflict                 // of two implicit ones
	Explicit                 // of a COLLATE clause
)

// State is the collation of an expression. An implicit one without a name is that of a column for which none could be derived.
type State struct {
	Name     string
	Other    string // what Name conflicts with
	Strength Strength
}

// Default is the collation of the database.
var Default = State{Name: "default", Strength: Implicit}

// Mismatch says that two explicit collations differ.
type Mismatch struct{ A, B string }

// Columns are the collations of columns that are not the default.
type Columns map[expr.ColID]State

// Collatable reports whether a type has collations.
func Collatable(t types.OID) bool {
	ti, ok := types.Info(types.Undomained(t))
	return ok && ti.Collation != 0 || t == types.UnknownOID
}

// Merge is the collation of an operation on two values.
func Merge(a, b State) (State, *Mismatch) {
	switch {
	case a.Strength != b.Strength:
		if b.Strength > a.Strength {
			return b, nil
		}
		return a, nil
	case a.Strength == Explicit && a.Name != b.Name:
		return a, &Mismatch{a.Name, b.Name}
	case a.Strength != Implicit || a.Name == b.Name || b.Name == Default.Name:
		return a, nil
	case a.Name == Default.Name:
		return b, nil
	}
	return State{Name: a.Name, Other: b.Name, Strength: Conflict}, nil
}

// Of is the collation of an expression.
func (c Columns) Of(e expr.Expr) (State, *Mismatch) {
	if !Collatable(e.Type().OID) {
		return State{}, nil
	}
	var st State
	var bad *Mismatch
	switch e := e.(type) {
	case *expr.Collate:
		return State{Name: e.Name, Strength: Explicit}, nil
	case *expr.Call:
		if name := collation.OfValue(e.Fn); name != "" {
			return State{Name: name, Strength: Implicit}, nil
		}
		st, bad = c.OfAll(operands(e))
	case *expr.Var:
		if s, ok := c[e.ID]; ok {
			return s, nil
		}
	case *expr.Subquery:
		if q, ok := e.Query.(logical.Node); ok && e.Test == nil && len(q.Columns()) > 0 {
			if s, ok := c[q.Columns()[0].ID]; ok {
				return s, nil
			}
		}
	case *expr.Case:
		var results []expr.Expr
		for _, w := range e.Whens {
			results = append(results, w.Then)
		}
		if e.Else != nil {
			results = append(results, e.Else)
		}
		st, bad = c.OfAll(results)
	case *expr.NullIf:
		return c.Of(e.L)
	default:
		st, bad = c.OfAll(operands(e))
	}
	if st.Strength == None {
		st = Default
	}
	return st, bad
}

// OfAll is the collation of an operation on all of es.
func (c Columns) OfAll(es []expr.Expr) (State, *Mismatch) {
	var st State
	for _, e := range es {
		s, bad := c.Of(e)
		if bad == nil {
			st, bad = Merge(st, s)
		}
		if bad != nil {
			return st, bad
		}
	}
	return st, nil
}

// operands are the direct children of e.
func operands(e expr.Expr) []expr.Expr {
	var out []expr.Expr
	expr.Walk(e, func(x expr.Expr) bool {
		if x == e {
			return true
		}
		out = append(out, x)
		return false
	})
	return out
}

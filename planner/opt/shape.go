package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// shape is what a statement has, its subqueries included, as far as rules depend on it.
type shape uint8

const (
	shapeSubqueries shape = 1 << iota
	shapeLocks
	shapeStacked // a projection below another one, a filter or a join
	shapeOuter   // a join that is not an inner one
	shapeAggregates
	shapeLimits
)

// survey looks over a statement before it is changed.
type survey struct {
	shape shape
	// top is the highest ColID, subqueries included; new columns are numbered after it.
	top expr.ColID
}

func (s *survey) cols(cols []logical.Column) {
	for i := range cols {
		s.top = max(s.top, cols[i].ID)
	}
}

func (s *survey) node(n logical.Node) {
	switch n := n.(type) {
	case *logical.Filter:
		s.over(n.Input)
	case *logical.Project:
		s.over(n.Input)
		s.cols(n.Cols)
	case *logical.Join:
		s.over(n.Left)
		s.over(n.Right)
		if n.Kind != logical.InnerJoin {
			s.shape |= shapeOuter
		}
	case *logical.Limit:
		s.shape |= shapeLimits
	case *logical.LockRows:
		s.shape |= shapeLocks
	case *logical.Sort, *logical.Distinct:
	case *logical.Aggregate:
		s.shape |= shapeAggregates
		s.cols(n.Columns())
	default:
		s.cols(n.Columns())
		s.target(n)
	}
	logical.VisitOwn(n, s.expr)
	logical.EachInput(n, s.node)
}

func (s *survey) over(input logical.Node) {
	if _, ok := input.(*logical.Project); ok {
		s.shape |= shapeStacked
	}
}

func (s *survey) target(n logical.Node) {
	switch n := n.(type) {
	case *logical.Insert:
		s.cols(n.Target.Cols)
		s.top = max(s.top, n.Target.TableOID)
		if n.OnConflict != nil {
			s.cols(n.OnConflict.Excluded)
			s.cols(n.OnConflict.Existing)
		}
	case *logical.Update:
		s.cols(n.Target.Cols)
	case *logical.Delete:
		s.cols(n.Target.Cols)
	case *logical.Merge:
		s.cols(n.Target.Cols)
	}
}

func (s *survey) expr(e expr.Expr) {
	expr.Walk(e, func(e expr.Expr) bool {
		switch e := e.(type) {
		case *expr.Var:
			s.top = max(s.top, e.ID)
		case *expr.Subquery:
			s.shape |= shapeSubqueries
			s.node(e.Query.(logical.Node))
		}
		return true
	})
}

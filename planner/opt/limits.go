package opt

import (
	"math"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// pushLimits gives each branch of a UNION ALL under LIMIT the bound on the rows that can be needed of it.
func (o *optimizer) pushLimits(n logical.Node) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		l, ok := n.(*logical.Limit)
		if !ok || l.WithTies != nil {
			return n
		}
		rows, ok := limitRows(l)
		if !ok {
			return n
		}
		in := pushLimit(l.Input, rows)
		if in == l.Input {
			return n
		}
		c := *l
		c.Input = in
		return &c
	})
}

// limitRows is how many rows of the input a LIMIT with constant bounds reads.
func limitRows(l *logical.Limit) (int64, bool) {
	limit, ok := constInt(l.Limit)
	if !ok || limit < 0 {
		return 0, false
	}
	offset := int64(0)
	if l.Offset != nil {
		if offset, ok = constInt(l.Offset); !ok || offset < 0 {
			return 0, false
		}
	}
	if limit > math.MaxInt64-offset {
		return 0, false
	}
	return limit + offset, true
}

func constInt(e expr.Expr) (int64, bool) {
	c, ok := e.(*expr.Const)
	if !ok || c.D.IsNull() || c.D.Kind() != types.KindInt {
		return 0, false
	}
	return c.D.Int(), true
}

func pushLimit(n logical.Node, rows int64) logical.Node {
	switch n := n.(type) {
	case *logical.Project:
		if in := pushLimit(n.Input, rows); in != n.Input {
			c := *n
			c.Input = in
			return &c
		}
	case *logical.SetOp:
		if n.Kind != logical.Union || !n.All || readsWorkTable(n) {
			return n
		}
		c := *n
		c.Left, c.Right = bounded(n.Left, rows), bounded(n.Right, rows)
		return &c
	}
	return n
}

func bounded(n logical.Node, rows int64) logical.Node {
	switch n := n.(type) {
	case *logical.Limit, *logical.Values:
		return n
	case *logical.SetOp:
		if r := pushLimit(n, rows); r != logical.Node(n) {
			return r
		}
	}
	return &logical.Limit{Input: n, Limit: &expr.Const{T: types.Of(types.Int8OID), D: types.NewInt(rows)}}
}

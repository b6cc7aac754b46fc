package bind

import (
	"slices"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/collation"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// levelTracker finds out to which query level an aggregate belongs: the innermost one, not inside its own arguments' subqueries, of which
// the arguments use a column. Depths are those of scopes; -1 is none.
type levelTracker struct {
	depth  int // of the scope that the call is written in
	maxVar int
	maxAgg int
	aggPos int
	maxWin int
	winPos int
	srf    bool
	srfPos int
}

// callMark undoes enterCall.
type callMark struct {
	s   *scope
	srf bool
}

// enterCall starts to track what the arguments of a call use.
func (b *binder) enterCall(s *scope) callMark {
	b.levels = append(b.levels, levelTracker{depth: s.depth, maxVar: -1, maxAgg: -1, maxWin: -1})
	m := callMark{s, s.srf}
	s.srf = false
	return m
}

func (b *binder) leaveCall(m callMark) levelTracker {
	last := len(b.levels) - 1
	t := b.levels[last]
	b.levels = b.levels[:last]
	t.srf, t.srfPos = m.s.srf, m.s.srfPos
	m.s.srf = m.s.srf || m.srf
	return t
}

// noteLevel tells the calls around it that a column of the scope at that depth is used.
func (b *binder) noteLevel(depth int) {
	for i := range b.levels {
		if t := &b.levels[i]; depth <= t.depth && depth > t.maxVar {
			t.maxVar = depth
		}
	}
}

func (b *binder) noteAggregate(depth, pos int) {
	for i := range b.levels {
		if t := &b.levels[i]; depth <= t.depth && depth > t.maxAgg {
			t.maxAgg, t.aggPos = depth, pos
		}
	}
}

func (b *binder) noteWindow(depth, pos int) {
	for i := range b.levels {
		if t := &b.levels[i]; depth <= t.depth && depth > t.maxWin {
			t.maxWin, t.winPos = depth, pos
		}
	}
}

// level is the depth that the aggregate belongs to.
func (t *levelTracker) level() int {
	if t.maxVar < 0 && t.maxAgg < 0 {
		return t.depth
	}
	return max(t.maxVar, t.maxAgg)
}

// aggregateCall binds an aggregate, or an aggregate used as a window function.
func (b *binder) aggregateCall(s *scope, c *boundCall, filter expr.Expr, track levelTracker) expr.Expr {
	n, agg := c.n, c.m.Agg
	if agg.Kind == 'n' || agg.Kind == 0 {
		if n.AggWithinGroup {
			b.fail(pgerr.WrongObjectType, n.Pos, "%s is not an ordered-set aggregate, so it cannot have WITHIN GROUP", c.name)
		}
	} else {
		if !n.AggWithinGroup {
			b.fail(pgerr.WrongObjectType, n.Pos, "WITHIN GROUP is required for ordered-set aggregate %s", c.name)
		}
		if n.Over != nil {
			b.fail(pgerr.CodeFeatureNotSupported, n.Pos, "OVER is not supported for ordered-set aggregate %s", c.name)
		}
	}
	if len(c.args) == 0 && !n.AggStar && !n.AggWithinGroup {
		b.fail(pgerr.WrongObjectType, n.Pos, "%s(*) must be used to call a parameterless aggregate function", c.name)
	}
	written := slices.Clone(c.args) // DISTINCT and ORDER BY must agree before conversions
	call := &expr.AggCall{Fn: agg, Args: b.finalArgs(c), Star: n.AggStar, Distinct: n.AggDistinct, Filter: filter, T: types.Of(c.m.Ret)}
	var locale *collation.Locale
	if b.collations != nil {
		locale = b.collatedAggregate(call, c.m.Proc.Name, n.Pos)
	}
	if n.Over != nil {
		return textOfKey(locale, b.windowCall(s, c, call, filter), call.T)
	}
	if track.srf {
		b.raise(b.err(pgerr.CodeFeatureNotSupported, track.srfPos, "aggregate function calls cannot contain set-returning function calls").
			WithHint("You might be able to move the set-returning function into a LATERAL FROM item."))
	}
	b.levels = append(b.levels, track) // ORDER BY expressions count as arguments
	b.aggregateOrder(s, c, call, written)
	track = b.levels[len(b.levels)-1]
	b.levels = b.levels[:len(b.levels)-1]
	if call.Distinct {
		for i, a := range call.Args {
			b.needEquality(a.Type().OID, c.poss[min(i, len(c.poss)-1)])
		}
	}
	return textOfKey(locale, b.placeAggregate(s, n, call, track, c.m.Proc.Name), call.T)
}

// placeAggregate finds the query level that an aggregate belongs to, and registers it there.
func (b *binder) placeAggregate(s *scope, n *ast.FuncCall, call *expr.AggCall, track levelTracker, name string) expr.Expr {
	if track.maxWin >= 0 && track.maxWin == track.depth {
		b.fail(pgerr.GroupingError, track.winPos, "aggregate function calls cannot contain window function calls")
	}
	level := track.level()
	if track.maxAgg == level && track.maxAgg >= 0 {
		b.fail(pgerr.GroupingError, track.aggPos, "aggregate function calls cannot be nested")
	}
	at := s
	for at.depth > level {
		at = at.parent
	}
	if msg := at.kind.aggregateError(); msg != "" {
		b.fail(pgerr.GroupingError, n.Pos, "%s", msg)
	}
	b.noteAggregate(level, n.Pos)
	if !at.hasAggs {
		at.aggPos = n.Pos
	}
	return b.addAggregate(at, call, name)
}

// addAggregate registers the call in its query level and gives the Var of its result. Equal calls are computed once.
func (b *binder) addAggregate(s *scope, call *expr.AggCall, name string) expr.Expr {
	s.hasAggs = true
	for i := range s.aggs {
		if expr.Equal(s.aggs[i].Call, call) && !volatileArgs(call) {
			c := s.aggs[i].Col
			return &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
		}
	}
	col := logical.Column{ID: b.newCol(), Name: name, T: call.T}
	s.aggs = append(s.aggs, logical.AggItem{Col: col, Call: call})
	return &expr.Var{ID: col.ID, T: col.T, Name: name}
}

func volatileArgs(call *expr.AggCall) bool {
	for _, a := range call.Args {
		if expr.VolatilityOf(a) == expr.Volatile {
			return true
		}
	}
	return false
}

// aggregateOrder binds ORDER BY in the parentheses, or takes the sort order of WITHIN GROUP.
func (b *binder) aggregateOrder(s *scope, c *boundCall, call *expr.AggCall, written []expr.Expr) {
	n := c.n
	if len(n.AggOrder) == 0 {
		return
	}
	if n.AggWithinGroup {
		call.Direct = len(n.Args)
		for i, o := range n.AggOrder {
			at := call.Direct + i
			if at < len(call.Args) {
				call.OrderBy = append(call.OrderBy, b.sortKey(o, call.Args[at]))
			}
		}
		return
	}
	old := s.enter(kindOrderBy)
	for _, o := range n.AggOrder {
		pos := ast.Location(o.Expr)
		e := b.toText(b.expr(s, o.Expr), pos)
		if i := indexOfExpr(written, e); i >= 0 && i < len(call.Args) && c.m.Order == nil {
			e = call.Args[i]
		} else if n.AggDistinct {
			b.fail(pgerr.InvalidColumnReference, pos, "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
		b.needOrdering(e.Type().OID, pos)
		call.OrderBy = append(call.OrderBy, b.sortKey(o, e))
	}
	s.kind = old
}

func indexOfExpr(es []expr.Expr, e expr.Expr) int {
	for i := range es {
		if expr.Equal(es[i], e) {
			return i
		}
	}
	return -1
}

// groupingCall is a GROUPING(…) whose value is known when the groups are.
type groupingCall struct {
	id   expr.ColID
	args []expr.Expr
	poss []int
	pos  int
}

// groupingFunc binds GROUPING(…).
func (b *binder) groupingFunc(s *scope, n *ast.GroupingFunc) expr.Expr {
	if len(n.Args) > 31 {
		b.fail(pgerr.TooManyArguments, n.Pos, "GROUPING must have fewer than 32 arguments")
	}
	g := groupingCall{id: b.newCol(), pos: n.Pos}
	mark := b.enterCall(s)
	g.args, g.poss = b.exprs(s, n.Args)
	track := b.leaveCall(mark)
	at := s // the query level whose groups it is about: that of its arguments
	for at.depth > track.level() {
		at = at.parent
	}
	switch at.kind {
	case kindSelect, kindHaving, kindOrderBy, kindDistinctOn, kindWindowOrder, kindWindowPartition:
	default:
		b.fail(pgerr.GroupingError, n.Pos, "grouping operations are not allowed in %s", at.kind.place())
	}
	b.noteAggregate(at.depth, n.Pos)
	at.groupings = append(at.groupings, g)
	at.hasAggs = true
	return &expr.Var{ID: g.id, T: types.Of(types.Int4OID), Name: "grouping"}
}

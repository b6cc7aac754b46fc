package bind

import (
	"github.com/lightsql/lightsql/planner/bind/coercion"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

var joinKinds = [...]logical.JoinKind{
	ast.JoinInner: logical.InnerJoin, ast.JoinLeft: logical.LeftJoin, ast.JoinFull: logical.FullJoin, ast.JoinRight: logical.RightJoin,
}

// join binds a JOIN.
func (b *binder) join(s *scope, n *ast.JoinExpr) (logical.Node, []nsItem) {
	left := len(s.entries)
	s.outerJoins += boolInt(n.Kind == ast.JoinRight || n.Kind == ast.JoinFull)
	lnode, lns := b.fromItem(s, n.Left)
	s.outerJoins -= boolInt(n.Kind == ast.JoinRight || n.Kind == ast.JoinFull)
	// The right side may refer to the left one from LATERAL items, in an inner or left join.
	mark := len(s.ns)
	ok := n.Kind == ast.JoinInner || n.Kind == ast.JoinLeft
	for _, it := range lns {
		it.lateralOnly, it.lateralOK = true, ok
		s.ns = append(s.ns, it)
	}
	before, right := len(s.lateralRefs), len(s.entries)
	s.outerJoins += boolInt(n.Kind == ast.JoinLeft || n.Kind == ast.JoinFull)
	rnode, rns := b.fromItem(s, n.Right)
	s.outerJoins -= boolInt(n.Kind == ast.JoinLeft || n.Kind == ast.JoinFull)
	s.ns = s.ns[:mark]
	b.checkNames(lns, rns)
	j := &logical.Join{Kind: joinKinds[n.Kind], Left: lnode, Right: rnode, Lateral: s.refersTo(before, left, right)}
	ns := append(lns[:len(lns):len(lns)], rns...)
	var merged *entry
	switch {
	case n.Natural || len(n.Using) > 0:
		merged = b.using(s, n, j, lns, rns)
		for i := range ns {
			ns[i].cols = false
		}
	case n.On != nil:
		j.On = b.joinOn(s, n, ns)
	}
	s.nullable(j, left, right)
	if merged == nil && n.Alias == nil {
		return j, ns
	}
	return j, b.joinEntry(s, n, merged, ns)
}

func boolInt(c bool) int {
	if c {
		return 1
	}
	return 0
}

// joinOn binds ON, which sees only the two sides.
func (b *binder) joinOn(s *scope, n *ast.JoinExpr, ns []nsItem) expr.Expr {
	saved := s.ns
	s.ns = make([]nsItem, len(ns))
	copy(s.ns, ns)
	for i := range s.ns {
		s.ns[i].lateralOnly, s.ns[i].lateralOK = false, true
	}
	on := b.clause(s, kindJoinOn, n.On, "JOIN/ON")
	s.ns = saved
	return on
}

// nullable notes that an outer join can make NULL of a side's columns.
func (s *scope) nullable(j *logical.Join, left, right int) {
	from, to := len(s.entries), len(s.entries)
	switch j.Kind {
	case logical.InnerJoin:
		return
	case logical.LeftJoin:
		from = right
	case logical.RightJoin:
		from, to = left, right
	case logical.FullJoin:
		from = left
	}
	for at, e := range s.entries[from:to] {
		if e.nulledBy == nil {
			e.nulledBy = &j.Right
			if from+at < right {
				e.nulledBy = &j.Left
			}
		}
		for i := range e.cols {
			e.cols[i].NotNull = false
		}
	}
}

// joinCol is a column of one side of a join.
type joinCol struct {
	name string
	col  logical.Column
	e    expr.Expr
	used bool
}

func (b *binder) sideColumns(s *scope, ns []nsItem) []joinCol {
	var out []joinCol
	for _, it := range ns {
		if !it.cols {
			continue
		}
		for i := range it.e.cols[:len(it.e.cols)-it.e.hidden] {
			jc := joinCol{name: it.e.cols[i].Name, col: it.e.cols[i]}
			if it.e.exprs != nil && it.e.exprs[i] != nil {
				jc.e = it.e.exprs[i]
			} else {
				jc.e = &expr.Var{ID: jc.col.ID, T: jc.col.T, Name: jc.col.Name}
			}
			out = append(out, jc)
		}
	}
	return out
}

// using binds USING and NATURAL: the join condition, and an entry that shows the merged columns first.
func (b *binder) using(s *scope, n *ast.JoinExpr, j *logical.Join, lns, rns []nsItem) *entry {
	ls, rs := b.sideColumns(s, lns), b.sideColumns(s, rns)
	names := n.Using
	if n.Natural {
		names = commonNames(ls, rs)
	}
	e := &entry{kind: entryJoin, exprs: []expr.Expr{}}
	var pairs [][2]expr.Expr
	for i, name := range names {
		for _, other := range names[:i] {
			if other == name && !n.Natural {
				b.fail(pgerr.DuplicateColumn, -1, "column name \"%s\" appears more than once in USING clause", name)
			}
		}
		l, r := b.usingColumn(ls, name, "left"), b.usingColumn(rs, name, "right")
		b.addMerged(e, n.Kind, name, l, r)
		pairs = append(pairs, [2]expr.Expr{l.e, r.e})
	}
	conds := make([]expr.Expr, 0, len(pairs))
	for _, p := range pairs {
		conds = append(conds, b.coerceBool(b.makeOp("=", p[0], p[1], -1, -1, -1), "JOIN/USING", -1))
	}
	merged := len(e.cols)
	for _, side := range [][]joinCol{ls, rs} {
		for _, c := range side {
			if !c.used {
				e.cols, e.exprs = append(e.cols, c.col), append(e.exprs, plainOrExpr(c.e))
			}
		}
	}
	j.On = expr.Conjunction(conds)
	if n.UsingAlias != nil {
		b.usingAlias(s, n.UsingAlias, e, merged)
	}
	return e
}

// plainOrExpr is nil for a plain column, which is then made anew for each reference.
func plainOrExpr(e expr.Expr) expr.Expr {
	if _, ok := e.(*expr.Var); ok {
		return nil
	}
	return e
}

func commonNames(ls, rs []joinCol) []string {
	var out []string
	for _, l := range ls {
		for _, r := range rs {
			if l.name == r.name {
				out = append(out, l.name)
				break
			}
		}
	}
	return out
}

func (b *binder) usingColumn(cols []joinCol, name, side string) *joinCol {
	var found *joinCol
	for i := range cols {
		if cols[i].name != name {
			continue
		}
		if found != nil {
			b.fail(pgerr.AmbiguousColumn, -1, "common column name \"%s\" appears more than once in %s table", name, side)
		}
		found = &cols[i]
	}
	if found == nil {
		b.fail(pgerr.UndefinedColumn, -1, "column \"%s\" specified in USING clause does not exist in %s table", name, side)
	}
	found.used = true
	return found
}

// addMerged adds the column that stands for both sides (buildMergedJoinVar).
func (b *binder) addMerged(e *entry, k ast.JoinKind, name string, l, r *joinCol) {
	t := b.commonType([]expr.Expr{l.e, r.e}, []int{-1, -1}, "JOIN/USING")
	mod := coercion.CommonMod([]expr.Expr{l.e, r.e}, t)
	le, re := l.e, r.e
	if le.Type().OID != t {
		le = b.coerce(le, t, mod, builtins.Implicit, -1)
	}
	if re.Type().OID != t {
		re = b.coerce(re, t, mod, builtins.Implicit, -1)
	}
	pick, col := le, l.col
	_, lvar := le.(*expr.Var)
	_, rvar := re.(*expr.Var)
	switch {
	case k == ast.JoinRight || k == ast.JoinInner && !lvar && rvar:
		pick, col = re, r.col
	case k == ast.JoinFull:
		pick = &expr.Coalesce{Args: []expr.Expr{le, re}, T: types.T{OID: t, Mod: mod}}
	}
	if plainOrExpr(pick) != nil {
		col = logical.Column{T: pick.Type()}
	}
	col.Name = name
	e.cols, e.exprs = append(e.cols, col), append(e.exprs, plainOrExpr(pick))
}

// usingAlias is JOIN … USING (…) AS name: the merged columns under a name.
func (b *binder) usingAlias(s *scope, a *ast.Alias, e *entry, merged int) {
	u := &entry{name: a.Name, hasAlias: true, kind: entryJoin, cols: e.cols[:merged:merged], exprs: e.exprs[:merged:merged]}
	s.entries = append(s.entries, u)
	e.usingAlias = u
}

// joinEntry makes what a join with merged columns or an alias shows.
func (b *binder) joinEntry(s *scope, n *ast.JoinExpr, e *entry, ns []nsItem) []nsItem {
	if e == nil {
		e = &entry{kind: entryJoin, exprs: []expr.Expr{}}
		for _, c := range b.sideColumns(s, ns) {
			e.cols, e.exprs = append(e.cols, c.col), append(e.exprs, plainOrExpr(c.e))
		}
	}
	s.entries = append(s.entries, e)
	if n.Alias != nil {
		e.name, e.hasAlias = n.Alias.Name, true
		cols := make([]logical.Column, len(e.cols))
		copy(cols, e.cols)
		e.cols = cols
		b.renameColumns(n.Alias, e.name, e.cols)
		ns = nil
	}
	ns = append(ns, nsItem{e: e, rel: n.Alias != nil, cols: true, lateralOK: true})
	if e.usingAlias != nil {
		ns = append(ns, nsItem{e: e.usingAlias, rel: true, lateralOK: true})
	}
	return ns
}

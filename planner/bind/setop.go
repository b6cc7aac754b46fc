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

var setOpNames = [...]string{ast.SetOpUnion: "UNION", ast.SetOpIntersect: "INTERSECT", ast.SetOpExcept: "EXCEPT"}
var setOpKinds = [...]logical.SetOpKind{ast.SetOpUnion: logical.Union, ast.SetOpIntersect: logical.Intersect, ast.SetOpExcept: logical.Except}

// setOperation binds UNION, INTERSECT and EXCEPT with their ORDER BY and LIMIT.
func (b *binder) setOperation(s *scope, n *ast.SelectStmt, o selectOpts) *result {
	locks := n.Locking
	if len(locks) > 0 {
		b.fail(pgerr.CodeFeatureNotSupported, -1, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(locks[0].Strength))
	}
	if len(o.locks) > 0 {
		b.fail(pgerr.CodeFeatureNotSupported, -1, "%s is not allowed with UNION/INTERSECT/EXCEPT", lockName(o.locks[0].strength))
	}
	r := b.setTree(s, n, o.recursive)
	s.ns = append(s.ns, nsItem{e: &entry{kind: entryJoin, cols: r.cols}, cols: true, lateralOK: true})
	q := &selectState{}
	for _, c := range r.cols {
		q.targets = append(q.targets, target{e: &expr.Var{ID: c.ID, T: c.T, Name: c.Name}, name: c.Name, id: c.ID})
	}
	if len(n.Sort) > 0 {
		b.orderBy(s, q, n.Sort)
		for _, t := range q.targets[len(r.cols):] {
			if !t.collated {
				b.raise(b.err(pgerr.CodeFeatureNotSupported, t.pos, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause").
					WithDetail("Only result column names can be used, not expressions or functions.").
					WithHint("Add the expression/function to every SELECT, or move the UNION into a FROM clause."))
			}
		}
		r.node = &logical.Sort{Input: b.withCollationKeys(q.targets, r.node), Keys: b.sortKeys(q, q.targets)}
	}
	b.limitClause(s, q, n)
	r.node = b.limitNode(n, q, q.targets, r.node)
	if len(r.node.Columns()) > len(r.cols) {
		p := &logical.Project{Input: r.node, Cols: r.cols}
		for _, c := range r.cols {
			p.Exprs = append(p.Exprs, &expr.Var{ID: c.ID, T: c.T, Name: c.Name})
		}
		r.node = p
	}
	return r
}

// setSide binds one side: a set operation of its own, or a SELECT.
func (b *binder) setSide(s *scope, n *ast.SelectStmt) *result {
	if n.Op != ast.SetOpNone && len(n.Sort) == 0 && n.LimitCount == nil && n.LimitOffset == nil && len(n.Locking) == 0 && n.With == nil {
		return b.setTree(s, n, nil)
	}
	if n.Into != nil {
		b.fail(pgerr.SyntaxError, n.Into.Relation.Pos, "INTO is only allowed on first SELECT of UNION/INTERSECT/EXCEPT")
	}
	r := b.selectStmt(s, n, selectOpts{transparent: true})
	name := "*SELECT* " + itoa(len(s.entries)+1)
	s.entries = append(s.entries, &entry{name: name, kind: entrySubquery, cols: r.cols}) // for hints
	return r
}

// setTree binds a set operation; rec is the CTE that it defines if it may be recursive.
func (b *binder) setTree(s *scope, n *ast.SelectStmt, rec *cte) *result {
	name := setOpNames[n.Op]
	l := b.setSide(s, n.Left)
	if rec != nil {
		b.recursiveColumns(rec, l)
		rec.setScope = s
	}
	right := n.Right
	extended := rec != nil && rec.extra != nil
	if extended {
		if right = rec.extra.carry(b, rec.n.Name, n.Right); right != n.Right {
			b.checkSearchCycle(rec, n)
		}
	}
	r := b.setSide(s, right)
	if extended && rec.selfRefs == 0 {
		b.fail(pgerr.SyntaxError, rec.n.Pos, "WITH query is not recursive")
	}
	if extended {
		b.checkSearchCycle(rec, n)
	}
	if extended && right != n.Right && rec.selfRefs > 0 {
		rec.extra.next(b, rec.cols, l, r)
		rec.extra.first(b, rec.cols, l)
	} else if extended && rec.selfRefs > 0 {
		b.fail(pgerr.CodeFeatureNotSupported, -1, "with a SEARCH or CYCLE clause, the recursive reference to WITH query \"%s\" must be at the top level of its right-hand SELECT", rec.n.Name)
	}
	if len(l.cols) != len(r.cols) {
		pos := -1
		if len(r.poss) > 0 {
			pos = r.poss[0]
		}
		b.fail(pgerr.SyntaxError, pos, "each %s query must have the same number of columns", name)
	}
	set := &logical.SetOp{Kind: setOpKinds[n.Op], All: n.All, Cols: make([]logical.Column, len(l.cols))}
	for i := range l.cols {
		t := b.setColumn(name, l, r, i)
		if !n.All {
			b.needEquality(t.OID, l.poss[i])
			if rec != nil && rec.selfRefs > 0 && !hashable(t.OID) {
				b.raise(b.err(pgerr.CodeFeatureNotSupported, -1, "could not implement recursive UNION").
					WithDetail("All column datatypes must be hashable."))
			}
		}
		if rec != nil && rec.selfRefs > 0 && l.cols[i].T != t {
			b.raise(b.err(pgerr.DatatypeMismatch, l.poss[i], "recursive query \"%s\" column %d has type %s in non-recursive term but type %s overall",
				rec.n.Name, i+1, l.cols[i].T, t).WithHint("Cast the output of the non-recursive term to the correct type."))
		}
		set.Cols[i] = logical.Column{ID: b.newCol(), Name: l.cols[i].Name, T: t}
		b.setCollation(set.Cols[i].ID, l, r, i, n.All && n.Op == ast.SetOpUnion)
		b.recursiveCollation(rec, set.Cols, l.cols, i, l.poss[i])
	}
	set.Left, set.Right = b.setCoerce(l, set.Cols), b.setCoerce(r, set.Cols)
	return &result{node: set, cols: set.Cols, poss: l.poss, outputs: [][]logical.Column{set.Cols}}
}

// recursiveColumns makes the columns of the non-recursive term known to the recursive one.
func (b *binder) recursiveColumns(c *cte, l *result) {
	for i := range l.cols {
		if l.cols[i].T.OID == types.UnknownOID && l.exprs != nil {
			l.setType(i, b.toText(l.exprs[i], l.poss[i]))
		}
	}
	c.publish(b, l.cols)
	if c.extra != nil {
		c.cols = append(c.cols, c.extra.cols...)
	}
	c.state = cteRight
}

// setColumn finds the type of a column and makes untyped literals and parameters of it.
func (b *binder) setColumn(name string, l, r *result, i int) types.T {
	side := func(x *result) expr.Expr {
		if x.exprs != nil && isUnknown(x.exprs[i]) {
			return x.exprs[i]
		}
		return &expr.Var{ID: x.cols[i].ID, T: x.cols[i].T}
	}
	pair := []expr.Expr{side(l), side(r)}
	t := b.commonType(pair, []int{l.poss[i], r.poss[i]}, name)
	mod := coercion.CommonMod(pair, t)
	for k, x := range []*result{l, r} {
		if isUnknown(pair[k]) && x.exprs != nil {
			x.setType(i, b.toCommon(pair[k], t, name, x.poss[i]))
		} else if !b.canCoerce(pair[k].Type().OID, t, builtins.Implicit) {
			b.toCommon(pair[k], t, name, x.poss[i])
		}
	}
	return types.T{OID: t, Mod: mod}
}

// setCoerce converts the columns of one side that are not of the common type.
func (b *binder) setCoerce(r *result, cols []logical.Column) logical.Node {
	same := true
	for i := range cols {
		same = same && r.cols[i].T.OID == cols[i].T.OID
	}
	if same {
		return r.node
	}
	p := &logical.Project{Input: r.node}
	for i, c := range r.cols {
		v := &expr.Var{ID: c.ID, T: c.T, Name: c.Name}
		out := logical.Column{ID: c.ID, Name: c.Name, T: cols[i].T}
		e := expr.Expr(v)
		if c.T.OID != cols[i].T.OID {
			e = b.coerce(v, cols[i].T.OID, -1, builtins.Implicit, -1)
			out.ID = b.newCol()
		} else {
			out.T = c.T
		}
		p.Exprs, p.Cols = append(p.Exprs, e), append(p.Cols, out)
	}
	return p
}

package bind

import (
	"strconv"

	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
)

func itoa(i int) string { return strconv.Itoa(i) }

// orderBy binds ORDER BY.
func (b *binder) orderBy(s *scope, q *selectState, list []*ast.SortBy) {
	q.sort = make([]sortItem, 0, len(list))
	for _, n := range list {
		i := b.findTarget(s, q, n.Expr, kindOrderBy)
		t := &q.targets[i]
		t.e = b.toText(t.e, t.pos)
		b.needOrdering(t.e.Type().OID, ast.Location(n.Expr))
		key := b.sortKey(n, t.e)
		if key.Expr != t.e { // a collation's key, of which no output column can be the name
			q.targets = append(q.targets, target{e: key.Expr, name: t.name, pos: ast.Location(n.Expr), junk: true, srf: t.srf, collated: true, of: i})
			i = len(q.targets) - 1
		}
		if !sorted(q.sort, i) {
			q.sort = append(q.sort, sortItem{target: i, key: key})
		}
	}
}

// sorted reports whether a target is a sort key already; a second time it decides nothing.
func sorted(items []sortItem, target int) bool {
	for _, it := range items {
		if it.target == target {
			return true
		}
	}
	return false
}

// findTarget finds or adds the target that an element of ORDER BY, GROUP BY or DISTINCT ON means: an output column's name or number, or any
// expression (findTargetlistEntrySQL92). In GROUP BY a column of FROM wins over an output column's name.
func (b *binder) findTarget(s *scope, q *selectState, n ast.Expr, k exprKind) int {
	switch c := n.(type) {
	case *ast.ColumnRef:
		if len(c.Names) == 1 && !c.Star {
			if i := b.targetByName(s, q, c, k); i >= 0 {
				return i
			}
		}
	case *ast.Const:
		return b.targetByNumber(q, c, k)
	}
	return b.targetByExpr(s, q, n, k)
}

func (b *binder) targetByName(s *scope, q *selectState, c *ast.ColumnRef, k exprKind) int {
	name := c.Names[0]
	if k == kindGroupBy && b.isLocalColumn(s, name, c.Pos) {
		return -1
	}
	found := -1
	for i := range q.targets {
		t := &q.targets[i]
		if t.junk || t.name != name {
			continue
		}
		if found >= 0 && !expr.Equal(q.targets[found].e, t.e) {
			b.fail(pgerr.AmbiguousColumn, c.Pos, "%s \"%s\" is ambiguous", kindNames[k], name)
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

// isLocalColumn reports whether a name is a column of this level's FROM clause.
func (b *binder) isLocalColumn(s *scope, name string, pos int) bool {
	levels := b.levels
	b.levels = nil
	e := b.lookupColumn(s, name, pos, true)
	b.levels = levels
	return e != nil
}

func (b *binder) targetByNumber(q *selectState, c *ast.Const, k exprKind) int {
	if c.Kind != ast.ConstInteger {
		b.fail(pgerr.SyntaxError, c.Pos, "non-integer constant in %s", kindNames[k])
	}
	v, _ := parseInteger(c.Val)
	n := int64(0)
	for i := range q.targets {
		if q.targets[i].junk {
			continue
		}
		if n++; n == v {
			return i
		}
	}
	b.fail(pgerr.InvalidColumnReference, c.Pos, "%s position %d is not in select list", kindNames[k], v)
	return 0
}

func (b *binder) targetByExpr(s *scope, q *selectState, n ast.Expr, k exprKind) int {
	old := s.enter(k)
	s.srf = false
	e := b.expr(s, n)
	s.kind = old
	for i := range q.targets {
		if expr.Equal(q.targets[i].e, e) {
			if k != kindGroupBy {
				q.targets[i].group = false
			}
			return i
		}
	}
	q.targets = append(q.targets, target{e: e, name: columnName(n), pos: ast.Location(n), junk: true, srf: s.srf, group: k == kindGroupBy})
	return len(q.targets) - 1
}

// distinct binds SELECT DISTINCT [ON].
func (b *binder) distinct(s *scope, q *selectState, n *ast.SelectStmt) {
	if n.DistinctOn != nil {
		b.distinctOnList(s, q, n)
		return
	}
	for _, it := range q.sort {
		t := &q.targets[it.target]
		if t.collated { // its key is made of the rows that are left
			t.group = true
			t = &q.targets[t.of]
		}
		if t.junk {
			b.fail(pgerr.InvalidColumnReference, t.pos, "for SELECT DISTINCT, ORDER BY expressions must appear in select list")
		}
	}
	for i := range q.targets {
		t := &q.targets[i]
		if t.junk {
			continue
		}
		t.e = b.toText(t.e, t.pos)
		b.needEquality(t.e.Type().OID, t.pos)
	}
}

// distinctOnList binds DISTINCT ON; its expressions must be the first ones of ORDER BY, in any order.
func (b *binder) distinctOnList(s *scope, q *selectState, n *ast.SelectStmt) {
	q.distinctOn = []int{}
	var poss []int
	for _, e := range n.DistinctOn {
		i := b.findTarget(s, q, e, kindDistinctOn)
		t := &q.targets[i]
		t.e = b.toText(t.e, t.pos)
		b.needEquality(t.e.Type().OID, t.pos)
		q.distinctOn, poss = append(q.distinctOn, i), append(poss, ast.Location(e))
	}
	const msg = "SELECT DISTINCT ON expressions must match initial ORDER BY expressions"
	skipped := false
	inSort := make(map[int]bool)
	for _, it := range q.sort {
		i := it.target
		if q.targets[i].collated {
			i = q.targets[i].of
		}
		if !containsInt(q.distinctOn, i) {
			skipped = true
			continue
		}
		if skipped {
			b.fail(pgerr.InvalidColumnReference, q.targets[i].pos, "%s", msg)
		}
		inSort[i] = true
	}
	for k, i := range q.distinctOn {
		if inSort[i] {
			continue
		}
		if skipped {
			b.fail(pgerr.InvalidColumnReference, poss[k], "%s", msg)
		}
		q.sort = append(q.sort, sortItem{target: i})
		inSort[i] = true
	}
}

func containsInt(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

func (b *binder) distinctOnNode(q *selectState, targets []target, node logical.Node) logical.Node {
	d := &logical.Distinct{Input: node}
	for _, i := range q.distinctOn {
		d.On = append(d.On, targets[i].id)
	}
	return d
}

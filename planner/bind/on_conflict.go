package bind

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// onConflict binds ON CONFLICT.
func (in *inserter) onConflict(n *ast.OnConflictClause) *logical.OnConflict {
	b := in.b
	if n.DoUpdate && n.Infer == nil {
		b.raise(b.err(pgerr.SyntaxError, n.Pos, "ON CONFLICT DO UPDATE requires inference specification or constraint name").
			WithHint("For example, ON CONFLICT (column_name)."))
	}
	out := &logical.OnConflict{Update: n.DoUpdate}
	if n.Infer != nil {
		out.Arbiter = in.arbiter(n.Infer)
	}
	if !n.DoUpdate {
		return out
	}
	existing := b.tableEntry(in.t, in.n.Relation.Alias)
	existing.access = in.to.access
	excluded := b.tableEntry(in.t, &ast.Alias{Name: "excluded"})
	excluded.access = in.to.access
	out.Existing, out.Excluded = existing.cols, excluded.cols
	s := newScope(in.s.parent)
	s.ctes = in.s.ctes
	if in.to.view != nil && in.n.Relation.Alias == nil {
		existing.name = in.to.view.Name
	}
	shownExisting, _ := in.to.shown(b, existing)
	shownExcluded, _ := in.to.shown(b, excluded)
	s.addEntry(shownExisting)
	b.checkNames(s.ns, []nsItem{{e: shownExcluded, rel: true}})
	s.addEntry(shownExcluded)
	set := b.setList(s, in.to, n.Targets, nil)
	if n.Where != nil {
		out.Where = b.clause(s, kindWhere, n.Where, "WHERE")
	}
	b.addGenerated(in.t, existing.cols, set)
	out.SetCols, out.Set = set.cols, set.exprs
	return out
}

// arbiter finds the unique index that ON CONFLICT names or describes.
func (in *inserter) arbiter(n *ast.InferClause) *catalog.Index {
	b := in.b
	if n.Constraint != "" {
		for _, x := range in.t.AllIndexes() {
			if x.Name == n.Constraint && x.Constraint != 0 || x.Primary && x.Name == n.Constraint {
				return x
			}
		}
		b.fail(pgerr.UndefinedObject, -1, "constraint \"%s\" for table \"%s\" does not exist", n.Constraint, in.t.Name)
	}
	var want []catalog.ColumnID
	var exprs []ast.Expr
	for _, el := range n.IndexElems {
		if el.Expr != nil {
			exprs = append(exprs, el.Expr)
			continue
		}
		c := in.conflictColumn(el.Name)
		if c == nil {
			b.missingColumnOf(in, el.Name, n.Pos)
		}
		if !slices.Contains(want, c.ID) {
			want = append(want, c.ID)
		}
	}
	var bound []expr.Expr
	s := newScope(nil)
	s.kind = kindIndexExpr
	shown, _ := in.to.shown(b, in.e)
	s.addEntry(shown)
	for _, e := range exprs {
		bound = append(bound, b.expr(s, e))
	}
	var where expr.Expr
	if n.Where != nil {
		where = b.clause(s, kindIndexPredicate, n.Where, "WHERE")
	}
	for _, x := range in.t.AllIndexes() {
		if x.Unique && !x.Building && in.infers(x, want, bound, where) {
			return x
		}
	}
	b.raise(errNoArbiter())
	return nil
}

func errNoArbiter() error {
	return pgerr.New(pgerr.InvalidColumnReference, "there is no unique or exclusion constraint matching the ON CONFLICT specification")
}

// conflictColumn is the table column that ON CONFLICT names, through the view if there is one; nil: none.
func (in *inserter) conflictColumn(name string) *catalog.Column {
	if v := in.to.view; v != nil {
		switch _, i, ok := v.Column(name); {
		case !ok:
			return nil
		case in.to.ords[i] >= 0:
			return in.t.Columns[in.to.ords[i]]
		}
		in.b.raise(errNoArbiter())
	}
	c, _, _ := in.t.Column(name)
	return c
}

func (b *binder) missingColumnOf(in *inserter, name string, pos int) {
	s := newScope(nil)
	s.addEntry(in.e)
	b.missingColumn(s, "", name, pos)
}

// infers reports whether a unique index has exactly the wanted columns and expressions, and no predicate but one that the clause states.
func (in *inserter) infers(x *catalog.Index, want []catalog.ColumnID, exprs []expr.Expr, where expr.Expr) bool {
	cols := 0
	for _, ic := range x.Columns {
		if ic.Column != 0 {
			if !slices.Contains(want, ic.Column) {
				return false
			}
			cols++
			continue
		}
		e := in.b.tableExpr(in.e, ic.Expr, kindIndexExpr)
		if indexOfExpr(exprs, e) < 0 {
			return false
		}
	}
	if cols != len(want) || len(x.Columns)-cols != len(exprs) {
		return false
	}
	if x.Predicate == "" {
		return true
	}
	if where == nil {
		return false
	}
	stated := expr.Conjuncts(where, nil)
	for _, p := range expr.Conjuncts(in.b.tableExpr(in.e, x.Predicate, kindIndexPredicate), nil) {
		if indexOfExpr(stated, p) < 0 {
			return false
		}
	}
	return true
}

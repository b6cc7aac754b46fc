package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// modifyTarget finds what a statement modifies. verb is "insert into", "update" or "delete from".
func (b *binder) modifyTarget(s *scope, n *ast.RangeVar, verb string) *modTarget {
	if b.transition(n) != nil {
		b.fail(pgerr.WrongObjectType, -1, "relation \"%s\" cannot be the target of a modifying statement", n.Name)
	}
	found := b.relation(s, n)
	access := b.named()
	access.Privs = modifies(verb)
	switch rel := found.(type) {
	case *catalog.Table:
		return &modTarget{t: b.modifiableTable(rel), verb: verb, access: access}
	case *catalog.View:
		to := b.viewTarget(s, rel, verb)
		to.access = access
		return to
	case *catalog.Sequence:
		b.fail(pgerr.WrongObjectType, -1, "cannot change sequence \"%s\"", rel.Name)
	}
	b.fail(pgerr.WrongObjectType, n.Pos, "\"%s\" is an index", n.Name)
	return nil
}

// modifiableTable notes that a table is written.
func (b *binder) modifiableTable(t *catalog.Table) *catalog.Table {
	if t.MatView != nil && b.o.Refresh != t.OID {
		b.fail(pgerr.WrongObjectType, -1, "cannot change materialized view \"%s\"", t.Name)
	}
	if t.Virtual != nil {
		b.fail(pgerr.InsufficientPrivilege, -1, "permission denied: \"%s\" is a system catalog", t.Name)
	}
	b.effects = true
	b.writes = append(b.writes, t)
	b.trees = b.trees || t.Key != nil || t.Bound != nil
	return t
}

func viewNotUpdatable(view, verb, detail string) error {
	what := map[string][2]string{
		"insert into": {"inserting into", "INSERT"}, "update": {"updating", "UPDATE"}, "delete from": {"deleting from", "DELETE"},
	}[verb]
	return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot %s view \"%s\"", verb, view).
		WithDetail("%s", detail).
		WithHint("To enable %s the view, provide an INSTEAD OF %s trigger or an unconditional ON %s DO INSTEAD rule.", what[0], what[1], what[1])
}

// assign converts a value to a column's type.
func (b *binder) assign(e expr.Expr, c *catalog.Column, pos int) expr.Expr {
	x, ok := b.coerceTo(e, c.Type, builtins.Assignment, pos)
	if !ok {
		b.raise(b.err(pgerr.DatatypeMismatch, pos, "column \"%s\" is of type %s but expression is of type %s",
			c.Name, b.typeName(c.Type.OID), b.typeName(e.Type().OID)).WithHint("You will need to rewrite or cast the expression."))
	}
	return x
}

// defaultOf is what a column gets when no value is given.
func (b *binder) defaultOf(t *catalog.Table, ord int) expr.Expr {
	c := t.Columns[ord]
	switch {
	case c.Identity != 0:
		return b.identityNext(t, c)
	case c.Default == "" || c.Generated != 0:
		if c.Generated == 0 && types.IsDomain(c.Type.OID) {
			return b.domainDefault(c)
		}
		if c.Generated == 0 && types.IsUserBase(c.Type.OID) {
			return b.baseTypeDefault(c, c.Type.OID)
		}
		return &expr.Const{T: c.Type, D: types.Null}
	}
	return b.storedDefault(c.Default, c)
}

// domainDefault is what a column without a default of its own gets from its domain, or the domains below.
func (b *binder) domainDefault(c *catalog.Column) expr.Expr {
	for t := c.Type.OID; types.IsDomain(t); {
		d, ok := b.o.Reader.TypeByOID(t)
		if !ok {
			break
		}
		if d.Default != "" {
			return b.storedDefault(d.Default, c)
		}
		if t = d.Base.OID; types.IsUserBase(t) {
			return b.assign(b.baseTypeDefault(c, t), c, -1)
		}
	}
	return b.toDomain(&expr.Const{T: types.Of(types.UnknownOID), D: types.Null}, c.Type.OID, builtins.Assignment, -1)
}

// baseTypeDefault is what a column without a default gets from its base type.
func (b *binder) baseTypeDefault(c *catalog.Column, t types.OID) expr.Expr {
	d := types.Null
	if u, ok := b.o.Reader.TypeByOID(t); ok && u.Held != nil && u.Held.Default != nil {
		d = types.NewStr(*u.Held.Default)
	}
	return b.constInput(&expr.Const{T: types.Of(types.UnknownOID), D: d}, t, c.Type.Mod, -1)
}

// storedDefault is a default, given as text, as a value of the column.
func (b *binder) storedDefault(text string, c *catalog.Column) expr.Expr {
	var e expr.Expr
	b.stored(func() {
		s := newScope(nil)
		s.kind = kindDefault
		n := b.parseExpr(text)
		levels := b.levels
		b.levels = nil
		e = b.assign(b.expr(s, n), c, -1)
		b.levels = levels
	})
	return e
}

// identityNext is the next value of an identity column's sequence.
func (b *binder) identityNext(t *catalog.Table, c *catalog.Column) expr.Expr {
	for _, seq := range b.o.Reader.OwnedSequences(t.OID, c.ID) {
		if !seq.OwnedBy.Identity {
			continue
		}
		m, err := choose.Function(builtins.FuncCall{Name: "nextval", Args: []types.OID{types.RegClassOID}})
		b.check(err, -1)
		b.effects = true
		arg := &expr.Const{T: types.Of(types.RegClassOID), D: types.NewInt(int64(seq.OID))}
		return b.assign(&expr.Call{Fn: m.Fn, Args: []expr.Expr{arg}, T: types.Of(m.Ret)}, c, -1)
	}
	b.fail(pgerr.InternalError, -1, "no owned sequence found")
	return nil
}

// tableChecks binds the CHECK constraints of a table over the columns of e.
func (b *binder) tableChecks(e *entry) []logical.Check {
	var out []logical.Check
	for _, c := range e.table.Checks {
		out = append(out, logical.Check{Name: c.Name, Cond: b.tableExpr(e, c.Expr, kindCheck)})
	}
	return out
}

// tableExpr binds a stored expression over the columns of a table.
func (b *binder) tableExpr(e *entry, sql string, k exprKind) expr.Expr {
	var out expr.Expr
	plain := *e
	plain.access = nil // what the definition of a table reads, the statement does not
	b.stored(func() {
		s := newScope(nil)
		s.kind = k
		s.addEntry(&plain)
		levels := b.levels
		b.levels = nil
		out = b.expr(s, b.parseExpr(sql))
		if k == kindCheck || k == kindIndexPredicate {
			out = b.coerceBool(out, kindNames[k], -1)
		}
		b.levels = levels
	})
	return out
}

// generatedExpr binds the expression of a generated column, with the values of row in place of the other columns.
func (b *binder) generatedExpr(t *catalog.Table, ord int, row []expr.Expr) expr.Expr {
	e := &entry{name: t.Name, kind: entryTable, table: t, relOID: t.OID, cols: b.tableColumns(t, t.Name)}
	x := b.assign(b.tableExpr(e, t.Columns[ord].Default, kindGenerated), t.Columns[ord], -1)
	first := e.cols[0].ID
	return expr.Rewrite(x, func(y expr.Expr) expr.Expr {
		if v, ok := y.(*expr.Var); ok {
			return row[v.ID-first]
		}
		return y
	})
}

// returning binds RETURNING in a scope that shows the new (or deleted) row.
func (b *binder) returning(s *scope, list []*ast.ResTarget) ([]expr.Expr, []logical.Column) {
	if len(list) == 0 {
		return nil, nil
	}
	ts := b.targetList(s, list, kindReturning)
	for i := range ts {
		ts[i].e = b.toText(ts[i].e, ts[i].pos)
	}
	_, exprs, cols := b.projection(s, nil, ts)
	return exprs, cols
}

// otherColumns lists the columns that RETURNING needs of relations other than the target.
func (s *scope) otherColumns(b *binder, returning []expr.Expr, target *entry) []logical.Column {
	var out []logical.Column
	for _, e := range returning {
		logical.WalkDeep(e, func(x expr.Expr) bool {
			v, ok := x.(*expr.Var)
			if !ok {
				return true
			}
			if ent, i := s.owner(v.ID); ent != nil && ent != target && !hasColumn(out, v.ID) {
				out = append(out, ent.cols[i])
			}
			return true
		})
	}
	return out
}

// vars makes a Var for each column.
func vars(cols []logical.Column) []expr.Expr {
	out := make([]expr.Expr, len(cols))
	vs := make([]expr.Var, len(cols))
	for i, c := range cols {
		vs[i] = expr.Var{ID: c.ID, T: c.T, Name: c.Name}
		out[i] = &vs[i]
	}
	return out
}

func ids(cols []logical.Column) []expr.ColID {
	out := make([]expr.ColID, len(cols))
	for i, c := range cols {
		out[i] = c.ID
	}
	return out
}

// refersTo notes the tables that rows of t refer to: the statement locks rows of them, so they keep their definition.
func (b *binder) refersTo(t *catalog.Table) {
	for _, k := range b.o.Reader.KeysOf(t) {
		if p, ok := b.o.Reader.Table(k.Parent); ok && p.OID != t.OID {
			b.writes = append(b.writes, p)
			b.relRefs = append(b.relRefs, p.OID)
		}
	}
}

package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// merger holds the state of binding one MERGE.
type merger struct {
	b  *binder
	s  *scope
	n  *ast.MergeStmt
	to *modTarget
	e  *entry
	// source are the items of the data source.
	source []nsItem
}

// merge binds MERGE: the source joined with the target, a number that says which action a row calls for, and the values of all actions.
func (b *binder) merge(parent *scope, n *ast.MergeStmt) logical.Node {
	s := newScope(parent)
	var ctes []*cte
	if n.With != nil {
		if n.With.Recursive {
			b.fail(pgerr.SyntaxError, -1, "WITH RECURSIVE is not supported for MERGE statement")
		}
		ctes = b.bindWith(s, n.With)
	}
	if len(n.Returning) > 0 {
		b.fail(pgerr.SyntaxError, -1, "syntax error at or near \"RETURNING\"") // PostgreSQL has it from 17 on
	}
	m := &merger{b: b, s: s, n: n, to: b.mergeTarget(s, n.Relation)}
	m.checkWhens()
	t := m.to.t
	b.refersTo(t)
	m.e = b.tableEntry(t, n.Relation.Alias)
	m.e.scan.RowID = b.newCol()
	if b.expandHeirs(m.e, n.Relation); m.e.scan.Inherit {
		m.e.scan.TableOID = b.newCol()
	}
	s.entries = append(s.entries, m.e)
	join := m.join()
	row := *m.e
	row.cols = b.tableColumns(t, m.e.name)
	out := &logical.Merge{Target: logical.Target{Table: t, Alias: m.e.name, Cols: row.cols, IndexExprs: b.indexExprs(&row), Effects: b.triggers(t),
		TableOID: m.e.scan.TableOID}, RowID: m.e.scan.RowID, Old: ids(m.e.cols), Checks: b.tableChecks(&row)}
	p := b.rowProject(join, m.e, nil, nil)
	on := logical.Column{ID: b.newCol(), Name: "matches", T: types.Of(types.BoolOID)}
	p.Cols, p.Exprs, out.Join = append(p.Cols, on), append(p.Exprs, join.On), on.ID
	choice := &expr.Case{T: types.Of(types.Int4OID), Else: int4Const(0)}
	for i, w := range n.Whens {
		a, values := m.action(w)
		for k, v := range values {
			c := logical.Column{ID: b.newCol(), Name: t.Columns[a.SetCols[k]].Name, T: v.Type()}
			p.Cols, p.Exprs, a.New = append(p.Cols, c), append(p.Exprs, v), append(a.New, c.ID)
		}
		choice.Whens = append(choice.Whens, expr.When{Cond: m.when(w), Then: int4Const(i + 1)})
		out.Actions = append(out.Actions, a)
	}
	c := logical.Column{ID: b.newCol(), Name: "action", T: choice.T}
	p.Cols, p.Exprs, out.Action = append(p.Cols, c), append(p.Exprs, choice), c.ID
	out.Source = p
	if ctes == nil {
		return out
	}
	return b.finishWith(ctes, out)
}

func int4Const(n int) expr.Expr {
	return &expr.Const{T: types.Of(types.Int4OID), D: types.NewInt(int64(n))}
}

// mergeTarget finds the table that MERGE changes.
func (b *binder) mergeTarget(s *scope, n *ast.RangeVar) *modTarget {
	rel := b.relation(s, n)
	if len(catalog.RulesOf(rel)) > 0 {
		b.raise(pgerr.New(pgerr.CodeFeatureNotSupported, "cannot execute MERGE on relation \"%s\"", rel.RelName()).
			WithDetail("MERGE is not supported for relations with rules."))
	}
	if t, ok := rel.(*catalog.Table); ok && t.MatView == nil {
		return &modTarget{t: b.modifiableTable(t), verb: "update"}
	}
	what := map[catalog.RelKind]string{catalog.RelView: "views", catalog.RelMatView: "materialized views", catalog.RelSequence: "sequences", catalog.RelIndex: "indexes"}[rel.RelKind()]
	b.raise(pgerr.New(pgerr.CodeFeatureNotSupported, "cannot execute MERGE on relation \"%s\"", rel.RelName()).
		WithDetail("This operation is not supported for %s.", what))
	return nil
}

// checkWhens refuses a clause after one of its kind that takes all rows.
func (m *merger) checkWhens() {
	var done [3]bool
	for _, w := range m.n.Whens {
		if w.Match == ast.MergeNotMatchedBySource {
			m.b.unsupported("WHEN NOT MATCHED BY SOURCE", -1)
		}
		if done[w.Match] {
			m.b.fail(pgerr.SyntaxError, -1, "unreachable WHEN clause specified after unconditional WHEN clause")
		}
		done[w.Match] = w.Condition == nil
	}
}

// join is the source joined with the target: with all its rows, if there is something to do for those without a match.
func (m *merger) join() *logical.Join {
	b, s := m.b, m.s
	node, ns := b.fromItem(s, m.n.Source)
	for _, it := range ns {
		if it.rel && it.e.name == m.e.name {
			b.raise(pgerr.New(pgerr.DuplicateAlias, "name \"%s\" specified more than once", m.e.name).
				WithDetail("The name is used both as MERGE target table and data source."))
		}
	}
	for i := range ns {
		ns[i].lateralOnly, ns[i].lateralOK = false, true
	}
	m.source = ns
	m.scope(true)
	j := &logical.Join{Kind: logical.InnerJoin, Left: node, Right: m.e.scan}
	for _, w := range m.n.Whens {
		if w.Match == ast.MergeNotMatchedByTarget {
			j.Kind = logical.LeftJoin
		}
	}
	j.On = b.clause(s, kindJoinOn, m.n.Join, "JOIN/ON")
	return j
}

// scope makes visible what an action may name: the source, and the target if rows of it match.
func (m *merger) scope(matched bool) {
	it := nsItem{e: m.e, rel: true, cols: true, lateralOK: true}
	if !matched {
		it.cols, it.lateralOnly, it.lateralOK, it.target, it.unmatched = false, true, false, true, true
	}
	m.s.ns = append([]nsItem{it}, m.source...)
	m.s.lateral = !matched // so that the target is found, and refused
}

// when is the condition of a clause, with that on the match.
func (m *merger) when(w *ast.MergeWhenClause) expr.Expr {
	id := &expr.Var{ID: m.e.scan.RowID, T: types.Of(types.ByteaOID), Name: "ctid"}
	conds := []expr.Expr{&expr.IsNull{Arg: id, Not: w.Match == ast.MergeMatched}}
	if w.Condition != nil {
		m.scope(w.Match == ast.MergeMatched)
		conds = append(conds, m.b.clause(m.s, kindMergeWhen, w.Condition, "WHEN"))
	}
	return expr.Conjunction(conds)
}

// action binds what a clause does; values are for the columns SetCols.
func (m *merger) action(w *ast.MergeWhenClause) (logical.MergeAction, []expr.Expr) {
	b, t := m.b, m.to.t
	m.scope(w.Match == ast.MergeMatched)
	a := logical.MergeAction{Matched: w.Match == ast.MergeMatched}
	switch w.Action {
	case ast.MergeDelete:
		a.Kind = logical.MergeDelete
	case ast.MergeUpdate:
		a.Kind = logical.MergeUpdate
		set := b.setList(m.s, m.to, w.Targets, nil)
		b.addGenerated(t, m.e.cols, set)
		a.SetCols = set.cols
		return a, set.exprs
	case ast.MergeInsert:
		a.Kind = logical.MergeInsert
		for i := range t.Columns {
			a.SetCols = append(a.SetCols, i)
		}
		return a, m.insert(w)
	}
	return a, nil
}

// insert is the row of an INSERT action.
func (m *merger) insert(w *ast.MergeWhenClause) []expr.Expr {
	b, t := m.b, m.to.t
	st := &ast.InsertStmt{Relation: m.n.Relation, Cols: w.Targets, Overriding: w.Overriding}
	in := &inserter{b: b, s: m.s, n: st, t: t, to: m.to, e: m.e, deflt: make([]expr.Expr, len(t.Columns))}
	in.targetColumns()
	var row []expr.Expr
	if w.Values == nil {
		for i := range in.given {
			in.given[i] = -1
		}
		row = in.row(nil)
	} else {
		old := m.s.enter(kindValuesSingle)
		in.checkCount(len(w.Values), func(i int) int { return ast.Location(w.Values[i]) }, w.Values)
		vals := make([]expr.Expr, len(w.Values))
		for i, v := range w.Values {
			if _, ok := v.(*ast.SetToDefault); !ok {
				vals[i] = b.expr(m.s, v)
			}
		}
		for i, v := range w.Values {
			vals[i] = in.value(vals[i], i, ast.Location(v))
		}
		row = append([]expr.Expr(nil), in.row(vals)...)
		m.s.kind = old
	}
	if t.HasGenerated() {
		base := append([]expr.Expr(nil), row...)
		for i, c := range t.Columns {
			if c.Generated != 0 {
				row[i] = b.generatedExpr(t, i, base)
			}
		}
	}
	return row
}

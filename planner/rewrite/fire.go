package rewrite

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// firer applies the rules of one relation to one statement.
type firer struct {
	w      *rewriter
	stmt   ast.Stmt
	as     types.OID
	rel    catalog.Relation
	kind   byte
	events []event

	// instead: some rule without a condition takes the statement's place. not are the conditions of those that do so for some rows.
	instead  bool
	not      []string
	returned bool // an action has taken the statement's RETURNING
}

func (f *firer) fire(rules []*catalog.Rule) ([]Query, error) {
	var products []Query
	for _, r := range rules {
		from := alsoRule
		switch {
		case r.Instead && r.Where == "":
			from, f.instead = insteadRule, true
		case r.Instead:
			from, f.not = qualifiedInstead, append(f.not, r.Where)
		}
		for _, text := range r.Actions {
			qs, err := f.action(r, text, from)
			if err != nil {
				return nil, err
			}
			products = append(products, qs...)
		}
	}
	if err := f.check(len(products)); err != nil {
		return nil, err
	}
	if f.instead {
		return products, nil
	}
	own := f.stmt
	if len(f.not) > 0 {
		own = f.w.copyOf(own, withOf(own))
		r := bind.Rewritten{}
		if old := f.w.out[own]; old != nil {
			r = *old
		}
		r.Not = append(r.Not[:len(r.Not):len(r.Not)], f.not...)
		f.w.out[own] = &r
	}
	if f.kind == catalog.RuleOnInsert {
		return append([]Query{{Stmt: own}}, products...), nil
	}
	return append(products, Query{Stmt: own}), nil
}

// check refuses what rules cannot do.
func (f *firer) check(products int) error {
	word := map[byte]string{catalog.RuleOnInsert: "INSERT", catalog.RuleOnUpdate: "UPDATE", catalog.RuleOnDelete: "DELETE"}[f.kind]
	if (f.instead || len(f.not) > 0) && len(returningOf(f.stmt)) > 0 && !f.returned {
		return unsupported("cannot perform "+word+" RETURNING on relation \""+f.rel.RelName()+"\"").
			WithHint("You need an unconditional ON %s DO INSTEAD rule with a RETURNING clause.", word)
	}
	if !f.instead {
		products++
	}
	if withOf(f.stmt) != nil && products > 1 {
		return unsupported("WITH cannot be used in a query that is rewritten by rules into multiple queries")
	}
	if v, ok := f.rel.(*catalog.View); ok && !f.instead && len(f.not) > 0 {
		verb := map[byte][2]string{catalog.RuleOnInsert: {"insert into", "inserting into"}, catalog.RuleOnUpdate: {"update", "updating"},
			catalog.RuleOnDelete: {"delete from", "deleting from"}}[f.kind]
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "cannot %s view %q", verb[0], v.Name).
			WithDetail("Views with conditional DO INSTEAD rules are not automatically updatable.").
			WithHint("To enable %s the view, provide an INSTEAD OF %s trigger or an unconditional ON %s DO INSTEAD rule.", verb[1], word, word)
	}
	return nil
}

func returningOf(stmt ast.Stmt) []*ast.ResTarget {
	switch n := stmt.(type) {
	case *ast.InsertStmt:
		return n.Returning
	case *ast.UpdateStmt:
		return n.Returning
	case *ast.DeleteStmt:
		return n.Returning
	}
	return nil
}

// action is one action of a rule, with the rules applied of what it modifies itself.
func (f *firer) action(r *catalog.Rule, text string, from origin) ([]Query, error) {
	stmt, err := parse(text)
	if err != nil {
		return nil, err
	}
	if _, ok := stmt.(*ast.NotifyStmt); ok {
		return []Query{{Stmt: stmt, from: from}}, nil
	}
	var cond ast.Expr
	if r.Where != "" {
		if cond, err = parser.ParseExpr(r.Where); err != nil {
			return nil, err
		}
	}
	owner := f.w.ownerOf(f.rel)
	src := &bind.RuleSource{Rel: f.rel, Query: f.stmt, As: f.as, Named: Names(stmt, "old") || cond != nil && Names(cond, "old") ||
		f.kind == catalog.RuleOnUpdate && (Names(stmt, "new") || cond != nil && Names(cond, "new"))}
	out := &bind.Rewritten{As: owner, Source: src}
	if stmt, err = f.w.over(stmt, cond, out, f.modifiesInWith()); err != nil {
		return nil, err
	}
	f.w.out[stmt] = out
	if err := f.returning(stmt, out); err != nil {
		return nil, err
	}
	qs, err := f.w.query(stmt, owner, f.events)
	for i := range qs {
		if qs[i].from == original {
			qs[i].from = from
		}
	}
	return qs, err
}

func (f *firer) modifiesInWith() bool {
	if w := withOf(f.stmt); w != nil {
		for _, c := range w.CTEs {
			if _, kind := target(c.Query); kind != 0 {
				return true
			}
		}
	}
	return false
}

// ownerOf is the role as which the actions of a relation's rules are done.
func (w *rewriter) ownerOf(rel catalog.Relation) types.OID {
	switch r := rel.(type) {
	case *catalog.Table:
		return r.Owner
	case *catalog.View:
		return r.Owner
	}
	return catalog.SuperuserOID
}

// returning lets an action return what the statement was to return, or nothing.
func (f *firer) returning(stmt ast.Stmt, out *bind.Rewritten) error {
	list := returningOf(stmt)
	if len(list) == 0 {
		return nil
	}
	want := returningOf(f.stmt)
	if len(want) == 0 {
		switch n := stmt.(type) {
		case *ast.InsertStmt:
			n.Returning = nil
		case *ast.UpdateStmt:
			n.Returning = nil
		case *ast.DeleteStmt:
			n.Returning = nil
		}
		return nil
	}
	if f.returned {
		return unsupported("cannot have RETURNING lists in multiple rules")
	}
	f.returned, out.Returning = true, want
	return nil
}

// over puts an action over the rows of the statement, of which those count for which cond is true.
func (w *rewriter) over(stmt ast.Stmt, cond ast.Expr, out *bind.Rewritten, modifying bool) (ast.Stmt, error) {
	switch n := stmt.(type) {
	case *ast.InsertStmt:
		if modifying && n.Select != nil && n.Select.Values == nil {
			return nil, unsupported("INSERT...SELECT rule actions are not supported for queries having data-modifying statements in WITH")
		}
		sel, err := w.insertSource(n, cond, out)
		if err != nil {
			return nil, err
		}
		n.Select = sel
		return n, nil
	case *ast.UpdateStmt:
		n.Where = and(n.Where, cond)
	case *ast.DeleteStmt:
		n.Where = and(n.Where, cond)
	case *ast.SelectStmt:
		return w.selectOver(n, cond, out)
	}
	return stmt, nil
}

// insertSource makes a SELECT of the source of an INSERT.
func (w *rewriter) insertSource(n *ast.InsertStmt, cond ast.Expr, out *bind.Rewritten) (*ast.SelectStmt, error) {
	sel := n.Select
	switch {
	case sel == nil:
		sel = &ast.SelectStmt{Pos: -1}
	case len(sel.Values) == 1 && sel.With == nil && len(sel.Sort) == 0 && sel.LimitCount == nil && sel.LimitOffset == nil:
		if n.Cols == nil && hasDefault(sel.Values[0]) {
			n.Cols = w.allColumns(n.Relation)
		}
		one := &ast.SelectStmt{Pos: sel.Pos}
		var cols []*ast.ResTarget
		for i, e := range sel.Values[0] {
			if _, ok := e.(*ast.SetToDefault); ok {
				continue
			}
			one.TargetList = append(one.TargetList, &ast.ResTarget{Val: e, Pos: -1})
			if i < len(n.Cols) {
				cols = append(cols, n.Cols[i])
			}
		}
		if n.Cols != nil {
			n.Cols = cols
		}
		sel = one
	}
	if len(sel.Values) > 1 {
		var err error
		if sel, err = w.writeDefaults(n, sel); err != nil {
			return nil, err
		}
	}
	over, err := w.selectOver(sel, cond, out)
	if err != nil {
		return nil, err
	}
	return over.(*ast.SelectStmt), nil
}

func hasDefault(row []ast.Expr) bool {
	for _, e := range row {
		if _, ok := e.(*ast.SetToDefault); ok {
			return true
		}
	}
	return false
}

// writeDefaults puts what a column gets by default in the place of DEFAULT, in a VALUES of several rows.
func (w *rewriter) writeDefaults(n *ast.InsertStmt, sel *ast.SelectStmt) (*ast.SelectStmt, error) {
	cols := n.Cols
	if cols == nil {
		cols = w.allColumns(n.Relation)
	}
	out := *sel
	out.Values = nil
	rel, _ := w.o.Reader.Lookup(w.o.SearchPath, n.Relation.Schema, n.Relation.Name)
	for _, row := range sel.Values {
		row = slices.Clone(row)
		for i, e := range row {
			if _, ok := e.(*ast.SetToDefault); !ok || rel == nil {
				continue
			}
			row[i] = &ast.Const{Kind: ast.ConstNull, Pos: -1}
			for _, c := range catalog.ColumnsOf(rel) {
				if i >= len(cols) || c.Name != cols[i].Name || c.Default == "" || c.Identity != 0 {
					continue
				}
				d, err := parser.ParseExpr(c.Default)
				if err != nil {
					return nil, err
				}
				row[i] = d
			}
		}
		out.Values = append(out.Values, row)
	}
	return &out, nil
}

func (w *rewriter) allColumns(rv *ast.RangeVar) []*ast.ResTarget {
	var out []*ast.ResTarget
	if rel, ok := w.o.Reader.Lookup(w.o.SearchPath, rv.Schema, rv.Name); ok {
		for _, c := range catalog.ColumnsOf(rel) {
			out = append(out, &ast.ResTarget{Name: c.Name, Pos: -1})
		}
	}
	return out
}

// selectOver puts a SELECT over the rows of the statement.
func (w *rewriter) selectOver(sel *ast.SelectStmt, cond ast.Expr, out *bind.Rewritten) (ast.Stmt, error) {
	if sel.Values != nil {
		star := &ast.ResTarget{Val: &ast.ColumnRef{Star: true, Pos: -1}, Pos: -1}
		values := &ast.RangeSubselect{Lateral: true, Subquery: sel, Alias: &ast.Alias{Name: "*VALUES*"}}
		star.Val = &ast.ColumnRef{Names: []string{"*VALUES*"}, Star: true, Pos: -1}
		sel = &ast.SelectStmt{TargetList: []*ast.ResTarget{star}, From: []ast.FromItem{values}, Pos: -1}
	}
	if sel.Op != ast.SetOpNone {
		if ins, ok := out.Source.Query.(*ast.InsertStmt); ok && cond == nil && ins.Select != nil && len(ins.Select.Values) == 1 {
			return sel, nil // there is nothing to join with
		}
		return nil, unsupported("conditional UNION/INTERSECT/EXCEPT statements are not implemented")
	}
	sel.Where = and(sel.Where, cond)
	w.out[sel] = &bind.Rewritten{Source: out.Source}
	return sel, nil
}

func and(a, b ast.Expr) ast.Expr {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &ast.BoolExpr{Op: ast.And, Args: []ast.Expr{a, b}, Pos: -1}
}

// Names reports whether a statement or expression of a rule names old or new.
func Names(n ast.Node, name string) bool {
	found := false
	ast.Walk(n, func(n ast.Node) bool {
		if c, ok := n.(*ast.ColumnRef); ok && len(c.Names) > 0 && c.Names[0] == name {
			found = true
		}
		return !found
	})
	return found
}

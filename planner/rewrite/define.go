package rewrite

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Definer binds the definition of a rule. Options.OnStar and the like belong to it: names in what is stored mean the same whatever the
// search path is and whatever columns tables get later.
type Definer struct {
	Options bind.Options
	// Format prints a condition.
	Format func(expr.Expr) string

	stars map[*ast.ColumnRef][]*ast.ColumnRef
	refs  []types.OID
}

// Define checks CREATE RULE for a relation, and sets the condition and the actions of r and what they depend on.
func (d *Definer) Define(rel catalog.Relation, s *ast.RuleStmt, r *catalog.Rule) error {
	d.stars = map[*ast.ColumnRef][]*ast.ColumnRef{}
	o := &d.Options
	o.OnStar = func(star *ast.ColumnRef, columns []*ast.ColumnRef) { d.stars[star] = columns }
	o.OnKey = func(constraint types.OID) { d.refs = append(d.refs, constraint) }
	o.OnRelation = func(rv *ast.RangeVar, rel catalog.Relation) {
		d.refs = append(d.refs, rel.RelOID())
		if rv.Schema == "" {
			rv.Schema = o.Reader.SchemaName(rel.RelSchema())
		}
	}
	o.OnFunction = func(n *ast.FuncCall, f *catalog.Function) {
		d.refs = append(d.refs, f.OID)
		n.Name = []string{o.Reader.SchemaName(f.Schema), f.Name}
	}
	if s.Where != nil {
		if err := d.condition(rel, s, r); err != nil {
			return err
		}
	}
	returning := false
	for _, a := range s.Actions {
		if err := d.action(rel, s, r, a); err != nil {
			return err
		}
		list := returningOf(a)
		if len(list) == 0 {
			continue
		}
		switch {
		case returning:
			return unsupported("cannot have multiple RETURNING lists in a rule")
		case s.Where != nil:
			return unsupported("RETURNING lists are not supported in conditional rules")
		case !s.Instead:
			return unsupported("RETURNING lists are not supported in non-INSTEAD rules")
		}
		returning = true
	}
	slices.Sort(d.refs)
	r.DependsOn = slices.DeleteFunc(slices.Compact(d.refs), func(oid types.OID) bool { return oid == rel.RelOID() })
	return nil
}

func (d *Definer) condition(rel catalog.Relation, s *ast.RuleStmt, r *catalog.Rule) error {
	for _, a := range s.Actions {
		if _, ok := a.(*ast.NotifyStmt); ok {
			return invalid("rules with WHERE conditions can only have SELECT, INSERT, UPDATE, or DELETE actions")
		}
	}
	cond, err := bind.RuleCondition(rel, r.Event, s.Where, d.Options)
	if err != nil {
		return err
	}
	if hasSublink(s.Where) {
		r.Where = ast.Format(s.Where)
	} else {
		r.Where = d.Format(cond)
	}
	return nil
}

func hasSublink(e ast.Expr) bool {
	found := false
	ast.Walk(e, func(n ast.Node) bool {
		_, is := n.(*ast.SubLink)
		found = found || is
		return !found
	})
	return found
}

func invalid(text string) *pgerr.Error { return pgerr.New(pgerr.InvalidObjectDefinition, "%s", text) }

// action binds one action and prints it into r.
func (d *Definer) action(rel catalog.Relation, s *ast.RuleStmt, r *catalog.Rule, a ast.Stmt) error {
	if n, ok := a.(*ast.NotifyStmt); ok {
		r.Actions = append(r.Actions, ast.Format(n))
		return nil
	}
	hasOld, hasNew := Names(a, "old"), Names(a, "new")
	switch {
	case r.Event == catalog.RuleOnInsert && hasOld:
		return invalid("ON INSERT rule cannot use OLD")
	case r.Event == catalog.RuleOnDelete && hasNew:
		return invalid("ON DELETE rule cannot use NEW")
	}
	w := withOf(a)
	switch {
	case w != nil && Names(w, "old"):
		return unsupported("cannot refer to OLD within WITH query")
	case w != nil && Names(w, "new"):
		return unsupported("cannot refer to NEW within WITH query")
	}
	rw := &rewriter{o: d.Options, out: map[ast.Stmt]*bind.Rewritten{}}
	out := &bind.Rewritten{Source: &bind.RuleSource{Rel: rel}}
	cond := s.Where
	if setOp(a) && (hasOld || hasNew || cond != nil) {
		return unsupported("conditional UNION/INTERSECT/EXCEPT statements are not implemented")
	}
	bound, restore := a, func() {}
	if ins, ok := a.(*ast.InsertStmt); ok {
		was := *ins
		restore = func() { ins.Select, ins.Cols = was.Select, was.Cols }
	}
	if !setOp(a) {
		var err error
		if bound, err = rw.over(a, nil, out, false); err != nil {
			return err
		}
		rw.out[bound] = out
	}
	o := d.Options
	o.Rewritten = rw.out
	cols, err := d.columns(bound, o)
	restore()
	if err != nil {
		return err
	}
	if len(returningOf(a)) > 0 {
		if err := d.resultList(rel, cols); err != nil {
			return err
		}
	}
	d.expand(a)
	r.Actions = append(r.Actions, ast.Format(a))
	return nil
}

// columns binds an action. Whether a view can be modified is a matter of the rules that it has when this one applies.
func (d *Definer) columns(a ast.Stmt, o bind.Options) ([]logical.Column, error) {
	if rv, kind := target(a); kind != 0 {
		if rel, ok := o.Reader.Lookup(o.SearchPath, rv.Schema, rv.Name); ok && rel.RelKind() == catalog.RelView {
			return bind.RuledColumns(a, o)
		}
	}
	b, err := bind.Statement(a, o)
	if err != nil {
		return nil, err
	}
	return b.Columns, nil
}

func setOp(a ast.Stmt) bool {
	switch n := a.(type) {
	case *ast.SelectStmt:
		return n.Op != ast.SetOpNone
	case *ast.InsertStmt:
		return n.Select != nil && n.Select.Op != ast.SetOpNone
	}
	return false
}

// resultList compares what an action returns with the columns of the relation.
func (d *Definer) resultList(rel catalog.Relation, got []logical.Column) error {
	cols := catalog.ColumnsOf(rel)
	name := func(t types.T) string { return types.FormatTypeMod(t.OID, t.Mod) }
	for i, g := range got {
		if i >= len(cols) {
			return invalid("RETURNING list has too many entries")
		}
		if c := cols[i]; g.T.OID != c.Type.OID {
			return pgerr.New(pgerr.InvalidObjectDefinition, "RETURNING list's entry %d has different type from column %q", i+1, c.Name).
				WithDetail("RETURNING list entry has type %s, but column has type %s.", name(types.Of(g.T.OID)), name(types.Of(c.Type.OID)))
		}
		if c := cols[i]; g.T.Mod != c.Type.Mod && g.T.Mod >= 0 {
			return pgerr.New(pgerr.InvalidObjectDefinition, "RETURNING list's entry %d has different size from column %q", i+1, c.Name).
				WithDetail("RETURNING list entry has type %s, but column has type %s.", name(g.T), name(c.Type))
		}
	}
	if len(got) < len(cols) {
		return invalid("RETURNING list has too few entries")
	}
	return nil
}

// expand writes out the stars of an action, and the columns of an INSERT without a list.
func (d *Definer) expand(a ast.Stmt) {
	ast.Walk(a, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectStmt:
			n.TargetList = d.targets(n.TargetList)
			for i, row := range n.Values {
				n.Values[i] = d.row(row)
			}
		case *ast.InsertStmt:
			n.Returning = d.targets(n.Returning)
		case *ast.UpdateStmt:
			n.Returning = d.targets(n.Returning)
		case *ast.DeleteStmt:
			n.Returning = d.targets(n.Returning)
		}
		return true
	})
	ins, ok := a.(*ast.InsertStmt)
	if !ok || ins.Cols != nil || ins.Select == nil {
		return
	}
	width := len(ins.Select.TargetList)
	if len(ins.Select.Values) > 0 {
		width = len(ins.Select.Values[0])
	}
	rw := &rewriter{o: d.Options}
	if all := rw.allColumns(ins.Relation); width > 0 && width <= len(all) {
		ins.Cols = all[:width]
	}
}

func (d *Definer) targets(list []*ast.ResTarget) []*ast.ResTarget {
	var out []*ast.ResTarget
	for _, t := range list {
		c, _ := t.Val.(*ast.ColumnRef)
		cols, ok := d.stars[c]
		if c == nil || !ok {
			out = append(out, t)
			continue
		}
		for _, r := range cols {
			out = append(out, &ast.ResTarget{Val: r, Pos: t.Pos})
		}
	}
	return out
}

func (d *Definer) row(list []ast.Expr) []ast.Expr {
	var out []ast.Expr
	for _, e := range list {
		c, _ := e.(*ast.ColumnRef)
		cols, ok := d.stars[c]
		if c == nil || !ok {
			out = append(out, e)
			continue
		}
		for _, r := range cols {
			out = append(out, r)
		}
	}
	return out
}

package session

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/rewrite"
	"github.com/lightsql/lightsql/planner/tree"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// ddlBinder resolves the expressions of schema statements (ddl.Binder) and prints what descriptors keep of them.
type ddlBinder struct {
	s    *Session
	sql  string
	path []string // search path inside CREATE SCHEMA; nil: the session's
}

func (d *ddlBinder) options() bind.Options {
	o := d.s.bindOptions(d.sql)
	o.KeepCasts = true
	if d.path != nil {
		o.SearchPath = d.path
	}
	return o
}

// WithSearchPath implements ddl.Binder.
func (d *ddlBinder) WithSearchPath(path []string) ddl.Binder {
	return &ddlBinder{s: d.s, sql: d.sql, path: path}
}

// stored are the binder's options for text from a descriptor, which has no positions in the statement.
func (d *ddlBinder) stored() bind.Options { return d.s.bindOptions("") }

// format prints an expression for a descriptor: names of objects are qualified whatever the search path.
func (d *ddlBinder) format(e expr.Expr) string { return d.formatWith(e, expr.FormatOpts{}) }

func (d *ddlBinder) formatWith(e expr.Expr, o expr.FormatOpts) string {
	out := d.s.types
	out.RegOut = func(t types.OID, oid types.OID) string {
		if rel, ok := d.s.reader().RelationByOID(oid); ok && t == types.RegClassOID {
			return expr.QuoteIdent(d.s.reader().SchemaName(rel.RelSchema())) + "." + expr.QuoteIdent(rel.RelName())
		}
		name, _ := (*env)(d.s).RegName(t, oid)
		return name
	}
	if out.User != nil {
		out.User = qualifiedTypes{out.User, d.s.reader()}
	}
	o.Env = &out
	return expr.Format(e, o)
}

// Type implements ddl.Binder.
func (d *ddlBinder) Type(tn *ast.TypeName) (types.T, error) { return bind.Type(tn, d.options()) }

// Default implements ddl.Binder.
func (d *ddlBinder) Default(e ast.Expr, column string, t types.T) (string, error) {
	b, err := bind.Default(e, column, t, d.options())
	if err != nil {
		return "", err
	}
	return d.format(b), nil
}

// Check implements ddl.Binder.
func (d *ddlBinder) Check(e ast.Expr, t *catalog.Table) (string, []catalog.ColumnID, error) {
	b, err := bind.TableExpr(t, e, bind.UseCheck, d.options())
	if err != nil {
		return "", nil, err
	}
	return d.format(b), columnsRead(b, t), nil
}

// columnsRead lists the columns of t that an expression over its row names.
func columnsRead(e expr.Expr, t *catalog.Table) []catalog.ColumnID {
	var ids []catalog.ColumnID
	expr.Walk(e, func(x expr.Expr) bool {
		if v, ok := x.(*expr.Var); ok && int(v.ID) <= len(t.Columns) {
			if id := t.Columns[v.ID-1].ID; !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return true
	})
	return ids
}

// IndexExpr implements ddl.Binder.
func (d *ddlBinder) IndexExpr(e ast.Expr, t *catalog.Table, predicate bool) (ddl.IndexExpr, error) {
	use, what := bind.UseIndexExpr, "expression"
	if predicate {
		use, what = bind.UseIndexPredicate, "predicate"
	}
	b, err := bind.TableExpr(t, e, use, d.options())
	if err != nil {
		return ddl.IndexExpr{}, err
	}
	if expr.VolatilityOf(b) != expr.Immutable {
		return ddl.IndexExpr{}, pgerr.New(pgerr.InvalidObjectDefinition, "functions in index %s must be marked IMMUTABLE", what)
	}
	if v, ok := b.(*expr.Var); ok && !predicate {
		return ddl.IndexExpr{Column: t.Columns[v.ID-1].ID, Type: v.T}, nil
	}
	return ddl.IndexExpr{Text: d.format(b), Name: bind.IndexExprName(e), Type: b.Type(), Reads: columnsRead(b, t)}, nil
}

// StatisticsExpr implements ddl.Binder.
func (d *ddlBinder) StatisticsExpr(e ast.Expr, t *catalog.Table) (ddl.IndexExpr, error) {
	b, err := bind.TableExpr(t, e, bind.UseStatistics, d.options())
	if err != nil {
		return ddl.IndexExpr{}, err
	}
	if v, ok := b.(*expr.Var); ok {
		return ddl.IndexExpr{Column: t.Columns[v.ID-1].ID, Type: v.T}, nil
	}
	return ddl.IndexExpr{Text: d.format(b), Type: b.Type(), Reads: columnsRead(b, t)}, nil
}

// IndexExprs implements ddl.Binder.
func (d *ddlBinder) IndexExprs(t *catalog.Table) (func(*rowenc.Rows) (*rowenc.Rows, error), error) {
	es, err := bind.IndexExprs(t, d.stored())
	if err != nil {
		return nil, err
	}
	for i, e := range es {
		es[i] = overRow(e)
	}
	x, err := rowenc.CompileIndexExprs(t, es)
	if err != nil {
		return nil, err
	}
	c := d.evalCtx()
	return func(r *rowenc.Rows) (*rowenc.Rows, error) { return x.Extend(c, r) }, nil
}

// Generated implements ddl.Binder.
func (d *ddlBinder) Generated(e ast.Expr, t *catalog.Table, ordinal int) (string, error) {
	o := d.options()
	o.NoParams = true
	b, err := bind.Generated(t, ordinal, e, o)
	if err != nil {
		return "", err
	}
	return d.format(b), nil
}

// GeneratedValue implements ddl.Binder.
func (d *ddlBinder) GeneratedValue(t *catalog.Table, ordinal int) (func(b *vec.Batch) (*vec.Vector, error), error) {
	es, err := bind.GeneratedColumns(t, d.stored())
	if err != nil {
		return nil, err
	}
	prog, err := compileRow(es[ordinal])
	if err != nil {
		return nil, err
	}
	c := d.evalCtx()
	return func(b *vec.Batch) (*vec.Vector, error) { return prog.EvalFull(c, b) }, nil
}

// TriggerWhen implements ddl.Binder.
func (d *ddlBinder) TriggerWhen(e ast.Expr, rel catalog.Relation, cols []*catalog.Column) (ddl.TriggerCondition, error) {
	var out ddl.TriggerCondition
	o := d.options()
	o.NoParams = true
	b, err := bind.TriggerWhen(rel, cols, e, o)
	if err != nil {
		return out, err
	}
	pos := map[string]int{}
	ast.Walk(e, func(n ast.Node) bool {
		if c, ok := n.(*ast.ColumnRef); ok && len(c.Names) > 0 {
			key := strings.Join(c.Names, ".")
			if _, ok := pos[key]; !ok {
				pos[key] = c.Pos
			}
			if _, ok := pos[c.Names[0]]; !ok {
				pos[c.Names[0]] = c.Pos
			}
		}
		return true
	})
	expr.Walk(b, func(x expr.Expr) bool {
		c, ok := x.(*expr.Col)
		if !ok {
			return true
		}
		at, ok := pos[c.Rel+"."+c.Name]
		if !ok {
			at = pos[c.Rel]
		}
		if c.Idx >= len(cols) {
			out.New = append(out.New, ddl.TriggerColumn{Ordinal: c.Idx - len(cols), Pos: at})
		} else {
			out.Old = append(out.Old, ddl.TriggerColumn{Ordinal: c.Idx, Pos: at})
		}
		return true
	})
	out.Text = d.formatWith(b, expr.FormatOpts{Qualify: true})
	return out, nil
}

// View implements ddl.Binder. The stored text means the same whatever the search path is and whatever columns the tables get
// later: names of relations are qualified and stars are written out.
func (d *ddlBinder) View(query ast.Stmt) (string, []*catalog.Column, []types.OID, error) {
	o := d.options()
	o.NoParams = true
	stars := map[*ast.ColumnRef][]*ast.ColumnRef{}
	o.OnStar = func(star *ast.ColumnRef, columns []*ast.ColumnRef) { stars[star] = columns }
	var refs []types.OID // b.Refs has what views read, too
	o.OnKey = func(constraint types.OID) { refs = append(refs, constraint) }
	o.OnRelation = func(rv *ast.RangeVar, rel catalog.Relation) {
		refs = append(refs, rel.RelOID())
		if rv.Schema == "" {
			rv.Schema = o.Reader.SchemaName(rel.RelSchema())
		}
	}
	o.OnFunction = func(n *ast.FuncCall, f *catalog.Function) {
		refs = append(refs, f.OID)
		n.Name = []string{o.Reader.SchemaName(f.Schema), f.Name}
	}
	o.OnOperator = func(n *ast.AExpr, op *catalog.Operator) {
		refs = append(refs, op.OID)
		if n != nil {
			n.OpSchema = []string{o.Reader.SchemaName(op.Schema)}
		}
	}
	o.OnCollation = func(n *ast.CollateClause, c *catalog.Collation) {
		refs = append(refs, c.OID)
		n.Collation = []string{o.Reader.SchemaName(c.Schema), c.Name}
	}
	b, err := bind.Statement(query, o)
	if err != nil {
		return "", nil, nil, err
	}
	expandStars(query, stars)
	var cols []*catalog.Column
	for i, c := range b.Columns {
		t := c.T
		if t.OID == types.UnknownOID {
			t = textType
		}
		col := &catalog.Column{ID: catalog.ColumnID(i + 1), Name: c.Name, Type: t}
		if b.Collations != nil && b.Collations[i] != "default" {
			if col.Collation = b.Collations[i]; col.Collation == "" {
				return "", nil, nil, pgerr.New(pgerr.IndeterminateCollation, "could not determine which collation to use for view column \"%s\"", c.Name).
					WithHint("Use the COLLATE clause to set the collation explicitly.")
			}
		}
		cols = append(cols, col)
	}
	slices.Sort(refs)
	return ast.Format(query), cols, slices.Compact(refs), nil
}

// Rule implements ddl.Binder.
func (d *ddlBinder) Rule(rel catalog.Relation, s *ast.RuleStmt, r *catalog.Rule) error {
	o := d.options()
	o.NoParams = true
	definer := rewrite.Definer{Options: o, Format: func(e expr.Expr) string { return d.formatWith(e, expr.FormatOpts{Qualify: true}) }}
	return definer.Define(rel, s, r)
}

// expandStars writes out the stars of a query.
func expandStars(query ast.Stmt, stars map[*ast.ColumnRef][]*ast.ColumnRef) {
	if len(stars) == 0 {
		return
	}
	ast.Walk(query, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectStmt)
		if !ok {
			return true
		}
		var out []*ast.ResTarget
		for _, t := range sel.TargetList {
			c, _ := t.Val.(*ast.ColumnRef)
			cols, ok := stars[c]
			if c == nil || !ok {
				out = append(out, t)
				continue
			}
			for _, r := range cols {
				out = append(out, &ast.ResTarget{Val: r, Pos: t.Pos})
			}
		}
		sel.TargetList = out
		return true
	})
}

// Evaluate implements ddl.Binder.
func (d *ddlBinder) Evaluate(text string, t types.T) (func() (types.Datum, error), bool, error) {
	d.s.cat.Reader = d.s.tx.cat.Newest() // a default may use what the statement itself created: the sequence of a serial
	e, err := parser.ParseExpr(text)
	if err != nil {
		return nil, false, err
	}
	b, err := bind.Default(e, "", t, d.stored())
	if err != nil {
		return nil, false, err
	}
	c := d.evalCtx()
	value := func() (types.Datum, error) { return expr.EvalRow(c, b) }
	return value, expr.VolatilityOf(b) != expr.Volatile, nil
}

// Condition implements ddl.Binder.
func (d *ddlBinder) Condition(text string, t *catalog.Table) (func(b *vec.Batch) (bool, error), error) {
	e, err := bind.StoredTableExpr(t, text, bind.UseCheck, d.stored())
	if err != nil {
		return nil, err
	}
	prog, err := compileRow(e)
	if err != nil {
		return nil, err
	}
	c := d.evalCtx()
	return func(b *vec.Batch) (bool, error) {
		v, err := prog.EvalFull(c, b)
		if err != nil {
			return false, err
		}
		for i := range b.Rows() {
			if row := b.Row(i); !v.IsNull(row) && !v.Bool[row] {
				return true, nil
			}
		}
		return false, nil
	}, nil
}

// Transform implements ddl.Binder.
func (d *ddlBinder) Transform(e ast.Expr, t *catalog.Table, ordinal int, to types.T) (func(b *vec.Batch) (*vec.Vector, error), error) {
	x, err := bind.Transform(t, ordinal, e, to, d.options())
	if err != nil {
		return nil, err
	}
	prog, err := compileRow(x)
	if err != nil {
		return nil, err
	}
	c := d.evalCtx()
	return func(b *vec.Batch) (*vec.Vector, error) { return prog.EvalFull(c, b) }, nil
}

// compileRow compiles an expression over the columns of a table, which the binder numbers from 1.
func compileRow(e expr.Expr) (*expr.Prog, error) { return expr.Compile(overRow(e)) }

// overRow is an expression over the columns of a table with the columns' places.
func overRow(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if v, ok := e.(*expr.Var); ok {
			return &expr.Col{Idx: int(v.ID) - 1, T: v.T, Name: v.Name}
		}
		return e
	})
}

// evalCtx is what expressions without a plan run on.
func (d *ddlBinder) evalCtx() *expr.Ctx {
	return &expr.Ctx{Context: d.s.ctx, Types: &d.s.types, Env: (*env)(d.s)}
}

// PartitionKey implements ddl.Binder.
func (d *ddlBinder) PartitionKey(e ast.Expr, t *catalog.Table) (text string, typ types.T, uses []catalog.ColumnID, constant bool, err error) {
	b, err := bind.PartitionKey(t, e, d.options())
	if err != nil {
		return "", typ, nil, false, err
	}
	expr.Walk(b, func(x expr.Expr) bool {
		if v, ok := x.(*expr.Var); ok && int(v.ID) <= len(t.Columns) {
			if id := t.Columns[v.ID-1].ID; !slices.Contains(uses, id) {
				uses = append(uses, id)
			}
		}
		return true
	})
	return d.format(b), b.Type(), uses, len(uses) == 0, nil
}

// BoundValue implements ddl.Binder.
func (d *ddlBinder) BoundValue(e ast.Expr, column string, t types.T) (types.Datum, error) {
	b, err := bind.BoundValue(e, column, t, d.options())
	if err != nil {
		return types.Null, err
	}
	return expr.EvalRow(d.evalCtx(), b)
}

// KeyValues implements ddl.Binder.
func (d *ddlBinder) KeyValues(p, t *catalog.Table) (func(b *vec.Batch) ([]*vec.Vector, error), error) {
	keys, err := tree.New(d.stored()).Key(p, t)
	if err != nil {
		return nil, err
	}
	progs, err := expr.CompileAll(keys)
	if err != nil {
		return nil, err
	}
	c := d.evalCtx()
	out := make([]*vec.Vector, len(progs))
	return func(b *vec.Batch) ([]*vec.Vector, error) {
		for i, p := range progs {
			v, err := p.EvalFull(c, b)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	}, nil
}

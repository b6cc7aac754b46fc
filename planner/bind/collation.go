package bind

import (
	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/planner/bind/coercion"
	"github.com/lightsql/lightsql/planner/bind/collate"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/collation"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// collate binds a COLLATE clause.
func (b *binder) collate(s *scope, n *ast.CollateClause) expr.Expr {
	e := b.expr(s, n.Arg)
	t := e.Type().OID
	if !collate.Collatable(t) {
		b.fail(pgerr.DatatypeMismatch, n.Pos, "collations are not supported by type %s", b.typeName(t))
	}
	b.noteCollation(0, collate.State{})
	o, name, err := b.o.Reader.FindCollation(b.o.SearchPath, n.Collation)
	b.check(err, n.Pos)
	c := &expr.Collate{Arg: b.toText(e, untypedPos(e, n.Arg)), Name: name}
	if o != nil {
		c.Name, c.Shown = o.Known(), expr.QuoteIdent(b.o.Reader.SchemaName(o.Schema))+"."+expr.QuoteIdent(o.Name)
		if b.o.OnCollation != nil && b.viewDepth == 0 && b.inline == nil {
			b.o.OnCollation(n, o)
		}
	}
	return c
}

// shownCollation is a collation's bare name.
func (b *binder) shownCollation(known string) string {
	id, name := collation.ObjectOf(known)
	if o, ok := b.o.Reader.Collation(id); ok {
		return o.Name
	}
	return name
}

// noteCollation remembers a column's collation. As long as no statement part has one, collations are not derived at all.
func (b *binder) noteCollation(id expr.ColID, st collate.State) {
	if b.collations == nil {
		b.collations = collate.Columns{}
	}
	if id != 0 {
		b.collations[id] = st
	}
}

// outputCollation gives a column the collation of the expression that it is computed by, which is implicit from here on.
func (b *binder) outputCollation(id expr.ColID, e expr.Expr) {
	if b.collations == nil || !collate.Collatable(e.Type().OID) {
		return
	}
	switch st := b.collationOf(e, -1); st.Strength {
	case collate.Conflict:
		b.collations[id] = collate.State{Strength: collate.Implicit}
	case collate.Implicit, collate.Explicit:
		b.collations[id] = collate.State{Name: st.Name, Strength: collate.Implicit}
	}
}

// setCollation is outputCollation for a column of a set operation. Only UNION ALL does without knowing what is equal.
func (b *binder) setCollation(id expr.ColID, l, r *result, i int, all bool) {
	if b.collations == nil || !collate.Collatable(l.cols[i].T.OID) {
		return
	}
	var sides []expr.Expr
	for _, x := range []*result{l, r} {
		if x.exprs != nil { // a COLLATE clause in the select list counts as one here
			sides = append(sides, x.exprs[i])
		} else {
			sides = append(sides, &expr.Var{ID: x.cols[i].ID, T: x.cols[i].T})
		}
	}
	pos := r.poss[i]
	st, bad := b.collations.OfAll(sides)
	b.checkMismatch(bad, pos)
	if st.Strength == collate.Conflict {
		if !all {
			b.collationConflict(st, pos)
		}
		st.Name = ""
	}
	b.collations[id] = collate.State{Name: st.Name, Strength: collate.Implicit}
}

func (b *binder) collationOf(e expr.Expr, pos int) collate.State {
	st, bad := b.collations.Of(e)
	b.checkMismatch(bad, pos)
	return st
}

func (b *binder) checkMismatch(bad *collate.Mismatch, pos int) {
	if bad != nil {
		b.fail(pgerr.CollationMismatch, pos, "collation mismatch between explicit collations \"%s\" and \"%s\"", b.shownCollation(bad.A), b.shownCollation(bad.B))
	}
}

func (b *binder) collationConflict(st collate.State, pos int) {
	b.raise(b.err(pgerr.CollationMismatch, pos, "collation mismatch between implicit collations \"%s\" and \"%s\"", b.shownCollation(st.Name), b.shownCollation(st.Other)).
		WithHint("You can choose the collation by applying the COLLATE clause to one or both expressions."))
}

// needCollation refuses an operation whose operands leave open which collation it is under.
func (b *binder) needCollation(st collate.State, what string) {
	if st.Strength == collate.Conflict || st.Strength == collate.Implicit && st.Name == "" {
		b.raise(b.err(pgerr.IndeterminateCollation, -1, "could not determine which collation to use for %s", what).
			WithHint("Use the COLLATE clause to set the collation explicitly."))
	}
}

// textual are the operators that depend on the collation, and what errors call them.
var textual = map[string]string{
	"=": "string comparison", "<>": "string comparison", "<": "string comparison", "<=": "string comparison", ">": "string comparison",
	">=": "string comparison", "~": "regular expression", "~*": "regular expression", "!~": "regular expression", "!~*": "regular expression",
	"~~*": "ILIKE", "!~~*": "ILIKE",
}

// collatedOp checks the collations of an operator's operands; under a language's rules "<" and its like compare keys.
func (b *binder) collatedOp(op *builtins.Operator, args []expr.Expr, ret types.OID, pos int) expr.Expr {
	st, bad := b.collations.OfAll(args)
	b.checkMismatch(bad, pos)
	what, ok := textual[op.Name]
	if !ok || st.Strength == collate.None {
		return b.opCall(op, args, ret, pos)
	}
	b.needCollation(st, what)
	l, found := collation.Find(st.Name)
	if !found || op.Name[0] != '<' && op.Name[0] != '>' || op.Name == "<>" {
		return b.opCall(op, args, ret, pos)
	}
	keys := make([]expr.Expr, len(args))
	for i, a := range args {
		keys[i] = b.collationKey(l, a)
	}
	m, err := choose.Operator(op.Name, types.ByteaOID, types.ByteaOID)
	b.check(err, pos)
	return b.opCall(m.Op, keys, m.Ret, pos)
}

// collationKey is the key by which a collation orders e. EXPLAIN prints it as e.
func (b *binder) collationKey(l *collation.Locale, e expr.Expr) expr.Expr {
	if !collate.Collatable(e.Type().OID) || types.ElemOf(e.Type().OID) != 0 {
		b.fail(pgerr.CodeFeatureNotSupported, -1, "ordering of type %s under collation \"%s\" is not supported", b.typeName(e.Type().OID), b.shownCollation(l.Name))
	}
	text := b.coerce(e, types.TextOID, -1, builtins.Implicit, -1)
	return &expr.Call{Fn: l.Key, Args: []expr.Expr{text}, T: types.Of(types.ByteaOID), Form: expr.FormCastImplicit}
}

// orderExpr is what ORDER BY e sorts by.
func (b *binder) orderExpr(e expr.Expr, pos int) expr.Expr {
	if b.collations == nil || !collate.Collatable(e.Type().OID) {
		return e
	}
	st := b.collationOf(e, pos)
	if st.Strength == collate.Conflict {
		b.collationConflict(st, pos)
	}
	b.needCollation(st, "string comparison")
	if l, ok := collation.Find(st.Name); ok {
		return b.collationKey(l, e)
	}
	return e
}

// collationNames are the collations of columns; nil if the statement has none but the default.
func (b *binder) collationNames(cols []logical.Column) []string {
	if b.collations == nil {
		return nil
	}
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = collate.Default.Name
		if st, ok := b.collations[c.ID]; ok {
			names[i] = st.Name
		}
	}
	return names
}

// valuesCollation is outputCollation for a column of VALUES.
func (b *binder) valuesCollation(c logical.Column, column []expr.Expr, pos int) {
	if b.collations == nil || !collate.Collatable(c.T.OID) {
		return
	}
	st, bad := b.collations.OfAll(column)
	b.checkMismatch(bad, pos)
	if st.Strength == collate.Conflict {
		st.Name = ""
	}
	b.collations[c.ID] = collate.State{Name: st.Name, Strength: collate.Implicit}
}

// recursiveCollation checks that a column of a recursive query has one collation in both of its terms.
func (b *binder) recursiveCollation(c *cte, of, l []logical.Column, i, pos int) {
	names := b.collationNames([]logical.Column{l[i], of[i]})
	if c == nil || c.selfRefs == 0 || names == nil || names[0] == names[1] {
		return
	}
	b.raise(b.err(pgerr.CollationMismatch, pos, "recursive query \"%s\" column %d has collation \"%s\" in non-recursive term but collation \"%s\" overall",
		c.n.Name, i+1, b.shownCollation(names[0]), b.shownCollation(names[1])).
		WithHint("Use the COLLATE clause to set the collation of the non-recursive term."))
}

// withCollationKeys adds the keys of collated targets to the rows of node, whose columns the targets without key are.
func (b *binder) withCollationKeys(targets []target, node logical.Node) logical.Node {
	p := &logical.Project{Input: node}
	for _, c := range node.Columns() {
		p.Cols, p.Exprs = append(p.Cols, c), append(p.Exprs, &expr.Var{ID: c.ID, T: c.T, Name: c.Name})
	}
	width := len(p.Cols)
	for i := range targets {
		t := &targets[i]
		if !t.collated {
			continue
		}
		of := &targets[t.of]
		t.id, t.e = b.newCol(), b.orderExpr(&expr.Var{ID: of.id, T: of.e.Type(), Name: of.name}, t.pos)
		p.Cols, p.Exprs = append(p.Cols, logical.Column{ID: t.id, Name: t.name, T: t.e.Type()}), append(p.Exprs, t.e)
	}
	if len(p.Cols) == width {
		return node
	}
	return p
}

// collatedCall checks the collations of a function's arguments; upper, lower and initcap follow a language's rules.
func (b *binder) collatedCall(call *expr.Call, pos int) {
	st, bad := b.collations.OfAll(call.Args)
	b.checkMismatch(bad, pos)
	if st.Strength == collate.None || call.T.OID != types.TextOID || len(call.Args) != 1 {
		return
	}
	l, found := collation.Find(st.Name)
	if !found {
		return
	}
	switch call.Fn.Name {
	case "upper":
		call.Fn = l.Upper
	case "lower":
		call.Fn = l.Lower
	case "initcap":
		call.Fn = l.Title
	}
}

// collatedAggregate checks the collations of an aggregate's arguments. Under a language's rules min and max are those of keys: the result is then
// what the key is of.
func (b *binder) collatedAggregate(call *expr.AggCall, name string, pos int) *collation.Locale {
	st, bad := b.collations.OfAll(call.Args)
	b.checkMismatch(bad, pos)
	if name != "min" && name != "max" || st.Strength == collate.None {
		return nil
	}
	b.needCollation(st, "string comparison")
	l, ok := collation.Find(st.Name)
	if !ok {
		return nil
	}
	call.Args = []expr.Expr{b.collationKey(l, call.Args[0])}
	return l
}

// textOfKey is the text of a key; key itself without l.
func textOfKey(l *collation.Locale, key expr.Expr, t types.T) expr.Expr {
	if l == nil {
		return key
	}
	text := &expr.Call{Fn: l.Value, Args: []expr.Expr{key}, T: types.Of(types.TextOID), Form: expr.FormCastImplicit}
	if t.OID == types.TextOID {
		return text
	}
	return coercion.Relabel(text, t, builtins.Implicit)
}

// collatedMinMax is GREATEST or LEAST under a language's rules, nil under others.
func (b *binder) collatedMinMax(e *expr.MinMax) expr.Expr {
	if b.collations == nil {
		return nil
	}
	st, bad := b.collations.OfAll(e.Args)
	b.checkMismatch(bad, -1)
	l, ok := collation.Find(st.Name)
	if !ok || st.Strength == collate.None {
		return nil
	}
	b.needCollation(st, "string comparison")
	keys := make([]expr.Expr, len(e.Args))
	for i, a := range e.Args {
		keys[i] = b.collationKey(l, a)
	}
	return textOfKey(l, &expr.MinMax{Greatest: e.Greatest, Args: keys, T: types.Of(types.ByteaOID)}, e.T)
}

// refuseLocale refuses an operation that has no form yet under a language's rules.
func (b *binder) refuseLocale(what string, pos int, es ...expr.Expr) {
	if b.collations == nil {
		return
	}
	st, bad := b.collations.OfAll(es)
	b.checkMismatch(bad, pos)
	if st.Strength != collate.None && st.Name != "" && !collation.ByBytes(st.Name) {
		b.fail(pgerr.CodeFeatureNotSupported, pos, "%s under collation \"%s\" is not supported", what, b.shownCollation(st.Name))
	}
}

// collationFor is COLLATION FOR (expression): the collation's name, as COLLATE takes it.
func (b *binder) collationFor(s *scope, n *ast.FuncCall) expr.Expr {
	e := b.expr(s, n.Args[0])
	if !collate.Collatable(e.Type().OID) {
		b.fail(pgerr.DatatypeMismatch, -1, "collations are not supported by type %s", b.typeName(e.Type().OID))
	}
	out := &expr.Const{T: types.Of(types.TextOID)}
	st, bad := b.collations.Of(e)
	b.checkMismatch(bad, n.Pos)
	if st.Name != "" && st.Strength != collate.Conflict && e.Type().OID != types.UnknownOID {
		out.D = types.NewStr(b.collationText(st.Name))
	}
	return out
}

// collationText is a collation's name as COLLATION FOR shows it: in quotes if they are needed, qualified if the search path does not find it.
func (b *binder) collationText(known string) string {
	id, name := collation.ObjectOf(known)
	if id == 0 {
		return expr.QuoteIdent(name)
	}
	o, ok := b.o.Reader.Collation(id)
	if !ok {
		return ""
	}
	if found, _, err := b.o.Reader.FindCollation(b.o.SearchPath, []string{o.Name}); err == nil && found == o {
		return expr.QuoteIdent(o.Name)
	}
	return expr.QuoteIdent(b.o.Reader.SchemaName(o.Schema)) + "." + expr.QuoteIdent(o.Name)
}

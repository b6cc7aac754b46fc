package expr

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/types"
)

// FormatOpts says how Format prints names.
type FormatOpts struct {
	// Qualify prints columns as relation.column, as EXPLAIN does with more than one relation.
	Qualify bool
	Env     *types.Env // how constants are written; nil is the defaults
	// SubPlan names a subplan; nil gives "SubPlan n" (n from 1).
	SubPlan func(*SubPlan) string
	// Query prints the query of a Subquery; nil gives "...".
	Query func(*Subquery) string
}

// Format prints an expression as PostgreSQL's EXPLAIN and pg_get_expr do: every operator in parentheses, every constant
// with the type that it needs to be read back, and implicit casts left out at the top.
func Format(e Expr, o FormatOpts) string {
	p := &printer{o: o}
	p.expr(withoutImplicit(e))
	return p.b.String()
}

// withoutImplicit takes implicit casts off the top of an expression: only there PostgreSQL leaves them out, because inside
// an operator or call they tell which one it is.
func withoutImplicit(e Expr) Expr {
	for {
		switch x := e.(type) {
		case *Relabel:
			if !x.Implicit {
				return e
			}
			e = x.Arg
		case *CoerceIO:
			if !x.Implicit {
				return e
			}
			e = x.Arg
		case *Call:
			if x.Form != FormCastImplicit {
				return e
			}
			e = x.Args[0]
		default:
			return e
		}
	}
}

// FormatConst prints a constant: 5, 'abc'::text, NULL::integer.
func FormatConst(t types.T, d types.Datum, env *types.Env) string {
	p := &printer{o: FormatOpts{Env: env}}
	p.constant(&Const{T: t, D: d}, true)
	return p.b.String()
}

type printer struct {
	b strings.Builder
	o FormatOpts
}

func (p *printer) s(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) list(es []Expr) {
	for i, e := range es {
		if i > 0 {
			p.s(", ")
		}
		p.expr(e)
	}
}

func (p *printer) name(rel, name string) {
	if rel != "" {
		p.s(QuoteIdent(rel), ".")
	}
	p.s(QuoteIdent(name))
}

func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case nil:
	case *Const:
		p.constant(e, true)
	case *Param:
		p.s("$", strconv.Itoa(e.N))
	case *Var:
		p.s(QuoteIdent(e.Name))
	case *Col:
		p.column(e)
	case *ExecParam:
		if e.Name != "" {
			p.name(e.Rel, e.Name)
		} else {
			p.s("$", strconv.Itoa(e.Slot))
		}
	case *CaseArg:
		p.s("CASE_TEST_EXPR")
	case *Call:
		p.call(e)
	case *Relabel:
		p.cast(e.Arg, e.T)
	case *CoerceIO:
		p.cast(e.Arg, e.T)
	case *CoerceArray:
		p.cast(e.Arg, e.T)
	case *Collate:
		p.s("(")
		p.expr(e.Arg)
		if e.Shown != "" {
			p.s(" COLLATE ", e.Shown, ")")
		} else {
			p.s(" COLLATE ", `"`, e.Name, `")`)
		}
	default:
		p.test(e)
	}
}

func (p *printer) column(e *Col) {
	rel := e.Rel
	if !p.o.Qualify {
		rel = ""
	}
	p.name(rel, e.Name)
}

var boolTests = [...]string{IsTrue: " IS TRUE", IsNotTrue: " IS NOT TRUE", IsFalse: " IS FALSE", IsNotFalse: " IS NOT FALSE",
	IsUnknown: " IS UNKNOWN", IsNotUnknown: " IS NOT UNKNOWN"}

func (p *printer) test(e Expr) {
	switch e := e.(type) {
	case *And:
		p.joined(e.Args, " AND ")
	case *Or:
		p.joined(e.Args, " OR ")
	case *Not:
		p.s("(NOT ")
		p.expr(e.Arg)
		p.s(")")
	case *IsNull:
		p.s("(")
		p.expr(e.Arg)
		if e.Not {
			p.s(" IS NOT NULL)")
		} else {
			p.s(" IS NULL)")
		}
	case *BoolTest:
		p.s("(")
		p.expr(e.Arg)
		p.s(boolTests[e.Kind], ")")
	case *Distinct:
		if e.Not {
			p.s("(NOT ")
			defer p.s(")")
		}
		p.binary(e.L, "IS DISTINCT FROM", e.R)
	case *ScalarArray:
		p.s("(")
		p.expr(e.Left)
		op := e.OpSym
		if e.Op.Operator != "" {
			op = e.Op.Operator
		}
		p.s(" ", op, map[bool]string{false: " ANY (", true: " ALL ("}[e.All])
		p.expr(e.Right)
		p.s("))")
	case *RowCompare:
		p.s("(ROW(")
		p.list(e.Ls)
		p.s(") ", e.Op, " ROW(")
		p.list(e.Rs)
		p.s("))")
	default:
		p.constructor(e)
	}
}

func (p *printer) joined(es []Expr, sep string) {
	p.s("(")
	for i, e := range es {
		if i > 0 {
			p.s(sep)
		}
		p.expr(e)
	}
	p.s(")")
}

func (p *printer) binary(l Expr, op string, r Expr) {
	p.s("(")
	p.expr(l)
	p.s(" ", op, " ")
	p.expr(r)
	p.s(")")
}

func (p *printer) constructor(e Expr) {
	switch e := e.(type) {
	case *Case:
		p.caseExpr(e)
	case *Coalesce:
		p.function("COALESCE", e.Args)
	case *NullIf:
		p.function("NULLIF", []Expr{e.L, e.CmpR})
	case *MinMax:
		p.function(map[bool]string{true: "GREATEST", false: "LEAST"}[e.Greatest], e.Args)
	case *Array:
		p.s("ARRAY[")
		p.list(e.Elems)
		p.s("]")
		if len(e.Elems) == 0 {
			p.s("::", p.castName(e.T))
		}
	case *Row:
		p.function("ROW", e.Elems)
	case *Field:
		p.s("(")
		p.expr(e.Arg)
		p.s(").", QuoteIdent(e.Name))
	case *Subscript:
		p.subscript(e)
	case *SessionValue:
		p.s(e.Name)
		if e.T.Mod >= 0 { // the precision; Args are those of the function behind it
			p.s("(", strconv.Itoa(int(e.T.Mod)), ")")
		}
	default:
		p.query(e)
	}
}

func (p *printer) query(e Expr) {
	switch e := e.(type) {
	case *Subquery:
		p.subquery(e)
	case *SubPlan:
		name := "SubPlan " + strconv.Itoa(e.ID+1)
		if p.o.SubPlan != nil {
			name = p.o.SubPlan(e)
		}
		if e.Hashed {
			name = "hashed " + name
		}
		p.s("(", name, ")")
	case *AggCall:
		p.aggregate(e)
	case *WindowCall:
		if e.Agg != nil {
			p.aggregate(e.Agg)
		} else {
			p.function(e.Fn.Name, e.Args)
		}
		p.s(" OVER (?)")
	}
}

func (p *printer) subquery(e *Subquery) {
	text := "..."
	if p.o.Query != nil {
		text = p.o.Query(e)
	}
	switch e.Kind {
	case SubqueryExists:
		p.s("(EXISTS (", text, "))")
	case SubqueryArray:
		p.s("ARRAY(", text, ")")
	case SubqueryAny, SubqueryAll:
		p.s("(")
		if len(e.Left) == 1 {
			p.expr(e.Left[0])
		} else {
			p.function("", e.Left)
		}
		switch {
		case e.Kind == SubqueryAll:
			p.s(" ", e.OpSym, " ALL (")
		case e.OpSym == "=":
			p.s(" IN (")
		default:
			p.s(" ", e.OpSym, " ANY (")
		}
		p.s(text, "))")
	default:
		p.s("(", text, ")")
	}
}

func (p *printer) function(name string, args []Expr) {
	p.s(name, "(")
	p.list(args)
	p.s(")")
}

func (p *printer) call(e *Call) {
	op := e.Op
	if e.Fn.Operator != "" {
		op = e.Fn.Operator
	}
	switch {
	case e.Form == FormOperator && len(e.Args) == 2:
		p.binary(e.Args[0], op, e.Args[1])
	case e.Form == FormOperator:
		p.s("(", op, " ")
		p.expr(e.Args[0])
		p.s(")")
	case e.Form == FormCastImplicit, e.Form == FormCastExplicit:
		p.cast(e.Args[0], e.T)
	case e.VariadicArray:
		p.s(e.Fn.printName(), "(")
		last := len(e.Args) - 1
		p.list(e.Args[:last])
		if last > 0 {
			p.s(", ")
		}
		p.s("VARIADIC ")
		p.expr(e.Args[last])
		p.s(")")
	default:
		p.function(e.Fn.printName(), e.Args)
	}
}

// cast prints (arg)::type. A length coercion of a literal is written on the literal.
func (p *printer) cast(arg Expr, t types.T) {
	if k, ok := arg.(*Const); ok && k.T.OID == t.OID && k.T.Mod == -1 {
		p.constant(k, false)
	} else {
		p.s("(")
		p.expr(arg)
		p.s(")")
	}
	p.s("::", p.castName(t))
}

// constant prints a literal; label says whether its type may be added.
func (p *printer) constant(e *Const, label bool) {
	if e.D.IsNull() {
		p.s("NULL")
		if label {
			p.s("::", p.castName(e.T))
		}
		return
	}
	text := string(types.AppendText(nil, e.T, e.D, p.o.Env))
	switch e.T.OID {
	case types.BoolOID:
		p.s(map[bool]string{true: "true", false: "false"}[e.D.Bool()])
		return
	case types.Int4OID:
		if text[0] != '-' {
			p.s(text)
			return
		}
		p.s("'", text, "'")
	case types.NumericOID:
		if text[0] >= '0' && text[0] <= '9' && strings.ContainsAny(text, "eE.") {
			p.s(text)
			if e.T.Mod < 0 {
				return
			}
		} else {
			p.s("'", text, "'")
		}
	case types.BitOID, types.VarbitOID:
		p.s("B'", text, "'")
	case types.UnknownOID:
		p.s(simpleQuote(text))
		return
	default:
		p.s(simpleQuote(text))
	}
	if label {
		p.s("::", p.castName(e.T))
	}
}

// simpleQuote is a literal without the E form: backslashes stand for themselves.
func simpleQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (p *printer) caseExpr(e *Case) {
	p.s("CASE")
	if e.Arg != nil {
		p.s(" ")
		p.expr(e.Arg)
	}
	for _, w := range e.Whens {
		p.s(" WHEN ")
		p.expr(whenValue(e, w.Cond))
		p.s(" THEN ")
		p.expr(w.Then)
	}
	p.s(" ELSE ")
	if e.Else != nil {
		p.expr(e.Else)
	} else {
		p.s("NULL::", p.castName(e.T))
	}
	p.s(" END")
}

// whenValue is what stands after WHEN: of "CASE a WHEN b" the condition is CaseArg = b.
func whenValue(e *Case, cond Expr) Expr {
	if c, ok := cond.(*Call); ok && e.Arg != nil && c.Form == FormOperator && len(c.Args) == 2 {
		l := c.Args[0]
		for {
			switch x := l.(type) {
			case *CaseArg:
				return c.Args[1]
			case *Relabel:
				l = x.Arg
				continue
			case *Call:
				if x.Form == FormCastImplicit {
					l = x.Args[0]
					continue
				}
			}
			break
		}
	}
	return cond
}

func (p *printer) subscript(e *Subscript) {
	switch e.Arg.(type) {
	case *Col, *Var, *Param, *Field:
		p.expr(e.Arg)
	default:
		p.s("(")
		p.expr(e.Arg)
		p.s(")")
	}
	for i, u := range e.Upper {
		p.s("[")
		if e.Slice {
			if i < len(e.Lower) {
				p.expr(e.Lower[i])
			}
			p.s(":")
		}
		p.expr(u)
		p.s("]")
	}
}

func (p *printer) aggregate(e *AggCall) {
	if e.Fn.Schema != "" {
		p.s(QuoteIdent(e.Fn.Schema), ".")
	}
	p.s(QuoteIdent(e.Fn.Name), "(")
	if e.Distinct {
		p.s("DISTINCT ")
	}
	switch {
	case e.Star:
		p.s("*")
	case e.Direct > 0 || e.Fn.Kind != 'n' && e.Fn.Kind != 0:
		p.list(e.Args[:e.Direct])
		p.s(") WITHIN GROUP (")
	default:
		p.list(e.Args)
	}
	if len(e.OrderBy) > 0 {
		if e.Fn.Kind == 'n' || e.Fn.Kind == 0 {
			p.s(" ")
		}
		p.s("ORDER BY ")
		FormatSortKeys(&p.b, e.OrderBy, p.o)
	}
	p.s(")")
	if e.Filter != nil {
		p.s(" FILTER (WHERE ")
		p.expr(e.Filter)
		p.s(")")
	}
}

// FormatSortKeys prints the list of an ORDER BY.
func FormatSortKeys(b *strings.Builder, keys []SortKey, o FormatOpts) {
	for i, k := range keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Format(k.Expr, o))
		if k.Desc {
			b.WriteString(" DESC")
		}
		if k.NullsFirst != k.Desc {
			if k.NullsFirst {
				b.WriteString(" NULLS FIRST")
			} else {
				b.WriteString(" NULLS LAST")
			}
		}
	}
}

// castName is the type as a cast names it: char without a length is bpchar, because character alone means character(1).
func (p *printer) castName(t types.T) string {
	if env := p.o.Env; env != nil && env.User != nil && (t.OID >= types.FirstUserOID) {
		return env.User.TypeName(t.OID)
	}
	return types.FormatTypeMod(t.OID, t.Mod)
}

// printName is the name of the function as a call writes it.
func (f *Func) printName() string {
	if f.Schema != "" {
		return QuoteIdent(f.Schema) + "." + QuoteIdent(f.Name)
	}
	return QuoteIdent(f.Name)
}

package ast

import "strings"

// Precedences as in the parser; precPrimary needs no parentheses anywhere.
const (
	precNone = iota
	precOr
	precAnd
	precNot
	precIs
	precCompare
	precLike
	precEscape
	precOp
	precAdd
	precMul
	precExp
	precAt
	precCollate
	precUminus
	precCast
	precPrimary
)

func opPrec(e *AExpr) int {
	if len(e.OpSchema) > 0 {
		return precOp
	}
	switch e.Op {
	case "<", ">", "=", "<=", ">=", "<>":
		return precCompare
	case "+", "-":
		if e.Left == nil {
			return precUminus
		}
		return precAdd
	case "*", "/", "%":
		if e.Left != nil {
			return precMul
		}
	case "^":
		return precExp
	}
	return precOp
}

func exprPrec(e Expr) int {
	switch e := e.(type) {
	case *AExpr:
		switch e.Kind {
		case AExprOp:
			return opPrec(e)
		case AExprOpAny, AExprOpAll:
			return precNone
		case AExprDistinct, AExprNotDistinct:
			return precIs
		case AExprNullIf:
			return precPrimary
		}
		return precLike
	case *BoolExpr:
		return [...]int{precAnd, precOr, precNot}[e.Op]
	case *NullTest, *BooleanTest, *JSONIsPredicate:
		return precIs
	case *XMLExpr:
		if e.Op == XMLIsDocument {
			return precIs
		}
	case *TypeCast:
		return precCast
	case *CollateClause:
		return precCollate
	case *Const:
		if strings.HasPrefix(e.Val, "-") && (e.Kind == ConstInteger || e.Kind == ConstFloat) {
			return precUminus
		}
	case *SubLink:
		if e.TestExpr != nil {
			return precNone
		}
	case *FuncCall:
		return callPrec(e)
	case *SetToDefault, *MultiAssignRef, *List, *GroupingSet, *NamedArgExpr, *CurrentOf, *RowKey:
		return precNone
	}
	return precPrimary
}

func callPrec(f *FuncCall) int {
	if f.SQLSyntax {
		switch f.Name[len(f.Name)-1] {
		case "timezone":
			return precAt
		case "is_normalized":
			return precIs
		case "overlaps":
			return precNone
		}
	}
	return precPrimary
}

// operand prints an expression, in parentheses if it binds less tightly than
// minPrec.
func (p *printer) operand(e Expr, minPrec int) {
	if exprPrec(e) >= minPrec {
		p.expr(e)
		return
	}
	p.str("(")
	p.expr(e)
	p.str(")")
}

func (p *printer) exprs(list []Expr) { commas(p, list, p.expr) }

// expr prints an expression without parentheses around it.
func (p *printer) expr(e Expr) {
	switch e := e.(type) {
	case *Const:
		p.constant(e)
	case *ColumnRef:
		p.names(e.Names)
		if e.Star {
			if len(e.Names) > 0 {
				p.str(".")
			}
			p.str("*")
		}
	case *ParamRef:
		p.str("$")
		p.int(e.Number)
	case *AExpr:
		p.aExpr(e)
	case *BoolExpr:
		p.boolExpr(e)
	case *NullTest:
		p.operand(e.Arg, precIs+1)
		p.str(" IS ")
		if e.IsNot {
			p.str("NOT ")
		}
		p.str("NULL")
	case *BooleanTest:
		p.operand(e.Arg, precIs+1)
		p.str([...]string{" IS TRUE", " IS NOT TRUE", " IS FALSE", " IS NOT FALSE", " IS UNKNOWN",
			" IS NOT UNKNOWN"}[e.Kind])
	case *CaseExpr:
		p.caseExpr(e)
	case *FuncCall:
		p.call(e)
	case *TypeCast:
		p.typeCast(e)
	case *SubLink:
		p.subLink(e)
	case *CollateClause:
		if e.Arg != nil {
			p.operand(e.Arg, precCollate)
			p.str(" ")
		}
		p.str("COLLATE ")
		p.names(e.Collation)
	case *AIndirection:
		p.indirectionArg(e.Arg, e.Indirection[0].Kind)
		p.indirection(e.Indirection)
	default:
		p.otherExpr(e)
	}
}

func (p *printer) otherExpr(e Expr) {
	switch e := e.(type) {
	case *List:
		p.str("(")
		p.exprs(e.Items)
		p.str(")")
	case *NamedArgExpr:
		p.ident(e.Name)
		p.str(" => ")
		p.expr(e.Arg)
	case *RowExpr:
		if e.Explicit {
			p.str("ROW")
		}
		p.parens(e.Args)
	case *CoalesceExpr:
		p.str("COALESCE")
		p.parens(e.Args)
	case *MinMaxExpr:
		if e.Least {
			p.str("LEAST")
		} else {
			p.str("GREATEST")
		}
		p.parens(e.Args)
	case *SQLValueFunction:
		p.str(valueFunctions[e.Op])
		if e.Typmod >= 0 {
			p.str("(")
			p.int(e.Typmod)
			p.str(")")
		}
	case *AArrayExpr:
		p.str("ARRAY")
		p.arrayElements(e)
	case *GroupingFunc:
		p.str("GROUPING")
		p.parens(e.Args)
	case *GroupingSet:
		p.groupingSet(e)
	case *SetToDefault:
		p.str("DEFAULT")
	case *CurrentOf:
		p.str("CURRENT OF ")
		p.ident(e.Cursor)
	case *RowKey:
		p.ident(e.Relation)
	case *MultiAssignRef:
		p.expr(e.Source)
	case *MergeSupportFunc:
		p.str("MERGE_ACTION()")
	case *XMLExpr, *XMLSerialize:
		p.xmlExpr(e)
	default:
		p.jsonExpr(e)
	}
}

var valueFunctions = [...]string{"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME",
	"LOCALTIMESTAMP", "CURRENT_ROLE", "CURRENT_USER", "USER", "SESSION_USER", "CURRENT_CATALOG", "CURRENT_SCHEMA"}

func (p *printer) parens(list []Expr) {
	p.str("(")
	p.exprs(list)
	p.str(")")
}

func (p *printer) constant(c *Const) {
	switch c.Kind {
	case ConstNull:
		p.str("NULL")
	case ConstString:
		p.literal(c.Val)
	case ConstBitString:
		p.str(c.Val[:1])
		p.literal(c.Val[1:])
	default:
		p.str(c.Val)
	}
}

// operator prints an operator's name.
func (p *printer) operator(schema []string, op string) {
	if len(schema) == 0 {
		p.str(op)
		return
	}
	p.str("OPERATOR(")
	for _, s := range schema {
		p.ident(s)
		p.str(".")
	}
	p.str(op, ")")
}

func (p *printer) aExpr(e *AExpr) {
	switch e.Kind {
	case AExprOp:
		p.plainOp(e)
	case AExprOpAny, AExprOpAll:
		p.operand(e.Left, precOp+1)
		p.str(" ")
		p.operator(e.OpSchema, e.Op)
		if e.Kind == AExprOpAny {
			p.str(" ANY (")
		} else {
			p.str(" ALL (")
		}
		p.expr(e.Right)
		p.str(")")
	case AExprDistinct, AExprNotDistinct:
		p.operand(e.Left, precIs+1)
		p.str(" IS ")
		if e.Kind == AExprNotDistinct {
			p.str("NOT ")
		}
		p.str("DISTINCT FROM ")
		p.operand(e.Right, precIs+1)
	case AExprNullIf:
		p.str("NULLIF(")
		p.exprs([]Expr{e.Left, e.Right})
		p.str(")")
	case AExprIn:
		p.operand(e.Left, precLike+1)
		if e.Op == "<>" {
			p.str(" NOT")
		}
		p.str(" IN (")
		p.exprs(e.Right.(*List).Items)
		p.str(")")
	case AExprLike, AExprILike, AExprSimilar:
		p.match(e)
	default:
		p.between(e)
	}
}

func (p *printer) plainOp(e *AExpr) {
	prec := opPrec(e)
	if e.Left == nil {
		p.operator(e.OpSchema, e.Op)
		p.str(" ")
		p.operand(e.Right, prec+1)
		return
	}
	left := prec
	if prec == precCompare {
		left++
	}
	p.operand(e.Left, left)
	p.str(" ")
	p.operator(e.OpSchema, e.Op)
	p.str(" ")
	p.operand(e.Right, prec+1)
}

func (p *printer) match(e *AExpr) {
	p.operand(e.Left, precLike+1)
	if strings.HasPrefix(e.Op, "!") {
		p.str(" NOT")
	}
	p.str([...]string{" LIKE ", " ILIKE ", " SIMILAR TO "}[e.Kind-AExprLike])
	function := "like_escape"
	if e.Kind == AExprSimilar {
		function = "similar_to_escape"
	}
	f, ok := e.Right.(*FuncCall)
	if !ok || len(f.Name) != 2 || f.Name[1] != function || f.Name[0] != "pg_catalog" {
		p.operand(e.Right, precLike+1)
		return
	}
	p.operand(f.Args[0], precLike+1)
	if len(f.Args) > 1 {
		p.str(" ESCAPE ")
		p.operand(f.Args[1], precLike+1)
	}
}

func (p *printer) between(e *AExpr) {
	p.operand(e.Left, precLike+1)
	if e.Kind == AExprNotBetween || e.Kind == AExprNotBetweenSym {
		p.str(" NOT")
	}
	p.str(" BETWEEN ")
	if e.Kind >= AExprBetweenSym {
		p.str("SYMMETRIC ")
	}
	list := e.Right.(*List).Items
	p.operand(list[0], precUminus) // only some operators are allowed here
	p.str(" AND ")
	p.operand(list[1], precLike+1)
}

func (p *printer) boolExpr(e *BoolExpr) {
	switch e.Op {
	case Not:
		p.str("NOT ")
		p.operand(e.Args[0], precNot)
		return
	case And:
		for i, a := range e.Args {
			if i > 0 {
				p.str(" AND ")
			}
			p.operand(a, precAnd+1)
		}
		return
	}
	for i, a := range e.Args {
		if i > 0 {
			p.str(" OR ")
		}
		p.operand(a, precOr+1)
	}
}

func (p *printer) caseExpr(e *CaseExpr) {
	p.str("CASE ")
	if e.Arg != nil {
		p.expr(e.Arg)
		p.str(" ")
	}
	for _, w := range e.Whens {
		p.str("WHEN ")
		p.expr(w.Expr)
		p.str(" THEN ")
		p.expr(w.Result)
		p.str(" ")
	}
	if e.Default != nil {
		p.str("ELSE ")
		p.expr(e.Default)
		p.str(" ")
	}
	p.str("END")
}

func (p *printer) typeCast(e *TypeCast) {
	if e.Arg == nil {
		p.typeName(e.Type)
		return
	}
	p.operand(e.Arg, precCast)
	p.str("::")
	p.typeName(e.Type)
}

func (p *printer) subLink(e *SubLink) {
	switch e.Kind {
	case SubLinkExists:
		p.str("EXISTS ")
	case SubLinkArray:
		p.str("ARRAY")
	case SubLinkAny, SubLinkAll:
		if e.Op == "" {
			p.operand(e.TestExpr, precLike+1)
			p.str(" IN ")
			break
		}
		p.operand(e.TestExpr, precOp+1)
		p.str(" ")
		p.operator(e.OpSchema, e.Op)
		if e.Kind == SubLinkAny {
			p.str(" ANY ")
		} else {
			p.str(" ALL ")
		}
	}
	p.str("(")
	p.stmt(e.Subselect)
	p.str(")")
}

// indirectionArg prints what subscripts and fields follow; most of it needs
// parentheses.
func (p *printer) indirectionArg(e Expr, first IndirectionKind) {
	switch e := e.(type) {
	case *ParamRef:
		p.expr(e)
	case *ColumnRef: // a.b would be another column
		if first == IndirectSubscript || first == IndirectSlice {
			p.expr(e)
			return
		}
		p.operand(e, precPrimary+1)
	case *SubLink:
		if e.Kind == SubLinkExpr {
			p.expr(e)
			return
		}
		p.operand(e, precPrimary+1)
	default:
		p.operand(e, precPrimary+1)
	}
}

func (p *printer) indirection(list []Indirection) {
	for _, i := range list {
		switch i.Kind {
		case IndirectField:
			p.str(".")
			p.ident(i.Field)
		case IndirectStar:
			p.str(".*")
		case IndirectSubscript:
			p.str("[")
			p.expr(i.Upper)
			p.str("]")
		case IndirectSlice:
			p.str("[")
			if i.Lower != nil {
				p.expr(i.Lower)
			}
			p.str(":")
			if i.Upper != nil {
				p.expr(i.Upper)
			}
			p.str("]")
		}
	}
}

func (p *printer) arrayElements(e *AArrayExpr) {
	p.str("[")
	nested := len(e.Elements) > 0
	for _, el := range e.Elements {
		if a, ok := el.(*AArrayExpr); !ok || a == nil {
			nested = false
		}
	}
	for i, el := range e.Elements {
		if i > 0 {
			p.str(", ")
		}
		if nested {
			p.arrayElements(el.(*AArrayExpr))
		} else {
			p.expr(el)
		}
	}
	p.str("]")
}

func (p *printer) groupingSet(e *GroupingSet) {
	switch e.Kind {
	case GroupingEmpty:
		p.str("()")
		return
	case GroupingRollup:
		p.str("ROLLUP ")
	case GroupingCube:
		p.str("CUBE ")
	case GroupingSets:
		p.str("GROUPING SETS ")
	}
	p.parens(e.Content)
}

package ast

func (p *printer) call(f *FuncCall) {
	if f.SQLSyntax && p.syntaxCall(f) {
		return
	}
	p.names(f.Name)
	p.str("(")
	if f.AggStar {
		p.str("*")
	}
	if f.AggDistinct {
		p.str("DISTINCT ")
	}
	for i, a := range f.Args {
		if i > 0 {
			p.str(", ")
		}
		if f.FuncVariadic && i == len(f.Args)-1 {
			p.str("VARIADIC ")
		}
		p.expr(a)
	}
	if !f.AggWithinGroup {
		p.orderBy(f.AggOrder)
	}
	p.str(")")
	if f.AggWithinGroup {
		p.str(" WITHIN GROUP (ORDER BY ")
		commas(p, f.AggOrder, p.sortBy)
		p.str(")")
	}
	p.filterOver(f.AggFilter, f.Over)
}

func (p *printer) filterOver(filter Expr, over *WindowDef) {
	if filter != nil {
		p.str(" FILTER (WHERE ")
		p.expr(filter)
		p.str(")")
	}
	if over != nil {
		p.str(" OVER ")
		if over.Bare {
			p.ident(over.Name)
		} else {
			p.window(over)
		}
	}
}

// syntaxCall prints a call in the special syntax it was written in; false if it
// knows none for the function.
func (p *printer) syntaxCall(f *FuncCall) bool {
	a := f.Args
	switch f.Name[len(f.Name)-1] {
	case "timezone":
		p.operand(a[len(a)-1], precAt)
		if len(a) == 1 {
			p.str(" AT LOCAL")
			return true
		}
		p.str(" AT TIME ZONE ")
		p.operand(a[0], precAt+1)
	case "is_normalized":
		p.operand(a[0], precIs+1)
		p.str(" IS ")
		if len(a) > 1 {
			p.str(a[1].(*Const).Val, " ")
		}
		p.str("NORMALIZED")
	case "normalize":
		p.str("NORMALIZE(")
		p.expr(a[0])
		if len(a) > 1 {
			p.str(", ", a[1].(*Const).Val)
		}
		p.str(")")
	case "overlaps":
		p.parens(a[:2])
		p.str(" OVERLAPS ")
		p.parens(a[2:])
	case "pg_collation_for":
		p.wordCall("COLLATION FOR (", a[0])
	case "extract":
		p.wordCall("EXTRACT(", a[0], " FROM ", a[1])
	case "overlay":
		parts := []any{"OVERLAY(", a[0], " PLACING ", a[1], " FROM ", a[2]}
		if len(a) > 3 {
			parts = append(parts, " FOR ", a[3])
		}
		p.wordCall(parts...)
	case "position":
		p.str("POSITION(")
		p.operand(a[1], precUminus)
		p.str(" IN ")
		p.operand(a[0], precUminus)
		p.str(")")
	case "substring":
		p.substring(a)
	case "btrim", "ltrim", "rtrim":
		p.trim(f.Name[len(f.Name)-1], a)
	case "xmlexists":
		p.str("XMLEXISTS(")
		p.operand(a[0], precPrimary)
		p.str(" PASSING ")
		p.operand(a[1], precPrimary)
		p.str(")")
	case "system_user":
		p.str("SYSTEM_USER")
	default:
		return false
	}
	return true
}

// wordCall prints words (strings) and arguments (Expr) in turn, then a
// parenthesis.
func (p *printer) wordCall(parts ...any) {
	for _, part := range parts {
		if s, ok := part.(string); ok {
			p.str(s)
		} else {
			p.expr(part.(Expr))
		}
	}
	p.str(")")
}

func (p *printer) substring(a []Expr) {
	p.str("SUBSTRING(")
	p.operand(a[0], precLike+1)
	p.str(" FROM ")
	p.expr(a[1])
	if len(a) > 2 {
		p.str(" FOR ")
		p.expr(a[2])
	}
	p.str(")")
}

func (p *printer) trim(function string, a []Expr) {
	p.str("TRIM(", map[string]string{"btrim": "BOTH ", "ltrim": "LEADING ", "rtrim": "TRAILING "}[function])
	if n := len(a) - 1; n > 0 {
		p.expr(a[n])
		p.str(" ")
		a = a[:n]
	}
	p.str("FROM ")
	p.exprs(a)
	p.str(")")
}

func (p *printer) xmlExpr(e Expr) {
	if s, ok := e.(*XMLSerialize); ok {
		p.str("XMLSERIALIZE(", documentWord(s.Document), " ")
		p.expr(s.Expr)
		p.str(" AS ")
		p.typeName(s.Type)
		p.word(s.Indent, "INDENT")
		p.str(")")
		return
	}
	x := e.(*XMLExpr)
	switch x.Op {
	case XMLConcat:
		p.str("XMLCONCAT")
		p.parens(x.Args)
	case XMLElement:
		p.str("XMLELEMENT(NAME ")
		p.ident(x.Name)
		if len(x.Attributes) > 0 {
			p.str(", XMLATTRIBUTES(")
			commas(p, x.Attributes, p.target)
			p.str(")")
		}
		for _, a := range x.Args {
			p.str(", ")
			p.expr(a)
		}
		p.str(")")
	case XMLForest:
		p.str("XMLFOREST(")
		commas(p, x.Attributes, p.target)
		p.str(")")
	case XMLParse:
		p.str("XMLPARSE(", documentWord(x.Document), " ")
		p.expr(x.Args[0])
		p.word(x.Preserve, "PRESERVE WHITESPACE")
		p.str(")")
	case XMLPI:
		p.str("XMLPI(NAME ")
		p.ident(x.Name)
		if len(x.Args) > 0 {
			p.str(", ")
			p.expr(x.Args[0])
		}
		p.str(")")
	case XMLRoot:
		p.str("XMLROOT(")
		p.expr(x.Args[0])
		p.str(", VERSION ")
		if x.HasVersion {
			p.expr(x.Args[1])
		} else {
			p.str("NO VALUE")
		}
		if x.Standalone != "" {
			p.str(", STANDALONE ", x.Standalone)
		}
		p.str(")")
	case XMLIsDocument:
		p.operand(x.Args[0], precIs+1)
		p.str(" IS DOCUMENT")
	}
}

func documentWord(document bool) string {
	if document {
		return "DOCUMENT"
	}
	return "CONTENT"
}

func (p *printer) jsonFormat(f *JSONFormat) {
	if f != nil {
		p.str(" FORMAT JSON")
		p.word(f.Encoding != "", "ENCODING "+f.Encoding)
	}
}

func (p *printer) jsonValue(v *JSONValueExpr) {
	p.expr(v.Expr)
	p.jsonFormat(v.Format)
}

func (p *printer) jsonOutput(o *JSONOutput) {
	if o != nil {
		p.str(" RETURNING ")
		p.typeName(o.Type)
		p.jsonFormat(o.Format)
	}
}

func (p *printer) jsonKeyValue(kv *JSONKeyValue) {
	p.operand(kv.Key, precPrimary)
	p.str(" : ")
	p.jsonValue(kv.Value)
}

func (p *printer) jsonNulls(absent, byDefault bool) {
	if absent != byDefault {
		p.word(absent, "ABSENT ON NULL")
		p.word(!absent, "NULL ON NULL")
	}
}

func (p *printer) jsonExpr(e Expr) {
	switch e := e.(type) {
	case *JSONValueExpr:
		p.jsonValue(e)
	case *JSONObjectConstructor:
		p.str("JSON_OBJECT(")
		commas(p, e.Items, p.jsonKeyValue)
		if len(e.Items) > 0 {
			p.jsonNulls(e.AbsentOnNull, false)
			p.word(e.Unique, "WITH UNIQUE KEYS")
		}
		p.jsonOutput(e.Output)
		p.str(")")
	case *JSONArrayConstructor:
		p.str("JSON_ARRAY(")
		commas(p, e.Items, p.jsonValue)
		if len(e.Items) > 0 {
			p.jsonNulls(e.AbsentOnNull, true)
		}
		p.jsonOutput(e.Output)
		p.str(")")
	case *JSONArrayQueryConstructor:
		p.str("JSON_ARRAY(")
		p.stmt(e.Query)
		p.jsonFormat(e.Format)
		p.jsonOutput(e.Output)
		p.str(")")
	case *JSONAggConstructor:
		p.jsonAgg(e)
	case *JSONIsPredicate:
		p.operand(e.Expr, precIs+1)
		p.str([...]string{" IS JSON", " IS JSON OBJECT", " IS JSON ARRAY", " IS JSON SCALAR"}[e.Type])
		p.word(e.Unique, "WITH UNIQUE KEYS")
	case *JSONParseExpr:
		p.str("JSON(")
		p.jsonValue(e.Expr)
		p.word(e.Unique, "WITH UNIQUE KEYS")
		p.str(")")
	case *JSONScalarExpr:
		p.wordCall("JSON_SCALAR(", e.Expr)
	case *JSONSerializeExpr:
		p.str("JSON_SERIALIZE(")
		p.jsonValue(e.Expr)
		p.jsonOutput(e.Output)
		p.str(")")
	case *JSONFuncExpr:
		p.jsonFunc(e)
	}
}

func (p *printer) jsonAgg(e *JSONAggConstructor) {
	if e.Object != nil {
		p.str("JSON_OBJECTAGG(")
		p.jsonKeyValue(e.Object)
		p.jsonNulls(e.AbsentOnNull, false)
		p.word(e.Unique, "WITH UNIQUE KEYS")
	} else {
		p.str("JSON_ARRAYAGG(")
		p.jsonValue(e.Array)
		p.orderBy(e.Order)
		p.jsonNulls(e.AbsentOnNull, true)
	}
	p.jsonOutput(e.Output)
	p.str(")")
	p.filterOver(e.Filter, e.Over)
}

func (p *printer) jsonFunc(e *JSONFuncExpr) {
	p.str([...]string{"JSON_EXISTS(", "JSON_QUERY(", "JSON_VALUE("}[e.Op])
	p.jsonValue(e.Context)
	p.str(", ")
	p.expr(e.Path)
	p.jsonPassing(e.Passing)
	p.jsonOutput(e.Output)
	p.jsonWrapper(e.Wrapper, e.Quotes)
	p.jsonBehavior(e.OnEmpty, "ON EMPTY")
	p.jsonBehavior(e.OnError, "ON ERROR")
	p.str(")")
}

func (p *printer) jsonPassing(list []*JSONArgument) {
	if len(list) == 0 {
		return
	}
	p.str(" PASSING ")
	commas(p, list, func(a *JSONArgument) {
		p.jsonValue(a.Val)
		p.str(" AS ")
		p.ident(a.Name)
	})
}

func (p *printer) jsonWrapper(w JSONWrapper, q JSONQuotes) {
	p.str([...]string{"", " WITHOUT WRAPPER", " WITH CONDITIONAL WRAPPER", " WITH UNCONDITIONAL WRAPPER"}[w])
	p.str([...]string{"", " KEEP QUOTES", " OMIT QUOTES"}[q])
}

func (p *printer) jsonBehavior(b *JSONBehavior, on string) {
	if b == nil {
		return
	}
	p.str([...]string{" NULL ", " ERROR ", " EMPTY ", " TRUE ", " FALSE ", " UNKNOWN ", " EMPTY ARRAY ",
		" EMPTY OBJECT ", " DEFAULT "}[b.Kind])
	if b.Expr != nil {
		p.expr(b.Expr)
		p.str(" ")
	}
	p.str(on)
}

package ast

import (
	"strconv"
	"strings"
)

// Format prints a node as SQL. Parsing the text again gives an equal tree, but
// for positions. It gives "" for the few statements that have no printer: those
// on foreign data, publications, extensions, operator classes, event triggers,
// languages and text search mappings.
func Format(n Node) string {
	var p printer
	p.node(n)
	return p.b.String()
}

// printer collects the text. Words are separated by the caller.
type printer struct {
	b strings.Builder
}

func (p *printer) str(parts ...string) {
	for _, s := range parts {
		p.b.WriteString(s)
	}
}

func (p *printer) int(n int) { p.b.WriteString(strconv.Itoa(n)) }

func (p *printer) ident(name string) { p.b.WriteString(QuoteIdent(name)) }

func (p *printer) literal(s string) { p.b.WriteString(QuoteLiteral(s)) }

// names prints a qualified name.
func (p *printer) names(names []string) {
	for i, n := range names {
		if i > 0 {
			p.str(".")
		}
		p.ident(n)
	}
}

// idents prints a list of names.
func (p *printer) idents(names []string) {
	for i, n := range names {
		if i > 0 {
			p.str(", ")
		}
		p.ident(n)
	}
}

// columns prints a list of names in parentheses, nothing if it is empty.
func (p *printer) columns(names []string) {
	if len(names) > 0 {
		p.str(" (")
		p.idents(names)
		p.str(")")
	}
}

// literals prints a list of strings.
func (p *printer) literals(list []string) {
	for i, s := range list {
		if i > 0 {
			p.str(", ")
		}
		p.literal(s)
	}
}

// commas prints a list.
func commas[T any](p *printer, list []T, print func(T)) {
	for i, e := range list {
		if i > 0 {
			p.str(", ")
		}
		print(e)
	}
}

// word prints a word with a blank before it, if the condition holds.
func (p *printer) word(cond bool, word string) {
	if cond {
		p.str(" ", word)
	}
}

func (p *printer) behavior(b DropBehavior) { p.word(b == DropCascade, "CASCADE") }

// node prints anything.
func (p *printer) node(n Node) {
	switch n := n.(type) {
	case nil:
	case Expr:
		p.expr(n)
	case FromItem:
		p.fromItem(n)
	case Stmt:
		p.stmt(n)
	case *TypeName:
		p.typeName(n)
	case *ResTarget:
		p.target(n)
	case *SortBy:
		p.sortBy(n)
	case *WindowDef:
		p.window(n)
	case *ColumnDef:
		p.columnDef(n)
	case *Constraint:
		p.constraint(n)
	case *TableLikeClause:
		p.tableLike(n)
	case *IndexElem:
		p.indexElem(n)
	case *PartitionSpec:
		p.partitionSpec(n)
	case *PartitionBoundSpec:
		p.partitionBound(n)
	case *RoleSpec:
		p.role(n)
	case *ObjectWithArgs:
		p.function(n)
	case *DefElem:
		p.defElem(n)
	case *Names:
		p.names(n.Names)
	}
}

func (p *printer) role(r *RoleSpec) {
	switch r.Kind {
	case RoleCurrentRole:
		p.str("CURRENT_ROLE")
	case RoleCurrentUser:
		p.str("CURRENT_USER")
	case RoleSessionUser:
		p.str("SESSION_USER")
	case RolePublic:
		p.str("public")
	default:
		p.ident(r.Name)
	}
}

func (p *printer) roles(list []*RoleSpec) { commas(p, list, p.role) }

// typeName prints a type, with the standard's words for built-in types.
func (p *printer) typeName(t *TypeName) {
	p.word(t.SetOf, "SETOF ")
	p.bareType(t)
	if t.PctType {
		p.str("%TYPE")
	}
	for _, bound := range t.ArrayBounds {
		p.str("[")
		if bound >= 0 {
			p.int(int(bound))
		}
		p.str("]")
	}
}

// standardTypes are the standard's words for types; the second part stands
// after the modifier.
var standardTypes = map[string][2]string{
	"int2": {"smallint"}, "int4": {"integer"}, "int8": {"bigint"}, "float4": {"real"},
	"float8": {"double precision"}, "bool": {"boolean"}, "numeric": {"numeric"}, "json": {"json"},
	"varchar": {"character varying"}, "bpchar": {"character"}, "bit": {"bit"}, "varbit": {"bit varying"},
	"time": {"time", " without time zone"}, "timetz": {"time", " with time zone"},
	"timestamp":   {"timestamp", " without time zone"},
	"timestamptz": {"timestamp", " with time zone"},
}

func (p *printer) bareType(t *TypeName) {
	if len(t.Names) == 2 && t.Names[0] == "pg_catalog" && !t.PctType {
		if t.Names[1] == "interval" && p.intervalType(t) {
			return
		}
		if words, ok := standardTypes[t.Names[1]]; ok && standardModifiers(t) {
			p.str(words[0])
			p.modifiers(t.Typmods)
			p.str(words[1])
			return
		}
	}
	p.names(t.Names)
	p.modifiers(t.Typmods)
}

func (p *printer) modifiers(list []Expr) {
	if len(list) > 0 {
		p.str("(")
		p.exprs(list)
		p.str(")")
	}
}

// standardModifiers tells whether the standard's words give this type with its
// modifiers.
func standardModifiers(t *TypeName) bool {
	switch t.Names[1] {
	case "int2", "int4", "int8", "float4", "float8", "bool", "json":
		return len(t.Typmods) == 0
	case "bpchar", "bit": // bare they have a modifier 1
		if len(t.Typmods) == 0 {
			return false
		}
	case "numeric", "varbit":
		return true
	}
	return len(t.Typmods) == 0 || len(t.Typmods) == 1 && isPlainInteger(t.Typmods[0]) || t.Names[1] == "bit"
}

func isPlainInteger(e Expr) bool {
	c, ok := e.(*Const)
	return ok && c.Kind == ConstInteger && !strings.HasPrefix(c.Val, "-")
}

func (p *printer) intervalType(t *TypeName) bool {
	if len(t.Typmods) > 1 || len(t.Typmods) == 1 && !isPlainInteger(t.Typmods[0]) {
		return false
	}
	p.str("interval")
	words := intervalWords[t.Interval]
	p.word(words != "", words)
	p.modifiers(t.Typmods)
	return true
}

var intervalWords = map[IntervalFields]string{
	IntervalYear: "year", IntervalMonth: "month", IntervalDay: "day", IntervalHour: "hour",
	IntervalMinute: "minute", IntervalSecond: "second",
	IntervalYear | IntervalMonth:                                 "year to month",
	IntervalDay | IntervalHour:                                   "day to hour",
	IntervalDay | IntervalHour | IntervalMinute:                  "day to minute",
	IntervalDay | IntervalHour | IntervalMinute | IntervalSecond: "day to second",
	IntervalHour | IntervalMinute:                                "hour to minute",
	IntervalHour | IntervalMinute | IntervalSecond:               "hour to second",
	IntervalMinute | IntervalSecond:                              "minute to second",
}

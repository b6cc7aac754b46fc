package pgcatalog

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// definitionFunctions give back the SQL of objects.
var definitionFunctions = map[string]code{
	"format_type": func(x *call) (types.Datum, error) {
		if x.isNull(0) {
			return null, nil
		}
		return str(typeName(x.r, x.visible, x.oid(0), int32(x.args[1].Int()), !x.isNull(1))), nil
	},
	"pg_get_indexdef":     func(x *call) (types.Datum, error) { return x.indexdef(0, false), nil },
	"pg_get_indexdef_ext": func(x *call) (types.Datum, error) { return x.indexdef(int(x.args[1].Int()), x.args[2].Bool()), nil },

	"pg_get_constraintdef":     func(x *call) (types.Datum, error) { return x.constraintdef(false), nil },
	"pg_get_triggerdef":        func(x *call) (types.Datum, error) { return x.triggerdef(false), nil },
	"pg_get_triggerdef_ext":    func(x *call) (types.Datum, error) { return x.triggerdef(x.args[1].Bool()), nil },
	"pg_get_constraintdef_ext": func(x *call) (types.Datum, error) { return x.constraintdef(x.args[1].Bool()), nil },

	"pg_get_viewdef":          viewdefByOID,
	"pg_get_viewdef_ext":      viewdefByOID,
	"pg_get_viewdef_wrap":     viewdefByOID,
	"pg_get_viewdef_name":     viewdefByName,
	"pg_get_viewdef_name_ext": viewdefByName,

	"pg_get_expr": func(x *call) (types.Datum, error) {
		if isBoundText(x.str(0)) {
			return x.args[0], nil
		}
		return str(x.shown().text(x.str(0))), nil
	},
	"pg_get_expr_ext": func(x *call) (types.Datum, error) {
		if isBoundText(x.str(0)) {
			return x.args[0], nil
		}
		text := x.shown().text(x.str(0))
		if x.args[2].Bool() {
			text = prettyExpr(text)
		}
		return str(text), nil
	},
	"pg_get_serial_sequence": serialSequence,

	"pg_get_ruledef":     func(x *call) (types.Datum, error) { return x.ruledef(false), nil },
	"pg_get_ruledef_ext": func(x *call) (types.Datum, error) { return x.ruledef(x.args[1].Bool()), nil },
	"pg_get_partkeydef":  partkeydef, "pg_get_partition_constraintdef": partitionConstraint, "pg_get_statisticsobjdef": statisticsdef,
	"pg_get_statisticsobjdef_columns": statisticsdefColumns, "pg_get_statisticsobjdef_expressions": statisticsdefExpressions,
	"pg_get_function_sqlbody": functionSQLBody, "pg_get_function_arg_default": argDefault,

	"pg_get_function_arguments":          func(x *call) (types.Datum, error) { return x.functionArguments(true), nil },
	"pg_get_function_identity_arguments": func(x *call) (types.Datum, error) { return x.functionArguments(false), nil },
	"pg_get_function_result":             functionResult,
	"pg_get_functiondef":                 functiondef,
}

// indexdef is the definition of an index, or of one of its columns.
func (x *call) indexdef(column int, pretty bool) types.Datum {
	t, ix, ok := x.r.Index(x.oid(0))
	if !ok {
		return null
	}
	if column > 0 {
		if column > indexWidth(ix) {
			return str("")
		}
		keys := shownIndex
		if pretty {
			keys = prettyKeys
		}
		return str(indexKey(t, keys(x.shown(), ix), column-1))
	}
	if pretty {
		return str(prettyIndex(x.r, t, ix, x.visible(t)))
	}
	return str(indexDefinition(x.r, t, ix, false))
}

// prettyIndex is the definition with as few parentheses as possible, and without the schema if the table is visible.
func prettyIndex(r *catalog.Reader, t *catalog.Table, ix *catalog.Index, visible bool) string {
	return indexDefinition(r, t, prettyKeys(shown{r: r}, ix), visible)
}

func prettyKeys(s shown, ix *catalog.Index) *catalog.Index {
	p := shownIndex(s, ix)
	p.Predicate = prettyExpr(p.Predicate)
	for i := range p.Columns {
		if e := p.Columns[i].Expr; e != "" {
			p.Columns[i].Expr = prettyExpr(e)
		}
	}
	return p
}

func (x *call) constraintdef(pretty bool) types.Datum {
	c, ok := findConstraint(x.r, x.oid(0))
	if !ok {
		if d, ok := domainCheck(x.r, x.oid(0)); ok {
			check := *d
			if check.Expr = valueText(x.shown().text(check.Expr)); pretty {
				check.Expr = prettyExpr(check.Expr)
			}
			return str(constraintDefinition(x.r, x.visible, constraint{kind: 'c', check: &check}))
		}
		return null
	}
	if c.check != nil {
		check := *c.check
		if check.Expr = x.shown().text(check.Expr); pretty {
			check.Expr = prettyExpr(check.Expr)
		}
		c.check = &check
	}
	return str(constraintDefinition(x.r, x.visible, c))
}

func viewdefByOID(x *call) (types.Datum, error) {
	rel, ok := x.relation(0)
	if !ok {
		return null, nil
	}
	return strOrNull(x.shown().viewQuery(rel)), nil
}

func viewdefByName(x *call) (types.Datum, error) {
	id, err := resolveClass(x.r, x.path, x.s.Database, x.str(0))
	if err != nil {
		return null, err
	}
	rel, _ := x.r.RelationByOID(id)
	return strOrNull(x.shown().viewQuery(rel)), nil
}

// serialSequence is the sequence that a column owns.
func serialSequence(x *call) (types.Datum, error) {
	id, err := resolveClass(x.r, x.path, x.s.Database, x.str(0))
	if err != nil {
		return null, err
	}
	rel, _ := x.r.RelationByOID(id)
	for _, c := range columns(rel) {
		if c.Name != x.str(1) {
			continue
		}
		for _, s := range x.r.OwnedSequences(id, c.ID) {
			return str(qualified(x.r, s)), nil
		}
		return null, nil
	}
	return null, pgerr.New(pgerr.UndefinedColumn, `column "%s" of relation "%s" does not exist`, x.str(1), rel.RelName())
}

// argument is an argument of a function with its mode.
type argument struct {
	name string
	mode byte
	t    types.OID
}

func arguments(p *builtins.Proc) []argument {
	list := p.AllArgs
	if list == nil {
		list = p.Args
	}
	args := make([]argument, len(list))
	for i, t := range list {
		args[i] = argument{mode: 'i', t: t}
		if i < len(p.ArgModes) {
			args[i].mode = p.ArgModes[i]
		}
		if i < len(p.ArgNames) {
			args[i].name = p.ArgNames[i]
		}
	}
	return args
}

func (x *call) functionArguments(defaults bool) types.Datum {
	p, f, ok := procByOID(x.r, x.oid(0))
	if !ok {
		return null
	}
	var parts []string
	inputs := 0
	var defaultTexts []string
	if defaults {
		defaultTexts = slices.Clone(p.DefaultTexts())
		for i := range defaultTexts {
			defaultTexts[i] = x.shown().text(defaultTexts[i])
		}
	}
	for _, a := range arguments(p) {
		text := map[byte]string{'o': "OUT ", 'b': "INOUT ", 'v': "VARIADIC "}[a.mode]
		if a.mode == 'i' && f != nil && f.Kind == 'p' {
			text = "IN "
		}
		if a.mode == 't' || a.mode == 'o' && !defaults && p.Kind != 'p' {
			continue
		}
		if a.mode != 'o' {
			inputs++
		}
		if a.name != "" {
			text += expr.QuoteIdent(a.name) + " "
		}
		text += typeText(x.r, x.path, a.t)
		if k := inputs - 1 - (len(p.Args) - len(defaultTexts)); a.mode != 'o' && k >= 0 && k < len(defaultTexts) {
			text += " DEFAULT " + defaultTexts[k]
		}
		parts = append(parts, text)
	}
	return str(orderedArguments(p, f, parts))
}

// orderedArguments is a list of arguments with ORDER BY before those that an ordered-set aggregate aggregates. A VARIADIC one can be both.
func orderedArguments(p *builtins.Proc, f *catalog.Function, parts []string) string {
	direct := -1
	if f != nil && f.Aggregate != nil && f.Aggregate.Kind != 'n' {
		direct = f.Aggregate.Direct
	} else if r, ok := builtins.AggregateRowOf(p.OID); ok && r.Kind != 'n' {
		direct = r.DirectArgs
	}
	if direct < 0 || len(parts) == 0 {
		return strings.Join(parts, ", ")
	}
	aggregated := parts[min(direct, len(parts)):]
	if len(aggregated) == 0 {
		aggregated = parts[len(parts)-1:]
	}
	text := "ORDER BY " + strings.Join(aggregated, ", ")
	if direct > 0 {
		text = strings.Join(parts[:min(direct, len(parts))], ", ") + " " + text
	}
	return text
}

func functionResult(x *call) (types.Datum, error) {
	p, _, ok := procByOID(x.r, x.oid(0))
	if !ok || p.Kind == 'p' {
		return null, nil
	}
	return str(x.resultText(p)), nil
}

func (x *call) resultText(p *builtins.Proc) string {
	var cols []string
	for _, a := range arguments(p) {
		if a.mode == 't' {
			cols = append(cols, expr.QuoteIdent(a.name)+" "+typeText(x.r, x.path, a.t))
		}
	}
	switch {
	case cols != nil:
		return "TABLE(" + strings.Join(cols, ", ") + ")"
	case p.RetSet:
		return "SETOF " + typeText(x.r, x.path, p.Ret)
	}
	return typeText(x.r, x.path, p.Ret)
}

func functiondef(x *call) (types.Datum, error) {
	p, f, ok := procByOID(x.r, x.oid(0))
	if !ok {
		return null, nil
	}
	if f != nil {
		return str(x.functionText(p, f)), nil
	}
	if p.Kind == 'a' {
		return null, pgerr.New(pgerr.WrongObjectType, `"%s" is an aggregate function`, p.Name)
	}
	lang := "internal"
	if p.SQL {
		lang = "sql"
	}
	words := []string{}
	if v := map[byte]string{'i': "IMMUTABLE", 's': "STABLE"}[p.Volatile]; v != "" {
		words = append(words, v)
	}
	if v := map[byte]string{'s': "PARALLEL SAFE", 'r': "PARALLEL RESTRICTED"}[p.Parallel]; v != "" {
		words = append(words, v)
	}
	if p.Strict {
		words = append(words, "STRICT")
	}
	if p.Leakproof {
		words = append(words, "LEAKPROOF")
	}
	text := "CREATE OR REPLACE FUNCTION pg_catalog." + expr.QuoteIdent(p.Name) + "(" + x.functionArguments(true).Str() + ")\n RETURNS " +
		x.resultText(p) + "\n LANGUAGE " + lang + "\n"
	if len(words) > 0 {
		text += " " + strings.Join(words, " ") + "\n"
	}
	return str(text + "AS $function$" + p.Src + "$function$\n"), nil
}

package pgcatalog

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// baseTypeRow is the row of pg_type of a base type or shell type of CREATE TYPE.
func baseTypeRow(t *catalog.Type) []types.Datum {
	h := t.Held
	if h == nil {
		row := typeRow(&types.TypeInfo{OID: t.OID, Name: t.Name, Len: 4, ByVal: true, Type: 'p', Category: 'P', Delim: ',', Align: 'i', Storage: 'p',
			In: "shell_in", Out: "shell_out"}, t.Schema, t.Owner)
		row[9] = yes(false)
		return row
	}
	row := typeRow(&types.TypeInfo{OID: t.OID, Name: t.Name, Len: h.Len, ByVal: h.ByVal, Type: 'b', Category: h.Category, Preferred: h.Preferred,
		Delim: h.Delim, Elem: h.Elem, Array: types.ArrayOf(t.OID), Align: h.Align, Storage: h.Storage, Collation: h.Collation}, t.Schema, t.Owner)
	for i, f := range []types.OID{h.Input, h.Output, h.Receive, h.Send, h.ModIn, h.ModOut, h.Analyze} {
		row[15+i] = oid(f)
	}
	row[12] = oid(h.Subscript)
	if h.Default != nil {
		row[30] = str(*h.Default)
	}
	return row
}

func userOperators(q *query) error {
	for _, o := range q.r.Objects() {
		op, ok := o.(*catalog.Operator)
		if !ok {
			continue
		}
		kind := byte('b')
		if op.Left == 0 {
			kind = 'l'
		}
		if err := q.emit([]types.Datum{
			oid(op.OID), str(op.Name), oid(op.Schema), oid(op.Owner), chr(kind), yes(op.Merges), yes(op.Hashes), oid(op.Left), oid(op.Right),
			oid(op.Ret), oid(op.Commutator), oid(op.Negator), oid(op.Func), oid(op.Restrict), oid(op.Join),
		}); err != nil {
			return err
		}
	}
	return nil
}

func userCasts(q *query) error {
	for _, o := range q.r.Objects() {
		if c, ok := o.(*catalog.Cast); ok {
			if err := q.emit([]types.Datum{oid(c.OID), oid(c.From), oid(c.To), oid(c.Func), chr(c.Context), chr(c.Method)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// operator is an operator, built in or of the catalog, as names of it need it.
type operator struct {
	oid, schema, left, right types.OID
	name                     string
}

// operatorsNamed are the operators of a name that may be qualified, in the order of the search path.
func operatorsNamed(r *catalog.Reader, path []string, text string) []operator {
	schema, name := "", text
	if i := strings.IndexByte(text, '.'); i > 0 {
		schema, name = strings.Trim(text[:i], `"`), text[i+1:]
	}
	var out []operator
	if schema == "" || schema == "pg_catalog" {
		for _, o := range builtins.Operators(name) {
			out = append(out, operator{o.OID, catalog.PGCatalogOID, o.Left, o.Right, o.Name})
		}
	}
	if schema != "" {
		path = []string{schema}
	}
	all := r.OperatorsNamed(name)
	for _, p := range path {
		s, ok := r.Schema(p)
		if !ok {
			continue
		}
		for _, o := range all {
			hidden := func(e operator) bool { return e.left == o.Left && e.right == o.Right }
			if o.Schema == s.OID && !slices.ContainsFunc(out, hidden) {
				out = append(out, operator{o.OID, o.Schema, o.Left, o.Right, o.Name})
			}
		}
	}
	return out
}

// operatorByOID finds an operator.
func operatorByOID(r *catalog.Reader, id types.OID) (operator, bool) {
	if o, ok := builtins.OperatorByOID(id); ok {
		return operator{o.OID, catalog.PGCatalogOID, o.Left, o.Right, o.Name}, true
	}
	if o, ok := r.Operator(id); ok {
		return operator{o.OID, o.Schema, o.Left, o.Right, o.Name}, true
	}
	return operator{}, false
}

// operatorName is the text of a regoper or regoperator.
func operatorName(r *catalog.Reader, path []string, t, id types.OID) (string, bool) {
	o, ok := operatorByOID(r, id)
	if !ok {
		return "", false
	}
	found := operatorsNamed(r, path, o.name)
	name := o.name
	if t == types.RegOperOID {
		if len(found) != 1 || found[0].oid != id {
			name = expr.QuoteIdent(r.SchemaName(o.schema)) + "." + name
		}
		return name, true
	}
	if !slices.ContainsFunc(found, func(e operator) bool { return e.oid == id }) {
		name = expr.QuoteIdent(r.SchemaName(o.schema)) + "." + name
	}
	left := "NONE"
	if o.left != 0 {
		left = typeText(r, path, o.left)
	}
	return name + "(" + left + "," + typeText(r, path, o.right) + ")", true
}

// catalogOf is the catalog that an object is a row of.
func catalogOf(o catalog.Object) types.OID {
	switch o.(type) {
	case *catalog.Operator:
		return classOperator
	case *catalog.Cast:
		return classCast
	case *catalog.OpClass:
		return classOpClass
	case *catalog.OpFamily:
		return classOpFamily
	}
	return classCollation
}

// objectComments lists the comments on types and on what extends the language.
func objectComments(r *catalog.Reader) []comment {
	var out []comment
	for _, t := range r.Types() {
		if t.Comment != "" {
			out = append(out, comment{object{class: classType, id: t.OID}, t.Comment})
		}
	}
	for _, o := range r.Objects() {
		if h := o.Head(); h.Comment != "" {
			out = append(out, comment{object{class: catalogOf(o), id: h.OID}, h.Comment})
		}
	}
	return out
}

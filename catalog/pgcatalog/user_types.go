package pgcatalog

import (
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// userTypeRow is the row of pg_type of a type of CREATE TYPE or CREATE DOMAIN.
func userTypeRow(r *catalog.Reader, t *catalog.Type) []types.Datum {
	ti := &types.TypeInfo{OID: t.OID, Name: t.Name, Type: byte(t.Kind), Category: types.Category(t.OID), Delim: ',', Array: types.ArrayOf(t.OID)}
	switch t.Kind {
	case catalog.TypeEnum:
		ti.Len, ti.ByVal, ti.Align, ti.Storage = 4, true, 'i', 'p'
		ti.In, ti.Out, ti.Recv, ti.Send = "enum_in", "enum_out", "enum_recv", "enum_send"
		return typeRow(ti, t.Schema, t.Owner)
	case catalog.TypeComposite:
		ti.Len, ti.Align, ti.Storage, ti.Rel = -1, 'd', 'x', t.Rel
		ti.In, ti.Out, ti.Recv, ti.Send = "record_in", "record_out", "record_recv", "record_send"
		return typeRow(ti, t.Schema, t.Owner)
	}
	if t.Kind == catalog.TypeBase || t.Kind == catalog.TypeShell {
		return baseTypeRow(t)
	}
	ti.Len, ti.Align, ti.Storage = -1, 'i', 'x'
	if base, ok := types.Info(types.BaseOf(t.OID)); ok {
		ti.Len, ti.ByVal, ti.Align, ti.Storage, ti.Collation, ti.Delim = base.Len, base.ByVal, base.Align, base.Storage, base.Collation, base.Delim
		ti.Out, ti.Send = base.Out, base.Send
	}
	ti.In, ti.Recv = "domain_in", "domain_recv"
	if t.Collation != "" {
		ti.Collation = collationOID(t.Collation)
	}
	row := typeRow(ti, t.Schema, t.Owner)
	if types.IsUserBase(r.BaseType(t.Base).OID) {
		domainOverBase(r, t, row)
	}
	row[24], row[25], row[26] = yes(t.NotNull), oid(t.Base.OID), num(int(t.Base.Mod))
	if t.Default != "" {
		row[29], row[30] = str(t.Default), str(t.Default)
	}
	return row
}

// domainOverBase gives the row of a domain what its base type says.
func domainOverBase(r *catalog.Reader, t *catalog.Type, row []types.Datum) {
	base, ok := r.TypeByOID(r.BaseType(t.Base).OID)
	if !ok || base.Held == nil {
		return
	}
	h := base.Held
	row[4], row[5], row[7], row[10], row[16], row[18] = num(int(h.Len)), yes(h.ByVal), chr(h.Category), chr(h.Delim), oid(h.Output), oid(h.Send)
	row[21], row[22], row[23], row[28] = oid(h.Analyze), chr(h.Align), chr(h.Storage), oid(h.Collation)
	if h.Default != nil && t.Default == "" {
		row[30] = str(*h.Default)
	}
}

// userArrayRow is the row of the array type over a user-defined type.
func userArrayRow(elem types.OID, name string, schema, owner types.OID) []types.Datum {
	align := byte('i')
	if types.IsComposite(elem) {
		align = 'd'
	}
	return typeRow(&types.TypeInfo{OID: types.ArrayOf(elem), Name: "_" + name, Len: -1, Type: 'b', Category: 'A', Delim: ',', Elem: elem,
		Align: align, Storage: 'x', Subscript: "array_subscript_handler", In: "array_in", Out: "array_out", Recv: "array_recv",
		Send: "array_send"}, schema, owner)
}

// userTypeRows emits the row of a type that is not built in; false if there is none.
func (q *query) userTypeByOID(id types.OID) error {
	if elem := types.ElemOf(id); elem != 0 {
		if t, ok := q.r.TypeByOID(elem); ok {
			return q.emit(arrayRowOf(t))
		}
		if rel, ok := q.r.RowType(elem); ok {
			return q.emit(userArrayRow(elem, rel.RelName(), rel.RelSchema(), owner(rel)))
		}
		return nil
	}
	if t, ok := q.r.TypeByOID(id); ok {
		return q.emit(userTypeRow(q.r, t))
	}
	if rel, ok := q.r.RowType(id); ok {
		return q.emit(rowTypeRow(rel))
	}
	return nil
}

func (q *query) userTypes() error {
	for _, t := range q.r.Types() {
		if err := q.emit(userTypeRow(q.r, t)); err != nil {
			return err
		}
		if t.Kind == catalog.TypeShell {
			continue
		}
		if err := q.emit(arrayRowOf(t)); err != nil {
			return err
		}
	}
	return nil
}

// arrayRowOf is the row of the array type over a type of CREATE TYPE or CREATE DOMAIN.
func arrayRowOf(t *catalog.Type) []types.Datum {
	row := userArrayRow(t.OID, t.Name, t.Schema, t.Owner)
	if h := t.Held; h != nil {
		row[19], row[20], row[10], row[28] = oid(h.ModIn), oid(h.ModOut), chr(h.Delim), oid(h.Collation)
		if h.Align == 'd' {
			row[22] = chr('d')
		}
	}
	return row
}

func pgEnum(q *query) error {
	for _, t := range q.r.Types() {
		for _, l := range t.Labels {
			order := float64(l.Sort) / catalog.EnumGap
			if err := q.emit([]types.Datum{oid(l.OID), oid(t.OID), flt(float64(float32(order))), str(l.Label)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// composites calls f for the composite types, or for the one with that OID in pg_class.
func (q *query) composites(rel types.OID, f func(*catalog.Type) error) error {
	for _, t := range q.r.Types() {
		if t.Kind == catalog.TypeComposite && (rel == 0 || t.Rel == rel) {
			if err := f(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// domainConstraints are the rows of pg_constraint of domains.
func (q *query) domainConstraints() error {
	for _, t := range q.r.Types() {
		for _, c := range t.Checks {
			if err := q.emit([]types.Datum{
				oid(c.OID), str(c.Name), oid(t.Schema), chr('c'), yes(false), yes(false), yes(!c.NotValid), oid(0), oid(t.OID), oid(0),
				oid(0), oid(0), chr(' '), chr(' '), chr(' '), yes(true), num(0), yes(false), null, null, null, null, null, null, null, str(c.Expr),
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// domainCheck finds the constraint of a domain.
func domainCheck(r *catalog.Reader, id types.OID) (*catalog.Check, bool) {
	for _, t := range r.Types() {
		for _, c := range t.Checks {
			if c.OID == id {
				return c, true
			}
		}
	}
	return nil, false
}

// valueText writes the constraint of a domain as PostgreSQL does: the value is VALUE.
func valueText(text string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case strings.HasPrefix(text[i:], "value") && (i == 0 || !nameByte(text[i-1])) && (i+5 == len(text) || !nameByte(text[i+5])):
			b.WriteString("VALUE")
			i += 4
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

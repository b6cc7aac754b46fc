package pgcatalog

import (
	"strings"
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// dataRows are the rows of a file of built-in rows, as text.
func dataRows(name string) [][]string {
	var rows [][]string
	for _, line := range strings.Split(strings.TrimSuffix(readData(name), "\n"), "\n") {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}

func oidText(s string) types.OID {
	n := types.OID(0)
	for i := range len(s) {
		n = n*10 + types.OID(s[i]-'0')
	}
	return n
}

// operatorClasses are the built-in operator classes and families.
var operatorClasses = sync.OnceValue(func() (b struct {
	methods  map[string]types.OID // access methods by name
	families map[types.OID]*catalog.OpFamily
	classes  []*catalog.OpClass
}) {
	b.methods = map[string]types.OID{}
	names := map[types.OID]string{}
	for _, f := range dataRows("pg_am") {
		b.methods[f[1]], names[oidText(f[0])] = oidText(f[0]), f[1]
	}
	head := func(id, name string) catalog.ObjectHead {
		return catalog.ObjectHead{OID: oidText(id), Schema: catalog.PGCatalogOID, Name: name, Owner: catalog.SuperuserOID}
	}
	b.families = map[types.OID]*catalog.OpFamily{}
	for _, f := range dataRows("pg_opfamily") {
		b.families[oidText(f[0])] = &catalog.OpFamily{ObjectHead: head(f[0], f[2]), Method: names[oidText(f[1])]}
	}
	for _, f := range dataRows("pg_opclass") {
		b.classes = append(b.classes, &catalog.OpClass{ObjectHead: head(f[0], f[2]), Method: names[oidText(f[1])], Family: oidText(f[5]),
			Type: oidText(f[6]), Default: f[7] == "t", Key: oidText(f[8])})
	}
	for _, f := range dataRows("pg_amop") {
		if fam := b.families[oidText(f[1])]; fam != nil {
			fam.Operators = append(fam.Operators, catalog.FamilyOperator{OID: oidText(f[0]), Left: oidText(f[2]), Right: oidText(f[3]),
				Strategy: int(oidText(f[4])), Operator: oidText(f[6]), SortFamily: oidText(f[8])})
		}
	}
	for _, f := range dataRows("pg_amproc") {
		if fam := b.families[oidText(f[1])]; fam != nil {
			fam.Functions = append(fam.Functions, catalog.FamilyFunction{OID: oidText(f[0]), Left: oidText(f[2]), Right: oidText(f[3]),
				Number: int(oidText(f[4])), Func: oidText(f[5])})
		}
	}
	return b
})

// AccessMethod is the OID of an access method.
func AccessMethod(name string) (types.OID, bool) {
	id, ok := operatorClasses().methods[name]
	return id, ok
}

// BuiltinFamily is a built-in operator family with its members. The caller does not change it.
func BuiltinFamily(method, name string) (*catalog.OpFamily, bool) {
	for _, f := range operatorClasses().families {
		if f.Method == method && f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// BuiltinClass is a built-in operator class.
func BuiltinClass(method, name string) (*catalog.OpClass, bool) {
	for _, c := range operatorClasses().classes {
		if c.Method == method && c.Name == name {
			return c, true
		}
	}
	return nil, false
}

// BuiltinFamilyByOID is the built-in operator family with that OID.
func BuiltinFamilyByOID(id types.OID) (*catalog.OpFamily, bool) {
	f, ok := operatorClasses().families[id]
	return f, ok
}

// BuiltinDefaultClass is the built-in operator class that a type has by default.
func BuiltinDefaultClass(method string, t types.OID) (*catalog.OpClass, bool) {
	for _, c := range operatorClasses().classes {
		if c.Method == method && c.Type == t && c.Default {
			return c, true
		}
	}
	return nil, false
}

// KeyClass is the operator class that a key column of type t names in CREATE INDEX, "" for the default one. word names a type in errors.
func KeyClass(r *catalog.Reader, method string, names []string, t types.T, word func(types.OID) string) (string, error) {
	if len(names) == 0 {
		return "", nil
	}
	name, t := names[len(names)-1], r.BaseType(t)
	c, ok := keyClass(r, method, name)
	switch {
	case !ok:
		return "", pgerr.New(pgerr.UndefinedObject, "operator class %q does not exist for access method %q", strings.Join(names, "."), method)
	case c.Type != t.OID && c.Type != servedBy(t.OID):
		return "", pgerr.New(pgerr.DatatypeMismatch, "operator class %q does not accept data type %s", name, word(t.OID))
	case c.Default:
		return "", nil
	}
	return name, nil
}

// keyClass finds a built-in operator class, or one of CREATE OPERATOR CLASS.
func keyClass(r *catalog.Reader, method, name string) (*catalog.OpClass, bool) {
	if c, ok := BuiltinClass(method, name); ok {
		return c, true
	}
	for _, c := range r.OpClassesNamed(name) {
		if c.Method == method {
			return c, true
		}
	}
	return nil, false
}

// servedBy is the type whose operator classes serve t, if t has none of its own.
func servedBy(t types.OID) types.OID {
	switch {
	case t == types.VarcharOID:
		return types.TextOID
	case types.IsReg(t):
		return types.OIDOID
	case types.IsArray(t):
		return types.AnyArrayOID
	case types.IsEnum(t):
		return types.AnyEnumOID
	case t == types.CIDROID:
		return types.InetOID
	case types.IsComposite(t):
		return types.RecordOID
	}
	return t
}

// keyClassOID is the operator class of a key column of type t, as pg_index has it.
func keyClassOID(r *catalog.Reader, x *catalog.Index, k catalog.IndexColumn, t types.OID) types.OID {
	method := x.MethodName()
	if k.OpClass != "" {
		if c, ok := keyClass(r, method, k.OpClass); ok {
			return c.OID
		}
	}
	if c, ok := r.DefaultOpClass(t, method); ok {
		return c.OID
	}
	for _, t := range []types.OID{t, servedBy(t)} {
		if c, ok := BuiltinDefaultClass(method, t); ok {
			return c.OID
		}
	}
	return btreeClass(t)
}

// withUserRows adds the rows of objects of the catalog to those of a file.
func withUserRows(file producer, rows func(q *query, o catalog.Object) [][]types.Datum) producer {
	return func(q *query) error {
		if err := file(q); err != nil {
			return err
		}
		for _, o := range q.r.Objects() {
			for _, row := range rows(q, o) {
				if !q.matches(row) {
					continue
				}
				if err := q.emit(row); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// opclassRows, opfamilyRows, amopRows and amprocRows are what objects add to the relations of these names.
func opclassRows(_ *query, o catalog.Object) [][]types.Datum {
	c, ok := o.(*catalog.OpClass)
	if !ok {
		return nil
	}
	return [][]types.Datum{{oid(c.OID), oid(operatorClasses().methods[c.Method]), str(c.Name), oid(c.Schema), oid(c.Owner), oid(c.Family), oid(c.Type),
		yes(c.Default), oid(c.Key)}}
}

func opfamilyRows(_ *query, o catalog.Object) [][]types.Datum {
	f, ok := o.(*catalog.OpFamily)
	if !ok || f.OID < catalog.FirstUserOID {
		return nil
	}
	return [][]types.Datum{{oid(f.OID), oid(operatorClasses().methods[f.Method]), str(f.Name), oid(f.Schema), oid(f.Owner)}}
}

func amopRows(_ *query, o catalog.Object) [][]types.Datum {
	f, ok := o.(*catalog.OpFamily)
	if !ok {
		return nil
	}
	var rows [][]types.Datum
	for _, m := range f.Operators {
		purpose := byte('s')
		if m.SortFamily != 0 {
			purpose = 'o'
		}
		rows = append(rows, []types.Datum{oid(m.OID), oid(f.OID), oid(m.Left), oid(m.Right), num(m.Strategy), chr(purpose), oid(m.Operator),
			oid(operatorClasses().methods[f.Method]), oid(m.SortFamily)})
	}
	return rows
}

func amprocRows(_ *query, o catalog.Object) [][]types.Datum {
	f, ok := o.(*catalog.OpFamily)
	if !ok {
		return nil
	}
	var rows [][]types.Datum
	for _, m := range f.Functions {
		rows = append(rows, []types.Datum{oid(m.OID), oid(f.OID), oid(m.Left), oid(m.Right), num(m.Number), oid(m.Func)})
	}
	return rows
}

// userRows are the relations of files that objects of the catalog add rows to.
var userRows = map[string]func(*query, catalog.Object) [][]types.Datum{
	"pg_opclass": opclassRows, "pg_opfamily": opfamilyRows, "pg_amop": amopRows, "pg_amproc": amprocRows,
}

package pgcatalog

import (
	"strconv"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/types"
)

func itoa(n int) string { return strconv.Itoa(n) }

// procNamed is the OID of the only function of that name, 0 if there is none: type support functions are not overloaded.
func procNamed(name string) types.OID {
	if name == "" {
		return 0
	}
	for _, p := range builtins.ProcsByName(name) {
		return p.OID
	}
	return 0
}

// builtinTypeRows are the rows of pg_type for built-in types, read once.
var builtinTypeRows = sync.OnceValue(func() [][]types.Datum {
	var rows [][]types.Datum
	for i := range types.Builtins() {
		rows = append(rows, typeRow(&types.Builtins()[i], catalog.PGCatalogOID, catalog.SuperuserOID))
	}
	return rows
})

func typeRow(ti *types.TypeInfo, schema, owner types.OID) []types.Datum {
	fn := func(name string) types.Datum { return oid(procNamed(name)) }
	analyze := ""
	switch {
	case ti.IsArray():
		analyze = "array_typanalyze"
	case ti.Type == 'r':
		analyze = "range_typanalyze"
	case ti.Type == 'm':
		analyze = "multirange_typanalyze"
	case ti.OID == types.TSVectorOID:
		analyze = "ts_typanalyze"
	}
	return []types.Datum{
		oid(ti.OID), str(ti.Name), oid(schema), oid(owner), num(int(ti.Len)), yes(ti.ByVal), chr(ti.Type), chr(ti.Category), yes(ti.Preferred),
		yes(true), chr(ti.Delim), oid(ti.Rel), fn(ti.Subscript), oid(ti.Elem), oid(ti.Array), fn(ti.In), fn(ti.Out), fn(ti.Recv), fn(ti.Send),
		fn(ti.ModIn), fn(ti.ModOut), fn(analyze), chr(ti.Align), chr(ti.Storage), yes(false), oid(0), num(-1), num(0), oid(ti.Collation),
		null, null, null,
	}
}

func pgType(q *query) error {
	if id, ok := q.oidEq("oid"); ok {
		if ti, ok := types.Info(id); ok {
			return q.emit(typeRow(ti, catalog.PGCatalogOID, catalog.SuperuserOID))
		}
		return q.userTypeByOID(id)
	}
	for _, row := range builtinTypeRows() {
		if err := q.emit(row); err != nil {
			return err
		}
	}
	for rel := range q.r.Relations(0) {
		id := rowType(rel)
		if _, builtin := types.Info(id); id == 0 || builtin {
			continue
		}
		if err := q.emit(rowTypeRow(rel)); err != nil {
			return err
		}
		if id < types.FirstUserOID {
			continue
		}
		if err := q.emit(userArrayRow(id, rel.RelName(), rel.RelSchema(), owner(rel))); err != nil {
			return err
		}
	}
	return q.userTypes()
}

// rowType is the row type of a table or view, 0 for other relations.
func rowType(rel catalog.Relation) types.OID {
	return catalog.RowTypeOf(rel)
}

func rowTypeRow(rel catalog.Relation) []types.Datum {
	array := types.OID(0)
	if id := rowType(rel); id >= types.FirstUserOID {
		array = types.ArrayOf(id)
	}
	return typeRow(&types.TypeInfo{OID: rowType(rel), Name: rel.RelName(), Len: -1, Type: 'c', Category: 'C', Delim: ',', Rel: rel.RelOID(), Array: array,
		Align: 'd', Storage: 'x', In: "record_in", Out: "record_out", Recv: "record_recv", Send: "record_send"}, rel.RelSchema(), owner(rel))
}

// btreeClasses are the default operator classes of btree by type, from the file of pg_opclass.
var btreeClasses = sync.OnceValue(func() map[types.OID]types.OID {
	m := map[types.OID]types.OID{}
	for _, line := range strings.Split(readData("pg_opclass"), "\n") {
		// oid, opcmethod, opcname, opcnamespace, opcowner, opcfamily, opcintype, opcdefault, opckeytype
		f := strings.Split(line, "\t")
		if len(f) == 9 && f[1] == itoa(int(btreeAM)) && f[7] == "t" {
			class, _ := strconv.Atoi(f[0])
			typ, _ := strconv.Atoi(f[6])
			m[types.OID(typ)] = types.OID(class)
		}
	}
	return m
})

// btreeClass is the operator class that a btree index on a column of that type has by default.
func btreeClass(t types.OID) types.OID {
	classes := btreeClasses()
	if c, ok := classes[t]; ok {
		return c
	}
	switch {
	case t == types.VarcharOID:
		return classes[types.TextOID]
	case types.IsReg(t):
		return classes[types.OIDOID]
	case types.IsArray(t):
		return classes[types.AnyArrayOID]
	case t == types.CIDROID:
		return classes[types.InetOID]
	}
	return classes[types.RecordOID]
}

func pgProc(q *query) error {
	if id, ok := q.oidEq("oid"); ok {
		if p, ok := builtins.ProcByOID(id); ok {
			return q.emit(procRow(p))
		}
		if f, ok := q.r.Function(id); ok {
			return q.emit(catalogProcRow(q.r, f))
		}
		return nil
	}
	if name, ok := q.textEq("proname"); ok {
		for _, p := range builtins.ProcsByName(name) {
			if err := q.emit(procRow(p)); err != nil {
				return err
			}
		}
		return catalogProcs(q, q.r.FunctionsNamed(name))
	}
	procs := builtins.Procs()
	for i := range procs {
		if err := q.emit(procRow(procs[i])); err != nil {
			return err
		}
	}
	return catalogProcs(q, q.r.Functions(0))
}

func procRow(p *builtins.Proc) []types.Datum {
	lang := types.OID(12) // internal
	if p.SQL {
		lang = 14
	}
	schema := catalog.PGCatalogOID
	if strings.HasPrefix(p.Name, "_pg_") {
		schema = catalog.InformationSchemaOID
	}
	allTypes, modes, defaults := null, null, null
	if p.AllArgs != nil {
		allTypes = ints(types.OIDOID, p.AllArgs)
	}
	if p.ArgModes != "" {
		list := make([]string, len(p.ArgModes))
		for i := range list {
			list[i] = p.ArgModes[i : i+1]
		}
		modes = texts(types.CharOID, list)
	}
	if p.DefaultText != "" {
		defaults = str(p.DefaultText)
	}
	return []types.Datum{
		oid(p.OID), str(p.Name), oid(schema), oid(catalog.SuperuserOID), oid(lang), flt(p.Cost), flt(p.Rows), oid(p.Variadic),
		oid(0), chr(p.Kind), yes(false), yes(p.Leakproof), yes(p.Strict), yes(p.RetSet), chr(p.Volatile), chr(p.Parallel), num(len(p.Args)),
		num(p.NumDefaults()), oid(p.Ret), vector(types.OIDOID, p.Args), allTypes, modes, texts(types.TextOID, p.ArgNames), defaults,
		null, str(p.ShownSource()), null, null, null, null,
	}
}

func pgOperator(q *query) error {
	ops := builtins.AllOperators()
	for i := range ops {
		o := &ops[i]
		kind := byte('b')
		if o.Left == 0 {
			kind = 'l'
		}
		code := types.OID(0)
		if o.Fn != nil {
			code = o.Fn.OID
		}
		if err := q.emit([]types.Datum{
			oid(o.OID), str(o.Name), oid(catalog.PGCatalogOID), oid(catalog.SuperuserOID), chr(kind), yes(o.Mergeable), yes(o.Hashable),
			oid(o.Left), oid(o.Right), oid(o.Ret), oid(o.CommutatorOID), oid(o.NegatorOID), oid(code), oid(procNamed(o.Rest)), oid(procNamed(o.Join)),
		}); err != nil {
			return err
		}
	}
	return userOperators(q)
}

func pgCast(q *query) error {
	for _, c := range builtins.AllCasts() {
		fn := types.OID(0)
		if c.Fn != nil {
			fn = c.Fn.OID
		}
		if err := q.emit([]types.Datum{oid(c.OID), oid(c.From), oid(c.To), oid(fn), chr(c.Context), chr(c.Method)}); err != nil {
			return err
		}
	}
	return userCasts(q)
}

package choose

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Catalog is the catalog with its search path, as choosing among built-in and user-defined objects sees it.
type Catalog struct {
	Reader     *catalog.Reader
	SearchPath []string
}

// Resolver chooses among built-in and user-defined objects. Without user-defined ones it costs nothing.
func (c Catalog) Resolver() builtins.Resolver {
	if !c.Reader.HasCasts() && !c.Reader.HasBaseTypes() && !c.Reader.HasTypedTables() {
		return builtins.Resolver{}
	}
	return builtins.Resolver{User: c}
}

// UserCast implements builtins.UserCatalog.
func (c Catalog) UserCast(from, to types.OID) (builtins.Cast, bool) {
	d, ok := c.Reader.Cast(from, to)
	if !ok {
		return builtins.Cast{}, false
	}
	out := builtins.Cast{OID: d.OID, From: from, To: to, Context: d.Context, Method: d.Method}
	switch {
	case d.Method == 'f':
		out.Fn = c.FuncByOID(d.Func)
	case d.Method == 'b':
		out.Fn = builtins.Reinterpret(from, to)
	}
	return out, true
}

// TypeCategory implements builtins.UserCatalog.
func (c Catalog) TypeCategory(t types.OID) (category byte, preferred bool) {
	if u, ok := c.Reader.TypeByOID(t); ok && u.Held != nil {
		return u.Held.Category, u.Held.Preferred
	}
	return 'U', false
}

// TypedRow implements builtins.UserCatalog.
func (c Catalog) TypedRow(row, of types.OID) bool {
	rel, _ := c.Reader.RowType(row)
	t, ok := rel.(*catalog.Table)
	return ok && t.OfType == of
}

// FuncByOID is a function, built in or of the catalog, that is called without defaults and as it is declared; nil if there is none.
func (c Catalog) FuncByOID(oid types.OID) *expr.Func {
	if p, ok := builtins.ProcByOID(oid); ok {
		return p.Func
	}
	f, ok := c.Reader.Function(oid)
	if !ok {
		return nil
	}
	if f.Language == catalog.Internal {
		return builtins.InternalFunc(f.Proc(), nil)
	}
	var cols []types.T
	var names []string
	if rel, ok := c.Reader.RowType(f.Ret); ok {
		for _, col := range catalog.ColumnsOf(rel) {
			cols, names = append(cols, col.Type), append(names, col.Name)
		}
	}
	return builtins.SQLFunc(f.Proc(), cols, names, nil)
}

// operators are the operators of the catalog that a name may mean: those of schemas before pg_catalog in the search path, and after it.
func (c Catalog) operators(schema, name string) (earlier, later []*builtins.Operator) {
	all := c.Reader.OperatorsNamed(name)
	if len(all) == 0 {
		return nil, nil
	}
	path := c.SearchPath
	if schema != "" {
		path = []string{schema}
	}
	out := &later
	if schema == "" && slices.Contains(path, "pg_catalog") {
		out = &earlier
	}
	for _, p := range path {
		if p == "pg_catalog" {
			out = &later
		}
		s, ok := c.Reader.Schema(p)
		if !ok {
			continue
		}
		for _, o := range all {
			if o.Schema == s.OID {
				*out = append(*out, &builtins.Operator{OID: o.OID, Name: o.Name, Left: o.Left, Right: o.Right, Ret: o.Ret, Code: o.Func,
					Fn: c.FuncByOID(o.Func), Mergeable: o.Merges, Hashable: o.Hashes})
			}
		}
	}
	return earlier, later
}

// Operator chooses the operator for operands of these types; schema is that of OPERATOR(schema.name), or "".
func (c Catalog) Operator(schema, name string, left, right types.OID) (*builtins.OperatorMatch, error) {
	foreign := schema != "" && schema != "pg_catalog"
	r := c.Resolver()
	if !foreign && r.User == nil && !c.Reader.HasOperators() {
		return Operator(name, left, right)
	}
	call := builtins.OperatorCall{Name: name, Left: left, Right: right, Foreign: foreign, Resolver: r}
	if schema != "pg_catalog" {
		call.Earlier, call.Later = c.operators(schema, name)
	}
	if call.Earlier == nil && call.Later == nil && !foreign && r.User == nil {
		return Operator(name, left, right)
	}
	m, err := call.Resolve()
	if e, ok := pgerr.As(err); ok && foreign {
		e.Message = strings.Replace(e.Message, " "+name, " "+schema+"."+name, 1)
	}
	return &m, err
}

// Orders reports whether a base type has the comparison that sorting ("<" and ">") or grouping ("=") uses, by its default operator class or that of a
// type that it is binary-coercible to. An operator class whose order is not the one of the values that the type holds is not supported.
func (c Catalog) Orders(name string, t types.OID, builtin func(types.OID) bool) (bool, error) {
	class, ok := c.Reader.DefaultOpClass(t, "btree")
	if !ok && name == "=" {
		class, ok = c.Reader.DefaultOpClass(t, "hash")
	}
	if !ok {
		held := types.BaseOf(t)
		return c.Resolver().BinaryCoercible(t, held) && builtin(held), nil
	}
	if !c.Reader.BuiltinOrder(class) {
		return false, pgerr.FeatureNotSupported("ordering or grouping by operator class " + class.Name + ", whose functions are not those of type " +
			types.FormatType(types.BaseOf(t), -1))
	}
	return true, nil
}

package extend

import (
	"slices"

	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// standIns are types that stand for pseudo-types while a function for pseudo-types is looked for: the pseudo-types of both must then fit
// together like those of a call. That the function really has them is checked afterwards.
var standIns = map[types.OID]types.OID{
	types.AnyElementOID: types.PgLSNOID, types.AnyNonArrayOID: types.PgLSNOID, types.AnyArrayOID: types.PgLSNArrayOID,
	types.AnyCompatibleOID: types.XID8OID, types.AnyCompatibleNonArrayOID: types.XID8OID, types.AnyCompatibleArrayOID: types.XID8ArrayOID,
}

// routineFor finds the function of a name that can be called with arguments of these types as they are. Its Ret is the result of that call.
func (x *Executor) routineFor(name []string, args []types.OID) (*builtins.Proc, error) {
	call := builtins.FuncCall{Name: name[len(name)-1], Args: make([]types.OID, len(args)), Plain: true}
	for i, t := range args {
		if call.Args[i] = t; standIns[t] != 0 {
			call.Args[i] = standIns[t]
		}
	}
	path := x.SearchPath
	if len(name) > 1 {
		path = name[len(name)-2 : len(name)-1]
		if path[0] != "pg_catalog" {
			call.Name = ""
		}
	}
	for _, schema := range path {
		s, ok := x.Txn.Newest().Schema(schema)
		if !ok {
			continue
		}
		for _, f := range x.Txn.Newest().FunctionsNamed(name[len(name)-1]) {
			if f.Schema == s.OID {
				call.More = append(call.More, f.Proc())
			}
		}
	}
	signature := x.signature(name, args)
	m, err := builtins.ResolveFunction(call)
	if err != nil || m.Proc == nil || m.Proc.Kind != 'f' {
		return nil, pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", signature)
	}
	if m.Proc.RetSet {
		return nil, pgerr.New(pgerr.DatatypeMismatch, "function %s returns a set", signature)
	}
	taken := make([]types.OID, len(m.Args))
	for i, want := range m.Args {
		taken[i] = pseudoType(want, args)
	}
	for i, want := range m.Args {
		if want == args[i] || want == types.AnyOID {
			continue
		}
		if types.IsPolymorphic(args[i]) {
			if standIns[args[i]] == standIns[m.Proc.Args[i]] && types.IsPolymorphic(m.Proc.Args[i]) {
				continue
			}
			return nil, pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", signature)
		}
		if !builtins.BinaryCoercible(args[i], want) {
			return nil, pgerr.New(pgerr.DatatypeMismatch, "function %s requires run-time type coercion", x.signature(name, taken))
		}
	}
	p := *m.Proc
	if p.Ret = m.Ret; types.IsPolymorphic(m.Proc.Ret) {
		p.Ret = pseudoType(p.Ret, args)
	}
	return &p, nil
}

// pseudoType turns a stand-in back to the pseudo-type that it stands for.
func pseudoType(t types.OID, args []types.OID) types.OID {
	if types.IsPolymorphic(t) || !slices.ContainsFunc(args, types.IsPolymorphic) {
		return t
	}
	switch t {
	case types.PgLSNOID:
		return types.AnyElementOID
	case types.PgLSNArrayOID:
		return types.AnyArrayOID
	case types.XID8OID:
		return types.AnyCompatibleOID
	case types.XID8ArrayOID:
		return types.AnyCompatibleArrayOID
	}
	return t
}

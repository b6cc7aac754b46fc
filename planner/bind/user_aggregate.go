package bind

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// aggregateParts finds the functions that an aggregate of the catalog consists of.
func (b *binder) aggregateParts(f *catalog.Function, p *builtins.Proc) *builtins.AggregateParts {
	a := f.Aggregate
	parts := &builtins.AggregateParts{OID: f.OID, Name: f.Name, Kind: a.Kind, Args: p.Args, Ret: p.Ret, Variadic: p.Variadic != 0, State: a.State,
		FinalExtra: a.FinalExtra, Init: a.Init, Trans: b.procByOID(a.Trans)}
	if a.Kind != 'n' {
		parts.Direct = a.Direct
	}
	if a.Final != 0 {
		parts.Final = b.procByOID(a.Final)
	}
	return parts
}

// procByOID finds a function with its code, built in or of the catalog.
func (b *binder) procByOID(oid types.OID) *builtins.Proc {
	if p, ok := builtins.ProcByOID(oid); ok {
		return p
	}
	f, ok := b.o.Reader.Function(oid)
	if !ok {
		b.fail(pgerr.InternalError, -1, "cache lookup failed for function %d", oid)
	}
	p := f.Proc()
	var cols []types.T
	var names []string
	if !slices.ContainsFunc(p.Args, types.IsPolymorphic) {
		cols, names = b.resultColumns(f, p.Args, p.Ret)
	}
	p.Func = builtins.SQLFunc(p, cols, names, nil)
	return p
}

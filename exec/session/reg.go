package session

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// CatalogFunction finds the code of a function that reads the catalog.
func (e *env) CatalogFunction(oid types.OID) (*expr.Func, bool) { return pgcatalog.Function(oid) }

// ResolveReg turns the text of a reg* value into an OID: a number, "-" for none, or a name as SQL writes it.
func (e *env) ResolveReg(t types.OID, name string) (types.OID, error) {
	if name == "-" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return types.OID(n), nil
	}
	switch t {
	case types.RegClassOID:
		return e.resolveClass(name)
	case types.RegTypeOID:
		tn, err := parser.ParseType(name)
		if err != nil {
			return 0, err
		}
		rt, err := bind.Type(tn, (*Session)(e).bindOptions(""))
		return rt.OID, err
	case types.RegNamespaceOID:
		parts, err := splitName(name)
		if err != nil {
			return 0, err
		}
		if s, ok := e.currentReader().Schema(parts[0]); ok && len(parts) == 1 {
			return s.OID, nil
		}
		return 0, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", parts[0])
	case types.RegRoleOID:
		parts, err := splitName(name)
		if err != nil {
			return 0, err
		}
		if r, ok := e.currentReader().Role(parts[0]); ok && len(parts) == 1 {
			return r.OID, nil
		}
		return 0, pgerr.New(pgerr.UndefinedObject, "role %q does not exist", parts[0])
	case types.RegProcOID, types.RegProcedureOID:
		return e.resolveProc(t, name)
	}
	return 0, pgerr.FeatureNotSupported("input of type " + types.FormatType(t, -1) + " by name")
}

func (e *env) resolveClass(name string) (types.OID, error) {
	parts, err := splitName(name)
	if err != nil {
		return 0, err
	}
	schema := ""
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
	}
	if rel, ok := e.currentReader().Lookup(e.hot.searchPath, schema, parts[len(parts)-1]); ok {
		return rel.RelOID(), nil
	}
	return 0, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", strings.Join(parts, "."))
}

func (e *env) resolveProc(t types.OID, name string) (types.OID, error) {
	bare, args, hasArgs := strings.Cut(name, "(")
	parts, err := splitName(bare)
	if err != nil {
		return 0, err
	}
	fns := builtins.Functions(parts[len(parts)-1])
	if t == types.RegProcOID {
		switch len(fns) {
		case 0:
			return 0, pgerr.New(pgerr.UndefinedFunction, "function %q does not exist", name)
		case 1:
			return fns[0].OID, nil
		}
		return 0, pgerr.New(pgerr.AmbiguousFunction, "more than one function named %q", name)
	}
	if !hasArgs {
		return 0, pgerr.New(pgerr.InvalidTextRepresentation, "expected a left parenthesis")
	}
	var want []types.OID
	for _, a := range strings.Split(strings.TrimSuffix(strings.TrimSpace(args), ")"), ",") {
		if a = strings.TrimSpace(a); a == "" {
			continue
		}
		oid, err := e.ResolveReg(types.RegTypeOID, a)
		if err != nil {
			return 0, err
		}
		want = append(want, oid)
	}
	for _, f := range fns {
		if equalOIDs(f.Args, want) {
			return f.OID, nil
		}
	}
	return 0, pgerr.New(pgerr.UndefinedFunction, "function %q does not exist", name)
}

func equalOIDs(a, b []types.OID) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// splitName splits a possibly qualified name: "a"."B", a.b.
func splitName(name string) ([]string, error) {
	invalid := pgerr.New(pgerr.InvalidName, "invalid name syntax")
	var parts []string
	rest := strings.TrimSpace(name)
	for {
		var part string
		if strings.HasPrefix(rest, `"`) {
			i := 1
			for {
				j := strings.IndexByte(rest[i:], '"')
				if j < 0 {
					return nil, invalid
				}
				part += rest[i : i+j]
				i += j + 1
				if i >= len(rest) || rest[i] != '"' {
					break
				}
				part += `"`
				i++
			}
			rest = rest[i:]
		} else {
			i := strings.IndexByte(rest, '.')
			if i < 0 {
				i = len(rest)
			}
			part, rest = strings.ToLower(strings.TrimSpace(rest[:i])), rest[i:]
		}
		if part == "" {
			return nil, invalid
		}
		parts = append(parts, part)
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return parts, nil
		}
		if rest[0] != '.' {
			return nil, invalid
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

// RegName is the text of a reg* value: the name of the object, qualified if the search path does not find it.
func (e *env) RegName(t types.OID, oid types.OID) (string, bool) {
	r := e.currentReader()
	switch t {
	case types.RegClassOID:
		rel, ok := r.RelationByOID(oid)
		if !ok {
			return "", false
		}
		if r.Visible(e.hot.searchPath, rel) {
			return quoteIdent(rel.RelName()), true
		}
		return quoteIdent(r.SchemaName(rel.RelSchema())) + "." + quoteIdent(rel.RelName()), true
	case types.RegTypeOID:
		if _, ok := types.Info(oid); ok {
			return types.FormatType(oid, -1), true
		}
		if rel, ok := r.RowType(oid); ok {
			return quoteIdent(rel.RelName()), true
		}
	case types.RegNamespaceOID:
		if s, ok := r.SchemaByOID(oid); ok {
			return quoteIdent(s.Name), true
		}
	case types.RegRoleOID:
		if role, ok := r.RoleByOID(oid); ok {
			return quoteIdent(role.Name), true
		}
	case types.RegProcOID, types.RegProcedureOID:
		return procName(t, oid)
	}
	return "", false
}

func procName(t types.OID, oid types.OID) (string, bool) {
	f := builtins.FuncByOID(oid)
	if f == nil {
		return "", false
	}
	if t == types.RegProcOID {
		return quoteIdent(f.Name), true
	}
	args := make([]string, len(f.Args))
	for i, a := range f.Args {
		args[i] = types.FormatType(a, -1)
	}
	return quoteIdent(f.Name) + "(" + strings.Join(args, ",") + ")", true
}

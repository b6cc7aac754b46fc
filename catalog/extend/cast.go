package extend

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// createCast is CREATE CAST.
func (x *Executor) createCast(ctx context.Context, s *ast.CreateCastStmt) error {
	from, err := x.Bind.Type(s.Source)
	if err != nil {
		return err
	}
	to, err := x.Bind.Type(s.Target)
	if err != nil {
		return err
	}
	c := &catalog.Cast{ObjectHead: catalog.ObjectHead{Owner: x.Owner, Version: 1}, From: from.OID, To: to.OID, Method: 'b'}
	c.Context = map[ast.CoercionContext]byte{ast.CoercionExplicit: 'e', ast.CoercionAssignment: 'a', ast.CoercionImplicit: 'i'}[s.Context]
	if err := x.castTypes(c); err != nil {
		return err
	}
	args := 0
	switch {
	case s.Func != nil:
		c.Method = 'f'
		if args, err = x.castFunction(c, s.Func); err != nil {
			return err
		}
	case s.InOut:
		c.Method = 'i'
	default:
		if err := x.binaryCast(c); err != nil {
			return err
		}
	}
	if c.From == c.To && args < 2 {
		return errObject("source data type and target data type are the same")
	}
	exists := pgerr.New(pgerr.DuplicateObject, "cast from type %s to type %s already exists", x.TypeWord(c.From), x.TypeWord(c.To))
	if _, ok := builtins.LookupCast(c.From, c.To); ok {
		return exists
	}
	return x.create(ctx, c, exists)
}

// castTypes checks the types of a cast.
func (x *Executor) castTypes(c *catalog.Cast) error {
	for _, side := range []struct {
		t    types.OID
		what string
	}{{c.From, "source"}, {c.To, "target"}} {
		if ti, ok := types.Info(side.t); ok && ti.IsPseudo() {
			return pgerr.New(pgerr.WrongObjectType, "%s data type %s is a pseudo-type", side.what, x.TypeWord(side.t))
		}
	}
	if !x.ownsType(c.From) && !x.ownsType(c.To) {
		return pgerr.New(pgerr.InsufficientPrivilege, "must be owner of type %s or type %s", x.TypeWord(c.From), x.TypeWord(c.To))
	}
	if types.IsDomain(c.From) {
		x.notify(pgerr.Warning(pgerr.WrongObjectType, "cast will be ignored because the source data type is a domain"))
	}
	if types.IsDomain(c.To) {
		x.notify(pgerr.Warning(pgerr.WrongObjectType, "cast will be ignored because the target data type is a domain"))
	}
	return nil
}

func (x *Executor) ownsType(t types.OID) bool {
	if e := types.ElemOf(t); e >= types.FirstUserOID {
		t = e
	}
	if u, ok := x.reader().TypeByOID(t); ok {
		return x.reader().Owns(x.Owner, u)
	}
	if rel, ok := x.reader().RowType(t); ok {
		return x.reader().Owns(x.Owner, rel)
	}
	return x.reader().Superuser(x.Owner)
}

// castFunction finds the function of a cast; args is how many arguments it has.
func (x *Executor) castFunction(c *catalog.Cast, n *ast.ObjectWithArgs) (args int, err error) {
	p, err := x.functionWithArgs(n)
	if err != nil {
		return 0, err
	}
	r := x.resolver()
	switch {
	case len(p.Args) < 1 || len(p.Args) > 3:
		return 0, errObject("cast function must take one to three arguments")
	case !r.BinaryCoercible(c.From, p.Args[0]):
		return 0, errObject("argument of cast function must match or be binary-coercible from source data type")
	case len(p.Args) > 1 && p.Args[1] != types.Int4OID:
		return 0, errObject("second argument of cast function must be type %s", "integer")
	case len(p.Args) > 2 && p.Args[2] != types.BoolOID:
		return 0, errObject("third argument of cast function must be type %s", "boolean")
	case !r.BinaryCoercible(p.Ret, c.To):
		return 0, errObject("return data type of cast function must match or be binary-coercible to target data type")
	case p.Kind != 'f':
		return 0, errObject("cast function must be a normal function")
	case p.RetSet:
		return 0, errObject("cast function must not return a set")
	}
	c.Func = p.OID
	return len(p.Args), nil
}

// functionWithArgs finds the function that a statement names with its argument types, built in or not.
func (x *Executor) functionWithArgs(n *ast.ObjectWithArgs) (*builtins.Proc, error) {
	if n.ArgsUnspecified {
		f, err := x.Function(ast.ObjectFunction, n)
		if err == nil {
			return f.Proc(), nil
		}
		if ps := builtins.ProcsByName(n.Names[len(n.Names)-1]); len(ps) == 1 && builtinToo(n.Names) {
			return ps[0], nil
		}
		return nil, err
	}
	var args []types.OID
	for _, a := range n.Args {
		t, err := x.Bind.Type(a)
		if err != nil {
			return nil, err
		}
		args = append(args, t.OID)
	}
	return x.function(n.Names, args, false)
}

// physical is what must be equal in types that a cast without function converts.
type physical struct {
	length int16
	byVal  bool
	align  byte
}

func (x *Executor) physical(t types.OID) physical {
	if u, ok := x.reader().TypeByOID(t); ok {
		switch {
		case u.Held != nil:
			return physical{u.Held.Len, u.Held.ByVal, u.Held.Align}
		case u.Kind == catalog.TypeDomain:
			return x.physical(x.reader().BaseType(types.Of(t)).OID)
		case u.Kind == catalog.TypeEnum:
			return physical{4, true, 'i'}
		}
	}
	if ti, ok := types.Info(t); ok {
		return physical{ti.Len, ti.ByVal, ti.Align}
	}
	return physical{-1, false, 'd'}
}

// binaryCast checks a cast WITHOUT FUNCTION.
func (x *Executor) binaryCast(c *catalog.Cast) error {
	if err := x.superuser("create a cast WITHOUT FUNCTION"); err != nil {
		return err
	}
	if x.physical(c.From) != x.physical(c.To) {
		return errObject("source and target data types are not physically compatible")
	}
	for _, k := range []struct {
		is      func(types.OID) bool
		message string
	}{
		{types.IsComposite, "composite data types are not binary-compatible"},
		{types.IsEnum, "enum data types are not binary-compatible"},
		{types.IsArray, "array data types are not binary-compatible"},
		{types.IsDomain, "domain data types must not be marked binary-compatible"},
	} {
		if k.is(c.From) || k.is(c.To) {
			return errObject("%s", k.message)
		}
	}
	return nil
}

// resolver knows the casts of the catalog, for questions of what is binary-coercible.
func (x *Executor) resolver() builtins.Resolver { return builtins.Resolver{User: casts{x.reader()}} }

type casts struct{ r *catalog.Reader }

// UserCast implements builtins.UserCatalog.
func (c casts) UserCast(from, to types.OID) (builtins.Cast, bool) {
	d, ok := c.r.Cast(from, to)
	if !ok {
		return builtins.Cast{}, false
	}
	return builtins.Cast{OID: d.OID, From: from, To: to, Context: d.Context, Method: d.Method}, true
}

// TypedRow implements builtins.UserCatalog.
func (c casts) TypedRow(row, of types.OID) bool { return false }

// TypeCategory implements builtins.UserCatalog.
func (c casts) TypeCategory(t types.OID) (byte, bool) {
	if u, ok := c.r.TypeByOID(t); ok && u.Held != nil {
		return u.Held.Category, u.Held.Preferred
	}
	return 'U', false
}

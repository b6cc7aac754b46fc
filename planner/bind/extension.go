package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind/choose"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// firstUserOID is the first OID of user types.
const firstUserOID = types.FirstUserOID

// choose is the catalog for choosing operators and casts.
func (b *binder) choose() choose.Catalog {
	return choose.Catalog{Reader: b.o.Reader, SearchPath: b.o.SearchPath}
}

// resolver chooses among built-in and user-defined objects.
func (b *binder) resolver() builtins.Resolver { return b.choose().Resolver() }

// noteOperator tells who stores the statement what operator of the catalog an expression means.
func (b *binder) noteOperator(n *ast.AExpr, op *builtins.Operator) {
	if op.OID < firstUserOID {
		return
	}
	if op.Code >= firstUserOID {
		b.noteCall(op.Code)
	}
	if o, ok := b.o.Reader.Operator(op.OID); ok && b.o.OnOperator != nil && b.viewDepth == 0 && b.inline == nil {
		b.o.OnOperator(n, o)
	}
}

// userOperator makes the call of an operator of the catalog. Only one that is a built-in comparison under the same name counts as that for the
// optimizer, which knows operators by their names.
func (b *binder) userOperator(op *builtins.Operator, args []expr.Expr, ret types.OID) expr.Expr {
	fn := *op.Fn
	fn.Operator = op.Name
	if o, ok := b.o.Reader.Operator(op.OID); ok && b.o.KeepCasts {
		fn.Operator = "OPERATOR(" + expr.QuoteIdent(b.o.Reader.SchemaName(o.Schema)) + "." + op.Name + ")"
	}
	call := &expr.Call{Fn: &fn, Args: args, T: types.Of(ret), Form: expr.FormOperator}
	if f, ok := b.o.Reader.Function(op.Code); ok && f.Language == catalog.Internal && !b.o.KeepCasts {
		if builtins.InternalOperator(f.Body, op.Name) {
			call.Op = op.Name
		}
	}
	return call
}

// baseTypeFits reports whether a base type has the comparison that sorting or grouping uses.
func (b *binder) baseTypeFits(name string, t types.OID) bool {
	ok, err := b.choose().Orders(name, t, func(held types.OID) bool { return hasOperator(name, held) })
	b.check(err, -1)
	return ok
}

package bind

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// resolver chooses among built-in and user-defined objects. Without user-defined ones it costs nothing.
func (b *binder) resolver() builtins.Resolver {
	if !b.o.Reader.HasCasts() && !b.o.Reader.HasBaseTypes() {
		return builtins.Resolver{}
	}
	return builtins.Resolver{User: b}
}

// UserCast implements builtins.UserCatalog.
func (b *binder) UserCast(from, to types.OID) (builtins.Cast, bool) {
	c, ok := b.o.Reader.Cast(from, to)
	if !ok {
		return builtins.Cast{}, false
	}
	out := builtins.Cast{OID: c.OID, From: from, To: to, Context: c.Context, Method: c.Method}
	switch {
	case c.Method == 'f':
		out.Fn = b.funcByOID(c.Func)
	case c.Method == 'b':
		out.Fn = builtins.Reinterpret(from, to)
	}
	return out, true
}

// TypeCategory implements builtins.UserCatalog.
func (b *binder) TypeCategory(t types.OID) (category byte, preferred bool) {
	if u, ok := b.o.Reader.TypeByOID(t); ok && u.Held != nil {
		return u.Held.Category, u.Held.Preferred
	}
	return 'U', false
}

// funcByOID is a function, built in or of the catalog, with code to call it as it is declared.
func (b *binder) funcByOID(oid types.OID) *expr.Func {
	if p, ok := builtins.ProcByOID(oid); ok {
		return p.Func
	}
	f, ok := b.o.Reader.Function(oid)
	if !ok {
		b.fail(pgerr.InternalError, -1, "cache lookup failed for function %d", oid)
	}
	if f.Language == catalog.Internal {
		return b.catalogProc(f).Func
	}
	return b.procByOID(oid).Func
}

// catalogOperators are the operators of the catalog that a name may mean: those of schemas before pg_catalog in the search path, and after it.
func (b *binder) catalogOperators(schema, name string) (earlier, later []*builtins.Operator) {
	all := b.o.Reader.OperatorsNamed(name)
	if len(all) == 0 {
		return nil, nil
	}
	path := b.o.SearchPath
	if schema != "" {
		path = []string{schema}
	}
	explicit := false
	for _, p := range path {
		explicit = explicit || p == "pg_catalog"
	}
	out, before := &later, explicit && schema == ""
	if before {
		out = &earlier
	}
	for _, p := range path {
		if p == "pg_catalog" {
			out = &later
		}
		s, ok := b.o.Reader.Schema(p)
		if !ok {
			continue
		}
		for _, o := range all {
			if o.Schema == s.OID {
				*out = append(*out, b.catalogOperator(o))
			}
		}
	}
	return earlier, later
}

func (b *binder) catalogOperator(o *catalog.Operator) *builtins.Operator {
	op := &builtins.Operator{OID: o.OID, Name: o.Name, Left: o.Left, Right: o.Right, Ret: o.Ret, Code: o.Func, Mergeable: o.Merges, Hashable: o.Hashes}
	if o.Func != 0 {
		op.Fn = b.funcByOID(o.Func)
	}
	return op
}

// resolveOperator chooses the operator for operands of these types; schema is that of OPERATOR(schema.name), or "".
func (b *binder) resolveOperator(schema, name string, left, right types.OID) (*builtins.OperatorMatch, error) {
	foreign := schema != "" && schema != "pg_catalog"
	r := b.resolver()
	if !foreign && r.User == nil && !b.o.Reader.HasOperators() {
		return resolveOperator(name, left, right)
	}
	c := builtins.OperatorCall{Name: name, Left: left, Right: right, Foreign: foreign, Resolver: r}
	if schema != "pg_catalog" {
		c.Earlier, c.Later = b.catalogOperators(schema, name)
	}
	if c.Earlier == nil && c.Later == nil && !foreign && r.User == nil {
		return resolveOperator(name, left, right)
	}
	m, err := c.Resolve()
	if err != nil && foreign {
		if e, ok := pgerr.As(err); ok {
			err = pgerr.New(e.Code, "%s", qualifyOperator(e.Message, schema, name)).WithHint("%s", e.Hint)
		}
	}
	return &m, err
}

// qualifyOperator writes the schema into the message of a failed resolution.
func qualifyOperator(message, schema, name string) string {
	head := "operator does not exist: "
	if len(message) < len(head) || message[:len(head)] != head {
		return message
	}
	for i := len(head); i+len(name) <= len(message); i++ {
		if message[i:i+len(name)] == name && (i == len(head) || message[i-1] == ' ') {
			return message[:i] + schema + "." + message[i:]
		}
	}
	return message
}

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

// baseTypeFits reports whether a base type has the comparison that sorting (">" and "<") or grouping ("=") uses: its default operator class has it.
func (b *binder) baseTypeFits(name string, t types.OID) bool {
	c, ok := b.o.Reader.DefaultOpClass(t, "btree")
	if !ok && name == "=" {
		c, ok = b.o.Reader.DefaultOpClass(t, "hash")
	}
	if ok {
		return b.builtinOrder(c, t)
	}
	held := types.BaseOf(t)
	return b.resolver().BinaryCoercible(t, held) && hasOperator(name, held)
}

// builtinOrder refuses an operator class that does not compare as the built-in type does whose values the type holds.
func (b *binder) builtinOrder(c *catalog.OpClass, t types.OID) bool {
	if !b.o.Reader.BuiltinOrder(c) {
		b.unsupported("ordering or grouping by operator class "+c.Name+", whose functions are not the built-in ones of type "+types.FormatType(types.BaseOf(t), -1), -1)
	}
	return true
}

package extend

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// operatorOptions are the attributes of CREATE OPERATOR.
type operatorOptions struct {
	left, right                                   *ast.TypeName
	function, commutator, negator, restrict, join []string
	hashes, merges                                bool
}

func (x *Executor) operatorOptions(s *ast.DefineStmt) (o operatorOptions, err error) {
	for _, d := range s.Definition {
		switch d.Name {
		case "leftarg", "rightarg":
			tn, _ := d.Arg.(*ast.TypeName)
			if tn == nil {
				tn = &ast.TypeName{Names: d.Words(), Pos: -1}
			}
			if tn.SetOf {
				return o, errDefinition("SETOF type not allowed for operator argument")
			}
			if d.Name == "leftarg" {
				o.left = tn
			} else {
				o.right = tn
			}
		case "function", "procedure":
			o.function = d.Words()
		case "commutator":
			o.commutator = d.Words()
		case "negator":
			o.negator = d.Words()
		case "restrict":
			o.restrict = d.Words()
		case "join":
			o.join = d.Words()
		case "hashes":
			o.hashes, err = d.Bool()
		case "merges":
			o.merges, err = d.Bool()
		case "sort1", "sort2", "ltcmp", "gtcmp": // of old versions
			o.merges = true
		default:
			x.notify(pgerr.Warning(pgerr.SyntaxError, "operator attribute \"%s\" not recognized", d.Name))
		}
		if err != nil {
			return o, err
		}
	}
	return o, nil
}

// createOperator is CREATE OPERATOR (DefineOperator, OperatorCreate).
func (x *Executor) createOperator(ctx context.Context, s *ast.DefineStmt) error {
	h, err := x.head(ctx, s.Names)
	if err != nil {
		return err
	}
	o, err := x.operatorOptions(s)
	if err != nil {
		return err
	}
	if o.function == nil {
		return errDefinition("operator function must be specified")
	}
	op := &catalog.Operator{ObjectHead: h, Hashes: o.hashes, Merges: o.merges}
	if err := x.operands(op, o); err != nil {
		return err
	}
	args := []types.OID{op.Right}
	if op.Left != 0 {
		args = []types.OID{op.Left, op.Right}
	}
	fn, err := x.function(o.function, args, true)
	if err != nil {
		return err
	}
	op.Func, op.Ret = fn.OID, fn.Ret
	if err := x.mayUseType(op.Ret); err != nil {
		return err
	}
	if op.Restrict, err = x.estimator(o.restrict, restrictArgs); err != nil {
		return err
	}
	if op.Join, err = x.estimator(o.join, joinArgs); err != nil {
		return err
	}
	if err := o.check(op); err != nil {
		return err
	}
	return x.storeOperator(ctx, op, o)
}

// operands reads the types of an operator.
func (x *Executor) operands(op *catalog.Operator, o operatorOptions) error {
	for _, side := range []struct {
		tn *ast.TypeName
		to *types.OID
	}{{o.left, &op.Left}, {o.right, &op.Right}} {
		if side.tn == nil {
			continue
		}
		t, err := x.Bind.Type(side.tn)
		if err != nil {
			return err
		}
		*side.to = t.OID
	}
	switch {
	case op.Left == 0 && op.Right == 0:
		return errDefinition("operator argument types must be specified")
	case op.Right == 0:
		return errDefinition("operator right argument type must be specified").WithDetail("Postfix operators are not supported.")
	}
	for _, t := range []types.OID{op.Left, op.Right} {
		if err := x.mayUseType(t); err != nil {
			return err
		}
	}
	return nil
}

// mayUseType refuses a type that the current role has no right to use.
func (x *Executor) mayUseType(t types.OID) error {
	if e := types.ElemOf(t); e != 0 {
		t = e
	}
	u, ok := x.reader().TypeByOID(t)
	if !ok || x.reader().Allowed(x.Owner, u, acl.Usage, false) != 0 {
		return nil
	}
	return ddl.ErrDenied(x.reader(), u)
}

// function finds a function of just these arguments. With call, the current role must have the right to call it.
func (x *Executor) function(name []string, args []types.OID, call bool) (*builtins.Proc, error) {
	var candidates []*builtins.Proc
	schemas, err := x.schemas(name)
	if err != nil {
		return nil, err
	}
	last := name[len(name)-1]
	if builtinToo(name) {
		candidates = builtins.ProcsByName(last)
	}
	for _, p := range candidates {
		if slices.Equal(p.Args, args) {
			return p, nil
		}
	}
	for _, s := range schemas {
		for _, f := range x.reader().FunctionsNamed(last) {
			if f.Schema != s || !slices.Equal(f.Inputs(), args) {
				continue
			}
			if call && x.reader().Allowed(x.Owner, f, acl.Execute, false) == 0 {
				return nil, ddl.ErrDenied(x.reader(), f)
			}
			return f.Proc(), nil
		}
	}
	return nil, pgerr.New(pgerr.UndefinedFunction, "function %s does not exist", x.signature(name, args))
}

// signature is a function with its argument types, for messages.
func (x *Executor) signature(name []string, args []types.OID) string {
	words := make([]string, len(args))
	for i, t := range args {
		words[i] = x.TypeWord(t)
	}
	return strings.Join(name, ".") + "(" + strings.Join(words, ", ") + ")"
}

// The arguments of estimator functions.
var (
	restrictArgs = []types.OID{types.InternalOID, types.OIDOID, types.InternalOID, types.Int4OID}
	joinArgs     = []types.OID{types.InternalOID, types.OIDOID, types.InternalOID, types.Int2OID, types.InternalOID}
)

// estimator finds a selectivity estimator, 0 if none is named.
func (x *Executor) estimator(name []string, args []types.OID) (types.OID, error) {
	if name == nil {
		return 0, nil
	}
	what := "restriction"
	f, err := x.function(name, args, true)
	if len(args) == len(joinArgs) {
		what = "join"
		if old, e := x.function(name, args[:4], true); err != nil && e == nil {
			f, err = old, nil
		}
	}
	if err != nil {
		return 0, err
	}
	if f.Ret != types.Float8OID {
		return 0, errObject("%s estimator function %s must return type %s", what, strings.Join(name, "."), "double precision")
	}
	return f.OID, nil
}

// check refuses attributes that such an operator cannot have.
func (o operatorOptions) check(op *catalog.Operator) error {
	if op.Left == 0 {
		switch {
		case o.commutator != nil:
			return errDefinition("only binary operators can have commutators")
		case o.join != nil:
			return errDefinition("only binary operators can have join selectivity")
		case o.merges:
			return errDefinition("only binary operators can merge join")
		case o.hashes:
			return errDefinition("only binary operators can hash")
		}
	}
	if op.Ret == types.BoolOID {
		return nil
	}
	switch {
	case o.negator != nil:
		return errDefinition("only boolean operators can have negators")
	case o.restrict != nil:
		return errDefinition("only boolean operators can have restriction selectivity")
	case o.join != nil:
		return errDefinition("only boolean operators can have join selectivity")
	case o.merges:
		return errDefinition("only boolean operators can merge join")
	case o.hashes:
		return errDefinition("only boolean operators can hash")
	}
	return nil
}

// sameOperator finds the operator of just these types in a schema.
func (x *Executor) sameOperator(schema types.OID, name string, left, right types.OID) (*catalog.Operator, bool) {
	for _, o := range x.reader().OperatorsNamed(name) {
		if o.Schema == schema && o.Left == left && o.Right == right {
			return o, true
		}
	}
	return nil, false
}

// storeOperator writes a new operator, or fills the shell that waited for it, and links it with its commutator and negator.
func (x *Executor) storeOperator(ctx context.Context, op *catalog.Operator, o operatorOptions) (err error) {
	exists := pgerr.New(pgerr.DuplicateFunction, "operator %s already exists", op.Name)
	shell, ok := x.sameOperator(op.Schema, op.Name, op.Left, op.Right)
	if ok && shell.Func != 0 {
		return exists
	}
	if ok {
		if err := x.MustOwn(shell); err != nil {
			return err
		}
		op.OID = shell.OID
	} else if op.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	if o.commutator != nil {
		if op.Commutator, err = x.otherOperator(ctx, op, o.commutator, op.Right, op.Left, false); err != nil {
			return err
		}
	} else if ok {
		op.Commutator = shell.Commutator
	}
	if o.negator != nil {
		if op.Negator, err = x.otherOperator(ctx, op, o.negator, op.Left, op.Right, true); err != nil {
			return err
		}
	} else if ok {
		op.Negator = shell.Negator
	}
	if ok {
		err = x.ChangeObject(ctx, shell, func(n catalog.Object) {
			p := n.(*catalog.Operator)
			h := p.ObjectHead
			*p = *op
			p.ObjectHead = h
		})
	} else {
		err = x.create(ctx, op, exists)
	}
	if err != nil {
		return err
	}
	return x.linkOperator(ctx, op)
}

// otherOperator finds the commutator or negator that an operator names, or makes a shell for it.
func (x *Executor) otherOperator(ctx context.Context, op *catalog.Operator, names []string, left, right types.OID, negator bool) (types.OID, error) {
	name := names[len(names)-1]
	schemas, err := x.schemas(names)
	if err != nil {
		return 0, err
	}
	if builtinToo(names) {
		if b, ok := builtins.OperatorExact(name, left, right); ok {
			return b.OID, nil
		}
	}
	if found, ok := first(schemas, x.reader().OperatorsNamed(name), func(o *catalog.Operator) bool { return o.Left == left && o.Right == right }); ok {
		if found.OID == op.OID && negator {
			return 0, errDefinition("operator cannot be its own negator or sort operator")
		}
		return found.OID, nil
	}
	h, err := x.head(ctx, names)
	if err != nil {
		return 0, err
	}
	if h.Schema == op.Schema && name == op.Name && left == op.Left && right == op.Right {
		if negator {
			return 0, errDefinition("operator cannot be its own negator or sort operator")
		}
		return op.OID, nil
	}
	shell := &catalog.Operator{ObjectHead: h, Left: left, Right: right}
	err = x.create(ctx, shell, pgerr.New(pgerr.DuplicateFunction, "operator %s already exists", shell.Name))
	return shell.OID, err
}

// linkOperator tells the commutator and the negator of a new operator of it, if they name none yet (OperatorUpd).
func (x *Executor) linkOperator(ctx context.Context, op *catalog.Operator) error {
	if c, ok := x.reader().Operator(op.Commutator); ok && c.Commutator == 0 {
		if err := x.ChangeObject(ctx, c, func(n catalog.Object) { n.(*catalog.Operator).Commutator = op.OID }); err != nil {
			return err
		}
	}
	if c, ok := x.reader().Operator(op.Negator); ok && c.Negator == 0 {
		return x.ChangeObject(ctx, c, func(n catalog.Object) { n.(*catalog.Operator).Negator = op.OID })
	}
	return nil
}

// findOperator finds the operator that a statement names (LookupOperWithArgs). A built-in one has no descriptor: ok is true, o nil.
func (x *Executor) findOperator(n *ast.ObjectWithArgs) (o *catalog.Operator, err error) {
	var args []types.OID
	for _, a := range n.Args {
		t := types.OID(0)
		if a != nil {
			got, err := x.Bind.Type(a)
			if err != nil {
				return nil, err
			}
			t = got.OID
		}
		args = append(args, t)
	}
	if len(args) == 1 {
		return nil, pgerr.New(pgerr.SyntaxError, "missing argument").WithHint("Use NONE to denote the missing argument of a unary operator.")
	}
	return x.operatorByTypes(n.Names, args[0], args[1])
}

// operatorByTypes finds an operator by the types of its operands.
func (x *Executor) operatorByTypes(names []string, left, right types.OID) (*catalog.Operator, error) {
	if right == 0 {
		return nil, pgerr.New(pgerr.SyntaxError, "postfix operators are not supported")
	}
	schemas, err := x.schemas(names)
	if err != nil {
		return nil, err
	}
	name := names[len(names)-1]
	if builtinToo(names) {
		if b, ok := builtins.OperatorExact(name, left, right); ok {
			return builtinOperator(b), nil
		}
	}
	if o, ok := first(schemas, x.reader().OperatorsNamed(name), func(o *catalog.Operator) bool { return o.Left == left && o.Right == right }); ok {
		return o, nil
	}
	text := strings.Join(names, ".") + " " + x.TypeWord(right)
	if left != 0 {
		text = x.TypeWord(left) + " " + text
	}
	return nil, pgerr.New(pgerr.UndefinedFunction, "operator does not exist: %s", text)
}

// builtinOperator is a built-in operator as a descriptor, of which none is stored.
func builtinOperator(b *builtins.Operator) *catalog.Operator {
	return &catalog.Operator{ObjectHead: catalog.ObjectHead{OID: b.OID, Schema: catalog.PGCatalogOID, Name: b.Name, Owner: catalog.SuperuserOID},
		Left: b.Left, Right: b.Right, Ret: b.Ret, Func: b.Code}
}

// alterOperator is ALTER OPERATOR SET.
func (x *Executor) alterOperator(ctx context.Context, s *ast.AlterOperatorStmt) error {
	old, err := x.findOperator(s.Operator)
	if err != nil {
		return err
	}
	set := map[string][]string{}
	for _, d := range s.Options {
		switch d.Name {
		case "restrict", "join":
			set[d.Name] = d.Words()
			if c, ok := d.Arg.(*ast.Const); d.Arg == nil || ok && strings.EqualFold(c.Val, "none") {
				set[d.Name] = nil
			}
		case "leftarg", "rightarg", "function", "procedure", "commutator", "negator", "hashes", "merges":
			return pgerr.New(pgerr.SyntaxError, "operator attribute \"%s\" cannot be changed", d.Name)
		default:
			return pgerr.New(pgerr.SyntaxError, "operator attribute \"%s\" not recognized", d.Name)
		}
	}
	if err := x.MustOwn(old); err != nil {
		return err
	}
	n := *old
	if name, ok := set["restrict"]; ok {
		if n.Restrict, err = x.estimator(name, restrictArgs); err != nil {
			return err
		}
	}
	if name, ok := set["join"]; ok {
		if n.Join, err = x.estimator(name, joinArgs); err != nil {
			return err
		}
	}
	if err := (operatorOptions{restrict: set["restrict"], join: set["join"]}).check(&n); err != nil {
		return err
	}
	if err := notBuiltin(old); err != nil {
		return err
	}
	return x.ChangeObject(ctx, old, func(o catalog.Object) {
		p := o.(*catalog.Operator)
		p.Restrict, p.Join = n.Restrict, n.Join
	})
}

// notBuiltin refuses to change what is built in.
func notBuiltin(o catalog.Object) error {
	if o.Head().OID < catalog.FirstUserOID {
		return pgerr.FeatureNotSupported("changing built-in objects")
	}
	return nil
}

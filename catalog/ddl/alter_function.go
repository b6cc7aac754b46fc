package ddl

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// functionObject is a function among the relations of a dropSet.
type functionObject struct{ *catalog.Function }

// RelOID implements catalog.Relation.
func (o functionObject) RelOID() types.OID { return o.OID }

// RelName implements catalog.Relation.
func (o functionObject) RelName() string { return o.Name }

// RelSchema implements catalog.Relation.
func (o functionObject) RelSchema() types.OID { return o.Schema }

// RelKind implements catalog.Relation; a function has none of the kinds.
func (o functionObject) RelKind() catalog.RelKind { return 0 }

// lookupFunction finds the function that a statement names (LookupFuncWithArgs). The error of a missing one is 42883, or 3F000 for its schema.
func (x *Executor) lookupFunction(kind ast.ObjectType, o *ast.ObjectWithArgs) (*catalog.Function, error) {
	name := o.Names[len(o.Names)-1]
	path := x.SearchPath
	if len(o.Names) > 1 {
		path = o.Names[len(o.Names)-2 : len(o.Names)-1]
		if _, ok := x.Txn.Newest().Schema(path[0]); !ok {
			return nil, errNoSchema(path[0])
		}
	}
	var want []types.OID
	if !o.ArgsUnspecified {
		for _, a := range o.Args {
			t, err := x.Bind.Type(a)
			if err != nil {
				return nil, err
			}
			want = append(want, t.OID)
		}
	}
	var found []*catalog.Function
	for _, schema := range path {
		s, ok := x.Txn.Newest().Schema(schema)
		if !ok {
			continue
		}
		for _, f := range x.Txn.Newest().FunctionsNamed(name) {
			if f.Schema != s.OID || !o.ArgsUnspecified && !slices.Equal(f.Inputs(), want) && !allParams(f, want) {
				continue
			}
			if o.ArgsUnspecified && !kindFits(f, kind) {
				continue
			}
			if found = append(found, f); !o.ArgsUnspecified {
				break
			}
		}
	}
	return x.oneFunction(kind, o, want, found)
}

// allParams matches a procedure by all its parameters, outputs too.
func allParams(f *catalog.Function, want []types.OID) bool {
	return f.Kind == 'p' && slices.EqualFunc(f.Params, want, func(p catalog.FunctionParam, t types.OID) bool { return p.Type == t })
}

func kindFits(f *catalog.Function, kind ast.ObjectType) bool {
	switch kind {
	case ast.ObjectFunction:
		return f.Kind == 'f'
	case ast.ObjectProcedure:
		return f.Kind == 'p'
	case ast.ObjectAggregate:
		return f.Kind == 'a'
	}
	return true
}

// oneFunction is the one function found, or the error of none or several.
func (x *Executor) oneFunction(kind ast.ObjectType, o *ast.ObjectWithArgs, want []types.OID, found []*catalog.Function) (*catalog.Function, error) {
	word := objectWord(kind, false)
	name := strings.Join(o.Names, ".")
	signature := func() string {
		if kind == ast.ObjectAggregate && len(want) == 0 {
			return name + "(*)"
		}
		var args []string
		for _, t := range want {
			args = append(args, x.typeWord(t))
		}
		return name + "(" + strings.Join(args, ", ") + ")"
	}
	switch {
	case len(found) > 1 && o.ArgsUnspecified:
		return nil, pgerr.New(pgerr.AmbiguousFunction, "%s name \"%s\" is not unique", word, name).
			WithHint("Specify the argument list to select the %s unambiguously.", word)
	case len(found) > 0:
		f := found[0]
		switch {
		case kindFits(f, kind):
		case kind == ast.ObjectAggregate:
			return nil, pgerr.New(pgerr.WrongObjectType, "function %s is not an aggregate", signature())
		case f.Kind == 'a' && kind == ast.ObjectFunction:
			return f, nil
		default:
			return nil, pgerr.New(pgerr.WrongObjectType, "%s is not a %s", signature(), word)
		}
		return f, nil
	}
	for _, p := range builtins.ProcsByName(o.Names[len(o.Names)-1]) {
		if len(o.Names) > 1 && o.Names[len(o.Names)-2] != "pg_catalog" || !o.ArgsUnspecified && !slices.Equal(p.Args, want) {
			continue
		}
		return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop %s %s because it is required by the database system", word, signature())
	}
	if o.ArgsUnspecified {
		return nil, pgerr.New(pgerr.UndefinedFunction, "could not find %s named \"%s\"", withArticle(word), name)
	}
	return nil, pgerr.New(pgerr.UndefinedFunction, "%s %s does not exist", word, signature())
}

// lockFunction finds a function and locks its descriptor. The result is the version that holds once the lock is there.
func (x *Executor) lockFunction(ctx context.Context, kind ast.ObjectType, o *ast.ObjectWithArgs) (*catalog.Function, error) {
	for {
		f, err := x.lookupFunction(kind, o)
		if err != nil {
			return nil, err
		}
		if err := x.mayDrop(functionObject{f}); err != nil {
			return nil, err
		}
		if err := x.Txn.Lock(ctx, kv.Exclusive, f); err != nil {
			return nil, err
		}
		again, err := x.lookupFunction(kind, o)
		if err != nil {
			return nil, err
		}
		if again.OID == f.OID {
			return again, nil
		}
	}
}

func isRoutine(t ast.ObjectType) bool {
	return t == ast.ObjectFunction || t == ast.ObjectProcedure || t == ast.ObjectRoutine || t == ast.ObjectAggregate
}

func withArticle(word string) string {
	if word[0] == 'a' {
		return "an " + word
	}
	return "a " + word
}

func (x *Executor) dropFunctions(ctx context.Context, s *ast.DropStmt) error {
	set := x.newDropSet()
	var rels []catalog.Relation
	for _, o := range s.Objects {
		f, err := x.lockFunction(ctx, s.RemoveType, o.Func)
		if err != nil {
			if code := pgerr.CodeOf(err); s.MissingOk && (code == pgerr.UndefinedFunction || code == pgerr.InvalidSchemaName || code == pgerr.UndefinedObject) {
				x.skipFunction(s.RemoveType, o.Func, err)
				continue
			}
			return err
		}
		if f.Kind == 'a' && s.RemoveType == ast.ObjectFunction {
			return pgerr.New(pgerr.WrongObjectType, "\"%s\" is an aggregate function", f.Name).WithHint("Use DROP AGGREGATE to drop aggregate functions.")
		}
		if !set.named[f.OID] {
			set.named[f.OID] = true
			rels = append(rels, functionObject{f})
		}
	}
	return x.dropAll(ctx, set, rels, s.Behavior)
}

// skipFunction is the notice of DROP … IF EXISTS of a function that does not exist.
func (x *Executor) skipFunction(kind ast.ObjectType, o *ast.ObjectWithArgs, err error) {
	e, _ := pgerr.As(err)
	text := e.Message
	if e.Code == pgerr.UndefinedFunction {
		var args []string
		for _, a := range o.Args {
			args = append(args, strings.Join(a.Names, ".")+strings.Repeat("[]", len(a.ArrayBounds)))
		}
		text = objectWord(kind, false) + " " + strings.Join(o.Names, ".") + "(" + strings.Join(args, ",") + ") does not exist"
	}
	x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "%s, skipping", text))
}

// changeFunction writes the next version of a function.
func (x *Executor) changeFunction(ctx context.Context, old *catalog.Function, change func(n *catalog.Function)) error {
	n := *old
	n.Version++
	change(&n)
	if n.Name != old.Name || n.Schema != old.Schema {
		if x.SameFunction(&n) != nil {
			return pgerr.New(pgerr.DuplicateFunction, "function %s already exists in schema \"%s\"", x.signature(&n), x.Txn.Newest().SchemaName(n.Schema))
		}
	}
	return FunctionError(&n, x.Txn.Update(ctx, old, &n))
}

// signature is a function's bare name with its input types.
func (x *Executor) signature(f *catalog.Function) string {
	var args []string
	for _, t := range f.Inputs() {
		args = append(args, x.typeWord(t))
	}
	return f.Name + "(" + strings.Join(args, ", ") + ")"
}

func (x *Executor) alterFunction(ctx context.Context, s *ast.AlterFunctionStmt) error {
	f, err := x.lockFunction(ctx, s.ObjType, s.Func)
	if err != nil {
		return err
	}
	n := *f
	o := &functionOptions{}
	seen := map[string]bool{}
	for _, d := range s.Actions {
		if seen[d.Name] && d.Name != "set" {
			return pgerr.New(pgerr.SyntaxError, "conflicting or redundant options").At(x.SQL, d.Pos)
		}
		seen[d.Name] = true
		if err := x.functionAttribute(&n, o, d); err != nil {
			return err
		}
	}
	if o.rowsSet {
		if !n.RetSet {
			return pgerr.New(pgerr.InvalidParameterValue, "ROWS is not applicable when function does not return a set")
		}
		n.Rows = o.rows
	}
	return x.changeFunction(ctx, f, func(to *catalog.Function) {
		v := to.Version
		*to = n
		to.Version = v
	})
}

func (x *Executor) renameFunction(ctx context.Context, s *ast.RenameStmt) error {
	f, err := x.lockFunction(ctx, s.RenameType, s.Object.Func)
	if err != nil {
		return err
	}
	if err := x.errFunctionUsed(f, "renaming"); err != nil {
		return err
	}
	return x.changeFunction(ctx, f, func(n *catalog.Function) { n.Name = s.NewName })
}

// errFunctionUsed refuses to change the name of a function that stored text names.
func (x *Executor) errFunctionUsed(f *catalog.Function, what string) error {
	for _, d := range x.dependents(functionObject{f}) {
		return pgerr.FeatureNotSupported(what + " a function that " + x.describe(d) + " depends on")
	}
	return nil
}

func (x *Executor) setFunctionSchema(ctx context.Context, s *ast.AlterObjectSchemaStmt) error {
	f, err := x.lockFunction(ctx, s.ObjectType, s.Object.Func)
	if err != nil {
		return err
	}
	schema, ok := x.Txn.Newest().Schema(s.NewSchema)
	if !ok {
		return errNoSchema(s.NewSchema)
	}
	if schema.OID == f.Schema {
		return nil
	}
	if err := x.Txn.Lock(ctx, kv.Shared, schema); err != nil {
		return err
	}
	if err := x.errFunctionUsed(f, "moving"); err != nil {
		return err
	}
	return x.changeFunction(ctx, f, func(n *catalog.Function) { n.Schema = schema.OID })
}

// functionDependents lists the defaults and constraints whose stored text calls f. (Views and functions that do are noted in
// their descriptors.)
func (x *Executor) functionDependents(f *catalog.Function, on string) []dependent {
	call := x.qualified(f.Schema, f.Name) + "("
	var deps []dependent // the last one is reported first
	for t := range x.Txn.Newest().Tables() {
		for _, k := range t.Checks {
			if strings.Contains(k.Expr, call) {
				deps = append(deps, dependent{rel: t, check: k, on: on})
			}
		}
		for _, c := range t.Columns {
			if strings.Contains(c.Default, call) {
				deps = append(deps, dependent{rel: t, column: c, on: on})
			}
		}
	}
	return deps
}

// dropCheck takes a CHECK constraint away.
func (x *Executor) dropCheck(ctx context.Context, old *catalog.Table, name string) error {
	t := next(old)
	t.Checks = slices.DeleteFunc(slices.Clone(t.Checks), func(k *catalog.Check) bool { return k.Name == name })
	return x.update(ctx, old, t)
}

// typeDependents lists the functions that take or return values of the row type of a relation.
func (x *Executor) typeDependents(row types.OID, name string) []dependent {
	var deps []dependent
	for _, f := range x.Txn.Newest().Functions(0) {
		uses := f.Ret == row
		for _, p := range f.Params {
			uses = uses || p.Type == row
		}
		if uses {
			deps = append(deps, dependent{rel: functionObject{f}, on: "type " + name})
		}
	}
	return deps
}

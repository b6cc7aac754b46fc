package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/gin"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// object is an operator, cast, operator class, operator family or collation among the relations of a dropSet.
type object struct{ catalog.Object }

func (o object) RelOID() types.OID        { return o.Head().OID }
func (o object) RelName() string          { return o.Head().Name }
func (o object) RelSchema() types.OID     { return o.Head().Schema }
func (o object) RelKind() catalog.RelKind { return 0 }

// typeObject is a type of CREATE TYPE or CREATE DOMAIN among the relations of a dropSet.
type typeObject struct{ *catalog.Type }

func (o typeObject) RelOID() types.OID        { return o.OID }
func (o typeObject) RelKind() catalog.RelKind { return 0 }

// DescribeObject is an object as messages describe it: "operator +(a,b)".
func (x *Executor) DescribeObject(o catalog.Object) string {
	switch d := o.(type) {
	case *catalog.Operator:
		return "operator " + x.OperatorName(d)
	case *catalog.Cast:
		return "cast from " + x.typeWord(d.From) + " to " + x.typeWord(d.To)
	case *catalog.OpClass:
		return "operator class " + x.objectName(d) + " for access method " + d.Method
	case *catalog.OpFamily:
		return "operator family " + x.objectName(d) + " for access method " + d.Method
	case *catalog.Collation:
		return "collation " + x.objectName(d)
	}
	return "object"
}

// OperatorName is an operator with the types of its operands.
func (x *Executor) OperatorName(o *catalog.Operator) string {
	word := func(t types.OID) string {
		if t == 0 {
			return "NONE"
		}
		return x.typeWord(t)
	}
	name := o.Name + "(" + word(o.Left) + "," + word(o.Right) + ")"
	if x.objectVisible(o) {
		return name
	}
	return quoteIdent(x.Txn.Newest().SchemaName(o.Schema)) + "." + name
}

func (x *Executor) objectName(o catalog.Object) string {
	if x.objectVisible(o) {
		return quoteIdent(o.Head().Name)
	}
	return x.qualified(o.Head().Schema, o.Head().Name)
}

// objectVisible reports whether the search path has the object's schema; what hides it there does not count.
func (x *Executor) objectVisible(o catalog.Object) bool {
	return slices.Contains(x.SearchPath, x.Txn.Newest().SchemaName(o.Head().Schema))
}

// objectNeeds lists the functions, types, operators and families that an object cannot be without.
func objectNeeds(r *catalog.Reader, o catalog.Object) (needs, types1 []types.OID) {
	switch d := o.(type) {
	case *catalog.Operator:
		return []types.OID{d.Func, d.Restrict, d.Join}, []types.OID{d.Left, d.Right, d.Ret}
	case *catalog.Cast:
		return []types.OID{d.Func}, []types.OID{d.From, d.To}
	case *catalog.OpClass:
		needs = []types.OID{d.Family}
		if f, ok := r.OpFamily(d.Family); ok {
			for _, m := range f.Operators {
				if m.Class == d.OID {
					needs = append(needs, m.Operator, m.SortFamily)
				}
			}
			for _, m := range f.Functions {
				if m.Class == d.OID {
					needs = append(needs, m.Func)
				}
			}
		}
		return needs, []types.OID{d.Type, d.Key}
	}
	return nil, nil
}

// objectDependents lists what depends on a function, type, operator or operator family besides relations.
func (x *Executor) objectDependents(rel catalog.Relation, on string) []dependent {
	r := x.Txn.Newest()
	id := rel.RelOID()
	row := catalog.RowTypeOf(rel)
	if t, ok := rel.(typeObject); ok {
		row = t.OID
	}
	var deps []dependent
	for _, o := range r.Objects() {
		needs, uses := objectNeeds(r, o)
		on := on
		if o.Head().OID == id || !slices.Contains(needs, id) && (row == 0 || !slices.ContainsFunc(uses, func(t types.OID) bool { return usesType(t, row) })) {
			continue
		}
		if c, ok := o.(*catalog.OpClass); ok && c.Family == id {
			on = "" // goes with its family
		}
		if row != 0 && row != id {
			on = "type " + x.typeWord(row)
		}
		deps = append(deps, dependent{rel: object{o}, on: on})
	}
	if _, ok := rel.(functionObject); ok {
		for _, t := range r.Types() {
			if t.Held != nil && slices.Contains(t.Held.Functions(), id) {
				deps = append(deps, dependent{rel: typeObject{t}, on: on})
			}
		}
	}
	switch o := rel.(type) {
	case typeObject:
		deps = append(deps, x.usesOfType(o, on)...)
	case object:
		if c, ok := o.Object.(*catalog.Collation); ok {
			deps = append(deps, x.usesOfCollation(c, on)...)
		}
	}
	return deps
}

// usesOfType lists the columns, domains, functions and views that depend on a type.
func (x *Executor) usesOfType(t typeObject, on string) []dependent {
	var deps []dependent
	for _, tab := range x.typedTables(t.Type) {
		deps = append(deps, dependent{rel: tab, on: on})
	}
	for _, u := range x.typeUses(t.Type) {
		switch {
		case u.fn != nil:
			deps = append(deps, dependent{rel: functionObject{u.fn}, on: on})
		case u.view != nil:
			deps = append(deps, dependent{rel: u.view, on: on})
		case u.table != nil:
			deps = append(deps, dependent{rel: u.table, use: &u, on: on})
		case u.column != "":
			deps = append(deps, dependent{rel: typeObject{u.typ}, use: &u, on: on})
		default:
			deps = append(deps, dependent{rel: typeObject{u.typ}, on: on})
		}
	}
	return deps
}

// removeObject drops an object, or a type, and what other objects say of it.
func (x *Executor) removeObject(ctx context.Context, rel catalog.Relation) error {
	if t, ok := rel.(typeObject); ok {
		return x.dropType(ctx, t.OID)
	}
	o, ok := x.Txn.Newest().Object(rel.RelOID())
	if !ok {
		return nil
	}
	if err := x.Txn.Lock(ctx, kv.Exclusive, o); err != nil {
		return err
	}
	if err := x.Txn.Drop(ctx, o); err != nil {
		return err
	}
	switch d := o.(type) {
	case *catalog.Operator:
		return x.forgetOperator(ctx, d)
	case *catalog.OpClass:
		return x.changeFamilies(ctx, func(class, _ types.OID) bool { return class == d.OID })
	}
	return nil
}

// forgetOperator takes an operator that is gone out of operator families and of the operators that named it.
func (x *Executor) forgetOperator(ctx context.Context, d *catalog.Operator) error {
	for _, o := range x.Txn.Newest().Objects() {
		p, ok := o.(*catalog.Operator)
		if !ok || p.Commutator != d.OID && p.Negator != d.OID {
			continue
		}
		if err := x.ChangeObject(ctx, p, func(n catalog.Object) {
			q := n.(*catalog.Operator)
			if q.Commutator == d.OID {
				q.Commutator = 0
			}
			if q.Negator == d.OID {
				q.Negator = 0
			}
		}); err != nil {
			return err
		}
	}
	return x.changeFamilies(ctx, func(_, op types.OID) bool { return op == d.OID })
}

// changeFamilies takes members out of the operator families: those that came with a class, or name an operator or function.
func (x *Executor) changeFamilies(ctx context.Context, gone func(class, of types.OID) bool) error {
	for _, o := range x.Txn.Newest().Objects() {
		f, ok := o.(*catalog.OpFamily)
		if !ok || !slices.ContainsFunc(f.Operators, func(m catalog.FamilyOperator) bool { return gone(m.Class, m.Operator) }) &&
			!slices.ContainsFunc(f.Functions, func(m catalog.FamilyFunction) bool { return gone(m.Class, m.Func) }) {
			continue
		}
		if err := x.ChangeObject(ctx, f, func(n catalog.Object) {
			g := n.(*catalog.OpFamily)
			g.Operators = slices.DeleteFunc(slices.Clone(g.Operators), func(m catalog.FamilyOperator) bool { return gone(m.Class, m.Operator) })
			g.Functions = slices.DeleteFunc(slices.Clone(g.Functions), func(m catalog.FamilyFunction) bool { return gone(m.Class, m.Func) })
		}); err != nil {
			return err
		}
	}
	return nil
}

// ChangeObject locks an object and writes its next version, which f changes.
func (x *Executor) ChangeObject(ctx context.Context, o catalog.Object, f func(catalog.Object)) error {
	if err := x.Txn.Lock(ctx, kv.Exclusive, o); err != nil {
		return err
	}
	cur, ok := x.Txn.Newest().Object(o.Head().OID)
	if !ok {
		return pgerr.New(pgerr.UndefinedObject, "%s does not exist", x.DescribeObject(o))
	}
	n := cur.Next()
	f(n)
	return x.Txn.Update(ctx, cur, n)
}

// DropObject drops an object and, if cascade, what depends on it.
func (x *Executor) DropObject(ctx context.Context, objects []catalog.Object, cascade bool) error {
	ds := make([]any, len(objects))
	for i, o := range objects {
		ds[i] = o
	}
	return x.DropObjects(ctx, ds, cascade)
}

// TypeWord is a type as messages name it.
func (x *Executor) TypeWord(t types.OID) string { return x.typeWord(t) }

// MayDrop allows the owner of an object and that of its schema.
func (x *Executor) MayDrop(o catalog.Object) error {
	s, ok := x.Txn.Newest().SchemaByOID(o.Head().Schema)
	if ok && x.Txn.Newest().Owns(x.Owner, s) {
		return nil
	}
	return x.MustOwn(o)
}

// checkKey is the error of using a type as a key column with an operator class ("": the default one), nil if it can be one.
func (x *Executor) checkKey(t types.T, method, class string) error {
	t = x.Txn.Newest().BaseType(t)
	c, ok := x.Txn.Newest().DefaultOpClass(t.OID, method)
	switch {
	case class == "" && !ok && (method == catalog.GIN && gin.DefaultClass(t.OID) == 0 || types.IsUserBase(t.OID)):
		return pgerr.New(pgerr.UndefinedObject, "data type %s has no default operator class for access method \"%s\"", x.typeWord(t.OID), method).
			WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
	case method == catalog.GIN:
		return rowenc.CheckTerms(class, t)
	case ok && !x.Txn.Newest().BuiltinOrder(c):
		return pgerr.FeatureNotSupported("an index by operator class " + c.Name)
	}
	return rowenc.CheckKey(t)
}

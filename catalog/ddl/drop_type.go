package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// typeUse is an object that depends on a type: a column of a table or of a composite type, a domain, or a function.
type typeUse struct {
	text   string // as messages describe it
	on     string // the type
	table  *catalog.Table
	column string        // "": all of the table, whose partition key needs the type
	typ    *catalog.Type // with column: a composite type, else a domain
	fn     *catalog.Function
	view   *catalog.View
}

// usesType reports whether a type is the other one or an array of it.
func usesType(t, of types.OID) bool { return t == of || types.ElemOf(t) == of }

// typeUses lists what depends directly on a type.
func (x *Executor) typeUses(t *catalog.Type) []typeUse {
	r := x.Txn.Newest()
	on := "type " + x.typeName(t)
	var uses []typeUse
	for _, rel := range x.typedRelations() {
		for _, c := range catalog.ColumnsOf(rel) {
			if !usesType(c.Type.OID, t.OID) {
				continue
			}
			switch y := rel.(type) {
			case *catalog.Table:
				if y.Key.Uses(c.ID) {
					uses = append(uses, typeUse{text: x.describeRel(y), on: on, table: y})
					continue
				}
				uses = append(uses, typeUse{text: "column " + quoteIdent(c.Name) + " of table " + x.relName(y), on: on, table: y, column: c.Name})
			case *catalog.View:
				uses = append(uses, typeUse{text: "view " + x.relName(y), on: on, view: y})
			}
		}
	}
	for _, o := range r.Types() {
		if o.Kind == catalog.TypeDomain && usesType(o.Base.OID, t.OID) {
			uses = append(uses, typeUse{text: "type " + x.typeName(o), on: on, typ: o})
		}
		for _, c := range o.Columns {
			if usesType(c.Type.OID, t.OID) {
				uses = append(uses, typeUse{text: "column " + quoteIdent(c.Name) + " of composite type " + x.typeName(o), on: on, typ: o, column: c.Name})
			}
		}
	}
	for _, f := range r.Functions(0) {
		uses1 := usesType(f.Ret, t.OID)
		for i := range f.Params {
			uses1 = uses1 || usesType(f.Params[i].Type, t.OID)
		}
		if uses1 {
			uses = append(uses, typeUse{text: "function " + x.functionName(f), on: on, fn: f})
		}
	}
	return uses
}

// typedRelations are the stored tables and views by OID.
func (x *Executor) typedRelations() []catalog.Relation {
	var rels []catalog.Relation
	for rel := range x.Txn.Newest().Relations(0) {
		if rel.RelOID() >= catalog.FirstUserOID {
			rels = append(rels, rel)
		}
	}
	return rels
}

// dropTypes is DROP TYPE and DROP DOMAIN.
func (x *Executor) dropTypes(ctx context.Context, s *ast.DropStmt) error {
	var drop []*catalog.Type
	for _, o := range s.Objects {
		names := o.Names
		if o.Type != nil {
			names = o.Type.Names
		}
		t, err := x.lockType(ctx, names)
		if err != nil {
			code := pgerr.CodeOf(err)
			if e, ok := pgerr.As(err); ok && s.MissingOk && (code == pgerr.UndefinedObject || code == pgerr.InvalidSchemaName) {
				x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "%s, skipping", e.Message))
				continue
			}
			return x.errDropRowType(err, names)
		}
		if s.RemoveType == ast.ObjectDomain && t.Kind != catalog.TypeDomain {
			return pgerr.New(pgerr.WrongObjectType, "%q is not a domain", x.typeName(t))
		}
		if !slices.Contains(drop, t) {
			drop = append(drop, t)
		}
	}
	return x.removeTypes(ctx, drop, s.Behavior == ast.DropCascade)
}

// errDropRowType is the error of DROP TYPE for the row type of a table.
func (x *Executor) errDropRowType(err error, names []string) error {
	if pgerr.CodeOf(err) != pgerr.WrongObjectType {
		return err
	}
	rel, e := x.lookup(rangeVar(names))
	if e != nil {
		return err
	}
	what := x.describeRel(rel)
	return pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop type %s because %s requires it", x.relName(rel), what).
		WithHint("You can drop %s instead.", what)
}

// removeTypes drops types and, if cascade, what depends on them.
func (x *Executor) removeTypes(ctx context.Context, drop []*catalog.Type, cascade bool) error {
	ds := make([]any, len(drop))
	for i, t := range drop {
		ds[i] = t
	}
	return x.DropObjects(ctx, ds, cascade)
}

func (x *Executor) dropType(ctx context.Context, oid types.OID) error {
	t, ok := x.Txn.Newest().TypeByOID(oid)
	if !ok {
		return nil
	}
	if err := x.Txn.Lock(ctx, kv.Exclusive, t); err != nil {
		return err
	}
	return x.Txn.Drop(ctx, t)
}

// removeUse drops an object that depends on a type.
func (x *Executor) removeUse(ctx context.Context, u typeUse) error {
	if u.table != nil {
		if err := x.Txn.Lock(ctx, kv.Exclusive, u.table); err != nil {
			return err
		}
		t, ok := x.Txn.Newest().Table(u.table.OID)
		if !ok {
			return nil
		}
		if u.column == "" {
			set := x.newDropSet()
			set.visit(dependent{rel: t})
			return x.remove(ctx, set)
		}
		return x.dropColumn(ctx, t, &ast.AlterTableCmd{Kind: ast.DropColumn, Name: u.column, Behavior: ast.DropCascade, MissingOk: true})
	}
	old, ok := x.Txn.Newest().TypeByOID(u.typ.OID)
	if !ok {
		return nil
	}
	return x.changeType(ctx, old, func(t *catalog.Type) error { return dropAttribute(t, u.column) })
}

// dropAttribute takes a column out of a composite type that is not published yet.
func dropAttribute(t *catalog.Type, name string) error {
	i := slices.IndexFunc(t.Columns, func(c *catalog.Column) bool { return c.Name == name })
	if i < 0 {
		return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", name, t.Name)
	}
	t.Columns = slices.Delete(slices.Clone(t.Columns), i, i+1)
	return nil
}

package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// role is the OID of the role that a RoleSpec names.
func (x *Executor) role(spec *ast.RoleSpec) (oid types.OID, err error) {
	switch {
	case spec == nil || spec.Kind == ast.RoleCurrentUser || spec.Kind == ast.RoleCurrentRole:
		return x.Owner, nil
	case spec.Kind == ast.RoleSessionUser:
		return x.SessionRole, nil
	}
	name := spec.Name
	if spec.Kind == ast.RolePublic {
		name = "public"
	}
	r, ok := x.Txn.Newest().Role(name)
	if !ok {
		return 0, pgerr.New(pgerr.UndefinedObject, "role %q does not exist", name)
	}
	return r.OID, nil
}

// Role is the OID of the role that a RoleSpec names.
func (x *Executor) Role(spec *ast.RoleSpec) (types.OID, error) { return x.role(spec) }

// RightsWord is the kind of a descriptor, and its bare name, as errors about privileges name it.
func RightsWord(r *catalog.Reader, d any) (kind, name string) {
	switch o := d.(type) {
	case *catalog.Table:
		return kindWord(o), o.Name
	case *catalog.View:
		return "view", o.Name
	case *catalog.Sequence:
		return "sequence", o.Name
	case *catalog.Index:
		return "index", o.Name
	case *catalog.Schema:
		return "schema", o.Name
	case *catalog.Function:
		if o.Kind == 'p' {
			return "procedure", o.Name
		}
		return "function", o.Name
	case *catalog.Type:
		return "type", o.Name
	case *catalog.Database:
		return "database", o.Name
	case *catalog.Operator:
		return "operator", o.Name
	case *catalog.OpClass:
		return "operator class", o.Name
	case *catalog.OpFamily:
		return "operator family", o.Name
	case *catalog.Collation:
		return "collation", o.Name
	}
	return "object", ""
}

// ErrDenied is the error of a missing privilege.
func ErrDenied(r *catalog.Reader, d any) *pgerr.Error {
	kind, name := RightsWord(r, d)
	return pgerr.New(pgerr.InsufficientPrivilege, "permission denied for %s %s", kind, name)
}

func (x *Executor) errNotOwner(d any) *pgerr.Error {
	kind, name := RightsWord(x.Txn.Newest(), d)
	if t, ok := d.(*catalog.Table); ok && t.Virtual != nil {
		return errSystemCatalog(t).(*pgerr.Error)
	}
	return pgerr.New(pgerr.InsufficientPrivilege, "must be owner of %s %s", kind, name)
}

// MustOwn refuses what only the owner of an object may do.
func (x *Executor) MustOwn(d any) error {
	if f, ok := d.(functionObject); ok {
		d = f.Function
	}
	if t, ok := d.(*catalog.Type); ok && !x.Txn.Newest().Owns(x.Owner, t) {
		return pgerr.New(pgerr.InsufficientPrivilege, "must be owner of type %s", x.typeName(t))
	}
	if x.Txn.Newest().Owns(x.Owner, d) {
		return nil
	}
	return x.errNotOwner(d)
}

// mustOwnRelation is MustOwn for lockRelationIf.
func (x *Executor) mustOwnRelation(rel catalog.Relation) error { return x.MustOwn(rel) }

// mayDrop allows the owner of a relation and that of its schema.
func (x *Executor) mayDrop(rel catalog.Relation) error {
	if s, ok := x.Txn.Newest().SchemaByOID(rel.RelSchema()); ok && x.Txn.Newest().Owns(x.Owner, s) {
		return nil
	}
	return x.MustOwn(rel)
}

// may is a check of a privilege for lockRelationIf.
func (x *Executor) may(p acl.Privs) func(catalog.Relation) error {
	return func(rel catalog.Relation) error { return x.need(rel, p) }
}

// need refuses what the current role has not the privilege for.
func (x *Executor) need(d any, p acl.Privs) error {
	if x.Txn.Newest().Allowed(x.Owner, d, p, false) == p {
		return nil
	}
	return ErrDenied(x.Txn.Newest(), d)
}

// MayGiveTo checks that the current role may make owner the owner of an object in a schema (0: of none).
func (x *Executor) MayGiveTo(owner, schema types.OID) error {
	r := x.Txn.Newest()
	if r.Superuser(x.Owner) {
		return nil
	}
	if !r.IsMember(x.Owner, owner) {
		return pgerr.New(pgerr.InsufficientPrivilege, "must be member of role %q", r.RoleName(owner))
	}
	if s, ok := r.SchemaByOID(schema); ok && r.Allowed(owner, s, acl.Create, false) == 0 {
		return ErrDenied(r, s)
	}
	return nil
}

// GiveTo makes owner the owner of an object, in the next version of its descriptor, and of what belongs to it.
func (x *Executor) GiveTo(ctx context.Context, d any, owner types.OID) error {
	switch o := d.(type) {
	case *catalog.Table:
		return x.giveTable(ctx, o, owner)
	case catalog.Object:
		return x.ChangeObject(ctx, o, func(n catalog.Object) { n.Head().Owner = owner })
	}
	return x.changeRights(ctx, d, "changing the owner of this object", func(old *types.OID, a *acl.ACL) {
		*a, *old = a.NewOwner(*old, owner), owner
	})
}

// giveTable is GiveTo for a table, its columns' privileges and its sequences.
func (x *Executor) giveTable(ctx context.Context, o *catalog.Table, owner types.OID) error {
	n := next(o)
	n.ACL, n.Owner = o.ACL.NewOwner(o.Owner, owner), owner
	n.Columns = slices.Clone(o.Columns)
	for i, c := range n.Columns {
		if c.ACL != nil {
			changeColumn(n, i).ACL = c.ACL.NewOwner(o.Owner, owner)
		}
	}
	if err := x.update(ctx, o, n); err != nil {
		return err
	}
	for _, q := range x.Txn.Newest().OwnedSequences(o.OID, 0) {
		if err := x.lockOID(ctx, q); err != nil {
			return err
		}
		if cur, ok := x.Txn.Newest().Sequence(q.OID); ok {
			if err := x.GiveTo(ctx, cur, owner); err != nil {
				return err
			}
		}
	}
	return nil
}

// WithACL writes the next version of an object with another ACL.
func (x *Executor) WithACL(ctx context.Context, d any, a acl.ACL) error {
	return x.changeRights(ctx, d, "privileges of this object", func(_ *types.OID, old *acl.ACL) { *old = a })
}

// changeRights writes the next version of an object whose owner and ACL change has changed. feature is what cannot be done to objects
// without an ACL.
func (x *Executor) changeRights(ctx context.Context, d any, feature string, change func(owner *types.OID, a *acl.ACL)) error {
	switch o := d.(type) {
	case *catalog.Table:
		n := next(o)
		change(&n.Owner, &n.ACL)
		return x.update(ctx, o, n)
	case *catalog.View:
		n := *o
		n.Version++
		change(&n.Owner, &n.ACL)
		return x.update(ctx, o, &n)
	case *catalog.Sequence:
		n := *o
		n.Version++
		change(&n.Owner, &n.ACL)
		return x.update(ctx, o, &n)
	case *catalog.Schema:
		n := *o
		n.Version++
		change(&n.Owner, &n.ACL)
		return x.Txn.Update(ctx, o, &n)
	case *catalog.Function:
		return x.changeFunction(ctx, o, func(n *catalog.Function) { change(&n.Owner, &n.ACL) })
	case *catalog.Type:
		return x.changeType(ctx, o, func(n *catalog.Type) error { change(&n.Owner, &n.ACL); return nil })
	case *catalog.Database:
		n := *o
		n.Version++
		change(&n.Owner, &n.ACL)
		return x.Txn.Update(ctx, o, &n)
	}
	return pgerr.FeatureNotSupported(feature)
}

// WithColumnACL writes the next version of a table or view with another ACL of one column.
func (x *Executor) WithColumnACL(ctx context.Context, rel catalog.Relation, column catalog.ColumnID, a acl.ACL) error {
	if len(a) == 0 {
		a = nil
	}
	change := func(cols []*catalog.Column) []*catalog.Column {
		cols = slices.Clone(cols)
		for i, c := range cols {
			if c.ID == column {
				n := *c
				n.ACL = a
				cols[i] = &n
			}
		}
		return cols
	}
	switch o := rel.(type) {
	case *catalog.Table:
		n := next(o)
		n.Columns = change(o.Columns)
		return x.update(ctx, o, n)
	case *catalog.View:
		n := *o
		n.Version++
		n.Columns = change(o.Columns)
		return x.update(ctx, o, &n)
	}
	return nil
}

// LockOwned locks a descriptor exclusively and gives its newest version; nil if it is gone.
func (x *Executor) LockOwned(ctx context.Context, d any) (any, error) {
	if err := x.Txn.KV().Lock(ctx, [][]byte{catalog.DescriptorKey(d)}, kv.LockOptions{Mode: kv.Exclusive}, nil); err != nil {
		return nil, err
	}
	return x.Txn.Newest().Current(d), nil
}

// ownerStmt is ALTER … OWNER TO of what is no relation.
func (x *Executor) ownerStmt(ctx context.Context, s *ast.AlterOwnerStmt) error {
	owner, err := x.role(s.NewOwner)
	if err != nil {
		return err
	}
	var d any
	schema := types.OID(0)
	switch {
	case isRoutine(s.ObjectType):
		f, err := x.lockFunction(ctx, s.ObjectType, s.Object.Func)
		if err != nil {
			return err
		}
		d, schema = f, f.Schema
	case s.ObjectType == ast.ObjectSchema:
		if d, err = x.lockSchema(ctx, s.Object.Names[0]); err != nil {
			return err
		}
	case s.ObjectType == ast.ObjectDataType || s.ObjectType == ast.ObjectDomain:
		t, err := x.lockType(ctx, s.Object.Names)
		if err != nil {
			return err
		}
		d, schema = t, t.Schema
	case s.ObjectType == ast.ObjectDatabase:
		db, ok := x.Txn.Newest().Database(s.Object.Names[0])
		if !ok {
			return pgerr.New(pgerr.InvalidCatalogName, "database %q does not exist", s.Object.Names[0])
		}
		if d, err = x.LockOwned(ctx, db); err != nil || d == nil {
			return err
		}
	default:
		return pgerr.FeatureNotSupported("ALTER " + objectWord(s.ObjectType, true) + " OWNER TO")
	}
	if x.Txn.Newest().RightsOf(d).Owner == owner {
		return nil
	}
	if err := x.MustOwn(d); err != nil {
		return err
	}
	if err := x.MayGiveTo(owner, schema); err != nil {
		return err
	}
	return x.GiveTo(ctx, d, owner)
}

// changeOwner is ALTER TABLE, VIEW or SEQUENCE OWNER TO.
func (x *Executor) changeOwner(ctx context.Context, rel catalog.Relation, cmd *ast.AlterTableCmd) error {
	owner, err := x.role(cmd.NewOwner)
	if err != nil {
		return err
	}
	if q, ok := rel.(*catalog.Sequence); ok && q.OwnedBy.Table != 0 {
		if t, ok := x.Txn.Newest().Table(q.OwnedBy.Table); ok && t.Owner != owner {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot change owner of sequence %q", q.Name).
				WithDetail("Sequence %q is linked to table %q.", q.Name, t.Name)
		}
	}
	if x.Txn.Newest().RightsOf(rel).Owner == owner {
		return nil
	}
	if _, ok := rel.(*catalog.Index); ok {
		return nil // an index has its table's
	}
	if err := x.MayGiveTo(owner, rel.RelSchema()); err != nil {
		return err
	}
	return x.GiveTo(ctx, rel, owner)
}

// RelName is the name of a relation for a message: qualified unless the search path finds it.
func (x *Executor) RelName(rel catalog.Relation) string { return x.relName(rel) }

// Describe is a descriptor for a message: "table t", "function f(integer)".
func (x *Executor) Describe(d any) string {
	switch o := d.(type) {
	case *catalog.Function:
		return x.describeRel(functionObject{o})
	case *catalog.Type:
		return "type " + x.typeName(o)
	case catalog.Object:
		return x.DescribeObject(o)
	case catalog.Relation:
		return x.describeRel(o)
	}
	kind, name := RightsWord(x.Txn.Newest(), d)
	return kind + " " + quoteIdent(name)
}

// Relation finds a relation by its name; a missing one is an error.
func (x *Executor) Relation(names []string) (catalog.Relation, error) {
	return x.lookup(rangeVar(names))
}

// CreationSchema finds and locks the schema that a new object of that name goes to; the current role may create in it.
func (x *Executor) CreationSchema(ctx context.Context, names []string) (*catalog.Schema, error) {
	return x.creationSchema(ctx, rangeVar(names))
}

// Function finds a function by its name and arguments; a missing one is an error.
func (x *Executor) Function(kind ast.ObjectType, o *ast.ObjectWithArgs) (*catalog.Function, error) {
	return x.lookupFunction(kind, o)
}

// LockType finds a user-defined type and locks it.
func (x *Executor) LockType(ctx context.Context, names []string) (*catalog.Type, error) {
	return x.lockType(ctx, names)
}

// DropObjects drops objects and what depends on them, of DROP OWNED.
func (x *Executor) DropObjects(ctx context.Context, ds []any, cascade bool) error {
	defer x.locking(catalog.AccessExclusive)()
	set := x.newDropSet()
	var rels []catalog.Relation
	for _, d := range ds {
		switch o := d.(type) {
		case *catalog.Function:
			set.named[o.OID] = true
			rels = append(rels, functionObject{o})
		case *catalog.Type:
			set.named[o.OID] = true
			rels = append(rels, typeObject{o})
		case catalog.Object:
			set.named[o.Head().OID] = true
			rels = append(rels, object{o})
		case *catalog.Table, *catalog.View, *catalog.Sequence:
			rel := o.(catalog.Relation)
			set.named[rel.RelOID()] = true
			rels = append(rels, rel)
		}
	}
	behavior := ast.DropRestrict
	if cascade {
		behavior = ast.DropCascade
	}
	if err := x.dropAll(ctx, set, rels, behavior); err != nil {
		return err
	}
	for _, d := range ds {
		if o, ok := x.Txn.Newest().Current(d).(*catalog.Schema); ok {
			if err := x.emptySchema(ctx, o, cascade); err != nil {
				return err
			}
			if err := x.Txn.Drop(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayRefer checks that foreign keys may refer to a table: REFERENCES on it, or on the columns.
func (x *Executor) mayRefer(c *ast.Constraint) func(catalog.Relation) error {
	return func(rel catalog.Relation) error {
		err := x.need(rel, acl.References)
		t, ok := rel.(*catalog.Table)
		if err == nil || !ok {
			return err
		}
		names := c.PkColumns
		if len(names) == 0 && t.HasPrimaryKey() {
			for _, k := range t.Primary.Columns {
				names = append(names, t.ColumnByID(k.Column).Name)
			}
		}
		for _, name := range names {
			if col, _, ok := t.Column(name); !ok || !x.Txn.Newest().ColumnAllowed(x.Owner, col, acl.References) {
				return err
			}
		}
		return nil
	}
}

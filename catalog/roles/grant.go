package roles

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// grantWork is a GRANT or REVOKE with its names resolved.
type grantWork struct {
	s        *ast.GrantStmt
	privs    acl.Privs // on the objects; 0 with all: what there is
	all      bool
	columns  []columnPrivs
	grantees []types.OID
}

// columnPrivs are privileges on columns; privs 0 is all.
type columnPrivs struct {
	privs acl.Privs
	names []string
}

// kinds are the kinds of objects that may be granted on, with the word that errors have for them.
var kinds = map[ast.ObjectType]struct {
	kind acl.Kind
	word string
}{
	ast.ObjectTable: {acl.Relation, "relation"}, ast.ObjectSequence: {acl.Sequence, "sequence"}, ast.ObjectDatabase: {acl.Database, "database"},
	ast.ObjectFunction: {acl.Function, "function"}, ast.ObjectProcedure: {acl.Function, "procedure"}, ast.ObjectRoutine: {acl.Function, "routine"},
	ast.ObjectSchema: {acl.Schema, "schema"}, ast.ObjectDataType: {acl.Type, "type"}, ast.ObjectDomain: {acl.Type, "domain"},
	ast.ObjectLanguage: {acl.Language, "language"}, ast.ObjectTablespace: {acl.Tablespace, "tablespace"},
	ast.ObjectLargeObject: {acl.LargeObject, "large object"}, ast.ObjectFDW: {acl.ForeignWrap, "foreign-data wrapper"},
	ast.ObjectForeignServer: {acl.ForeignServer, "foreign server"}, ast.ObjectParameterACL: {acl.Parameter, "parameter"},
}

// resolve reads the privileges and grantees of a statement.
func (x *Executor) resolve(s *ast.GrantStmt) (*grantWork, error) {
	w := &grantWork{s: s, all: len(s.Privileges) == 0}
	k := kinds[s.ObjType]
	allowed := k.kind.All()
	if s.ObjType == ast.ObjectTable && s.TargetType != ast.GrantDefaultPrivs {
		allowed |= acl.Usage // of sequences
	}
	for _, p := range s.Privileges {
		var bit acl.Privs
		if p.Priv != "" {
			var ok bool
			if bit, ok = acl.ByName(p.Priv); !ok {
				return nil, pgerr.New(pgerr.SyntaxError, "unrecognized privilege type %q", p.Priv)
			}
		}
		if p.Columns != nil {
			if s.ObjType != ast.ObjectTable || s.TargetType != ast.GrantObject {
				return nil, pgerr.New(pgerr.InvalidGrantOperation, "column privileges are only valid for relations")
			}
			if bit&^acl.Column.All() != 0 {
				return nil, pgerr.New(pgerr.InvalidGrantOperation, "invalid privilege type %s for column", bit.Names()[0])
			}
			w.columns = append(w.columns, columnPrivs{bit, p.Columns})
			continue
		}
		if bit&^allowed != 0 {
			return nil, pgerr.New(pgerr.InvalidGrantOperation, "invalid privilege type %s for %s", bit.Names()[0], k.word)
		}
		w.privs |= bit
	}
	for _, g := range s.Grantees {
		oid := acl.Public
		if g.Kind != ast.RolePublic {
			var err error
			if oid, err = x.Role(g); err != nil {
				return nil, err
			}
		}
		w.grantees = append(w.grantees, oid)
	}
	return w, nil
}

// grant is GRANT and REVOKE of privileges.
func (x *Executor) grant(ctx context.Context, s *ast.GrantStmt) error {
	if s.Grantor != nil {
		g, err := x.Role(s.Grantor)
		if err != nil {
			return err
		}
		if g != x.Owner {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "grantor must be current user")
		}
	}
	objects, err := x.grantObjects(ctx, s)
	if err != nil {
		return err
	}
	w, err := x.resolve(s)
	if err != nil {
		return err
	}
	for _, d := range objects {
		if err := x.grantOn(ctx, w, d); err != nil {
			return err
		}
	}
	return nil
}

// grantObjects finds the objects of a GRANT.
func (x *Executor) grantObjects(ctx context.Context, s *ast.GrantStmt) ([]any, error) {
	var out []any
	for _, o := range s.Objects {
		if s.TargetType == ast.GrantAllInSchema {
			list, err := x.allInSchema(s.ObjType, o.Names[0])
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
			continue
		}
		d, err := x.grantObject(ctx, s.ObjType, o)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func (x *Executor) grantObject(ctx context.Context, t ast.ObjectType, o *ast.ObjectRef) (any, error) {
	name := o.Names
	switch t {
	case ast.ObjectTable, ast.ObjectSequence:
		rel, err := x.Relation(name)
		if err != nil {
			return nil, err
		}
		return rel, grantable(rel, t)
	case ast.ObjectSchema:
		s, ok := x.reader().Schema(name[0])
		if !ok {
			return nil, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", name[0])
		}
		return s, nil
	case ast.ObjectDatabase:
		d, ok := x.reader().Database(name[0])
		if !ok {
			return nil, pgerr.New(pgerr.InvalidCatalogName, "database %q does not exist", name[0])
		}
		return d, nil
	case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectRoutine:
		return x.Function(t, o.Func)
	case ast.ObjectDataType, ast.ObjectDomain:
		schema := ""
		if len(name) > 1 {
			schema = name[len(name)-2]
		}
		oid, ok := x.reader().LookupType(x.SearchPath, schema, name[len(name)-1])
		if !ok {
			return nil, pgerr.New(pgerr.UndefinedObject, "type %q does not exist", name[len(name)-1])
		}
		d, ok := x.reader().TypeByOID(oid)
		if !ok {
			return nil, pgerr.FeatureNotSupported("privileges of a type that CREATE TYPE did not make")
		}
		if t == ast.ObjectDomain && d.Kind != catalog.TypeDomain {
			return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a domain", d.Name)
		}
		return d, nil
	}
	return nil, pgerr.FeatureNotSupported("privileges of a " + kinds[t].word)
}

// grantable refuses relations that have no privileges of their own.
func grantable(rel catalog.Relation, t ast.ObjectType) error {
	switch r := rel.(type) {
	case *catalog.Index:
		return pgerr.New(pgerr.WrongObjectType, "%q is an index", r.Name)
	case *catalog.Type:
		return pgerr.New(pgerr.WrongObjectType, "%q is a composite type", r.Name)
	case *catalog.Table:
		if r.Virtual != nil {
			return pgerr.FeatureNotSupported("GRANT and REVOKE on system catalogs")
		}
	case *catalog.View:
		if r.OID < catalog.FirstUserOID {
			return pgerr.FeatureNotSupported("GRANT and REVOKE on system catalogs")
		}
	}
	if _, ok := rel.(*catalog.Sequence); !ok && t == ast.ObjectSequence {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a sequence", rel.RelName())
	}
	return nil
}

func (x *Executor) allInSchema(t ast.ObjectType, name string) ([]any, error) {
	s, ok := x.reader().Schema(name)
	if !ok {
		return nil, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", name)
	}
	if x.reader().Allowed(x.Owner, s, acl.Usage, false) == 0 {
		return nil, ddl.ErrDenied(x.reader(), s)
	}
	var out []any
	switch t {
	case ast.ObjectTable, ast.ObjectSequence:
		for rel := range x.reader().Relations(s.OID) {
			_, sequence := rel.(*catalog.Sequence)
			if grantable(rel, t) == nil && sequence == (t == ast.ObjectSequence) {
				out = append(out, rel)
			}
		}
	default:
		for _, f := range x.reader().Functions(s.OID) {
			if t == ast.ObjectRoutine || (f.Kind == 'p') == (t == ast.ObjectProcedure) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// grantOn changes the privileges on one object, and on its columns.
func (x *Executor) grantOn(ctx context.Context, w *grantWork, d any) error {
	d, err := x.LockOwned(ctx, d)
	if err != nil || d == nil {
		return err
	}
	rights := x.reader().RightsOf(d)
	privs, all := w.privs, w.all
	if all {
		privs = rights.Kind.All()
	}
	if w.s.ObjType == ast.ObjectTable {
		switch {
		case rights.Kind == acl.Sequence && privs&^acl.Sequence.All() != 0:
			_, name := ddl.RightsWord(x.reader(), d)
			x.notify(pgerr.Warning(pgerr.InvalidGrantOperation, "sequence %q only supports USAGE, SELECT, and UPDATE privileges", name))
			privs &= acl.Sequence.All()
		case rights.Kind == acl.Relation && privs&^acl.Relation.All() != 0:
			return pgerr.New(pgerr.InvalidGrantOperation, "invalid privilege type %s for table", (privs &^ acl.Relation.All()).Names()[0])
		}
	}
	if rel, ok := d.(catalog.Relation); ok && !w.s.IsGrant && privs&acl.Column.All() != 0 && rights.Kind == acl.Relation {
		// What a role has on the whole table, it loses on the columns too.
		if err := x.revokeColumns(ctx, w, rel, privs&acl.Column.All(), all); err != nil {
			return err
		}
		d = x.reader().Current(d)
	}
	if privs != 0 {
		grantor, can := rights.Effective().BestGrantor(x.reader(), x.Owner, rights.Owner, privs)
		if privs, err = x.restrict(w, d, nil, privs, can, all); err != nil {
			return err
		}
		a, err := rights.Effective().Apply(x.changeOf(w, privs, grantor, rights.Owner), w.grantees)
		if err != nil {
			return err
		}
		if err := x.WithACL(ctx, d, a); err != nil {
			return err
		}
	}
	for _, c := range w.columns {
		if err := x.grantColumns(ctx, w, d, c); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) changeOf(w *grantWork, privs acl.Privs, grantor, owner types.OID) acl.Change {
	return acl.Change{Grant: w.s.IsGrant, Option: w.s.GrantOption, Cascade: w.s.Behavior == ast.DropCascade, Privs: privs, Grantor: grantor,
		Owner: owner, Members: x.reader()}
}

// revokeColumns takes privileges on the whole table away from the columns that have lists of their own.
func (x *Executor) revokeColumns(ctx context.Context, w *grantWork, rel catalog.Relation, privs acl.Privs, all bool) error {
	for _, c := range catalog.RelationColumns(rel) {
		if len(c.ACL) == 0 {
			continue
		}
		cur, _ := x.reader().Current(rel).(catalog.Relation)
		if err := x.grantColumn(ctx, w, cur, c, privs, all); err != nil {
			return err
		}
	}
	return nil
}

// grantColumns changes the privileges on columns that the statement names.
func (x *Executor) grantColumns(ctx context.Context, w *grantWork, d any, p columnPrivs) error {
	privs := p.privs
	if privs == 0 {
		privs = acl.Column.All()
	}
	for _, name := range p.names {
		rel, ok := x.reader().Current(d).(catalog.Relation)
		if !ok {
			return nil
		}
		if _, ok := rel.(*catalog.Sequence); ok {
			return pgerr.FeatureNotSupported("privileges on columns of a sequence")
		}
		cols := catalog.RelationColumns(rel)
		i := slices.IndexFunc(cols, func(c *catalog.Column) bool { return c.Name == name })
		if i < 0 {
			return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", name, rel.RelName())
		}
		if err := x.grantColumn(ctx, w, rel, cols[i], privs, p.privs == 0); err != nil {
			return err
		}
	}
	return nil
}

func (x *Executor) grantColumn(ctx context.Context, w *grantWork, rel catalog.Relation, c *catalog.Column, privs acl.Privs, all bool) error {
	rights := x.reader().RightsOf(rel)
	// Who may grant on the table may on its columns.
	grantor, can := rights.Effective().Merge(c.ACL).BestGrantor(x.reader(), x.Owner, rights.Owner, privs)
	privs, err := x.restrict(w, rel, c, privs, can, all)
	if err != nil {
		return err
	}
	a, err := c.ACL.Apply(x.changeOf(w, privs, grantor, rights.Owner), w.grantees)
	if err != nil {
		return err
	}
	return x.WithColumnACL(ctx, rel, c.ID, a)
}

// restrict is what of the privileges the current role may grant or revoke; it warns if that is less.
func (x *Executor) restrict(w *grantWork, d any, c *catalog.Column, privs, can acl.Privs, all bool) (acl.Privs, error) {
	r := x.reader()
	if can == 0 {
		rights := r.RightsOf(d)
		list := rights.Effective()
		if c != nil {
			list = list.Merge(c.ACL)
		}
		whole := rights.Kind.All()
		if list.Mask(r, x.Owner, whole, true) == 0 && list.Options(r, x.Owner, rights.Owner, whole) == 0 {
			return 0, ddl.ErrDenied(r, d)
		}
	}
	got := privs & can
	verb, code := "granted", pgerr.PrivilegeNotGranted
	none := "no privileges were granted for "
	some := "not all privileges were granted for "
	if !w.s.IsGrant {
		verb, code = "revoked", pgerr.PrivilegeNotRevoked
		none, some = "no privileges could be "+verb+" for ", "not all privileges could be "+verb+" for "
	}
	_, name := ddl.RightsWord(r, d)
	what := "\"" + name + "\""
	if c != nil {
		what = "column \"" + c.Name + "\" of relation " + what
	}
	switch {
	case got == 0:
		x.notify(pgerr.Warning(code, "%s%s", none, what))
	case !all && got != privs:
		x.notify(pgerr.Warning(code, "%s%s", some, what))
	}
	return got, nil
}

// defaultPrivileges is ALTER DEFAULT PRIVILEGES.
func (x *Executor) defaultPrivileges(ctx context.Context, s *ast.AlterDefaultPrivilegesStmt) error {
	w, err := x.resolve(s.Action)
	if err != nil {
		return err
	}
	owners := []types.OID{x.Owner}
	schemas := []types.OID{0}
	for _, o := range s.Options {
		switch a := o.Arg.(type) {
		case *ast.RoleSpecs:
			if owners, err = x.roles(a.Roles); err != nil {
				return err
			}
			for _, r := range owners {
				if !x.reader().IsMember(x.Owner, r) {
					return denied("must be member of role %q", x.reader().RoleName(r))
				}
			}
		case *ast.Names:
			schemas = nil
			for _, name := range a.Names {
				n, ok := x.reader().Schema(name)
				if !ok {
					return pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", name)
				}
				schemas = append(schemas, n.OID)
			}
		}
	}
	kind := kinds[s.Action.ObjType].kind
	if kind == acl.Schema && schemas[0] != 0 {
		return pgerr.New(pgerr.InvalidGrantOperation, "cannot use IN SCHEMA clause when using GRANT/REVOKE ON SCHEMAS")
	}
	for _, owner := range owners {
		if _, err := x.lockRole(ctx, owner); err != nil {
			return err
		}
		for _, schema := range schemas {
			if err := x.defaultRights(ctx, w, kind, owner, schema); err != nil {
				return err
			}
		}
	}
	return nil
}

func (x *Executor) defaultRights(ctx context.Context, w *grantWork, kind acl.Kind, owner, schema types.OID) error {
	role, _ := x.reader().RoleByOID(owner)
	i := slices.IndexFunc(role.Defaults, func(d catalog.DefaultRights) bool { return d.Kind == kind && d.Schema == schema })
	var base acl.ACL
	if schema == 0 {
		base = acl.Default(kind, owner)
	}
	old := base
	if i >= 0 {
		old = role.Defaults[i].ACL
	}
	privs := w.privs
	if w.all {
		privs = kind.All()
	}
	a, err := old.Apply(x.changeOf(w, privs, owner, owner), w.grantees)
	if err != nil {
		return err
	}
	oid := types.OID(0)
	if i >= 0 {
		oid = role.Defaults[i].OID
	} else if oid, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	return x.change(ctx, owner, func(n *catalog.Role) {
		n.Defaults = slices.Clone(n.Defaults)
		if i >= 0 {
			n.Defaults = slices.Delete(n.Defaults, i, i+1)
		}
		if !a.Equal(base) {
			n.Defaults = append(n.Defaults, catalog.DefaultRights{OID: oid, Schema: schema, Kind: kind, ACL: a})
		}
	})
}

package ddl

import (
	"context"
	"errors"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// DomainBinder is what domains ask of a Binder besides.
type DomainBinder interface {
	// DomainCheck checks e as a CHECK constraint of t, in which VALUE is a value of t.Base.
	DomainCheck(e ast.Expr, t *catalog.Type) (text string, err error)
	// DomainCondition compiles the text of one: it reports whether a value makes it false.
	DomainCondition(text string, t *catalog.Type) (fails func(types.Datum) (bool, error), err error)
}

func errTypeExists(name string) *pgerr.Error {
	return pgerr.New(pgerr.DuplicateObject, "type %q already exists", name)
}

// newType begins a type: its name must be free among types and row types.
func (x *Executor) newType(ctx context.Context, names []string, kind catalog.TypeKind) (*catalog.Type, error) {
	rv := rangeVar(names)
	schema, err := x.creationSchema(ctx, rv)
	if err != nil {
		return nil, err
	}
	r := x.Txn.Newest()
	_, exists := r.Type(schema.OID, rv.Name)
	if rel, ok := r.Relation(schema.OID, rv.Name); ok && !exists {
		if kind == catalog.TypeComposite {
			return nil, errRelationExists(rv.Name)
		}
		exists = catalog.RowTypeOf(rel) != 0
	}
	if exists {
		return nil, errTypeExists(rv.Name)
	}
	return &catalog.Type{Schema: schema.OID, Name: rv.Name, Owner: x.Owner, Version: 1, Kind: kind}, nil
}

// createType writes a new type.
func (x *Executor) writeType(ctx context.Context, t *catalog.Type) error {
	err := x.Txn.Create(ctx, t)
	if errors.Is(err, catalog.ErrNameTaken) {
		return errTypeExists(t.Name)
	}
	return err
}

func checkLabel(label string) error {
	if len(label) > types.MaxNameBytes || label == "" {
		return pgerr.New(pgerr.InvalidName, "invalid enum label %q", label).
			WithDetail("Labels must be %d bytes or less.", types.MaxNameBytes)
	}
	return nil
}

func (x *Executor) createEnum(ctx context.Context, s *ast.CreateEnumStmt) error {
	t, err := x.newType(ctx, s.TypeName, catalog.TypeEnum)
	if err != nil {
		return err
	}
	cat := x.Txn.Catalog()
	n, err := cat.NewOID(ctx)
	if err != nil {
		return err
	}
	t.OID = types.EnumTypeOID(n)
	for i, label := range s.Vals {
		if err := checkLabel(label); err != nil {
			return err
		}
		if _, ok := t.Value(label); ok {
			return pgerr.New(pgerr.UniqueViolation, "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"").
				WithDetail("Key (enumtypid, enumlabel)=(%d, %s) already exists.", t.OID, label)
		}
		l := catalog.EnumLabel{Label: label, Sort: int64(i+1) * catalog.EnumGap}
		if l.OID, err = cat.NewOID(ctx); err != nil {
			return err
		}
		t.Labels = append(t.Labels, l)
	}
	return x.writeType(ctx, t)
}

func (x *Executor) createComposite(ctx context.Context, s *ast.CompositeTypeStmt) error {
	t, err := x.newType(ctx, []string{s.Type.Schema, s.Type.Name}, catalog.TypeComposite)
	if err != nil {
		return err
	}
	for _, d := range s.Columns {
		if err := x.addAttribute(t, d); err != nil {
			return err
		}
	}
	cat := x.Txn.Catalog()
	if t.Rel, err = cat.NewOID(ctx); err != nil {
		return err
	}
	if t.OID, err = cat.NewOID(ctx); err != nil {
		return err
	}
	return x.writeType(ctx, t)
}

// addAttribute adds a column to a composite type that is not published yet.
func (x *Executor) addAttribute(t *catalog.Type, d *ast.ColumnDef) error {
	for _, c := range t.Columns {
		if c.Name == d.Name {
			return pgerr.New(pgerr.DuplicateColumn, "column %q specified more than once", d.Name)
		}
	}
	typ, err := x.Bind.Type(d.Type)
	if err != nil {
		return err
	}
	if ti, ok := types.Info(typ.OID); ok && ti.IsPseudo() {
		return pgerr.New(pgerr.InvalidTableDefinition, "column %q has pseudo-type %s", d.Name, types.FormatType(typ.OID, -1))
	}
	t.NextColumn++
	c := &catalog.Column{ID: t.NextColumn, Name: d.Name, Type: typ}
	if d.Collation != nil {
		if c.Collation, err = x.collationName(d.Collation.Collation, d.Collation.Pos); err != nil {
			return err
		}
	}
	t.Columns = append(slices.Clone(t.Columns), c)
	return nil
}

func (x *Executor) createDomain(ctx context.Context, s *ast.CreateDomainStmt) error {
	t, err := x.newType(ctx, s.Name, catalog.TypeDomain)
	if err != nil {
		return err
	}
	if t.Base, err = x.Bind.Type(s.Type); err != nil {
		return err
	}
	if ti, ok := types.Info(t.Base.OID); ok && ti.IsPseudo() {
		return pgerr.New(pgerr.DatatypeMismatch, "%q is not a valid base type for a domain", ti.Name)
	}
	if s.Collation != nil {
		if t.Collation, err = x.collationName(s.Collation.Collation, s.Collation.Pos); err != nil {
			return err
		}
		base := x.Txn.Newest().BaseType(t.Base)
		if ti, ok := types.Info(base.OID); !ok || ti.Collation == 0 {
			return pgerr.New(pgerr.DatatypeMismatch, "collations are not supported by type %s", types.FormatType(base.OID, -1))
		}
	}
	n, err := x.Txn.Catalog().NewOID(ctx)
	if err != nil {
		return err
	}
	base := x.Txn.Newest().BaseType(t.Base).OID
	for i := range types.OID(types.MaxDomains) {
		t.OID = types.DomainTypeOID(base, n+i)
		if _, taken := x.Txn.Newest().TypeByOID(t.OID); !taken {
			break
		}
	}
	for _, k := range s.Constraints {
		if err := x.domainConstraint(ctx, t, k); err != nil {
			return err
		}
	}
	return x.writeType(ctx, t)
}

// domainConstraint adds one constraint to a domain that is not published yet.
func (x *Executor) domainConstraint(ctx context.Context, t *catalog.Type, k *ast.Constraint) error {
	impossible := func(what string) error {
		return pgerr.New(pgerr.SyntaxError, "%s constraints not possible for domains", what)
	}
	switch k.Kind {
	case ast.ConstrNotNull:
		t.NotNull = true
	case ast.ConstrNull:
		if t.NotNull {
			return pgerr.New(pgerr.SyntaxError, "conflicting NULL/NOT NULL constraints")
		}
	case ast.ConstrDefault:
		if t.Default != "" {
			return pgerr.New(pgerr.SyntaxError, "multiple default expressions")
		}
		text, err := x.Bind.Default(k.Expr, t.Name, t.Base)
		if err != nil {
			return err
		}
		t.Default = text
	case ast.ConstrCheck:
		return x.addDomainCheck(ctx, t, k)
	case ast.ConstrUnique:
		return impossible("unique")
	case ast.ConstrPrimary:
		return impossible("primary key")
	case ast.ConstrExclusion:
		return impossible("exclusion")
	case ast.ConstrForeign:
		return impossible("foreign key")
	default:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "specifying constraint deferrability not supported for domains")
	}
	return nil
}

func (x *Executor) addDomainCheck(ctx context.Context, t *catalog.Type, k *ast.Constraint) error {
	taken := func(name string) bool {
		return slices.ContainsFunc(t.Checks, func(c *catalog.Check) bool { return c.Name == name })
	}
	name := k.Name
	if name == "" {
		name = catalog.ChooseName(t.Name, "", "check", taken)
	} else if taken(name) {
		return pgerr.New(pgerr.DuplicateObject, "constraint %q for domain %q already exists", name, t.Name)
	}
	b, ok := x.Bind.(DomainBinder)
	if !ok {
		return pgerr.FeatureNotSupported("CHECK of a domain")
	}
	text, err := b.DomainCheck(k.Expr, t)
	if err != nil {
		return err
	}
	c := &catalog.Check{Name: name, Expr: text, NotValid: k.SkipValidation}
	if c.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	t.Checks = append(slices.Clone(t.Checks), c)
	return nil
}

// lockType finds a user-defined type by name and locks its descriptor exclusively. A row type of a table is an error.
func (x *Executor) lockType(ctx context.Context, names []string) (*catalog.Type, error) {
	find := func() (*catalog.Type, error) {
		rv := rangeVar(names)
		r := x.Txn.Newest()
		if rv.Schema != "" {
			if _, ok := r.Schema(rv.Schema); !ok {
				return nil, errNoSchema(rv.Schema)
			}
		}
		oid, ok := r.LookupType(x.SearchPath, rv.Schema, rv.Name)
		if t, found := r.TypeByOID(oid); ok && found {
			return t, nil
		}
		name := rv.Name
		if rv.Schema != "" {
			name = rv.Schema + "." + name
		}
		if ok {
			if rel, found := r.RowType(oid); found {
				return nil, pgerr.New(pgerr.WrongObjectType, "%s is a table's row type", x.relName(rel)).WithHint("Use ALTER TABLE instead.")
			}
		}
		if ti, builtin := types.ByName(rv.Name); builtin && (rv.Schema == "" || rv.Schema == "pg_catalog") {
			return nil, pgerr.New(pgerr.DependentObjectsStillExist, "cannot drop type %s because it is required by the database system",
				types.FormatType(ti.OID, -1))
		}
		return nil, pgerr.New(pgerr.UndefinedObject, "type %q does not exist", name)
	}
	for {
		t, err := find()
		if err != nil {
			return nil, err
		}
		if err := x.mayDrop(t); err != nil {
			return nil, err
		}
		if err := x.Txn.Lock(ctx, kv.Exclusive, t); err != nil {
			return nil, err
		}
		again, err := find()
		if err != nil || again.OID == t.OID {
			return again, err
		}
	}
}

// typeName is the name of a type for messages.
func (x *Executor) typeName(t *catalog.Type) string {
	r := x.Txn.Newest()
	if oid, ok := r.LookupType(x.SearchPath, "", t.Name); ok && oid == t.OID {
		return quoteIdent(t.Name)
	}
	return quoteIdent(r.SchemaName(t.Schema)) + "." + quoteIdent(t.Name)
}

// changeType writes the next version of a type, which f changes.
func (x *Executor) changeType(ctx context.Context, old *catalog.Type, f func(t *catalog.Type) error) error {
	t := *old
	t.Version++
	if err := f(&t); err != nil {
		return err
	}
	err := x.Txn.Update(ctx, old, &t)
	if errors.Is(err, catalog.ErrNameTaken) {
		return errTypeExists(t.Name)
	}
	return err
}

// collationName is the collation of a COLLATE clause, which must exist, as descriptors know it. pos < 0: the error has no position.
func (x *Executor) collationName(names []string, pos int) (string, error) {
	o, name, err := x.Txn.Newest().FindCollation(x.SearchPath, names)
	if e, ok := pgerr.As(err); ok && pos >= 0 {
		return "", e.At(x.SQL, pos)
	}
	if o != nil {
		name = o.Known()
	}
	return name, err
}

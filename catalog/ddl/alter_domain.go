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

func (x *Executor) alterDomain(ctx context.Context, s *ast.AlterDomainStmt) error {
	old, err := x.lockType(ctx, s.TypeName)
	if err != nil {
		return err
	}
	if old.Kind != catalog.TypeDomain {
		return pgerr.New(pgerr.WrongObjectType, "%s is not a domain", x.typeName(old))
	}
	return x.changeType(ctx, old, func(t *catalog.Type) error {
		switch s.Kind {
		case ast.AlterDomainDefault:
			t.Default = ""
			if e, ok := s.Def.(ast.Expr); ok && e != nil {
				t.Default, err = x.Bind.Default(e, t.Name, t.Base)
			}
			return err
		case ast.AlterDomainDropNotNull:
			t.NotNull = false
			return nil
		case ast.AlterDomainSetNotNull:
			t.NotNull = true
			return x.checkDomainColumns(ctx, t, func(d types.Datum) (bool, error) { return d.IsNull(), nil }, pgerr.NotNullViolation,
				"column %q of table %q contains null values")
		case ast.AlterDomainAddConstraint:
			return x.addToDomain(ctx, t, s.Def)
		case ast.AlterDomainDropConstraint:
			return x.dropDomainCheck(t, s)
		}
		return x.validateDomainCheck(ctx, t, s.Name)
	})
}

func (x *Executor) addToDomain(ctx context.Context, t *catalog.Type, def ast.Node) error {
	k, ok := def.(*ast.Constraint)
	if !ok {
		return pgerr.FeatureNotSupported("this constraint of a domain")
	}
	n := len(t.Checks)
	if err := x.domainConstraint(ctx, t, k); err != nil {
		return err
	}
	if len(t.Checks) == n || t.Checks[n].NotValid {
		return nil
	}
	return x.checkDomainValues(ctx, t, t.Checks[n])
}

func (x *Executor) dropDomainCheck(t *catalog.Type, s *ast.AlterDomainStmt) error {
	i := slices.IndexFunc(t.Checks, func(c *catalog.Check) bool { return c.Name == s.Name })
	switch {
	case i >= 0:
		t.Checks = slices.Delete(slices.Clone(t.Checks), i, i+1)
	case s.MissingOk:
		x.notice(pgerr.Notice(pgerr.SuccessfulCompletion, "constraint %q of domain %q does not exist, skipping", s.Name, t.Name))
	default:
		return pgerr.New(pgerr.UndefinedObject, "constraint %q of domain %q does not exist", s.Name, t.Name)
	}
	return nil
}

func (x *Executor) validateDomainCheck(ctx context.Context, t *catalog.Type, name string) error {
	i := slices.IndexFunc(t.Checks, func(c *catalog.Check) bool { return c.Name == name })
	if i < 0 {
		return pgerr.New(pgerr.UndefinedObject, "constraint %q of domain %q does not exist", name, t.Name)
	}
	c := *t.Checks[i]
	c.NotValid = false
	t.Checks = slices.Clone(t.Checks)
	t.Checks[i] = &c
	return x.checkDomainValues(ctx, t, &c)
}

func (x *Executor) checkDomainValues(ctx context.Context, t *catalog.Type, c *catalog.Check) error {
	b, ok := x.Bind.(DomainBinder)
	if !ok {
		return pgerr.FeatureNotSupported("CHECK of a domain")
	}
	fails, err := b.DomainCondition(c.Expr, t)
	if err != nil {
		return err
	}
	return x.checkDomainColumns(ctx, t, fails, pgerr.CheckViolation, "column %q of table %q contains values that violate the new constraint")
}

// checkDomainColumns looks for bad values in the columns of a domain's type, and of domains over it.
func (x *Executor) checkDomainColumns(ctx context.Context, d *catalog.Type, bad func(types.Datum) (bool, error), code pgerr.Code, format string) error {
	if t, c := x.Txn.Newest().HeldWithin(d.OID); t != nil {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot alter type %q because column \"%s.%s\" uses it", d.Name, t.Name, c.Name)
	}
	var tables []*catalog.Table
	for t := range x.Txn.Newest().Tables() {
		if slices.ContainsFunc(t.Columns, func(c *catalog.Column) bool { return x.overDomain(c.Type.OID, d.OID) }) {
			tables = append(tables, t)
		}
	}
	for _, t := range tables {
		if err := x.Txn.Lock(ctx, kv.Exclusive, t); err != nil {
			return err
		}
		err := x.scanTable(ctx, t, func(b *rowBatch) error {
			for o, c := range t.Columns {
				if !x.overDomain(c.Type.OID, d.OID) {
					continue
				}
				for i := range b.Rows() {
					fails, err := bad(b.Cols[o].Datum(b.Row(i)))
					if err != nil {
						return err
					}
					if fails {
						return pgerr.New(code, format, c.Name, t.Name)
					}
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// overDomain reports whether t is the domain, or one over it.
func (x *Executor) overDomain(t, domain types.OID) bool {
	for types.IsDomain(t) {
		if t == domain {
			return true
		}
		d, ok := x.Txn.Newest().TypeByOID(t)
		if !ok {
			return false
		}
		t = d.Base.OID
	}
	return false
}

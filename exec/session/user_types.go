package session

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// userTypes is the catalog's user-defined types as values see them (types.UserTypes).
type userTypes struct {
	s *Session
	// conditions are compiled CHECK constraints of domains; they belong to one state of the catalog.
	conditions map[types.OID]domainCheck
	version    uint64
}

type domainCheck struct {
	name  string
	fails func(*vec.Batch) (bool, error)
}

func (u *userTypes) reader() *catalog.Reader { return (*env)(u.s).CatalogSession().Reader }

func (u *userTypes) EnumLabel(enum types.OID, v int64) string {
	if t, ok := u.reader().TypeByOID(enum); ok {
		if l, ok := t.Label(v); ok {
			return l.Label
		}
	}
	return ""
}

func (u *userTypes) EnumValue(enum types.OID, label string) (int64, error) {
	t, ok := u.reader().TypeByOID(enum)
	if !ok {
		return 0, pgerr.New(pgerr.UndefinedObject, "type with OID %d does not exist", enum)
	}
	l, ok := t.Value(label)
	if !ok {
		return 0, pgerr.New(pgerr.InvalidTextRepresentation, "invalid input value for enum %s: \"%s\"", u.TypeName(enum), label)
	}
	if u.s.tx.cat != nil && u.s.tx.cat.UnsafeLabel(t, l) {
		return 0, pgerr.New(pgerr.UnsafeNewEnumValueUsage, "unsafe use of new value \"%s\" of enum type %s", label, u.TypeName(enum)).
			WithHint("New enum values must be committed before they can be used.")
	}
	return l.Sort, nil
}

func (u *userTypes) EnumValues(enum types.OID) []int64 {
	t, ok := u.reader().TypeByOID(enum)
	if !ok {
		return nil
	}
	out := make([]int64, len(t.Labels))
	for i := range out {
		out[i] = t.Labels[i].Sort
	}
	return out
}

func (u *userTypes) DomainBase(domain types.OID) (types.T, bool) {
	if _, ok := u.reader().TypeByOID(domain); !ok {
		return types.T{}, false
	}
	return u.reader().BaseType(types.Of(domain)), true
}

// CheckDomain checks the domains below first.
func (u *userTypes) CheckDomain(domain types.OID, d types.Datum) error {
	t, ok := u.reader().TypeByOID(domain)
	if !ok {
		return pgerr.New(pgerr.UndefinedObject, "type with OID %d does not exist", domain)
	}
	if types.IsDomain(t.Base.OID) {
		if err := u.CheckDomain(t.Base.OID, d); err != nil {
			return err
		}
	}
	if t.NotNull && d.IsNull() {
		return pgerr.New(pgerr.NotNullViolation, "domain %s does not allow null values", u.TypeName(domain)).
			WithDataType(u.reader().SchemaName(t.Schema), t.Name)
	}
	if len(t.Checks) == 0 {
		return nil
	}
	if v := u.reader().Version(); v != u.version || u.conditions == nil {
		u.conditions, u.version = map[types.OID]domainCheck{}, v
	}
	row := domainRow(u.reader(), t)
	b := vec.NewBatch([]types.Kind{row.Columns[0].Type.Kind()}, 1)
	b.AppendRow([]types.Datum{d})
	for _, c := range t.Checks {
		check, ok := u.conditions[c.OID]
		if !ok {
			fails, err := (&ddlBinder{s: u.s}).Condition(c.Expr, row)
			if err != nil {
				return err
			}
			check = domainCheck{c.Name, fails}
			u.conditions[c.OID] = check
		}
		failed, err := check.fails(b)
		if err != nil {
			return err
		}
		if failed {
			return pgerr.New(pgerr.CheckViolation, "value for domain %s violates check constraint \"%s\"", u.TypeName(domain), c.Name).
				WithDataType(u.reader().SchemaName(t.Schema), t.Name).WithConstraint(c.Name)
		}
	}
	return nil
}

// domainRow is a table with the one column that VALUE means in a domain's constraints.
func domainRow(r *catalog.Reader, t *catalog.Type) *catalog.Table {
	return &catalog.Table{Columns: []*catalog.Column{{ID: 1, Name: "value", Type: r.BaseType(types.Of(t.OID))}}}
}

func (u *userTypes) Fields(row types.OID) ([]types.Field, bool) {
	rel, ok := u.reader().RowType(row)
	if !ok {
		return nil, false
	}
	var out []types.Field
	for _, c := range catalog.ColumnsOf(rel) {
		out = append(out, types.Field{Name: c.Name, Type: c.Type})
	}
	return out, true
}

// TypeName is format_type: qualified unless the search path finds the type.
func (u *userTypes) TypeName(oid types.OID) string {
	if elem := types.ElemOf(oid); elem != 0 {
		return u.TypeName(elem) + "[]"
	}
	r := u.reader()
	schema, name, ok := r.TypeName(oid)
	if !ok {
		return types.FormatType(oid, -1)
	}
	if found, ok := r.LookupType(u.s.hot.searchPath, "", name); ok && found == oid {
		return expr.QuoteIdent(name)
	}
	return expr.QuoteIdent(r.SchemaName(schema)) + "." + expr.QuoteIdent(name)
}

// qualifiedTypes names types for a descriptor: qualified whatever the search path.
type qualifiedTypes struct {
	types.UserTypes
	r *catalog.Reader
}

func (q qualifiedTypes) TypeName(oid types.OID) string {
	if elem := types.ElemOf(oid); elem != 0 {
		return q.TypeName(elem) + "[]"
	}
	schema, name, ok := q.r.TypeName(oid)
	if !ok {
		return types.FormatType(oid, -1)
	}
	return expr.QuoteIdent(q.r.SchemaName(schema)) + "." + expr.QuoteIdent(name)
}

// DomainCheck implements ddl.Binder: e over VALUE, a value of t's base type.
func (d *ddlBinder) DomainCheck(e ast.Expr, t *catalog.Type) (string, error) {
	d.s.cat.Reader = d.s.tx.cat.Newest()
	row := &catalog.Table{Columns: []*catalog.Column{{ID: 1, Name: "value", Type: d.s.cat.Reader.BaseType(t.Base)}}}
	b, err := bind.TableExpr(row, e, bind.UseCheck, d.options())
	if err != nil {
		return "", err
	}
	return d.format(b), nil
}

// DomainCondition implements ddl.Binder: whether a value breaks a constraint of that text.
func (d *ddlBinder) DomainCondition(text string, t *catalog.Type) (func(v types.Datum) (bool, error), error) {
	if _, err := parser.ParseExpr(text); err != nil {
		return nil, err
	}
	row := &catalog.Table{Columns: []*catalog.Column{{ID: 1, Name: "value", Type: d.s.tx.cat.Newest().BaseType(t.Base)}}}
	fails, err := d.Condition(text, row)
	if err != nil {
		return nil, err
	}
	return func(v types.Datum) (bool, error) {
		b := vec.NewBatch([]types.Kind{row.Columns[0].Type.Kind()}, 1)
		b.AppendRow([]types.Datum{v})
		return fails(b)
	}, nil
}

package extstats

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// columnsMax is how many columns and expressions an object has at most.
const columnsMax = 8

func (x *Executor) create(ctx context.Context, s *ast.CreateStatsStmt) error {
	t, err := x.table(ctx, s)
	if err != nil {
		return err
	}
	names := s.Names
	if len(names) == 0 {
		names = []string{x.Txn.Newest().SchemaName(t.Schema), ""}
	}
	schema, err := x.CreationSchema(ctx, names)
	if err != nil {
		return err
	}
	o := &catalog.Statistics{Schema: schema.OID, Owner: x.Owner, Name: names[len(names)-1]}
	if len(s.Names) == 0 {
		o.Name = ddl.StatisticsName(x.Txn.Newest(), t, schema.OID, nameLabel(s))
	}
	if _, old := x.Txn.Newest().StatisticsNamed(schema.OID, o.Name); old != nil {
		if s.IfNotExists {
			x.notify(pgerr.Notice(pgerr.DuplicateObject, "statistics object %q already exists, skipping", o.Name))
			return nil
		}
		return pgerr.New(pgerr.DuplicateObject, "statistics object %q already exists", o.Name)
	}
	if err := x.keys(o, t, s); err != nil {
		return err
	}
	if err := kinds(o, s); err != nil {
		return err
	}
	if err := distinctKeys(o, s); err != nil {
		return err
	}
	if o.OID, err = x.Txn.Catalog().NewOID(ctx); err != nil {
		return err
	}
	return x.put(ctx, t, append(slices.Clone(t.Statistics), o))
}

// table finds and locks the table that a statement is about.
func (x *Executor) table(ctx context.Context, s *ast.CreateStatsStmt) (*catalog.Table, error) {
	if len(s.Relations) != 1 {
		return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "only a single relation is allowed in CREATE STATISTICS")
	}
	rv, ok := s.Relations[0].(*ast.RangeVar)
	if !ok {
		return nil, pgerr.New(pgerr.CodeFeatureNotSupported, "CREATE STATISTICS only supports relation names in the FROM clause")
	}
	names := []string{rv.Name}
	if rv.Schema != "" {
		names = []string{rv.Schema, rv.Name}
	}
	for {
		rel, err := x.Relation(names)
		if err != nil {
			return nil, err
		}
		t, ok := rel.(*catalog.Table)
		if !ok {
			kind := map[catalog.RelKind]string{catalog.RelView: "views", catalog.RelSequence: "sequences", catalog.RelIndex: "indexes"}[rel.RelKind()]
			return nil, pgerr.New(pgerr.WrongObjectType, "cannot define statistics for relation %q", rel.RelName()).
				WithDetail("This operation is not supported for %s.", kind)
		}
		if err := x.MustOwn(t); err != nil {
			return nil, err
		}
		if t.Virtual != nil {
			return nil, pgerr.New(pgerr.InsufficientPrivilege, "permission denied: %q is a system catalog", t.Name)
		}
		if err := x.Txn.Lock(ctx, kv.Exclusive, t); err != nil {
			return nil, err
		}
		if again, err := x.Relation(names); err != nil {
			return nil, err
		} else if again.RelOID() == t.OID {
			return again.(*catalog.Table), nil
		}
	}
}

// nameLabel is the middle of a name that the statement does not give.
func nameLabel(s *ast.CreateStatsStmt) string {
	var parts []string
	for _, e := range s.Exprs {
		if e.Expr != nil {
			parts = append(parts, "expr")
		} else {
			parts = append(parts, e.Name)
		}
	}
	return strings.Join(parts, "_")
}

// keys reads the columns and expressions.
func (x *Executor) keys(o *catalog.Statistics, t *catalog.Table, s *ast.CreateStatsStmt) error {
	if len(s.Exprs) > columnsMax {
		return pgerr.New(pgerr.TooManyColumns, "cannot have more than %d columns in statistics", columnsMax)
	}
	for _, e := range s.Exprs {
		if e.Expr == nil {
			if err := addColumn(o, t, e.Name); err != nil {
				return err
			}
			continue
		}
		b, err := x.Bind.StatisticsExpr(e.Expr, t)
		if err != nil {
			return err
		}
		if b.Column != 0 {
			if err := addColumn(o, t, t.ColumnByID(b.Column).Name); err != nil {
				return err
			}
			continue
		}
		if len(s.Exprs) > 1 && rowenc.CheckKey(b.Type) != nil {
			return pgerr.New(pgerr.CodeFeatureNotSupported,
				"expression cannot be used in multivariate statistics because its type %s has no default btree operator class", types.FormatType(b.Type.OID, -1))
		}
		o.Exprs = append(o.Exprs, catalog.StatisticsExpr{Text: b.Text, Type: b.Type})
		for _, id := range b.Reads {
			if !slices.Contains(o.Reads, id) {
				o.Reads = append(o.Reads, id)
			}
		}
	}
	return nil
}

func addColumn(o *catalog.Statistics, t *catalog.Table, name string) error {
	c, _, ok := t.Column(name)
	if !ok {
		switch name {
		case "tableoid", "cmax", "xmax", "cmin", "xmin", "ctid":
			return pgerr.New(pgerr.CodeFeatureNotSupported, "statistics creation on system columns is not supported")
		}
		return pgerr.New(pgerr.UndefinedColumn, "column %q does not exist", name)
	}
	if rowenc.CheckKey(c.Type) != nil {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "column %q cannot be used in statistics because its type %s has no default btree operator class",
			name, types.FormatType(c.Type.OID, -1))
	}
	o.Columns = append(o.Columns, c.ID)
	return nil
}

// kinds reads the list of kinds; without one an object of several columns has all.
func kinds(o *catalog.Statistics, s *ast.CreateStatsStmt) error {
	single := len(s.Exprs) == 1 && len(o.Exprs) == 1
	if single && len(s.Kinds) > 0 {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "when building statistics on a single expression, statistics kinds may not be specified")
	}
	asked := map[string]bool{}
	for _, k := range s.Kinds {
		switch k {
		case "ndistinct", "dependencies", "mcv":
			asked[k] = true
		default:
			return pgerr.New(pgerr.SyntaxError, "unrecognized statistics kind %q", k)
		}
	}
	all := len(s.Kinds) == 0 && len(s.Exprs) > 1
	for _, k := range []struct{ word, letter string }{{"ndistinct", "d"}, {"dependencies", "f"}, {"mcv", "m"}} {
		if asked[k.word] || all {
			o.Kinds += k.letter
		}
	}
	if len(o.Exprs) > 0 {
		o.Kinds += "e"
	}
	if len(s.Exprs) < 2 && len(o.Exprs) != 1 {
		return pgerr.New(pgerr.InvalidObjectDefinition, "extended statistics require at least 2 columns")
	}
	return nil
}

// distinctKeys sorts the columns and refuses what is named twice.
func distinctKeys(o *catalog.Statistics, s *ast.CreateStatsStmt) error {
	slices.Sort(o.Columns)
	if len(slices.Compact(slices.Clone(o.Columns))) < len(o.Columns) {
		return pgerr.New(pgerr.DuplicateColumn, "duplicate column name in statistics definition")
	}
	for i, e := range o.Exprs {
		for _, f := range o.Exprs[:i] {
			if e.Text == f.Text {
				return pgerr.New(pgerr.DuplicateColumn, "duplicate expression in statistics definition")
			}
		}
	}
	return nil
}

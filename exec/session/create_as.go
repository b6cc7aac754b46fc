package session

import (
	"context"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/collation"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// createTableAs is CREATE TABLE AS: a CREATE TABLE of the query's columns, then an INSERT of its rows.
func (s *Session) createTableAs(ctx context.Context, p *prepared, x *ast.CreateTableAsStmt) (Tag, error) {
	q, ok := x.Query.(*ast.SelectStmt)
	switch {
	case ok && x.ObjType == ast.ObjectMatView:
		return s.createMatView(ctx, p, x)
	case !ok:
		return Tag{}, pgerr.FeatureNotSupported("CREATE TABLE AS EXECUTE")
	}
	return s.createFrom(ctx, p, x.Into, q, x.IfNotExists, "SELECT")
}

// selectInto is SELECT … INTO.
func (s *Session) selectInto(ctx context.Context, p *prepared, x *ast.SelectStmt) (Tag, error) {
	target, q := withoutInto(x)
	return s.createFrom(ctx, p, target, q, false, "SELECT")
}

// withoutInto takes SELECT … INTO apart.
func withoutInto(x *ast.SelectStmt) (*ast.IntoClause, *ast.SelectStmt) {
	q := *x
	for leaf := &q; ; {
		if leaf.Left == nil {
			leaf.Into = nil
			break
		}
		l := *leaf.Left
		leaf.Left = &l
		leaf = &l
	}
	return into(x), &q
}

func (s *Session) createFrom(ctx context.Context, p *prepared, target *ast.IntoClause, q *ast.SelectStmt, ifNotExists bool, command string) (Tag, error) {
	if err := s.beginStatement(ctx); err != nil {
		return Tag{}, err
	}
	relation := s.creationName(target.Relation)
	if _, exists := s.reader().Lookup(s.hot.searchPath, relation.Schema, relation.Name); exists && ifNotExists {
		s.notice(pgerr.Notice(pgerr.DuplicateTable, "relation %q already exists, skipping", target.Relation.Name))
		return tag("CREATE TABLE AS"), nil
	}
	create, err := s.createStmtFor(p, target, q)
	if err != nil {
		return Tag{}, err
	}
	if _, err := s.ddl(ctx, &prepared{text: p.text, stmt: create}, &utilitySink{Sink: discardSink{s.sink}}); err != nil {
		return Tag{}, err
	}
	if target.SkipData {
		return tag("CREATE TABLE AS"), nil
	}
	ins := &prepared{text: p.text, stmt: &ast.InsertStmt{Relation: relation, Select: q}}
	t, err := s.runPlan(ctx, ins, s.body.params, func(*vec.Batch) error { return nil })
	if err != nil {
		return Tag{}, err
	}
	return Tag{Command: command, Rows: t.Rows}, nil
}

// creationName is the name of a new table with its schema: another table of that name may be earlier in the search path.
func (s *Session) creationName(rv *ast.RangeVar) *ast.RangeVar {
	if rv.Schema != "" {
		return rv
	}
	n := *rv
	n.Persistence = ast.PersistencePermanent
	if rv.Persistence == ast.PersistenceTemp || s.hot.tempFirst {
		n.Schema = catalog.TempAlias
		return &n
	}
	for _, p := range s.hot.searchPath {
		if _, ok := s.reader().Schema(p); ok && !catalog.IsTempSchema(p) {
			n.Schema = p
			return &n
		}
	}
	return rv
}

// createStmtFor is the CREATE TABLE for the columns of a query.
func (s *Session) createStmtFor(p *prepared, target *ast.IntoClause, q *ast.SelectStmt) (*ast.CreateStmt, error) {
	pl, err := s.srv.plans.Plan(q, s.planOptions(s.cat.Reader, p.text, nil))
	if err != nil {
		return nil, err
	}
	if len(target.Columns) > len(pl.Columns) {
		return nil, pgerr.New(pgerr.SyntaxError, "too many column names were specified")
	}
	create := &ast.CreateStmt{Relation: target.Relation, Options: target.Options, OnCommit: target.OnCommit}
	for i, c := range pl.Columns {
		name := c.Name
		if i < len(target.Columns) {
			name = target.Columns[i]
		}
		t := c.T
		if t.OID == types.UnknownOID {
			t = textType
		}
		def := &ast.ColumnDef{Name: name, Type: typeName(s.cat.Reader, t)}
		if pl.Collations != nil && pl.Collations[i] != "default" {
			if pl.Collations[i] == "" {
				return nil, pgerr.New(pgerr.IndeterminateCollation, "no collation was derived for column \"%s\" with collatable type %s", name,
					types.FormatType(t.OID, -1)).WithHint("Use the COLLATE clause to set the collation explicitly.")
			}
			def.Collation = &ast.CollateClause{Collation: collationNames(s.cat.Reader, pl.Collations[i]), Pos: -1}
		}
		create.Elements = append(create.Elements, def)
	}
	return create, nil
}

// collationNames is a collation that a descriptor names, as a syntax tree names it.
func collationNames(r *catalog.Reader, known string) []string {
	id, name := collation.ObjectOf(known)
	if c, ok := r.Collation(id); ok {
		return []string{r.SchemaName(c.Schema), c.Name}
	}
	return []string{"pg_catalog", name}
}

// typeName is a type as a syntax tree.
func typeName(r *catalog.Reader, t types.T) *ast.TypeName {
	tn := &ast.TypeName{Pos: -1}
	if elem := types.ElemOf(t.OID); types.IsArray(t.OID) && elem != 0 {
		tn.ArrayBounds = []int32{-1}
		t.OID = elem
	}
	if info, ok := types.Info(t.OID); ok {
		tn.Names = []string{"pg_catalog", info.Name}
	} else if u, ok := r.TypeByOID(t.OID); ok {
		tn.Names = []string{r.SchemaName(u.Schema), u.Name}
	} else if rel, ok := r.RowType(t.OID); ok {
		tn.Names = []string{r.SchemaName(rel.RelSchema()), rel.RelName()}
	}
	number := func(n int) {
		tn.Typmods = append(tn.Typmods, &ast.Const{Kind: ast.ConstInteger, Val: strconv.Itoa(n), Pos: -1})
	}
	if t.Mod < 0 {
		return tn
	}
	switch t.OID {
	case types.VarcharOID, types.BPCharOID:
		number(int(t.Mod) - 4)
	case types.NumericOID:
		if precision, scale, ok := types.NumericMod(t.Mod); ok {
			number(precision)
			number(scale)
		}
	case types.TimeOID, types.TimetzOID, types.TimestampOID, types.TimestamptzOID, types.BitOID, types.VarbitOID:
		number(int(t.Mod))
	}
	return tn
}

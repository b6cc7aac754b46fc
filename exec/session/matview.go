package session

import (
	"context"
	"errors"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/vec"
)

// createMatView is CREATE MATERIALIZED VIEW: one without rows, which is then refreshed.
func (s *Session) createMatView(ctx context.Context, p *prepared, x *ast.CreateTableAsStmt) (Tag, error) {
	if err := s.beginStatement(ctx); err != nil {
		return Tag{}, err
	}
	created := tag("CREATE MATERIALIZED VIEW")
	target := s.creationName(x.Into.Relation)
	if _, exists := s.reader().Lookup(s.hot.searchPath, target.Schema, target.Name); exists && x.IfNotExists {
		s.notice(pgerr.Notice(pgerr.DuplicateTable, "relation %q already exists, skipping", target.Name))
		return created, nil
	}
	for {
		err := s.ddlExecutor(p).CreateMatView(ctx, x)
		if errors.Is(err, catalog.ErrTableChanged) {
			if err := s.beginStatement(ctx); err != nil {
				return Tag{}, err
			}
			continue
		}
		if err != nil {
			return Tag{}, err
		}
		break
	}
	if x.Into.SkipData {
		return created, nil
	}
	rows, err := s.refreshMatView(ctx, p, &ast.RefreshMatViewStmt{Relation: target})
	return Tag{Command: "SELECT", Rows: rows}, err
}

// refreshStmt is REFRESH MATERIALIZED VIEW.
func (s *Session) refreshStmt(ctx context.Context, p *prepared, x *ast.RefreshMatViewStmt) (Tag, error) {
	if s.tx.readOnly {
		return Tag{}, pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute %s in a read-only transaction", ast.CommandTag(x))
	}
	for {
		if err := s.beginStatement(ctx); err != nil {
			return Tag{}, err
		}
		_, err := s.refreshMatView(ctx, p, x)
		if !errors.Is(err, catalog.ErrTableChanged) {
			return tag("REFRESH MATERIALIZED VIEW"), err
		}
	}
}

// refreshMatView gives a materialized view the rows of its query; others go on reading the old ones if it is CONCURRENTLY.
func (s *Session) refreshMatView(ctx context.Context, p *prepared, x *ast.RefreshMatViewStmt) (rows int64, err error) {
	ddl := s.ddlExecutor(p)
	t, err := ddl.LockMatView(ctx, x)
	if err != nil {
		return 0, err
	}
	name := expr.QuoteIdent(s.reader().SchemaName(t.Schema)) + "." + expr.QuoteIdent(t.Name)
	if x.Concurrent {
		if err := s.refuseDuplicates(ctx, t, name); err != nil {
			return 0, err
		}
		if _, err := s.refreshQuery(ctx, t, "DELETE FROM "+name, nil); err != nil {
			return 0, err
		}
	} else if err := ddl.EmptyMatView(ctx, t, !x.SkipData); err != nil || x.SkipData {
		return 0, err
	}
	return s.refreshQuery(ctx, t, "INSERT INTO "+name+" SELECT * FROM "+name, nil)
}

// refuseDuplicates refuses rows without NULLs that the query of t gives twice: a unique index could not tell them apart.
func (s *Session) refuseDuplicates(ctx context.Context, t *catalog.Table, name string) error {
	text := "SELECT newdata::text FROM " + name + " newdata WHERE newdata IS NOT NULL GROUP BY newdata HAVING count(*) > 1 LIMIT 1"
	_, err := s.refreshQuery(ctx, t, text, func(b *vec.Batch) error {
		for _, row := range appendRows(nil, b) {
			return pgerr.New(pgerr.CardinalityViolation, "new data for materialized view %q contains duplicate rows without any null columns", t.Name).
				WithDetail("Row: %s", row[0].Str())
		}
		return nil
	})
	return err
}

// refreshQuery runs a statement on a materialized view in which reading the view is reading its query.
func (s *Session) refreshQuery(ctx context.Context, t *catalog.Table, text string, emit func(*vec.Batch) error) (int64, error) {
	stmt, err := parseOne(text)
	if err != nil {
		return 0, err
	}
	if err := s.refreshSnapshot(ctx); err != nil {
		return 0, err
	}
	o := s.planOptions(s.cat.Reader, text, nil)
	o.Refresh, o.Variables, o.Transitions = t.OID, nil, nil
	pl, err := planner.Plan(stmt, o)
	if err != nil {
		return 0, err
	}
	if err := s.lockTables(ctx, pl); err != nil {
		return 0, err
	}
	// Who may refresh it was checked; INSERT and DELETE on it are nobody's to grant.
	pl.Access = slices.DeleteFunc(pl.Access, func(a logical.Access) bool { return a.Relation == t.OID })
	r, err := s.start(ctx, &prepared{text: text, stmt: stmt, plan: pl, planGen: s.hot.planGen}, nil)
	if err != nil {
		return 0, err
	}
	defer r.finish()
	for {
		b, err := r.pull(ctx)
		if err != nil || b == nil {
			return r.ctx.Affected, err
		}
		if emit != nil {
			if err := emit(b); err != nil {
				return 0, err
			}
		}
	}
}

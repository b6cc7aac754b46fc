package extstats

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Executor runs one statement.
type Executor struct{ *ddl.Executor }

// Run executes a statement and returns its command tag. handled is false for statements of other sorts.
func (x *Executor) Run(ctx context.Context, stmt ast.Stmt) (tag string, handled bool, err error) {
	const alter = "ALTER STATISTICS"
	switch s := stmt.(type) {
	case *ast.CreateStatsStmt:
		return "CREATE STATISTICS", true, x.create(ctx, s)
	case *ast.AlterStatsStmt:
		return alter, true, x.setTarget(ctx, s)
	case *ast.DropStmt:
		if s.RemoveType == ast.ObjectStatisticExt {
			return "DROP STATISTICS", true, x.drop(ctx, s)
		}
	case *ast.RenameStmt:
		if s.RenameType == ast.ObjectStatisticExt {
			return alter, true, x.rename(ctx, s)
		}
	case *ast.AlterObjectSchemaStmt:
		if s.ObjectType == ast.ObjectStatisticExt {
			return alter, true, x.setSchema(ctx, s)
		}
	case *ast.AlterOwnerStmt:
		if s.ObjectType == ast.ObjectStatisticExt {
			return alter, true, x.setOwner(ctx, s)
		}
	case *ast.CommentStmt:
		if s.ObjectType == ast.ObjectStatisticExt {
			return "COMMENT", true, x.change(ctx, s.Object.Names, func(n *catalog.Statistics) error { n.Comment = s.Comment; return nil })
		}
	}
	return "", false, nil
}

func (x *Executor) notify(e *pgerr.Error) {
	if x.Notice != nil {
		x.Notice(e)
	}
}

// find looks a statistics object up by its name as written. The error of a missing one is 42704, or 3F000 for its schema.
func (x *Executor) find(names []string) (*catalog.Table, *catalog.Statistics, error) {
	r := x.Txn.Newest()
	path, name := x.SearchPath, names[len(names)-1]
	if len(names) > 1 {
		schema := names[len(names)-2]
		if schema == catalog.TempAlias {
			schema = catalog.OwnTemp(x.SearchPath)
		}
		if _, ok := r.Schema(schema); !ok {
			return nil, nil, pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", schema)
		}
		path = []string{schema}
	} else if temp := catalog.OwnTemp(path); temp != "" {
		// A temporary schema is never searched for statistics objects, as for functions.
		path = slices.DeleteFunc(slices.Clone(path), func(p string) bool { return p == temp })
	}
	for _, p := range path {
		if s, ok := r.Schema(p); ok {
			if t, o := r.StatisticsNamed(s.OID, name); o != nil {
				return t, o, nil
			}
		}
	}
	return nil, nil, pgerr.New(pgerr.UndefinedObject, "statistics object %q does not exist", strings.Join(names, "."))
}

// lock finds a statistics object that the current role owns and locks its table.
func (x *Executor) lock(ctx context.Context, names []string, orSchema bool) (*catalog.Table, *catalog.Statistics, error) {
	for {
		t, o, err := x.find(names)
		if err != nil {
			return nil, nil, err
		}
		r := x.Txn.Newest()
		schema, _ := r.SchemaByOID(o.Schema)
		if !r.HasPrivileges(x.Owner, o.Owner) && !(orSchema && schema != nil && r.Owns(x.Owner, schema)) {
			return nil, nil, pgerr.New(pgerr.InsufficientPrivilege, "must be owner of statistics object %s", strings.Join(names, "."))
		}
		if err := x.Txn.Lock(ctx, kv.Exclusive, t); err != nil {
			return nil, nil, err
		}
		t2, o2, err := x.find(names)
		if err != nil {
			return nil, nil, err
		}
		if o2.OID == o.OID {
			return t2, o2, nil
		}
	}
}

// put writes the next version of a table with another list of statistics objects.
func (x *Executor) put(ctx context.Context, old *catalog.Table, list []*catalog.Statistics) error {
	n := *old
	n.Version++
	n.Statistics = list
	return x.Txn.Update(ctx, old, &n)
}

// change changes one object.
func (x *Executor) change(ctx context.Context, names []string, f func(n *catalog.Statistics) error) error {
	t, o, err := x.lock(ctx, names, false)
	if err != nil {
		return err
	}
	n := *o
	if err := f(&n); err != nil {
		return err
	}
	list := slices.Clone(t.Statistics)
	list[slices.Index(list, o)] = &n
	return x.put(ctx, t, list)
}

func (x *Executor) drop(ctx context.Context, s *ast.DropStmt) error {
	for _, ref := range s.Objects {
		t, o, err := x.lock(ctx, ref.Names, true)
		if err != nil {
			if code := pgerr.CodeOf(err); s.MissingOk && (code == pgerr.UndefinedObject || code == pgerr.InvalidSchemaName) {
				e, _ := pgerr.As(err)
				x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "%s, skipping", e.Message))
				continue
			}
			return err
		}
		if err := x.put(ctx, t, slices.DeleteFunc(slices.Clone(t.Statistics), func(q *catalog.Statistics) bool { return q == o })); err != nil {
			return err
		}
	}
	return nil
}

// targetMax is the largest statistics target.
const targetMax = 10000

func (x *Executor) setTarget(ctx context.Context, s *ast.AlterStatsStmt) error {
	target := s.Target
	switch {
	case target < -1:
		return pgerr.New(pgerr.InvalidParameterValue, "statistics target %d is too low", target)
	case target > targetMax:
		x.notify(pgerr.Warning(pgerr.InvalidParameterValue, "lowering statistics target to %d", targetMax))
		target = targetMax
	}
	err := x.change(ctx, s.Names, func(n *catalog.Statistics) error { n.Target = target + 1; return nil })
	if pgerr.CodeOf(err) == pgerr.UndefinedObject && s.MissingOk {
		x.notify(pgerr.Notice(pgerr.SuccessfulCompletion, "statistics object %q does not exist, skipping", strings.Join(s.Names, ".")))
		return nil
	}
	return err
}

func (x *Executor) errTaken(schema types.OID, name string) error {
	r := x.Txn.Newest()
	if _, o := r.StatisticsNamed(schema, name); o != nil {
		return pgerr.New(pgerr.DuplicateObject, "statistics object %q already exists in schema %q", name, r.SchemaName(schema))
	}
	return nil
}

func (x *Executor) rename(ctx context.Context, s *ast.RenameStmt) error {
	return x.change(ctx, s.Object.Names, func(n *catalog.Statistics) error {
		n.Name = s.NewName
		return x.errTaken(n.Schema, s.NewName)
	})
}

func (x *Executor) setSchema(ctx context.Context, s *ast.AlterObjectSchemaStmt) error {
	return x.change(ctx, s.Object.Names, func(n *catalog.Statistics) error {
		schema, ok := x.Txn.Newest().Schema(s.NewSchema)
		if !ok {
			return pgerr.New(pgerr.InvalidSchemaName, "schema %q does not exist", s.NewSchema)
		}
		if schema.OID == n.Schema {
			return nil
		}
		if x.Txn.Newest().Allowed(x.Owner, schema, acl.Create, false) == 0 {
			return ddl.ErrDenied(x.Txn.Newest(), schema)
		}
		n.Schema = schema.OID
		if err := x.Txn.Lock(ctx, kv.Shared, schema); err != nil {
			return err
		}
		return x.errTaken(n.Schema, n.Name)
	})
}

func (x *Executor) setOwner(ctx context.Context, s *ast.AlterOwnerStmt) error {
	owner, err := x.Role(s.NewOwner)
	if err != nil {
		return err
	}
	return x.change(ctx, s.Object.Names, func(n *catalog.Statistics) error {
		if n.Owner == owner {
			return nil
		}
		n.Owner = owner
		return x.MayGiveTo(owner, n.Schema)
	})
}

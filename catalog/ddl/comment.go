package ddl

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

func (x *Executor) comment(ctx context.Context, s *ast.CommentStmt) error {
	names := s.Object.Names
	text := s.Comment
	switch s.ObjectType {
	case ast.ObjectTable, ast.ObjectView, ast.ObjectMatView, ast.ObjectSequence, ast.ObjectIndex:
		rel, err := x.lockRelation(ctx, rangeVar(names))
		if err != nil {
			return err
		}
		if !kindMatches(rel, s.ObjectType) {
			return pgerr.New(pgerr.WrongObjectType, "%q is not %s", rel.RelName(), map[ast.ObjectType]string{ast.ObjectTable: "a table",
				ast.ObjectView: "a view", ast.ObjectMatView: "a materialized view", ast.ObjectSequence: "a sequence", ast.ObjectIndex: "an index"}[s.ObjectType])
		}
		return x.commentRelation(ctx, rel, text)
	case ast.ObjectColumn:
		return x.commentColumn(ctx, names, text)
	case ast.ObjectTabConstraint:
		return x.commentConstraint(ctx, names, text)
	case ast.ObjectTrigger:
		return x.commentTrigger(ctx, names, text)
	case ast.ObjectRule:
		return x.commentRule(ctx, names, text)
	case ast.ObjectSchema:
		old, err := x.lockSchema(ctx, names[len(names)-1])
		if err != nil {
			return err
		}
		n := *old
		n.Version++
		n.Comment = text
		return x.Txn.Update(ctx, old, &n)
	case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectRoutine, ast.ObjectAggregate:
		f, err := x.lockFunction(ctx, s.ObjectType, s.Object.Func)
		if err != nil {
			return err
		}
		return x.changeFunction(ctx, f, func(n *catalog.Function) { n.Comment = text })
	case ast.ObjectDataType, ast.ObjectDomain:
		if s.Object.Type != nil {
			names = s.Object.Type.Names
		}
		return x.commentType(ctx, names, text)
	case ast.ObjectDatabase:
		return x.commentDatabase(ctx, names[len(names)-1], text)
	}
	return pgerr.FeatureNotSupported("COMMENT ON " + objectWord(s.ObjectType, true))
}

func (x *Executor) commentRelation(ctx context.Context, rel catalog.Relation, text string) error {
	switch r := rel.(type) {
	case *catalog.Table:
		t := next(r)
		t.Comment = text
		return x.update(ctx, r, t)
	case *catalog.View:
		v := *r
		v.Version++
		v.Comment = text
		return x.update(ctx, r, &v)
	case *catalog.Sequence:
		q := *r
		q.Version++
		q.Comment = text
		return x.update(ctx, r, &q)
	case *catalog.Index:
		return x.changeIndex(ctx, r, func(n *catalog.Index) { n.Comment = text })
	}
	return nil
}

// changeIndex changes one index of a table.
func (x *Executor) changeIndex(ctx context.Context, ix *catalog.Index, change func(*catalog.Index)) error {
	old, ok := x.Txn.Newest().Table(ix.Table)
	if !ok {
		return pgerr.New(pgerr.InternalError, "index %q has no table", ix.Name)
	}
	t := next(old)
	n := *ix
	change(&n)
	if ix.Primary {
		t.Primary = &n
	} else {
		t.Indexes = slices.Clone(t.Indexes)
		for i := range t.Indexes {
			if t.Indexes[i].ID == ix.ID {
				t.Indexes[i] = &n
			}
		}
	}
	return x.update(ctx, old, t)
}

func (x *Executor) commentColumn(ctx context.Context, names []string, text string) error {
	if len(names) < 2 {
		return pgerr.New(pgerr.SyntaxError, "column name must be qualified")
	}
	column := names[len(names)-1]
	rel, err := x.lockRelation(ctx, rangeVar(names[:len(names)-1]))
	if err != nil {
		return err
	}
	switch r := rel.(type) {
	case *catalog.Table:
		_, o, ok := r.Column(column)
		if !ok {
			return errNoColumn(r, column)
		}
		t := next(r)
		changeColumn(t, o).Comment = text
		return x.update(ctx, r, t)
	case *catalog.View:
		_, o, ok := r.Column(column)
		if !ok {
			return pgerr.New(pgerr.UndefinedColumn, "column %q of relation %q does not exist", column, r.Name)
		}
		v := *r
		v.Version++
		v.Columns = slices.Clone(v.Columns)
		c := *v.Columns[o]
		c.Comment = text
		v.Columns[o] = &c
		return x.update(ctx, r, &v)
	}
	return pgerr.New(pgerr.WrongObjectType, "cannot set comment on relation %q", rel.RelName())
}

func (x *Executor) commentConstraint(ctx context.Context, names []string, text string) error {
	name := names[len(names)-1]
	old, err := x.lockTable(ctx, rangeVar(names[:len(names)-1]))
	if err != nil {
		return err
	}
	for i, k := range old.Checks {
		if k.Name == name {
			t := next(old)
			n := *k
			n.Comment = text
			t.Checks = slices.Clone(t.Checks)
			t.Checks[i] = &n
			return x.update(ctx, old, t)
		}
	}
	if old.ForeignKey(name) != nil {
		return x.changeForeignKey(ctx, old, name, func(k *catalog.ForeignKey) { k.Comment = text })
	}
	for _, ix := range old.AllIndexes() {
		if ix.Constraint != 0 && ix.Name == name {
			return x.changeIndex(ctx, ix, func(n *catalog.Index) { n.ConstraintComment = text })
		}
	}
	return pgerr.New(pgerr.UndefinedObject, "constraint %q for table %q does not exist", name, old.Name)
}

func (x *Executor) commentDatabase(ctx context.Context, name, text string) error {
	d, ok := x.Txn.Newest().Database(name)
	if !ok {
		x.notice(pgerr.Warning(pgerr.UndefinedDatabase, "database %q does not exist", name))
		return nil
	}
	if err := x.Txn.Lock(ctx, kv.Exclusive, d); err != nil {
		return err
	}
	d, ok = x.Txn.Newest().Database(name)
	if !ok {
		return nil
	}
	n := *d
	n.Version++
	n.Comment = text
	return x.Txn.Update(ctx, d, &n)
}

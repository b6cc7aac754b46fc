package ddl

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// template is a table that LIKE … INCLUDING INDEXES names.
type template struct {
	table    *catalog.Table
	comments bool
}

// like adds the columns of another relation.
func (b *tableBuilder) like(ctx context.Context, l *ast.TableLikeClause) error {
	rel, err := b.x.lookup(l.Relation)
	if err != nil {
		if e, ok := pgerr.As(err); ok {
			return e.At(b.x.SQL, l.Relation.Pos)
		}
		return err
	}
	var cols []*catalog.Column
	table, _ := rel.(*catalog.Table)
	switch r := rel.(type) {
	case *catalog.Table:
		cols = r.Columns
	case *catalog.View:
		cols = r.Columns
	default:
		return pgerr.New(pgerr.WrongObjectType, "relation %q is invalid in LIKE clause", rel.RelName()).At(b.x.SQL, l.Relation.Pos)
	}
	for _, c := range cols {
		if err := b.likeColumn(ctx, table, c, l.Options); err != nil {
			return err
		}
	}
	if table == nil {
		return nil
	}
	if l.Options&ast.LikeIndexes != 0 {
		b.templates = append(b.templates, template{table, l.Options&ast.LikeComments != 0})
	}
	if l.Options&ast.LikeStatistics != 0 {
		if err := b.likeStatistics(ctx, table, l.Options&ast.LikeComments != 0); err != nil {
			return err
		}
	}
	if l.Options&ast.LikeConstraints == 0 {
		return nil
	}
	for _, k := range table.Checks {
		n := &catalog.Check{Name: k.Name, Expr: k.Expr, NoInherit: k.NoInherit, Columns: mapColumns(table, b.tab, k.Columns)}
		if l.Options&ast.LikeComments != 0 {
			n.Comment = k.Comment
		}
		b.tab.Checks = append(b.tab.Checks, n)
	}
	return nil
}

// likeColumn adds a column like c of a table, or of a view if table is nil.
func (b *tableBuilder) likeColumn(ctx context.Context, table *catalog.Table, c *catalog.Column, options ast.TableLikeOptions) error {
	n := &catalog.Column{ID: b.tab.NextColumn, Name: c.Name, Type: c.Type, NotNull: c.NotNull, Collation: c.Collation}
	if options&ast.LikeDefaults != 0 && c.Identity == 0 && c.Generated == 0 {
		n.Default = c.Default
	}
	if options&ast.LikeGenerated != 0 && c.Generated != 0 {
		n.Default, n.Generated = c.Default, c.Generated
	}
	if options&ast.LikeComments != 0 {
		n.Comment = c.Comment
	}
	b.tab.NextColumn++
	b.tab.Columns = append(b.tab.Columns, n)
	if options&ast.LikeIdentity == 0 || c.Identity == 0 {
		return nil
	}
	q, err := b.ownSequence(ctx, n, nil, true)
	if err != nil {
		return err
	}
	n.Identity = c.Identity
	for _, from := range b.x.Txn.Newest().OwnedSequences(table.OID, c.ID) {
		if from.OwnedBy.Identity {
			q.Start, q.Increment, q.Min, q.Max, q.Cache, q.Cycle, q.Initial = from.Start, from.Increment, from.Min, from.Max, from.Cache, from.Cycle, from.Start
		}
	}
	return nil
}

// likeIndexes gives the table the indexes of those it is made like. The table has all its columns.
func (b *tableBuilder) likeIndexes(ctx context.Context) error {
	for _, from := range b.templates {
		for _, ix := range from.table.AllIndexes() {
			n := indexFor(from.table, b.tab, ix)
			n.Parent = 0
			if from.comments {
				n.Comment, n.ConstraintComment = ix.Comment, ix.ConstraintComment
			}
			if err := b.addClone(ctx, n, ix); err != nil {
				return err
			}
		}
	}
	return nil
}

// borrowIndexes adds the indexes that the table gets from others: those it is made like, and the table that it is a partition of.
func (b *tableBuilder) borrowIndexes(ctx context.Context) error {
	if err := b.likeIndexes(ctx); err != nil {
		return err
	}
	if b.tab.Bound == nil {
		return nil
	}
	p, ok := b.x.Txn.Newest().Table(b.tab.Parents[0])
	if !ok {
		return nil
	}
	return b.cloneIndexes(ctx, p)
}

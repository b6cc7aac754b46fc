package ddl

import (
	"context"
	"slices"
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// Statistics objects are parts of their table: what other statements do to them. Their own are in catalog/extstats.

// setStatistics is ALTER COLUMN SET STATISTICS.
func (x *Executor) setStatistics(ctx context.Context, old *catalog.Table, cmd *ast.AlterTableCmd) error {
	_, o, ok := old.Column(cmd.Name)
	if !ok {
		return errNoColumn(old, cmd.Name)
	}
	target := -1
	if c, ok := cmd.Def.(*ast.Const); ok {
		target, _ = strconv.Atoi(c.Val)
	}
	switch {
	case target < -1:
		return pgerr.New(pgerr.InvalidParameterValue, "statistics target %d is too low", target)
	case target > 10000:
		x.notice(pgerr.Warning(pgerr.InvalidParameterValue, "lowering statistics target to %d", 10000))
		target = 10000
	}
	t := next(old)
	changeColumn(t, o).StatTarget = target + 1
	return x.update(ctx, old, t)
}

// statisticsWithColumn is a statistics object whose expressions name a column otherwise.
func statisticsWithColumn(s *catalog.Statistics, from, to string) *catalog.Statistics {
	n := *s
	n.Exprs = slices.Clone(n.Exprs)
	for i := range n.Exprs {
		n.Exprs[i].Text = renameColumn(n.Exprs[i].Text, from, to)
	}
	return &n
}

// likeStatistics gives the new table statistics objects like those of another table.
func (b *tableBuilder) likeStatistics(ctx context.Context, from *catalog.Table, comments bool) error {
	for _, s := range from.Statistics {
		n := *s
		n.Schema, n.Owner = b.tab.Schema, b.x.Owner
		n.Columns, n.Reads = mapColumns(from, b.tab, s.Columns), mapColumns(from, b.tab, s.Reads)
		slices.Sort(n.Columns)
		label := ""
		for _, id := range s.Columns {
			label += "_" + from.ColumnByID(id).Name
		}
		for range s.Exprs {
			label += "_expr"
		}
		if !comments {
			n.Comment = ""
		}
		n.Name = StatisticsName(b.x.Txn.Newest(), b.tab, n.Schema, label[1:])
		var err error
		if n.OID, err = b.x.Txn.Catalog().NewOID(ctx); err != nil {
			return err
		}
		b.tab.Statistics = append(b.tab.Statistics, &n)
	}
	return nil
}

// dropSchemaStatistics drops the statistics objects in a schema; those of its own tables are gone already.
func (x *Executor) dropSchemaStatistics(ctx context.Context, schema *catalog.Schema, cascade bool) error {
	in := func(s *catalog.Statistics) bool { return s.Schema == schema.OID }
	var tables []*catalog.Table
	var lines []string
	for t := range x.Txn.Newest().Tables() {
		for _, s := range t.Statistics {
			if in(s) {
				lines = append(lines, "statistics object "+x.qualified(s.Schema, s.Name)+" depends on schema "+quoteIdent(schema.Name))
				if !slices.Contains(tables, t) {
					tables = append(tables, t)
				}
			}
		}
	}
	if len(lines) > 0 && !cascade {
		return errDependent("schema "+quoteIdent(schema.Name), lines)
	}
	for _, old := range tables {
		if err := x.lockOID(ctx, old); err != nil {
			return err
		}
		old, ok := x.Txn.Newest().Table(old.OID)
		if !ok {
			continue
		}
		t := next(old)
		t.Statistics = slices.DeleteFunc(slices.Clone(t.Statistics), in)
		if err := x.update(ctx, old, t); err != nil {
			return err
		}
	}
	return nil
}

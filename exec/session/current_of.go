package session

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// rowKeys is what a cursor's query has for WHERE CURRENT OF: the table and the key of its row, in two columns after the result's for each table.
type rowKeys struct {
	plain  ast.Stmt // the query without them
	from   []*ast.RangeVar
	locked bool // FOR UPDATE and its like
}

// rowPlace is where a row of a table is.
type rowPlace struct {
	table types.OID
	key   string
}

// addRowKeys lets a query that has not been planned yet give the keys of its rows, if it is of a kind that WHERE CURRENT OF can use.
func (p *prepared) addRowKeys() {
	q, ok := p.stmt.(*ast.SelectStmt)
	if !ok || q.Op != ast.SetOpNone || q.Distinct || q.DistinctOn != nil || q.GroupBy != nil || q.Having != nil || q.Values != nil || q.Window != nil {
		return
	}
	k := &rowKeys{plain: q, locked: len(q.Locking) > 0}
	for _, f := range q.From {
		k.tablesOf(f, q.Locking)
	}
	if len(k.from) == 0 || !k.locked && (len(q.From) > 1 || len(k.from) > 1) {
		return
	}
	with := *q
	with.TargetList = slices.Clone(q.TargetList)
	for _, r := range k.from {
		name := r.Name
		if r.Alias != nil {
			name = r.Alias.Name
		}
		with.TargetList = append(with.TargetList, &ast.ResTarget{Val: &ast.ColumnRef{Names: []string{name, "tableoid"}, Pos: -1}},
			&ast.ResTarget{Val: &ast.RowKey{Relation: name}})
	}
	p.stmt, p.rowKeys = &with, k
}

// tablesOf adds the tables of an item of FROM; of a query that locks rows, those that it locks.
func (k *rowKeys) tablesOf(f ast.FromItem, locking []*ast.LockingClause) {
	switch f := f.(type) {
	case *ast.RangeVar:
		name := f.Name
		if f.Alias != nil {
			name = f.Alias.Name
		}
		names := func(l *ast.LockingClause) bool {
			return len(l.Relations) == 0 || slices.ContainsFunc(l.Relations, func(r *ast.RangeVar) bool { return r.Name == name })
		}
		if len(locking) == 0 || slices.ContainsFunc(locking, names) {
			k.from = append(k.from, f)
		}
	case *ast.JoinExpr:
		k.tablesOf(f.Left, locking)
		k.tablesOf(f.Right, locking)
		if !k.locked {
			k.from = nil
		}
	}
}

// planRowKeys plans the query, without keys if it cannot have any: its tables may be views.
func (p *prepared) planRowKeys(planned func() error) error {
	err := planned()
	if err == nil || p.rowKeys == nil || p.plan != nil {
		return err
	}
	p.stmt, p.rowKeys = p.rowKeys.plain, nil
	return planned()
}

// resultOf takes the columns of keys from those of a plan.
func (k *rowKeys) resultOf(cols []Column) []Column {
	if k == nil {
		return cols
	}
	return cols[:len(cols)-2*len(k.from)]
}

// useRowKeys notes the tables that the cursor can say the rows of. A plan that sorts without locking rows has no current ones, as in PostgreSQL.
func (s *Session) useRowKeys(c *portal) {
	k := c.p.rowKeys
	if k == nil {
		return
	}
	c.cursor.keys = len(c.p.columns)
	c.cursor.locked = k.locked
	if !k.locked && sorts(c.run.plan.Root) {
		return
	}
	for _, r := range k.from {
		oid := types.OID(0)
		if t, ok := s.cat.Reader.Lookup(s.hot.searchPath, r.Schema, r.Name); ok {
			oid = t.RelOID()
		}
		c.cursor.tables = append(c.cursor.tables, oid)
	}
}

func sorts(n plan.Node) bool {
	switch n := n.(type) {
	case *plan.Sort:
		return true
	case *plan.Project:
		return sorts(n.Input)
	case *plan.Limit:
		return sorts(n.Input)
	case *plan.Filter:
		return sorts(n.Input)
	}
	return false
}

// watched gives emit the result's columns of rows and notes where the last row is.
func (u *cursor) watched(emit func(*vec.Batch) error) func(*vec.Batch) error {
	if u == nil || u.keys == 0 {
		return emit
	}
	return func(b *vec.Batch) error {
		if n := b.Rows(); n > 0 {
			i := b.Row(n - 1)
			u.places = u.places[:0]
			for k := range u.tables {
				at := rowPlace{}
				if key := b.Cols[u.keys+2*k+1]; !key.IsNull(i) {
					at = rowPlace{table: types.OID(b.Cols[u.keys+2*k].Datum(i).Int()), key: strings.Clone(key.Str[i])}
				}
				u.places = append(u.places, at)
			}
		}
		return emit(&vec.Batch{Cols: b.Cols[:u.keys], Len: b.Len, Sel: b.Sel})
	}
}

// fetchRows moves a cursor and sends the rows.
func (s *Session) fetchRows(ctx context.Context, c *portal, x *ast.FetchStmt, emit func(*vec.Batch) error) (int64, error) {
	if c.cursor.failed {
		return 0, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "portal %q cannot be run", c.name)
	}
	n, err := s.moveCursor(ctx, c, x, c.cursor.watched(emit))
	c.cursor.failed = err != nil
	return n, err
}

// OnRow implements bind.CursorSource.
func (e *env) OnRow(name string, target, table types.OID, key string) (bool, error) {
	s := (*Session)(e)
	c, ok := s.portals[name]
	if !ok {
		return false, pgerr.New(pgerr.InvalidCursorName, "cursor %q does not exist", name)
	}
	u := c.cursor
	invalid := func(format string, args ...any) error { return pgerr.New(pgerr.InvalidCursorState, format, args...) }
	switch {
	case !c.returnsRows():
		return false, invalid("cursor %q is not a SELECT query", name)
	case u != nil && u.held:
		return false, invalid("cursor %q is held from a previous transaction", name)
	}
	at, of := -1, 0
	if u != nil {
		for i, t := range u.tables {
			if s.within(target, t) {
				at = i
				of++
			}
		}
	}
	switch {
	case at < 0 && u != nil && u.locked:
		return false, invalid("cursor %q does not have a FOR UPDATE/SHARE reference to table %q", name, s.relName(target))
	case at < 0:
		return false, invalid("cursor %q is not a simply updatable scan of table %q", name, s.relName(target))
	case of > 1:
		return false, invalid("cursor %q has multiple FOR UPDATE/SHARE references to table %q", name, s.relName(target))
	case u.pos == 0 || u.end || at >= len(u.places):
		return false, invalid("cursor %q is not positioned on a row", name)
	}
	return u.places[at] == rowPlace{table, key}, nil
}

// within reports whether a table is another one or inherits from it.
func (s *Session) within(table, of types.OID) bool {
	if table == of {
		return true
	}
	t, ok := s.cat.Reader.Table(table)
	return ok && slices.ContainsFunc(t.Parents, func(p types.OID) bool { return s.within(p, of) })
}

func (s *Session) relName(oid types.OID) string {
	if t, ok := s.cat.Reader.Table(oid); ok {
		return t.Name
	}
	return ""
}

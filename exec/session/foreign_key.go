package session

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/fkey"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// keysMax is how many keys one query of a foreign key deals with.
const keysMax = 8192

// keyQueriesMax bounds the queries that a session keeps for foreign keys.
const keyQueriesMax = 64

// parentAction is what happens to the rows that refer to keys that are gone: one query for up to keysMax keys, an equality for one.
type parentAction struct {
	s      *Session
	g      *exec.EventGroup
	more   *exec.Events // what the queries set off
	ref    catalog.Reference
	action byte // pg_constraint's letters
	// types are those of the key's columns in the table referred to; child and parent the names of the columns, quoted.
	top           *catalog.Table // that the key refers to: that of the rows, or a partitioned table that it is in
	types         []types.T
	child, parent []string
	set           []string // columns of SET NULL and SET DEFAULT
	// array: the keys have one column, of the same type on both sides, so that rows are found by x.c = ANY($1): by an index if there is one,
	// however little is known about the size of the table.
	array bool
}

// keyNow is a table and its foreign key, which may be one of the tables it is a part of, as they are now: they may have changed since a
// deferred event, and what is dropped (nil) refers to nothing.
func (s *Session) keyNow(table types.OID, was *catalog.ForeignKey) (*catalog.Table, *catalog.ForeignKey) {
	t, ok := s.cat.Reader.Table(table)
	if !ok {
		return nil, nil
	}
	for _, k := range s.cat.Reader.KeysOf(t) {
		if k.OID == was.OID {
			return t, k
		}
	}
	return nil, nil
}

// fireParents does what the foreign key says about keys that are gone or changed.
func (s *Session) fireParents(ctx context.Context, g *exec.EventGroup, more *exec.Events) error {
	child, key := s.keyNow(g.Reference.Table.OID, g.Reference.Key)
	if key == nil {
		return nil
	}
	a := &parentAction{s: s, g: g, more: more, ref: catalog.Reference{Table: child, Key: key}, action: key.OnDelete}
	if g.Event == catalog.OnUpdate {
		a.action = key.OnUpdate
	}
	var ok bool
	if a.top, ok = s.cat.Reader.Table(key.Parent); !ok {
		return nil
	}
	batch := keysMax
	for i, id := range key.ParentColumns {
		c := a.top.ColumnByID(id)
		t := types.Of(types.BaseOf(c.Type.OID))
		if types.ArrayOf(t.OID) == 0 || types.ElemOf(t.OID) != 0 {
			batch = 1
		}
		a.types = append(a.types, t)
		a.parent = append(a.parent, expr.QuoteIdent(c.Name))
		c = child.ColumnByID(key.Columns[i])
		a.child = append(a.child, expr.QuoteIdent(c.Name))
		a.array = len(key.Columns) == 1 && types.BaseOf(c.Type.OID) == t.OID
	}
	a.set = a.child
	if g.Event == catalog.OnDelete && len(key.SetColumns) > 0 {
		a.set = nil
		for _, id := range key.SetColumns {
			a.set = append(a.set, expr.QuoteIdent(child.ColumnByID(id).Name))
		}
	}
	for r := g.Rows.Reader(); ; {
		b, err := r.Next(batch)
		if err != nil || b == nil || b.Len == 0 {
			return err
		}
		for from := 0; from < b.Len; from += batch {
			if err := a.run(ctx, b, from, min(from+batch, b.Len)); err != nil {
				return err
			}
		}
	}
}

// run deals with the keys in rows from ≤ i < to of b.
func (a *parentAction) run(ctx context.Context, b *vec.Batch, from, to int) error {
	args := a.args(b, from, to)
	one := to-from == 1
	if a.action == 'a' || a.action == 'r' {
		if err := a.check(ctx, one, args); err != nil {
			return err
		}
	} else {
		used := args
		if a.g.Event == catalog.OnDelete || a.action != 'c' {
			used = args[:len(a.types)]
		}
		if err := a.s.keyQueryOn(ctx, nil, a.more, a.sql(one), a.argTypes(one, len(used)), used, nil); err != nil {
			return a.inQuery(err)
		}
		if a.action == 'd' {
			// A row whose default is the key that is gone was not changed, so nothing has looked at it.
			if err := a.check(ctx, one, args); err != nil {
				return err
			}
		}
	}
	return a.unseen(ctx, one, args[:len(a.types)])
}

// args are the values of the old keys and then of the new ones: arrays if there are several keys.
func (a *parentAction) args(b *vec.Batch, from, to int) []types.Datum {
	args := make([]types.Datum, len(b.Cols))
	for c, v := range b.Cols {
		if to-from == 1 {
			args[c] = v.Datum(from)
			continue
		}
		elems := make([]types.Datum, 0, to-from)
		for i := from; i < to; i++ {
			elems = append(elems, v.Datum(i))
		}
		args[c] = types.NewRef(types.NewArray(a.types[c%len(a.types)].OID, elems))
	}
	return args
}

func (a *parentAction) argTypes(one bool, n int) []types.T {
	ts := make([]types.T, n)
	for i := range ts {
		ts[i] = a.types[i%len(a.types)]
		if !one {
			ts[i] = types.Of(types.ArrayOf(ts[i].OID))
		}
	}
	return ts
}

// keysFrom is the FROM item with the keys, and the condition that rows of the child x refer to them. With one key there is no item.
func (a *parentAction) keysFrom(one bool, n int) (from, where string) {
	var conds, cols, params []string
	for i, c := range a.child {
		key := fmt.Sprintf("k.o%d", i+1)
		if one {
			key = fmt.Sprintf("$%d", i+1)
		}
		conds = append(conds, "x."+c+" = "+key)
	}
	where = strings.Join(conds, " AND ")
	if one {
		return "", where
	}
	if a.array && n == 1 {
		return "", "x." + a.child[0] + " = ANY($1)"
	}
	for i := range n {
		name := "o"
		if i >= len(a.types) {
			name = "n"
		}
		cols = append(cols, fmt.Sprint(name, i%len(a.types)+1))
		params = append(params, fmt.Sprintf("$%d", i+1))
	}
	return "pg_catalog.unnest(" + strings.Join(params, ", ") + ") AS k(" + strings.Join(cols, ", ") + ")", where
}

// childName is the qualified name of the table that refers.
func (a *parentAction) name(t *catalog.Table) string {
	only := "ONLY "
	if t.Key != nil {
		only = ""
	}
	return only + expr.QuoteIdent(a.s.cat.Reader.SchemaName(t.Schema)) + "." + expr.QuoteIdent(t.Name)
}

// sql is the query that changes the rows that refer.
func (a *parentAction) sql(one bool) string {
	n := len(a.types)
	cascade := a.action == 'c' && a.g.Event == catalog.OnUpdate
	if cascade {
		n *= 2
	}
	from, where := a.keysFrom(one, n)
	table := a.name(a.ref.Table) + " x"
	if a.action == 'c' && !cascade {
		if from != "" {
			from = " USING " + from
		}
		return "DELETE FROM " + table + from + " WHERE " + where
	}
	var sets []string
	for i, c := range a.set {
		value := "NULL"
		switch {
		case cascade && one:
			value = fmt.Sprintf("$%d", len(a.types)+i+1)
		case cascade:
			value = fmt.Sprintf("k.n%d", i+1)
		case a.action == 'd':
			value = "DEFAULT"
		}
		sets = append(sets, c+" = "+value)
	}
	if from != "" {
		from = " FROM " + from
	}
	return "UPDATE " + table + " SET " + strings.Join(sets, ", ") + from + " WHERE " + where
}

// check is NO ACTION and RESTRICT: no row may refer to the keys. For NO ACTION a key that exists again does no harm.
func (a *parentAction) check(ctx context.Context, one bool, args []types.Datum) error {
	n := len(a.types)
	from, where := a.keysFrom(one, n)
	var out, again []string
	for i, p := range a.parent {
		key := fmt.Sprintf("k.o%d", i+1)
		switch {
		case one:
			key = fmt.Sprintf("$%d", i+1)
		case a.array:
			key = "x." + a.child[i]
		}
		out, again = append(out, key), append(again, "p."+p+" = "+key)
	}
	if from != "" {
		from = ", " + from
	}
	sql := "SELECT " + strings.Join(out, ", ") + " FROM " + a.name(a.ref.Table) + " x" + from + " WHERE " + where
	if a.action != 'r' {
		sql += " AND NOT EXISTS (SELECT FROM " + a.name(a.top) + " p WHERE " + strings.Join(again, " AND ") + ")"
	}
	sql += " LIMIT 1 FOR KEY SHARE OF x"
	return a.s.keyQuery(ctx, sql, a.argTypes(one, n), args[:n], func(b *vec.Batch) error {
		return a.errReferenced(b.Datums(nil, b.Row(0)))
	})
}

// errReferenced is the error of a key that is still referred to.
func (a *parentAction) errReferenced(key []types.Datum) error {
	child, r := a.ref.Table, a.s.cat.Reader
	name, err := partition.ReferenceName(r, child, a.ref.Key, a.g.Table.OID)
	if err != nil {
		return err
	}
	e := pgerr.New(pgerr.ForeignKeyViolation, "update or delete on table %q violates foreign key constraint %q on table %q", a.g.Table.Name,
		name, child.Name).WithTable(r.SchemaName(child.Schema), child.Name).WithConstraint(name)
	if key == nil {
		return e.WithDetail("Key is still referenced from table %q.", child.Name)
	}
	names := make([]string, len(a.ref.Key.ParentColumns))
	for i, id := range a.ref.Key.ParentColumns {
		names[i] = a.top.ColumnByID(id).Name
	}
	return e.WithDetail("Key %s is still referenced from table %q.", fkey.KeyText(names, a.types, key, &a.s.types), child.Name)
}

// unseen looks for rows that refer to the keys and that the transaction's snapshot does not show: they were committed after it. Nobody
// adds more, for the keys are locked.
func (a *parentAction) unseen(ctx context.Context, one bool, args []types.Datum) error {
	s := a.s
	if s.tx.isolation == kv.ReadCommitted {
		return nil
	}
	from, where := a.keysFrom(one, len(a.types))
	if from != "" {
		from = ", " + from
	}
	sql := "SELECT x::text FROM " + a.name(a.ref.Table) + " x" + from + " WHERE " + where
	var sums [2]uint64
	for i, o := range []kv.TxnOptions{{AsOf: s.tx.kv.ReadTS()}, {ReadOnly: true}} {
		tx := s.srv.o.Store.Begin(o)
		err := tx.StartStatement(ctx)
		if err == nil {
			err = s.keyQueryOn(ctx, tx, nil, sql, a.argTypes(one, len(args)), args, func(b *vec.Batch) error {
				for j := range b.Rows() {
					h := fnv.New64a()
					h.Write([]byte(b.Cols[0].Str[b.Row(j)]))
					sums[i] += h.Sum64() | 1
				}
				return nil
			})
		}
		tx.Rollback()
		if err != nil {
			return err
		}
	}
	if sums[0] == sums[1] {
		return nil
	}
	if a.action == 'a' || a.action == 'r' {
		if one {
			return a.errReferenced(args)
		}
		return a.errReferenced(nil)
	}
	return kv.ErrConflict
}

// inQuery tells in an error which query it comes from, as PostgreSQL words it.
func (a *parentAction) inQuery(err error) error {
	e, ok := pgerr.As(a.s.fail(a.s.ctx, err))
	if !ok {
		return err
	}
	table := "ONLY " + quoteAlways(a.s.cat.Reader.SchemaName(a.ref.Table.Schema)) + "." + quoteAlways(a.ref.Table.Name)
	var conds, sets []string
	n := 1
	for i, id := range a.ref.Key.Columns {
		name := quoteAlways(a.ref.Table.ColumnByID(id).Name)
		switch {
		case a.action == 'c' && a.g.Event == catalog.OnUpdate:
			sets = append(sets, fmt.Sprintf("%s = $%d", name, n))
			n++
		case a.action == 'n' && slices.Contains(a.set, a.child[i]):
			sets = append(sets, name+" = NULL")
		case a.action == 'd' && slices.Contains(a.set, a.child[i]):
			sets = append(sets, name+" = DEFAULT")
		}
	}
	for _, id := range a.ref.Key.Columns {
		conds = append(conds, fmt.Sprintf("$%d OPERATOR(pg_catalog.=) %s", n, quoteAlways(a.ref.Table.ColumnByID(id).Name)))
		n++
	}
	sql := "DELETE FROM " + table
	if sets != nil {
		sql = "UPDATE " + table + " SET " + strings.Join(sets, ", ")
	}
	c := *e
	if c.Where != "" {
		c.Where += "\n"
	}
	c.Where += "SQL statement \"" + sql + " WHERE " + strings.Join(conds, " AND ") + "\""
	return &c
}

func quoteAlways(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// keyQuery runs a query of a foreign key inside of the running transaction.
func (s *Session) keyQuery(ctx context.Context, sql string, params []types.T, args []types.Datum, emit func(*vec.Batch) error) error {
	return s.keyQueryOn(ctx, nil, nil, sql, params, args, emit)
}

// keyQueryOn is keyQuery on another transaction of the store, which only reads; nil is the session's. What the query sets off goes to more,
// if that is not nil.
func (s *Session) keyQueryOn(ctx context.Context, tx kv.Txn, more *exec.Events, sql string, params []types.T, args []types.Datum,
	emit func(*vec.Batch) error) error {
	p, err := s.keyPrepared(sql, params)
	if err != nil {
		return err
	}
	for {
		if err := s.refreshSnapshot(ctx); err != nil {
			return err
		}
		if err := s.refresh(p); err != nil {
			return err
		}
		err := s.lockTables(ctx, p.plan)
		if err == nil {
			break
		}
		if !errors.Is(err, catalog.ErrTableChanged) {
			return err
		}
	}
	r := p.run
	if r == nil || r.busy || r.plan != p.plan {
		r = &runner{plan: p.plan}
		if p.run == nil || !p.run.busy {
			p.run = r
		}
	}
	s.bindRunner(r, ctx, args)
	r.more = more
	if tx != nil {
		r.ctx.Txn = tx
	}
	if err := s.buildRunner(ctx, r); err != nil {
		return err
	}
	defer r.finish()
	for {
		b, err := r.pull(ctx)
		if err != nil || b == nil {
			return err
		}
		if emit != nil {
			if err := emit(b); err != nil {
				return err
			}
		}
	}
}

// keyPrepared is the query of that text, kept for the next time.
func (s *Session) keyPrepared(sql string, params []types.T) (*prepared, error) {
	if p := s.keyQueries[sql]; p != nil && slices.Equal(p.paramTypes(), params) {
		return p, nil
	}
	stmt, err := parseOne(sql)
	if err != nil {
		return nil, err
	}
	if s.keyQueries == nil || len(s.keyQueries) >= keyQueriesMax {
		s.keyQueries = map[string]*prepared{}
	}
	p := &prepared{text: sql, stmt: stmt, declared: params}
	s.keyQueries[sql] = p
	return p, nil
}

// ddlQuery runs a query of a schema statement, which sees what that has done so far.
func (s *Session) ddlQuery(ctx context.Context, sql string) ([][]types.Datum, error) {
	var rows [][]types.Datum
	err := s.keyQuery(ctx, sql, nil, nil, func(b *vec.Batch) error {
		rows = appendRows(rows, b)
		return nil
	})
	return rows, err
}

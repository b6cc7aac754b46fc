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
	s    *Session
	g    *exec.EventGroup
	more *exec.Events // what the queries set off
	*fkey.Queries
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
	queries, ok := fkey.NewQueries(s.cat.Reader, catalog.Reference{Table: child, Key: key}, g.Event)
	if !ok {
		return nil
	}
	a := &parentAction{s, g, more, queries}
	batch := keysMax
	if !a.Arrays {
		batch = 1
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
	if a.Action == 'a' || a.Action == 'r' {
		if err := a.check(ctx, one, args); err != nil {
			return err
		}
	} else {
		used := args
		if a.g.Event == catalog.OnDelete || a.Action != 'c' {
			used = args[:len(a.Types)]
		}
		if err := a.s.keyQueryOn(ctx, nil, a.more, a.Change(one), a.ArgTypes(one, len(used)), used, nil); err != nil {
			return a.inQuery(err)
		}
		if a.Action == 'd' {
			// A row whose default is the key that is gone was not changed, so nothing has looked at it.
			if err := a.check(ctx, one, args); err != nil {
				return err
			}
		}
	}
	return a.unseen(ctx, one, args[:len(a.Types)])
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
		args[c] = types.NewRef(types.NewArray(a.Types[c%len(a.Types)].OID, elems))
	}
	return args
}

// check is NO ACTION and RESTRICT: no row may refer to the keys. For NO ACTION a key that exists again does no harm.
func (a *parentAction) check(ctx context.Context, one bool, args []types.Datum) error {
	n := len(a.Types)
	from, where := a.KeysFrom(one, n)
	var out, again []string
	for i, p := range a.Parent {
		key := fmt.Sprintf("k.o%d", i+1)
		switch {
		case one:
			key = fmt.Sprintf("$%d", i+1)
		case a.Array:
			key = "x." + a.Child[i]
		}
		out, again = append(out, key), append(again, "p."+p+" = "+key)
	}
	if from != "" {
		from = ", " + from
	}
	sql := "SELECT " + strings.Join(out, ", ") + " FROM " + a.Name(a.Ref.Table) + " x" + from + " WHERE " + where
	if a.Action != 'r' {
		sql += " AND NOT EXISTS (SELECT FROM " + a.Name(a.Top) + " p WHERE " + strings.Join(again, " AND ") + ")"
	}
	sql += " LIMIT 1 FOR KEY SHARE OF x"
	return a.s.keyQuery(ctx, sql, a.ArgTypes(one, n), args[:n], func(b *vec.Batch) error {
		return a.errReferenced(b.Datums(nil, b.Row(0)))
	})
}

// errReferenced is the error of a key that is still referred to.
func (a *parentAction) errReferenced(key []types.Datum) error {
	child, r := a.Ref.Table, a.s.cat.Reader
	name, err := partition.ReferenceName(r, child, a.Ref.Key, a.g.Table.OID)
	if err != nil {
		return err
	}
	e := pgerr.New(pgerr.ForeignKeyViolation, "update or delete on table %q violates foreign key constraint %q on table %q", a.g.Table.Name,
		name, child.Name).WithTable(r.SchemaName(child.Schema), child.Name).WithConstraint(name)
	if key == nil {
		return e.WithDetail("Key is still referenced from table %q.", child.Name)
	}
	names := make([]string, len(a.Ref.Key.ParentColumns))
	for i, id := range a.Ref.Key.ParentColumns {
		names[i] = a.Top.ColumnByID(id).Name
	}
	return e.WithDetail("Key %s is still referenced from table %q.", fkey.KeyText(names, a.Types, key, &a.s.types), child.Name)
}

// unseen looks for rows that refer to the keys and that the transaction's snapshot does not show: they were committed after it. Nobody
// adds more, for the keys are locked.
func (a *parentAction) unseen(ctx context.Context, one bool, args []types.Datum) error {
	s := a.s
	if s.tx.isolation == kv.ReadCommitted {
		return nil
	}
	from, where := a.KeysFrom(one, len(a.Types))
	if from != "" {
		from = ", " + from
	}
	sql := "SELECT x::text FROM " + a.Name(a.Ref.Table) + " x" + from + " WHERE " + where
	var sums [2]uint64
	for i, o := range []kv.TxnOptions{{AsOf: s.tx.kv.ReadTS()}, {ReadOnly: true}} {
		tx := s.srv.o.Store.Begin(o)
		err := tx.StartStatement(ctx)
		if err == nil {
			err = s.keyQueryOn(ctx, tx, nil, sql, a.ArgTypes(one, len(args)), args, func(b *vec.Batch) error {
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
	if a.Action == 'a' || a.Action == 'r' {
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
	c := *e
	if c.Where != "" {
		c.Where += "\n"
	}
	c.Where += "SQL statement \"" + a.Shown() + "\""
	return &c
}

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

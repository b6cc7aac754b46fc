package dml

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Tree updates or deletes rows of a table and of those that inherit from it: each row goes through the Update or Delete of its table.
type Tree struct {
	ctx     *exec.Ctx
	tree    *plan.Tree
	top     *catalog.Table
	input   exec.Operator
	make    func(t *catalog.Table, in *feed) (exec.Operator, error)
	members map[types.OID]*member
	tables  map[types.OID]*catalog.Table
	groups  []group
	batch   *vec.Batch
	at      int
	active  *member
	move    *RoutedInsert
	merge   *Merge
	// own are the triggers of the statement, whole the statement that the rows belong to: own, or MERGE.
	own, whole *statement
}

func newTree(ctx *exec.Ctx, t *plan.Tree, top *catalog.Table, input exec.Operator) *Tree {
	r := &Tree{ctx: ctx, tree: t, top: top, input: input, members: map[types.OID]*member{}, tables: map[types.OID]*catalog.Table{}}
	for _, m := range t.Tables {
		r.tables[m.OID] = m
	}
	return r
}

// NewTreeUpdate is an Update of several tables.
func NewTreeUpdate(ctx *exec.Ctx, n *plan.Update, input exec.Operator, counts bool) (*Tree, error) {
	r := newTree(ctx, n.Tree, n.Table, input)
	var err error
	if r.own, err = newStatement(ctx, n.Table, n.Effects, n.SetCols, catalog.OnUpdate); err != nil {
		return nil, err
	}
	r.whole = r.own
	if n.Tree.Move != nil {
		if r.move, err = NewRoutedInsert(ctx, n.Tree.Move, &feed{}, false); err != nil {
			return nil, err
		}
	}
	r.make = func(t *catalog.Table, in *feed) (exec.Operator, error) {
		leaf, err := n.Tree.Leaves.Update(t)
		if err != nil {
			return nil, err
		}
		u, err := NewUpdate(ctx, leaf, in, counts)
		if err != nil {
			return nil, err
		}
		r.whole.collect(u.t)
		_, u.src.decodeAll = columnsOf(t, n.Table)
		u.src.merge = r.merge
		if r.move != nil && len(u.up.bounds) > 0 {
			u.up.mover = newMover(r.move, t, n.Table)
			u.src.mode = kv.Exclusive // the row may be deleted
		}
		return u, nil
	}
	return r, nil
}

// NewTreeDelete is a Delete of several tables.
func NewTreeDelete(ctx *exec.Ctx, n *plan.Delete, input exec.Operator, counts bool) (*Tree, error) {
	r := newTree(ctx, n.Tree, n.Table, input)
	var err error
	if r.own, err = newStatement(ctx, n.Table, n.Effects, nil, catalog.OnDelete); err != nil {
		return nil, err
	}
	r.whole = r.own
	r.make = func(t *catalog.Table, in *feed) (exec.Operator, error) {
		leaf, err := n.Tree.Leaves.Delete(t)
		if err != nil {
			return nil, err
		}
		d, err := NewDelete(ctx, leaf, in, counts)
		if err != nil {
			return nil, err
		}
		r.whole.collect(d.t)
		_, d.src.decodeAll = columnsOf(t, n.Table)
		d.src.merge = r.merge
		return d, nil
	}
	return r, nil
}

// Open implements exec.Operator.
func (r *Tree) Open(ctx context.Context) error {
	r.batch, r.active, r.groups, r.at = nil, nil, r.groups[:0], 0
	r.own.opened()
	for _, m := range r.members {
		m.used = false
	}
	if r.move != nil {
		if err := r.move.Open(ctx); err != nil {
			return err
		}
	}
	return r.input.Open(ctx)
}

// Close implements exec.Operator.
func (r *Tree) Close() error { return r.input.Close() }

// Next implements exec.Operator.
func (r *Tree) Next(ctx context.Context) (*vec.Batch, error) {
	if err := r.own.begin(ctx); err != nil {
		return nil, err
	}
	for {
		if r.active != nil {
			out, err := r.active.op.Next(ctx)
			if err != nil {
				return nil, err
			}
			if out != nil && out.Rows() > 0 {
				return out, nil
			}
			r.active = nil
		}
		if r.at < len(r.groups) {
			g := &r.groups[r.at]
			r.at++
			m, err := r.member(ctx, g.table)
			if err != nil {
				return nil, err
			}
			m.give(r.batch, 1, len(r.top.Columns), g.table, g.sel)
			r.active = m
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		b, err := r.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Len == 0 {
			return nil, r.own.end()
		}
		if err := r.split(b); err != nil {
			return nil, err
		}
	}
}

func (r *Tree) member(ctx context.Context, t *catalog.Table) (*member, error) {
	m := r.members[t.OID]
	if m == nil {
		m = &member{}
		m.from, _ = columnsOf(t, r.top)
		var err error
		if m.op, err = r.make(t, &m.in); err != nil {
			return nil, err
		}
		r.members[t.OID] = m
	}
	return m, m.start(ctx, r.ctx, t)
}

// split groups the rows of b by their table.
func (r *Tree) split(b *vec.Batch) error {
	r.batch, r.groups, r.at = b, r.groups[:0], 0
	oids := b.Cols[r.tree.TableOID]
	last := -1
	for i := range b.Rows() {
		row := b.Row(i)
		if oids.IsNull(row) {
			continue
		}
		oid := types.OID(oids.Int[row])
		if last < 0 || r.groups[last].table.OID != oid {
			last = -1
			for n := range r.groups {
				if r.groups[n].table.OID == oid {
					last = n
				}
			}
		}
		if last < 0 {
			t := r.tables[oid]
			if t == nil {
				return pgerr.New(pgerr.InternalError, "row of table %d, which the statement does not know", oid)
			}
			last = len(r.groups)
			r.groups = append(r.groups, group{table: t})
		}
		r.groups[last].sel = append(r.groups[last].sel, int32(row))
	}
	return nil
}

package dml

import (
	"context"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// RoutedInsert inserts into a partitioned table: each row goes through the Insert of its partition. Rows of a batch for the same partition go
// together, but with RETURNING only neighbours, to keep the order.
type RoutedInsert struct {
	ctx     *exec.Ctx
	node    *plan.Insert
	input   exec.Operator
	counts  bool
	bounds  []bound
	top     *target
	route   *router
	members map[types.OID]*member
	groups  []group
	batch   *vec.Batch
	at      int // next of groups
	active  *member
	failure error // of a row that comes after those in groups
	failed  int   // that row
	// own are the triggers of the statement, whole the statement that the rows belong to: own, or MERGE.
	own, whole *statement
}

// group are rows of a batch for one partition.
type group struct {
	table *catalog.Table
	sel   []int32
}

// router is a plan.Route, ready to find partitions.
type router struct {
	partitionKey
	table *catalog.Table
	subs  []*router
}

func newRouter(r *plan.Route) (*router, error) {
	if r == nil {
		return nil, nil
	}
	out := &router{table: r.Table}
	if err := out.init(r.Keys, r.Scheme); err != nil {
		return nil, err
	}
	for _, s := range r.Subs {
		sub, err := newRouter(s)
		if err != nil {
			return nil, err
		}
		out.subs = append(out.subs, sub)
	}
	return out, nil
}

// NewRoutedInsert makes the operator.
func NewRoutedInsert(ctx *exec.Ctx, n *plan.Insert, input exec.Operator, counts bool) (*RoutedInsert, error) {
	r := &RoutedInsert{ctx: ctx, node: n, input: input, counts: counts, members: map[types.OID]*member{}, top: &target{ctx: ctx, desc: n.Table}}
	kinds, set := []catalog.TriggerEvents{catalog.OnInsert}, []int(nil)
	if n.OnConflict != nil && n.OnConflict.Update {
		kinds, set = append(kinds, catalog.OnUpdate), n.OnConflict.SetCols
	}
	var err error
	if r.own, err = newStatement(ctx, n.Table, n.Effects, set, kinds...); err != nil {
		return nil, err
	}
	r.whole = r.own
	if r.bounds, err = newBounds(n.Bounds); err != nil {
		return nil, err
	}
	r.route, err = newRouter(n.Route)
	return r, err
}

// Open implements exec.Operator.
func (r *RoutedInsert) Open(ctx context.Context) error {
	r.reset()
	r.own.opened()
	if r.input == nil {
		return nil
	}
	return r.input.Open(ctx)
}

func (r *RoutedInsert) reset() {
	r.batch, r.active, r.failure, r.groups, r.at = nil, nil, nil, r.groups[:0], 0
	for _, m := range r.members {
		m.used = false
	}
}

// Close implements exec.Operator.
func (r *RoutedInsert) Close() error {
	if r.input == nil {
		return nil
	}
	return r.input.Close()
}

// Next implements exec.Operator.
func (r *RoutedInsert) Next(ctx context.Context) (*vec.Batch, error) {
	if err := r.own.begin(ctx); err != nil {
		return nil, err
	}
	for {
		out, err := r.drain(ctx)
		if err != nil || out != nil {
			return out, err
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

// drain lets the partitions insert their rows of the batch; it returns the next rows of RETURNING, or nil when all are done.
func (r *RoutedInsert) drain(ctx context.Context) (*vec.Batch, error) {
	for {
		if r.active != nil {
			out, err := r.active.op.Next(ctx)
			if err != nil {
				if err = r.first(ctx, err); err != nil {
					return nil, err
				}
			}
			if out != nil && out.Rows() > 0 {
				return out, nil
			}
			r.active = nil
		}
		if r.at >= len(r.groups) {
			err := r.failure
			if err != nil {
				r.ctx.FailedRow = r.failed
			}
			r.failure, r.batch = nil, nil
			return nil, err
		}
		g := &r.groups[r.at]
		r.at++
		m, err := r.member(ctx, g.table)
		if err != nil {
			return nil, err
		}
		if err := r.stillDefault(g, m.newest); err != nil {
			return nil, err
		}
		r.ctx.FailedRow = -1
		m.give(r.batch, 0, len(r.node.Table.Columns), g.table, g.sel)
		r.active = m
	}
}

// first keeps the error of the first row that has one: other partitions still get the rows before it. It returns errors that are of no row.
func (r *RoutedInsert) first(ctx context.Context, err error) error {
	row := r.ctx.FailedRow
	if row < 0 || len(r.groups) == 1 || r.node.Returning != nil {
		return err
	}
	if r.failure == nil || row < r.failed {
		r.failure, r.failed = err, row
	}
	for i := r.at; i < len(r.groups); i++ {
		g := &r.groups[i]
		n, _ := slices.BinarySearch(g.sel, int32(r.failed))
		g.sel = g.sel[:n]
	}
	r.groups = slices.DeleteFunc(r.groups, func(g group) bool { return len(g.sel) == 0 })
	r.at = min(r.at, len(r.groups))
	return nil
}

// member is the operator for a partition; it is locked when it gets its first row.
func (r *RoutedInsert) member(ctx context.Context, t *catalog.Table) (*member, error) {
	m := r.members[t.OID]
	if m == nil {
		n, err := r.node.Leaves.Insert(t)
		if err != nil {
			return nil, err
		}
		m = &member{}
		m.from, _ = columnsOf(t, r.node.Table)
		op, err := NewInsert(r.ctx, n, &m.in, r.counts)
		if err != nil {
			return nil, err
		}
		r.whole.collect(op.t)
		m.op = op
		r.members[t.OID] = m
	}
	return m, m.start(ctx, r.ctx, t)
}

// start prepares a member for an execution.
func (m *member) start(ctx context.Context, c *exec.Ctx, t *catalog.Table) error {
	if m.used {
		return nil
	}
	m.used, m.newest = true, nil
	if c.WriteLock != nil {
		newest, err := c.WriteLock(ctx, t)
		if err != nil {
			return err
		}
		if newest.Version() != c.Catalog.Reader.Version() {
			m.newest = newest
		}
	}
	return m.op.Open(ctx)
}

// stillDefault tests rows that go to a default partition, or into one, against the partitions that others added before it was locked.
func (r *RoutedInsert) stillDefault(g *group, newest *catalog.Reader) error {
	if newest == nil {
		return nil
	}
	for level := r.route; level != nil; {
		at := level.find(int(g.sel[0])) // the rows of a group take the same way
		part := level.scheme.Parts[at]
		if at == level.scheme.Default {
			if err := r.sameDefault(g, newest, level, part); err != nil {
				return err
			}
		}
		if level.subs == nil {
			return nil
		}
		level = level.subs[at]
	}
	return nil
}

func (r *RoutedInsert) sameDefault(g *group, newest *catalog.Reader, level *router, part *catalog.Table) error {
	t, ok := newest.Table(level.table.OID)
	if !ok {
		return nil
	}
	now := level.partitionKey
	var err error
	if now.scheme, err = partition.SchemeOf(newest, t, false); err != nil {
		return err
	}
	for _, row := range g.sel {
		if at := now.find(int(row)); at < 0 || now.scheme.Parts[at].OID != part.OID {
			return errBoundOf(r.top, part, r.batch, int(row))
		}
	}
	return nil
}

// split finds the partitions of the rows of b.
func (r *RoutedInsert) split(b *vec.Batch) error {
	r.batch, r.groups, r.at, r.failure = b, r.groups[:0], 0, nil
	end := b.Rows()
	fail := func(i int, err error) {
		if i < end {
			end, r.failure, r.failed = i, err, b.Row(i)
		}
	}
	view := &vec.Batch{Cols: b.Cols[:len(r.node.Table.Columns)], Len: b.Len, Sel: b.Sel}
	err := misplaced(r.ctx, r.bounds, view, func(i int) {
		if i < end {
			fail(i, r.top.errBound(view, view.Row(i)))
		}
	})
	if err != nil {
		return err
	}
	if err := r.route.prepare(r.ctx, view); err != nil {
		return err
	}
	index := map[types.OID]int{}
	for i := range end {
		row := b.Row(i)
		leaf, at := r.route.leaf(row)
		if leaf == nil {
			fail(i, r.errNoPartition(at, row))
			break
		}
		n, ok := index[leaf.OID]
		if r.node.Returning != nil && ok && n != len(r.groups)-1 {
			ok = false
		}
		if !ok {
			n = len(r.groups)
			index[leaf.OID] = n
			if n < cap(r.groups) {
				r.groups = r.groups[:n+1]
				r.groups[n].table, r.groups[n].sel = leaf, r.groups[n].sel[:0]
			} else {
				r.groups = append(r.groups, group{table: leaf})
			}
		}
		r.groups[n].sel = append(r.groups[n].sel, int32(row))
	}
	return nil
}

// prepare computes the keys of all levels for the rows of b.
func (r *router) prepare(ctx *exec.Ctx, b *vec.Batch) error {
	if err := r.evaluate(ctx, b); err != nil {
		return err
	}
	for _, s := range r.subs {
		if s == nil {
			continue
		}
		if err := s.prepare(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// leaf is the partition of a row; if there is none, the router that has no place for it.
func (r *router) leaf(row int) (*catalog.Table, *router) {
	part := r.find(row)
	if part < 0 {
		return nil, r
	}
	if r.subs != nil && r.subs[part] != nil {
		return r.subs[part].leaf(row)
	}
	return r.scheme.Parts[part], r
}

func (r *RoutedInsert) errNoPartition(at *router, row int) error {
	var names, values []string
	for i, k := range at.scheme.Table.Key.Columns {
		if c := at.table.ColumnByID(k.Column); c != nil {
			names = append(names, expr.QuoteIdent(c.Name))
		} else {
			names = append(names, keyText(k.Expr))
		}
		d := at.cols[i].Datum(row)
		if d.IsNull() {
			values = append(values, "null")
		} else {
			values = append(values, shorten(types.Text(k.Type, d, r.ctx.Expr.Types)))
		}
	}
	t := &target{ctx: r.ctx, desc: at.table}
	return pgerr.New(pgerr.CheckViolation, "no partition of relation %q found for row", at.table.Name).
		WithDetail("Partition key of the failing row contains (%s) = (%s).", strings.Join(names, ", "), strings.Join(values, ", ")).
		WithTable(t.schemaName(), at.table.Name)
}

// keyText is an expression of a key as PostgreSQL shows it: in parentheses, unless it is a call.
func keyText(text string) string {
	if strings.HasPrefix(text, "(") || strings.HasSuffix(text, ")") && !strings.ContainsAny(text[:strings.IndexByte(text, '(')], " ") {
		return text
	}
	return "(" + text + ")"
}

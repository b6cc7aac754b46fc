package dml

import (
	"bytes"
	"context"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/fkey"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// events is what the changes that a statement makes to a table set off: triggers, and the checks of foreign keys. A target has one
// only if its table has any.
type events struct {
	t         *target
	children  []*childKey
	parents   []*parentKey
	insert    *operation
	update    *operation
	delete    *operation
	generated []generated
	started   bool

	pair  vec.Batch // old row ⧺ new row
	nulls []*vec.Vector
}

// operation is INSERT, UPDATE or DELETE as the triggers see it.
type operation struct {
	event              catalog.TriggerEvents
	before             []trigger // FOR EACH ROW
	beforeAll          []trigger // FOR EACH STATEMENT
	after              []*afterRows
	afterAll           []trigger
	wantsOld, wantsNew bool // transition tables
	old, new           *exec.RowBuffer
	whole              *whole // nil: the operation is all there is
}

type trigger struct {
	*catalog.Trigger
	when *expr.Prog // over old ⧺ new
}

// afterRows are AFTER triggers FOR EACH ROW that share a group of events.
type afterRows struct {
	triggers   []trigger
	constraint *catalog.Trigger // a deferrable one, alone
	group      *exec.EventGroup
}

type generated struct {
	column int
	value  *expr.Prog
}

// childKey is a foreign key of the table.
type childKey struct {
	*fkey.Child
	key   *catalog.ForeignKey
	group *exec.EventGroup
	sel   []int32
}

// parentKey is a foreign key that refers to the table.
type parentKey struct {
	ref            catalog.Reference
	cols           []int // columns referred to, by ordinal
	update, delete *exec.EventGroup
}

// triggersMax is how many triggers share a group: one bit each.
const triggersMax = 63

// newEvents prepares the events of a table; nil if it has none. set are the columns that UPDATE assigns to.
func newEvents(t *target, effects *logical.Effects, set []int) (*events, error) {
	if effects == nil && !t.desc.HasEvents() && t.desc.Bound == nil {
		return nil, nil
	}
	e := &events{t: t}
	keys := t.desc.ForeignKeys
	if t.desc.Bound != nil {
		keys = t.ctx.Catalog.Reader.KeysOf(t.desc)
	}
	for _, k := range keys {
		if k.Disabled {
			continue
		}
		c, err := fkey.NewChild(t.ctx, t.desc, k)
		if err != nil {
			return nil, err
		}
		e.children = append(e.children, &childKey{Child: c, key: k})
	}
	if err := e.references(); err != nil {
		return nil, err
	}
	if effects == nil {
		if e.children == nil && e.parents == nil {
			return nil, nil
		}
		return e, nil
	}
	for _, g := range effects.Generated {
		p, err := expr.Compile(g.Value)
		if err != nil {
			return nil, err
		}
		e.generated = append(e.generated, generated{g.Column, p})
	}
	for _, o := range []struct {
		to    **operation
		event catalog.TriggerEvents
	}{{&e.insert, catalog.OnInsert}, {&e.update, catalog.OnUpdate}, {&e.delete, catalog.OnDelete}} {
		var err error
		if *o.to, err = newOperation(t.desc, effects, o.event, set); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// references finds the foreign keys that refer to the rows.
func (e *events) references() error {
	t := e.t
	if len(t.desc.ReferencedBy) == 0 && t.desc.Bound == nil {
		return nil
	}
	r := t.ctx.Catalog.Reader
	for _, ref := range r.AllReferences(t.desc) {
		if ref.Key.ParentDisabled {
			continue
		}
		top := t.desc
		if ref.Key.Parent != t.desc.OID {
			var ok bool
			if top, ok = r.Table(ref.Key.Parent); !ok {
				return pgerr.New(pgerr.InternalError, "foreign key %q refers to no table", ref.Key.Name)
			}
		}
		e.parents = append(e.parents, &parentKey{ref: ref, cols: catalog.OrdinalsIn(top, t.desc, ref.Key.ParentColumns)})
	}
	return nil
}

// moved notes rows that an UPDATE takes to another partition: to what refers to them they have a new key.
func (e *events) moved(old, now *vec.Batch) error {
	for _, p := range e.parents {
		if err := e.leave(p, old, now); err != nil {
			return err
		}
	}
	if e.update != nil {
		if err := e.update.whole.add(old, now); err != nil {
			return err
		}
	}
	if e.delete == nil {
		return nil
	}
	return e.after(e.delete, old, nil)
}

// newOperation sorts the triggers of one event; nil if there are none.
func newOperation(desc *catalog.Table, effects *logical.Effects, event catalog.TriggerEvents, set []int) (*operation, error) {
	o := &operation{event: event}
	some := false
	for _, x := range effects.Triggers {
		if x.Events&event == 0 || event == catalog.OnUpdate && !assigned(desc, x.Columns, set) {
			continue
		}
		some = true
		tr := trigger{Trigger: x.Trigger}
		if x.When != nil {
			p, err := expr.Compile(x.When)
			if err != nil {
				return nil, err
			}
			tr.when = p
		}
		switch {
		case x.Timing != catalog.TriggerAfter && x.Row: // INSTEAD OF triggers, too, say what becomes of a row
			o.before = append(o.before, tr)
		case x.Timing == catalog.TriggerBefore:
			o.beforeAll = append(o.beforeAll, tr)
		case x.Row:
			o.addAfter(tr)
		default:
			o.afterAll = append(o.afterAll, tr)
		}
		o.wantsOld = o.wantsOld || x.OldTable != "" && event != catalog.OnInsert
		o.wantsNew = o.wantsNew || x.NewTable != "" && event != catalog.OnDelete
	}
	if !some {
		return nil, nil
	}
	return o, nil
}

// assigned reports whether a trigger with UPDATE OF cols fires for an UPDATE of the columns set.
func assigned(desc *catalog.Table, cols []catalog.ColumnID, set []int) bool {
	return len(cols) == 0 || slices.ContainsFunc(cols, func(id catalog.ColumnID) bool { return slices.Contains(set, desc.Ordinal(id)) })
}

func (o *operation) addAfter(tr trigger) {
	if tr.Deferrable {
		o.after = append(o.after, &afterRows{triggers: []trigger{tr}, constraint: tr.Trigger})
		return
	}
	if n := len(o.after); n > 0 && o.after[n-1].constraint == nil && len(o.after[n-1].triggers) < triggersMax {
		o.after[n-1].triggers = append(o.after[n-1].triggers, tr)
		return
	}
	o.after = append(o.after, &afterRows{triggers: []trigger{tr}})
}

// rowByRow reports whether rows have to be worked on one by one, because a trigger comes before each.
func (o *operation) rowByRow() bool { return o != nil && len(o.before) > 0 }

// begin starts an execution: groups of an earlier one are the session's. Then the BEFORE triggers FOR EACH STATEMENT of ops fire.
func (e *events) begin(ctx context.Context, ops ...*operation) error {
	if e.started {
		return nil
	}
	e.started = true
	for _, c := range e.children {
		c.group = nil
		c.Reset()
	}
	for _, p := range e.parents {
		p.update, p.delete = nil, nil
	}
	for _, o := range ops {
		if o == nil {
			continue
		}
		for _, a := range o.after {
			a.group = nil
		}
		o.old, o.new = nil, nil
		ts := make([]types.T, len(e.t.desc.Columns))
		for i, c := range e.t.desc.Columns {
			ts[i] = c.Type
		}
		if o.wantsOld {
			o.old = exec.NewRowBuffer(e.t.ctx.Events.Ctx, ts)
		}
		if o.wantsNew {
			o.new = exec.NewRowBuffer(e.t.ctx.Events.Ctx, ts)
		}
		for _, tr := range o.beforeAll {
			if err := e.callStatement(ctx, o, tr); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *events) callStatement(ctx context.Context, o *operation, tr trigger) error {
	if tr.when != nil {
		ok, err := e.holds(tr, nil, nil)
		if err != nil || !ok {
			return err
		}
	}
	_, err := e.t.ctx.Events.Host.CallTrigger(ctx, &exec.TriggerCall{Trigger: tr.Trigger, Relation: e.t.desc, Columns: e.t.desc.Columns,
		Event: o.event})
	return err
}

// end leaves the AFTER triggers FOR EACH STATEMENT of ops to the session.
func (e *events) end(ops ...*operation) error {
	for _, o := range ops {
		if o == nil {
			continue
		}
		var fire []*catalog.Trigger
		for _, tr := range o.afterAll {
			ok, err := e.holds(tr, nil, nil)
			if err != nil {
				return err
			}
			if ok {
				fire = append(fire, tr.Trigger)
			}
		}
		if len(fire) > 0 {
			e.t.ctx.Events.Add(exec.EventGroup{Kind: exec.TriggerStatement, Event: o.event, Table: e.t.desc, Triggers: fire,
				OldTable: o.old, NewTable: o.new}, nil)
		}
	}
	return nil
}

// holds evaluates a trigger's condition on one row.
func (e *events) holds(tr trigger, old, now []types.Datum) (bool, error) {
	if tr.when == nil {
		return true, nil
	}
	ks := e.t.kindsOf()
	b := vec.NewBatch(slices.Concat(ks, ks), 1)
	row := make([]types.Datum, 2*len(ks))
	copy(row, old)
	copy(row[len(ks):], now)
	b.AppendRow(row)
	d, err := tr.when.EvalRow(e.t.ctx.Expr, b, 0)
	return err == nil && !d.IsNull() && d.Bool(), err
}

// beforeRow calls the BEFORE triggers of one row. It returns what they make of the new row (of the old one for DELETE); nil: the row is left
// out.
func (e *events) beforeRow(ctx context.Context, o *operation, old, now []types.Datum) ([]types.Datum, error) {
	row := now
	if o.event == catalog.OnDelete {
		row = old
	}
	for _, tr := range o.before {
		if o.event != catalog.OnDelete {
			now = row
		}
		ok, err := e.holds(tr, old, now)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		got, err := e.t.ctx.Events.Host.CallTrigger(ctx, &exec.TriggerCall{Trigger: tr.Trigger, Relation: e.t.desc,
			Columns: e.t.desc.Columns, Event: o.event, Old: old, New: now})
		if err != nil || got == nil {
			return nil, err
		}
		row = got
	}
	return row, nil
}

// oneRow makes b the one row that BEFORE triggers returned, with the generated columns computed from it.
func (e *events) oneRow(b *vec.Batch, row []types.Datum) error {
	b.Reset()
	b.AppendRow(row)
	for _, g := range e.generated {
		d, err := g.value.EvalRow(e.t.ctx.Expr, b, 0)
		if err != nil {
			return err
		}
		b.Cols[g.column].Set(0, d)
	}
	return nil
}

// inserted notes new rows; keys are theirs.
func (e *events) inserted(ctx context.Context, b *vec.Batch, keys [][]byte) error {
	for _, c := range e.children {
		if err := e.refer(ctx, c, b, keys); err != nil {
			return err
		}
	}
	if e.insert == nil {
		return nil
	}
	return e.after(e.insert, nil, b)
}

// updated notes rows with their new version in the same places: old and now have the same selection.
func (e *events) updated(ctx context.Context, old *rowenc.Rows, now *vec.Batch, oldKeys, newKeys [][]byte) error {
	before := vec.Batch{Cols: old.Cols, Len: old.Len, Sel: old.Sel}
	for _, c := range e.children {
		c.sel = c.sel[:0]
		var keys [][]byte
		for i := range now.Rows() {
			row := now.Row(i)
			if e.differ(c.Columns(), &before, now, row, false) || c.key.Deferrable && !bytes.Equal(oldKeys[i], newKeys[i]) {
				c.sel, keys = append(c.sel, int32(row)), append(keys, newKeys[i])
			}
		}
		if len(c.sel) == 0 {
			continue
		}
		if err := e.refer(ctx, c, &vec.Batch{Cols: now.Cols, Len: now.Len, Sel: c.sel}, keys); err != nil {
			return err
		}
	}
	for _, p := range e.parents {
		if err := e.leave(p, &before, now); err != nil {
			return err
		}
	}
	if e.update == nil {
		return nil
	}
	return e.after(e.update, &before, now)
}

// deleted notes rows that are gone.
func (e *events) deleted(old *vec.Batch) error {
	for _, p := range e.parents {
		if err := e.leave(p, old, nil); err != nil {
			return err
		}
	}
	if e.delete == nil {
		return nil
	}
	return e.after(e.delete, old, nil)
}

// differ reports whether a row differs in some of its columns. exact: values that are equal and look different differ.
func (e *events) differ(cols []int, old, now *vec.Batch, row int, exact bool) bool {
	for _, c := range cols {
		x, y := old.Cols[c], now.Cols[c]
		if x == y {
			continue
		}
		a, b := x.Datum(row), y.Datum(row)
		t := e.t.desc.Columns[c].Type
		if a.IsNull() != b.IsNull() || !a.IsNull() && !types.Equal(t.OID, a, b) {
			return true
		}
		if exact && !a.IsNull() && (a.Kind() == types.KindFloat || a.Kind() == types.KindNum) && types.Text(t, a, nil) != types.Text(t, b, nil) {
			return true
		}
	}
	return false
}

// refer looks for what rows refer to, or leaves that for later.
func (e *events) refer(ctx context.Context, c *childKey, b *vec.Batch, keys [][]byte) error {
	q := &e.t.ctx.Events
	var missing []int32
	g := c.Group()
	if !q.Waits(&g) {
		var err error
		if missing, err = c.Check(ctx, b); err != nil || len(missing) == 0 {
			return err
		}
	}
	if c.group == nil {
		c.group = q.Add(g, c.Types())
	}
	return c.Keep(c.group, b, keys, missing)
}

// leave notes rows whose key goes away, with the new one after UPDATE.
func (e *events) leave(p *parentKey, old, now *vec.Batch) error {
	to, event, action := &p.delete, catalog.OnDelete, p.ref.Key.OnDelete
	if now != nil {
		to, event, action = &p.update, catalog.OnUpdate, p.ref.Key.OnUpdate
	}
	var sel []int32
	for i := range old.Rows() {
		row := old.Row(i)
		if now != nil && !e.differ(p.cols, old, now, row, true) {
			continue
		}
		if !slices.ContainsFunc(p.cols, func(c int) bool { return old.Cols[c].Nulls.Has(row) }) {
			sel = append(sel, int32(row))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	if *to == nil {
		ts := make([]types.T, 2*len(p.cols))
		for i, c := range p.cols {
			ts[i], ts[i+len(p.cols)] = e.t.desc.Columns[c].Type, e.t.desc.Columns[c].Type
		}
		k := p.ref.Key
		*to = e.t.ctx.Events.Add(exec.EventGroup{Kind: exec.ParentRows, Event: event, Table: e.t.desc, Reference: p.ref, Constraint: k.OID,
			Deferrable: k.Deferrable && action == 'a', InitDeferred: k.InitDeferred}, ts)
	}
	out := vec.Batch{Len: old.Len, Sel: sel}
	for _, c := range p.cols {
		out.Cols = append(out.Cols, old.Cols[c])
	}
	for _, c := range p.cols {
		if now != nil {
			out.Cols = append(out.Cols, now.Cols[c])
		} else {
			out.Cols = append(out.Cols, old.Cols[c])
		}
	}
	return (*to).Rows.Add(&out)
}

// after leaves the AFTER triggers of rows to the session; old or now is nil where there is no such row.
func (e *events) after(o *operation, old, now *vec.Batch) error {
	if err := o.whole.add(old, now); err != nil {
		return err
	}
	if o.old != nil && old != nil {
		if err := o.old.Add(old); err != nil {
			return err
		}
	}
	if o.new != nil && now != nil {
		if err := o.new.Add(&vec.Batch{Cols: now.Cols[:len(e.t.desc.Columns)], Len: now.Len, Sel: now.Sel}); err != nil {
			return err
		}
	}
	if len(o.after) == 0 {
		return nil
	}
	n := len(e.t.desc.Columns)
	rows := now
	if rows == nil {
		rows = old
	}
	e.pair.Cols = append(e.pair.Cols[:0], nil) // the mask
	for _, b := range []*vec.Batch{old, now} {
		if b == nil {
			e.pair.Cols = append(e.pair.Cols, e.nullRow(rows.Len)...)
		} else {
			e.pair.Cols = append(e.pair.Cols, b.Cols[:n]...)
		}
	}
	for _, a := range o.after {
		if err := e.queue(o, a, rows); err != nil {
			return err
		}
	}
	return nil
}

// queue adds the rows to the group of some triggers, with the bits of those that fire.
func (e *events) queue(o *operation, a *afterRows, rows *vec.Batch) error {
	mask := vec.New(types.KindInt, rows.Len)
	mask.Resize(rows.Len)
	cond := vec.Batch{Cols: e.pair.Cols[1:], Len: rows.Len, Sel: rows.Sel}
	for bit, tr := range a.triggers {
		if tr.when == nil {
			for i := range rows.Rows() {
				mask.Int[rows.Row(i)] |= 1 << bit
			}
			continue
		}
		sel, err := tr.when.Filter(e.t.ctx.Expr, &cond, nil)
		if err != nil {
			return err
		}
		for _, row := range sel {
			mask.Int[row] |= 1 << bit
		}
	}
	var sel []int32
	for i := range rows.Rows() {
		if row := rows.Row(i); mask.Int[row] != 0 {
			sel = append(sel, int32(row))
		}
	}
	if len(sel) == 0 {
		return nil
	}
	if a.group == nil {
		a.group = e.newGroup(o, a)
	}
	e.pair.Cols[0] = mask
	return a.group.Rows.Add(&vec.Batch{Cols: e.pair.Cols, Len: rows.Len, Sel: sel})
}

func (e *events) newGroup(o *operation, a *afterRows) *exec.EventGroup {
	g := exec.EventGroup{Kind: exec.TriggerRows, Event: o.event, Table: e.t.desc, OldTable: o.old, NewTable: o.new}
	for _, tr := range a.triggers {
		g.Triggers = append(g.Triggers, tr.Trigger)
	}
	if k := a.constraint; k != nil {
		g.Constraint, g.Deferrable, g.InitDeferred = k.Constraint, true, k.InitDeferred
	}
	ts := []types.T{types.Of(types.Int8OID)}
	for range 2 {
		for _, c := range e.t.desc.Columns {
			ts = append(ts, c.Type)
		}
	}
	return e.t.ctx.Events.Add(g, ts)
}

// nullRow are the table's columns with n rows of NULLs.
func (e *events) nullRow(n int) []*vec.Vector {
	if len(e.nulls) > 0 && e.nulls[0].Len() >= n {
		return e.nulls
	}
	e.nulls = e.nulls[:0]
	for _, k := range e.t.kindsOf() {
		v := vec.New(k, n)
		v.Resize(n)
		for i := range n {
			v.SetNull(i)
		}
		e.nulls = append(e.nulls, v)
	}
	return e.nulls
}

// opened begins an execution of the statement.
func (t *target) opened() {
	if t.events != nil {
		t.events.started = false
	}
}

// beforeInsert yields the rows of an INSERT one by one, as BEFORE triggers leave them.
type beforeInsert struct {
	e     *events
	input exec.Operator
	batch *vec.Batch
	at    int
	out   *vec.Batch
}

// Open implements exec.Operator.
func (o *beforeInsert) Open(ctx context.Context) error {
	o.batch = nil
	return o.input.Open(ctx)
}

// Close implements exec.Operator.
func (o *beforeInsert) Close() error { return o.input.Close() }

// Next implements exec.Operator.
func (o *beforeInsert) Next(ctx context.Context) (*vec.Batch, error) {
	n := len(o.e.t.desc.Columns)
	if o.out == nil {
		o.out = vec.NewBatch(o.e.t.kindsOf(), 1)
	}
	for {
		if o.batch == nil || o.at == o.batch.Rows() {
			b, err := o.input.Next(ctx)
			if err != nil || b == nil || b.Len == 0 {
				return nil, err
			}
			o.batch, o.at = b, 0
			continue
		}
		row := o.batch.Row(o.at)
		o.at++
		got, err := o.e.beforeRow(ctx, o.e.insert, nil, datums(o.batch.Cols[:n], row))
		if err != nil {
			o.e.t.ctx.FailedRow = row
			return nil, err
		}
		if got != nil {
			return o.out, o.e.oneRow(o.out, got)
		}
	}
}

package session

import (
	"context"
	"maps"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/fkey"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// deferred is what of a transaction's events waits for its end. A savepoint keeps a copy; groups are never changed once they are here.
type deferred struct {
	groups []*exec.EventGroup
	// all is what SET CONSTRAINTS ALL said, modes what it said of single constraints since: true is DEFERRED. The map is replaced, not
	// changed.
	all   deferMode
	modes map[types.OID]bool
}

type deferMode uint8

const (
	deferAsDeclared deferMode = iota
	deferAll
	deferNone
)

// Deferred reports whether a constraint waits for the end of the transaction.
func (d *deferred) waits(constraint types.OID, initially bool) bool {
	if m, ok := d.modes[constraint]; ok {
		return m
	}
	switch d.all {
	case deferAll:
		return true
	case deferNone:
		return false
	}
	return initially
}

// Deferred implements exec.EventHost.
func (e *env) Deferred(constraint types.OID, initially bool) bool {
	return e.tx.deferred.waits(constraint, initially)
}

// fireEvents does what a statement set off, at its end; what is deferred goes to the transaction.
func (s *Session) fireEvents(ctx context.Context, e *exec.Events) error {
	var done []*exec.EventGroup
	defer func() {
		for _, g := range done {
			g.Close() // only now: groups share transition tables
		}
	}()
	var failed error
	for groups := e.Take(); len(groups) > 0; groups = e.Take() {
		for _, g := range groups {
			if failed == nil && e.Waits(g) {
				s.tx.deferred.groups = append(s.tx.deferred.groups, g)
				s.tx.events = append(s.tx.events, g)
				continue
			}
			done = append(done, g)
			if failed == nil {
				failed = s.fireGroup(ctx, g, e)
			}
		}
	}
	return failed
}

// fireGroup does what a group of events asks for. It is a statement of its own, which sees everything written so far. What the queries of a
// foreign key set off goes to more: it comes after what is waiting already.
func (s *Session) fireGroup(ctx context.Context, g *exec.EventGroup, more *exec.Events) error {
	if err := s.refreshSnapshot(ctx); err != nil {
		return err
	}
	switch g.Kind {
	case exec.TriggerStatement:
		for _, tr := range g.Triggers {
			if _, err := (*env)(s).CallTrigger(ctx, s.triggerCall(g, tr)); err != nil {
				return err
			}
		}
		return nil
	case exec.TriggerRows:
		return s.fireRows(ctx, g)
	case exec.ChildRows:
		return s.settleChildren(ctx, g)
	}
	return s.fireParents(ctx, g, more)
}

// refreshSnapshot begins a statement inside of another one.
func (s *Session) refreshSnapshot(ctx context.Context) error {
	if err := s.tx.kv.StartStatement(ctx); err != nil {
		return err
	}
	r, err := s.tx.cat.Reader(ctx)
	if err != nil {
		return err
	}
	s.cat.Reader = r
	return nil
}

func (s *Session) triggerCall(g *exec.EventGroup, tr *catalog.Trigger) *exec.TriggerCall {
	c := &exec.TriggerCall{Trigger: tr, Relation: g.Table, Columns: g.Table.Columns, Event: g.Event}
	if tr.OldTable != "" {
		c.OldTable = g.OldTable
	}
	if tr.NewTable != "" {
		c.NewTable = g.NewTable
	}
	return c
}

// fireRows calls the AFTER triggers of rows.
func (s *Session) fireRows(ctx context.Context, g *exec.EventGroup) error {
	n := len(g.Table.Columns)
	for r := g.Rows.Reader(); ; {
		b, err := r.Next(256)
		if err != nil || b == nil || b.Len == 0 {
			return err
		}
		for i := range b.Len {
			if err := ctx.Err(); err != nil {
				return err
			}
			row := b.Datums(nil, i)
			var old, now []types.Datum
			if g.Event != catalog.OnInsert {
				old = row[1 : n+1]
			}
			if g.Event != catalog.OnDelete {
				now = row[n+1:]
			}
			for bit, tr := range g.Triggers {
				if row[0].Int()&(1<<bit) == 0 {
					continue
				}
				c := s.triggerCall(g, tr)
				c.Old, c.New = old, now
				if _, err := (*env)(s).CallTrigger(ctx, c); err != nil {
					return err
				}
			}
		}
	}
}

// settleChildren looks for the last time for what rows refer to.
func (s *Session) settleChildren(ctx context.Context, g *exec.EventGroup) error {
	table, key := s.keyNow(g.Table.OID, g.Reference.Key)
	if key == nil {
		return nil
	}
	r := &runner{}
	s.bindRunner(r, ctx, nil)
	defer r.memory.Detach()
	c, err := fkey.NewChild(&r.ctx, table, key)
	if err != nil {
		return err
	}
	return c.Settle(ctx, g)
}

// fireDeferred does what waited for the end of the transaction.
func (s *Session) fireDeferred(ctx context.Context) error {
	for len(s.tx.deferred.groups) > 0 {
		if err := s.fireWaiting(ctx, func(*exec.EventGroup) bool { return true }); err != nil {
			return err
		}
	}
	return nil
}

// fireWaiting does what waits and matches. What is done stays among the transaction's events, because ROLLBACK TO may bring it back.
func (s *Session) fireWaiting(ctx context.Context, match func(*exec.EventGroup) bool) error {
	var fire, rest []*exec.EventGroup
	for _, g := range s.tx.deferred.groups {
		if match(g) {
			fire = append(fire, g)
		} else {
			rest = append(rest, g)
		}
	}
	s.tx.deferred.groups = rest
	more := exec.Events{Host: (*env)(s), Ctx: &s.eventRows}
	for _, g := range fire {
		if err := s.fireGroup(ctx, g, &more); err != nil {
			for _, g := range more.Take() {
				g.Close()
			}
			return err
		}
	}
	return s.fireEvents(ctx, &more)
}

// endEvents drops the transaction's events.
func (t *transaction) endEvents() {
	for _, g := range t.events {
		g.Close()
	}
	t.events, t.deferred = nil, deferred{}
}

// triggerDepthMax bounds triggers that set off triggers.
const triggerDepthMax = 500

// CallTrigger implements exec.EventHost.
func (e *env) CallTrigger(ctx context.Context, c *exec.TriggerCall) ([]types.Datum, error) {
	s := (*Session)(e)
	if s.triggerDepth >= triggerDepthMax {
		return nil, pgerr.New(pgerr.StatementTooComplex, "stack depth limit exceeded").
			WithHint("Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after ensuring the platform's stack depth limit is adequate.")
	}
	s.triggerDepth++
	defer func() { s.triggerDepth-- }()
	if c.Trigger.Function == suppressRedundantUpdates {
		return suppressUpdate(c)
	}
	f, ok := s.cat.Reader.Function(c.Trigger.Function)
	if !ok {
		return nil, pgerr.New(pgerr.UndefinedFunction, "function with OID %d does not exist", c.Trigger.Function)
	}
	if f.Language != catalog.PLpgSQL {
		return nil, pgerr.FeatureNotSupported("calling trigger function " + f.Name)
	}
	return s.callTriggerBody(ctx, f, c)
}

// suppressRedundantUpdates is the OID of suppress_redundant_updates_trigger().
const suppressRedundantUpdates types.OID = 1291

// suppressUpdate is suppress_redundant_updates_trigger(): an UPDATE that changes nothing leaves the row out.
func suppressUpdate(c *exec.TriggerCall) ([]types.Datum, error) {
	protocol := func(text string) error {
		return pgerr.New(pgerr.TriggerProtocolViolated, "suppress_redundant_updates_trigger: %s", text)
	}
	switch {
	case c.Event != catalog.OnUpdate:
		return nil, protocol("must be called on update")
	case c.Trigger.Timing != catalog.TriggerBefore:
		return nil, protocol("must be called before update")
	case !c.Trigger.Row:
		return nil, protocol("must be called for each row")
	}
	for i, col := range c.Columns {
		a, b := c.Old[i], c.New[i]
		if a.IsNull() != b.IsNull() || !a.IsNull() && types.Text(col.Type, a, nil) != types.Text(col.Type, b, nil) {
			return c.New, nil
		}
	}
	return nil, nil
}

// setMode notes what SET CONSTRAINTS says of a constraint.
func (d *deferred) setMode(constraint types.OID, wait bool) {
	m := maps.Clone(d.modes)
	if m == nil {
		m = map[types.OID]bool{}
	}
	m[constraint] = wait
	d.modes = m
}

// truncateTrigger calls a trigger of TRUNCATE.
func (s *Session) truncateTrigger(ctx context.Context, t *catalog.Table, tr *catalog.Trigger) error {
	if err := s.refreshSnapshot(ctx); err != nil {
		return err
	}
	_, err := (*env)(s).CallTrigger(ctx, &exec.TriggerCall{Trigger: tr, Relation: t, Columns: t.Columns, Event: catalog.OnTruncate})
	return err
}

// TriggerDepth implements builtins.TriggerSource.
func (e *env) TriggerDepth() int { return e.triggerDepth }

package session

import (
	"context"
	"errors"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// lockOwner is the session as the owner of its transactions in the store (kv.Owner).
type lockOwner Session

// LockWait implements kv.Owner.
func (o *lockOwner) LockWait([]byte) (timeout, search time.Duration) {
	(*Session)(o).waiting("transactionid")
	return o.hot.lockTimeout, o.hot.deadlockTimeout
}

// LockDone implements kv.Owner.
func (o *lockOwner) LockDone() { (*Session)(o).waiting("") }

// WaitsFor implements kv.Owner.
func (o *lockOwner) WaitsFor() []kv.Owner {
	var out []kv.Owner
	for _, pid := range o.srv.locks.Blockers(o.pid) {
		if s := o.srv.session(pid); s != nil {
			out = append(out, (*lockOwner)(s))
		}
	}
	return out
}

// waiting notes what lock the session waits for, "" for none (pg_stat_activity).
func (s *Session) waiting(event string) {
	s.mu.Lock()
	s.waitEvent = event
	s.mu.Unlock()
}

// keyBlockers lists the processes that keep pid waiting for a row.
func (srv *Server) keyBlockers(pid int32) []int32 {
	w, ok := srv.o.Store.(kv.LockWatcher)
	s := srv.session(pid)
	if !ok || s == nil {
		return nil
	}
	var out []int32
	for _, o := range w.Blockers((*lockOwner)(s)) {
		if b, ok := o.(*lockOwner); ok {
			out = append(out, b.pid)
		}
	}
	return out
}

// lock takes a lock of the lock manager with the session's timeouts.
func (s *Session) lock(ctx context.Context, tag lockmgr.Tag, mode lockmgr.Mode, o lockmgr.Options) (waited bool, err error) {
	waited, err = s.locks.Lock(ctx, tag, mode, s.lockOptions(tag, o))
	return waited, s.lockError(err)
}

// lockOptions adds the session's timeouts to o, and that it shows what it waits for.
func (s *Session) lockOptions(tag lockmgr.Tag, o lockmgr.Options) lockmgr.Options {
	o.Timeout, o.Search = s.hot.lockTimeout, s.hot.deadlockTimeout
	o.Waiting = func(begins bool) {
		switch {
		case !begins:
			s.waiting("")
		case tag.Class == lockmgr.ClassAdvisory:
			s.waiting("advisory")
		default:
			s.waiting("relation")
		}
	}
	return o
}

// lockError is an error of the lock manager as clients see it.
func (s *Session) lockError(err error) error {
	var d *lockmgr.DeadlockError
	switch {
	case errors.As(err, &d):
		s.stat.Deadlocked()
		err = pgerr.New(pgerr.DeadlockDetected, "deadlock detected").WithDetail("%s", d.Detail).WithHint("See server log for query details.")
	case errors.Is(err, lockmgr.ErrTimeout):
		err = kv.ErrLockTimeout
	}
	return err
}

func relationTag(oid types.OID) lockmgr.Tag {
	return lockmgr.Relation(uint32(catalog.DatabaseOID), uint32(oid))
}

// lockRelation is catalog.Txn.LockRelation: the lock that a schema change takes before the store's.
func (s *Session) lockRelation(ctx context.Context, oid types.OID, mode catalog.RelationLock) error {
	_, err := s.lock(ctx, relationTag(oid), lockmgr.Mode(mode), lockmgr.Options{})
	return err
}

// lockPartition is exec.Ctx.WriteLock.
func (s *Session) lockPartition(ctx context.Context, t *catalog.Table) (*catalog.Reader, error) {
	if _, err := s.lock1(ctx, t.OID, lockmgr.RowExclusive); err != nil {
		return nil, err
	}
	if err := s.tx.cat.WriteLock(ctx, t); err != nil {
		return nil, err
	}
	return s.tx.cat.Newest(), nil
}

// lockTables locks the relations of a plan and keeps the definitions of those that it writes to. It is
// catalog.ErrTableChanged if the statement has to begin again, for what it waited for may have changed everything that it is
// based on.
func (s *Session) lockTables(ctx context.Context, pl *plan.Plan) error {
	if s.tx.readOnly && !s.onlyTemporary(pl.Writes) {
		return pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute %s in a read-only transaction", writingKind(pl))
	}
	waited, err := s.lockRefs(ctx, pl)
	if err != nil {
		return err
	}
	for _, t := range pl.Writes {
		if err := s.tx.cat.WriteLock(ctx, t); err != nil {
			return err
		}
	}
	if waited {
		return catalog.ErrTableChanged
	}
	return nil
}

// lockRefs locks the relations of a plan, and reports whether it had to wait for one.
func (s *Session) lockRefs(ctx context.Context, pl *plan.Plan) (waited bool, err error) {
	for _, oid := range pl.Refs {
		if oid < catalog.FirstUserOID {
			continue
		}
		w, err := s.lock1(ctx, oid, planMode(pl, oid))
		if err != nil {
			return false, err
		}
		waited = waited || w
		if s.temp.schema != "" && !s.tx.usedTemp {
			rel, ok := s.cat.Reader.RelationByOID(oid)
			s.tx.usedTemp = ok && s.cat.Reader.Temporary(rel.RelSchema())
		}
	}
	return waited, nil
}

// onlyTemporary reports whether a read-only transaction may write to the tables.
func (s *Session) onlyTemporary(tables []*catalog.Table) bool {
	for _, t := range tables {
		if !s.cat.Reader.Temporary(t.Schema) {
			return false
		}
	}
	return true
}

// lock1 takes a weak lock of a relation.
func (s *Session) lock1(ctx context.Context, oid types.OID, mode lockmgr.Mode) (bool, error) {
	tag := relationTag(oid)
	if s.locks.TakeWeak(tag, mode) {
		return false, nil
	}
	return s.lock(ctx, tag, mode, lockmgr.Options{})
}

func planMode(pl *plan.Plan, oid types.OID) lockmgr.Mode {
	for _, m := range pl.Modifies {
		if m == oid {
			return lockmgr.RowExclusive
		}
	}
	for _, t := range pl.Writes {
		if t.OID == oid {
			return lockmgr.RowShare
		}
	}
	return lockmgr.AccessShare
}

// writingKind is the command that a read-only transaction refuses.
func writingKind(pl *plan.Plan) string {
	if pl.Kind != "SELECT" {
		return pl.Kind
	}
	kind := "SELECT"
	var visit func(n plan.Node) plan.Node
	visit = func(n plan.Node) plan.Node {
		if l, ok := n.(*plan.LockRows); ok && len(l.Targets) > 0 {
			switch l.Targets[0].Strength {
			case logical.ForKeyShare:
				kind = "SELECT FOR KEY SHARE"
			case logical.ForShare:
				kind = "SELECT FOR SHARE"
			case logical.ForNoKeyUpdate:
				kind = "SELECT FOR NO KEY UPDATE"
			default:
				kind = "SELECT FOR UPDATE"
			}
		}
		plan.MapInputs(n, visit)
		return n
	}
	visit(pl.Root)
	if kind == "SELECT" && len(pl.Modifies) > 0 {
		return "INSERT"
	}
	return kind
}

// lockTable is LOCK TABLE.
func (s *Session) lockTable(ctx context.Context, x *ast.LockStmt) error {
	if !s.tx.block {
		return errNotInBlock("LOCK TABLE")
	}
	mode := lockmgr.Mode(x.Mode)
	if s.tx.readOnly && mode > lockmgr.RowShare {
		return pgerr.New(pgerr.ReadOnlySQLTransaction, "cannot execute LOCK TABLE in a read-only transaction")
	}
	s.begin()
	for _, rv := range x.Relations {
		rel, err := s.lookupRelation(rv)
		if err != nil {
			return err
		}
		if err := s.mayLock(rel, mode); err != nil {
			return err
		}
		if err := s.lockOne(ctx, rel, mode, x.NoWait, map[types.OID]bool{}); err != nil {
			return err
		}
	}
	return nil
}

// lockOne locks a relation and, if it is a view, what that reads. seen are those locked already: views may read each other.
func (s *Session) lockOne(ctx context.Context, rel catalog.Relation, mode lockmgr.Mode, nowait bool, seen map[types.OID]bool) error {
	if seen[rel.RelOID()] {
		return nil
	}
	seen[rel.RelOID()] = true
	v, isView := rel.(*catalog.View)
	if _, ok := rel.(*catalog.Table); !ok && !isView {
		return pgerr.New(pgerr.WrongObjectType, "%q is not a table or view", rel.RelName())
	}
	_, err := s.lock(ctx, relationTag(rel.RelOID()), mode, lockmgr.Options{NoWait: nowait})
	if errors.Is(err, lockmgr.ErrNotAvailable) {
		return pgerr.New(pgerr.LockNotAvailable, "could not obtain lock on relation %q", rel.RelName())
	}
	if err != nil || !isView {
		return err
	}
	r := s.reader()
	for _, oid := range v.DependsOn {
		dep, ok := r.RelationByOID(oid)
		if !ok || oid < catalog.FirstUserOID {
			continue
		}
		switch dep.(type) {
		case *catalog.Table, *catalog.View:
			if err := s.lockOne(ctx, dep, mode, nowait, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

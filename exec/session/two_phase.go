package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Two-phase commit. PREPARE TRANSACTION leaves the session's transaction to the store (kv.Preparer), with its row locks; its other
// locks get an owner of their own. COMMIT PREPARED and ROLLBACK PREPARED decide about it from any session, also after a restart,
// for the store keeps a note with what the session knew of it.

// gidBytesMax is PostgreSQL's GIDSIZE, with the byte at the end of its strings.
const gidBytesMax = 199

// twoPhase is what the server knows of prepared transactions. Safe for concurrent use.
type twoPhase struct {
	mu   sync.Mutex
	txns map[string]*preparedTxn
	next int32 // number of the last owner; they are negative
}

type preparedTxn struct {
	preparedNote
	locks *lockmgr.Owner
	stat  pgstat.Prepared // empty after a restart
}

// preparedNote is what the store keeps of a prepared transaction for the server.
type preparedNote struct {
	XID      uint64
	Owner    string
	Database string
	Prepared time.Time
	Locks    []lockmgr.HeldLock
}

func (srv *Server) preparer() (kv.Preparer, error) {
	if p, ok := srv.o.Store.(kv.Preparer); ok {
		return p, nil
	}
	return nil, pgerr.FeatureNotSupported("PREPARE TRANSACTION on this store")
}

// newOwner makes an owner for the locks of a prepared transaction. The caller holds the mutex.
func (p *twoPhase) newOwner(m *lockmgr.Manager) *lockmgr.Owner {
	p.next--
	return m.NewOwner(p.next)
}

// prepareTransaction is PREPARE TRANSACTION.
func (s *Session) prepareTransaction(ctx context.Context, t *ast.TransactionStmt) (Tag, error) {
	if !s.tx.block {
		s.notice(pgerr.Warning(pgerr.NoActiveSQLTransaction, "there is no transaction in progress"))
		return tag("ROLLBACK"), nil
	}
	if s.tx.failed {
		s.rollback()
		return tag("ROLLBACK"), nil
	}
	if err := s.prepareNow(ctx, t.GID); err != nil {
		s.rollback()
		return Tag{}, s.fail(ctx, err)
	}
	return tag("PREPARE TRANSACTION"), nil
}

func (s *Session) prepareNow(ctx context.Context, gid string) error {
	p, err := s.srv.preparer()
	if err != nil {
		return err
	}
	if err := s.mayPrepare(gid); err != nil {
		return err
	}
	if err := s.fireDeferred(ctx); err != nil {
		return err
	}
	s.begin()
	note := preparedNote{XID: s.number(), Owner: s.user, Database: s.database, Prepared: time.Now()}
	var mixed bool
	if note.Locks, mixed = s.locks.TransactionLocks(); mixed {
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot PREPARE while holding both session-level and transaction-level locks on the same object")
	}
	text, err := json.Marshal(note)
	if err != nil {
		return err
	}
	s.closePortals()
	two := &s.srv.twoPhase
	two.mu.Lock()
	defer two.mu.Unlock()
	if err := p.Prepare(context.WithoutCancel(ctx), s.tx.kv, gid, text); err != nil {
		if errors.Is(err, kv.ErrPreparedExists) {
			return pgerr.New(pgerr.DuplicateObject, "transaction identifier %q is already in use", gid)
		}
		return err
	}
	owner := two.newOwner(s.srv.locks)
	s.locks.HandOver(owner)
	if two.txns == nil {
		two.txns = map[string]*preparedTxn{}
	}
	two.txns[gid] = &preparedTxn{note, owner, s.stat.Prepare()}
	s.tx.endEvents()
	s.tx = transaction{}
	s.xid.Store(0)
	s.clearTxnTime()
	s.endSettings(true)
	return nil
}

// mayPrepare tests what PostgreSQL's PrepareTransaction does.
func (s *Session) mayPrepare(gid string) error {
	limit := s.settings.Int("max_prepared_transactions")
	switch {
	case len(gid) > gidBytesMax:
		return pgerr.New(pgerr.InvalidParameterValue, "transaction identifier %q is too long", gid)
	case limit == 0:
		return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "prepared transactions are disabled").
			WithHint("Set max_prepared_transactions to a nonzero value.")
	case !s.tx.notes.Empty():
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot PREPARE a transaction that has executed LISTEN, UNLISTEN, or NOTIFY")
	case s.tx.usedTemp:
		return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot PREPARE a transaction that has operated on temporary objects")
	}
	for _, c := range s.portals {
		if c.cursor != nil && c.cursor.hold && !c.cursor.held {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "cannot PREPARE a transaction that has created a cursor WITH HOLD")
		}
	}
	s.srv.twoPhase.mu.Lock()
	defer s.srv.twoPhase.mu.Unlock()
	if len(s.srv.twoPhase.txns) >= limit {
		return pgerr.New(pgerr.OutOfMemory, "maximum number of prepared transactions reached").
			WithHint("Increase max_prepared_transactions (currently %d).", limit)
	}
	return nil
}

// decidePrepared is COMMIT PREPARED and ROLLBACK PREPARED.
func (s *Session) decidePrepared(ctx context.Context, t *ast.TransactionStmt) (Tag, error) {
	name := "ROLLBACK PREPARED"
	if t.Kind == ast.TransCommitPrepared {
		name = "COMMIT PREPARED"
	}
	if s.tx.block {
		return Tag{}, pgerr.New(pgerr.ActiveSQLTransaction, "%s cannot run inside a transaction block", name)
	}
	p, err := s.srv.preparer()
	if err != nil {
		return Tag{}, err
	}
	two := &s.srv.twoPhase
	two.mu.Lock()
	defer two.mu.Unlock()
	x := two.txns[t.GID]
	if x == nil {
		return Tag{}, pgerr.New(pgerr.UndefinedObject, "prepared transaction with identifier %q does not exist", t.GID)
	}
	ctx = context.WithoutCancel(ctx)
	if t.Kind == ast.TransCommitPrepared {
		_, err = p.CommitPrepared(ctx, t.GID)
	} else {
		err = p.RollbackPrepared(ctx, t.GID)
	}
	if err != nil && !errors.Is(err, kv.ErrUndetermined) {
		return Tag{}, err
	}
	x.locks.Close()
	s.stat.Decide(x.stat, err == nil && t.Kind == ast.TransCommitPrepared)
	s.srv.xids.end(x.XID, err == nil && t.Kind == ast.TransCommitPrepared)
	delete(two.txns, t.GID)
	return tag(name), err
}

// recoverPrepared takes up the transactions that were prepared before the store was opened.
func (srv *Server) recoverPrepared(ctx context.Context) error {
	p, ok := srv.o.Store.(kv.Preparer)
	if !ok {
		return nil
	}
	two := &srv.twoPhase
	two.mu.Lock()
	defer two.mu.Unlock()
	two.txns = map[string]*preparedTxn{}
	for _, x := range p.Prepared() {
		t := &preparedTxn{locks: two.newOwner(srv.locks)}
		if err := json.Unmarshal(x.Note, &t.preparedNote); err != nil {
			return err
		}
		for _, l := range t.Locks {
			if _, err := t.locks.Lock(ctx, l.Tag, l.Mode, lockmgr.Options{NoWait: true}); err != nil {
				return err
			}
		}
		if x.Recovered {
			if err := srv.o.Catalog.Adopt(x); err != nil {
				return err
			}
		}
		srv.xids.prepared(srv.o.Store, t.XID)
		two.txns[x.Name] = t
	}
	return nil
}

// preparedXacts are the rows of pg_prepared_xacts: transaction, gid, prepared, owner, database.
func (s *Session) preparedXacts() [][]types.Datum {
	two := &s.srv.twoPhase
	two.mu.Lock()
	defer two.mu.Unlock()
	var rows [][]types.Datum
	for gid, t := range two.txns {
		rows = append(rows, []types.Datum{types.NewInt(int64(t.XID)), types.NewStr(gid), timestamp(t.Prepared), types.NewStr(t.Owner),
			types.NewStr(t.Database)})
	}
	slices.SortFunc(rows, func(a, b []types.Datum) int { return cmp.Compare(a[0].Int(), b[0].Int()) })
	return rows
}

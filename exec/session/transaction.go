package session

import (
	"context"
	"slices"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/notify"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// transaction is the session's transaction state.
//
//	          first statement                BEGIN
//	(none) ─────────────────────▶ implicit ─────────▶ block ──error──▶ failed
//	   ▲                             │                  │                 │
//	   └──── Sync, end of query ─────┴── COMMIT ────────┴── ROLLBACK ─────┘
//
// An implicit transaction ends with the query string (simple) or at Sync (extended).
type transaction struct {
	kv  kv.Txn       // nil: none, or a failed block without savepoints
	cat *catalog.Txn // goes with kv
	// block: BEGIN was given. failed: an error happened in the block.
	block, failed bool
	used          bool // a statement took a snapshot (SET TRANSACTION ISOLATION LEVEL comes too late)
	isolation     kv.Isolation
	readOnly      bool
	deferrable    bool
	started       time.Time
	savepoints    []savepoint
	numbered      bool // the store tells of its commit by the session's number
	// deferred are the events that wait for COMMIT, events all that ever did, to be dropped at the end.
	deferred deferred
	events   []*exec.EventGroup
	// routineWrites: a function written in SQL wrote in this transaction, so volatile ones look again.
	routineWrites bool
	notes         notify.Pending
	usedTemp      bool // it read or wrote temporary objects
}

type savepoint struct {
	name     string
	kv       kv.Savepoint
	cat      catalog.Savepoint
	settings int
	locks    int // lockmgr.Owner.Mark
	readOnly bool
	notes    notify.Mark
	deferred deferred
	stat     int // of pgstat.Session.Begin
}

func (t *transaction) activityState() string {
	switch {
	case t.failed:
		return "idle in transaction (aborted)"
	case t.block:
		return "idle in transaction"
	}
	return "idle"
}

// TxStatus is the status byte of ReadyForQuery: 'I' idle, 'T' in a transaction block, 'E' in a failed one.
func (s *Session) TxStatus() byte {
	switch {
	case s.tx.failed:
		return 'E'
	case s.tx.block:
		return 'T'
	}
	return 'I'
}

// begin starts a transaction if there is none.
func (s *Session) begin() {
	if s.tx.kv != nil {
		return
	}
	if !s.tx.block {
		s.tx.isolation, s.tx.readOnly, s.tx.deferrable = s.hot.isolation, s.hot.readOnly, s.hot.deferrable
	}
	s.tx.started = s.stmtNow
	s.beginStore()
	s.types.Now = pgMicros(s.tx.started)
	s.mu.Lock()
	s.txnAt = s.tx.started
	s.startTransactionLimit()
	s.mu.Unlock()
}

// beginStore begins the store's transaction and the catalog's.
func (s *Session) beginStore() {
	// A read-only transaction may write to temporary tables; only for SERIALIZABLE does the store gain by knowing.
	readOnly := s.tx.readOnly && s.tx.isolation == kv.Serializable
	s.tx.kv = s.srv.o.Store.Begin(kv.TxnOptions{Isolation: s.tx.isolation, ReadOnly: readOnly, Async: s.hot.async, Deferrable: s.tx.deferrable,
		Owner: (*lockOwner)(s)})
	s.tx.cat = s.srv.o.Catalog.NewTxn(s.tx.kv, s.tx.isolation)
	s.tx.cat.LockRelation = s.lockRelation
}

// beginStatement prepares the transaction for a statement: its snapshot, and the catalog that goes with it.
func (s *Session) beginStatement(ctx context.Context) error {
	s.begin()
	if err := s.drainPortals(ctx); err != nil {
		return err
	}
	if err := s.tx.kv.StartStatement(ctx); err != nil {
		return err
	}
	s.tx.used = true
	r, err := s.tx.cat.Reader(ctx)
	if err != nil {
		return err
	}
	s.cat.Reader = r
	return nil
}

// reader is the catalog for work outside a statement (Parse, Describe): that of the transaction, or the newest.
func (s *Session) reader() *catalog.Reader {
	if s.tx.cat != nil {
		return s.tx.cat.Newest()
	}
	return s.srv.o.Catalog.Newest()
}

// commit ends the transaction and makes it durable. Whatever happens, no transaction is open afterwards.
func (s *Session) commit(ctx context.Context) error {
	if len(s.tx.deferred.groups) > 0 && !s.tx.failed {
		if err := s.fireDeferred(ctx); err != nil {
			s.rollback()
			return err
		}
	}
	if err := s.holdCursors(ctx); err != nil {
		s.rollback()
		return err
	}
	s.closePortals()
	if err := s.commitTemp(ctx); err != nil {
		s.rollback()
		return err
	}
	if err := s.checkQueue(); err != nil {
		s.rollback()
		return err
	}
	s.tx.endEvents()
	t := s.tx
	s.tx = transaction{}
	s.clearTxnTime()
	s.srv.xids.end(s.xid.Swap(0), !t.failed)
	defer s.locks.EndTransaction()
	if t.kv == nil {
		s.endCounts(!t.failed)
		s.endSettings(!t.failed)
		return nil
	}
	if _, err := t.kv.Commit(context.WithoutCancel(ctx)); err != nil {
		s.endCounts(false)
		s.endSettings(false)
		return err
	}
	s.stat.Paged(s.srv.hub.Publish(&s.listener, &t.notes))
	s.endCounts(true)
	s.endSettings(true)
	return nil
}

// endSettings ends the transaction for the run-time parameters. Most transactions set none.
func (s *Session) endSettings(commit bool) {
	if s.settings == nil || !s.settings.InTransaction() {
		return
	}
	changed := s.settings.Savepoint() > 0
	s.settings.EndTransaction(commit)
	if changed {
		s.settingsChanged()
	}
}

// rollback ends the transaction without effect.
func (s *Session) rollback() {
	s.closePortals()
	if s.tx.kv != nil {
		s.tx.kv.Rollback()
	}
	s.srv.xids.end(s.xid.Swap(0), false)
	s.tx.endEvents()
	s.tx = transaction{}
	s.clearTxnTime()
	s.locks.EndTransaction()
	s.endCounts(false)
	s.endSettings(false)
}

func (s *Session) clearTxnTime() {
	s.mu.Lock()
	s.txnAt = time.Time{}
	s.limits.transaction.stop()
	s.mu.Unlock()
}

// Failed tells the session that a request failed: an implicit transaction is rolled back, a block becomes a failed one.
func (s *Session) Failed() {
	if !s.tx.block {
		s.rollback()
		return
	}
	if n := len(s.tx.savepoints); n > 0 {
		s.closePortalsSince(n)
	} else {
		s.closePortals()
	}
	s.tx.failed = true
	if len(s.tx.savepoints) == 0 && s.tx.kv != nil {
		// Nothing can bring the transaction back, so its locks are released at once, as PostgreSQL does.
		s.tx.kv.Rollback()
		s.tx.kv, s.tx.cat = nil, nil
		s.locks.EndTransaction()
		return
	}
	if n := len(s.tx.savepoints); n > 0 {
		s.undo(&s.tx.savepoints[n-1]) // the subtransaction is over, and so are its locks
	}
}

// Sync ends the implicit transaction of the extended protocol.
func (s *Session) Sync(ctx context.Context) error {
	if s.tx.block || s.tx.kv == nil {
		return nil
	}
	ctx = s.enter(ctx, s.query)
	defer s.leave()
	return s.fail(ctx, s.commit(ctx))
}

// errFailedBlock is the answer to every statement in a failed transaction block.
func errFailedBlock() error {
	return pgerr.New(pgerr.InFailedSQLTransaction, "current transaction is aborted, commands ignored until end of transaction block")
}

// endsBlock reports whether a statement is allowed in a failed transaction block.
func endsBlock(stmt ast.Stmt) bool {
	t, ok := stmt.(*ast.TransactionStmt)
	if !ok {
		return false
	}
	switch t.Kind {
	case ast.TransCommit, ast.TransRollback, ast.TransRollbackTo, ast.TransPrepare:
		return true
	}
	return false
}

// transactionStmt runs BEGIN, COMMIT, SAVEPOINT and the rest.
func (s *Session) transactionStmt(ctx context.Context, t *ast.TransactionStmt) (Tag, error) {
	switch t.Kind {
	case ast.TransBegin, ast.TransStart:
		return s.beginBlock(t)
	case ast.TransCommit:
		return s.commitBlock(ctx, t)
	case ast.TransRollback:
		if err := s.noBlock(t, "ROLLBACK AND CHAIN"); err != nil {
			return Tag{}, err
		}
		chained := s.tx
		s.rollback()
		if t.Chain {
			s.chain(chained)
		}
		return tag("ROLLBACK"), nil
	case ast.TransSavepoint:
		return tag("SAVEPOINT"), s.defineSavepoint(ctx, t.Savepoint)
	case ast.TransRelease:
		return tag("RELEASE"), s.releaseSavepoint(t.Savepoint)
	case ast.TransRollbackTo:
		return tag("ROLLBACK"), s.rollbackTo(t.Savepoint)
	case ast.TransPrepare:
		return s.prepareTransaction(ctx, t)
	}
	return s.decidePrepared(ctx, t)
}

func (s *Session) beginBlock(t *ast.TransactionStmt) (Tag, error) {
	name := "BEGIN"
	if t.Kind == ast.TransStart {
		name = "START TRANSACTION"
	}
	if s.tx.block {
		s.notice(pgerr.Warning(pgerr.ActiveSQLTransaction, "there is already a transaction in progress"))
	} else {
		s.begin()
		s.tx.block = true
		s.settings.BeginTransaction()
	}
	return tag(name), s.setTransactionModes(t.Options)
}

func (s *Session) commitBlock(ctx context.Context, t *ast.TransactionStmt) (Tag, error) {
	if err := s.noBlock(t, "COMMIT AND CHAIN"); err != nil {
		return Tag{}, err
	}
	old := s.tx
	if old.failed {
		s.rollback()
	} else if err := s.commit(ctx); err != nil {
		return Tag{}, err
	}
	if t.Chain {
		s.chain(old)
	}
	if old.failed {
		return tag("ROLLBACK"), nil
	}
	return tag("COMMIT"), nil
}

// noBlock warns of the end of a block that there is not; with AND CHAIN that is an error.
func (s *Session) noBlock(t *ast.TransactionStmt, what string) error {
	if s.tx.block {
		return nil
	}
	if t.Chain {
		return errNotInBlock(what)
	}
	s.notice(pgerr.Warning(pgerr.NoActiveSQLTransaction, "there is no transaction in progress"))
	return nil
}

// chain starts a new block with the characteristics of the old one (AND CHAIN).
func (s *Session) chain(old transaction) {
	s.tx.block = true
	s.tx.isolation, s.tx.readOnly, s.tx.deferrable = old.isolation, old.readOnly, old.deferrable
	s.begin()
	s.settings.BeginTransaction()
}

func (s *Session) defineSavepoint(ctx context.Context, name string) error {
	if !s.tx.block {
		return errNotInBlock("SAVEPOINT")
	}
	if err := s.drainPortals(ctx); err != nil {
		return err
	}
	s.tx.savepoints = append(s.tx.savepoints, savepoint{name: name, kv: s.tx.kv.Savepoint(), cat: s.tx.cat.Savepoint(),
		settings: s.settings.Savepoint(), locks: s.locks.Mark(), readOnly: s.tx.readOnly, notes: s.tx.notes.Mark(), deferred: s.tx.deferred, stat: s.stat.Begin()})
	return nil
}

func errNotInBlock(what string) error {
	return pgerr.New(pgerr.NoActiveSQLTransaction, "%s can only be used in transaction blocks", what)
}

// findSavepoint returns the index of the innermost savepoint of that name.
func (s *Session) findSavepoint(name string) (int, error) {
	for i := len(s.tx.savepoints) - 1; i >= 0; i-- {
		if s.tx.savepoints[i].name == name {
			return i, nil
		}
	}
	return 0, pgerr.New(pgerr.InvalidSavepointSpecification, "savepoint %q does not exist", name)
}

func (s *Session) releaseSavepoint(name string) error {
	if !s.tx.block {
		return errNotInBlock("RELEASE SAVEPOINT")
	}
	i, err := s.findSavepoint(name)
	if err != nil {
		return err
	}
	s.tx.readOnly = s.tx.savepoints[i].readOnly
	s.stat.EndTo(s.tx.savepoints[i].stat, true)
	s.tx.savepoints = s.tx.savepoints[:i]
	return nil
}

func (s *Session) rollbackTo(name string) error {
	if !s.tx.block {
		return errNotInBlock("ROLLBACK TO SAVEPOINT")
	}
	i, err := s.findSavepoint(name)
	if err != nil {
		return err
	}
	s.closePortalsSince(i + 1)
	sp := s.tx.savepoints[i]
	s.undo(&sp)
	s.tx.readOnly = sp.readOnly
	s.settings.RollbackTo(sp.settings)
	s.settingsChanged()
	s.tx.savepoints = s.tx.savepoints[:i+1]
	s.tx.failed = false
	return nil
}

// undo takes back what the transaction did since a savepoint, and gives up its locks.
func (s *Session) undo(p *savepoint) {
	s.tx.kv.RollbackTo(p.kv)
	s.tx.cat.RollbackTo(p.cat)
	s.locks.RollbackTo(p.locks)
	s.tx.notes.RollbackTo(p.notes)
	s.tx.deferred = p.deferred
	s.tx.deferred.groups = slices.Clip(p.deferred.groups)
	s.stat.EndTo(p.stat, false)
	s.stat.Begin()
}

// setTransactionModes applies ISOLATION LEVEL, READ ONLY and DEFERRABLE to the open transaction.
func (s *Session) setTransactionModes(options []*ast.DefElem) error {
	for _, o := range options {
		c, _ := o.Arg.(*ast.Const)
		if c == nil {
			continue
		}
		switch o.Name {
		case "transaction_isolation":
			level, err := parseIsolation(c.Val)
			if err != nil {
				return err
			}
			if len(s.tx.savepoints) > 0 && level != s.tx.isolation {
				return pgerr.New(pgerr.ActiveSQLTransaction, "SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction")
			}
			if s.tx.used && level != s.tx.isolation {
				return pgerr.New(pgerr.ActiveSQLTransaction, "SET TRANSACTION ISOLATION LEVEL must be called before any query")
			}
			if level == kv.Serializable && !s.srv.o.Store.Limits().Serializable {
				return pgerr.FeatureNotSupported("SERIALIZABLE isolation level on this store")
			}
			s.tx.isolation = level
		case "transaction_read_only":
			on := c.Val != "0" && c.Val != "false" && c.Val != "off"
			if n := len(s.tx.savepoints); !on && n > 0 && s.tx.savepoints[n-1].readOnly {
				return pgerr.New(pgerr.ActiveSQLTransaction, "cannot set transaction read-write mode inside a read-only transaction")
			}
			if !on && s.tx.readOnly && s.tx.used {
				return pgerr.New(pgerr.ActiveSQLTransaction, "transaction read-write mode must be set before any query")
			}
			s.tx.readOnly = on
		case "transaction_deferrable":
			if len(s.tx.savepoints) > 0 {
				return pgerr.New(pgerr.ActiveSQLTransaction, "SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction")
			}
			if s.tx.used {
				return pgerr.New(pgerr.ActiveSQLTransaction, "SET TRANSACTION [NOT] DEFERRABLE must be called before any query")
			}
			s.tx.deferrable = c.Val != "0"
		}
	}
	return s.restartUnused()
}

// restartUnused gives a transaction that took no snapshot yet the modes that were set since it began.
func (s *Session) restartUnused() error {
	if s.tx.used || s.tx.kv == nil || len(s.tx.savepoints) > 0 {
		return nil
	}
	s.tx.kv.Rollback()
	s.beginStore()
	return nil
}

func parseIsolation(name string) (kv.Isolation, error) {
	switch name {
	case "read uncommitted", "read committed":
		return kv.ReadCommitted, nil
	case "repeatable read":
		return kv.Snapshot, nil
	case "serializable":
		return kv.Serializable, nil
	}
	return 0, pgerr.New(pgerr.InvalidParameterValue, "invalid value for parameter \"transaction_isolation\": %q", name)
}

// isolationName is the level as SHOW transaction_isolation prints it.
func isolationName(i kv.Isolation) string {
	switch i {
	case kv.Snapshot:
		return "repeatable read"
	case kv.Serializable:
		return "serializable"
	}
	return "read committed"
}

package session

import (
	"cmp"
	"slices"
	"sync"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// firstTransactionID is PostgreSQL's FirstNormalTransactionId.
const firstTransactionID = 3

// keptTransactions is how many ended transactions their status is remembered of.
const keptTransactions = 4096

// keptWriters is how many transactions with a number it is known of which commit of the store theirs was.
const keptWriters = 1 << 20

// storeCommit marks, in xmin, the number of a commit of the store, for rows whose transaction never asked for a number.
const storeCommit = 1 << 31

// transactionIDs numbers the transactions that ask for a number (pg_current_xact_id, xmin). The store has none of its own: it counts commits. With
// a new process they go on above the number of commits, so that what a client remembers as a row's xmin does not come again.
type transactionIDs struct {
	mu      sync.Mutex
	next    uint64
	running map[uint64]bool
	ended   map[uint64]bool // true: committed
	writers []writer        // by commit
}

// writer is a transaction that has a number and wrote something.
type writer struct {
	commit kv.TS
	xid    uint64
}

// begin is called with mu held.
func (t *transactionIDs) begin(store kv.Store) {
	if t.running != nil {
		return
	}
	tx := store.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	t.next, t.running, t.ended = firstTransactionID+uint64(tx.ReadTS()), map[uint64]bool{}, map[uint64]bool{}
}

// committed notes the commit of a transaction.
func (t *transactionIDs) committed(commit kv.TS, xid uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.writers) >= keptWriters {
		t.writers = append(t.writers[:0], t.writers[keptWriters/2:]...)
	}
	at := len(t.writers)
	for at > 0 && t.writers[at-1].commit > commit {
		at--
	}
	t.writers = slices.Insert(t.writers, at, writer{commit, xid})
}

// writer is the number that stands for a commit in xmin.
func (t *transactionIDs) writer(commit kv.TS) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, ok := slices.BinarySearchFunc(t.writers, commit, func(w writer, ts kv.TS) int { return cmp.Compare(w.commit, ts) })
	if ok {
		return uint32(t.writers[at].xid) &^ storeCommit
	}
	return uint32(commit) | storeCommit
}

func (t *transactionIDs) assign(store kv.Store) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(store)
	xid := t.next
	t.next++
	t.running[xid] = true
	return xid
}

// prepared is told of a transaction from before the restart: numbers go on after it.
func (t *transactionIDs) prepared(store kv.Store, xid uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begin(store)
	t.next = max(t.next, xid+1)
	t.running[xid] = true
}

func (t *transactionIDs) end(xid uint64, committed bool) {
	if xid == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.running, xid)
	t.ended[xid] = committed
	delete(t.ended, xid-keptTransactions)
}

func (t *transactionIDs) snapshot() *types.Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := &types.Snapshot{Xmin: max(t.next, firstTransactionID), Xmax: max(t.next, firstTransactionID)}
	for xid := range t.running {
		v.Xmin = min(v.Xmin, xid)
	}
	for xid := v.Xmin; xid < v.Xmax; xid++ {
		if t.running[xid] {
			v.Running = append(v.Running, xid)
		}
	}
	return v
}

// TransactionID implements builtins.TransactionEnv.
func (e *env) TransactionID(assign bool) (uint64, bool) {
	if assign && !e.tx.numbered {
		e.tx.numbered = true
		xid := (*Session)(e).number()
		e.tx.kv.BeforeVisible(func(ts kv.TS) { e.srv.xids.committed(ts, xid) })
	}
	xid := e.xid.Load()
	return xid, xid != 0
}

// number gives the session's transaction a number, if it has none. Any goroutine may call it: if the transaction ends meanwhile, the number is
// the next one's.
func (s *Session) number() uint64 {
	if xid := s.xid.Load(); xid != 0 {
		return xid
	}
	xid := s.srv.xids.assign(s.srv.o.Store)
	if !s.xid.CompareAndSwap(0, xid) {
		s.srv.xids.end(xid, false)
		return s.xid.Load()
	}
	return xid
}

// numberTransaction is the number of a process's transaction, 0 if there is no such process.
func (srv *Server) numberTransaction(pid int32) uint64 {
	if s := srv.session(pid); s != nil {
		return s.number()
	}
	return 0
}

// RowWriter implements system.RowWriters.
func (e *env) RowWriter(table types.OID, key string) (uint32, error) {
	own := key == ""
	var ts kv.TS
	if !own {
		t, ok := e.cat.Reader.Table(table)
		if !ok {
			return 0, pgerr.New(pgerr.InternalError, "row of table %d, which does not exist", table)
		}
		var err error
		if ts, own, err = e.tx.kv.Written(e.ctx, rowenc.RowKey(t, key)); err != nil {
			return 0, err
		}
	}
	if own {
		xid, _ := e.TransactionID(true)
		return uint32(xid) &^ storeCommit, nil
	}
	return e.srv.xids.writer(ts), nil
}

// TransactionSnapshot implements builtins.TransactionEnv.
func (e *env) TransactionSnapshot() *types.Snapshot { return e.srv.xids.snapshot() }

// TransactionStatus implements builtins.TransactionEnv.
func (e *env) TransactionStatus(xid uint64) (string, error) {
	t := &e.srv.xids
	t.mu.Lock()
	defer t.mu.Unlock()
	committed, ended := t.ended[xid]
	switch {
	case xid > 0 && xid < firstTransactionID:
		return "committed", nil
	case xid >= max(t.next, firstTransactionID):
		return "", pgerr.New(pgerr.InvalidParameterValue, "transaction ID %d is in the future", xid)
	case t.running[xid]:
		return "in progress", nil
	case ended && committed:
		return "committed", nil
	case ended:
		return "aborted", nil
	}
	return "", nil
}

package session

import (
	"sync"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// firstTransactionID is PostgreSQL's FirstNormalTransactionId.
const firstTransactionID = 3

// keptTransactions is how many ended transactions their status is remembered of.
const keptTransactions = 4096

// transactionIDs numbers the transactions that ask for a number (pg_current_xact_id). The store has none of its own, and nothing
// else depends on them: they start anew with the process.
type transactionIDs struct {
	mu      sync.Mutex
	next    uint64
	running map[uint64]bool
	ended   map[uint64]bool // true: committed
}

func (t *transactionIDs) assign() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running == nil {
		t.next, t.running, t.ended = firstTransactionID, map[uint64]bool{}, map[uint64]bool{}
	}
	xid := t.next
	t.next++
	t.running[xid] = true
	return xid
}

// prepared is told of a transaction from before the restart: numbers go on after it.
func (t *transactionIDs) prepared(xid uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running == nil {
		t.next, t.running, t.ended = firstTransactionID, map[uint64]bool{}, map[uint64]bool{}
	}
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
	if e.tx.xid == 0 && assign {
		e.tx.xid = e.srv.xids.assign()
	}
	return e.tx.xid, e.tx.xid != 0
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

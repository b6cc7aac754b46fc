package catalog

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// sequenceAhead is how many values a sequence may give out before it must write to the store again (PostgreSQL's
// SEQ_LOG_VALS). After a crash at most that many are skipped.
const sequenceAhead = 32

// sequenceState is the counter of one sequence. What it gives out is never taken back, whatever becomes of the
// transaction that asked. The store holds a value that the sequence has not passed yet.
type sequenceState struct {
	mu     sync.Mutex
	loaded bool
	last   int64
	called bool
	ahead  int64 // values that may be given out before the next write
	// version is the sequence's when ahead was computed: with other parameters it would lie elsewhere.
	version uint64
}

// state returns the counter of s, locked and loaded.
func (c *Catalog) state(ctx context.Context, s *Sequence) (*sequenceState, error) {
	c.seqMu.Lock()
	st, ok := c.sequences[s.Storage]
	if !ok {
		st = &sequenceState{}
		c.sequences[s.Storage] = st
	}
	c.seqMu.Unlock()
	st.mu.Lock()
	if st.loaded {
		return st, nil
	}
	if err := c.loadSequence(ctx, s, st); err != nil {
		st.mu.Unlock()
		return nil, err
	}
	return st, nil
}

func (c *Catalog) loadSequence(ctx context.Context, s *Sequence, st *sequenceState) error {
	tx := c.store.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	if err := tx.StartStatement(ctx); err != nil {
		return err
	}
	var vs kv.Values
	if err := tx.Get(ctx, [][]byte{sequenceKey(s.Storage)}, &vs); err != nil {
		return err
	}
	st.last, st.called = s.Initial, s.InitialCalled
	if v := vs.V[0]; v != nil {
		if len(v) != 9 {
			return fmt.Errorf("catalog: state of sequence %q: %w", s.Name, kv.ErrCorrupt)
		}
		st.last, st.called = int64(binary.BigEndian.Uint64(v)), v[8] != 0
	}
	st.loaded = true
	return nil
}

// persist writes a state of the counter in a transaction of its own. It does not wait for the log: a commit that uses
// a value comes later in the log than this write.
func (c *Catalog) persist(ctx context.Context, s *Sequence, last int64, called bool) error {
	tx := c.store.Begin(kv.TxnOptions{Async: true})
	defer tx.Rollback()
	key := sequenceKey(s.Storage)
	if err := tx.Lock(ctx, [][]byte{key}, kv.LockOptions{}, nil); err != nil {
		return err
	}
	v := append(binary.BigEndian.AppendUint64(nil, uint64(last)), 0)
	if called {
		v[8] = 1
	}
	if err := tx.Put(key, v); err != nil {
		return err
	}
	_, err := tx.Commit(ctx)
	return err
}

// Nextval advances a sequence and returns its new value.
func (c *Catalog) Nextval(ctx context.Context, s *Sequence) (int64, error) {
	st, err := c.state(ctx, s)
	if err != nil {
		return 0, err
	}
	defer st.mu.Unlock()
	v := st.last
	if st.called {
		if v, err = s.after(v); err != nil {
			return 0, err
		}
	}
	if st.ahead == 0 || st.version != s.Version {
		mark, n := v, int64(sequenceAhead)
		for i := range n {
			next, err := s.after(mark)
			if err != nil || (next > mark) != (s.Increment > 0) { // the end, or around it
				n = i
				break
			}
			mark = next
		}
		if err := c.persist(ctx, s, mark, true); err != nil {
			return 0, err
		}
		st.ahead, st.version = n+1, s.Version
	}
	st.last, st.called = v, true
	st.ahead--
	return v, nil
}

// after is the value that follows v.
func (s *Sequence) after(v int64) (int64, error) {
	next := v + s.Increment
	if s.Increment > 0 && (next > s.Max || next < v) {
		if !s.Cycle {
			return 0, pgerr.New(pgerr.SequenceGeneratorLimitExceeded,
				"nextval: reached maximum value of sequence %q (%d)", s.Name, s.Max)
		}
		return s.Min, nil
	}
	if s.Increment < 0 && (next < s.Min || next > v) {
		if !s.Cycle {
			return 0, pgerr.New(pgerr.SequenceGeneratorLimitExceeded,
				"nextval: reached minimum value of sequence %q (%d)", s.Name, s.Min)
		}
		return s.Max, nil
	}
	return next, nil
}

// Setval sets the counter of a sequence: the next value is v, or, if called, the one after v.
func (c *Catalog) Setval(ctx context.Context, s *Sequence, v int64, called bool) error {
	if v < s.Min || v > s.Max {
		return pgerr.New(pgerr.NumericValueOutOfRange, "setval: value %d is out of bounds for sequence %q (%d..%d)",
			v, s.Name, s.Min, s.Max)
	}
	st, err := c.state(ctx, s)
	if err != nil {
		return err
	}
	defer st.mu.Unlock()
	if err := c.persist(ctx, s, v, called); err != nil {
		return err
	}
	st.last, st.called, st.ahead = v, called, 0
	return nil
}

// SequenceValue is what SELECT from a sequence shows.
func (c *Catalog) SequenceValue(ctx context.Context, s *Sequence) (last, logCount int64, called bool, err error) {
	st, err := c.state(ctx, s)
	if err != nil {
		return 0, 0, false, err
	}
	defer st.mu.Unlock()
	return st.last, st.ahead, st.called, nil
}

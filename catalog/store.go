package catalog

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
)

// Catalog is the catalog of one store: published snapshots of the descriptors and the counters behind OIDs, key spaces and
// sequences. It is safe for use by many goroutines.
type Catalog struct {
	store    kv.Store
	builtins *Builtins
	newest   atomic.Pointer[published]

	mu      sync.Mutex
	history []*published // ascending by from; the last is newest

	oids     counter
	storages counter

	rowIDs sync.Map // key space → *rowIDs

	seqMu     sync.Mutex
	sequences map[uint64]*sequenceState // by Storage
}

// published is a state of the catalog that holds for data snapshots from a commit timestamp on.
type published struct {
	from   kv.TS
	reader Reader
}

// change is one changed descriptor: its new version, or its last one if it was dropped.
type change struct {
	desc    any
	dropped bool
}

// historyMax bounds the states kept in memory. A transaction with an older snapshot reads its catalog from the store.
const historyMax = 32

// Open loads the catalog of a store, and first creates it in an empty one.
func Open(ctx context.Context, store kv.Store, b *Builtins) (*Catalog, error) {
	if b == nil {
		b = NewBuiltins()
	}
	c := &Catalog{store: store, builtins: b, sequences: map[uint64]*sequenceState{}}
	c.oids = counter{store: store, key: counterKey('o'), first: uint64(FirstUserOID)}
	c.storages = counter{store: store, key: counterKey('s'), first: 1}
	s, ts, err := c.loadNewest(ctx)
	if err != nil {
		return nil, err
	}
	if len(s.databases) == 0 {
		if err := c.bootstrap(ctx); err != nil {
			return nil, err
		}
		if s, ts, err = c.loadNewest(ctx); err != nil {
			return nil, err
		}
	}
	p := &published{from: ts, reader: Reader{s}}
	c.history = []*published{p}
	c.newest.Store(p)
	return c, nil
}

func (c *Catalog) loadNewest(ctx context.Context) (*snapshot, kv.TS, error) {
	tx := c.store.Begin(kv.TxnOptions{ReadOnly: true})
	defer tx.Rollback()
	if err := tx.StartStatement(ctx); err != nil {
		return nil, 0, err
	}
	s, err := c.load(ctx, tx)
	return s, tx.ReadTS(), err
}

// load reads all descriptors in the snapshot of tx.
func (c *Catalog) load(ctx context.Context, tx kv.Txn) (*snapshot, error) {
	it, err := tx.Scan(ctx, descRange(), kv.ScanOptions{})
	if err != nil {
		return nil, err
	}
	defer it.Close()
	s := newSnapshot(c.builtins)
	var es kv.Entries
	for {
		if err := it.Next(ctx, &es, 256); err != nil {
			return nil, err
		}
		if es.Len() == 0 {
			return s, nil
		}
		for i := range es.K {
			d, err := decodeDesc(es.K[i], es.V[i])
			if err != nil {
				return nil, err
			}
			s.put(d)
		}
	}
}

// bootstrap writes what an empty store must hold.
func (c *Catalog) bootstrap(ctx context.Context) error {
	k := c.store.Begin(kv.TxnOptions{})
	defer k.Rollback()
	t := &Txn{cat: c, kv: k}
	for _, d := range bootstrapDescriptors() {
		if err := t.Create(ctx, d); err != nil {
			return err
		}
	}
	_, err := k.Commit(ctx)
	return err
}

// Newest is the newest committed catalog.
func (c *Catalog) Newest() *Reader { return &c.newest.Load().reader }

// At is the catalog that belongs to a data snapshot; ok is false if it is no longer in memory (Txn.Reader then reads it
// from the store).
func (c *Catalog) At(ts kv.TS) (r *Reader, ok bool) {
	if p := c.newest.Load(); p.from <= ts {
		return &p.reader, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	i := sort.Search(len(c.history), func(i int) bool { return c.history[i].from > ts })
	if i == 0 {
		return nil, false
	}
	return &c.history[i-1].reader, true
}

// publish makes the changes of a commit part of every catalog for snapshots from ts on. The store calls it before any
// snapshot can be that new. Commits may arrive out of order.
func (c *Catalog) publish(ts kv.TS, delta []change) {
	if len(delta) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.history) == 0 {
		return // bootstrap: Open reads it back
	}
	i := sort.Search(len(c.history), func(i int) bool { return c.history[i].from > ts })
	// Later states that are there already do not overlap with delta: both commits held exclusive locks on what they changed.
	for j := i; j < len(c.history); j++ {
		p := c.history[j]
		c.history[j] = &published{from: p.from, reader: p.reader.with(delta)}
	}
	if i > 0 {
		c.history = slices.Insert(c.history, i, &published{from: ts, reader: c.history[i-1].reader.with(delta)})
	}
	if n := len(c.history) - historyMax; n > 0 {
		c.history = slices.Delete(c.history, 0, n)
	}
	c.newest.Store(c.history[len(c.history)-1])
}

// with is a copy of r with changes made to it.
func (r Reader) with(delta []change) Reader {
	s := r.clone()
	s.apply(delta)
	return Reader{s}
}

// apply makes changes in order.
func (s *snapshot) apply(delta []change) {
	for _, ch := range delta {
		if ch.dropped {
			s.remove(ch.desc)
		} else {
			s.put(ch.desc)
		}
	}
}

// counter hands out numbers that are never given twice, also after a crash: the store holds the first number that was
// not reserved yet, and is advanced by counterBatch before any number of the batch is given out. Numbers may be skipped.
type counter struct {
	store kv.Store
	key   []byte
	first uint64

	mu         sync.Mutex
	next, upto uint64
}

const counterBatch = 32

// take returns the next number. The reservation is committed without waiting for the log: whatever commit uses the
// number comes later in the log.
func (c *counter) take(ctx context.Context) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.next == c.upto {
		if err := c.reserve(ctx); err != nil {
			return 0, err
		}
	}
	n := c.next
	c.next++
	return n, nil
}

func (c *counter) reserve(ctx context.Context) error {
	tx := c.store.Begin(kv.TxnOptions{Async: true})
	defer tx.Rollback()
	var l kv.Locked
	if err := tx.Lock(ctx, [][]byte{c.key}, kv.LockOptions{}, &l); err != nil {
		return err
	}
	n := c.first
	if v := l.V[0].Value; v != nil {
		if len(v) != 8 {
			return fmt.Errorf("catalog: counter %x: %w", c.key, kv.ErrCorrupt)
		}
		n = binary.BigEndian.Uint64(v)
	}
	if err := tx.Put(c.key, binary.BigEndian.AppendUint64(nil, n+counterBatch)); err != nil {
		return err
	}
	if _, err := tx.Commit(ctx); err != nil {
		return err
	}
	c.next, c.upto = n, n+counterBatch
	return nil
}

// NewOID returns an OID that no object of the store ever had.
func (c *Catalog) NewOID(ctx context.Context) (types.OID, error) {
	n, err := c.oids.take(ctx)
	if err == nil && n > 1<<32-1 {
		err = fmt.Errorf("catalog: OIDs are exhausted: %w", kv.ErrTooLarge)
	}
	return types.OID(n), err
}

// NewStorage returns a key space that no table or sequence of the store ever had.
func (c *Catalog) NewStorage(ctx context.Context) (uint64, error) { return c.storages.take(ctx) }

// Store is the store that holds the catalog.
func (c *Catalog) Store() kv.Store { return c.store }

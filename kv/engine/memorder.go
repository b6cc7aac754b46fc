package engine

import (
	"bytes"
	"cmp"
	"runtime"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
)

// memOrder is what a memtable knows about the order of its keys. Point reads and updates of known keys do not need it, and
// keeping it at every write is expensive: a search in a skiplist of a million keys waits for memory some ten times. So:
//
//	a small commit, once somebody has scanned the memtable    links its new nodes into the skiplist
//	any other commit                                          leaves them in the pending list
//	a scan, or the flush                                      puts what is pending in order first
//
// Few pending nodes go to the skiplist, many are sorted into an array, which is what a flush of a loaded memtable reads.
// A node is in one place only. Arrays never change; there are few, as small ones are sorted again together with the next.
type memOrder struct {
	pending  atomic.Uint32 // newest first, linked through the towers
	ordering atomic.Bool   // nodes taken off pending may not be in their place yet
	scanned  atomic.Bool
	mu       sync.Mutex // one puts nodes in order
	arrays   atomic.Pointer[[]*memArray]
}

const (
	directEntries = 64  // commits up to this size link their nodes themselves if the memtable is being scanned
	arrayNodes    = 512 // pending nodes from which on they become an array
)

// memArray is a list of nodes in key order. Searches look at the heads: the first eight bytes after what all keys have in
// common.
type memArray struct {
	prefix []byte
	heads  []uint64
	nodes  []uint32
}

// push adds a node to those that wait for their place.
func (o *memOrder) push(m *memtable, node uint32) {
	for {
		first := o.pending.Load()
		atomic.StoreUint32(m.tower(node, 0), first)
		if o.pending.CompareAndSwap(first, node) {
			return
		}
	}
}

// ordered puts everything in order that a commit visible by now has added, and returns the arrays. The rest is in the
// skiplist.
func (m *memtable) ordered() []*memArray {
	o := &m.order
	if m.empty() {
		return nil
	}
	if !o.scanned.Load() {
		o.scanned.Store(true)
	}
	if o.pending.Load() != 0 || o.ordering.Load() {
		o.mu.Lock()
		m.orderPending()
		o.mu.Unlock()
	}
	if p := o.arrays.Load(); p != nil {
		return *p
	}
	return nil
}

// orderPending takes the pending nodes to their places. The caller holds order.mu.
func (m *memtable) orderPending() {
	o := &m.order
	o.ordering.Store(true)
	defer o.ordering.Store(false)
	var nodes []uint32
	for node := o.pending.Swap(0); node != 0; node = *m.tower(node, 0) {
		nodes = append(nodes, node)
	}
	if len(nodes) == 0 {
		return
	}
	if len(nodes) < arrayNodes {
		in := inserter{m: m}
		for _, node := range slices.Backward(nodes) {
			if key := m.key(node); m.counts(node, key) {
				in.link(node, key, int(*m.word(node, nodeSizes)>>24&0x7f))
			}
		}
		return
	}
	var arrays []*memArray
	if p := o.arrays.Load(); p != nil {
		arrays = slices.Clone(*p)
	}
	for n := len(arrays); n > 0 && len(arrays[n-1].nodes) < 2*len(nodes); n-- {
		nodes = append(nodes, arrays[n-1].nodes...)
		arrays = arrays[:n-1]
	}
	arrays = append(arrays, newMemArray(m, nodes))
	o.arrays.Store(&arrays)
}

// counts tells whether node is the one of its key, waiting for its writer if that is not decided yet. The skiplist must
// not hold two nodes of a key; arrays may.
func (m *memtable) counts(node uint32, key []byte) bool {
	hash := Hash(key)
	for {
		if found := m.find(hash, key); found != 0 {
			return found == node
		}
		runtime.Gosched()
	}
}

func newMemArray(m *memtable, nodes []uint32) *memArray {
	type item struct {
		head uint64
		node uint32
	}
	prefix := m.key(nodes[0])
	for _, node := range nodes[1:] {
		if key := m.key(node); !bytes.HasPrefix(key, prefix) {
			prefix = prefix[:commonPrefix(prefix, key)]
		}
	}
	items := make([]item, len(nodes))
	inOrder := true
	for i, node := range nodes {
		items[i] = item{head64(m.key(node)[len(prefix):]), node}
		inOrder = inOrder && (i == 0 || items[i-1].head > items[i].head)
	}
	if inOrder {
		slices.Reverse(items) // the pending list is newest first, and keys came in ascending order
	} else {
		slices.SortFunc(items, func(a, b item) int {
			if a.head != b.head {
				return cmp.Compare(a.head, b.head)
			}
			return bytes.Compare(m.key(a.node), m.key(b.node))
		})
	}
	a := &memArray{prefix: prefix, heads: make([]uint64, len(items)), nodes: make([]uint32, len(items))}
	for i, x := range items {
		a.heads[i], a.nodes[i] = x.head, x.node
	}
	return a
}

// find returns the first place with a key >= key.
func (a *memArray) find(m *memtable, key []byte) int {
	if !bytes.HasPrefix(key, a.prefix) {
		if bytes.Compare(key, a.prefix) < 0 {
			return 0
		}
		return len(a.nodes)
	}
	head := head64(key[len(a.prefix):])
	return sort.Search(len(a.nodes), func(i int) bool {
		if a.heads[i] != head {
			return a.heads[i] > head
		}
		return bytes.Compare(m.key(a.nodes[i]), key) >= 0
	})
}

// inOrder calls f for every node in key order. All commits to the memtable are settled.
func (m *memtable) inOrder(f func(node uint32) error) error {
	if m.empty() {
		return nil
	}
	m.ordered()
	m.order.mu.Lock()
	var nodes []uint32
	if p := m.order.arrays.Load(); p != nil {
		if len(*p) > 1 {
			for _, a := range *p {
				nodes = append(nodes, a.nodes...)
			}
			nodes = newMemArray(m, nodes).nodes
		} else {
			nodes = (*p)[0].nodes
		}
	}
	m.order.mu.Unlock()
	listed := m.next(headNode)
	for _, node := range nodes {
		for listed != 0 && bytes.Compare(m.key(listed), m.key(node)) < 0 {
			if err := f(listed); err != nil {
				return err
			}
			listed = m.next(listed)
		}
		if err := f(node); err != nil {
			return err
		}
	}
	for ; listed != 0; listed = m.next(listed) {
		if err := f(listed); err != nil {
			return err
		}
	}
	return nil
}

// arrayCursor walks the nodes of one array.
type arrayCursor struct {
	position
	m       *memtable
	a       *memArray
	i       int
	ts      uint64
	reverse bool
}

func (c *arrayCursor) seek(key []byte) error {
	switch {
	case !c.reverse:
		c.i = c.a.find(c.m, key)
	case key == nil:
		c.i = len(c.a.nodes) - 1
	default:
		c.i = c.a.find(c.m, key) - 1
	}
	c.settle()
	return nil
}

func (c *arrayCursor) step() error {
	c.move()
	c.settle()
	return nil
}

func (c *arrayCursor) move() {
	if c.reverse {
		c.i--
	} else {
		c.i++
	}
}

// settle moves on to a node with a version that the reader sees.
func (c *arrayCursor) settle() {
	for c.i >= 0 && c.i < len(c.a.nodes) {
		node := c.a.nodes[c.i]
		if v, ok := c.m.visible(node, c.ts); ok {
			c.position = position{key: c.m.key(node), value: v.value, ts: v.ts, kind: v.kind, valid: true}
			return
		}
		c.move()
	}
	c.valid = false
}

package engine

import (
	"bytes"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"unsafe"
)

// A memtable is an ordered set of keys, each with a chain of versions, newest first. It only grows; readers take no lock.
//
//	buckets   hash(key) ─► node ─► node            for point reads and for new versions of known keys
//	head      skiplist tower ─► node ─► node       for order, with the next two (memorder.go)
//	arrays    [node node node …]
//	pending   node ─► node ─► node                 not in order yet
//	node      {newest version, next in bucket, hash, key length, tower, key}
//	version   {timestamp and kind, next older version, value}
//	chunks    whole commits of keys in ascending order (memchunk.go)
//
// The buckets decide which node of a key counts: of two writers that make one at the same time, the one that comes second
// leaves its node without versions.
//
// Nodes and versions lie in one []byte without Go pointers, so the garbage collector never looks inside. They are named
// by their offset in 8-byte words, and linked by compare-and-swap; nothing is ever unlinked, so a link once read stays
// good for as long as the memtable is reachable.
type memtable struct {
	base    unsafe.Pointer // of arena
	buckets []uint64       // the first node, and above it a set of 32 that says for most missing keys that they are not there
	mask    uint64
	arena   []byte
	used    atomic.Uint64 // bytes of arena
	height  atomic.Int32
	order   memOrder
	chunks  memChunks
	limit   uint64 // bytes of arena that commits may take

	// Guarded by Engine.mu.
	reserved uint64 // bytes of arena promised to commits, never above limit
	pending  int    // commits that are neither visible nor aborted
	firstSeg uint32 // the oldest log segment that may hold one of its commits
	lastLSN  uint64 // end of the newest log record applied to it
	minTS    uint64
	maxTS    uint64
	entries  int

	tombstones uint64 // of them
}

// Kinds of a version.
const (
	kindValue     = 0
	kindTombstone = 1
	kindAborted   = 2 // its commit failed: as if it were not there
	kindRange     = 3 // in the log only: a range tombstone
	kindBits      = 2
	kindMask      = 1<<kindBits - 1
)

const (
	maxHeight = 18
	linkedBit = 1 << 31 // of nodeSizes: the node has its place in the order, or waits for it

	nodeVersions = 0
	nodeHashNext = 4
	nodeHash     = 8
	nodeSizes    = 12 // key length, above it the height (7 bits) and linkedBit
	nodeTower    = 16

	versionTS     = 0
	versionNext   = 8
	versionLen    = 12
	versionHeader = 16

	// entryOverhead is what an entry needs in the arena besides its key and value: node, version, an average tower and
	// rounding. arenaSlack makes up for towers above the average.
	entryOverhead = nodeTower + versionHeader + 3*8
	arenaSlack    = 64 << 10

	memtableBegin = 8 + nodeTower + 4*maxHeight // word 0 is the nil offset, word 1 the head node
)

// newMemtable makes a memtable whose nodes and versions may take so many bytes. They get their memory with the first of them.
func newMemtable(bytes int) *memtable {
	m := &memtable{limit: uint64(bytes)}
	m.used.Store(memtableBegin)
	m.height.Store(1)
	return m
}

// makeArena gives the memtable memory for nodes. Readers look at it only when they have seen that something was put there.
func (m *memtable) makeArena() {
	nbuckets := uint64(1 << 10)
	for nbuckets < m.limit/96 {
		nbuckets <<= 1
	}
	m.arena = make([]byte, m.limit+arenaSlack)
	m.buckets, m.mask = make([]uint64, nbuckets), nbuckets-1
	m.base = unsafe.Pointer(unsafe.SliceData(m.arena))
}

const headNode = 1

// empty tells whether there was never a node.
func (m *memtable) empty() bool { return m.used.Load() == memtableBegin }

// bytes is what nodes and chunks take.
func (m *memtable) bytes() uint64 { return m.used.Load() + m.chunks.bytes.Load() }

// room tells whether n more entries with size bytes of keys and values fit among the nodes, and promises them the place. total
// is how much nodes and chunks may take.
func (m *memtable) room(n, size, total int) bool {
	need := uint64(size + n*entryOverhead)
	if m.reserved+need > m.limit || m.reserved+m.chunks.reserved+need > max(uint64(total), m.limit) {
		return false
	}
	if m.arena == nil {
		m.makeArena()
	}
	m.reserved += need
	return true
}

// roomForChunk is room for a chunk. Chunks bring their own memory, so a small first memtable is large enough for them.
func (m *memtable) roomForChunk(c *memChunk, total int) bool {
	if m.reserved+m.chunks.reserved+c.size() > max(uint64(total), m.limit) {
		return false
	}
	m.chunks.reserved += c.size()
	return true
}

func (m *memtable) word(off uint32, field uintptr) *uint32 {
	return (*uint32)(unsafe.Add(m.base, uintptr(off)<<3+field))
}

func (m *memtable) tower(off uint32, level int) *uint32 {
	return m.word(off, nodeTower+uintptr(level)<<2)
}

func (m *memtable) key(off uint32) []byte {
	p := unsafe.Add(m.base, uintptr(off)<<3)
	sizes := atomic.LoadUint32((*uint32)(unsafe.Add(p, nodeSizes)))
	return unsafe.Slice((*byte)(unsafe.Add(p, nodeTower+uintptr(sizes>>24&0x7f)<<2)), sizes&0xffffff)
}

func (m *memtable) versionTS(off uint32) *uint64 {
	return (*uint64)(unsafe.Add(m.base, uintptr(off)<<3+versionTS))
}

func (m *memtable) value(off uint32) []byte {
	p := unsafe.Add(m.base, uintptr(off)<<3)
	return unsafe.Slice((*byte)(unsafe.Add(p, versionHeader)), *(*uint32)(unsafe.Add(p, versionLen)))
}

// alloc takes size bytes. The caller's commit reserved them, so running out is a broken invariant.
func (m *memtable) alloc(size int) uint32 {
	n := uint64(size+7) &^ 7
	end := m.used.Add(n)
	if end > uint64(len(m.arena)) {
		panic("engine: memtable arena overflow")
	}
	return uint32((end - n) >> 3)
}

// summary is the bit of a hash in the upper half of its bucket.
func summary(hash uint64) uint64 { return 1 << (32 + hash>>59) }

// find returns the node of key, or 0.
func (m *memtable) find(hash uint64, key []byte) uint32 {
	b := atomic.LoadUint64(&m.buckets[hash&m.mask])
	if b&summary(hash) == 0 {
		return 0
	}
	off := uint32(b)
	for off != 0 {
		if *m.word(off, nodeHash) == uint32(hash>>32) && bytes.Equal(m.key(off), key) {
			return off
		}
		off = atomic.LoadUint32(m.word(off, nodeHashNext))
	}
	return 0
}

// get returns the newest version of key at ts. found is false if there is none; a tombstone is found with kindTombstone.
func (m *memtable) get(hash uint64, key []byte, ts uint64) (v version, found bool) {
	if !m.empty() {
		if node := m.find(hash, key); node != 0 {
			v, found = m.visible(node, ts)
		}
	}
	if m.chunks.series.Load() != nil {
		return m.chunks.get(key, ts, v, found)
	}
	return v, found
}

// visible returns the newest version of node at ts.
func (m *memtable) visible(node uint32, ts uint64) (v version, found bool) {
	off := atomic.LoadUint32(m.word(node, nodeVersions))
	for off != 0 {
		t := atomic.LoadUint64(m.versionTS(off))
		if t>>kindBits <= ts && t&kindMask != kindAborted {
			return version{value: m.value(off), ts: t >> kindBits, kind: uint8(t & kindMask)}, true
		}
		off = atomic.LoadUint32(m.word(off, versionNext))
	}
	return version{}, false
}

// versions yields the versions of node, newest first, without those of failed commits.
func (m *memtable) versions(node uint32) iter.Seq[version] {
	return func(yield func(version) bool) {
		off := atomic.LoadUint32(m.word(node, nodeVersions))
		for off != 0 {
			t := atomic.LoadUint64(m.versionTS(off))
			if k := uint8(t & kindMask); k != kindAborted && !yield(version{value: m.value(off), ts: t >> kindBits, kind: k}) {
				return
			}
			off = atomic.LoadUint32(m.word(off, versionNext))
		}
	}
}

// version is one version of a key. value points into memory that never changes.
type version struct {
	value []byte
	ts    uint64
	kind  uint8
}

// inserter adds entries. It remembers where the last one went, so that keys in ascending order are found at once.
type inserter struct {
	m    *memtable
	prev [maxHeight]uint32
	next [maxHeight]uint32
	warm bool
	lazy bool // new nodes wait in m.order.pending
	flat bool // they are so many that they will be sorted into an array, where towers are of no use

	touched uint64 // keeps the compiler from leaving out loads that only warm the cache
}

// add inserts a version. Each (key, ts) may be added once.
func (in *inserter) add(hash uint64, key, value []byte, ts uint64, kind uint8) {
	m := in.m
	v := m.alloc(versionHeader + len(value))
	*m.versionTS(v) = ts<<kindBits | uint64(kind)
	*m.word(v, versionLen) = uint32(len(value))
	copy(m.value(v), value)

	node := m.find(hash, key)
	if node == 0 {
		node = in.node(hash, key, v)
		if node == 0 {
			return // a new node, which has the version already
		}
	}
	m.waitLinked(node)
	m.pushVersion(node, v, ts)
}

// pushVersion links version v into node's chain behind all newer ones.
func (m *memtable) pushVersion(node, v uint32, ts uint64) {
	link := m.word(node, nodeVersions)
	for {
		next := atomic.LoadUint32(link)
		if next != 0 && atomic.LoadUint64(m.versionTS(next))>>kindBits > ts {
			link = m.word(next, versionNext)
			continue
		}
		atomic.StoreUint32(m.word(v, versionNext), next)
		if atomic.CompareAndSwapUint32(link, next, v) {
			return
		}
	}
}

// node makes a node of key that has v as its only version and returns 0, or returns the node that another writer has
// made meanwhile.
func (in *inserter) node(hash uint64, key []byte, v uint32) uint32 {
	m := in.m
	height := 1
	if !in.flat {
		height = randomHeight()
	}
	node := m.alloc(nodeTower + 4*height + len(key))
	*m.word(node, nodeVersions) = v
	*m.word(node, nodeHash) = uint32(hash >> 32)
	sizes := uint32(len(key)) | uint32(height)<<24
	if in.lazy {
		sizes |= linkedBit
	}
	*m.word(node, nodeSizes) = sizes
	copy(m.key(node), key)
	if in.lazy {
		// Whoever finds the node in its bucket may count on a scan to find it too, so this comes first.
		m.order.push(m, node)
	}
	if other := m.linkBucket(node, hash, key); other != 0 {
		atomic.StoreUint32(m.word(node, nodeVersions), 0)
		return other
	}
	if !in.lazy {
		in.link(node, key, height)
		atomic.StoreUint32(m.word(node, nodeSizes), sizes|linkedBit)
	}
	return 0
}

// link puts a node into the skiplist, which has none of its key.
func (in *inserter) link(node uint32, key []byte, height int) {
	m := in.m
	in.seek(key)
	for {
		h := m.height.Load()
		if int32(height) <= h || m.height.CompareAndSwap(h, int32(height)) {
			break
		}
	}
	for level := range height {
		for {
			atomic.StoreUint32(m.tower(node, level), in.next[level])
			if atomic.CompareAndSwapUint32(m.tower(in.prev[level], level), in.next[level], node) {
				break
			}
			in.warm = false
			in.seek(key)
		}
		in.prev[level] = node
	}
}

// linkBucket makes the node known to point reads, unless there is one of the same key, which it returns.
func (m *memtable) linkBucket(node uint32, hash uint64, key []byte) uint32 {
	bucket := &m.buckets[hash&m.mask]
	for seen := uint32(0); ; {
		was := atomic.LoadUint64(bucket)
		first := uint32(was)
		for off := first; off != seen; off = atomic.LoadUint32(m.word(off, nodeHashNext)) {
			if *m.word(off, nodeHash) == uint32(hash>>32) && bytes.Equal(m.key(off), key) {
				return off
			}
		}
		atomic.StoreUint32(m.word(node, nodeHashNext), first)
		if atomic.CompareAndSwapUint64(bucket, was, was&^0xffffffff|summary(hash)|uint64(node)) {
			return 0
		}
		seen = first
	}
}

// waitLinked waits until the writer that made node has linked it into the skiplist: a version may become visible only
// when scans can find its node. It is a matter of nanoseconds and needs two writers of one key without locks.
func (m *memtable) waitLinked(node uint32) {
	for atomic.LoadUint32(m.word(node, nodeSizes))&linkedBit == 0 {
		runtime.Gosched()
	}
}

// seek fills prev and next around key on every level.
func (in *inserter) seek(key []byte) {
	m := in.m
	top := maxHeight - 1
	if h := int(m.height.Load()); h < maxHeight {
		top = h // one level above the highest tower, where head is the only node
	}
	level, before := top, uint32(headNode)
	for l := top; l < maxHeight; l++ {
		in.prev[l], in.next[l] = headNode, atomic.LoadUint32(m.tower(headNode, l))
	}
	if in.warm {
		// Go up until the remembered neighbours enclose the key, then down from there.
		for l := 0; l < top; l++ {
			p := in.prev[l]
			if p != headNode && bytes.Compare(m.key(p), key) >= 0 {
				continue
			}
			next := atomic.LoadUint32(m.tower(p, l))
			if next == 0 || bytes.Compare(m.key(next), key) >= 0 {
				level, before = l, p
				break
			}
		}
	}
	in.warm = true
	for l := level; l >= 0; l-- {
		next := atomic.LoadUint32(m.tower(before, l))
		for next != 0 && bytes.Compare(m.key(next), key) < 0 {
			before = next
			next = atomic.LoadUint32(m.tower(before, l))
		}
		in.prev[l], in.next[l] = before, next
	}
}

func randomHeight() int {
	h := 1
	for r := rand.Uint64(); h < maxHeight && r&3 == 0; r >>= 2 {
		h++
	}
	return h
}

// abort marks the version (key, ts) as never written. No reader has seen it: its commit did not become visible.
func (m *memtable) abort(key []byte, ts uint64) {
	node := m.find(Hash(key), key)
	if node == 0 {
		return
	}
	for off := atomic.LoadUint32(m.word(node, nodeVersions)); off != 0; off = atomic.LoadUint32(m.word(off, versionNext)) {
		p := m.versionTS(off)
		if t := atomic.LoadUint64(p); t>>kindBits == ts {
			atomic.StoreUint64(p, t&^kindMask|kindAborted)
		}
	}
}

// first returns the first node with a key >= key, or 0.
func (m *memtable) first(key []byte) uint32 {
	before := uint32(headNode)
	if len(key) > 0 {
		before = m.before(key)
	}
	return atomic.LoadUint32(m.tower(before, 0))
}

// before returns the last node with a key < key, or headNode. A nil key is above all keys.
func (m *memtable) before(key []byte) uint32 {
	before := uint32(headNode)
	for l := int(m.height.Load()) - 1; l >= 0; l-- {
		for {
			next := atomic.LoadUint32(m.tower(before, l))
			if next == 0 || (key != nil && bytes.Compare(m.key(next), key) >= 0) {
				break
			}
			before = next
		}
	}
	return before
}

// behind appends nodes with keys < key to dst in ascending order, the last one that there is at its end; none if there
// is none. It takes as many as lie behind one node of the fourth level, some sixty: walking backwards then costs a
// search only now and then.
func (m *memtable) behind(key []byte, dst []uint32) []uint32 {
	const stride = 3
	before, from := uint32(headNode), uint32(headNode)
	for l := int(m.height.Load()) - 1; l >= 0; l-- {
		for {
			next := atomic.LoadUint32(m.tower(before, l))
			if next == 0 || (key != nil && bytes.Compare(m.key(next), key) >= 0) {
				break
			}
			before = next
		}
		if l >= stride {
			from = before
		}
	}
	if from == headNode && before != headNode {
		from = m.next(headNode)
	}
	for from != before {
		dst = append(dst, from)
		from = m.next(from)
	}
	if before != headNode {
		dst = append(dst, before)
	}
	return dst
}

func (m *memtable) next(node uint32) uint32 { return atomic.LoadUint32(m.tower(node, 0)) }

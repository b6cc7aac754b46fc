package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/bits"
	"path"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/bloom"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/vfs"
)

// run is an open run file. Its index and filter are read and verified when it is first used, and stay in memory; blocks are
// read when needed and stay while the cache keeps them. A run that merges have replaced is unlinked at once and stays
// readable for those who still hold it; its file is closed when the garbage collector finds that nobody does.
type run struct {
	runMeta
	name   string
	f      vfs.File
	cache  *cache
	foot   runFoot
	ready  atomic.Bool // what follows is loaded
	mu     sync.Mutex  // of who loads it
	filter bloom.Filter
	index  runIndex
	frames []atomic.Uint32 // per block: its frame in the cache, 0 is none
}

// runIndex holds the separators of a run's blocks. Searches look at heads, the first eight bytes of each after what all
// have in common, which lie next to each other.
type runIndex struct {
	prefix []byte
	heads  []uint64
	scale  uint64   // blocks per head, times 2^64; 0 if heads are too close
	keys   []byte   // separators, without the prefix
	ends   []uint32 // where each ends in keys
	ts     []uint64 // of the separator; maxTS for the newest
	offs   []int64  // where blocks begin, and where the last one's checksum ends
}

func head64(suffix []byte) uint64 {
	if len(suffix) >= 8 {
		return binary.BigEndian.Uint64(suffix)
	}
	var b [8]byte
	copy(b[:], suffix)
	return binary.BigEndian.Uint64(b[:])
}

// find returns the last block whose separator is not after (key, ts), or -1.
func (x *runIndex) find(key []byte, ts uint64) int {
	plen := len(x.prefix)
	if len(key) < plen || !bytes.Equal(key[:plen], x.prefix) {
		if bytes.Compare(key, x.prefix) < 0 {
			return -1
		}
		return len(x.heads) - 1
	}
	key = key[plen:]
	return x.search(head64(key), key, ts) - 1
}

// search returns the first block whose separator is after (key, ts). It begins where the key would be if heads were spread
// evenly, and widens from there.
func (x *runIndex) search(head uint64, key []byte, ts uint64) int {
	lo, hi := 0, len(x.heads)
	if x.scale > 0 && head > x.heads[0] {
		up, _ := bits.Mul64(head-x.heads[0], x.scale)
		guess := int(min(up, uint64(hi-1)))
		if x.notAfter(guess, head, key, ts) {
			lo = guess + 1
			for step := 1; lo < hi; step *= 2 {
				p := min(lo+step-1, hi-1)
				if !x.notAfter(p, head, key, ts) {
					hi = p
					break
				}
				lo = p + 1
			}
		} else {
			hi = guess
			for step := 1; lo < hi; step *= 2 {
				p := max(hi-step, lo)
				if x.notAfter(p, head, key, ts) {
					lo = p + 1
					break
				}
				hi = p
			}
		}
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if x.notAfter(mid, head, key, ts) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func (x *runIndex) notAfter(i int, head uint64, key []byte, ts uint64) bool {
	h := x.heads[i]
	return h < head || h == head && !x.after(i, key, ts)
}

func (x *runIndex) after(i int, suffix []byte, ts uint64) bool {
	if c := bytes.Compare(x.key(i), suffix); c != 0 {
		return c > 0
	}
	return x.ts[i] < ts
}

func (x *runIndex) key(i int) []byte {
	begin := uint32(0)
	if i > 0 {
		begin = x.ends[i-1]
	}
	return x.keys[begin:x.ends[i]]
}

// openRun opens a run file and loads its index and filter.
func openRun(fs vfs.FS, dir string, meta runMeta, c *cache) (*run, error) {
	r := &run{runMeta: meta, name: runName(meta.no), cache: c}
	f, err := fs.Open(path.Join(dir, r.name))
	if err != nil {
		return nil, fmt.Errorf("%w: run file %s of the manifest: %w", kv.ErrCorrupt, r.name, err)
	}
	r.f = f
	if err := r.readFoot(); err != nil {
		_ = f.Close()
		return nil, err
	}
	c.runs.Store(r.no, r)
	return r, nil
}

// runFoot is what the footer says.
type runFoot struct {
	filterOff, indexOff, end int64
	blocks                   int
}

func (r *run) readFoot() error {
	size, err := r.f.Size()
	if err != nil {
		return err
	}
	if size != r.size || size < runFooter {
		return corrupt(r.name, min(size, r.size), "file is %d bytes long, %d in the manifest", size, r.size)
	}
	off := size - runFooter
	b := make([]byte, runFooter)
	if err := r.read(b, off); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(b[60:]) != placeCRC(b[:60], r.no, off) {
		return corrupt(r.name, off, "bad footer")
	}
	foot, ok := parseFoot(b, off)
	if !ok {
		return corrupt(r.name, off, "bad footer")
	}
	r.foot = foot
	return nil
}

func parseFoot(b []byte, off int64) (f runFoot, ok bool) {
	if len(b) != runFooter || binary.LittleEndian.Uint64(b) != runMagic {
		return f, false
	}
	f = runFoot{
		filterOff: int64(binary.LittleEndian.Uint64(b[16:])), indexOff: int64(binary.LittleEndian.Uint64(b[24:])), end: off,
		blocks: int(binary.LittleEndian.Uint32(b[32:])),
	}
	return f, f.filterOff >= 0 && f.filterOff <= off-crcBytes && f.indexOff >= f.filterOff+crcBytes && f.indexOff <= off-crcBytes
}

// load makes index and filter ready. After a failure the next use tries again.
func (r *run) load() error {
	if r.ready.Load() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ready.Load() {
		return nil
	}
	b, err := r.section(r.foot.filterOff, r.foot.indexOff, nil)
	if err != nil {
		return err
	}
	filter, ok := bloom.Decode(b)
	if !ok {
		return corrupt(r.name, r.foot.filterOff, "bad filter")
	}
	if b, err = r.section(r.foot.indexOff, r.foot.end, nil); err != nil {
		return err
	}
	index, ok := parseIndex(b, r.foot.blocks, r.foot.filterOff)
	if !ok {
		return corrupt(r.name, r.foot.indexOff, "bad index")
	}
	for i, ts := range index.ts {
		if ts != maxTS {
			index.ts[i] = ts + r.shift
		}
	}
	r.filter, r.index, r.frames = filter, index, make([]atomic.Uint32, r.foot.blocks)
	r.ready.Store(true)
	return nil
}

// section reads what stands from off to end, into buf if it is large enough, and verifies the checksum at its end.
func (r *run) section(off, end int64, buf []byte) ([]byte, error) {
	b := packing.Room(buf, int(end-off))
	if err := r.read(b, off); err != nil {
		return nil, err
	}
	n := len(b) - crcBytes
	if binary.LittleEndian.Uint32(b[n:]) != placeCRC(b[:n], r.no, off) {
		return nil, corrupt(r.name, off, "checksum of %d bytes does not match", n)
	}
	return b[:n:n], nil
}

func (r *run) read(b []byte, off int64) error {
	n, err := r.f.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return corrupt(r.name, off+int64(n), "file ends early")
	}
	return fmt.Errorf("read %s: %w", r.name, err)
}

func parseIndex(b []byte, blocks int, end int64) (x runIndex, ok bool) {
	if blocks <= 0 || blocks > len(b) {
		return x, false
	}
	x.heads, x.ends = make([]uint64, blocks), make([]uint32, blocks)
	x.ts, x.offs = make([]uint64, blocks), make([]int64, blocks+1)
	keys := make([][]byte, blocks)
	for i := range blocks {
		klen, n := binary.Uvarint(b)
		if n <= 0 || klen > uint64(len(b)-n) {
			return x, false
		}
		keys[i], b = b[n:n+int(klen)], b[n+int(klen):]
		ts, n := binary.Uvarint(b)
		if n <= 0 {
			return x, false
		}
		if ts == 0 {
			ts = maxTS
		}
		x.ts[i], b = ts, b[n:]
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(end) {
			return x, false
		}
		b = b[n:]
		if x.offs[i+1] = x.offs[i] + int64(size) + crcBytes; x.offs[i+1] > end {
			return x, false
		}
	}
	if len(b) != 0 || x.offs[blocks] != end {
		return x, false
	}
	plen := commonPrefix(keys[0], keys[blocks-1])
	x.prefix = bytes.Clone(keys[0][:plen])
	for i, key := range keys {
		if len(key) < plen || !bytes.Equal(key[:plen], x.prefix) {
			return x, false
		}
		x.keys = append(x.keys, key[plen:]...)
		x.ends[i] = uint32(len(x.keys))
		x.heads[i] = head64(key[plen:])
	}
	if spread := x.heads[blocks-1] - x.heads[0]; spread > uint64(blocks) {
		x.scale, _ = bits.Div64(uint64(blocks-1), 0, spread)
	}
	return x, true
}

// readBlock reads, verifies and unpacks block i, past the cache. The block lies in buf.
func (r *run) readBlock(i int, buf *packing.Buffers) (block, error) {
	off := r.index.offs[i]
	stored, err := r.section(off, r.index.offs[i+1], buf.Stored(int(r.index.offs[i+1]-off)))
	if err != nil {
		return block{}, err
	}
	image, ok := r.cache.packing.Unpack(stored, buf)
	if !ok {
		return block{}, corrupt(r.name, off, "block cannot be unpacked")
	}
	b, ok := parseBlock(image)
	if !ok {
		return block{}, corrupt(r.name, off, "bad block")
	}
	b.base += r.shift
	b.newest += r.shift
	return b, nil
}

// get appends the newest version of key at ts to dst, nil for a tombstone, if the run has one.
func (r *run) get(hash uint64, key []byte, ts uint64, dst *kv.Values) (found, error) {
	if r.minTS > ts {
		return found{}, nil
	}
	if err := r.load(); err != nil {
		return found{}, err
	}
	if !r.filter.MayHold(hash) {
		return found{}, nil
	}
	i := r.index.find(key, ts)
	if i < 0 {
		return found{}, nil
	}
	for ; i < len(r.frames); i++ {
		if x, err := r.getIn(i, key, ts, dst); err != nil || !x.more {
			return x, err
		}
	}
	return found{}, nil
}

// getIn looks into block i: in the cache, where the answer counts only if the block was there all the time, or read anew.
func (r *run) getIn(i int, key []byte, ts uint64, dst *kv.Values) (found, error) {
	if no := r.frames[i].Load(); no != 0 {
		f := r.cache.frame(no)
		if seq, ok := f.sequence(r, i); ok {
			if b, ok := f.block(); ok {
				x := b.get(key, ts, dst)
				if f.still(seq) {
					f.touch()
					dst.Usage.CountHit()
					return x, nil
				}
				if x.ok {
					dst.Drop()
				}
			}
		}
	}
	buf := r.cache.buffers.Get().(*packing.Buffers)
	defer r.cache.buffers.Put(buf)
	b, err := r.readBlock(i, buf)
	if err != nil {
		return found{}, err
	}
	r.cache.add(r, i, &b)
	dst.Usage.CountRead()
	return b.get(key, ts, dst), nil
}

// findRun returns the run of a sorted level whose range holds key, or nil.
func findRun(level []*run, key []byte) *run {
	i := sort.Search(len(level), func(i int) bool { return bytes.Compare(level[i].maxKey, key) >= 0 })
	if i < len(level) && bytes.Compare(level[i].minKey, key) <= 0 {
		return level[i]
	}
	return nil
}

// overlaps tells whether the run has keys in [start, end].
func (r *run) overlaps(start, end []byte) bool {
	return bytes.Compare(r.maxKey, start) >= 0 && bytes.Compare(r.minKey, end) <= 0
}

// verify reads the whole file and checks its checksum, and every block and the order in it.
func (r *run) verify(ctx context.Context) error {
	sum, off := uint32(0), int64(0)
	buf := make([]byte, 1<<18)
	for off < r.size {
		b := buf[:min(int64(len(buf)), r.size-off)]
		if err := r.read(b, off); err != nil {
			return err
		}
		sum = crc32.Update(sum, castagnoli, b)
		off += int64(len(b))
	}
	if err := r.load(); err != nil {
		return err
	}
	if sum != r.crc {
		return corrupt(r.name, 0, "checksum of the file does not match the manifest")
	}
	return r.verifyBlocks(ctx)
}

func (r *run) verifyBlocks(ctx context.Context) error {
	var last, key []byte
	var blocks packing.Buffers
	lastTS, n := uint64(0), uint64(0)
	for i := range r.frames {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := r.readBlock(i, &blocks)
		if err != nil {
			return err
		}
		for j := range int(b.n) {
			suffix, v := b.entry(j)
			key = append(append(key[:0], b.prefix()...), suffix...)
			c := bytes.Compare(last, key)
			if n > 0 && (c > 0 || c == 0 && v.ts >= lastTS) || b.head(j) != headOf(suffix) {
				return corrupt(r.name, r.index.offs[i], "entry %d of the block is out of order", j)
			}
			if !r.filter.MayHold(Hash(key)) {
				return corrupt(r.name, r.index.offs[i], "the filter does not know entry %d of the block", j)
			}
			if v.ts < r.minTS || v.ts > r.maxTS || bytes.Compare(key, r.minKey) < 0 {
				return corrupt(r.name, r.index.offs[i], "entry %d of the block is outside of what the manifest says", j)
			}
			last, lastTS = append(last[:0], key...), v.ts
			n++
		}
	}
	if n != r.entries || !bytes.Equal(last, r.maxKey) {
		return corrupt(r.name, 0, "file has %d entries, %d in the manifest", n, r.entries)
	}
	return nil
}

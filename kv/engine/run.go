package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"sort"
	"sync/atomic"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// run is an open run file. Index and filter are in memory; blocks are read when needed and stay while the cache keeps
// them. A run that merges have replaced is unlinked at once and stays readable for those who still hold it; its file is
// closed when the garbage collector finds that nobody does.
type run struct {
	runMeta
	name   string
	f      vfs.File
	cache  *cache
	filter filter
	index  runIndex
	blocks []atomic.Pointer[block] // nil: not in the cache
}

// runIndex holds the separators of a run's blocks. Searches look at heads, the first eight bytes of each after what all
// have in common, which lie next to each other.
type runIndex struct {
	prefix []byte
	heads  []uint64
	keys   [][]byte // slices of one array, without the prefix
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
	head := head64(key)
	lo, hi := 0, len(x.heads)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		h := x.heads[mid]
		if h < head || h == head && !x.after(mid, key, ts) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - 1
}

func (x *runIndex) after(i int, suffix []byte, ts uint64) bool {
	if c := bytes.Compare(x.keys[i], suffix); c != 0 {
		return c > 0
	}
	return x.ts[i] < ts
}

// openRun opens a run file and loads its index and filter.
func openRun(fs vfs.FS, dir string, meta runMeta, c *cache) (*run, error) {
	r := &run{runMeta: meta, name: runName(meta.no), cache: c}
	f, err := fs.Open(path.Join(dir, r.name))
	if err != nil {
		return nil, fmt.Errorf("%w: run file %s of the manifest: %w", kv.ErrCorrupt, r.name, err)
	}
	r.f = f
	if err := r.load(); err != nil {
		_ = f.Close()
		return nil, err
	}
	return r, nil
}

func (r *run) load() error {
	size, err := r.f.Size()
	if err != nil {
		return err
	}
	if size != r.size || size < runFooter {
		return corrupt(r.name, min(size, r.size), "file is %d bytes long, %d in the manifest", size, r.size)
	}
	footOff := size - runFooter
	foot := make([]byte, runFooter)
	if err := r.read(foot, footOff); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(foot[60:]) != placeCRC(foot[:60], r.no, footOff) ||
		binary.LittleEndian.Uint64(foot) != runMagic {
		return corrupt(r.name, footOff, "bad footer")
	}
	filterOff := int64(binary.LittleEndian.Uint64(foot[16:]))
	indexOff := int64(binary.LittleEndian.Uint64(foot[24:]))
	blocks := int(binary.LittleEndian.Uint32(foot[32:]))
	if filterOff < 0 || indexOff < filterOff+crcBytes || footOff < indexOff+crcBytes {
		return corrupt(r.name, footOff, "bad offsets in footer")
	}
	b, err := r.section(filterOff, indexOff)
	if err != nil {
		return err
	}
	var ok bool
	if r.filter, ok = decodeFilter(b); !ok {
		return corrupt(r.name, filterOff, "bad filter")
	}
	if b, err = r.section(indexOff, footOff); err != nil {
		return err
	}
	if r.index, ok = parseIndex(b, blocks, filterOff); !ok {
		return corrupt(r.name, indexOff, "bad index")
	}
	r.blocks = make([]atomic.Pointer[block], blocks)
	return nil
}

// section reads what stands from off to end and verifies the checksum at its end.
func (r *run) section(off, end int64) ([]byte, error) {
	b := make([]byte, end-off)
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
	x.heads, x.keys = make([]uint64, blocks), make([][]byte, blocks)
	x.ts, x.offs = make([]uint64, blocks), make([]int64, blocks+1)
	for i := range blocks {
		klen, n := binary.Uvarint(b)
		if n <= 0 || klen > uint64(len(b)-n) {
			return x, false
		}
		x.keys[i], b = b[n:n+int(klen):n+int(klen)], b[n+int(klen):]
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
		x.offs[i+1] = x.offs[i] + int64(size) + crcBytes
	}
	if len(b) != 0 || x.offs[blocks] != end {
		return x, false
	}
	plen := commonPrefix(x.keys[0], x.keys[blocks-1])
	x.prefix = bytes.Clone(x.keys[0][:plen])
	for i := range blocks {
		if len(x.keys[i]) < plen || !bytes.Equal(x.keys[i][:plen], x.prefix) {
			return x, false
		}
		x.keys[i] = x.keys[i][plen:]
		x.heads[i] = head64(x.keys[i])
	}
	return x, true
}

// block returns block i, from the cache or the file.
func (r *run) block(i int) (*block, error) {
	if b := r.blocks[i].Load(); b != nil {
		if !b.used.Load() {
			b.used.Store(true)
		}
		return b, nil
	}
	b, err := r.readBlock(i)
	if err != nil {
		return nil, err
	}
	r.cache.add(b)
	return b, nil
}

// readBlock reads and verifies block i, past the cache.
func (r *run) readBlock(i int) (*block, error) {
	data, err := r.section(r.index.offs[i], r.index.offs[i+1])
	if err != nil {
		return nil, err
	}
	b, ok := parseBlock(data)
	if !ok {
		return nil, corrupt(r.name, r.index.offs[i], "bad block")
	}
	b.run, b.at = r, i
	return b, nil
}

// get returns the newest version of key at ts, if the run has one.
func (r *run) get(hash uint64, key []byte, ts uint64) (version, bool, error) {
	if r.minTS > ts || !r.filter.mayHold(hash) {
		return version{}, false, nil
	}
	i := r.index.find(key, ts)
	if i < 0 {
		return version{}, false, nil
	}
	for ; i < len(r.blocks); i++ {
		b, err := r.block(i)
		if err != nil {
			return version{}, false, err
		}
		j := b.lowerBound(key, ts)
		if j == int(b.n) {
			continue // the key's older versions, if any, begin the next block
		}
		suffix, v := b.entry(j)
		found := b.is(key, suffix)
		return v, found, nil
	}
	return version{}, false, nil
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
	var last []byte
	lastTS, n := uint64(0), uint64(0)
	for i := range r.blocks {
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := r.readBlock(i)
		if err != nil {
			return err
		}
		for j := range int(b.n) {
			suffix, v := b.entry(j)
			key := append(bytes.Clone(b.prefix), suffix...)
			c := bytes.Compare(last, key)
			if n > 0 && (c > 0 || c == 0 && v.ts >= lastTS) || b.head(j) != headOf(suffix) {
				return corrupt(r.name, r.index.offs[i], "entry %d of the block is out of order", j)
			}
			if !r.filter.mayHold(Hash(key)) {
				return corrupt(r.name, r.index.offs[i], "the filter does not know entry %d of the block", j)
			}
			if v.ts < r.minTS || v.ts > r.maxTS || bytes.Compare(key, r.minKey) < 0 {
				return corrupt(r.name, r.index.offs[i], "entry %d of the block is outside of what the manifest says", j)
			}
			last, lastTS = key, v.ts
			n++
		}
	}
	if sum != r.crc {
		return corrupt(r.name, 0, "checksum of the file does not match the manifest")
	}
	if n != r.entries || !bytes.Equal(last, r.maxKey) {
		return corrupt(r.name, 0, "file has %d entries, %d in the manifest", n, r.entries)
	}
	return nil
}

package engine

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"path"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/kv/engine/bloom"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/vfs"
)

// A run is an immutable file of sorted entries, 0000000007.run:
//
//	blocks    each packed (packing) and followed by its checksum
//	filter    + checksum
//	index     + checksum; per block: separator bytes uvarint, separator, timestamp uvarint, stored bytes uvarint
//	footer    64 bytes
//
// A separator is a key, as short as possible, that is above every key of the blocks before and not above the block's
// first. If one key's versions go on over a block's end, it is the key itself with the timestamp of the first version
// of the block; else the timestamp is 0, which stands for the newest.
//
// Every checksum (CRC32C) covers, after the bytes themselves, the number of the file and the offset, so that a block in
// the wrong place is noticed like a damaged one. The manifest holds the length and the checksum of the whole file.
//
//	footer: 0 magic u64, 8 format u32, 12 file u32, 16 filter offset u64, 24 index offset u64, 32 blocks u32,
//	        36 zero u32, 40 entries u64, 48 zero u64, 56 zero u32, 60 checksum u32
const (
	runMagic   = 0x4c53514c52554e31 // "LSQLRUN1"
	runFooter  = 64
	crcBytes   = 4
	runBufSize = 1 << 18
)

// runMeta is what the manifest knows about a run.
type runMeta struct {
	no         uint32
	size       int64
	crc        uint32
	minKey     []byte
	maxKey     []byte
	minTS      uint64
	maxTS      uint64
	entries    uint64
	tombstones uint64
	swept      uint64 // range tombstones up to here hide nothing of it
	shift      uint64 // what is added to every timestamp in the file (spill.go)
}

func runName(no uint32) string { return fmt.Sprintf("%010d.run", no) }

// runNumber returns the number in the name of a run file.
func runNumber(name string) (uint32, bool) {
	s, ok := strings.CutSuffix(name, ".run")
	if !ok || len(s) != 10 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && n > 0
}

// placeCRC is the checksum of b at an offset of a numbered file.
func placeCRC(b []byte, file uint32, off int64) uint32 {
	var p [12]byte
	binary.LittleEndian.PutUint32(p[:], file)
	binary.LittleEndian.PutUint64(p[4:], uint64(off))
	return crc32.Update(crc(b), castagnoli, p[:])
}

// runWriter writes a run file. Entries come sorted by key, and of one key newest first.
type runWriter struct {
	f       vfs.File
	space   *runSpace
	meta    runMeta
	builder blockBuilder
	packing *packing.Packing
	how     uint8 // blocks are packed
	image   []byte
	packs   packing.Buffers
	buf     []byte // not written yet
	off     int64  // of buf in the file
	index   []byte
	blocks  int
	hashes  []uint64
	last    []byte // last key added
	lastTS  uint64
	sealed  []byte // last key of the block before
}

// newRun begins a run file of the store.
func (e *Engine) newRun(how uint8) (*runWriter, error) {
	return newRunWriter(e.o.FS, e.dir, e.newFile(), e.packing, how, &e.space)
}

func newRunWriter(fs vfs.FS, dir string, no uint32, p *packing.Packing, how uint8, space *runSpace) (*runWriter, error) {
	f, err := fs.Create(path.Join(dir, runName(no)))
	if err != nil {
		return nil, err
	}
	return &runWriter{f: f, space: space, meta: runMeta{no: no, minTS: maxTS}, packing: p, how: how}, nil
}

// size is about how long the file is by now.
func (w *runWriter) size() int64 { return w.off + int64(len(w.buf)+w.builder.size()) }

func (w *runWriter) add(key, value []byte, ts uint64, kind uint8) error {
	if len(w.builder.entries) > 0 && w.builder.sizeWith(key, value, ts) > blockBytes {
		if err := w.finishBlock(); err != nil {
			return err
		}
	}
	if w.meta.entries == 0 {
		w.meta.minKey = bytes.Clone(key)
	}
	if w.meta.entries == 0 || !bytes.Equal(w.last, key) {
		w.hashes = append(w.hashes, Hash(key))
	}
	w.builder.add(key, value, ts, kind)
	w.last, w.lastTS = append(w.last[:0], key...), ts
	w.meta.entries++
	if kind == kindTombstone {
		w.meta.tombstones++
	}
	w.meta.minTS, w.meta.maxTS = min(w.meta.minTS, ts), max(w.meta.maxTS, ts)
	return nil
}

func (w *runWriter) finishBlock() error {
	first := w.builder.keyAt(0)
	firstTS := w.builder.entries[0].ts
	sep, sepTS := first, uint64(0)
	if w.blocks > 0 {
		if bytes.Equal(first, w.sealed) {
			sepTS = firstTS
		} else {
			sep = first[:commonPrefix(first, w.sealed)+1]
		}
	}
	w.index = binary.AppendUvarint(w.index, uint64(len(sep)))
	w.index = append(w.index, sep...)
	w.index = binary.AppendUvarint(w.index, sepTS)
	w.sealed = append(w.sealed[:0], w.last...)
	start := len(w.buf)
	w.image = w.builder.finish(w.image[:0])
	w.buf = w.packing.Pack(w.buf, w.image, w.how, &w.packs)
	w.index = binary.AppendUvarint(w.index, uint64(len(w.buf)-start))
	w.blocks++
	return w.seal(start)
}

// seal appends the checksum of what stands in buf from start on.
func (w *runWriter) seal(start int) error {
	sum := placeCRC(w.buf[start:], w.meta.no, w.off+int64(start))
	w.buf = binary.LittleEndian.AppendUint32(w.buf, sum)
	if len(w.buf) >= runBufSize {
		return w.flush()
	}
	return nil
}

func (w *runWriter) flush() error {
	w.meta.crc = crc32.Update(w.meta.crc, castagnoli, w.buf)
	if err := w.space.write(w.f, w.buf, w.off); err != nil {
		return err
	}
	w.off += int64(len(w.buf))
	w.buf = w.buf[:0]
	return nil
}

// finish writes the rest and makes the file durable, but not its name.
func (w *runWriter) finish() (runMeta, error) {
	if _, err := w.complete(); err != nil {
		return w.meta, err
	}
	if err := w.f.Sync(); err != nil {
		return w.meta, err
	}
	return w.meta, w.f.Close()
}

// complete writes the rest.
func (w *runWriter) complete() (runMeta, error) {
	if len(w.builder.entries) > 0 {
		if err := w.finishBlock(); err != nil {
			return w.meta, err
		}
	}
	w.meta.maxKey = bytes.Clone(w.last)
	filterOff := w.off + int64(len(w.buf))
	start := len(w.buf)
	w.buf = bloom.New(w.hashes).Encode(w.buf)
	if err := w.seal(start); err != nil {
		return w.meta, err
	}
	indexOff := w.off + int64(len(w.buf))
	start = len(w.buf)
	w.buf = append(w.buf, w.index...)
	if err := w.seal(start); err != nil {
		return w.meta, err
	}
	var foot [runFooter]byte
	binary.LittleEndian.PutUint64(foot[:], runMagic)
	binary.LittleEndian.PutUint32(foot[8:], formatVersion)
	binary.LittleEndian.PutUint32(foot[12:], w.meta.no)
	binary.LittleEndian.PutUint64(foot[16:], uint64(filterOff))
	binary.LittleEndian.PutUint64(foot[24:], uint64(indexOff))
	binary.LittleEndian.PutUint32(foot[32:], uint32(w.blocks))
	binary.LittleEndian.PutUint64(foot[40:], w.meta.entries)
	footOff := w.off + int64(len(w.buf))
	binary.LittleEndian.PutUint32(foot[60:], placeCRC(foot[:60], w.meta.no, footOff))
	w.buf = append(w.buf, foot[:]...)
	if err := w.flush(); err != nil {
		return w.meta, err
	}
	w.meta.size = w.off
	return w.meta, nil
}

// abandon closes the unfinished file and removes it.
func (w *runWriter) abandon(fs vfs.FS, dir string) {
	_ = w.f.Close()
	_ = fs.Remove(path.Join(dir, runName(w.meta.no))) // the next Open removes it otherwise
}

package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sync"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
	"github.com/lightsql/lightsql/kv/vfs"
)

// The manifest says which run files make up the store and where the log begins. It is small and replaced as a whole:
// written as MANIFEST.new, synced, renamed over MANIFEST, and the folder synced.
//
//	magic u64, format u32, payload bytes u32, payload, CRC32C of all before u32
//
//	payload, all uvarint:  store, next file number, flushed timestamp, ingested timestamp, floor timestamp, first log segment, last log
//	                       segment, durable log position, levels, per level: runs, per run: number, length, crc, lowest and highest
//	                       timestamp, entries, tombstones, swept timestamp, shift, first key, last key (each after its length);
//	                       range tombstones, per one: timestamp, start, 1 if it has an end, end
const (
	manifestName  = "MANIFEST"
	manifestNew   = "MANIFEST.new"
	manifestMagic = 0x4c53514c4d414e31 // "LSQLMAN1"
	formatVersion = 5
	levelsMax     = 7
)

// manifest is the content of the file.
type manifest struct {
	store    uint64 // a random number: files of two stores do not mix
	nextFile uint32
	flushed  uint64 // every commit up to here is in runs
	ingested uint64 // the newest commit whose entries came as runs
	floor    uint64 // versions that only a reader below this would see may be gone
	firstLog uint32 // older segments are not needed
	lastLog  uint32 // a segment that must exist, if >= firstLog; newer ones may
	durable  uint64 // log position up to which the log must be readable
	levels   [levelsMax][]runMeta
	ranges   *rangeset.Set
}

// manifestFile serialises changes of the manifest. Whoever holds mu may also replace the levels of the state.
type manifestFile struct {
	mu  sync.Mutex
	cur manifest
}

// rangesTo is the timestamp up to which range tombstones are in the manifest.
func (m *manifest) rangesTo() uint64 { return max(m.flushed, m.ingested) }

func (m *manifest) encode() []byte {
	b := binary.LittleEndian.AppendUint64(nil, manifestMagic)
	b = binary.LittleEndian.AppendUint32(b, formatVersion)
	b = append(b, 0, 0, 0, 0)
	for _, n := range []uint64{m.store, uint64(m.nextFile), m.flushed, m.ingested, m.floor, uint64(m.firstLog), uint64(m.lastLog), m.durable, levelsMax} {
		b = binary.AppendUvarint(b, n)
	}
	for _, level := range m.levels {
		b = binary.AppendUvarint(b, uint64(len(level)))
		for i := range level {
			r := &level[i]
			for _, n := range []uint64{uint64(r.no), uint64(r.size), uint64(r.crc), r.minTS, r.maxTS, r.entries, r.tombstones, r.swept, r.shift} {
				b = binary.AppendUvarint(b, n)
			}
			for _, key := range [][]byte{r.minKey, r.maxKey} {
				b = binary.AppendUvarint(b, uint64(len(key)))
				b = append(b, key...)
			}
		}
	}
	b = m.appendRanges(b)
	binary.LittleEndian.PutUint32(b[12:], uint32(len(b)-16))
	return binary.LittleEndian.AppendUint32(b, crc(b))
}

func (m *manifest) appendRanges(b []byte) []byte {
	n := 0
	m.ranges.Each(func(kv.Range, uint64) { n++ })
	b = binary.AppendUvarint(b, uint64(n))
	m.ranges.Each(func(r kv.Range, ts uint64) {
		bounded := uint64(0)
		if r.End != nil {
			bounded = 1
		}
		b = binary.AppendUvarint(b, ts)
		b = append(binary.AppendUvarint(b, uint64(len(r.Start))), r.Start...)
		b = binary.AppendUvarint(b, bounded)
		b = append(binary.AppendUvarint(b, uint64(len(r.End))), r.End...)
	})
	return b
}

func (r *reader) ranges() (out *rangeset.Set) {
	for range r.number() {
		if r.bad {
			break
		}
		ts, x := r.number(), kv.Range{Start: r.bytes()}
		bounded := r.number()
		if x.End = r.bytes(); bounded == 0 {
			x.End = nil
		} else if x.End == nil {
			r.bad = true // a bound is never empty
		}
		out = out.With(x, ts)
	}
	return out
}

// reader takes numbers and bytes off a buffer; the first failure sticks.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[size:]
	return n
}

func (r *reader) bytes() []byte {
	n := r.number()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	b := slices.Clone(r.b[:n])
	r.b = r.b[n:]
	return b
}

func decodeManifest(b []byte) (*manifest, error) {
	if len(b) < 20 || binary.LittleEndian.Uint64(b) != manifestMagic {
		return nil, corrupt(manifestName, 0, "not a manifest")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != formatVersion {
		return nil, fmt.Errorf("%w: format %d, this program knows %d", kv.ErrFormat, v, formatVersion)
	}
	n := len(b) - 4
	if int(binary.LittleEndian.Uint32(b[12:])) != n-16 || binary.LittleEndian.Uint32(b[n:]) != crc(b[:n]) {
		return nil, corrupt(manifestName, 0, "checksum or length does not match")
	}
	r := reader{b: b[16:n]}
	m := &manifest{
		store: r.number(), nextFile: uint32(r.number()), flushed: r.number(), ingested: r.number(), floor: r.number(),
		firstLog: uint32(r.number()), lastLog: uint32(r.number()), durable: r.number(),
	}
	if r.number() != levelsMax {
		r.bad = true
	}
	for i := range m.levels {
		for range r.number() {
			if r.bad {
				break
			}
			x := runMeta{
				no: uint32(r.number()), size: int64(r.number()), crc: uint32(r.number()), minTS: r.number(),
				maxTS: r.number(), entries: r.number(), tombstones: r.number(), swept: r.number(), shift: r.number(),
			}
			x.minKey, x.maxKey = r.bytes(), r.bytes()
			m.levels[i] = append(m.levels[i], x)
		}
	}
	m.ranges = r.ranges()
	if r.bad || len(r.b) != 0 {
		return nil, corrupt(manifestName, 16, "malformed content")
	}
	return m, nil
}

// write replaces the manifest on disk.
func (m *manifest) write(fsys vfs.FS, dir string) error {
	f, err := fsys.Create(path.Join(dir, manifestNew))
	if err != nil {
		return err
	}
	_, err = f.WriteAt(m.encode(), 0)
	if err == nil {
		err = synced(f.Sync())
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = synced(fsys.SyncDir(dir)) // files that it names are there for good before it is
	}
	if err == nil {
		err = fsys.Rename(path.Join(dir, manifestNew), path.Join(dir, manifestName))
	}
	if err == nil {
		err = synced(fsys.SyncDir(dir))
	}
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// readManifest returns nil if there is none.
func readManifest(fsys vfs.FS, dir string) (*manifest, error) {
	b, err := readFile(fsys, path.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decodeManifest(b)
}

func readFile(fsys vfs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, size)
	if n, err := f.ReadAt(b, 0); n < len(b) && err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read %s: %w", name, err)
	} else if n < len(b) {
		return nil, corrupt(path.Base(name), int64(n), "file ends early")
	}
	return b, nil
}

// edit changes a copy of the manifest, writes it, and then lets install replace the state under the engine's mutex.
func (e *Engine) edit(change func(*manifest), install func()) error {
	e.man.mu.Lock()
	defer e.man.mu.Unlock()
	next := e.man.cur
	for i := range next.levels {
		next.levels[i] = slices.Clone(next.levels[i])
	}
	change(&next)
	e.mu.Lock()
	next.durable = max(next.durable, e.log.synced)
	e.mu.Unlock()
	if err := next.write(e.o.FS, e.dir); err != nil {
		e.stopIfUnknown(err)
		return err
	}
	e.man.cur = next
	if install != nil {
		e.mu.Lock()
		install()
		e.mu.Unlock()
	}
	return nil
}

// stopIfUnknown ends all commits until the next Open if err leaves open what is on disk.
func (e *Engine) stopIfUnknown(err error) {
	var unknown errSync
	if !errors.As(err, &unknown) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken == nil {
		e.o.Logger.Error("sync failed: no commits until the store is opened again", "err", err)
		e.broken = err
		e.cond.Broadcast()
		e.work.Broadcast()
	}
}

// newFile returns a number that no file has had.
func (e *Engine) newFile() uint32 {
	e.man.mu.Lock()
	defer e.man.mu.Unlock()
	n := e.man.cur.nextFile
	e.man.cur.nextFile++
	return n
}

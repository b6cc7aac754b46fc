package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Report is what Check has looked at.
type Report struct {
	Files []CheckedFile
	// Notes are about files that are none of the store's or that it no longer needs. They are no damage.
	Notes []string
}

// CheckedFile is one file of a Report.
type CheckedFile struct {
	Name    string
	Kind    string // manifest, run or log
	Bytes   int64
	Entries uint64 // versions of keys; of the log: writes
	Err     error  // the first damage in it
}

// Check reads every file of the store and verifies checksums, order and references: the manifest, every block, index and
// filter of every run, the order of the versions of each key over all runs, and the log up to what is durable. It goes
// on after damage; the error joins what it has found, each wrapping kv.ErrCorrupt with file and offset.
func (e *Engine) Check(ctx context.Context) (Report, error) {
	c := &checker{ctx: ctx, e: e}
	e.man.mu.Lock() // files neither come nor go while it is looked which there should be
	names, err := e.o.FS.List(e.dir)
	if err == nil {
		c.manifest()
	}
	s := e.state.Load()
	man := e.man.cur
	e.man.mu.Unlock()
	if err != nil {
		return c.Report, err
	}
	c.names(names, &man)
	for l, level := range s.levels {
		for i, r := range level {
			c.run(r)
			if l > 0 && i > 0 && string(level[i-1].maxKey) >= string(r.minKey) {
				c.damage(corrupt(r.name, 0, "overlaps run %s of the same level", level[i-1].name))
			}
		}
	}
	if len(c.errs) == 0 {
		c.damage(c.versions(s))
	}
	c.log()
	if err := ctx.Err(); err != nil {
		return c.Report, err
	}
	return c.Report, errors.Join(c.errs...)
}

type checker struct {
	Report
	ctx  context.Context
	e    *Engine
	errs []error
}

func (c *checker) damage(err error) {
	if err != nil && c.ctx.Err() == nil {
		c.errs = append(c.errs, err)
	}
}

func (c *checker) checked(f CheckedFile) {
	c.Files = append(c.Files, f)
	c.damage(f.Err)
}

// manifest compares the file with what is in memory. The caller holds the manifest's mutex.
func (c *checker) manifest() {
	f := CheckedFile{Name: manifestName, Kind: "manifest"}
	b, err := readFile(c.e.o.FS, path.Join(c.e.dir, manifestName))
	f.Bytes = int64(len(b))
	if errors.Is(err, fs.ErrNotExist) {
		err = corrupt(manifestName, 0, "file is missing")
	}
	if err == nil {
		var m *manifest
		if m, err = decodeManifest(b); err == nil && (m.store != c.e.man.cur.store || fmt.Sprint(m.levels) != fmt.Sprint(c.e.man.cur.levels)) {
			err = corrupt(manifestName, 16, "names other runs than the open store has")
		}
	}
	f.Err = err
	c.checked(f)
}

// names looks for files that are missing, or there without reason.
func (c *checker) names(names []string, m *manifest) {
	runs := map[string]bool{}
	for _, level := range m.levels {
		for _, r := range level {
			runs[runName(r.no)] = true
			if !slices.Contains(names, runName(r.no)) {
				c.damage(corrupt(runName(r.no), 0, "run file of the manifest is missing"))
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		_, isRun := runNumber(name)
		no, isLog := logNumber(name)
		switch {
		case runs[name], isLog && no >= m.firstLog, name == manifestName, name == lockName, name == ballastName:
		case isRun, isLog, name == manifestNew, strings.HasPrefix(name, sparePrefix):
			if c.e.o.ReadOnly && !strings.HasPrefix(name, sparePrefix) {
				c.Notes = append(c.Notes, name+": not needed, the next start removes it")
			}
		default:
			c.Notes = append(c.Notes, name+": not a file of the store")
		}
	}
}

func (c *checker) run(r *run) {
	if c.ctx.Err() != nil {
		return
	}
	c.checked(CheckedFile{Name: r.name, Kind: "run", Bytes: r.size, Entries: r.entries, Err: r.verify(c.ctx)})
}

// versions verifies that of every key the versions in an earlier place are newer.
func (c *checker) versions(s *state) error {
	var places []*rawCursor
	for _, r := range s.levels[0] {
		places = append(places, &rawCursor{runs: []*run{r}})
	}
	for _, level := range s.levels[1:] {
		places = append(places, &rawCursor{runs: level})
	}
	if len(places) < 2 {
		return nil
	}
	for _, p := range places {
		if err := p.next(); err != nil {
			return err
		}
	}
	for n := 0; ; n++ {
		if n&1023 == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		var key []byte
		for _, p := range places {
			if p.ok && (key == nil || bytes.Compare(p.key, key) < 0) {
				key = p.key
			}
		}
		if key == nil {
			return nil
		}
		key = bytes.Clone(key)
		oldest := uint64(maxTS)
		for _, p := range places {
			for p.ok && bytes.Equal(p.key, key) {
				if p.v.ts >= oldest {
					r := p.runs[0]
					return corrupt(r.name, r.index.offs[p.i], "version %d of key %x is not older than version %d in a newer run", p.v.ts, key, oldest)
				}
				oldest = p.v.ts
				if err := p.next(); err != nil {
					return err
				}
			}
		}
	}
}

// log verifies what is durable of the log.
func (c *checker) log() {
	e := c.e
	e.mu.Lock()
	segments, synced := slices.Clone(e.segments), e.log.synced
	e.mu.Unlock()
	var seen uint64
	for i, s := range segments {
		if c.ctx.Err() != nil {
			return
		}
		f := CheckedFile{Name: logName(s.no), Kind: "log", Bytes: s.size}
		end := int64(-1)
		if i+1 < len(segments) {
			end, f.Err = e.nextStart(segments[i+1].no)
		} else if uint32(synced>>32) == s.no {
			end = int64(synced & (1<<32 - 1))
		}
		if f.Err == nil && end >= 0 {
			f.Entries, seen, f.Err = e.verifySegment(s.no, end, seen)
		}
		if f.Err != nil && !e.holdsSegment(s.no) {
			continue // given up meanwhile: what it held is in runs
		}
		c.checked(f)
	}
}

func (e *Engine) holdsSegment(no uint32) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.ContainsFunc(e.segments, func(s segment) bool { return s.no == no })
}

// verifySegment reads the records of a segment up to end and returns how many writes they hold and the last timestamp.
func (e *Engine) verifySegment(no uint32, end int64, seen uint64) (writes, last uint64, err error) {
	name := logName(no)
	data, err := readFile(e.o.FS, path.Join(e.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, seen, corrupt(name, 0, "log segment is missing")
	}
	if err != nil {
		return 0, seen, err
	}
	if _, _, err := readSegmentHeader(name, data, no, e.log.store); err != nil {
		return 0, seen, err
	}
	r := logReplay{e: e, seen: seen, use: func(rec record, payload []byte, off int64) error {
		for rest := payload; len(rest) > 0; writes++ {
			_, _, _, next, err := nextEntry(rest)
			if err != nil {
				return corrupt(name, off, "%v", err)
			}
			rest = next
		}
		return nil
	}}
	err = r.segment(no, data, end)
	return writes, r.seen, err
}

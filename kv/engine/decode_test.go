package engine

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/vfs"
)

// FuzzRun opens and reads a run file of any bytes, all checksums of which are right: what is behind them must not panic either.
func FuzzRun(f *testing.F) {
	fs := vfs.NewMem()
	c := newCache(1<<16, newPacking())
	w, err := newRunWriter(fs, "d", 1, c.packing, 1)
	if err != nil {
		f.Fatal(err)
	}
	for _, k := range []string{"a", "b", "c"} {
		if err := w.add([]byte(k), []byte("value"), 5, kindValue); err != nil {
			f.Fatal(err)
		}
	}
	meta, err := w.finish()
	if err != nil {
		f.Fatal(err)
	}
	b, err := readFile(fs, "d/"+runName(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, []byte("b"))
	f.Fuzz(func(t *testing.T, data, key []byte) {
		data = bytes.Clone(data) // the fuzzer does not like to see its own changed
		reseal(data)
		fs := vfs.NewMem()
		file, _ := fs.Create("d/" + runName(1))
		if _, err := file.WriteAt(data, 0); err != nil {
			t.Skip()
		}
		m := meta
		m.size = int64(len(data))
		r, err := openRun(fs, "d", m, c)
		if err != nil {
			return
		}
		for i := range r.index.heads {
			from, to := r.index.offs[i], r.index.offs[i+1]-crcBytes
			binary.LittleEndian.PutUint32(data[to:], placeCRC(data[from:to], 1, from))
		}
		if _, err := file.WriteAt(data, 0); err != nil {
			t.Fatal(err)
		}
		_, _ = r.get(Hash(key), key, 9, &kv.Values{})
		_ = r.verify(t.Context())
		for _, reverse := range []bool{false, true} {
			c := runCursor{r: r, ts: 9, reverse: reverse}
			if c.seek(key) != nil {
				continue
			}
			for n := 0; c.valid && n < 100; n++ {
				if c.step() != nil {
					break
				}
			}
		}
	})
}

// reseal makes the checksums of a run's footer, filter and index right, as far as the footer makes sense.
func reseal(data []byte) {
	off := int64(len(data)) - runFooter
	if off < 0 {
		return
	}
	foot := data[off:]
	filterOff, indexOff := int64(binary.LittleEndian.Uint64(foot[16:])), int64(binary.LittleEndian.Uint64(foot[24:]))
	for _, s := range [][2]int64{{filterOff, indexOff}, {indexOff, off}} {
		if s[0] >= 0 && s[0] <= s[1]-crcBytes && s[1] <= off {
			b := data[s[0] : s[1]-crcBytes]
			binary.LittleEndian.PutUint32(data[s[1]-crcBytes:], placeCRC(b, 1, s[0]))
		}
	}
	binary.LittleEndian.PutUint32(foot[60:], placeCRC(foot[:60], 1, off))
}

package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/packing"
	"github.com/lightsql/lightsql/kv/vfs"
)

// FuzzPacked unpacks anything, and packs and unpacks whatever is a block.
func FuzzPacked(f *testing.F) {
	p := packing.New()
	var b blockBuilder
	for i := range 40 {
		b.add(countedKey(i), bytes.Repeat([]byte("value"), 10), uint64(i), kindValue)
	}
	image := b.finish(nil)
	for _, how := range []uint8{packing.None, packing.Fast, packing.Dense} {
		f.Add(p.Pack(nil, image, how, new(packing.Buffers)))
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		if size := packedSize(stored); size > 1<<20 {
			return // right or wrong, it takes its time
		}
		var buf packing.Buffers
		image, ok := p.Unpack(stored, &buf)
		if !ok {
			return
		}
		if _, ok := parseBlock(image); !ok {
			return
		}
		image = bytes.Clone(image)
		for _, how := range []uint8{packing.None, packing.Fast, packing.Dense} {
			again, ok := p.Unpack(p.Pack(nil, image, how, &buf), &buf)
			if !ok || !bytes.Equal(again, image) {
				t.Fatalf("packed by %d: %x of %x", how, again, image)
			}
		}
	})
}

// FuzzTornBlock looks up in a block that is overwritten meanwhile: whatever it finds, it stays in the block.
func FuzzTornBlock(f *testing.F) {
	var b blockBuilder
	for i := range 20 {
		b.add(countedKey(i), []byte("value"), uint64(i), kindValue)
	}
	f.Add(b.finish(nil), int32(20), int32(21), uint64(1)<<32, uint32(0), countedKey(3))
	f.Fuzz(func(_ *testing.T, data []byte, n, slots int32, scale uint64, first uint32, key []byte) {
		c := newCache(frameBytes, nil)
		fr := c.frame(1)
		fr.fill(&run{}, 0, &block{data: data[:min(len(data), blockBytes)], n: n, slots: slots, scale: scale, first: first})
		b, ok := fr.block()
		if !ok {
			return
		}
		var vs kv.Values
		b.get(key, 5, &vs)
		b.get(append(bytes.Clone(b.prefix()), key...), 5, &vs)
	})
}

// FuzzRun opens a file of any content whose checksums are put right, reads it in every way and verifies it.
func FuzzRun(f *testing.F) {
	c := newCache(1<<16, packing.New())
	fs := vfs.NewMem()
	w, err := newRunWriter(fs, "d", 1, c.packing, packing.Fast, new(runSpace))
	if err != nil {
		f.Fatal(err)
	}
	for i := range 30 {
		if err := w.add(countedKey(i/2), bytes.Repeat([]byte{byte(i)}, 30), uint64(100-i), uint8(i/7%2)); err != nil {
			f.Fatal(err)
		}
	}
	meta, err := w.finish()
	if err != nil {
		f.Fatal(err)
	}
	whole, err := readFile(fs, "d/"+runName(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, countedKey(3))
	f.Fuzz(func(_ *testing.T, data, key []byte) {
		data = bytes.Clone(data)
		repairRun(data, 1)
		fs := vfs.NewMem()
		file, err := fs.Create("d/" + runName(1))
		if err == nil {
			_, err = file.WriteAt(data, 0)
		}
		if err != nil {
			return
		}
		m := meta
		m.size, m.crc = int64(len(data)), crc(data)
		r, err := openRun(fs, "d", m, newCache(1<<16, c.packing))
		if err != nil {
			return
		}
		var vs kv.Values
		for range 2 {
			_, _ = r.get(Hash(key), key, 90, &vs)
		}
		for _, reverse := range []bool{false, true} {
			cur := &runCursor{r: r, ts: 90, reverse: reverse}
			err := cur.seek(key)
			for n := 0; err == nil && cur.valid && n < 1000; n++ {
				err = cur.step()
			}
			cur.close()
		}
		_ = r.verify(context.Background())
	})
}

// packedSize is how long a stored block says that it is.
func packedSize(stored []byte) uint64 {
	if len(stored) == 0 || stored[len(stored)-1] == packing.None {
		return 0
	}
	size, _ := binary.Uvarint(stored[:len(stored)-1])
	return size
}

// repairRun puts right the checksums of a run file, as far as its footer and index tell where they are.
func repairRun(data []byte, no uint32) {
	end := int64(len(data)) - runFooter
	if end < 0 {
		return
	}
	put := func(from, to int64) {
		binary.LittleEndian.PutUint32(data[to-crcBytes:], placeCRC(data[from:to-crcBytes], no, from))
	}
	put(end, int64(len(data)))
	foot, ok := parseFoot(data[end:], end)
	if !ok {
		return
	}
	put(foot.filterOff, foot.indexOff)
	put(foot.indexOff, end)
	if x, ok := parseIndex(data[foot.indexOff:end-crcBytes], foot.blocks, foot.filterOff); ok {
		for i := range foot.blocks {
			if size := packedSize(data[x.offs[i] : x.offs[i+1]-crcBytes]); size > 1<<20 {
				return
			}
			put(x.offs[i], x.offs[i+1])
		}
	}
}

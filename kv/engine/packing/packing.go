// Package packing stores blocks packed or as they are:
//
//	block                          u8 0
//	S2 of the block, rearranged    u8 1
//	zstd of the block, rearranged  u8 2
//
// Rearranging takes the slots of a block apart into heads and places and replaces each by its difference to the one before. Of
// counted keys and rows of like length these are all the same, so the six bytes of a slot, which no matching of strings would
// find alike, come to almost nothing. Of a block's format (kv/engine, block.go) it knows the number of entries and of prefix bytes
// at its beginning, and where the slots are.
package packing

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// How a block is packed.
const (
	None = iota
	Fast
	Dense
)

// Packing packs and unpacks blocks. What it needs for zstd is made when it is first used.
type Packing struct {
	encoder func() *zstd.Encoder
	decoder func() *zstd.Decoder
}

// Sizes in a block: what comes before the prefix, the first two bytes of it the number of entries and the next two the length of the
// prefix; and a slot.
const (
	HeaderBytes = 12
	SlotBytes   = 6
)

const (
	zstdWindow = 256 << 10
	roomBytes  = 8 << 10 // most blocks are smaller
)

// New makes a packing.
func New() *Packing {
	return &Packing{
		encoder: sync.OnceValue(func() *zstd.Encoder {
			e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
				zstd.WithEncoderCRC(false), zstd.WithWindowSize(zstdWindow))
			if err != nil {
				panic(err) // the options are constants
			}
			return e
		}),
		decoder: sync.OnceValue(func() *zstd.Decoder {
			d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true),
				zstd.WithDecoderMaxWindow(zstdWindow*4))
			if err != nil {
				panic(err)
			}
			return d
		}),
	}
}

// Buffers is the memory that packing and unpacking needs, to be used again.
type Buffers struct {
	stored, moved, image []byte
}

// Stored returns n bytes for a block as it is stored, good until the next call.
func (b *Buffers) Stored(n int) []byte {
	b.stored = Room(b.stored, n)
	return b.stored
}

// Pack appends the image of a block to dst as it is to be stored. It is packed only if that saves an eighth.
func (p *Packing) Pack(dst, image []byte, how uint8, buf *Buffers) []byte {
	const smallest, largest = 256, 4 << 20 // a larger value would need its length several times over in memory
	if how != None && len(image) >= smallest && len(image) <= largest {
		buf.moved = rearrange(buf.moved[:0], image)
		start := len(dst)
		dst = binary.AppendUvarint(dst, uint64(len(image)))
		if how == Fast {
			need := s2.MaxEncodedLen(len(image))
			if cap(buf.stored) < need {
				buf.stored = make([]byte, need)
			}
			dst = append(dst, s2.Encode(buf.stored[:need], buf.moved)...)
		} else {
			dst = p.encoder().EncodeAll(buf.moved, dst)
		}
		if len(dst)-start <= len(image)-len(image)/8 {
			return append(dst, how)
		}
		dst = dst[:start]
	}
	return append(append(dst, image...), None)
}

// Unpack returns the block that is stored as b. It lies in b or in buf.
func (p *Packing) Unpack(b []byte, buf *Buffers) (image []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	how, b := b[len(b)-1], b[:len(b)-1]
	if how == None {
		return b, true
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > storedMax {
		return nil, false
	}
	b = b[n:]
	switch how {
	case Fast:
		if d, err := s2.DecodedLen(b); err != nil || d != int(size) {
			return nil, false
		}
	case Dense:
		var h zstd.Header
		if err := h.Decode(b); err != nil || !h.HasFCS || h.FrameContentSize != size {
			return nil, false
		}
	default:
		return nil, false
	}
	buf.moved, buf.image = Room(buf.moved, int(size)), Room(buf.image, int(size))
	var moved []byte
	var err error
	if how == Fast {
		moved, err = s2.Decode(buf.moved, b)
	} else {
		moved, err = p.decoder().DecodeAll(b, buf.moved[:0:size])
	}
	if err != nil || len(moved) != int(size) || !restore(buf.image, moved) {
		return nil, false
	}
	return buf.image, true
}

// storedMax is above the length of every block: that of a largest value and a largest key.
const storedMax = 1<<30 + 1<<16

// Room returns n bytes, those of b if they are enough.
func Room(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, max(n, roomBytes))
	}
	return b[:n]
}

// rearrange appends the block to dst with its slots taken apart.
func rearrange(dst, image []byte) []byte {
	n := int(binary.LittleEndian.Uint16(image))
	slots := HeaderBytes + int(binary.LittleEndian.Uint16(image[2:]))
	dst = append(dst, image[:slots]...)
	last := uint32(0)
	for i := range n {
		h := binary.LittleEndian.Uint32(image[slots+SlotBytes*i:])
		dst = binary.LittleEndian.AppendUint32(dst, h-last)
		last = h
	}
	before := uint16(0)
	for i := range n {
		p := binary.LittleEndian.Uint16(image[slots+SlotBytes*i+4:])
		dst = binary.LittleEndian.AppendUint16(dst, p-before)
		before = p
	}
	return append(dst, image[slots+SlotBytes*n:]...)
}

// restore is the reverse, into memory of the same length.
func restore(image, b []byte) bool {
	if len(b) < HeaderBytes {
		return false
	}
	n := int(binary.LittleEndian.Uint16(b))
	slots := HeaderBytes + int(binary.LittleEndian.Uint16(b[2:]))
	end := slots + SlotBytes*n
	if end > len(b) {
		return false
	}
	copy(image, b[:slots])
	copy(image[end:], b[end:])
	heads, places, out := b[slots:slots+4*n], b[slots+4*n:end], image[slots:end]
	h, p := uint32(0), uint16(0)
	for len(heads) >= 4 && len(places) >= 2 && len(out) >= SlotBytes {
		h += binary.LittleEndian.Uint32(heads)
		p += binary.LittleEndian.Uint16(places)
		binary.LittleEndian.PutUint32(out, h)
		binary.LittleEndian.PutUint16(out[4:], p)
		heads, places, out = heads[4:], places[2:], out[SlotBytes:]
	}
	return true
}

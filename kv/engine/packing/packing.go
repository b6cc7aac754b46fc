package engine

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// Blocks lie in files packed or as they are:
//
//	block                          u8 0
//	S2 of the block, rearranged    u8 1
//	zstd of the block, rearranged  u8 2
//
// Rearranging takes the slots apart into heads and places and replaces each by its difference to the one before. Of counted
// keys and rows of like length these are all the same, so the six bytes of a slot, which no matching of strings would find
// alike, come to almost nothing.
const (
	packNone = iota
	packFast
	packDense
)

// packing packs and unpacks blocks. What it needs for zstd is made when it is first used.
type packing struct {
	encoder func() *zstd.Encoder
	decoder func() *zstd.Decoder
}

const zstdWindow = 256 << 10

func newPacking() *packing {
	return &packing{
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

// packBuffers is the memory that packing and unpacking needs, to be used again.
type packBuffers struct {
	stored, moved, image []byte
}

// pack appends the image of a block to dst as it is to be stored. It is packed only if that saves an eighth.
func (p *packing) pack(dst, image []byte, how uint8, buf *packBuffers) []byte {
	const smallest, largest = 256, 4 << 20 // a larger value would need its length several times over in memory
	if how != packNone && len(image) >= smallest && len(image) <= largest {
		buf.moved = rearrange(buf.moved[:0], image)
		start := len(dst)
		dst = binary.AppendUvarint(dst, uint64(len(image)))
		if how == packFast {
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
	return append(append(dst, image...), packNone)
}

// unpack returns the block that is stored as b. It lies in b or in buf.
func (p *packing) unpack(b []byte, buf *packBuffers) (image []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	how, b := b[len(b)-1], b[:len(b)-1]
	if how == packNone {
		return b, true
	}
	size, n := binary.Uvarint(b)
	if n <= 0 || size > storedMax {
		return nil, false
	}
	b = b[n:]
	switch how {
	case packFast:
		if d, err := s2.DecodedLen(b); err != nil || d != int(size) {
			return nil, false
		}
	case packDense:
		var h zstd.Header
		if err := h.Decode(b); err != nil || !h.HasFCS || h.FrameContentSize != size {
			return nil, false
		}
	default:
		return nil, false
	}
	buf.moved, buf.image = room(buf.moved, int(size)), room(buf.image, int(size))
	var moved []byte
	var err error
	if how == packFast {
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

// room returns n bytes, those of b if they are enough.
func room(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, max(n, frameBytes))
	}
	return b[:n]
}

// rearrange appends the block to dst with its slots taken apart.
func rearrange(dst, image []byte) []byte {
	n := int(binary.LittleEndian.Uint16(image))
	slots := blockHeader + int(binary.LittleEndian.Uint16(image[2:]))
	dst = append(dst, image[:slots]...)
	last := uint32(0)
	for i := range n {
		h := binary.LittleEndian.Uint32(image[slots+slotBytes*i:])
		dst = binary.LittleEndian.AppendUint32(dst, h-last)
		last = h
	}
	before := uint16(0)
	for i := range n {
		p := binary.LittleEndian.Uint16(image[slots+slotBytes*i+4:])
		dst = binary.LittleEndian.AppendUint16(dst, p-before)
		before = p
	}
	return append(dst, image[slots+slotBytes*n:]...)
}

// restore is the reverse, into memory of the same length.
func restore(image, b []byte) bool {
	if len(b) < blockHeader {
		return false
	}
	n := int(binary.LittleEndian.Uint16(b))
	slots := blockHeader + int(binary.LittleEndian.Uint16(b[2:]))
	end := slots + slotBytes*n
	if end > len(b) {
		return false
	}
	copy(image, b[:slots])
	copy(image[end:], b[end:])
	heads, places, out := b[slots:slots+4*n], b[slots+4*n:end], image[slots:end]
	h, p := uint32(0), uint16(0)
	for len(heads) >= 4 && len(places) >= 2 && len(out) >= slotBytes {
		h += binary.LittleEndian.Uint32(heads)
		p += binary.LittleEndian.Uint16(places)
		binary.LittleEndian.PutUint32(out, h)
		binary.LittleEndian.PutUint16(out[4:], p)
		heads, places, out = heads[4:], places[2:], out[slotBytes:]
	}
	return true
}

package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/lightsql/lightsql/kv"
)

// A log segment is a file 0000000001.log:
//
//	segment header   32 bytes   magic, segment number, end of the segment before, store, segment bytes, crc
//	record           32 bytes + payload, again and again
//
//	record header:   0 header crc    u32   CRC32C of bytes 4..32, then segment number and offset of the record
//	                 4 payload bytes u32
//	                 8 synced        u64   position up to which the log was durable when the record was made
//	                16 timestamp     u64   of a commit: greater than that of any earlier record
//	                24 payload crc   u32   CRC32C
//	                28 kind          u32   recordCommit; recordVoid for a commit that was refused; recordMark, empty
//
//	payload:         per entry: kind u8, key bytes uvarint, value bytes uvarint, key, value; of a range tombstone the key
//	                 is the start and the value the end, empty if there is none
//
// The position (segment<<32 | offset) is part of the checksum, so what a recycled segment holds from its former life
// never passes for a record. What follows the last record is zeros or such remains.
//
// A segment is begun only after the one before is durable to its end, which the new header repeats. So only the last
// segment can end in a torn write. There, the first bad record is the tail, unless a later record says in its synced
// field that the bad place had been durable: then it is damage, and the log is refused with kv.ErrCorrupt. So that the
// last commits have such a witness too, a mark follows them when the log has nothing else to do, and at Close. A
// segment has its full size before its first record is written: a shorter file is damaged.
const (
	segmentMagic  = 0x4c53514c4c4f4731 // "LSQLLOG1"
	segmentHeader = 32
	recordHeader  = 32

	recordCommit = 1
	recordVoid   = 2
	recordMark   = 3

	recordBytesMax = 1<<31 - 1<<20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func crc(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// lsn is a position in the log.
func lsn(seg uint32, off int64) uint64 { return uint64(seg)<<32 | uint64(off) }

func corrupt(file string, off int64, format string, args ...any) error {
	return fmt.Errorf("%w: file %s, offset %d: %s", kv.ErrCorrupt, file, off, fmt.Sprintf(format, args...))
}

func putSegmentHeader(b []byte, seg uint32, prevEnd, size int64, store uint64) {
	binary.LittleEndian.PutUint64(b, segmentMagic)
	binary.LittleEndian.PutUint32(b[8:], seg)
	binary.LittleEndian.PutUint32(b[12:], uint32(prevEnd))
	binary.LittleEndian.PutUint64(b[16:], store)
	binary.LittleEndian.PutUint32(b[24:], uint32(size))
	binary.LittleEndian.PutUint32(b[28:], crc(b[:28]))
}

func readSegmentHeader(name string, b []byte, seg uint32, store uint64) (prevEnd, size int64, err error) {
	if len(b) < segmentHeader {
		return 0, 0, corrupt(name, 0, "log segment of %d bytes has no header", len(b))
	}
	if binary.LittleEndian.Uint64(b) != segmentMagic || binary.LittleEndian.Uint32(b[28:]) != crc(b[:28]) {
		return 0, 0, corrupt(name, 0, "bad header of log segment")
	}
	if n := binary.LittleEndian.Uint32(b[8:]); n != seg {
		return 0, 0, corrupt(name, 8, "log segment says it is number %d", n)
	}
	if binary.LittleEndian.Uint64(b[16:]) != store {
		return 0, 0, corrupt(name, 16, "log segment of another store")
	}
	return int64(binary.LittleEndian.Uint32(b[12:])), int64(binary.LittleEndian.Uint32(b[24:])), nil
}

// record is a decoded record header.
type record struct {
	size    int // of the payload
	synced  uint64
	ts      uint64
	payload uint32 // crc
	kind    uint32
}

func recordCRC(b []byte, position uint64) uint32 {
	var p [8]byte
	binary.LittleEndian.PutUint64(p[:], position)
	return crc32.Update(crc(b[4:recordHeader]), castagnoli, p[:])
}

func putRecordHeader(b []byte, r record, position uint64) {
	binary.LittleEndian.PutUint32(b[4:], uint32(r.size))
	binary.LittleEndian.PutUint64(b[8:], r.synced)
	binary.LittleEndian.PutUint64(b[16:], r.ts)
	binary.LittleEndian.PutUint32(b[24:], r.payload)
	binary.LittleEndian.PutUint32(b[28:], r.kind)
	binary.LittleEndian.PutUint32(b, recordCRC(b, position))
}

// readRecordHeader decodes the record header at the start of b, if its checksum is right.
func readRecordHeader(b []byte, position uint64) (record, bool) {
	if len(b) < recordHeader || binary.LittleEndian.Uint32(b) != recordCRC(b, position) {
		return record{}, false
	}
	return record{
		size:    int(binary.LittleEndian.Uint32(b[4:])),
		synced:  binary.LittleEndian.Uint64(b[8:]),
		ts:      binary.LittleEndian.Uint64(b[16:]),
		payload: binary.LittleEndian.Uint32(b[24:]),
		kind:    binary.LittleEndian.Uint32(b[28:]),
	}, true
}

// AppendEntry appends one write to a payload: what Engine.Commit takes and the log stores.
func AppendEntry(dst, key, value []byte, tombstone bool) []byte {
	if tombstone {
		return appendEntry(dst, kindTombstone, key, nil)
	}
	return appendEntry(dst, kindValue, key, value)
}

func appendEntry(dst []byte, kind byte, key, value []byte) []byte {
	dst = append(dst, kind)
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	dst = append(dst, key...)
	return append(dst, value...)
}

var errPayload = errors.New("malformed log payload")

// nextEntry splits the first entry off payload. It never panics, whatever the bytes.
func nextEntry(payload []byte) (kind uint8, key, value, rest []byte, err error) {
	if len(payload) == 0 || payload[0] > kindTombstone && payload[0] != kindRange {
		return 0, nil, nil, nil, errPayload
	}
	kind, b := payload[0], payload[1:]
	var klen, vlen uint64
	if len(b) >= 2 && b[0]|b[1] < 0x80 {
		klen, vlen, b = uint64(b[0]), uint64(b[1]), b[2:]
	} else {
		var n int
		if klen, n = binary.Uvarint(b); n <= 0 {
			return 0, nil, nil, nil, errPayload
		}
		b = b[n:]
		if vlen, n = binary.Uvarint(b); n <= 0 {
			return 0, nil, nil, nil, errPayload
		}
		b = b[n:]
	}
	if klen == 0 && kind != kindRange || klen > uint64(len(b)) || vlen > uint64(len(b))-klen {
		return 0, nil, nil, nil, errPayload
	}
	return kind, b[:klen:klen], b[klen : klen+vlen : klen+vlen], b[klen+vlen:], nil
}

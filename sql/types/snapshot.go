package types

import (
	"encoding/binary"
	"math"
	mathbits "math/bits"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/types/recv"
)

// Snapshot is a value of pg_snapshot and txid_snapshot: transactions below Xmin are over, those from Xmax on had not
// begun, and those of Running, ascending, were running.
type Snapshot struct {
	Xmin, Xmax uint64
	Running    []uint64
}

// parseSnapshot reads xmin:xmax:xip,xip….
func parseSnapshot(s string) (Datum, error) {
	bad := errInvalidText("pg_snapshot", s)
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return Null, bad
	}
	v := &Snapshot{}
	number := func(text string) (uint64, bool) {
		n, err := strconv.ParseUint(text, 10, 63)
		return n, err == nil
	}
	var ok1, ok2 bool
	v.Xmin, ok1 = number(parts[0])
	v.Xmax, ok2 = number(parts[1])
	if !ok1 || !ok2 || v.Xmin == 0 || v.Xmax < v.Xmin {
		return Null, bad
	}
	if parts[2] == "" {
		return NewRef(v), nil
	}
	last := uint64(0)
	for _, text := range strings.Split(parts[2], ",") {
		n, ok := number(text)
		if !ok || n < v.Xmin || n >= v.Xmax || n < last {
			return Null, bad
		}
		if n != last {
			v.Running = append(v.Running, n)
		}
		last = n
	}
	return NewRef(v), nil
}

func (v *Snapshot) append(dst []byte) []byte {
	dst = append(strconv.AppendUint(dst, v.Xmin, 10), ':')
	dst = append(strconv.AppendUint(dst, v.Xmax, 10), ':')
	for i, x := range v.Running {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, x, 10)
	}
	return dst
}

// appendBinary appends the binary form: how many are running, the bounds, and those.
func (v *Snapshot) appendBinary(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.Running)))
	dst = binary.BigEndian.AppendUint64(dst, v.Xmin)
	dst = binary.BigEndian.AppendUint64(dst, v.Xmax)
	for _, x := range v.Running {
		dst = binary.BigEndian.AppendUint64(dst, x)
	}
	return dst
}

func parseSnapshotBinary(r *recv.Reader) (Datum, error) {
	bad := recv.Errorf("invalid external pg_snapshot data")
	n, v := int(int32(r.Uint32())), &Snapshot{}
	if r.Err() == nil && (n < 0 || n > math.MaxInt32/8) {
		return Null, bad
	}
	v.Xmin = r.Uint64()
	v.Xmax = r.Uint64()
	if r.Err() == nil && (v.Xmin == 0 || v.Xmax < v.Xmin || v.Xmax > math.MaxInt64) {
		return Null, bad
	}
	last := uint64(0)
	for range n {
		x := r.Uint64()
		if r.Err() != nil {
			break
		}
		if x < last || x < v.Xmin || x > v.Xmax {
			return Null, bad
		}
		if x != last {
			v.Running = append(v.Running, x)
		}
		last = x
	}
	return NewRef(v), nil
}

// Visible reports whether the effects of a transaction are in the snapshot.
func (v *Snapshot) Visible(xid uint64) bool {
	if xid < v.Xmin || xid >= v.Xmax {
		return xid < v.Xmin
	}
	for _, x := range v.Running {
		if x == xid {
			return false
		}
	}
	return true
}

// parseXID reads an xid or xid8 as C's strtoul does: 0x and 0 begin other bases, reading stops where no number is, and what is too large is the largest.
func parseXID(s string, bits int) uint64 {
	t := strings.TrimLeft(s, asciiSpace)
	neg := strings.HasPrefix(t, "-")
	if neg || strings.HasPrefix(t, "+") {
		t = t[1:]
	}
	base := uint64(10)
	switch {
	case len(t) > 2 && (t[:2] == "0x" || t[:2] == "0X"):
		base, t = 16, t[2:]
	case strings.HasPrefix(t, "0"):
		base = 8
	}
	u, large := uint64(0), false
	for i := range len(t) {
		d, err := strconv.ParseUint(t[i:i+1], int(base), 8)
		if err != nil {
			break
		}
		high, low := mathbits.Mul64(u, base)
		low, carry := mathbits.Add64(low, d, 0)
		u, large = low, large || high+carry > 0
	}
	if neg {
		u = -u
	}
	if large {
		u = math.MaxUint64
	}
	if bits == 32 {
		return uint64(uint32(u))
	}
	return u
}

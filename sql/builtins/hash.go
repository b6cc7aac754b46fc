package builtins

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// The hash functions of PostgreSQL's hash operator classes: Bob Jenkins' lookup3 over bytes.

type jenkins struct{ a, b, c uint32 }

func newJenkins(length int, seed uint64) *jenkins {
	v := 0x9e3779b9 + uint32(length) + 3923095
	j := &jenkins{v, v, v}
	if seed != 0 {
		j.a += uint32(seed >> 32)
		j.b += uint32(seed)
		j.mix()
	}
	return j
}

func (j *jenkins) mix() {
	a, b, c := j.a, j.b, j.c
	rot := bits.RotateLeft32
	a -= c
	a ^= rot(c, 4)
	c += b
	b -= a
	b ^= rot(a, 6)
	a += c
	c -= b
	c ^= rot(b, 8)
	b += a
	a -= c
	a ^= rot(c, 16)
	c += b
	b -= a
	b ^= rot(a, 19)
	a += c
	c -= b
	c ^= rot(b, 4)
	b += a
	j.a, j.b, j.c = a, b, c
}

func (j *jenkins) final() uint64 {
	a, b, c := j.a, j.b, j.c
	rot := bits.RotateLeft32
	c ^= b
	c -= rot(b, 14)
	a ^= c
	a -= rot(c, 11)
	b ^= a
	b -= rot(a, 25)
	c ^= b
	c -= rot(b, 16)
	a ^= c
	a -= rot(c, 4)
	b ^= a
	b -= rot(a, 14)
	c ^= b
	c -= rot(b, 24)
	return uint64(b)<<32 | uint64(c)
}

// hashBytes is hash_bytes_extended; its low half with seed 0 is hash_bytes.
func hashBytes(k []byte, seed uint64) uint64 {
	j := newJenkins(len(k), seed)
	for ; len(k) >= 12; k = k[12:] {
		j.a += binary.LittleEndian.Uint32(k)
		j.b += binary.LittleEndian.Uint32(k[4:])
		j.c += binary.LittleEndian.Uint32(k[8:])
		j.mix()
	}
	for i, x := range k {
		switch {
		case i < 4:
			j.a += uint32(x) << (8 * i)
		case i < 8:
			j.b += uint32(x) << (8 * (i - 4))
		default: // the lowest byte is the length's
			j.c += uint32(x) << (8 * (i - 7))
		}
	}
	return j.final()
}

func hashUint32(k uint32, seed uint64) uint64 {
	j := newJenkins(4, seed)
	j.a += k
	return j.final()
}

func hashInt64(v int64, seed uint64) uint64 {
	lo, hi := uint32(v), uint32(v>>32)
	if v < 0 {
		hi = ^hi
	}
	return hashUint32(lo^hi, seed)
}

func hashFloat(f float64, seed uint64) uint64 {
	if f == 0 {
		return seed
	}
	if math.IsNaN(f) {
		f = math.Float64frombits(0x7ff8000000000000)
	}
	return hashBytes(binary.LittleEndian.AppendUint64(nil, math.Float64bits(f)), seed)
}

// hashValue hashes a value as the default hash operator class of its type does. ok is false if the type has none.
func hashValue(t types.OID, d types.Datum, seed uint64) (h uint64, ok bool) {
	t = types.BaseOf(t)
	switch d.Kind() {
	case types.KindBool, types.KindInt:
		switch t {
		case types.MoneyOID, types.TIDOID:
			return 0, t == types.TIDOID
		case types.Int8OID, types.TimestampOID, types.TimestamptzOID, types.TimeOID, types.PgLSNOID, types.XID8OID:
			return hashInt64(d.Int(), seed), true
		}
		return hashUint32(uint32(d.Int()), seed), true
	case types.KindFloat:
		return hashFloat(d.Float(), seed), true
	case types.KindNum:
		return hashNumeric(d.Num(), seed), true
	case types.KindInterval:
		return hashInt64(d.Interval().Span(), seed), true
	case types.KindStr:
		switch t {
		case types.BitOID, types.VarbitOID, types.JSONOID, types.XMLOID:
			return 0, false
		case types.BPCharOID:
			return hashBytes([]byte(types.TrimBlanks(d.Str())), seed), true
		case types.CharOID:
			c := uint32(0)
			if s := d.Str(); s != "" {
				c = uint32(int32(int8(s[0])))
			}
			return hashUint32(c, seed), true
		}
		return hashBytes([]byte(d.Str()), seed), true
	}
	return hashRefValue(t, d, seed)
}

func hashRefValue(t types.OID, d types.Datum, seed uint64) (uint64, bool) {
	switch v := d.Ref().(type) {
	case *types.Array:
		if t == types.Int2VectorOID || t == types.OIDVectorOID {
			break
		}
		h := uint64(1)
		for _, e := range v.Elems {
			x, ok := uint64(0), true
			if !e.IsNull() {
				x, ok = hashValue(v.Elem, e, seed)
			}
			if !ok {
				return 0, false
			}
			h = h<<5 - h + x
		}
		return h, true
	case *types.Record:
		h := uint64(0)
		for i, f := range v.Fields {
			x, ok := uint64(0), true
			if !f.IsNull() {
				x, ok = hashValue(v.Types[i].OID, f, seed)
			}
			if !ok {
				return 0, false
			}
			h = h<<5 - h + x
		}
		return h, true
	case types.TimeTZ:
		return hashInt64(v.Micros, seed) ^ hashUint32(uint32(v.Zone), seed), true
	case *types.JSONB:
		return hashJSONB(v, seed), true
	}
	return hashBytes(types.AppendText(nil, types.Of(t), d, nil), seed), true
}

// hashJSONB hashes a jsonb value: a scalar by itself as the array of one element that it is kept as.
func hashJSONB(j *types.JSONB, seed uint64) uint64 {
	const object, array = 0x20000000, 0x40000000
	both := func(flag uint64) uint64 { return flag<<32 | flag }
	h := uint64(0)
	scalar := func(x uint64) {
		h = uint64(bits.RotateLeft32(uint32(h>>32), 1))<<32 | uint64(bits.RotateLeft32(uint32(h), 1))
		h ^= x
	}
	var visit func(j *types.JSONB)
	visit = func(j *types.JSONB) {
		switch j.Kind {
		case types.JSONArray, types.JSONObject:
			flag := uint64(array)
			if j.Kind == types.JSONObject {
				flag = object
			}
			h ^= both(flag)
			for i, e := range j.Elems {
				if j.Kind == types.JSONObject {
					scalar(hashBytes([]byte(j.Keys[i]), seed))
				}
				visit(e)
			}
		case types.JSONString:
			scalar(hashBytes([]byte(j.Str), seed))
		case types.JSONNumber:
			scalar(hashNumeric(j.Num, seed))
		case types.JSONNull:
			scalar(seed + 1)
		case types.JSONBool:
			switch {
			case seed != 0 && j.Bool:
				scalar(hashUint32(1, seed))
			case seed != 0:
				scalar(hashUint32(0, seed))
			case j.Bool:
				scalar(2)
			default:
				scalar(4)
			}
		}
	}
	switch j.Kind {
	case types.JSONArray, types.JSONObject:
		if len(j.Elems) == 0 {
			return seed
		}
	default:
		h ^= both(array)
	}
	visit(j)
	return h
}

// hashNumeric hashes the digits of a number to the base 10000, without zeros at either end.
func hashNumeric(n types.Numeric, seed uint64) uint64 {
	text := n.String()
	if strings.ContainsAny(text, "NIn") { // NaN and the infinities
		return seed
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	whole = strings.Repeat("0", (4-len(whole)%4)%4) + whole
	fraction += strings.Repeat("0", (4-len(fraction)%4)%4)
	weight := len(whole)/4 - 1
	digits := whole + fraction
	for strings.HasPrefix(digits, "0000") {
		digits, weight = digits[4:], weight-1
	}
	for strings.HasSuffix(digits, "0000") {
		digits = digits[:len(digits)-4]
	}
	if digits == "" {
		return seed - 1
	}
	var b []byte
	for i := 0; i < len(digits); i += 4 {
		d, _ := strconv.Atoi(digits[i : i+4])
		b = binary.LittleEndian.AppendUint16(b, uint16(d))
	}
	return hashBytes(b, seed) ^ uint64(int64(weight))
}

var hashSources = []string{"hash_array", "hash_numeric", "hash_record", "hashbpchar", "hashchar", "hashenum", "hashfloat4", "hashfloat8",
	"hashinet", "hashint2", "hashint4", "hashint8", "hashmacaddr", "hashmacaddr8", "hashname", "hashoid", "hashoidvector", "hashtext", "hashtid",
	"hashvarlena"}

func hashCodes() []code {
	var cs []code
	hash := func(extended bool) func(*expr.Func, []types.T, types.T) *expr.Func {
		return bound(func(ts []types.T, _ types.T) scalarFn {
			return func(_ *expr.Ctx, a []types.Datum) (types.Datum, error) {
				seed := uint64(0)
				if extended {
					seed = uint64(a[1].Int())
				}
				h, ok := hashValue(ts[0].OID, a[0], seed)
				if !ok {
					word := "a hash function"
					if extended {
						word = "an extended hash function"
					}
					return types.Null, pgerr.New(pgerr.UndefinedFunction, "could not identify %s for type %s", word, typeName(hashlessType(ts[0].OID, a[0])))
				}
				if extended {
					return types.NewInt(int64(h)), nil
				}
				return types.NewInt(int64(int32(uint32(h)))), nil
			}
		})
	}
	add := func(src, extended string) {
		cs = append(cs, code{src: src, bind: hash(false)}, code{src: extended, bind: hash(true)})
	}
	for _, src := range hashSources {
		extended := src + "extended"
		if src == "hash_array" || src == "hash_numeric" || src == "hash_record" {
			extended = src + "_extended"
		}
		add(src, extended)
	}
	for _, p := range []string{"interval", "jsonb", "pg_lsn", "time", "timestamp", "timetz", "uuid"} {
		add(p+"_hash", p+"_hash_extended")
	}
	return cs
}

// hashlessType is the type within a value that cannot be hashed.
func hashlessType(t types.OID, d types.Datum) types.OID {
	switch v := d.Ref().(type) {
	case *types.Array:
		return v.Elem
	case *types.Record:
		for i, f := range v.Fields {
			if _, ok := hashValue(v.Types[i].OID, f, 0); !ok {
				return hashlessType(v.Types[i].OID, f)
			}
		}
	}
	return t
}

// sendSources are the binary output functions of types.
var sendSources = []string{"array_send", "bit_send", "boolsend", "bpcharsend", "byteasend", "cash_send", "charsend", "cidr_send", "cidsend",
	"date_send", "enum_send", "float4send", "float8send", "inet_send", "int2send", "int2vectorsend", "int4send", "int8send", "interval_send",
	"json_send", "jsonb_send", "macaddr8_send", "macaddr_send", "namesend", "numeric_send", "oidsend", "oidvectorsend", "pg_lsn_send",
	"record_send", "regclasssend", "regcollationsend", "regnamespacesend", "regoperatorsend", "regopersend", "regproceduresend", "regprocsend",
	"regrolesend", "regtypesend", "textsend", "tidsend", "time_send", "timestamp_send", "timestamptz_send", "timetz_send", "uuid_send",
	"varbit_send", "varcharsend", "xid8send", "xidsend"}

func sendCodes() []code {
	send := bound(func(ts []types.T, _ types.T) scalarFn {
		return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			return types.NewStr(string(types.AppendBinary(nil, ts[0], a[0], c.Types))), nil
		}
	})
	var cs []code
	for _, src := range sendSources {
		cs = append(cs, code{src: src, bind: send})
	}
	return cs
}

// HashExtended is the extended hash of a value by the default hash operator class of its type; ok is false if the type has none.
func HashExtended(t types.OID, d types.Datum, seed uint64) (h uint64, ok bool) {
	return hashValue(t, d, seed)
}

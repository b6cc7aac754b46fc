package rowenc

import (
	"encoding/binary"

	"github.com/lightsql/lightsql/kv/keyenc"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// checkRefKey is the error of using a composed type, or another that is held by reference, as a key column.
func checkRefKey(oid types.OID) error {
	switch oid {
	case types.InetOID, types.CIDROID, types.TimetzOID, types.JSONBOID:
		return nil
	default:
		if elem := types.ElemOf(oid); elem != 0 && oid != types.Int2VectorOID && oid != types.OIDVectorOID {
			return CheckKey(types.Of(elem))
		}
		if types.IsComposite(oid) || types.IsDomain(oid) { // a domain over a row or array type: the value tells
			return nil
		}
	}
	return pgerr.FeatureNotSupported("an index on type " + types.FormatType(oid, -1))
}

// Marks before each element of an array or field of a row, in the order in which what they stand for sorts.
const (
	refEnd   = 0
	refValue = 1
	refNull  = 2
)

// appendRefKey appends bytes that sort as the values do: arrays by their elements, then by their number, dimensions and
// subscripts; rows by their fields; documents as types.JSONB.Compare says. The key holds a value of one column, so nothing follows it.
func appendRefKey(b []byte, x any) []byte {
	switch v := x.(type) {
	case *types.Array:
		b = appendElems(b, v.Elems, func(int) types.T { return types.Of(v.Elem) })
		b = append(b, byte(len(v.Dims)))
		for _, d := range v.Dims {
			b = keyenc.AppendInt(b, int64(d.Len))
		}
		for _, d := range v.Dims {
			b = keyenc.AppendInt(b, int64(d.Lower))
		}
	case *types.JSONB:
		if v.Kind == types.JSONArray && len(v.Elems) == 0 {
			return append(b, 0) // below everything else
		}
		b = appendJSON(b, v)
	case *types.Record:
		b = appendElems(b, v.Fields, func(i int) types.T { return v.Types[i] })
	case types.TimeTZ:
		b = keyenc.AppendInt(b, v.Micros+int64(v.Zone)*types.MicrosPerSecond)
		b = keyenc.AppendInt(b, int64(v.Zone))
	case types.Inet:
		b = append(b, byte(v.Addr.BitLen()))
		// The network part sorts before the length and the whole address. A shorter network is a prefix of what it contains:
		// its bits are written one to a byte, so that its end sorts first.
		addr := v.Addr.AsSlice()
		for i := range v.Bits {
			b = append(b, 1+addr[i/8]>>(7-i%8)&1)
		}
		b = append(b, 0)
		b = append(b, addr...)
	}
	return b
}

func appendElems(b []byte, elems []types.Datum, typeOf func(int) types.T) []byte {
	for i, e := range elems {
		if e.IsNull() {
			b = append(b, refNull)
			continue
		}
		b = append(b, refValue)
		t := typeOf(i)
		form, err := keyFormOf(t.OID)
		if err != nil || t.OID == types.JSONBOID { // no order that bytes could keep, or did when there were such keys first: equal values stay equal
			text := types.AppendText(nil, t, e, refEnv)
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(text))), text...)
			continue
		}
		c := keyCol{t: t, form: form}
		b = c.appendDatum(b, e)
	}
	return append(b, refEnd)
}

// appendJSON writes a document: its kind, then a scalar, or the number of elements and these, of an object each after its key.
func appendJSON(b []byte, j *types.JSONB) []byte {
	b = append(b, 1+byte(j.Kind))
	switch j.Kind {
	case types.JSONString:
		return keyenc.AppendString(b, j.Str)
	case types.JSONNumber:
		return appendNumericKey(b, j.Num)
	case types.JSONBool:
		return keyenc.AppendBool(b, j.Bool)
	case types.JSONArray, types.JSONObject:
		b = keyenc.AppendInt(b, int64(len(j.Elems)))
	}
	for i, e := range j.Elems {
		if j.Kind == types.JSONObject {
			b = keyenc.AppendString(b, j.Keys[i])
		}
		b = appendJSON(b, e)
	}
	return b
}

package expr

import (
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// coerceIONode casts through text: the output function of the one type, the input function of the other.
type coerceIONode struct {
	arg      node
	from     types.OID
	to       types.T
	explicit bool
	// pure: the text does not depend on the session.
	pure bool
	buf  []byte
	out  vec.Vector
}

func (cp *compiler) coerceIO(e *CoerceIO) (node, error) {
	arg, err := cp.compile(e.Arg)
	if err != nil {
		return nil, err
	}
	x := &coerceIONode{arg: arg, from: e.Arg.Type().OID, to: e.T, explicit: !e.Implicit, out: vec.Vector{Kind: kindOf(e)}}
	x.pure = pureText(x.from) && pureText(x.to.OID)
	return x, nil
}

func (x *coerceIONode) eval(fr *frame, sel []int32, n int) (*vec.Vector, error) {
	v, err := x.arg.eval(fr, sel, n)
	if err != nil {
		return nil, err
	}
	if v.Const {
		sel, n = nil, 1
	}
	x.out.Const = v.Const
	x.out.Clear(n)
	rows, made := fr.rows(sel, n), 0
	for _, i := range rows {
		if v.Nulls.Has(int(i)) {
			x.out.SetNull(int(i))
			continue
		}
		if err := fr.c.Interrupted(); err != nil {
			return nil, err
		}
		d := v.Datum(int(i))
		if x.pure && fr.c.Leftovers != nil && HeavyDatums([]types.Datum{d}) {
			d, err = x.detached(fr.c, d)
		} else {
			d, err = x.convert(fr.c, d)
		}
		if err != nil {
			return nil, err
		}
		x.out.Set(int(i), d)
		if made += ValueBytes(d); made > wideBytes && len(rows) > 1 && fr.splittable() {
			return nil, ErrWide
		}
	}
	return &x.out, nil
}

// detached is convert for a long value, which a cancelled statement does not wait for.
func (x *coerceIONode) detached(c *Ctx, d types.Datum) (types.Datum, error) {
	own := *x
	own.buf = nil
	var out types.Datum
	bytes := 2 * (ValueBytes(d) + textBytes(d))
	if types.IsString(x.from) {
		bytes += parsedBytes(x.to.OID, d.Str())
	}
	err := c.Detached(bytes, func(c *Ctx) error {
		r, err := own.convert(c, d)
		if err == nil {
			out = r
		}
		return err
	})
	if err != nil {
		return types.Null, err
	}
	return out, nil
}

// pureText reports types whose text depends on nothing but the value and the formats of the session.
func pureText(t types.OID) bool {
	if e := types.ElemOf(t); e != 0 {
		t = e
	}
	switch t {
	case types.JSONBOID, types.JSONOID, types.TextOID, types.VarcharOID, types.NumericOID, types.Int4OID, types.Int8OID, types.UUIDOID, types.BoolOID,
		types.ByteaOID, types.VarbitOID, types.Float8OID, types.TimestampOID, types.TimestamptzOID, types.DateOID:
		return true
	}
	return false
}

// textBytes is how long the text of an array of texts is at least, 0 for other values.
func textBytes(d types.Datum) int {
	a := d.Array()
	if a == nil || len(a.Elems) == 0 || a.Elems[0].Kind() != types.KindStr {
		return 0
	}
	n := 0
	for _, e := range a.Elems {
		n += len(e.Str()) + 1
	}
	return n
}

func (x *coerceIONode) convert(c *Ctx, d types.Datum) (types.Datum, error) {
	var s string
	if types.IsString(x.from) {
		s = d.Str()
	} else {
		if n := textBytes(d); n >= valueBytesMax {
			return types.Null, pgerr.New(pgerr.InternalError, "invalid memory alloc request size %d", n)
		}
		x.buf = types.AppendText(x.buf[:0], types.Of(x.from), d, c.Types)
		s = string(x.buf)
	}
	if x.to.Mod < 0 && (x.to.OID == types.TextOID || x.to.OID == types.VarcharOID || x.to.OID == types.BPCharOID) {
		return types.NewStr(s), nil
	}
	r, err := types.Parse(types.Of(x.to.OID), s, c.Types)
	if err != nil || x.to.Mod < 0 {
		return r, err
	}
	return types.ApplyTypmod(x.to, r, x.explicit)
}

// coerceVolatility follows the volatility of PostgreSQL's input and output functions: those of dates depend on settings
// and on the clock ('now'), those of the reg* types on the catalog, those of composed types may do either.
func coerceVolatility(e *CoerceIO) Volatility {
	for _, t := range []types.OID{e.Arg.Type().OID, e.T.OID} {
		switch {
		case t == types.JSONBOID, t == types.JSONPathOID, t == types.InetOID, t == types.CIDROID:
		case types.IsDateTime(t), types.IsReg(t), types.KindOf(t) == types.KindRef:
			return Stable
		}
	}
	return Immutable
}

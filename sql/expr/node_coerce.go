package expr

import (
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// coerceIONode casts through text: the output function of the one type, the input function of the other.
type coerceIONode struct {
	arg      node
	from     types.OID
	to       types.T
	explicit bool
	buf      []byte
	out      vec.Vector
}

func (cp *compiler) coerceIO(e *CoerceIO) (node, error) {
	arg, err := cp.compile(e.Arg)
	if err != nil {
		return nil, err
	}
	return &coerceIONode{arg: arg, from: e.Arg.Type().OID, to: e.T, explicit: !e.Implicit, out: vec.Vector{Kind: kindOf(e)}}, nil
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
	for _, i := range fr.rows(sel, n) {
		if v.Nulls.Has(int(i)) {
			x.out.SetNull(int(i))
			continue
		}
		d, err := x.convert(fr.c, v.Datum(int(i)))
		if err != nil {
			return nil, err
		}
		x.out.Set(int(i), d)
	}
	return &x.out, nil
}

func (x *coerceIONode) convert(c *Ctx, d types.Datum) (types.Datum, error) {
	var s string
	if types.IsString(x.from) {
		s = d.Str()
	} else {
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

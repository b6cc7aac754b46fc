package builtins

import (
	"errors"
	"math"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// method is an item method: .size(), .double() …
func (r *pathRun) method(n *types.JSONPathNode, x pathItem, emit emitFn) error {
	kind := x.kind()
	var out *types.JSONB
	switch n.Op {
	case types.PathType:
		out = jsonString(x.typeName())
	case types.PathSize:
		size := int64(1)
		if kind == types.JSONArray {
			size = int64(len(x.j.Elems))
		} else if r.strict {
			return r.structural(pgerr.SQLJSONArrayNotFound, "jsonpath item method .%s() can only be applied to an array", n.Op)
		}
		out = jsonNumber(types.NumericFromInt(size))
	case types.PathAbs, types.PathFloor, types.PathCeiling:
		if kind != types.JSONNumber {
			return pgerr.New(pgerr.NonNumericSQLJSONItem, "jsonpath item method .%s() can only be applied to a numeric value", n.Op)
		}
		switch n.Op {
		case types.PathAbs:
			out = jsonNumber(x.j.Num.Abs())
		case types.PathFloor:
			out = jsonNumber(x.j.Num.Floor())
		default:
			out = jsonNumber(x.j.Num.Ceil())
		}
	case types.PathDouble:
		v, err := pathDouble(n, x)
		if err != nil {
			return err
		}
		out = jsonNumber(v)
	case types.PathDatetime:
		return r.datetime(n, x, emit)
	case types.PathKeyValue:
		return r.keyValue(n, x, emit)
	default:
		return hardError{pgerr.New(pgerr.InternalError, "unrecognized jsonpath item type: %d", n.Op)}
	}
	return r.next(n, pathItem{j: out}, emit)
}

func (x pathItem) typeName() string {
	if x.dt != nil {
		return types.FormatType(x.dt.oid, -1)
	}
	return [...]string{"null", "string", "number", "boolean", "array", "object"}[x.j.Kind]
}

func pathDouble(n *types.JSONPathNode, x pathItem) (types.Numeric, error) {
	var f float64
	var err error
	switch x.kind() {
	case types.JSONNumber:
		f, err = types.ParseFloat(types.Float8OID, x.j.Num.String())
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return types.Numeric{}, pgerr.New(pgerr.NonNumericSQLJSONItem, "numeric argument of jsonpath item method .%s() is out of range for type double precision", n.Op)
		}
		return x.j.Num, nil
	case types.JSONString:
		f, err = types.ParseFloat(types.Float8OID, x.j.Str)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return types.Numeric{}, pgerr.New(pgerr.NonNumericSQLJSONItem, "string argument of jsonpath item method .%s() is not a valid representation of a double precision number", n.Op)
		}
		return types.NumericFromFloat(f)
	}
	return types.Numeric{}, pgerr.New(pgerr.NonNumericSQLJSONItem, "jsonpath item method .%s() can only be applied to a string or numeric value", n.Op)
}

// keyValue yields an object for each member of an object; its id tells the object that the member belongs to.
func (r *pathRun) keyValue(n *types.JSONPathNode, x pathItem, emit emitFn) error {
	if x.kind() != types.JSONObject {
		return pgerr.New(pgerr.SQLJSONObjectNotFound, "jsonpath item method .%s() can only be applied to an object", n.Op)
	}
	at, _ := jsonbOffset(r.base, x.j)
	id := jsonNumber(types.NumericFromInt(int64(at) + r.baseID*10_000_000_000))
	for i, k := range x.j.Keys {
		o := types.NewJSONObject([]string{"id", "key", "value"}, []*types.JSONB{id, jsonString(k), x.j.Elems[i]})
		base, baseID := r.base, r.baseID
		r.base, r.baseID = o, r.lastID
		r.lastID++
		err := r.next(n, pathItem{j: o}, emit)
		r.base, r.baseID = base, baseID
		if err != nil {
			return err
		}
	}
	return nil
}

// jsonbOffset is the place of part within PostgreSQL's binary form of base, which keyvalue() shows; else that form's length.
func jsonbOffset(base, part *types.JSONB) (at int, found bool) {
	if base == part {
		return 0, true
	}
	pos := 4 + 4*(len(base.Elems)+len(base.Keys))
	for _, k := range base.Keys {
		pos += len(k)
	}
	for _, e := range base.Elems {
		switch e.Kind {
		case types.JSONString:
			pos += len(e.Str)
		case types.JSONNumber:
			pos = (pos+3)&^3 + jsonbNumericBytes(e.Num)
		case types.JSONArray, types.JSONObject:
			pos = (pos + 3) &^ 3
			n, ok := jsonbOffset(e, part)
			if ok {
				return pos + n, true
			}
			pos += n
		}
	}
	return pos, false
}

// jsonbNumericBytes is the length of a numeric: its header and base-10000 digits without zeros at the ends.
func jsonbNumericBytes(n types.Numeric) int {
	s := strings.TrimLeft(n.Abs().String(), "0")
	whole, frac, _ := strings.Cut(s, ".")
	for len(whole)%4 != 0 {
		whole = "0" + whole
	}
	for len(frac)%4 != 0 {
		frac += "0"
	}
	all := whole + frac
	for strings.HasPrefix(all, "0000") {
		all = all[4:]
	}
	for strings.HasSuffix(all, "0000") {
		all = all[:len(all)-4]
	}
	return 6 + len(all)/2
}

func (x pathItem) json() *types.JSONB {
	if x.dt != nil {
		return jsonString(x.dt.String())
	}
	return x.j
}

// runPath evaluates the path a[1] for a[0]; a[2] are the variables, a[3] says whether errors give NULL (ok = false).
func runPath(c *expr.Ctx, a []types.Datum, tz, silent, probe bool, emit emitFn) (ok bool, err error) {
	p, err := jsonPathOf(a[1].Str())
	if err != nil {
		return false, err
	}
	r, err := newPathRun(c, p, a, tz)
	if err == nil {
		r.probing = probe && !r.strict
		err = r.item(p.Root, r.root, emit, !r.strict)
	}
	var h hardError
	switch {
	case err == nil || errors.Is(err, errPathStop):
		return true, nil
	case errors.As(err, &h):
		return false, h.error
	case silent || len(a) > 3 && a[3].Bool():
		return false, nil
	}
	return false, err
}

func jsonPathCodes() []code {
	cs := []code{
		{src: "jsonb_path_exists_opr", scalar: pathExists(false, true)}, {src: "jsonb_path_match_opr", scalar: pathMatch(false, true)},
	}
	for _, tz := range []bool{false, true} {
		suffix := ""
		if tz {
			suffix = "_tz"
		}
		all := func(c *expr.Ctx, a []types.Datum) ([]*types.JSONB, error) {
			var out []*types.JSONB
			_, err := runPath(c, a, tz, false, false, func(x pathItem) error { out = append(out, x.json()); return nil })
			return out, err
		}
		cs = append(cs,
			code{src: "jsonb_path_exists" + suffix, scalar: pathExists(tz, false)},
			code{src: "jsonb_path_match" + suffix, scalar: pathMatch(tz, false)},
			code{src: "jsonb_path_query_array" + suffix, scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				out, err := all(c, a)
				return types.NewRef(&types.JSONB{Kind: types.JSONArray, Elems: out}), err
			}},
			code{src: "jsonb_path_query_first" + suffix, scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
				out, err := all(c, a)
				if len(out) == 0 {
					return types.Null, err
				}
				return types.NewRef(out[0]), err
			}},
			code{src: "jsonb_path_query" + suffix, set: func(c *expr.Ctx, a []types.Datum) (expr.RowSource, error) {
				if anyNullDatum(a) {
					return seriesOf(noSet), nil
				}
				out, err := all(c, a)
				ds := make([]types.Datum, len(out))
				for i, j := range out {
					ds[i] = types.NewRef(j)
				}
				return listSource(ds), err
			}})
	}
	return cs
}

func pathExists(tz, silent bool) scalarFn {
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		found := false
		strict := strings.HasPrefix(a[1].Str(), "strict ")
		ok, err := runPath(c, a, tz, silent, true, func(pathItem) error {
			found = true
			if !strict {
				return errPathStop
			}
			return nil
		})
		if !ok {
			return types.Null, err
		}
		return types.NewBool(found), nil
	}
}

func pathMatch(tz, silent bool) scalarFn {
	return func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
		var out []pathItem
		ok, err := runPath(c, a, tz, silent, false, func(x pathItem) error { out = append(out, x); return nil })
		if err != nil {
			return types.Null, err
		}
		if ok && len(out) == 1 {
			switch out[0].kind() {
			case types.JSONBool:
				return types.NewBool(out[0].j.Bool), nil
			case types.JSONNull:
				return types.Null, nil
			}
		}
		if !silent && !(len(a) > 3 && a[3].Bool()) {
			return types.Null, pgerr.New(pgerr.SingletonSQLJSONItemRequired, "single boolean result is expected")
		}
		return types.Null, nil
	}
}

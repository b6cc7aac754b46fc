package builtins

import (
	"cmp"
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// recordCodes are the comparisons of rows: by the order of their fields' types, and by how the fields are stored (record_image_…).
func recordCodes() []code {
	var cs []code
	for _, r := range relations {
		for prefix, field := range map[string]func(types.OID, types.Datum, types.Datum) int{"record_": types.Compare, "record_image_": compareImages} {
			cs = append(cs, code{src: prefix + r.suffix, kernel: compareRecords(r.rel, field)})
		}
	}
	for name, field := range map[string]func(types.OID, types.Datum, types.Datum) int{"btrecordcmp": types.Compare, "btrecordimagecmp": compareImages} {
		cs = append(cs, code{src: name, scalar: func(c *expr.Ctx, a []types.Datum) (types.Datum, error) {
			n, err := compareFields(c, a[0].Record(), a[1].Record(), field)
			return types.NewInt(int64(n)), err
		}})
	}
	return cs
}

func compareRecords(r relation, field func(types.OID, types.Datum, types.Datum) int) expr.Kernel {
	return func(c *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) error {
		a, b := args[0], args[1]
		if r.swap {
			a, b = b, a
		}
		ma, mb := mask(a), mask(b)
		one := func(i int) error {
			x, _ := a.Ref[i&ma].(*types.Record)
			y, _ := b.Ref[i&mb].(*types.Record)
			k, err := compareFields(c, x, y, field)
			res.Bool[i] = (k == 0 && r.eq || k < 0 && !r.eq) != r.neg
			return err
		}
		if sel == nil {
			for i := range n {
				if err := one(i); err != nil {
					return err
				}
			}
		}
		for _, i := range sel {
			if err := one(int(i)); err != nil {
				return err
			}
		}
		return nil
	}
}

// compareFields compares rows field by field, which must be of the same types up to the first that differ (record_cmp).
func compareFields(c *expr.Ctx, a, b *types.Record, field func(types.OID, types.Datum, types.Datum) int) (int, error) {
	if a == nil || b == nil {
		return 0, nil
	}
	for i := range min(len(a.Fields), len(b.Fields)) {
		s, t := a.Types[i].OID, b.Types[i].OID
		if s != t {
			return 0, pgerr.New(pgerr.DatatypeMismatch, "cannot compare dissimilar column types %s and %s at record column %d", fieldType(c, s), fieldType(c, t), i+1)
		}
		x, y := a.Fields[i], b.Fields[i]
		switch {
		case x.IsNull() && y.IsNull():
			continue
		case x.IsNull():
			return 1, nil
		case y.IsNull():
			return -1, nil
		}
		if k := field(s, x, y); k != 0 {
			return k, nil
		}
	}
	if len(a.Fields) != len(b.Fields) {
		return 0, pgerr.New(pgerr.DatatypeMismatch, "cannot compare record types with different numbers of columns")
	}
	return 0, nil
}

func fieldType(c *expr.Ctx, t types.OID) string {
	if t >= types.FirstUserOID && c.Types != nil && c.Types.User != nil {
		return c.Types.User.TypeName(t)
	}
	return typeName(t)
}

// compareImages orders values by how PostgreSQL stores them: what is passed by value as an unsigned number, all else by its bytes.
func compareImages(t types.OID, a, b types.Datum) int {
	switch a.Kind() {
	case types.KindInt, types.KindBool:
		return cmp.Compare(uint64(a.Int()), uint64(b.Int()))
	case types.KindStr:
		return strings.Compare(a.Str(), b.Str())
	}
	return strings.Compare(string(types.AppendBinary(nil, types.Of(t), a, nil)), string(types.AppendBinary(nil, types.Of(t), b, nil)))
}

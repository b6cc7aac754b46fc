package builtins

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Accessors of a vector's values, for the generic kernels.
func bools(v *vec.Vector) []bool               { return v.Bool }
func ints(v *vec.Vector) []int64               { return v.Int }
func floats(v *vec.Vector) []float64           { return v.Float }
func strs(v *vec.Vector) []string              { return v.Str }
func nums(v *vec.Vector) []types.Numeric       { return v.Num }
func intervals(v *vec.Vector) []types.Interval { return v.Itv }
func refs(v *vec.Vector) []any                 { return v.Ref }

// mask makes v[i & mask] the value of row i: 0 for a Const vector, all ones for any other. One loop then serves
// vector∘vector, vector∘constant and constant∘vector without a branch per row.
func mask(v *vec.Vector) int {
	if v.Const {
		return 0
	}
	return -1
}

type accessor[T any] func(*vec.Vector) []T

// map1 is the kernel of a function of one argument that cannot fail.
func map1[A, R any](in accessor[A], out accessor[R], f func(A) R) expr.Kernel {
	return func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) error {
		a, o, m := in(args[0]), out(res), mask(args[0])
		if sel == nil {
			for i := range n {
				o[i] = f(a[i&m])
			}
			return nil
		}
		for _, i := range sel {
			o[i] = f(a[int(i)&m])
		}
		return nil
	}
}

// try1 is map1 for a function that can fail.
func try1[A, R any](in accessor[A], out accessor[R], f func(A) (R, error)) expr.Kernel {
	return func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) (err error) {
		a, o, m := in(args[0]), out(res), mask(args[0])
		if sel == nil {
			for i := range n {
				if o[i], err = f(a[i&m]); err != nil {
					return err
				}
			}
			return nil
		}
		for _, i := range sel {
			if o[i], err = f(a[int(i)&m]); err != nil {
				return err
			}
		}
		return nil
	}
}

// map2 is the kernel of a function of two arguments that cannot fail.
func map2[A, B, R any](inA accessor[A], inB accessor[B], out accessor[R], f func(A, B) R) expr.Kernel {
	return func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) error {
		a, b, o := inA(args[0]), inB(args[1]), out(res)
		ma, mb := mask(args[0]), mask(args[1])
		if sel == nil {
			for i := range n {
				o[i] = f(a[i&ma], b[i&mb])
			}
			return nil
		}
		for _, i := range sel {
			o[i] = f(a[int(i)&ma], b[int(i)&mb])
		}
		return nil
	}
}

// try2 is map2 for a function that can fail.
func try2[A, B, R any](inA accessor[A], inB accessor[B], out accessor[R], f func(A, B) (R, error)) expr.Kernel {
	return func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) (err error) {
		a, b, o := inA(args[0]), inB(args[1]), out(res)
		ma, mb := mask(args[0]), mask(args[1])
		if sel == nil {
			for i := range n {
				if o[i], err = f(a[i&ma], b[i&mb]); err != nil {
					return err
				}
			}
			return nil
		}
		for _, i := range sel {
			if o[i], err = f(a[int(i)&ma], b[int(i)&mb]); err != nil {
				return err
			}
		}
		return nil
	}
}

// try3 is try2 with a third argument.
func try3[A, B, C, R any](inA accessor[A], inB accessor[B], inC accessor[C], out accessor[R], f func(A, B, C) (R, error)) expr.Kernel {
	return func(_ *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) (err error) {
		a, b, c, o := inA(args[0]), inB(args[1]), inC(args[2]), out(res)
		ma, mb, mc := mask(args[0]), mask(args[1]), mask(args[2])
		if sel == nil {
			for i := range n {
				if o[i], err = f(a[i&ma], b[i&mb], c[i&mc]); err != nil {
					return err
				}
			}
			return nil
		}
		for _, i := range sel {
			if o[i], err = f(a[int(i)&ma], b[int(i)&mb], c[int(i)&mc]); err != nil {
				return err
			}
		}
		return nil
	}
}

// swap2 is a kernel with its arguments exchanged.
func swap2(k expr.Kernel) expr.Kernel {
	return func(c *expr.Ctx, args []*vec.Vector, sel []int32, n int, res *vec.Vector) error {
		return k(c, []*vec.Vector{args[1], args[0]}, sel, n, res)
	}
}

// copyFrom is the kernel of a function that returns its argument as it is.
func copyFrom[T any](at accessor[T]) expr.Kernel {
	return map1(at, at, func(x T) T { return x })
}

// scalarFn is the one-row form of a function.
type scalarFn = func(c *expr.Ctx, args []types.Datum) (types.Datum, error)

// Constructors for scalars that only need the values.
func strResult(f func(args []types.Datum) (string, error)) scalarFn {
	return func(_ *expr.Ctx, args []types.Datum) (types.Datum, error) {
		s, err := f(args)
		return types.NewStr(s), err
	}
}

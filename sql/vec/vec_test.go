package vec

import (
	"fmt"
	"testing"

	"github.com/lightsql/lightsql/sql/types"
)

var kinds = []types.Kind{types.KindBool, types.KindInt, types.KindFloat, types.KindStr, types.KindNum, types.KindInterval, types.KindRef}

func sample(k types.Kind, i int) types.Datum {
	if i%5 == 3 {
		return types.Null
	}
	switch k {
	case types.KindBool:
		return types.NewBool(i%2 == 0)
	case types.KindInt:
		return types.NewInt(int64(i))
	case types.KindFloat:
		return types.NewFloat(float64(i) / 2)
	case types.KindStr:
		return types.NewStr(fmt.Sprint("s", i))
	case types.KindNum:
		return types.NewNum(types.MakeNumeric(int64(i), 1))
	case types.KindInterval:
		return types.NewInterval(types.Interval{Days: int32(i)})
	}
	return types.NewRef(types.TimeTZ{Micros: int64(i)})
}

func fillVector(k types.Kind, n int) *Vector {
	v := New(k, n)
	for i := range n {
		v.Append(sample(k, i))
	}
	return v
}

func check(t *testing.T, what string, v *Vector, want []types.Datum) {
	t.Helper()
	if v.Len() != len(want) {
		t.Fatalf("%s: %d rows, want %d", what, v.Len(), len(want))
	}
	for i, w := range want {
		if got := v.Datum(i); got != w || v.IsNull(i) != w.IsNull() {
			t.Errorf("%s: row %d is %v, want %v", what, i, got, w)
		}
	}
}

func datums(k types.Kind, rows ...int) []types.Datum {
	var out []types.Datum
	for _, r := range rows {
		out = append(out, sample(k, r))
	}
	return out
}

func seq(from, to int) (s []int) {
	for i := from; i < to; i++ {
		s = append(s, i)
	}
	return s
}

func TestVector(t *testing.T) {
	for _, k := range kinds {
		src := fillVector(k, 200)
		check(t, "append", src, datums(k, seq(0, 200)...))
		v := New(k, 0)
		v.Gather(src, []int32{3, 5, 199, 0})
		check(t, "gather", v, datums(k, 3, 5, 199, 0))
		v.AppendRange(src, 60, 70)
		check(t, "append range", v, datums(k, append([]int{3, 5, 199, 0}, seq(60, 70)...)...))
		v.CopyFrom(src, 68)
		check(t, "copy", v, datums(k, seq(0, 68)...))
		v.Shorten(3)
		v.Append(sample(k, 3))
		check(t, "shorten", v, datums(k, 0, 1, 2, 3))
		v.Set(3, sample(k, 4))
		v.Set(0, types.Null)
		check(t, "set", v, append([]types.Datum{types.Null}, datums(k, 1, 2, 4)...))
		v.AppendSelOrNull(src, []int32{1, -1})
		check(t, "select or null", v, append(append([]types.Datum{types.Null}, datums(k, 1, 2, 4, 1)...), types.Null))
		v.SetConst(types.Null, 70)
		check(t, "null constant", v, make([]types.Datum, 70))
		v.SetConst(sample(k, 1), 3)
		check(t, "constant", v, datums(k, 1, 1, 1))
		v.Slice(src, 62, 67)
		check(t, "slice", v, datums(k, seq(62, 67)...))
		v.CopyRow(0, src, 3)
		if !v.IsNull(0) {
			t.Error("copy row")
		}
	}
}

func TestBatch(t *testing.T) {
	b := NewBatch(kinds, 8)
	for i := range 10 {
		var row []types.Datum
		for _, k := range kinds {
			row = append(row, sample(k, i))
		}
		b.AppendRow(row)
	}
	b.Sel = []int32{1, 3, 9}
	c := NewBatch(kinds, 0)
	c.AppendBatch(b)
	c.AppendFrom(b, 0)
	if c.Len != 4 || c.Rows() != 4 || b.Rows() != 3 || b.Row(2) != 9 || c.Row(2) != 2 {
		t.Fatal("lengths")
	}
	for i, k := range kinds {
		check(t, "batch", c.Cols[i], datums(k, 1, 3, 9, 0))
	}
	c.Truncate(2)
	b.Truncate(1)
	if c.Rows() != 2 || b.Rows() != 1 {
		t.Error("truncate")
	}
	if got := c.Datums(nil, 0); len(got) != len(kinds) || got[1].Int() != 1 {
		t.Error("datums")
	}
}

func TestBitmap(t *testing.T) {
	var b Bitmap
	for _, i := range []int{0, 63, 64, 200} {
		b.Set(i)
	}
	if b.Count() != 4 || !b.Has(200) || b.Has(199) || b.Has(100000) {
		t.Error("set")
	}
	b.Clear(200)
	b.Clear(100000)
	var c Bitmap
	c.SetAll(65)
	if c.Count() != 65 || c.Has(65) {
		t.Error("all")
	}
	c.Or(b)
	if c.Count() != 65 {
		t.Error("or")
	}
	b.Reset()
	b.Set(300)
	if b.Count() != 1 {
		t.Error("memory of an earlier use shows")
	}
}

func TestNoAllocationWhenReused(t *testing.T) {
	sel := []int32{1, 3, 5, 7}
	for _, k := range kinds {
		src, v := fillVector(k, 100), New(k, 100)
		v.CopyFrom(src, 100)
		if n := testing.AllocsPerRun(100, func() {
			v.Gather(src, sel)
			v.CopyFrom(src, 100)
			v.Clear(100)
			v.SetNull(70)
			v.AppendRow(src, 1)
			v.Shorten(100)
		}); n != 0 {
			t.Errorf("kind %d: %v allocations", k, n)
		}
	}
}

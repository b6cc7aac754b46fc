package exec_test

import (
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/exectest"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// spillTypes has a type of every kind, and of every sort of reference.
var spillTypes = exectest.Types(types.BoolOID, types.Int8OID, types.Float8OID, types.TextOID, types.NumericOID, types.IntervalOID,
	types.Int4ArrayOID, types.TimetzOID, types.RecordOID, types.JSONBOID)

func randomRow(rnd *rand.Rand) []types.Datum {
	big, _ := types.MakeNumeric(rnd.Int63(), 3).Mul(types.MakeNumeric(rnd.Int63(), 2))
	nums := []types.Numeric{types.MakeNumeric(rnd.Int63()-math.MaxInt64/2, rnd.Intn(10)), big, types.NumericNaN, types.NumericInf.Neg()}
	row := []types.Datum{
		types.NewBool(rnd.Intn(2) == 0),
		types.NewInt(int64(rnd.Uint64())),
		types.NewFloat([]float64{rnd.NormFloat64(), math.Inf(1), math.Copysign(0, -1)}[rnd.Intn(3)]),
		types.NewStr([]string{"", "x", fmt.Sprint(rnd.Int63()), string(make([]byte, 300))}[rnd.Intn(4)]),
		types.NewNum(nums[rnd.Intn(4)]),
		types.NewInterval(types.Interval{Months: rnd.Int31() - 1e9, Days: -5, Micros: rnd.Int63()}),
		types.NewRef(&types.Array{Elem: types.Int4OID, Dims: []types.Dim{{Len: 2, Lower: -1}}, Elems: []types.Datum{types.NewInt(rnd.Int63()), types.Null}}),
		types.NewRef(types.TimeTZ{Micros: rnd.Int63n(1e10), Zone: -3600}),
		types.NewRef(&types.Record{Types: exectest.Types(types.TextOID, types.Int4OID), Fields: []types.Datum{types.NewStr("a"), types.NewInt(7)}}),
		types.NewRef(types.NewJSONObject([]string{"k", "l"}, []*types.JSONB{{Kind: types.JSONNull}, {Kind: types.JSONNumber, Num: big}})),
	}
	for i := range row {
		if rnd.Intn(4) == 0 {
			row[i] = types.Null
		}
	}
	return row
}

func TestSpillFile(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 3000} {
		rnd := rand.New(rand.NewSource(int64(n)))
		ctx := &exec.Ctx{SpillDir: t.TempDir(), WorkMemBytes: 1000}
		f := exec.NewSpillFile(ctx, vec.Kinds(spillTypes))
		defer f.Close()
		var want []string
		b := vec.NewBatch(vec.Kinds(spillTypes), 0)
		for i := range n {
			row := randomRow(rnd)
			want = append(want, exectest.Text(spillTypes, row))
			b.AppendRow(row)
			if i%100 == 99 || i == n-1 {
				if err := f.Append(b); err != nil {
					t.Fatal(err)
				}
				b.Reset()
			}
		}
		if f.Rows() != int64(n) {
			t.Fatalf("%d rows, want %d", f.Rows(), n)
		}
		for range 2 {
			exectest.Same(t, readAll(t, f.Reader(0, f.Size())), want)
		}
		if left, _ := filepath.Glob(filepath.Join(ctx.SpillDir, "*")); len(left) > 0 {
			t.Errorf("files are left: %v", left)
		}
	}
}

func readAll(t *testing.T, r *exec.SpillReader) (out []string) {
	b := vec.NewBatch(vec.Kinds(spillTypes), 0)
	for {
		ok, err := r.Next(b)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return out
		}
		for i := range b.Len {
			out = append(out, exectest.Text(spillTypes, b.Datums(nil, i)))
		}
	}
}

// TestRowBufferAround reads rows of a buffer, most of it in a file, in any order.
func TestRowBufferAround(t *testing.T) {
	ts := exectest.Types(types.Int8OID, types.TextOID, types.JSONBOID)
	b := exec.NewRowBuffer(&exec.Ctx{SpillDir: t.TempDir(), WorkMemBytes: 20000}, ts)
	defer b.Close()
	rnd := rand.New(rand.NewSource(5))
	in := vec.NewBatch(vec.Kinds(ts), 0)
	n := int64(0)
	for n < 5000 {
		in.Reset()
		for range 1 + rnd.Intn([]int{1, 3, 1024}[rnd.Intn(3)]) {
			in.AppendRow([]types.Datum{types.NewInt(n), types.NewStr(fmt.Sprint("row ", n)), types.NewRef(&types.JSONB{Kind: types.JSONString, Str: fmt.Sprint(n)})})
			n++
		}
		if err := b.Add(in); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			at := rnd.Int63n(n)
			first, rows, err := b.Around(at)
			if err != nil {
				t.Fatal(err)
			}
			if i := int(at - first); rows.Cols[0].Int[i] != at || rows.Cols[1].Str[i] != fmt.Sprint("row ", at) || rows.Cols[2].Datum(i).JSONB().Str != fmt.Sprint(at) {
				t.Fatalf("row %d is %v", at, rows.Datums(nil, i))
			}
		}
	}
}

func TestSpillErrors(t *testing.T) {
	ctx := &exec.Ctx{SpillDir: filepath.Join(t.TempDir(), "missing"), WorkMemBytes: 1}
	f := exec.NewSpillFile(ctx, []types.Kind{types.KindStr})
	b := vec.NewBatch([]types.Kind{types.KindStr}, 1)
	b.AppendRow([]types.Datum{types.NewStr(string(make([]byte, 1000)))})
	if err := f.Append(b); pgerr.CodeOf(err) != pgerr.IOError {
		t.Errorf("spilling to a folder that is not there: %v", err)
	}
}

func TestRemoveSpillFiles(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"lightsql-spill-1", "other"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := exec.RemoveSpillFiles(dir); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 || filepath.Base(left[0]) != "other" {
		t.Errorf("left: %v", left)
	}
}

func TestAccount(t *testing.T) {
	a := &exec.Account{Limit: 100}
	if err := a.Grow(100); err != nil {
		t.Fatal(err)
	}
	if err := a.Grow(1); pgerr.CodeOf(err) != pgerr.OutOfMemory {
		t.Errorf("beyond the limit: %v", err)
	}
	a.Free(60)
	var u exec.Usage
	u.Init(&exec.Ctx{Memory: a})
	for _, n := range []int64{10, 50, 20} {
		if err := u.Set(n); err != nil {
			t.Fatal(err)
		}
	}
	if a.Used != 60 || u.Peak() != 50 {
		t.Errorf("used %d, peak %d", a.Used, u.Peak())
	}
	u.Release()
	if a.Used != 40 {
		t.Errorf("used %d after release", a.Used)
	}
}

// TestKeyTable compares with a map, for keys of one and of several columns.
func TestKeyTable(t *testing.T) {
	for _, ts := range [][]types.T{exectest.Types(types.Int4OID), exectest.Types(types.TextOID), exectest.Types(types.BPCharOID),
		exectest.Types(types.NumericOID), exectest.Types(types.Float8OID), exectest.Types(types.Int4OID, types.TextOID)} {
		for _, nulls := range []bool{false, true} {
			rnd := rand.New(rand.NewSource(3))
			tab := exec.NewKeyTable(ts)
			known := map[string]int32{}
			for range 30 {
				b := vec.NewBatch(vec.Kinds(ts), 0)
				var want []int32
				for range 1 + rnd.Intn(200) {
					row, key := randomKey(rnd, ts, nulls)
					b.AppendRow(row)
					if _, ok := known[key]; !ok {
						known[key] = int32(len(known))
					}
					want = append(want, known[key])
				}
				got := tab.Assign(b.Cols, nil, b.Len, nil)
				again := tab.Find(b.Cols, nil, b.Len, nil)
				for i := range want {
					if got[i] != want[i] || again[i] != want[i] {
						t.Fatalf("%v nulls=%v row %d: number %d, found as %d, want %d", ts, nulls, i, got[i], again[i], want[i])
					}
				}
			}
			if tab.Len() != len(known) {
				t.Errorf("%d keys, want %d", tab.Len(), len(known))
			}
			tab.Reset()
			if tab.Len() != 0 || tab.Bytes() < 0 {
				t.Errorf("after reset: %d keys, %d bytes", tab.Len(), tab.Bytes())
			}
		}
	}
}

// randomKey is a row and what identifies it: equal values may look different.
func randomKey(rnd *rand.Rand, ts []types.T, nulls bool) ([]types.Datum, string) {
	var row []types.Datum
	key := ""
	for _, t := range ts {
		n := rnd.Intn(300)
		var d types.Datum
		switch t.Kind() {
		case types.KindInt:
			d = types.NewInt(int64(n))
		case types.KindNum:
			d = types.NewNum(types.MakeNumeric(int64(n)*[]int64{1, 10, 100}[n%3], n%3))
		case types.KindFloat:
			d = types.NewFloat(float64(n))
			if n == 0 {
				d = types.NewFloat(math.Copysign(0, float64(rnd.Intn(2)*2-1)))
			} else if n == 1 {
				d = types.NewFloat(math.NaN())
			}
		default:
			d = types.NewStr(fmt.Sprint("k", n))
			if t.OID == types.BPCharOID && rnd.Intn(2) == 0 {
				d = types.NewStr(fmt.Sprint("k", n, "   "))
			}
		}
		if nulls && n%50 == 49 {
			d, n = types.Null, -1
		}
		row, key = append(row, d), fmt.Sprint(key, "/", n)
	}
	return row, key
}

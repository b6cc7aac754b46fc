package rowenc

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

var allTypes = []types.OID{types.Int4OID, types.BoolOID, types.Int2OID, types.Int8OID, types.OIDOID, types.Float4OID, types.Float8OID,
	types.TextOID, types.BPCharOID, types.ByteaOID, types.UUIDOID, types.NumericOID, types.DateOID, types.TimestampOID, types.IntervalOID,
	types.VarcharOID, types.JSONOID, types.Int4ArrayOID}

// testTable has a column of each type; pk and idx name columns by ID.
func testTable(oids []types.OID, pk []catalog.IndexColumn, idx ...*catalog.Index) *catalog.Table {
	t := &catalog.Table{OID: 16384, Name: "t", Storage: 16, NextColumn: 1, Primary: &catalog.Index{ID: catalog.PrimaryIndexID, Columns: pk,
		Unique: true, Primary: true}, Indexes: idx}
	for _, o := range oids {
		t.Columns = append(t.Columns, &catalog.Column{ID: t.NextColumn, Name: fmt.Sprintf("c%d", t.NextColumn), Type: types.Of(o)})
		t.NextColumn++
	}
	return t
}

func randomDatum(r *rand.Rand, oid types.OID) types.Datum {
	switch oid {
	case types.BoolOID:
		return types.NewBool(r.IntN(2) == 0)
	case types.Int2OID:
		return types.NewInt(int64(int16(r.Uint64())))
	case types.Int4OID, types.DateOID:
		return types.NewInt(int64(int32(r.Uint64()) >> r.IntN(31)))
	case types.OIDOID:
		return types.NewInt(int64(r.Uint32()))
	case types.Int8OID, types.TimestampOID:
		return types.NewInt(int64(r.Uint64()) >> r.IntN(63))
	case types.Float4OID:
		return types.NewFloat(float64(float32(r.NormFloat64())))
	case types.Float8OID:
		return types.NewFloat([]float64{r.NormFloat64(), math.Inf(1), 0, math.Copysign(0, -1)}[r.IntN(4)])
	case types.UUIDOID:
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return types.NewStr(string(b))
	case types.NumericOID:
		n, err := types.ParseNumeric([]string{"0", "1.50", "-12345678901234567890123.4567", "NaN", "Infinity", "-0.001", "100",
			fmt.Sprint(r.Int64())}[r.IntN(8)])
		if err != nil {
			panic(err)
		}
		return types.NewNum(n)
	case types.IntervalOID:
		return types.NewInterval(types.Interval{Months: int32(r.Uint32()), Days: int32(r.IntN(100)), Micros: int64(r.Uint64())})
	case types.Int4ArrayOID:
		return types.NewRef(types.NewArray(types.Int4OID, []types.Datum{types.NewInt(r.Int64N(10)), types.Null}))
	case types.JSONOID:
		return types.NewStr(`{"a": 1}`)
	}
	return types.NewStr(strings.Repeat(string([]byte{'a', 0, 'b', 'z'}[r.IntN(4)]), r.IntN(9)))
}

// randomBatch has n rows of t's columns; columns in notNull have no NULLs.
func randomBatch(r *rand.Rand, t *catalog.Table, n int, notNull []catalog.IndexColumn) *vec.Batch {
	b := &vec.Batch{Len: n}
	for _, c := range t.Columns {
		v := vec.New(c.Type.Kind(), n)
		for range n {
			if r.IntN(4) == 0 && !slices.ContainsFunc(notNull, func(x catalog.IndexColumn) bool { return x.Column == c.ID }) {
				v.AppendNull()
			} else {
				v.Append(randomDatum(r, c.Type.OID))
			}
		}
		b.Cols = append(b.Cols, v)
	}
	return b
}

func text(c *catalog.Column, d types.Datum) string {
	if d.IsNull() {
		return "NULL"
	}
	if c.Type.OID == types.Float8OID && math.Signbit(d.Float()) && d.Float() == 0 {
		return "-0"
	}
	return types.Text(c.Type, d, nil)
}

func mustTable(t testing.TB, d *catalog.Table) *Table {
	t.Helper()
	rt, err := NewTable(d)
	if err != nil {
		t.Fatal(err)
	}
	return rt
}

func ordinals(t *catalog.Table) []int {
	var o []int
	for i := range t.Columns {
		o = append(o, i)
	}
	return o
}

func emptyVectors(t *catalog.Table, ords []int) []*vec.Vector {
	var vs []*vec.Vector
	for _, o := range ords {
		if o < 0 {
			vs = append(vs, vec.New(types.KindStr, 0))
		} else {
			vs = append(vs, vec.New(t.Columns[o].Type.Kind(), 0))
		}
	}
	return vs
}

func TestRowRoundTrip(t *testing.T) {
	pks := [][]catalog.IndexColumn{
		{{Column: 1}},
		{{Column: 8, Desc: true}, {Column: 12}, {Column: 11, Desc: true}},
		{{Column: 15}, {Column: 7, Desc: true}, {Column: 9}, {Column: 2, Desc: true}, {Column: 14}},
		nil,
	}
	for seed, pk := range pks {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		d := testTable(allTypes, pk)
		rt := mustTable(t, d)
		for _, n := range []int{0, 1, 200} {
			b := randomBatch(r, d, n, pk)
			rows := &Rows{Cols: b.Cols, Len: n}
			for i := range n {
				rows.RowIDs = append(rows.RowIDs, int64(i))
			}
			var keys, values Buffer
			rt.AppendKeys(&keys, rows)
			rt.AppendRows(&values, rows)
			ords := append(ordinals(d), -1)
			dec, err := rt.NewRowDecoder(ords)
			if err != nil {
				t.Fatal(err)
			}
			out := emptyVectors(d, ords)
			for range 2 { // the second call appends
				if err := dec.Decode(keys.B, values.B, out); err != nil {
					t.Fatal(err)
				}
			}
			for i := range 2 * n {
				for c := range d.Columns {
					if got, want := text(d.Columns[c], out[c].Datum(i)), text(d.Columns[c], b.Cols[c].Datum(i%n)); got != want {
						t.Fatalf("pk %v row %d column %s (%s): %q, want %q", pk, i, d.Columns[c].Name, d.Columns[c].Type, got, want)
					}
				}
				if id := out[len(ords)-1].Str[i]; id != string(keys.B[i%n][len(rt.Primary.Prefix):]) {
					t.Fatalf("row id %x of key %x", id, keys.B[i%n])
				}
			}
		}
	}
}

func TestIndexRoundTripAndOrder(t *testing.T) {
	idx := []*catalog.Index{
		{ID: 2, Name: "plain", Columns: []catalog.IndexColumn{{Column: 8}, {Column: 12, Desc: true, NullsFirst: true}}},
		{ID: 3, Name: "uniq", Unique: true, Columns: []catalog.IndexColumn{{Column: 3}, {Column: 9, NullsFirst: true}}, Include: []catalog.ColumnID{6}},
		{ID: 4, Name: "notdistinct", Unique: true, NullsNotDistinct: true, Columns: []catalog.IndexColumn{{Column: 2, Desc: true}}},
	}
	pk := []catalog.IndexColumn{{Column: 1}, {Column: 7}}
	d := testTable(allTypes, pk, idx...)
	rt := mustTable(t, d)
	b := randomBatch(rand.New(rand.NewPCG(7, 7)), d, 300, pk)
	rows := &Rows{Cols: b.Cols, Len: b.Len}
	var pks Buffer
	rt.AppendKeys(&pks, rows)
	for n, x := range rt.Indexes {
		var keys, values Buffer
		x.AppendEntryKeys(&keys, rows, pks.B)
		x.AppendEntryValues(&values, rows, pks.B)
		ords := []int{-1, 0, 6}
		for _, c := range x.cols {
			ords = append(ords, c.src)
		}
		if n == 1 {
			ords = append(ords, 5)
		}
		dec, err := rt.NewDecoder(x, ords)
		if err != nil {
			t.Fatal(err)
		}
		out := emptyVectors(d, ords)
		if err := dec.Decode(keys.B, values.B, out); err != nil {
			t.Fatal(err)
		}
		for i := range b.Len {
			if out[0].Str[i] != string(pks.B[i][len(rt.Primary.Prefix):]) {
				t.Fatalf("%s: row id of row %d", x.Desc.Name, i)
			}
			for o, c := range ords[1:] {
				if got, want := text(d.Columns[c], out[o+1].Datum(i)), text(d.Columns[c], b.Cols[c].Datum(i)); got != want {
					t.Fatalf("%s row %d column %d: %q, want %q", x.Desc.Name, i, c, got, want)
				}
			}
		}
		if _, err := rt.NewDecoder(x, []int{16}); err == nil {
			t.Error("a decoder of an index for a column that it does not hold")
		}
	}
}

func TestAddedAndDroppedColumns(t *testing.T) {
	old := testTable([]types.OID{types.Int4OID, types.TextOID, types.Int8OID}, []catalog.IndexColumn{{Column: 1}})
	b := &vec.Batch{Cols: []*vec.Vector{vec.New(types.KindInt, 0), vec.New(types.KindStr, 0), vec.New(types.KindInt, 0)}}
	b.AppendRow([]types.Datum{types.NewInt(1), types.NewStr("one"), types.NewInt(11)})
	rt := mustTable(t, old)
	var keys, values Buffer
	rt.AppendKeys(&keys, &Rows{Cols: b.Cols, Len: 1})
	rt.AppendRows(&values, &Rows{Cols: b.Cols, Len: 1})

	now := *old
	now.Dropped = []*catalog.Column{old.Columns[1]}
	five := AppendMissing(nil, types.Of(types.NumericOID), types.NewNum(types.MakeNumeric(50, 1)))
	now.Columns = []*catalog.Column{old.Columns[0], old.Columns[2],
		{ID: 4, Name: "c4", Type: types.Of(types.NumericOID), Missing: five}, {ID: 5, Name: "c5", Type: types.Of(types.TextOID)}}
	now.NextColumn = 6
	rt = mustTable(t, &now)
	nb := &vec.Batch{Cols: emptyVectors(&now, ordinals(&now))}
	nb.AppendRow([]types.Datum{types.NewInt(2), types.NewInt(22), types.Null, types.NewStr("two")})
	rt.AppendKeys(&keys, &Rows{Cols: nb.Cols, Len: 1})
	rt.AppendRows(&values, &Rows{Cols: nb.Cols, Len: 1})
	dec, err := rt.NewRowDecoder([]int{0, 1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, sel := range [][]int{{0}, {1}, {0, 1}, {1, 0}} {
		var ks, vs [][]byte
		for _, i := range sel {
			ks, vs = append(ks, keys.B[i]), append(vs, values.B[i])
		}
		out := emptyVectors(&now, ordinals(&now))
		if err := dec.Decode(ks, vs, out); err != nil {
			t.Fatal(err)
		}
		for i, s := range sel {
			want := []string{"1 11 5.0 NULL", "2 22 NULL two"}[s]
			var got []string
			for c := range out {
				got = append(got, text(now.Columns[c], out[c].Datum(i)))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%v: %v, want %s", sel, got, want)
			}
		}
	}
}

func TestWideRow(t *testing.T) {
	d := testTable([]types.OID{types.Int4OID, types.TextOID, types.TextOID}, []catalog.IndexColumn{{Column: 1}})
	rt := mustTable(t, d)
	b := &vec.Batch{Cols: emptyVectors(d, ordinals(d))}
	b.AppendRow([]types.Datum{types.NewInt(1), types.NewStr(strings.Repeat("x", 60000)), types.NewStr(strings.Repeat("y", 70000))})
	b.AppendRow([]types.Datum{types.NewInt(1), types.NewStr("x"), types.NewStr("y")})
	var keys, values Buffer
	rows := &Rows{Cols: b.Cols, Len: 2}
	rt.AppendKeys(&keys, rows)
	rt.AppendRows(&values, rows)
	dec, _ := rt.NewRowDecoder([]int{2, 1})
	out := emptyVectors(d, []int{2, 1})
	if err := dec.Decode(keys.B, values.B, out); err != nil {
		t.Fatal(err)
	}
	if len(out[0].Str[0]) != 70000 || len(out[1].Str[0]) != 60000 || out[0].Str[1] != "y" {
		t.Error("wide row")
	}
}

// inSpan evaluates a constraint on a value, as a check of Span.
func inSpan(v int64, null bool, c *Constraint) bool {
	if null {
		return false
	}
	return !(c.HasLow && (v < c.Low.Int() || v == c.Low.Int() && !c.LowIncl) || c.HasHigh && (v > c.High.Int() || v == c.High.Int() && !c.HighIncl))
}

func TestSpan(t *testing.T) {
	for variant := range 4 {
		ic := catalog.IndexColumn{Column: 2, Desc: variant&1 != 0, NullsFirst: variant&2 != 0}
		d := testTable([]types.OID{types.Int4OID, types.Int4OID}, []catalog.IndexColumn{{Column: 1}},
			&catalog.Index{ID: 2, Columns: []catalog.IndexColumn{ic}})
		rt := mustTable(t, d)
		x := rt.Index(2)
		b := &vec.Batch{Cols: emptyVectors(d, ordinals(d))}
		vals := []int64{-1000, -1, 0, 1, 5, 109, 110, 255, 256, 70000}
		for i, v := range vals {
			b.AppendRow([]types.Datum{types.NewInt(int64(i)), types.NewInt(v)})
		}
		b.AppendRow([]types.Datum{types.NewInt(100), types.Null})
		var pks, keys Buffer
		rows := &Rows{Cols: b.Cols, Len: b.Len}
		rt.AppendKeys(&pks, rows)
		x.AppendEntryKeys(&keys, rows, pks.B)
		for _, low := range append(vals, 7) {
			for _, high := range append(vals, 200) {
				for bits := range 16 {
					c := &Constraint{HasLow: bits&1 != 0, HasHigh: bits&2 != 0, LowIncl: bits&4 != 0, HighIncl: bits&8 != 0,
						Low: types.NewInt(low), High: types.NewInt(high)}
					if !c.HasLow && !c.HasHigh {
						continue
					}
					r, empty := x.Span(c)
					for i, k := range keys.B {
						got := !empty && bytes.Compare(k, r.Start) >= 0 && bytes.Compare(k, r.End) < 0
						if want := inSpan(b.Cols[1].Int[i], b.Cols[1].IsNull(i), c); got != want {
							t.Fatalf("variant %d, %+v: value %d in span: %v", variant, c, b.Cols[1].Int[i], got)
						}
					}
				}
			}
		}
		if _, empty := x.Span(&Constraint{Eq: []types.Datum{types.Null}}); !empty {
			t.Error("= NULL finds rows")
		}
		r, empty := x.Span(&Constraint{Eq: []types.Datum{types.Null}, NullEq: []bool{true}})
		if k := keys.B[len(vals)]; empty || bytes.Compare(k, r.Start) < 0 || bytes.Compare(k, r.End) >= 0 {
			t.Error("IS NULL does not find the NULL")
		}
	}
}

func TestPointKey(t *testing.T) {
	d := testTable([]types.OID{types.Int4OID, types.TextOID}, []catalog.IndexColumn{{Column: 1}},
		&catalog.Index{ID: 2, Unique: true, Columns: []catalog.IndexColumn{{Column: 2}}})
	rt := mustTable(t, d)
	b := &vec.Batch{Cols: emptyVectors(d, ordinals(d))}
	b.AppendRow([]types.Datum{types.NewInt(7), types.NewStr("x")})
	b.AppendRow([]types.Datum{types.NewInt(8), types.Null})
	var pks, keys, values, points Buffer
	rows := &Rows{Cols: b.Cols, Len: 2}
	rt.AppendKeys(&pks, rows)
	rt.Indexes[0].AppendEntryKeys(&keys, rows, pks.B)
	rt.Indexes[0].AppendEntryValues(&values, rows, pks.B)
	if !rt.Primary.PointKey(&points, []types.Datum{types.NewInt(7)}) || !rt.Indexes[0].PointKey(&points, []types.Datum{types.NewStr("x")}) {
		t.Fatal("PointKey")
	}
	if rt.Indexes[0].PointKey(&points, []types.Datum{types.Null}) {
		t.Error("PointKey of NULL")
	}
	if !bytes.Equal(points.B[0], pks.B[0]) || !bytes.Equal(points.B[1], keys.B[0]) {
		t.Errorf("%x %x", points.B, keys.B)
	}
	if id, err := rt.Indexes[0].RowIDOfEntry(values.B[0]); err != nil || !bytes.Equal(id, rt.RowIDOfKey(pks.B[0])) {
		t.Errorf("RowIDOfEntry: %x, %v", id, err)
	}
}

// TestGolden pins the format: a change that this test notices needs a new format byte.
func TestGolden(t *testing.T) {
	d := testTable([]types.OID{types.Int4OID, types.Int4OID, types.TextOID, types.NumericOID, types.BoolOID}, []catalog.IndexColumn{{Column: 1}},
		&catalog.Index{ID: 2, Name: "plain", Columns: []catalog.IndexColumn{{Column: 3}}},
		&catalog.Index{ID: 3, Name: "unique", Unique: true, Columns: []catalog.IndexColumn{{Column: 4, Desc: true}}})
	rt := mustTable(t, d)
	b := &vec.Batch{Cols: emptyVectors(d, ordinals(d))}
	num, _ := types.ParseNumeric("-12.50")
	b.AppendRow([]types.Datum{types.NewInt(2), types.NewInt(42), types.NewStr("foo"), types.NewNum(num), types.NewBool(true)})
	b.AppendRow([]types.Datum{types.NewInt(-300), types.NewInt(-1), types.Null, types.Null, types.Null})
	rows := &Rows{Cols: b.Cols, Len: b.Len}
	var s strings.Builder
	var pks, values Buffer
	rt.AppendKeys(&pks, rows)
	rt.AppendRows(&values, rows)
	for i := range pks.B {
		fmt.Fprintf(&s, "row     % x\n     -> % x\n", pks.B[i], values.B[i])
	}
	for _, x := range rt.Indexes {
		var ks, vs Buffer
		x.AppendEntryKeys(&ks, rows, pks.B)
		x.AppendEntryValues(&vs, rows, pks.B)
		for i := range ks.B {
			fmt.Fprintf(&s, "%-7s % x\n     -> % x\n", x.Desc.Name, ks.B[i], vs.B[i])
		}
	}
	checkGolden(t, "testdata/golden.txt", s.String())
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("REWRITE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%v; got:\n%s", err, got)
	}
}

func TestCheckKey(t *testing.T) {
	for oid, want := range map[types.OID]string{
		types.JSONOID:      `data type json has no default operator class for access method "btree"`,
		types.JSONBOID:     "",
		types.Int4ArrayOID: "",
		types.TextOID:      "",
	} {
		got := ""
		if err := CheckKey(types.Of(oid)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%d: %q, want %q", oid, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	pk := []catalog.IndexColumn{{Column: 8, Desc: true}, {Column: 12}, {Column: 1}}
	d := testTable(allTypes, pk, &catalog.Index{ID: 2, Unique: true, Columns: []catalog.IndexColumn{{Column: 4}, {Column: 9, Desc: true}}})
	rt, err := NewTable(d)
	if err != nil {
		f.Fatal(err)
	}
	b := randomBatch(rand.New(rand.NewPCG(3, 3)), d, 3, pk)
	rows := &Rows{Cols: b.Cols, Len: b.Len}
	var ks, vs, es, evs Buffer
	rt.AppendKeys(&ks, rows)
	rt.AppendRows(&vs, rows)
	rt.Indexes[0].AppendEntryKeys(&es, rows, ks.B)
	rt.Indexes[0].AppendEntryValues(&evs, rows, ks.B)
	for i := range 3 {
		f.Add(ks.B[i], vs.B[i], false)
		f.Add(es.B[i], evs.B[i], true)
	}
	f.Fuzz(func(t *testing.T, key, value []byte, index bool) {
		x, ords := rt.Primary, append(ordinals(d), -1)
		if index {
			x, ords = rt.Indexes[0], []int{3, 8, 7, -1, 11}
		}
		dec, err := rt.NewDecoder(x, ords)
		if err != nil {
			t.Fatal(err)
		}
		if err := dec.Decode([][]byte{key}, [][]byte{value}, emptyVectors(d, ords)); err != nil && !errors.Is(err, kv.ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

func benchTable(b *testing.B) (*Table, *Buffer, *Buffer, *vec.Batch) {
	d := testTable([]types.OID{types.Int4OID, types.Int4OID, types.Int4OID, types.BPCharOID}, []catalog.IndexColumn{{Column: 1}})
	rt := mustTable(b, d)
	batch := randomBatch(rand.New(rand.NewPCG(1, 1)), d, 1024, []catalog.IndexColumn{{Column: 1}, {Column: 2}, {Column: 3}, {Column: 4}})
	for i := range batch.Len {
		batch.Cols[3].Str[i] = strings.Repeat(" ", 84)
	}
	var ks, vs Buffer
	rows := &Rows{Cols: batch.Cols, Len: batch.Len}
	rt.AppendKeys(&ks, rows)
	rt.AppendRows(&vs, rows)
	return rt, &ks, &vs, batch
}

func BenchmarkDecode(b *testing.B) {
	rt, ks, vs, _ := benchTable(b)
	for _, ords := range [][]int{{0}, {1, 2}, {0, 1, 2, 3}} {
		b.Run(fmt.Sprint(ords), func(b *testing.B) {
			dec, _ := rt.NewRowDecoder(ords)
			out := emptyVectors(rt.Desc, ords)
			b.ReportAllocs()
			for b.Loop() {
				for _, v := range out {
					v.Resize(0)
				}
				if err := dec.Decode(ks.B, vs.B, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*1024*float64(len(ords))/b.Elapsed().Seconds()/1e6, "Mvalues/s")
		})
	}
	b.Run("one row", func(b *testing.B) {
		dec, _ := rt.NewRowDecoder([]int{0, 1, 2, 3})
		out := emptyVectors(rt.Desc, []int{0, 1, 2, 3})
		b.ReportAllocs()
		for b.Loop() {
			for _, v := range out {
				v.Resize(0)
			}
			if err := dec.Decode(ks.B[:1], vs.B[:1], out); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	rt, ks, vs, batch := benchTable(b)
	rows := &Rows{Cols: batch.Cols, Len: batch.Len}
	b.ReportAllocs()
	for b.Loop() {
		ks.Reset()
		vs.Reset()
		rt.AppendKeys(ks, rows)
		rt.AppendRows(vs, rows)
	}
	b.ReportMetric(float64(b.N)*1024/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// TestGoldenTerms pins the entries of inverted indexes.
func TestGoldenTerms(t *testing.T) {
	d := testTable([]types.OID{types.Int4OID, types.Int4ArrayOID, types.JSONBOID}, []catalog.IndexColumn{{Column: 1}},
		&catalog.Index{ID: 2, Name: "tags", Method: catalog.GIN, Columns: []catalog.IndexColumn{{Column: 2}}},
		&catalog.Index{ID: 3, Name: "doc", Method: catalog.GIN, Columns: []catalog.IndexColumn{{Column: 3}}},
		&catalog.Index{ID: 4, Name: "path", Method: catalog.GIN, Columns: []catalog.IndexColumn{{Column: 3, OpClass: "jsonb_path_ops"}}})
	rt := mustTable(t, d)
	b := &vec.Batch{Cols: emptyVectors(d, ordinals(d))}
	doc, err := types.ParseJSONB(`{"a": [1, "x"], "b": null}`)
	if err != nil {
		t.Fatal(err)
	}
	b.AppendRow([]types.Datum{types.NewInt(2), types.NewRef(types.NewArray(types.Int4OID, []types.Datum{types.NewInt(7), types.Null, types.NewInt(-1)})), types.NewRef(doc)})
	b.AppendRow([]types.Datum{types.NewInt(3), types.NewRef(types.NewArray(types.Int4OID, nil)), types.Null})
	rows := &Rows{Cols: b.Cols, Len: b.Len}
	var s strings.Builder
	var pks Buffer
	rt.AppendKeys(&pks, rows)
	for _, x := range rt.Indexes {
		var ks, vs Buffer
		x.appendTerms(&ks, &vs, rows, pks.B)
		for i := range ks.B {
			fmt.Fprintf(&s, "%-7s % x\n     -> % x\n", x.Desc.Name, ks.B[i], vs.B[i])
		}
	}
	checkGolden(t, "testdata/golden_terms.txt", s.String())
}

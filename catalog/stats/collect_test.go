package stats

import (
	"math"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

func TestSketch(t *testing.T) {
	for _, n := range []int{0, 1, 100, 5000, 200000} {
		s := newSketch()
		for range 2 {
			for i := range n {
				s.add(types.HashInt(int64(i)))
			}
		}
		if got := s.count(); math.Abs(got-float64(n)) > 0.03*float64(n)+0.5 {
			t.Errorf("%d distinct values: %.0f", n, got)
		}
	}
}

// TestCollector feeds rows of known distributions.
func TestCollector(t *testing.T) {
	desc := &catalog.Table{Storage: 7, Columns: []*catalog.Column{
		{ID: 1, Name: "unique", Type: types.Of(types.Int8OID)},
		{ID: 2, Name: "few", Type: types.Of(types.TextOID)},
		{ID: 3, Name: "half null, backwards", Type: types.Of(types.Int4OID)},
	}}
	c := newCollector(desc, Options{Target: 10}) // a sample of 3,000
	const rows = 20000
	for i := 0; i < rows; i += 1000 {
		c.batch.Reset()
		for k := i; k < i+1000; k++ {
			few, back := types.NewStr("often"), types.NewInt(int64(rows-k))
			if k%4 == 0 {
				few = types.NewStr("seldom")
			}
			if k%2 == 0 {
				back = types.Null
			}
			c.batch.AppendRow([]types.Datum{types.NewInt(int64(k)), few, back})
		}
		if err := c.add(); err != nil {
			t.Fatal(err)
		}
	}
	got := c.table()
	if got.Rows != rows || got.Storage != 7 || !got.Analyzed {
		t.Fatalf("%+v", got)
	}
	u, few, back := got.Columns[1], got.Columns[2], got.Columns[3]
	if u.Distinct != -1 || len(u.Common) != 0 || len(u.Bounds) != 11 || u.Correlation < 0.99 {
		t.Errorf("unique: %+v", u)
	}
	if few.Distinct != 2 || len(few.Common) != 2 || few.Common[0].Str() != "often" || math.Abs(few.Freqs[0]-0.75) > 0.03 || few.Bounds != nil {
		t.Errorf("few: %+v", few)
	}
	if math.Abs(back.NullFrac-0.5) > 0.001 || back.Correlation > -0.99 || math.Abs(back.Distinct+0.5) > 0.02 {
		t.Errorf("half null: %+v", back)
	}
	mid := float64(u.Bounds[5].Int())
	if math.Abs(mid-rows/2) > rows*0.05 {
		t.Errorf("the middle of the histogram is %v", mid)
	}
}

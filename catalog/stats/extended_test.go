package stats

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// TestExtended collects the figures of a statistics object over a, b = a/2 and c, which is independent, and keeps them.
func TestExtended(t *testing.T) {
	object := &catalog.Statistics{OID: 30000, Name: "s", Kinds: "dfm", Columns: []catalog.ColumnID{1, 2, 3}}
	desc := &catalog.Table{OID: 20000, Storage: 7, Statistics: []*catalog.Statistics{object}, Columns: []*catalog.Column{
		{ID: 1, Name: "a", Type: types.Of(types.Int4OID)}, {ID: 2, Name: "b", Type: types.Of(types.TextOID)},
		{ID: 3, Name: "c", Type: types.Of(types.NumericOID)}}}
	c := newCollector(desc, Options{Target: 100})
	for i := range 1000 {
		a := i % 10
		b := types.NewStr(fmt.Sprint(a / 2))
		if a == 9 {
			b = types.Null
		}
		n, err := types.Parse(types.Of(types.NumericOID), fmt.Sprint(i/10%3), nil)
		if err != nil {
			t.Fatal(err)
		}
		c.batch.AppendRow([]types.Datum{types.NewInt(int64(a)), b, n})
	}
	if err := c.add(); err != nil {
		t.Fatal(err)
	}
	got := c.table().Extended[object.OID]
	if want := []NDistinct{{[]int{1, 2}, 10}, {[]int{1, 3}, 30}, {[]int{2, 3}, 18}, {[]int{1, 2, 3}, 30}}; !reflect.DeepEqual(got.NDistinct, want) {
		t.Errorf("%v", got.NDistinct)
	}
	degrees := map[string]float64{}
	for _, d := range got.Dependencies {
		degrees[fmt.Sprint(d.Keys)] = d.Degree
	}
	if degrees["[1 2]"] != 1 || degrees["[2 1]"] != 0.2 || degrees["[1 3 2]"] != 1 || degrees["[1 3]"] != 0 {
		t.Errorf("%v", degrees)
	}
	if len(got.MCV) != 30 || got.MCV[0].Freq < got.MCV[29].Freq || got.MCV[0].Base >= got.MCV[0].Freq {
		t.Errorf("%d items, first %+v", len(got.MCV), got.MCV[0])
	}
	b, err := json.Marshal(storedObject(desc, object, got))
	if err != nil {
		t.Fatal(err)
	}
	var st storedExtended
	if err := json.Unmarshal(b, &st); err != nil {
		t.Fatal(err)
	}
	again, ok := st.extended()
	if !ok || fmt.Sprint(*again) != fmt.Sprint(*got) {
		t.Errorf("%v\nwas stored as\n%v", *got, *again)
	}
}

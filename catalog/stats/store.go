package stats

import (
	"context"
	"encoding/json"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/types"
)

// storedTable is the form in which figures are kept in the store: values as text.
type storedTable struct {
	OID     types.OID
	Rows    float64
	Columns []storedColumn
}

type storedColumn struct {
	ID          catalog.ColumnID
	Type        types.OID
	Distinct    float64
	NullFrac    float64
	Width       int
	Correlation float64
	Common      []string  `json:",omitempty"`
	Freqs       []float64 `json:",omitempty"`
	Bounds      []string  `json:",omitempty"`
}

var textEnv = types.NewEnv()

// Save writes the figures of a table in txn.
func Save(ctx context.Context, txn kv.Txn, t *catalog.Table, s *Table) error {
	out := storedTable{OID: t.OID, Rows: s.Rows}
	for _, c := range t.Columns {
		col := s.Columns[c.ID]
		if col == nil {
			continue
		}
		out.Columns = append(out.Columns, storedColumn{ID: c.ID, Type: c.Type.OID, Distinct: col.Distinct, NullFrac: col.NullFrac,
			Width: col.Width, Correlation: col.Correlation, Freqs: col.Freqs, Common: texts(c.Type, col.Common), Bounds: texts(c.Type, col.Bounds)})
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	key := catalog.StatsKey(t.Storage)
	if err := txn.Lock(ctx, [][]byte{key}, kv.LockOptions{}, nil); err != nil {
		return err
	}
	return txn.Put(key, b)
}

func texts(t types.T, ds []types.Datum) []string {
	var out []string
	for _, d := range ds {
		out = append(out, string(types.AppendText(nil, t, d, textEnv)))
	}
	return out
}

func values(oid types.OID, ss []string) ([]types.Datum, bool) {
	var out []types.Datum
	for _, s := range ss {
		d, err := types.Parse(types.Of(oid), s, textEnv)
		if err != nil {
			return nil, false
		}
		out = append(out, d)
	}
	return out, true
}

// Load reads all figures that are kept in a store into m. Figures that cannot be read are left out: they are estimates.
func Load(ctx context.Context, store kv.Store, m *Map) error {
	txn := store.Begin(kv.TxnOptions{ReadOnly: true})
	defer txn.Rollback()
	it, err := txn.Scan(ctx, catalog.StatsRange(), kv.ScanOptions{})
	if err != nil {
		return err
	}
	defer it.Close()
	var e kv.Entries
	for {
		if err := it.Next(ctx, &e, 64); err != nil || e.Len() == 0 {
			return err
		}
		for i, v := range e.V {
			var st storedTable
			storage, ok := catalog.StatsStorage(e.K[i])
			if !ok || json.Unmarshal(v, &st) != nil {
				continue
			}
			m.Set(st.OID, st.table(storage))
		}
	}
}

func (st *storedTable) table(storage uint64) *Table {
	t := &Table{Rows: st.Rows, Columns: map[catalog.ColumnID]*Column{}, Analyzed: true, Storage: storage}
	for _, c := range st.Columns {
		common, ok1 := values(c.Type, c.Common)
		bounds, ok2 := values(c.Type, c.Bounds)
		if !ok1 || !ok2 || len(common) != len(c.Freqs) {
			continue
		}
		t.Columns[c.ID] = &Column{Distinct: c.Distinct, NullFrac: c.NullFrac, Width: c.Width, Correlation: c.Correlation, Common: common,
			Freqs: c.Freqs, Bounds: bounds}
	}
	return t
}

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
	// Extended has the statistics objects.
	Extended  []storedExtended `json:",omitempty"`
	Inherited *storedTable     `json:",omitempty"`
}

// storedExtended is an Extended; Types are those of the values in MCV.
type storedExtended struct {
	OID          types.OID
	Types        []types.OID
	NDistinct    []NDistinct    `json:",omitempty"`
	Dependencies []Dependency   `json:",omitempty"`
	MCV          []storedItem   `json:",omitempty"`
	Exprs        []storedColumn `json:",omitempty"`
}

// storedItem is an MCVItem; nil is NULL.
type storedItem struct {
	Values     []*string
	Freq, Base float64
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
	b, err := json.Marshal(storedFigures(t, s))
	if err != nil {
		return err
	}
	key := catalog.StatsKey(t.Storage)
	if err := txn.Lock(ctx, [][]byte{key}, kv.LockOptions{}, nil); err != nil {
		return err
	}
	return txn.Put(key, b)
}

func storedFigures(t *catalog.Table, s *Table) *storedTable {
	if s == nil {
		return nil
	}
	out := &storedTable{OID: t.OID, Rows: s.Rows, Inherited: storedFigures(t, s.Inherited)}
	for _, c := range t.Columns {
		col := s.Columns[c.ID]
		if col == nil {
			continue
		}
		out.Columns = append(out.Columns, stored(c.ID, c.Type, col))
	}
	for _, x := range t.Statistics {
		if e := s.Extended[x.OID]; e != nil {
			out.Extended = append(out.Extended, storedObject(t, x, e))
		}
	}
	return out
}

func stored(id catalog.ColumnID, t types.T, c *Column) storedColumn {
	return storedColumn{ID: id, Type: t.OID, Distinct: c.Distinct, NullFrac: c.NullFrac, Width: c.Width, Correlation: c.Correlation, Freqs: c.Freqs,
		Common: texts(t, c.Common), Bounds: texts(t, c.Bounds)}
}

func storedObject(t *catalog.Table, s *catalog.Statistics, x *Extended) storedExtended {
	out := storedExtended{OID: s.OID, NDistinct: x.NDistinct, Dependencies: x.Dependencies}
	ts := KeyTypes(t, s)
	for _, k := range ts {
		out.Types = append(out.Types, k.OID)
	}
	for _, item := range x.MCV {
		si := storedItem{Freq: item.Freq, Base: item.Base}
		for i, d := range item.Values {
			if d.IsNull() {
				si.Values = append(si.Values, nil)
				continue
			}
			v := texts(ts[i], []types.Datum{d})[0]
			si.Values = append(si.Values, &v)
		}
		out.MCV = append(out.MCV, si)
	}
	for i, c := range x.Exprs {
		out.Exprs = append(out.Exprs, stored(0, s.Exprs[i].Type, c))
	}
	return out
}

// KeyTypes are the types of a statistics object's columns and expressions.
func KeyTypes(t *catalog.Table, s *catalog.Statistics) []types.T {
	var ts []types.T
	for _, id := range s.Columns {
		if c := t.ColumnByID(id); c != nil {
			ts = append(ts, c.Type)
		}
	}
	for _, e := range s.Exprs {
		ts = append(ts, e.Type)
	}
	return ts
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
		if col, ok := c.column(); ok {
			t.Columns[c.ID] = col
		}
	}
	for _, e := range st.Extended {
		if x, ok := e.extended(); ok {
			t.setExtended(e.OID, x)
		}
	}
	if st.Inherited != nil {
		t.Inherited = st.Inherited.table(storage)
	}
	return t
}

func (c *storedColumn) column() (*Column, bool) {
	common, ok1 := values(c.Type, c.Common)
	bounds, ok2 := values(c.Type, c.Bounds)
	if !ok1 || !ok2 || len(common) != len(c.Freqs) {
		return nil, false
	}
	return &Column{Distinct: c.Distinct, NullFrac: c.NullFrac, Width: c.Width, Correlation: c.Correlation, Common: common, Freqs: c.Freqs,
		Bounds: bounds}, true
}

func (e *storedExtended) extended() (*Extended, bool) {
	x := &Extended{NDistinct: e.NDistinct, Dependencies: e.Dependencies}
	for _, si := range e.MCV {
		item := MCVItem{Freq: si.Freq, Base: si.Base}
		for i, v := range si.Values {
			if v == nil {
				item.Values = append(item.Values, types.Null)
				continue
			}
			ds, ok := values(e.Types[i], []string{*v})
			if !ok {
				return nil, false
			}
			item.Values = append(item.Values, ds[0])
		}
		x.MCV = append(x.MCV, item)
	}
	for i := range e.Exprs {
		c, ok := e.Exprs[i].column()
		if !ok {
			return nil, false
		}
		x.Exprs = append(x.Exprs, c)
	}
	return x, true
}

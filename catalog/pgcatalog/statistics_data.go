package pgcatalog

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/acl"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/sql/types"
)

// What ANALYZE found, as PostgreSQL shows it: pg_statistic and pg_stats for columns, pg_statistic_ext_data, pg_stats_ext and
// pg_stats_ext_exprs for statistics objects.
// A table that others inherit from has figures with the rows of those, too.

// figures calls f for the tables that were analyzed: with the figures of their own rows and, inherited, of those of their heirs too.
func (q *query) figures(f func(t *catalog.Table, s *stats.Table, inherited bool) error) error {
	p, ok := q.s.Stats.(stats.Provider)
	if !ok {
		return nil
	}
	for t := range q.r.Tables() {
		if s, ok := p.Table(t); ok {
			if err := f(t, s, false); err != nil {
				return err
			}
			if s.Inherited == nil {
				continue
			}
			if err := f(t, s.Inherited, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// slots are the kinds of pg_statistic's slots.
const (
	slotMCV         = 1
	slotHistogram   = 2
	slotCorrelation = 3
)

func pgStatistic(q *query) error {
	return q.figures(func(t *catalog.Table, s *stats.Table, inherited bool) error {
		for _, c := range t.Columns {
			col := s.Columns[c.ID]
			if col == nil {
				continue
			}
			row := []types.Datum{oid(t.OID), num(int(c.ID)), yes(inherited), flt(col.NullFrac), num(col.Width), flt(col.Distinct)}
			var kinds [5]int
			var numbers, values [5]types.Datum
			n := 0
			add := func(kind int, ns, vs types.Datum) {
				kinds[n], numbers[n], values[n] = kind, ns, vs
				n++
			}
			if len(col.Common) > 0 {
				add(slotMCV, floats(col.Freqs), valueArray(c.Type, col.Common))
			}
			if len(col.Bounds) > 0 {
				add(slotHistogram, null, valueArray(c.Type, col.Bounds))
			}
			if hasCorrelation(c.Type) {
				add(slotCorrelation, floats([]float64{col.Correlation}), null)
			}
			for _, k := range kinds {
				row = append(row, num(k))
			}
			for range 10 { // staop, stacoll
				row = append(row, oid(0))
			}
			row = append(append(row, numbers[:]...), values[:]...)
			if err := q.emit(row); err != nil {
				return err
			}
		}
		return nil
	})
}

func hasCorrelation(t types.T) bool { return !types.IsArray(t.OID) }

func floats(fs []float64) types.Datum {
	ds := make([]types.Datum, len(fs))
	for i, f := range fs {
		ds[i] = types.NewFloat(float64(float32(f)))
	}
	return types.NewRef(types.NewArray(types.Float4OID, ds))
}

func valueArray(t types.T, ds []types.Datum) types.Datum {
	if len(ds) == 0 {
		return null
	}
	if types.IsArray(t.OID) { // an array of arrays that may have different lengths: their texts
		list := make([]string, len(ds))
		for i, d := range ds {
			list[i] = string(types.AppendText(nil, t, d, nil))
		}
		return texts(types.TextOID, list)
	}
	return types.NewRef(types.NewArray(t.OID, ds))
}

// columnFigures are the columns of pg_stats from null_frac on.
func columnFigures(t types.T, c *stats.Column) []types.Datum {
	freqs, correlation := null, null
	if len(c.Freqs) > 0 {
		freqs = floats(c.Freqs)
	}
	if hasCorrelation(t) {
		correlation = flt(float64(float32(c.Correlation)))
	}
	return []types.Datum{flt(float64(float32(c.NullFrac))), num(c.Width), flt(float64(float32(c.Distinct))), valueArray(t, c.Common), freqs,
		valueArray(t, c.Bounds), correlation, null, null, null}
}

func pgStats(q *query) error {
	role := currentRole(q)
	return q.figures(func(t *catalog.Table, s *stats.Table, inherited bool) error {
		for _, c := range t.Columns {
			col := s.Columns[c.ID]
			if col == nil || q.r.Allowed(role, t, acl.Select, false) == 0 && !q.r.ColumnAllowed(role, c, acl.Select) {
				continue
			}
			row := []types.Datum{str(q.r.SchemaName(t.Schema)), str(t.Name), str(c.Name), yes(inherited)}
			if err := q.emit(append(row, columnFigures(c.Type, col)...)); err != nil {
				return err
			}
		}
		return nil
	})
}

func currentRole(q *query) types.OID {
	if x, ok := q.r.Role(q.s.User); ok {
		return x.OID
	}
	return 0
}

// objects calls f for the statistics objects that were analyzed.
func (q *query) objects(f func(t *catalog.Table, s *catalog.Statistics, x *stats.Extended, inherited bool) error) error {
	return q.figures(func(t *catalog.Table, all *stats.Table, inherited bool) error {
		for _, s := range t.Statistics {
			if x := all.Extended[s.OID]; x != nil {
				if err := f(t, s, x, inherited); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func pgStatisticExtData(q *query) error {
	return q.objects(func(t *catalog.Table, s *catalog.Statistics, x *stats.Extended, inherited bool) error {
		return q.emit([]types.Datum{oid(s.OID), yes(inherited), ndistinctText(x), dependenciesText(x), mcvText(t, s, x), null})
	})
}

func keyList(keys []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(keys), " ", ", "), "[]")
}

// ndistinctText is {"1, 2": 10, …}.
func ndistinctText(x *stats.Extended) types.Datum {
	if len(x.NDistinct) == 0 {
		return null
	}
	var parts []string
	for _, d := range x.NDistinct {
		parts = append(parts, fmt.Sprintf("%q: %.0f", keyList(d.Keys), d.N))
	}
	return str("{" + strings.Join(parts, ", ") + "}")
}

// dependenciesText is {"1 => 2": 1.000000, …}.
func dependenciesText(x *stats.Extended) types.Datum {
	if len(x.Dependencies) == 0 {
		return null
	}
	var parts []string
	for _, d := range x.Dependencies {
		last := len(d.Keys) - 1
		parts = append(parts, fmt.Sprintf("\"%s => %d\": %.6f", keyList(d.Keys[:last]), d.Keys[last], d.Degree))
	}
	return str("{" + strings.Join(parts, ", ") + "}")
}

// mcvItem is an item of a value of type pg_mcv_list, which is a JSON array of them.
type mcvItem struct {
	Values     []*string
	Freq, Base float64
}

func mcvItems(t *catalog.Table, s *catalog.Statistics, x *stats.Extended) []mcvItem {
	ts := stats.KeyTypes(t, s)
	var out []mcvItem
	for _, it := range x.MCV {
		m := mcvItem{Freq: it.Freq, Base: it.Base}
		for i, d := range it.Values {
			if d.IsNull() {
				m.Values = append(m.Values, nil)
				continue
			}
			v := string(types.AppendText(nil, ts[i], d, nil))
			m.Values = append(m.Values, &v)
		}
		out = append(out, m)
	}
	return out
}

func mcvText(t *catalog.Table, s *catalog.Statistics, x *stats.Extended) types.Datum {
	if len(x.MCV) == 0 {
		return null
	}
	b, err := json.Marshal(mcvItems(t, s, x))
	if err != nil {
		return null
	}
	return str(string(b))
}

// row are the texts of an item's values, and which are NULL.
func (m *mcvItem) row() (values, nulls []types.Datum) {
	for _, v := range m.Values {
		nulls = append(nulls, yes(v == nil))
		if v == nil {
			values = append(values, null)
		} else {
			values = append(values, str(*v))
		}
	}
	return values, nulls
}

// mcvListItems is pg_mcv_list_items.
func mcvListItems(x *call) ([][]types.Datum, error) {
	var items []mcvItem
	if err := json.Unmarshal([]byte(x.str(0)), &items); err != nil {
		return nil, err
	}
	var rows [][]types.Datum
	for i := range items {
		vs, ns := items[i].row()
		rows = append(rows, []types.Datum{num(i), types.NewRef(types.NewArray(types.TextOID, vs)), types.NewRef(types.NewArray(types.BoolOID, ns)),
			flt(items[i].Freq), flt(items[i].Base)})
	}
	return rows, nil
}

// objectHead are the first columns of pg_stats_ext and pg_stats_ext_exprs.
func objectHead(q *query, t *catalog.Table, s *catalog.Statistics) []types.Datum {
	return []types.Datum{str(q.r.SchemaName(t.Schema)), str(t.Name), str(q.r.SchemaName(s.Schema)), str(s.Name), str(roleName(q.r, s.Owner))}
}

func pgStatsExt(q *query) error {
	role := currentRole(q)
	return q.objects(func(t *catalog.Table, s *catalog.Statistics, x *stats.Extended, inherited bool) error {
		if !q.r.Owns(role, t) {
			return nil
		}
		names, exprs := null, null
		var list []string
		for _, id := range s.Columns {
			if c := t.ColumnByID(id); c != nil {
				list = append(list, c.Name)
			}
		}
		if len(list) > 0 {
			names = texts(types.NameOID, list)
		}
		if len(s.Exprs) > 0 {
			exprs = texts(types.TextOID, statisticsExprs(shown{r: q.r, path: []string{"public"}}, s))
		}
		row := append(objectHead(q, t, s), names, exprs, kindArray(s), yes(inherited), ndistinctText(x), dependenciesText(x))
		return q.emit(append(row, mcvColumns(mcvItems(t, s, x))...))
	})
}

// mcvColumns are the columns of pg_stats_ext about the list of common combinations.
func mcvColumns(items []mcvItem) []types.Datum {
	if len(items) == 0 {
		return []types.Datum{null, null, null, null}
	}
	var values, nulls, freqs, bases []types.Datum
	for i := range items {
		vs, ns := items[i].row()
		values, nulls = append(values, vs...), append(nulls, ns...)
		freqs, bases = append(freqs, flt(items[i].Freq)), append(bases, flt(items[i].Base))
	}
	dims := []types.Dim{{Len: len(items), Lower: 1}, {Len: len(items[0].Values), Lower: 1}}
	return []types.Datum{types.NewRef(&types.Array{Elem: types.TextOID, Dims: dims, Elems: values}),
		types.NewRef(&types.Array{Elem: types.BoolOID, Dims: dims, Elems: nulls}),
		types.NewRef(types.NewArray(types.Float8OID, freqs)), types.NewRef(types.NewArray(types.Float8OID, bases))}
}

func pgStatsExtExprs(q *query) error {
	role := currentRole(q)
	return q.objects(func(t *catalog.Table, s *catalog.Statistics, x *stats.Extended, inherited bool) error {
		if !q.r.Owns(role, t) {
			return nil
		}
		texts := statisticsExprs(shown{r: q.r, path: []string{"public"}}, s)
		for i, c := range x.Exprs {
			row := append(objectHead(q, t, s), str(texts[i]), yes(inherited))
			if err := q.emit(append(row, columnFigures(s.Exprs[i].Type, c)...)); err != nil {
				return err
			}
		}
		return nil
	})
}

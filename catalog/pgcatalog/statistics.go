package pgcatalog

import (
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// classStatisticExt is the OID of pg_statistic_ext.
const classStatisticExt types.OID = 3381

// statistics calls f for the statistics objects.
func (q *query) statistics(f func(t *catalog.Table, s *catalog.Statistics) error) error {
	for t := range q.r.Tables() {
		for _, s := range t.Statistics {
			if err := f(t, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func pgStatisticExt(q *query) error {
	return q.statistics(func(t *catalog.Table, s *catalog.Statistics) error {
		var texts []string
		for _, e := range s.Exprs {
			texts = append(texts, e.Text)
		}
		return q.emit([]types.Datum{oid(s.OID), oid(t.OID), str(s.Name), oid(s.Schema), oid(s.Owner), num(s.Target - 1),
			vector(types.Int2OID, s.Columns), kindArray(s), strOrNull(strings.Join(texts, "; "))})
	})
}

func kindArray(s *catalog.Statistics) types.Datum {
	return texts(types.CharOID, strings.Split(s.Kinds, ""))
}

// statisticsVisible is pg_statistics_obj_is_visible: the search path finds the object by its bare name.
func statisticsVisible(x *call) (types.Datum, error) {
	_, s := x.r.StatisticsByOID(x.oid(0))
	if s == nil {
		return null, nil
	}
	return yes(x.statisticsVisible(s)), nil
}

func (x *call) statisticsVisible(s *catalog.Statistics) bool {
	for _, name := range x.path {
		schema, ok := x.r.Schema(name)
		if !ok || catalog.IsTempSchema(name) {
			continue
		}
		if _, first := x.r.StatisticsNamed(schema.OID, s.Name); first != nil {
			return first == s
		}
	}
	return false
}

// statisticsName is the name of an object, qualified if the search path does not find it.
func (x *call) statisticsName(s *catalog.Statistics) string {
	if x.statisticsVisible(s) {
		return expr.QuoteIdent(s.Name)
	}
	return expr.QuoteIdent(x.r.SchemaName(s.Schema)) + "." + expr.QuoteIdent(s.Name)
}

// statisticsdef is pg_get_statisticsobjdef: CREATE STATISTICS as it was said.
func statisticsdef(x *call) (types.Datum, error) {
	t, s := x.r.StatisticsByOID(x.oid(0))
	if s == nil {
		return null, nil
	}
	text := "CREATE STATISTICS " + expr.QuoteIdent(x.r.SchemaName(s.Schema)) + "." + expr.QuoteIdent(s.Name)
	var kinds []string
	for _, k := range []struct {
		letter byte
		word   string
	}{{'d', "ndistinct"}, {'f', "dependencies"}, {'m', "mcv"}} {
		if s.Has(k.letter) {
			kinds = append(kinds, k.word)
		}
	}
	if len(kinds) < 3 && len(s.Keys()) > 1 {
		text += " (" + strings.Join(kinds, ", ") + ")"
	}
	from := expr.QuoteIdent(t.Name)
	if !x.visible(t) {
		from = qualified(x.r, t)
	}
	return str(text + " ON " + statisticsKeys(x.shown(), t, s) + " FROM " + from), nil
}

// statisticsdefColumns is pg_get_statisticsobjdef_columns.
func statisticsdefColumns(x *call) (types.Datum, error) {
	t, s := x.r.StatisticsByOID(x.oid(0))
	if s == nil {
		return null, nil
	}
	return str(statisticsKeys(x.shown(), t, s)), nil
}

func statisticsKeys(sh shown, t *catalog.Table, s *catalog.Statistics) string {
	var keys []string
	for _, id := range s.Columns {
		if c := t.ColumnByID(id); c != nil {
			keys = append(keys, expr.QuoteIdent(c.Name))
		}
	}
	for _, e := range s.Exprs {
		text := prettyExpr(sh.text(e.Text))
		if !isCall(text) {
			text = "(" + text + ")"
		}
		keys = append(keys, text)
	}
	return strings.Join(keys, ", ")
}

// statisticsdefExpressions is pg_get_statisticsobjdef_expressions.
func statisticsdefExpressions(x *call) (types.Datum, error) {
	_, s := x.r.StatisticsByOID(x.oid(0))
	if s == nil || len(s.Exprs) == 0 {
		return null, nil
	}
	return texts(types.TextOID, statisticsExprs(x.shown(), s)), nil
}

func statisticsExprs(sh shown, s *catalog.Statistics) []string {
	var list []string
	for _, e := range s.Exprs {
		list = append(list, sh.text(e.Text))
	}
	return slices.Clip(list)
}

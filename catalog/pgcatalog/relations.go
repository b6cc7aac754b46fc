package pgcatalog

import (
	"embed"
	"strconv"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

//go:embed data/*.txt
var data embed.FS

func readData(name string) string {
	b, err := data.ReadFile("data/" + name + ".txt")
	if err != nil {
		return ""
	}
	return string(b)
}

// relation is a built-in relation: a catalog.Virtual.
type relation struct {
	kind    catalog.RelKind // 'r' or 'v', as pg_class shows it
	table   *catalog.Table
	produce producer
}

// producer calls q.emit for the rows of a relation.
type producer func(q *query) error

// query is one scan of a built-in relation.
type query struct {
	s    *catalog.Session
	r    *catalog.Reader
	rel  *relation
	eq   map[int]types.Datum
	emit func([]types.Datum) error
}

// Rows implements catalog.Virtual.
func (v *relation) Rows(s *catalog.Session, eq map[int]types.Datum, emit func([]types.Datum) error) error {
	return v.produce(&query{s: s, r: s.Reader, rel: v, eq: eq, emit: emit})
}

// oidEq is the OID that a column must equal; ok is false if there is no such condition.
func (q *query) oidEq(column string) (types.OID, bool) {
	_, i, ok := q.rel.table.Column(column)
	if !ok {
		return 0, false
	}
	d, ok := q.eq[i]
	return types.OID(d.Int()), ok
}

// textEq is oidEq for a column of text or names.
func (q *query) textEq(column string) (string, bool) {
	_, i, ok := q.rel.table.Column(column)
	if !ok {
		return "", false
	}
	d, ok := q.eq[i]
	return d.Str(), ok
}

var builtinRelations = sync.OnceValue(func() *catalog.Builtins {
	var rels []catalog.Relation
	for _, list := range []string{"relations", "own_relations"} {
		for _, line := range strings.Split(strings.TrimSuffix(readData(list), "\n"), "\n") {
			rels = append(rels, parseRelation(line))
		}
	}
	return catalog.NewBuiltins(rels...)
})

// Builtins are the relations of pg_catalog and information_schema.
func Builtins() *catalog.Builtins { return builtinRelations() }

// parseRelation reads oid|schema|name|kind|row type|column:type[:modifier][!],… where ! is NOT NULL.
func parseRelation(line string) *catalog.Table {
	f := strings.SplitN(line, "|", 6)
	oid, _ := strconv.ParseUint(f[0], 10, 32)
	rowType, _ := strconv.ParseUint(f[4], 10, 32)
	t := &catalog.Table{OID: types.OID(oid), TypeOID: types.OID(rowType), Schema: catalog.PGCatalogOID, Name: f[2],
		Owner: catalog.SuperuserOID, Version: 1}
	if f[1] == "information_schema" {
		t.Schema = catalog.InformationSchemaOID
	}
	for i, c := range strings.Split(f[5], ",") {
		c, notNull := strings.CutSuffix(c, "!")
		p := strings.Split(c, ":")
		col := &catalog.Column{ID: catalog.ColumnID(i + 1), Name: p[0], NotNull: notNull, Type: types.T{Mod: -1}}
		if ti, ok := types.ByName(p[1]); ok {
			col.Type.OID = ti.OID
		} else { // an array over the row type of a catalog
			col.Type.OID = types.RecordArrayOID
		}
		if len(p) > 2 {
			mod, _ := strconv.Atoi(p[2])
			col.Type.Mod = int32(mod)
		}
		t.Columns = append(t.Columns, col)
	}
	t.NextColumn = catalog.ColumnID(len(t.Columns) + 1)
	v := &relation{kind: catalog.RelKind(f[3][0]), table: t, produce: producerOf(f[1] + "." + f[2])}
	if v.produce == nil {
		v.produce = fromFile(t)
		if t.Name == "pg_aggregate" {
			v.produce = withUserAggregates(v.produce)
		}
	}
	t.Virtual = v
	return t
}

// relKind is pg_class.relkind of any relation.
func relKind(rel catalog.Relation) catalog.RelKind {
	if t, ok := rel.(*catalog.Table); ok && t.Virtual != nil {
		if v, ok := t.Virtual.(*relation); ok {
			return v.kind
		}
		return catalog.RelTable
	}
	switch x := rel.(type) {
	case *catalog.Table:
		if x.Key != nil {
			return 'p'
		}
	case *catalog.Index:
		if x.Partitioned {
			return 'I'
		}
	}
	return rel.RelKind()
}

// fromFile produces the rows of a file in COPY's text format, or, if there is none, those of the session's provider.
func fromFile(t *catalog.Table) producer {
	text := readData(t.Name)
	if text == "" {
		return func(q *query) error { return q.provided(t.Name) }
	}
	rows := sync.OnceValue(func() [][]types.Datum { return parseCopy(t, text) })
	file := func(q *query) error {
		for _, row := range rows() {
			if !q.matches(row) {
				continue
			}
			if err := q.emit(row); err != nil {
				return err
			}
		}
		return nil
	}
	if more, ok := userRows[t.Name]; ok {
		return withUserRows(file, more)
	}
	return file
}

// matches checks the equality conditions.
func (q *query) matches(row []types.Datum) bool {
	for i, d := range q.eq {
		if row[i].IsNull() || !types.Equal(q.rel.table.Columns[i].Type.OID, row[i], d) {
			return false
		}
	}
	return true
}

// provided emits the rows that the session gives for a run-time table. What a row lacks at its end is nothing.
func (q *query) provided(name string) error {
	if q.s.Provider == nil {
		return nil
	}
	for _, row := range q.s.Provider(name) {
		if len(row) > len(q.rel.table.Columns) {
			continue // the session knows another shape of the table; showing nothing is better than showing shifted columns
		}
		if err := q.emit(q.counters(row...)); err != nil {
			return err
		}
	}
	return nil
}

func parseCopy(t *catalog.Table, text string) [][]types.Datum {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	rows := make([][]types.Datum, 0, len(lines))
	for _, line := range lines {
		fields := strings.Split(line, "\t")
		row := make([]types.Datum, len(t.Columns))
		for i := range row {
			if i >= len(fields) || fields[i] == `\N` {
				continue
			}
			// The test of the data checks that every field can be read.
			row[i], _ = types.Parse(t.Columns[i].Type, copyUnescape.Replace(fields[i]), nil)
		}
		rows = append(rows, row)
	}
	return rows
}

var copyUnescape = strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r")

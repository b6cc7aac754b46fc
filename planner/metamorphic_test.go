package planner_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	lexec "github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/build"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/planner/opt"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/types"
)

var (
	oracle  = flag.String("oracle", "", "psql connection string of a PostgreSQL whose answers are compared too")
	queries = flag.Int("queries", 300, "number of random queries")
	seed    = flag.Uint64("seed", 1, "seed of the random queries")
)

// database is a few tables in a store in memory, queried without a session.
type database struct {
	t      testing.TB
	store  kv.Store
	reader *catalog.Reader
	// bare is the same catalog without secondary indexes: for queries that are rolled back.
	bare *catalog.Reader
}

// way is how a statement is run; answers must not depend on it.
type way struct {
	disabled map[string]bool // rules
	batch    int             // rows of a batch
	workMem  int64           // bytes; what does not fit goes to disk
	bare     bool            // no secondary indexes
}

// plain is how a server runs statements.
var plain = way{batch: 1024, workMem: 4 << 20}

func (w way) String() string {
	return fmt.Sprintf("disabled %v, batches of %d, work_mem %d, without indexes %v", w.disabled, w.batch, w.workMem, w.bare)
}

func column(id catalog.ColumnID, name string, t types.OID, notNull bool) *catalog.Column {
	return &catalog.Column{ID: id, Name: name, Type: types.Of(t), NotNull: notNull}
}

func index(t *catalog.Table, id catalog.IndexID, unique bool, cols ...string) *catalog.Index {
	x := &catalog.Index{ID: id, OID: t.OID + types.OID(id), Table: t.OID, Schema: t.Schema, Unique: unique, Primary: id == 1,
		Name: t.Name + "_" + strings.ReplaceAll(strings.Join(cols, "_"), " ", "_")}
	for _, c := range cols {
		name, desc := strings.CutSuffix(c, " desc")
		col, _, _ := t.Column(name)
		x.Columns = append(x.Columns, catalog.IndexColumn{Column: col.ID, Desc: desc, NullsFirst: desc})
	}
	return x
}

// newDatabase has a (id, x, y, s), b (id, ax, z, s), c (k1, k2, v) and d (k, x) with a few dozen rows of small values.
func newDatabase(t testing.TB, r *rand.Rand) (*database, string) {
	a := &catalog.Table{OID: 20000, Schema: catalog.PublicOID, Name: "a", Storage: 101, NextColumn: 5, Columns: []*catalog.Column{
		column(1, "id", types.Int4OID, true), column(2, "x", types.Int4OID, false), column(3, "y", types.Int4OID, false),
		column(4, "s", types.TextOID, false)}}
	a.Primary, a.Indexes = index(a, 1, true, "id"), []*catalog.Index{index(a, 2, false, "x"), index(a, 3, false, "s", "y desc")}
	b := &catalog.Table{OID: 20100, Schema: catalog.PublicOID, Name: "b", Storage: 102, NextColumn: 5, Columns: []*catalog.Column{
		column(1, "id", types.Int4OID, true), column(2, "ax", types.Int4OID, false), column(3, "z", types.Int8OID, true),
		column(4, "s", types.VarcharOID, false)}}
	b.Primary, b.Indexes = index(b, 1, true, "id"), []*catalog.Index{index(b, 2, false, "ax"), index(b, 3, false, "z desc", "s")}
	c := &catalog.Table{OID: 20200, Schema: catalog.PublicOID, Name: "c", Storage: 103, NextColumn: 4, Columns: []*catalog.Column{
		column(1, "k1", types.Int4OID, true), column(2, "k2", types.Int8OID, true), column(3, "v", types.NumericOID, false)}}
	c.Primary = index(c, 1, true, "k1", "k2")
	d := &catalog.Table{OID: 20300, Schema: catalog.PublicOID, Name: "d", Storage: 104, NextColumn: 3, Columns: []*catalog.Column{
		column(1, "k", types.Int4OID, true), column(2, "x", types.Int4OID, false)}}
	d.Primary = index(d, 1, true, "k desc")
	store, err := mvcc.Open(mvcc.Memory, mvcc.Options{})
	if err != nil {
		t.Fatal(err)
	}
	db := &database{t: t, store: store, reader: catalog.NewReader(nil, a, b, c, d)}
	var bare []catalog.Relation
	for _, tab := range []*catalog.Table{a, b, c, d} {
		n := *tab
		n.Indexes = nil
		bare = append(bare, &n)
	}
	db.bare = catalog.NewReader(nil, bare...)
	ddl := "drop table if exists a, b, c, d; create table a (id int primary key, x int, y int, s text); " +
		"create table b (id int primary key, ax int, z int8 not null, s varchar); " +
		"create table c (k1 int, k2 int8, v numeric, primary key (k1, k2)); create table d (k int primary key, x int);\n"
	return db, ddl + db.load(r)
}

// load fills the tables and returns the statements.
func (db *database) load(r *rand.Rand) string {
	small := func() string {
		if r.IntN(6) == 0 {
			return "null"
		}
		return fmt.Sprint(r.IntN(9) - 2)
	}
	word := func() string {
		if r.IntN(6) == 0 {
			return "null"
		}
		return "'" + string(rune('a'+r.IntN(4))) + "'"
	}
	var all []string
	insert := func(table string, n int, row func(i int) []string) {
		var rows []string
		for i := range n {
			rows = append(rows, "("+strings.Join(row(i), ", ")+")")
		}
		sql := "insert into " + table + " values " + strings.Join(rows, ", ")
		if _, err := db.inTxn(sql, plain, true); err != nil {
			db.t.Fatal(err)
		}
		all = append(all, sql)
	}
	insert("a", 30, func(i int) []string { return []string{fmt.Sprint(i - 3), small(), small(), word()} })
	insert("b", 25, func(i int) []string { return []string{fmt.Sprint(i - 2), small(), fmt.Sprint(r.IntN(8)), word()} })
	insert("c", 20, func(i int) []string { return []string{fmt.Sprint(i/3 - 1), fmt.Sprint(i % 3), small()} })
	insert("d", 8, func(i int) []string { return []string{fmt.Sprint(i), small()} })
	return strings.Join(all, ";\n") + ";\n"
}

// run executes the statements of a string in one transaction, which it rolls back, and returns their rows as text, sorted for each
// statement.
func (db *database) run(sql string, w way) ([]string, error) {
	return db.inTxn(sql, w, false)
}

func (db *database) inTxn(sql string, w way, commit bool) ([]string, error) {
	stmts, err := parser.Parse(sql)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	txn := db.store.Begin(kv.TxnOptions{})
	defer txn.Rollback()
	var out []string
	for _, raw := range stmts {
		p, err := planner.Plan(raw.Stmt, db.options(sql, w))
		if err != nil {
			return nil, err
		}
		rows, err := db.execute(ctx, txn, p, w)
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	if commit {
		_, err = txn.Commit(ctx)
	}
	return out, err
}

func (db *database) execute(ctx context.Context, txn kv.Txn, p *plan.Plan, w way) ([]string, error) {
	if err := txn.StartStatement(ctx); err != nil {
		return nil, err
	}
	ec := &lexec.Ctx{Txn: txn, Expr: &expr.Ctx{Context: ctx, Types: types.NewEnv()}, Catalog: &catalog.Session{Reader: db.reader},
		Memory: &lexec.Account{}, WorkMemBytes: w.workMem, BatchRows: w.batch, SpillDir: db.t.TempDir(),
		ReadCommitted: true}
	tree, err := build.New(p, ec)
	if err != nil {
		return nil, err
	}
	if err := tree.Open(ctx); err != nil {
		return nil, err
	}
	defer tree.Close()
	var out []string
	var row []types.Datum
	for {
		b, err := tree.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Rows() == 0 {
			break
		}
		for i := range b.Rows() {
			row = b.Datums(row[:0], b.Row(i))
			out = append(out, rowText(p, row))
		}
	}
	slices.Sort(out)
	return out, nil
}

func rowText(p *plan.Plan, row []types.Datum) string {
	var b []byte
	for i, d := range row {
		if i > 0 {
			b = append(b, '|')
		}
		if d.IsNull() {
			b = append(b, "null"...)
			continue
		}
		b = types.AppendText(b, p.Columns[i].T, d, nil)
	}
	return string(b)
}

func (db *database) options(sql string, w way) planner.Options {
	r := db.reader
	if w.bare {
		r = db.bare
	}
	return planner.Options{Reader: r, SQL: sql, SearchPath: []string{"public"}, DisabledRules: w.disabled}
}

// TestMetamorphic runs random queries with all rules, with each rule disabled, and with none; in batches of 1, 7 and 1,024 rows; with
// memory for everything and for nothing, which makes operators spill; with and without indexes: all must agree. With -oracle they must
// also agree with PostgreSQL.
func TestMetamorphic(t *testing.T) {
	r := rand.New(rand.NewPCG(*seed, 7))
	db, setup := newDatabase(t, r)
	g := &generator{r: r}
	none := map[string]bool{}
	var settings []map[string]bool
	batches, memories := []int{1, 7, 1024}, []int64{1, 64 << 10, 4 << 20}
	for _, name := range opt.RuleNames() {
		none[name] = true
		settings = append(settings, map[string]bool{name: true})
	}
	var sqls []string
	var answers [][]string
	failed := 0
	for i := range *queries {
		sql := g.statement()
		want, wantErr := db.run(sql, way{disabled: none, batch: 1024, workMem: 4 << 20})
		check := []way{plain, {batch: batches[i%3], workMem: 1}, {batch: 1024, workMem: memories[i%3], bare: true}}
		for k, rules := range []map[string]bool{settings[i%len(settings)], settings[(i*7+3)%len(settings)]} {
			check = append(check, way{rules, batches[(i+k)%3], memories[(i/3+k)%3], i%4 == k})
		}
		for _, w := range check {
			got, err := db.run(sql, w)
			if fmt.Sprint(err) == fmt.Sprint(wantErr) && slices.Equal(got, want) {
				continue
			}
			if failed++; failed > 5 {
				t.FailNow()
			}
			t.Errorf("seed %d: %s\n%v: %d rows %v\nall disabled: %d rows %v\n%s\n%s", *seed, sql, w, len(got), err,
				len(want), wantErr, difference(got, want), db.explain(sql, w))
			break
		}
		if wantErr == nil {
			sqls, answers = append(sqls, sql), append(answers, want)
		} else if i < 20 {
			t.Logf("%s: %v", sql, wantErr)
		}
	}
	t.Logf("%d queries, %d of them without error", *queries, len(sqls))
	if *oracle != "" {
		compareWithOracle(t, db, setup, sqls, answers)
	}
}

func difference(got, want []string) string {
	var b strings.Builder
	for _, s := range got {
		if !slices.Contains(want, s) {
			b.WriteString("+ " + s + "\n")
		}
	}
	for _, s := range want {
		if !slices.Contains(got, s) {
			b.WriteString("- " + s + "\n")
		}
	}
	return b.String()
}

func (db *database) explain(sql string, w way) string {
	stmts, err := parser.Parse(sql)
	if err != nil {
		return err.Error()
	}
	p, err := planner.Plan(stmts[0].Stmt, db.options(sql, w))
	if err != nil {
		return err.Error()
	}
	return strings.Join(p.Explain(plan.ExplainOptions{}), "\n")
}

// compareWithOracle sends everything to PostgreSQL in one run of psql.
func compareWithOracle(t *testing.T, db *database, setup string, sqls []string, answers [][]string) {
	var in strings.Builder
	in.WriteString("\\pset null null\n\\pset format unaligned\n\\pset tuples_only on\n" + setup)
	for i, sql := range sqls {
		fmt.Fprintf(&in, "\\echo === %d\nbegin;\n%s;\nrollback;\n", i, sql)
	}
	cmd := exec.Command("psql", "-q", "-X", *oracle)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	parts := strings.Split(string(out), "=== ")
	failed := 0
	for _, part := range parts[1:] {
		head, body, _ := strings.Cut(part, "\n")
		var i int
		fmt.Sscan(head, &i)
		var rows []string
		if body = strings.TrimSuffix(body, "\n"); body != "" || len(answers[i]) == 1 {
			rows = strings.Split(body, "\n")
		}
		slices.Sort(rows)
		slices.Sort(answers[i])
		if !slices.Equal(rows, answers[i]) {
			if failed++; failed > 5 {
				t.FailNow()
			}
			t.Errorf("%s\nPostgreSQL has %d rows, we %d\n%s\n%s", sqls[i], len(rows), len(answers[i]), difference(answers[i], rows), db.explain(sqls[i], plain))
		}
	}
}

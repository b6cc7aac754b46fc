package build_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	lexec "github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/build"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// oracle is a psql connection string of a PostgreSQL whose answers to write into the files of testdata:
//
//	go test ./exec/build -run TestSQL -oracle "host=127.0.0.1 user=postgres dbname=scratch"
var oracle = flag.String("oracle", "", "connection string of a PostgreSQL to record answers of")

// database is a store with the tables of testdata/schema.sql.
type database struct {
	store  kv.Store
	reader *catalog.Reader
	spill  string
	once   bool // statements change data: run each once
}

var (
	createTable = regexp.MustCompile(`(?s)^create table (\w+) \((.*)\)$`)
	createIndex = regexp.MustCompile(`^create (unique )?index (\w+) on (\w+) \((.*)\)$`)
)

func newDatabase(t testing.TB) *database {
	t.Helper()
	store, err := mvcc.Open(mvcc.Memory, mvcc.Options{MemtableBytes: 4 << 20, CacheBytes: 4 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	text, err := os.ReadFile("testdata/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := &database{store: store, spill: t.TempDir()}
	tables := map[string]*catalog.Table{}
	var order []catalog.Relation
	var inserts []string
	oid := catalog.FirstUserOID
	for _, s := range strings.Split(string(text), ";\n") {
		s = strings.TrimSpace(s)
		oid++
		if m := createTable.FindStringSubmatch(s); m != nil {
			tab := tableOf(t, oid, m[1], m[2])
			tables[m[1]] = tab
			order = append(order, tab)
		} else if m := createIndex.FindStringSubmatch(s); m != nil {
			addIndex(t, tables[m[3]], oid, m[2], m[4], m[1] != "")
		} else if s != "" {
			inserts = append(inserts, s)
		}
	}
	db.reader = catalog.NewReader(nil, order...)
	for _, s := range inserts {
		if _, err := db.query(t, setting{}, s); err != nil {
			t.Fatalf("%.60s: %v", s, err)
		}
	}
	return db
}

func tableOf(t testing.TB, oid types.OID, name, columns string) *catalog.Table {
	tab := &catalog.Table{OID: oid, Schema: catalog.PublicOID, Name: name, Storage: uint64(oid), NextIndex: 2}
	tab.Primary = &catalog.Index{ID: 1, OID: oid + 5000, Table: oid, Schema: catalog.PublicOID, Name: name + "_pkey", Unique: true, Primary: true}
	tab.NextColumn = 1
	if i := strings.Index(columns, ", primary key"); i >= 0 {
		defer addKeyColumns(t, tab, tab.Primary, strings.Trim(columns[i+len(", primary key"):], " ()"))
		columns = columns[:i]
	}
	for _, c := range strings.Split(columns, ", ") {
		w := strings.Fields(c)
		ti, ok := types.ByName(w[1])
		if !ok {
			t.Fatalf("no type %s", w[1])
		}
		tab.Columns = append(tab.Columns, &catalog.Column{ID: tab.NextColumn, Name: w[0], Type: types.Of(ti.OID), NotNull: len(w) > 2})
		if len(w) > 2 {
			addKeyColumns(t, tab, tab.Primary, w[0])
		}
		tab.NextColumn++
	}
	return tab
}

func addIndex(t testing.TB, tab *catalog.Table, oid types.OID, name, cols string, unique bool) {
	x := &catalog.Index{ID: tab.NextIndex, OID: oid, Table: tab.OID, Schema: tab.Schema, Name: name, Unique: unique}
	tab.NextIndex++
	addKeyColumns(t, tab, x, cols)
	tab.Indexes = append(tab.Indexes, x)
}

func addKeyColumns(t testing.TB, tab *catalog.Table, x *catalog.Index, cols string) {
	for _, c := range strings.Split(cols, ", ") {
		w := strings.Fields(c)
		col, _, ok := tab.Column(w[0])
		if !ok {
			t.Fatalf("no column %s", w[0])
		}
		desc := len(w) > 1
		x.Columns = append(x.Columns, catalog.IndexColumn{Column: col.ID, Desc: desc, NullsFirst: desc})
		if x.Primary {
			col.NotNull = true
		}
	}
}

// setting is a way to execute that must not change answers.
type setting struct {
	rows int
	mem  int64
	off  string // planner settings that are off
}

var settings = []setting{{}, {rows: 1}, {rows: 7}, {rows: 7, mem: 600}, {mem: 2000},
	{off: "enable_hashjoin"}, {rows: 7, off: "enable_hashjoin enable_nestloop"}, {rows: 7, off: "enable_nestloop"}, {off: "enable_hashagg enable_indexscan enable_indexonlyscan"},
	{rows: 1, off: "enable_seqscan enable_sort"}, {mem: 900, off: "enable_hashagg"}}

// Raw implements planner.Values.
func (s setting) Raw(name string) (string, bool) {
	if strings.HasPrefix(name, "enable_") {
		if slices.Contains(strings.Fields(s.off), name) {
			return "off", true
		}
		return "on", true
	}
	v, ok := map[string]string{"seq_page_cost": "1", "random_page_cost": "4", "cpu_tuple_cost": "0.01", "cpu_index_tuple_cost": "0.005",
		"cpu_operator_cost": "0.0025", "work_mem": "4096"}[name]
	return v, ok
}

// query plans and runs one statement in a transaction of its own and returns its rows as text.
func (db *database) query(t testing.TB, s setting, sql string, params ...types.Datum) (rows []string, err error) {
	t.Helper()
	stmts, err := parser.Parse(sql)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	o := planner.Options{Reader: db.reader, SQL: sql, SearchPath: []string{"public"}, User: "postgres", Database: "postgres"}
	if s.off != "" {
		o.Settings = planner.SettingsFrom(s)
	}
	p, err := planner.Plan(stmts[0].Stmt, o)
	if err != nil {
		return nil, err
	}
	txn := db.store.Begin(kv.TxnOptions{})
	defer txn.Rollback()
	if err := txn.StartStatement(ctx); err != nil {
		return nil, err
	}
	c := &lexec.Ctx{Txn: txn, Expr: &expr.Ctx{Context: ctx, Params: params, Types: types.NewEnv()}, Catalog: &catalog.Session{Reader: db.reader},
		Memory: &lexec.Account{}, BatchRows: s.rows, WorkMemBytes: s.mem, SpillDir: db.spill, ReadCommitted: true}
	tree, err := build.New(p, c)
	if err != nil {
		return nil, err
	}
	// Twice, to see that a tree can be used again; what it modifies is rolled back in between.
	save := txn.Savepoint()
	for i := 0; i < 2 && !(i > 0 && db.once); i++ {
		txn.RollbackTo(save)
		if rows, err = run(tree); err != nil {
			return nil, err
		}
		if c.Memory.Used != 0 {
			t.Errorf("%s: %d bytes are still accounted for", sql, c.Memory.Used)
		}
	}
	_, err = txn.Commit(ctx)
	return rows, err
}

func run(tree *build.Tree) (rows []string, err error) {
	ctx := context.Background()
	if err := tree.Open(ctx); err != nil {
		tree.Close()
		return nil, err
	}
	defer func() {
		if cerr := tree.Close(); err == nil {
			err = cerr
		}
	}()
	ts := tree.Types()
	for {
		b, err := tree.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b == nil || b.Rows() == 0 {
			return rows, nil
		}
		for k := range b.Rows() {
			rows = append(rows, textOf(ts, b.Datums(nil, b.Row(k))))
		}
	}
}

func textOf(ts []types.T, row []types.Datum) string {
	var sb strings.Builder
	for i, d := range row {
		if i > 0 {
			sb.WriteByte('|')
		}
		switch {
		case d.IsNull():
			sb.WriteByte('~')
		case ts[i].OID == types.BoolOID:
			sb.WriteString(map[bool]string{true: "t", false: "f"}[d.Bool()])
		default:
			sb.Write(types.AppendText(nil, ts[i], d, nil))
		}
	}
	return sb.String()
}

// TestSQL runs the statements of testdata/*.test: a statement, "----", and PostgreSQL's answer up to an empty line. The order of rows
// counts if the statement has an ORDER BY at its end.
func TestSQL(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.test")
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) { runFile(t, f) })
	}
}

// TestModify runs the statements of testdata/modify.txt one after the other, in a new database for each setting.
func TestModify(t *testing.T) {
	const path = "testdata/modify.txt"
	blocks := readBlocks(t, path)
	if *oracle != "" {
		before := ""
		for i, b := range blocks {
			blocks[i].want = strings.TrimSpace(askOracle(t, before, b.sql))
			before += b.sql + ";\n"
		}
		writeBlocks(t, path, blocks)
	}
	for _, s := range settings {
		db := newDatabase(t)
		db.once = true
		for _, b := range blocks {
			db.check(t, s, b)
		}
	}
}

// block is a statement of a test file with its answer.
type block struct{ sql, want string }

func readBlocks(t *testing.T, path string) (out []block) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range strings.Split(strings.TrimRight(string(text), "\n"), "\n\n") {
		sql, want, _ := strings.Cut(b, "\n----")
		out = append(out, block{sql, strings.TrimSpace(want)})
	}
	return out
}

func writeBlocks(t *testing.T, path string, blocks []block) {
	var out bytes.Buffer
	for _, b := range blocks {
		fmt.Fprintf(&out, "%s\n----\n%s\n\n", b.sql, b.want)
	}
	text := strings.ReplaceAll(out.String(), "----\n\n\n", "----\n\n")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// check runs a statement and compares its answer; false if it differs.
func (db *database) check(t *testing.T, s setting, b block) bool {
	rows, err := db.query(t, s, b.sql)
	got, want := strings.Join(rows, "\n"), b.want
	if err != nil {
		got = "ERROR: " + string(pgerr.CodeOf(err)) + " " + err.Error()
	}
	if !ordered(b.sql) {
		got, want = sortLines(got), sortLines(want)
	}
	if got != want {
		t.Errorf("%+v\n%s\n--- got\n%.1500s\n--- want\n%.1500s", s, b.sql, got, want)
	}
	return got == want
}

func runFile(t *testing.T, path string) {
	blocks := readBlocks(t, path)
	db := newDatabase(t)
	for i := range blocks {
		if *oracle != "" {
			blocks[i].want = strings.TrimSpace(askOracle(t, "", blocks[i].sql))
		}
		for _, s := range settings {
			if !db.check(t, s, blocks[i]) {
				break
			}
		}
	}
	if *oracle != "" {
		writeBlocks(t, path, blocks)
	}
}

var lastClause = regexp.MustCompile(`(?is)order by [^()]*$`)

func ordered(sql string) bool { return lastClause.MatchString(sql) }

func sortLines(s string) string {
	l := strings.Split(s, "\n")
	sort.Strings(l)
	return strings.Join(l, "\n")
}

// askOracle asks PostgreSQL, in a schema made for the question, after other statements.
func askOracle(t *testing.T, before, sql string) string {
	schema, err := os.ReadFile("testdata/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	script := "\\set VERBOSITY verbose\nbegin;\ncreate schema s; set search_path = s;\n" + string(schema) + before + "\n\\o\n\\t\n\\a\n\\pset fieldsep '|'\n\\pset null '~'\n\\echo =====\n" +
		sql + ";\n"
	cmd := exec.Command("psql", *oracle, "-X", "-q", "-f", "-")
	cmd.Stdin = strings.NewReader(script)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && out.Len() == 0 {
		t.Fatal(err)
	}
	_, answer, _ := strings.Cut(out.String(), "=====\n")
	if _, e, ok := strings.Cut(answer, "ERROR:  "); ok {
		line, _, _ := strings.Cut(e, "\n")
		code, msg, _ := strings.Cut(line, ": ")
		return "ERROR: " + code + " " + msg
	}
	return answer
}

package planner

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/types"
)

var rewriteFiles = flag.Bool("rewrite", false, "write the answers that the tests got into the golden files")

// schema is a catalog for tests, written as lines: "table name [rows=n]", "column name type [null]", "primary name (cols)",
// "unique name (cols)", "index name (cols)", "partial name (cols) condition", "expression name (column) expression". A column may end with
// "distinct=n", or with "bounds=n" for a histogram of the numbers 1 to n.
type schema struct {
	reader *catalog.Reader
	stats  *stats.Map
}

func readSchema(t testing.TB, path string) *schema {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &schema{stats: stats.NewMap()}
	var rels []catalog.Relation
	var tab *catalog.Table
	oid := catalog.FirstUserOID
	for _, line := range strings.Split(string(text), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		oid++
		switch f[0] {
		case "table":
			tab = &catalog.Table{OID: oid, Schema: catalog.PublicOID, Name: f[1], Primary: &catalog.Index{ID: 1, Unique: true, Primary: true}}
			rels = append(rels, tab)
			if len(f) > 2 {
				n, _ := strconv.ParseFloat(strings.TrimPrefix(f[2], "rows="), 64)
				figures := &stats.Table{Rows: n, Analyzed: true, Columns: map[catalog.ColumnID]*stats.Column{}}
				s.stats.Set(oid, figures)
			}
		case "column":
			addColumn(t, tab, f)
			if d, ok := strings.CutPrefix(f[len(f)-1], "distinct="); ok {
				figures, _ := s.stats.Table(tab)
				n, _ := strconv.ParseFloat(d, 64)
				figures.Columns[tab.NextColumn] = &stats.Column{Distinct: n}
			}
			if d, ok := strings.CutPrefix(f[len(f)-1], "bounds="); ok {
				figures, _ := s.stats.Table(tab)
				n, _ := strconv.Atoi(d)
				col := &stats.Column{Distinct: -1}
				for i := range 101 {
					col.Bounds = append(col.Bounds, types.NewInt(int64(max(1, n*i/100))))
				}
				figures.Columns[tab.NextColumn] = col
			}
		default:
			open, end := strings.IndexByte(line, '('), strings.IndexByte(line, ')')
			addIndex(t, tab, f[0], f[1], line[open+1:end], oid)
			describeIndex(tab, f[0], strings.TrimSpace(line[end+1:]))
		}
	}
	s.reader = catalog.NewReader(nil, rels...)
	return s
}

func addColumn(t testing.TB, tab *catalog.Table, f []string) {
	ti, ok := types.ByName(f[2])
	if !ok {
		t.Fatalf("no type %s", f[2])
	}
	tab.NextColumn++
	tab.Columns = append(tab.Columns, &catalog.Column{ID: tab.NextColumn, Name: f[1], Type: types.Of(ti.OID), NotNull: !slices.Contains(f, "null")})
}

func addIndex(t testing.TB, tab *catalog.Table, kind, name, cols string, oid types.OID) {
	x := &catalog.Index{ID: catalog.IndexID(len(tab.Indexes) + 2), OID: oid, Table: tab.OID, Schema: tab.Schema, Name: name,
		Unique: kind != "index", Primary: kind == "primary"}
	for _, c := range strings.Split(cols, ",") {
		w := strings.Fields(c)
		col, _, ok := tab.Column(w[0])
		if !ok {
			t.Fatalf("no column %s", w[0])
		}
		desc := len(w) > 1
		x.Columns = append(x.Columns, catalog.IndexColumn{Column: col.ID, Desc: desc, NullsFirst: desc})
	}
	if x.Primary {
		x.ID = 1
		tab.Primary = x
		return
	}
	tab.Indexes = append(tab.Indexes, x)
}

// describeIndex adds what a partial index or one on an expression has besides its columns.
func describeIndex(tab *catalog.Table, kind, text string) {
	if kind != "partial" && kind != "expression" {
		return
	}
	x := tab.Indexes[len(tab.Indexes)-1]
	x.Unique = false
	if kind == "partial" {
		x.Predicate = text
		return
	}
	c := &x.Columns[0]
	x.Reads = []catalog.ColumnID{c.Column}
	c.Type, c.Expr, c.Column = tab.ColumnByID(c.Column).Type, text, 0
}

func (s *schema) options(sql string) Options {
	return Options{Reader: s.reader, SQL: sql, SearchPath: []string{"public"}, Stats: s.stats, User: "postgres"}
}

func parse(t testing.TB, sql string) ast.Stmt {
	t.Helper()
	stmts, err := parser.Parse(sql)
	if err != nil || len(stmts) != 1 {
		t.Fatalf("parse %s: %v", sql, err)
	}
	return stmts[0].Stmt
}

// answer runs one golden command.
func (s *schema) answer(t *testing.T, command, sql string) string {
	o := s.options(sql)
	words := strings.Fields(command)
	for _, w := range words[1:] {
		if rule, ok := strings.CutPrefix(w, "disable="); ok {
			o.DisabledRules = map[string]bool{}
			for _, r := range strings.Split(rule, ",") {
				o.DisabledRules[r] = true
			}
		}
	}
	for _, w := range words[1:] {
		if rule, ok := strings.CutPrefix(w, "only="); ok {
			o.DisabledRules = map[string]bool{}
			for _, r := range opt.RuleNames() {
				o.DisabledRules[r] = !strings.Contains(","+rule+",", ","+r+",")
			}
		}
	}
	stmt := parse(t, sql)
	if words[0] == "logical" {
		b, err := bind.Statement(stmt, bind.Options{SQL: sql, Reader: o.Reader, SearchPath: o.SearchPath})
		if err != nil {
			return err.Error()
		}
		return strings.TrimRight(logical.Format(opt.Rewritten(b.Root, o.Settings.options(&o))), "\n")
	}
	p, err := Plan(stmt, o)
	if err != nil {
		return err.Error()
	}
	e := plan.ExplainOptions{Costs: strings.Contains(command, "costs"), Verbose: strings.Contains(command, "verbose"),
		Schema: s.reader.SchemaName}
	for name, f := range map[string]plan.ExplainFormat{"json": plan.ExplainJSON, "yaml": plan.ExplainYAML, "xml": plan.ExplainXML} {
		if strings.Contains(command, name) {
			e.Format = f
		}
	}
	lines := p.Explain(e)
	if strings.Contains(command, "parts") {
		lines = append(lines, splitScans(p.Root)...)
	}
	if p.Point {
		lines = append(lines, "(point)")
	}
	return strings.Join(lines, "\n")
}

// splitScans says where the table scans of a plan are divided among workers.
func splitScans(n plan.Node) []string {
	var out []string
	if s, ok := n.(*plan.SeqScan); ok {
		out = append(out, fmt.Sprintf("(%s in %d parts)", s.Alias, len(s.Splits)+1))
	}
	for _, c := range plan.Inputs(n) {
		out = append(out, splitScans(c)...)
	}
	return out
}

// TestGolden runs the files of testdata: blocks of a command ("plan", "logical", with options such as
// disable=rule and only=rule), the statement, "----", and the
// answer, up to an empty line.
func TestGolden(t *testing.T) {
	s := readSchema(t, "testdata/schema.txt")
	files, _ := filepath.Glob("testdata/*.plan")
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) { s.golden(t, path) })
	}
}

func (s *schema) golden(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	var command, sql, want []string
	state := 0
	flush := func() {
		if len(command) == 0 {
			return
		}
		got := s.answer(t, command[0], strings.Join(sql, "\n"))
		if w := strings.Join(want, "\n"); got != w && !*rewriteFiles {
			t.Errorf("%s: %s\n%s\n---- got\n%s\n---- want\n%s", path, command[0], strings.Join(sql, "\n"), got, w)
		}
		out.WriteString(command[0] + "\n" + strings.Join(sql, "\n") + "\n----\n" + got + "\n\n")
		command, sql, want, state = nil, nil, nil, 0
	}
	sc := bufio.NewScanner(strings.NewReader(string(text)))
	for sc.Scan() {
		line := sc.Text()
		switch {
		case line == "":
			flush()
		case strings.HasPrefix(line, "#") && state == 0:
			out.WriteString(line + "\n")
		case state == 0:
			command, state = append(command, line), 1
		case state == 1 && line == "----":
			state = 2
		case state == 1:
			sql = append(sql, line)
		default:
			want = append(want, line)
		}
	}
	flush()
	if *rewriteFiles {
		if err := os.WriteFile(path, []byte(strings.TrimRight(out.String(), "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

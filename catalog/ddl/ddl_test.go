package ddl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/ddl"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

var ctx = context.Background()

// TestScripts runs testdata/*.txt: blocks of a statement, "----" and what it answers. Statements are SQL, or commands of
// this test: !insert table values, !rows table, !describe table. REWRITE=1 writes the answers.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			s := newScript(t)
			var out strings.Builder
			for _, block := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
				if block = strings.TrimSpace(block); block == "" {
					continue
				}
				stmt, want, _ := strings.Cut(block, "\n----\n")
				stmt = strings.TrimSuffix(stmt, "\n----")
				got := strings.TrimSpace(s.run(stmt))
				if got != strings.TrimSpace(want) && os.Getenv("REWRITE") == "" {
					t.Errorf("%s\ngot:\n%s\nwant:\n%s", stmt, got, want)
				}
				fmt.Fprintf(&out, "%s\n\n", strings.TrimSpace(stmt+"\n----\n"+got))
			}
			if os.Getenv("REWRITE") != "" {
				if err := os.WriteFile(f, []byte(strings.TrimSuffix(out.String(), "\n")), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

type script struct {
	t     *testing.T
	store kv.Store
	cat   *catalog.Catalog
	kv    kv.Txn
	txn   *catalog.Txn
	out   strings.Builder
	sql   string
	nextv int64
}

func newScript(t *testing.T) *script {
	store, err := mvcc.Open(mvcc.Memory, mvcc.Options{MemtableBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	cat, err := catalog.Open(ctx, store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &script{t: t, store: store, cat: cat}
}

// run runs one statement in a transaction of its own, or in the one that !begin began.
func (s *script) run(stmt string) string {
	s.out.Reset()
	s.sql = stmt
	own := s.kv == nil
	if own {
		s.begin()
	}
	if err := s.kv.StartStatement(ctx); err != nil {
		s.t.Fatal(err)
	}
	err := s.execute(stmt)
	if err != nil {
		s.print(err)
	}
	if own && s.kv != nil && stmt != "!begin" {
		s.end(err == nil)
	}
	return s.out.String()
}

func (s *script) begin() {
	s.kv = s.store.Begin(kv.TxnOptions{})
	s.txn = s.cat.NewTxn(s.kv, kv.ReadCommitted)
}

func (s *script) end(commit bool) {
	if commit {
		if _, err := s.kv.Commit(ctx); err != nil {
			s.t.Fatal(err)
		}
	} else {
		s.kv.Rollback()
	}
	s.kv = nil
}

func (s *script) print(err error) {
	e, ok := pgerr.As(err)
	if !ok {
		fmt.Fprintf(&s.out, "internal: %v\n", err)
		return
	}
	fmt.Fprintf(&s.out, "%s:  %s: %s\n", e.Severity, e.Code, e.Message)
	for _, l := range []struct{ name, text string }{{"DETAIL", e.Detail}, {"HINT", e.Hint}} {
		if l.text != "" {
			fmt.Fprintf(&s.out, "%s:  %s\n", l.name, l.text)
		}
	}
	if e.Position > 0 {
		fmt.Fprintf(&s.out, "POSITION:  %d\n", e.Position)
	}
}

func (s *script) execute(stmt string) error {
	word, rest, _ := strings.Cut(stmt, " ")
	table, values, _ := strings.Cut(rest, " ")
	switch word {
	case "!begin":
		return nil
	case "!commit", "!rollback":
		s.end(word == "!commit")
		return nil
	case "!insert":
		return s.insert(table, values)
	case "!rows":
		return s.rows(table)
	case "!describe":
		return s.describe(table)
	}
	stmts, err := parser.Parse(stmt)
	if err != nil {
		return err
	}
	x := &ddl.Executor{Txn: s.txn, SQL: stmt, SearchPath: []string{"public"}, Owner: catalog.SuperuserOID, Bind: &binder{s, []string{"public"}},
		Notice: func(e *pgerr.Error) { s.print(e) }}
	tag, handled, err := x.Run(ctx, stmts[0].Stmt)
	if !handled {
		s.t.Fatalf("not handled: %s", stmt)
	}
	if err == nil {
		fmt.Fprintln(&s.out, tag)
	}
	return err
}

func (s *script) table(name string) (*catalog.Table, *rowenc.Table) {
	schema, name, ok := strings.Cut(name, ".")
	if !ok {
		schema, name = "public", schema
	}
	rel, _ := s.txn.Newest().Lookup(nil, schema, name)
	t, ok := rel.(*catalog.Table)
	if !ok {
		s.t.Fatalf("no table %s", name)
	}
	rt, err := rowenc.NewTable(t)
	if err != nil {
		s.t.Fatal(err)
	}
	return t, rt
}

func emptyBatch(t *catalog.Table) *vec.Batch {
	var kinds []types.Kind
	for _, c := range t.Columns {
		kinds = append(kinds, c.Type.Kind())
	}
	return vec.NewBatch(kinds, 0)
}

// insert writes rows "1,x,null 2,y,3" without any check.
func (s *script) insert(table, values string) error {
	t, rt := s.table(table)
	b := emptyBatch(t)
	rows := &rowenc.Rows{Cols: b.Cols}
	for _, r := range strings.Fields(values) {
		var row []types.Datum
		if n := strings.Count(r, ",") + 1; n != len(t.Columns) {
			return fmt.Errorf("%d values for %d columns", n, len(t.Columns))
		}
		for i, v := range strings.Split(r, ",") {
			d := types.Null
			if v != "null" {
				var err error
				if d, err = types.Parse(t.Columns[i].Type, v, nil); err != nil {
					return err
				}
			}
			row = append(row, d)
		}
		b.AppendRow(row)
		id, err := s.cat.NewRowIDs(ctx, t.Storage, 1)
		if err != nil {
			return err
		}
		rows.RowIDs = append(rows.RowIDs, id)
	}
	rows.Len = b.Len
	for _, e := range s.entries(rt, rows) {
		if err := s.kv.Put(e[0], e[1]); err != nil {
			return err
		}
	}
	return nil
}

// entries are all keys and values of rows.
func (s *script) entries(rt *rowenc.Table, rows *rowenc.Rows) (es [][2][]byte) {
	var ks, vs rowenc.Buffer
	rt.AppendKeys(&ks, rows)
	rt.AppendRows(&vs, rows)
	keys := slices.Clone(ks.B)
	extend, err := (&binder{script: s}).IndexExprs(rt.Desc)
	if err == nil {
		rows, err = extend(rows)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range rt.Indexes {
		x.AppendEntryKeys(&ks, rows, keys)
		x.AppendEntryValues(&vs, rows, keys)
	}
	for i := range ks.B {
		if len(vs.B[i]) == 0 {
			continue
		}
		es = append(es, [2][]byte{ks.B[i], vs.B[i]})
	}
	return es
}

func (s *script) scan(r kv.Range) *kv.Entries {
	it, err := s.kv.Scan(ctx, r, kv.ScanOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer it.Close()
	es := &kv.Entries{}
	if err := it.Next(ctx, es, 10000); err != nil {
		s.t.Fatal(err)
	}
	return es
}

// rows prints the rows in order of the key and compares the indexes with them.
func (s *script) rows(table string) error {
	t, rt := s.table(table)
	es := s.scan(rt.Range())
	var ords []int
	for i := range t.Columns {
		ords = append(ords, i)
	}
	dec, err := rt.NewRowDecoder(ords)
	if err != nil {
		return err
	}
	b := emptyBatch(t)
	if err := dec.Decode(es.K, es.V, b.Cols); err != nil {
		return err
	}
	b.Len = es.Len()
	for i := range b.Len {
		var vs []string
		for o, c := range t.Columns {
			if d := b.Cols[o].Datum(i); d.IsNull() {
				vs = append(vs, "null")
			} else {
				vs = append(vs, types.Text(c.Type, d, nil))
			}
		}
		fmt.Fprintln(&s.out, strings.Join(vs, " "))
	}
	extend, err := (&binder{script: s}).IndexExprs(t)
	if err != nil {
		return err
	}
	rows, err := extend(&rowenc.Rows{Cols: b.Cols, Len: b.Len})
	if err != nil {
		return err
	}
	entries := b.Len
	for _, x := range rt.Indexes {
		var keys, values rowenc.Buffer
		x.AppendEntryKeys(&keys, rows, es.K)
		x.AppendEntryValues(&values, rows, es.K)
		got := s.scan(x.Range()).K
		var want [][]byte
		for i, k := range keys.B {
			if len(values.B[i]) > 0 {
				want = append(want, k)
			}
		}
		entries += len(want)
		slices.SortFunc(want, bytes.Compare)
		if !slices.EqualFunc(got, want, bytes.Equal) {
			fmt.Fprintf(&s.out, "index %s: %x, want %x\n", x.Desc.Name, got, want)
		}
	}
	if all := s.scan(rowenc.StorageRange(t.Storage)); all.Len() != entries {
		fmt.Fprintf(&s.out, "%d entries, want %d\n", all.Len(), entries)
	}
	return nil
}

// describe prints a table's descriptor.
func (s *script) describe(table string) error {
	schema, name, ok := strings.Cut(table, ".")
	if !ok {
		schema, name = "public", schema
	}
	rel, ok := s.txn.Newest().Lookup(nil, schema, name)
	if !ok {
		fmt.Fprintln(&s.out, "no such relation")
		return nil
	}
	switch r := rel.(type) {
	case *catalog.Table:
		s.describeTable(r)
	case *catalog.View:
		for _, c := range r.Columns {
			fmt.Fprintf(&s.out, "%s %s\n", c.Name, c.Type)
		}
		fmt.Fprintln(&s.out, r.Query)
	case *catalog.Sequence:
		last, _, called, err := s.cat.SequenceValue(ctx, r)
		fmt.Fprintf(&s.out, "%s start %d min %d max %d increment %d cache %d cycle %v last %d %v\n", types.FormatType(r.Type, -1), r.Start,
			r.Min, r.Max, r.Increment, r.Cache, r.Cycle, last, called)
		return err
	}
	return nil
}

func (s *script) describeTable(t *catalog.Table) {
	for _, c := range t.Columns {
		fmt.Fprintf(&s.out, "%d %s %s", c.ID, c.Name, c.Type)
		if c.NotNull {
			s.out.WriteString(" not null")
		}
		if c.Default != "" {
			s.out.WriteString(" default " + c.Default)
		}
		if c.Identity != 0 {
			s.out.WriteString(" identity " + string(c.Identity))
		}
		if c.Comment != "" {
			s.out.WriteString(" -- " + c.Comment)
		}
		s.out.WriteByte('\n')
	}
	for _, x := range t.AllIndexes() {
		fmt.Fprintf(&s.out, "%s", x.Name)
		for _, k := range x.Columns {
			if c := t.ColumnByID(k.Column); c != nil {
				fmt.Fprintf(&s.out, " %s", c.Name)
			} else {
				fmt.Fprintf(&s.out, " (%s) %s", k.Expr, k.Name)
			}
			if k.Desc {
				s.out.WriteString(" desc")
			}
			if k.NullsFirst {
				s.out.WriteString(" nulls first")
			}
		}
		if x.Predicate != "" {
			s.out.WriteString(" where " + x.Predicate)
		}
		fmt.Fprintf(&s.out, " unique=%v constraint=%v\n", x.Unique, x.Constraint != 0)
	}
	for _, k := range t.Checks {
		fmt.Fprintf(&s.out, "%s check %s %v\n", k.Name, k.Expr, k.Columns)
	}
	if t.Comment != "" {
		fmt.Fprintf(&s.out, "-- %s\n", t.Comment)
	}
	for _, q := range s.txn.Newest().OwnedSequences(t.OID, 0) {
		fmt.Fprintf(&s.out, "sequence %s of %s\n", q.Name, t.ColumnByID(q.OwnedBy.Column).Name)
	}
}

// binder binds with the planner, as the session does.
type binder struct {
	*script
	path []string
}

func (b *binder) FunctionBody(*catalog.Function, ast.Stmt) error { return nil }

func (b *binder) Rule(catalog.Relation, *ast.RuleStmt, *catalog.Rule) error {
	return pgerr.FeatureNotSupported("CREATE RULE")
}

func (b *binder) WithSearchPath(path []string) ddl.Binder { return &binder{b.script, path} }

func (b *binder) options() bind.Options {
	r := b.txn.Newest()
	name := func(t types.OID, s string) (types.OID, error) {
		schema, rel, ok := strings.Cut(s, ".")
		if !ok {
			schema, rel = "public", s
		}
		if x, ok := r.Lookup(nil, schema, rel); ok {
			return x.RelOID(), nil
		}
		return 0, pgerr.New(pgerr.UndefinedTable, "relation %q does not exist", s)
	}
	env := types.NewEnv()
	env.RegIn = name
	env.RegOut = func(_, oid types.OID) string {
		if x, ok := r.RelationByOID(oid); ok {
			return r.SchemaName(x.RelSchema()) + "." + x.RelName()
		}
		return ""
	}
	return bind.Options{SQL: b.sql, Reader: r, SearchPath: b.path, Env: env}
}

func (b *binder) format(e expr.Expr) string {
	return expr.Format(e, expr.FormatOpts{Env: b.options().Env})
}

func (b *binder) Type(tn *ast.TypeName) (types.T, error) { return bind.Type(tn, b.options()) }

func (b *binder) Default(e ast.Expr, column string, t types.T) (string, error) {
	x, err := bind.Default(e, column, t, b.options())
	if err != nil {
		return "", err
	}
	return b.format(x), nil
}

func (b *binder) Check(e ast.Expr, t *catalog.Table) (string, []catalog.ColumnID, error) {
	x, err := bind.TableExpr(t, e, bind.UseCheck, b.options())
	if err != nil {
		return "", nil, err
	}
	return b.format(x), columnsRead(x, t), nil
}

func columnsRead(x expr.Expr, t *catalog.Table) (ids []catalog.ColumnID) {
	expr.Rewrite(x, func(e expr.Expr) expr.Expr {
		if v, ok := e.(*expr.Var); ok {
			if id := t.Columns[v.ID-1].ID; !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return e
	})
	slices.Sort(ids)
	return ids
}

func (b *binder) Generated(e ast.Expr, _ *catalog.Table, _ int) (string, error) {
	return ast.Format(e), nil
}

func (b *binder) GeneratedValue(*catalog.Table, int) (func(*vec.Batch) (*vec.Vector, error), error) {
	return nil, pgerr.FeatureNotSupported("a generated column in this test")
}

func (b *binder) TriggerWhen(e ast.Expr, _ catalog.Relation, _ []*catalog.Column) (ddl.TriggerCondition, error) {
	return ddl.TriggerCondition{Text: ast.Format(e)}, nil
}

func (b *binder) View(query ast.Stmt) (string, []*catalog.Column, []types.OID, error) {
	o := b.options()
	var refs []types.OID
	o.OnRelation = func(rv *ast.RangeVar, rel catalog.Relation) {
		refs = append(refs, rel.RelOID())
		rv.Schema = o.Reader.SchemaName(rel.RelSchema())
	}
	x, err := bind.Statement(query, o)
	if err != nil {
		return "", nil, nil, err
	}
	var cols []*catalog.Column
	for _, c := range x.Columns {
		cols = append(cols, &catalog.Column{Name: c.Name, Type: c.T})
	}
	slices.Sort(refs)
	return ast.Format(query), cols, slices.Compact(refs), nil
}

func (b *binder) Evaluate(text string, t types.T) (func() (types.Datum, error), bool, error) {
	if strings.HasPrefix(text, "nextval") {
		return func() (types.Datum, error) {
			b.nextv++
			return types.NewInt(b.nextv), nil
		}, false, nil
	}
	n, err := parser.ParseExpr(text)
	if err != nil {
		return nil, false, err
	}
	x, err := bind.Default(n, "", t, b.options())
	if err != nil {
		return nil, false, err
	}
	return func() (types.Datum, error) { return expr.EvalRow(&expr.Ctx{Context: ctx}, x) }, true, nil
}

func (b *binder) Transform(e ast.Expr, t *catalog.Table, ordinal int, to types.T) (func(*vec.Batch) (*vec.Vector, error), error) {
	x, err := bind.Transform(t, ordinal, e, to, b.options())
	if err != nil {
		return nil, err
	}
	p, err := expr.Compile(columns(x))
	if err != nil {
		return nil, err
	}
	return func(batch *vec.Batch) (*vec.Vector, error) { return p.EvalFull(&expr.Ctx{Context: ctx}, batch) }, nil
}

// columns replaces the binder's columns by those of a batch.
func columns(x expr.Expr) expr.Expr {
	return expr.Rewrite(x, func(e expr.Expr) expr.Expr {
		if v, ok := e.(*expr.Var); ok {
			return &expr.Col{Idx: int(v.ID - 1), T: v.T}
		}
		return e
	})
}

func (b *binder) StatisticsExpr(e ast.Expr, t *catalog.Table) (ddl.IndexExpr, error) {
	return b.IndexExpr(e, t, false)
}

func (b *binder) IndexExpr(e ast.Expr, t *catalog.Table, predicate bool) (ddl.IndexExpr, error) {
	use := bind.UseIndexExpr
	if predicate {
		use = bind.UseIndexPredicate
	}
	x, err := bind.TableExpr(t, e, use, b.options())
	if err != nil {
		return ddl.IndexExpr{}, err
	}
	return ddl.IndexExpr{Text: b.format(x), Name: bind.IndexExprName(e), Type: x.Type(), Reads: columnsRead(x, t)}, nil
}

func (b *binder) IndexExprs(t *catalog.Table) (func(*rowenc.Rows) (*rowenc.Rows, error), error) {
	es, err := bind.IndexExprs(t, b.options())
	if err != nil {
		return nil, err
	}
	for i := range es {
		es[i] = columns(es[i])
	}
	x, err := rowenc.CompileIndexExprs(t, es)
	return func(r *rowenc.Rows) (*rowenc.Rows, error) { return x.Extend(&expr.Ctx{Context: ctx}, r) }, err
}

func (b *binder) Condition(text string, t *catalog.Table) (func(*vec.Batch) (bool, error), error) {
	x, err := bind.StoredTableExpr(t, text, bind.UseCheck, b.options())
	if err != nil {
		return nil, err
	}
	p, err := expr.Compile(columns(x))
	if err != nil {
		return nil, err
	}
	return func(batch *vec.Batch) (bool, error) {
		v, err := p.EvalFull(&expr.Ctx{Context: ctx}, batch)
		if err != nil {
			return false, err
		}
		for i := range batch.Len {
			if !v.Bool[i] && !v.IsNull(i) {
				return true, nil
			}
		}
		return false, nil
	}, nil
}

// TestRepeatableRead: a schema change must not miss rows that its snapshot does not show.
func TestRepeatableRead(t *testing.T) {
	s := newScript(t)
	s.run("create table t(a int)")
	s.run("!insert t 1 2")
	index := func() string {
		s.sql = "create index on t(a)"
		s.out.Reset()
		if err := s.kv.StartStatement(ctx); err != nil {
			t.Fatal(err)
		}
		err := s.execute(s.sql)
		s.end(err == nil)
		if err != nil {
			return err.Error()
		}
		return s.out.String()
	}
	s.kv = s.store.Begin(kv.TxnOptions{Isolation: kv.Snapshot})
	s.txn = s.cat.NewTxn(s.kv, kv.Snapshot)
	s.kv.ReadTS()
	if got := index(); got != "CREATE INDEX\n" {
		t.Error(got)
	}
	old := s.store.Begin(kv.TxnOptions{Isolation: kv.Snapshot})
	old.ReadTS()
	s.run("!insert t 3")
	s.kv, s.txn = old, s.cat.NewTxn(old, kv.Snapshot)
	if got := index(); got != kv.ErrConflict.Error() {
		t.Error(got)
	}
}

func (b *binder) PartitionKey(e ast.Expr, t *catalog.Table) (string, types.T, []catalog.ColumnID, bool, error) {
	x, err := bind.PartitionKey(t, e, b.options())
	if err != nil {
		return "", types.T{}, nil, false, err
	}
	return expr.Format(x, expr.FormatOpts{}), x.Type(), nil, false, nil
}

func (b *binder) BoundValue(e ast.Expr, column string, t types.T) (types.Datum, error) {
	x, err := bind.BoundValue(e, column, t, b.options())
	if err != nil {
		return types.Null, err
	}
	return expr.EvalRow(&expr.Ctx{}, x)
}

func (b *binder) KeyValues(_, _ *catalog.Table) (func(*vec.Batch) ([]*vec.Vector, error), error) {
	return nil, errors.New("not in these tests")
}

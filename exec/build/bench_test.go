package build_test

import (
	"context"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	lexec "github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/build"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/parser"
	"github.com/lightsql/lightsql/sql/types"
)

// prepare is a tree that can be run again and again with new parameters.
func prepare(b *testing.B, db *database, sql string) (*build.Tree, *lexec.Ctx) {
	b.Helper()
	stmts, err := parser.Parse(sql)
	if err != nil {
		b.Fatal(err)
	}
	p, err := planner.Plan(stmts[0].Stmt, planner.Options{Reader: db.reader, SQL: sql, SearchPath: []string{"public"}, User: "postgres"})
	if err != nil {
		b.Fatal(err)
	}
	txn := db.store.Begin(kv.TxnOptions{ReadOnly: true})
	b.Cleanup(txn.Rollback)
	c := &lexec.Ctx{Txn: txn, Expr: &expr.Ctx{Context: context.Background(), Types: types.NewEnv(), Params: make([]types.Datum, 1)},
		Catalog: &catalog.Session{Reader: db.reader}, Memory: &lexec.Account{}, SpillDir: b.TempDir()}
	tree, err := build.New(p, c)
	if err != nil {
		b.Fatal(err)
	}
	return tree, c
}

func BenchmarkStatements(b *testing.B) {
	db := newDatabase(b)
	for _, s := range []struct{ name, sql string }{
		{"point", "select id, k, s from big where id = $1"},
		{"range of 10", "select id, k, s from big where id between $1 and $1 + 9"},
		{"index", "select id, s from big where k = $1 % 97"},
		{"count", "select count(*) from big where k <> $1"},
		{"group", "select k, sum(id) from big where id > $1 group by k"},
		{"group by text", "select s, count(*) from big where id > $1 group by s"},
		{"hash join", "select count(*) from big a join big b on a.id = b.id + $1"},
		{"sort", "select id from big where id > $1 order by s, k, id"},
		{"top 10", "select id from big where id > $1 order by s, k, id limit 10"},
		{"window", "select sum(id) over (partition by k order by id) from big where id > $1"},
	} {
		b.Run(s.name, func(b *testing.B) {
			tree, c := prepare(b, db, s.sql)
			ctx := context.Background()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				c.Expr.Params[0] = types.NewInt(int64(i%50 + 1))
				if err := tree.Open(ctx); err != nil {
					b.Fatal(err)
				}
				for {
					x, err := tree.Next(ctx)
					if err != nil {
						b.Fatal(err)
					}
					if x == nil || x.Rows() == 0 {
						break
					}
				}
				if err := tree.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

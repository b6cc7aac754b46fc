package planner

import (
	"fmt"
	"sync"
	"testing"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/opt"
	"github.com/lightsql/lightsql/sql/types"
)

func TestCache(t *testing.T) {
	s := readSchema(t, "testdata/schema.txt")
	c := NewCache(CacheOptions{})
	const sql = "select c from t where a = $1"
	stmt := parse(t, sql)
	o := s.options(sql)
	if _, err := c.Plan(stmt, o); err != nil || c.Len() != 0 {
		t.Errorf("a statement met once is kept: %v, %d entries", err, c.Len())
	}
	first, err := c.Plan(stmt, o)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := c.Plan(parse(t, sql), o)
	if again != first {
		t.Error("the same statement was planned twice")
	}
	if c.Lookup(&o, 0) != first {
		t.Error("Lookup does not find the plan")
	}
	for name, change := range map[string]func(*Options){
		"generation": func(o *Options) { o.Generation = "x" },
		"user":       func(o *Options) { o.User = "other" },
		"parameters": func(o *Options) { o.ParamTypes = []types.T{types.Of(types.Int8OID)} },
		"text":       func(o *Options) { o.SQL += " " },
		"no params":  func(o *Options) { o.NoParams = true },
		"catalog":    func(o *Options) { o.Reader = catalog.NewReader(nil) },
	} {
		p := o
		change(&p)
		if c.Lookup(&p, 0) != nil {
			t.Errorf("plan found with another %s", name)
		}
	}
	s.stats.Set(catalog.FirstUserOID, &stats.Table{Rows: 1e9})
	if c.Lookup(&o, 0) != nil {
		t.Error("plan found although the statistics changed")
	}
	if _, err := c.Plan(stmt, o); err != nil || c.Len() != 1 {
		t.Errorf("planned again: %v, %d entries", err, c.Len())
	}
}

func TestCacheTellsStatementsOfOneStringApart(t *testing.T) {
	s := readSchema(t, "testdata/schema.txt")
	c := NewCache(CacheOptions{})
	o := s.options("select 1; select 2 as x")
	first := parse(t, "select 1")
	second := parse(t, "          select 2 as x")
	a, _ := c.Plan(first, o)
	b, _ := c.Plan(second, o)
	if a.Columns[0].Name != "?column?" || b.Columns[0].Name != "x" {
		t.Errorf("columns %q and %q", a.Columns[0].Name, b.Columns[0].Name)
	}
}

func TestCacheIsBounded(t *testing.T) {
	s := readSchema(t, "testdata/schema.txt")
	c := NewCache(CacheOptions{Entries: 32, TextBytes: 100})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 300 {
				sql := fmt.Sprintf("select %d", i%150+w)
				o := s.options(sql)
				p, err := c.Plan(parse(t, sql), o)
				if err != nil || p == nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := c.Len(); n > 32 || n == 0 {
		t.Errorf("%d entries", n)
	}
	long := "select 1 /*" + fmt.Sprintf("%100s", "") + "*/"
	n := c.Len()
	if _, err := c.Plan(parse(t, long), s.options(long)); err != nil || c.Len() != n {
		t.Errorf("a long statement was kept: %v", err)
	}
}

func BenchmarkCacheLookup(b *testing.B) {
	s := readSchema(b, "testdata/schema.txt")
	c := NewCache(CacheOptions{})
	const sql = "SELECT c, b FROM t WHERE a = $1"
	o := s.options(sql)
	o.Generation = "search_path=public,TimeZone=Europe/Berlin,DateStyle=ISO"
	o.ParamTypes = []types.T{types.Of(types.Int4OID)}
	for range 2 {
		if _, err := c.Plan(parse(b, sql), o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if c.Lookup(&o, 0) == nil {
			b.Fatal("not found")
		}
	}
}

func BenchmarkPlanPoint(b *testing.B) {
	s := readSchema(b, "testdata/schema.txt")
	const sql = "select c from t where a = $1"
	stmt := parse(b, sql)
	o := s.options(sql)
	bound := bind.Options{SQL: sql, Reader: o.Reader, SearchPath: o.SearchPath}
	b.Run("bind", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := bind.Statement(stmt, bound); err != nil {
				b.Fatal(err)
			}
		}
	})
	tree, err := bind.Statement(stmt, bound)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("optimize", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := opt.Optimize(tree.Root, o.Settings.options(&o)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

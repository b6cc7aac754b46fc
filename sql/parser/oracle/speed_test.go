package oracle

import (
	"testing"
	"time"

	pgquery "github.com/pganalyze/pg_query_go/v6/parser"

	"github.com/lightsql/lightsql/sql/parser"
)

const pointSelect = "SELECT abalance, filler FROM pgbench_accounts WHERE aid = $1"

// TestPointSelectSpeed checks that a short statement parses in at most a quarter of the time of PostgreSQL's own parser, which gives its tree in
// serialized form here (a tree in Go costs it more). The best of many short rounds counts, so a busy machine does not matter.
func TestPointSelectSpeed(t *testing.T) {
	best := func(parse func() error) time.Duration {
		const rounds, calls = 200, 50
		fastest := time.Hour
		for range rounds {
			start := time.Now()
			for range calls {
				if err := parse(); err != nil {
					t.Fatal(err)
				}
			}
			fastest = min(fastest, time.Since(start)/calls)
		}
		return fastest
	}
	ours := best(func() error { _, err := parser.Parse(pointSelect); return err })
	theirs := best(func() error { _, err := pgquery.ParseToProtobuf(pointSelect); return err })
	t.Logf("%v, pg_query_go %v", ours, theirs)
	if 4*ours > theirs {
		t.Errorf("a point SELECT takes %v, more than a quarter of pg_query_go's %v", ours, theirs)
	}
}

func BenchmarkPointSelect(b *testing.B) {
	for range b.N {
		if _, err := parser.Parse(pointSelect); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPointSelectPgQuery(b *testing.B) {
	for range b.N {
		if _, err := pgquery.ParseToProtobuf(pointSelect); err != nil {
			b.Fatal(err)
		}
	}
}

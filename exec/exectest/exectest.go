// Package exectest helps to test operators: Rows is a table in memory, Source an operator that yields it in batches of any size with
// rows between that do not count, Settings the batch sizes and memory limits under which every operator must give the same
// result, and Run collects what an operator returns as text.
package exectest

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Rows are rows of datums.
type Rows [][]types.Datum

// Setting is a batch size and a memory limit.
type Setting struct {
	BatchRows    int
	WorkMemBytes int64
}

// Settings are those to test with: the second memory limit makes everything spill.
var Settings = []Setting{{1, 0}, {7, 0}, {1024, 0}, {1, 600}, {7, 600}, {1024, 1200}}

func (s Setting) String() string { return fmt.Sprintf("batch=%d,mem=%d", s.BatchRows, s.WorkMemBytes) }

// Ctx is a context with that setting.
func (s Setting) Ctx(t testing.TB) *exec.Ctx {
	return &exec.Ctx{BatchRows: s.BatchRows, WorkMemBytes: s.WorkMemBytes, SpillDir: t.TempDir(),
		Expr: &expr.Ctx{Context: context.Background(), Exec: make([]types.Datum, 8)}, Memory: &exec.Account{}}
}

// Each runs f under every setting.
func Each(t *testing.T, f func(t *testing.T, ctx *exec.Ctx)) {
	for _, s := range Settings {
		t.Run(s.String(), func(t *testing.T) {
			ctx := s.Ctx(t)
			f(t, ctx)
			if ctx.Memory.Used != 0 {
				t.Errorf("%d bytes are still accounted for", ctx.Memory.Used)
			}
		})
	}
}

// Node is a plan node with output columns of these types, to stand for an input.
func Node(ts []types.T) plan.Node { return &plan.Values{Info: plan.Info{Out: ts}} }

// Types are types without modifiers.
func Types(oids ...types.OID) []types.T {
	ts := make([]types.T, len(oids))
	for i, o := range oids {
		ts[i] = types.Of(o)
	}
	return ts
}

// Source yields rows in batches. Every other batch has a selection, and rows that do not count between the others.
type Source struct {
	ctx   *exec.Ctx
	types []types.T
	rows  Rows
	at    int
	n     int
	batch *vec.Batch
	Opens int
}

// NewSource yields rows of types ts.
func NewSource(ctx *exec.Ctx, ts []types.T, rows Rows) *Source {
	return &Source{ctx: ctx, types: ts, rows: rows, batch: vec.NewBatch(vec.Kinds(ts), 0)}
}

// Open implements exec.Operator.
func (s *Source) Open(context.Context) error {
	s.at, s.n = 0, 0
	s.Opens++
	return nil
}

// Next implements exec.Operator.
func (s *Source) Next(context.Context) (*vec.Batch, error) {
	s.batch.Reset()
	s.n++
	if s.at == len(s.rows) {
		return nil, nil
	}
	var sel []int32
	for k := 0; k < s.ctx.Rows() && s.at < len(s.rows); k++ {
		if s.n%2 == 0 {
			s.batch.AppendRow(s.rows[(s.at*7+1)%len(s.rows)])
			sel = append(sel, int32(s.batch.Len))
		}
		s.batch.AppendRow(s.rows[s.at])
		s.at++
	}
	s.batch.Sel = sel
	return s.batch, nil
}

// Close implements exec.Operator.
func (s *Source) Close() error { return nil }

// Run opens op, reads it to its end twice (a rescan must give the same) and returns its rows as text.
func Run(t testing.TB, op exec.Operator, ts []types.T) []string {
	t.Helper()
	first := once(t, op, ts)
	again := once(t, op, ts)
	if err := op.Close(); err != nil {
		t.Fatal(err)
	}
	a, b := append([]string(nil), first...), append([]string(nil), again...)
	sort.Strings(a)
	sort.Strings(b)
	if strings.Join(a, "\n") != strings.Join(b, "\n") {
		t.Fatalf("a rescan gives %d other rows: %.300q, then %.300q", len(b), a, b)
	}
	return first
}

func once(t testing.TB, op exec.Operator, ts []types.T) []string {
	t.Helper()
	ctx := context.Background()
	if err := op.Open(ctx); err != nil {
		t.Fatal(err)
	}
	var out []string
	for {
		b, err := op.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if b == nil || b.Rows() == 0 {
			return out
		}
		if len(b.Cols) != len(ts) {
			t.Fatalf("batch of %d columns, want %d", len(b.Cols), len(ts))
		}
		for k := range b.Rows() {
			out = append(out, Text(ts, b.Datums(nil, b.Row(k))))
		}
	}
}

// Text is a row as text.
func Text(ts []types.T, row []types.Datum) string {
	var sb strings.Builder
	for i, d := range row {
		if i > 0 {
			sb.WriteByte('|')
		}
		if d.IsNull() {
			sb.WriteByte('~')
			continue
		}
		sb.Write(types.AppendText(nil, ts[i], d, nil))
	}
	return sb.String()
}

// Texts are rows as text.
func Texts(ts []types.T, rows Rows) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = Text(ts, r)
	}
	return out
}

// SameSet fails if the rows differ, their order left aside.
func SameSet(t testing.TB, got, want []string) {
	t.Helper()
	g, w := append([]string(nil), got...), append([]string(nil), want...)
	sort.Strings(g)
	sort.Strings(w)
	Same(t, g, w)
}

// Same fails if the rows differ.
func Same(t testing.TB, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%d rows, want %d; from row %d on:\ngot  %.400q\nwant %.400q", len(got), len(want), i,
				got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
}

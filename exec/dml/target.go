package dml

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// target is the table that a statement changes.
type target struct {
	ctx    *exec.Ctx
	desc   *catalog.Table
	layout *rowenc.Table
	checks []check
	bounds []bound // of a partition
	counts bool    // rows go into the command tag

	indexExprs *rowenc.IndexExprs
	// events is what changes set off besides; nil: nothing.
	events *events

	returning []*expr.Prog
	out       *vec.Batch // results of RETURNING
}

type check struct {
	name string
	prog *expr.Prog
	view bool
}

// compare is PostgreSQL's order: constraints by name, then the conditions of views, the innermost first.
func (a check) compare(b check) int {
	switch {
	case a.view && b.view:
		return 0
	case a.view:
		return 1
	case b.view:
		return -1
	}
	return cmp.Compare(a.name, b.name)
}

// newTarget prepares a table; set are the columns that UPDATE or ON CONFLICT DO UPDATE assigns to.
func newTarget(ctx *exec.Ctx, desc *catalog.Table, checks []plan.Check, indexExprs, returning []expr.Expr,
	effects *logical.Effects, set []int) (*target, error) {
	layout, err := rowenc.NewTable(desc)
	if err != nil {
		return nil, err
	}
	t := &target{ctx: ctx, desc: desc, layout: layout}
	for _, c := range checks {
		p, err := expr.Compile(c.Cond)
		if err != nil {
			return nil, err
		}
		t.checks = append(t.checks, check{c.Name, p, c.View})
	}
	slices.SortStableFunc(t.checks, check.compare)
	if t.indexExprs, err = rowenc.CompileIndexExprs(desc, indexExprs); err != nil {
		return nil, err
	}
	if t.events, err = newEvents(t, effects, set); err != nil {
		return nil, err
	}
	if t.returning, err = expr.CompileAll(returning); err != nil {
		return nil, err
	}
	if len(returning) > 0 {
		kinds := make([]types.Kind, len(returning))
		for i, e := range returning {
			kinds[i] = e.Type().Kind()
		}
		t.out = vec.NewBatch(kinds, 0)
	}
	return t, nil
}

// count adds rows to the command tag, and to what is known to have changed.
func (t *target) count(op pgstat.Op, rows int) {
	if t.counts {
		t.ctx.Affected += int64(rows)
	}
	if t.ctx.Changed != nil {
		t.ctx.Changed(t.desc.OID, op, rows)
	}
}

// project makes the rows of RETURNING from the rows of b that count.
func (t *target) project(b *vec.Batch) (*vec.Batch, error) {
	t.out.Reset()
	for i, p := range t.returning {
		if err := p.EvalInto(t.ctx.Expr, b, t.out.Cols[i]); err != nil {
			return nil, err
		}
	}
	t.out.Len = b.Rows()
	return t.out, nil
}

// validate tests NOT NULL of the columns notNull and the CHECK constraints on the rows of b, which has the table's columns.
// It returns how many rows, from the first, are good, and the error of the next one.
func (t *target) validate(b *vec.Batch, notNull []int) (good int, failure error, err error) {
	good = b.Rows()
	failed := func(row int, f func(row int) error) {
		if row < good {
			good, failure = row, f(b.Row(row))
		}
	}
	for _, c := range notNull {
		if nulls := b.Cols[c].Nulls; nulls.Any() {
			for i := range good {
				if nulls.Has(b.Row(i)) {
					failed(i, func(row int) error { return t.errNull(c, b, row) })
					break
				}
			}
		}
	}
	for i := range t.checks {
		k := &t.checks[i]
		v, err := k.prog.EvalFull(t.ctx.Expr, b)
		if err != nil {
			return 0, nil, err
		}
		for i := range good {
			if row := b.Row(i); !v.Bool[row] && !v.Nulls.Has(row) || k.view && v.Nulls.Has(row) {
				failed(i, func(row int) error { return t.errCheck(k, b, row) })
				break
			}
		}
	}
	if len(t.bounds) == 0 {
		return good, failure, nil
	}
	err = misplaced(t.ctx, t.bounds, b, func(i int) { failed(i, func(row int) error { return t.errBound(b, row) }) })
	return good, failure, err
}

// notNullColumns lists the NOT NULL columns among ordinals, or of the whole table if ordinals is nil.
func (t *target) notNullColumns(ordinals []int) []int {
	var out []int
	for i, c := range t.desc.Columns {
		if c.NotNull && (ordinals == nil || slices.Contains(ordinals, i)) {
			out = append(out, i)
		}
	}
	return out
}

func (t *target) schemaName() string {
	if t.ctx.Catalog == nil || t.ctx.Catalog.Reader == nil {
		return ""
	}
	return t.ctx.Catalog.Reader.SchemaName(t.desc.Schema)
}

func (t *target) errNull(column int, b *vec.Batch, row int) error {
	t.ctx.FailedRow = row
	name := t.desc.Columns[column].Name
	return pgerr.New(pgerr.NotNullViolation, "null value in column %q of relation %q violates not-null constraint", name, t.desc.Name).
		WithDetail("Failing row contains %s.", t.rowText(b, row)).WithTable(t.schemaName(), t.desc.Name).WithColumn(name)
}

func (t *target) errCheck(k *check, b *vec.Batch, row int) error {
	t.ctx.FailedRow = row
	name := k.name
	if k.view {
		return pgerr.New(pgerr.WithCheckOptionViolation, "new row violates check option for view %q", name).
			WithDetail("Failing row contains %s.", t.rowText(b, row))
	}
	return pgerr.New(pgerr.CheckViolation, "new row for relation %q violates check constraint %q", t.desc.Name, name).
		WithDetail("Failing row contains %s.", t.rowText(b, row)).WithTable(t.schemaName(), t.desc.Name).WithConstraint(name)
}

// rowTextMax is the length from which a value in an error's detail is cut.
const rowTextMax = 64

// rowText is "(1, null, x)".
func (t *target) rowText(b *vec.Batch, row int) string {
	var parts []string
	for i, c := range t.desc.Columns {
		d := b.Cols[i].Datum(row)
		if d.IsNull() {
			parts = append(parts, "null")
			continue
		}
		parts = append(parts, shorten(types.Text(c.Type, d, t.ctx.Expr.Types)))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// shorten cuts a value for an error's detail.
func shorten(s string) string {
	if len(s) <= rowTextMax {
		return s
	}
	n := rowTextMax
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "..."
}

// errUnique is the error of a row whose key exists already. cols are the columns of rowenc.Rows.
func (t *target) errUnique(x *rowenc.Index, cols []*vec.Vector, row int) error {
	t.ctx.FailedRow = row
	return pgerr.New(pgerr.UniqueViolation, "duplicate key value violates unique constraint %q", x.Desc.Name).
		WithDetail("Key (%s)=(%s) already exists.", t.keyLabel(x.Desc), x.KeyValues(cols, row, t.ctx.Expr.Types)).
		WithTable(t.schemaName(), t.desc.Name).WithConstraint(x.Desc.Name)
}

func (t *target) keyLabel(x *catalog.Index) string {
	var r *catalog.Reader
	if t.ctx.Catalog != nil {
		r = t.ctx.Catalog.Reader
	}
	return pgcatalog.KeyDetail(r, t.desc, x)
}

// rowLock are the options of the locks of rows that a statement changes.
func (t *target) rowLock(mode kv.LockMode) kv.LockOptions {
	return kv.LockOptions{Mode: mode, ToWrite: true, Timeout: t.ctx.LockTimeout}
}

// keyLock are the options of the locks of unique keys that rows take or give up.
func (t *target) keyLock() kv.LockOptions {
	return kv.LockOptions{Claim: true, ToWrite: true, Timeout: t.ctx.LockTimeout}
}

// keySet finds keys that occur twice among those of a batch. The zero value is ready.
type keySet struct {
	seed  maphash.Seed
	ready bool
	slots []int32 // position + 1
}

// repeats calls f for every key that is equal to an earlier one, with the positions of the key and of the first equal one.
// keys in ascending order cost one comparison each.
func (s *keySet) repeats(keys [][]byte, f func(i, first int)) {
	sorted := true
	for i := 1; i < len(keys) && sorted; i++ {
		sorted = bytes.Compare(keys[i-1], keys[i]) < 0
	}
	if sorted {
		return
	}
	if !s.ready {
		s.seed, s.ready = maphash.MakeSeed(), true
	}
	size := 16
	for size < 2*len(keys) {
		size *= 2
	}
	if cap(s.slots) < size {
		s.slots = make([]int32, size)
	}
	s.slots = s.slots[:size]
	clear(s.slots)
	for i, k := range keys {
		at := int(maphash.Bytes(s.seed, k)) & (size - 1)
		for s.slots[at] != 0 && !bytes.Equal(keys[s.slots[at]-1], k) {
			at = (at + 1) & (size - 1)
		}
		if first := s.slots[at]; first != 0 {
			f(i, int(first-1))
		} else {
			s.slots[at] = int32(i + 1)
		}
	}
}

package fkey

import (
	"context"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// foundMax bounds how many keys a Child remembers as found.
const foundMax = 1 << 16

// Child is the side of a foreign key that refers.
type Child struct {
	ctx    *exec.Ctx
	table  *catalog.Table
	key    *catalog.ForeignKey
	parent *catalog.Table
	whole  *part  // nil: the table referred to is partitioned
	parts  *parts // then
	cols   []int  // columns of the key, by ordinal in the table
	// order says which column of the key each column of the index is; converts are by column of the index, nil where values
	// are held alike.
	order    []int
	converts []*conversion

	found map[string]struct{} // keys that are locked and exist
	keys  rowenc.Buffer
	in    []*part   // by key: where it belongs
	rows  [][]int32 // by key: the rows that refer to it
	at    map[string]int
	hits  kv.Locked
	ids   rowenc.Buffer // keys of the parent's rows, if the index is not the primary one
	full  kv.Locked
	view  vec.Batch
}

// conversion makes values of the parent's type of the child's.
type conversion struct {
	to *expr.Prog
	// back converts the result again, where it may have lost something: only values that come back equal are equal.
	back *expr.Prog
}

// NewChild prepares the checks of a foreign key of table.
func NewChild(ctx *exec.Ctx, table *catalog.Table, key *catalog.ForeignKey) (*Child, error) {
	c := &Child{ctx: ctx, table: table, key: key, parent: table, at: map[string]int{}, found: map[string]struct{}{}}
	if key.Parent != table.OID {
		p, ok := ctx.Catalog.Reader.Table(key.Parent)
		if !ok {
			return nil, pgerr.New(pgerr.InternalError, "foreign key %q refers to no table", key.Name)
		}
		c.parent = p
	}
	var err error
	ix := c.parent.IndexByOID(key.Index)
	if ix == nil {
		return nil, pgerr.New(pgerr.InternalError, "foreign key %q has no index", key.Name)
	}
	if c.parent.Key != nil {
		c.parts = newParts(ctx.Catalog, c.parent, ix)
	} else if c.whole, err = newPart(c.parent, ix); err != nil {
		return nil, err
	}
	for _, id := range key.Columns {
		c.cols = append(c.cols, table.Ordinal(id))
	}
	for _, k := range ix.Columns {
		for i, id := range key.ParentColumns {
			if id != k.Column {
				continue
			}
			v, err := newConversion(i, table.Columns[c.cols[i]].Type, c.parent.ColumnByID(id).Type)
			if err != nil {
				return nil, err
			}
			c.order, c.converts = append(c.order, i), append(c.converts, v)
			break
		}
	}
	return c, nil
}

// newConversion is the conversion of column col, nil if none is needed.
func newConversion(col int, from, to types.T) (*conversion, error) {
	f, t := types.Of(types.Undomained(from.OID)), types.Of(types.Undomained(to.OID))
	path := builtins.CoercionPath(f.OID, t.OID, builtins.Explicit)
	if path.Kind == builtins.PathRelabel || intLike(f.OID) && intLike(t.OID) {
		return nil, nil
	}
	if path.Kind != builtins.PathFunc {
		return nil, pgerr.FeatureNotSupported("a foreign key from " + types.FormatType(f.OID, -1) + " to " + types.FormatType(t.OID, -1))
	}
	to1, err := expr.Compile(&expr.Call{Fn: path.Fn, Args: []expr.Expr{&expr.Col{Idx: col, T: f}}, T: t})
	if err != nil {
		return nil, err
	}
	v := &conversion{to: to1}
	if builtins.CoercionPath(f.OID, t.OID, builtins.Implicit).Kind != builtins.PathNone {
		return v, nil
	}
	back := builtins.CoercionPath(t.OID, f.OID, builtins.Explicit)
	if back.Kind == builtins.PathFunc {
		v.back, err = expr.Compile(&expr.Call{Fn: back.Fn, Args: []expr.Expr{&expr.Col{Idx: 0, T: t}}, T: f})
	}
	return v, err
}

func intLike(t types.OID) bool {
	return t == types.Int2OID || t == types.Int4OID || t == types.Int8OID
}

// Types are those of the rows of an exec.EventGroup of ChildRows: the key of a row, then its columns.
func (c *Child) Types() []types.T {
	ts := []types.T{types.Of(types.ByteaOID)}
	for _, o := range c.cols {
		ts = append(ts, c.table.Columns[o].Type)
	}
	return ts
}

// Columns are the ordinals of the foreign key's columns.
func (c *Child) Columns() []int { return c.cols }

// Reset forgets what was found: for the next statement.
func (c *Child) Reset() { clear(c.found) }

// Check looks for what the rows of b refer to, whose columns are the table's; missing are the rows that found nothing.
func (c *Child) Check(ctx context.Context, b *vec.Batch) (missing []int32, err error) {
	c.view.Cols = c.view.Cols[:0]
	for _, o := range c.cols {
		c.view.Cols = append(c.view.Cols, b.Cols[o])
	}
	c.view.Len, c.view.Sel = b.Len, b.Sel
	return c.check(ctx, &c.view)
}

// check is Check of a batch of the key's columns.
func (c *Child) check(ctx context.Context, b *vec.Batch) (missing []int32, err error) {
	if missing, err = c.encode(b); err != nil || len(c.keys.B) == 0 {
		return missing, err
	}
	c.hits.Reset()
	o := kv.LockOptions{Mode: kv.KeyShared, Timeout: c.ctx.LockTimeout}
	if err := c.ctx.Txn.Lock(ctx, c.keys.B, o, &c.hits); err != nil {
		return nil, err
	}
	if err := c.visible(ctx, c.keys.B, &c.hits); err != nil {
		return nil, err
	}
	if err := c.lockRows(ctx, o); err != nil {
		return nil, err
	}
	if len(c.found)+len(c.keys.B) > foundMax {
		clear(c.found)
	}
	for i, k := range c.keys.B {
		if c.hits.V[i].Value == nil {
			if err := exec.CheckMoved(&c.hits.V[i]); err != nil {
				return nil, err
			}
			missing = append(missing, c.rows[i]...)
		} else {
			c.found[string(k)] = struct{}{}
		}
	}
	return missing, nil
}

// lockRows locks the rows that entries of a secondary index point to, against DELETE and FOR UPDATE.
func (c *Child) lockRows(ctx context.Context, o kv.LockOptions) error {
	c.ids.Reset()
	c.full.Reset()
	for i := range c.hits.V {
		p := c.in[i]
		if c.hits.V[i].Value == nil || p.index == p.layout.Primary {
			continue
		}
		id, err := p.index.RowIDOfEntry(c.hits.V[i].Value)
		if err != nil {
			return err
		}
		c.ids.AppendKey(p.layout.Primary.Prefix, string(id))
	}
	if len(c.ids.B) == 0 {
		return nil
	}
	if err := c.ctx.Txn.Lock(ctx, c.ids.B, o, &c.full); err != nil {
		return err
	}
	return c.visible(ctx, c.ids.B, &c.full)
}

// visible takes care of keys that others changed after the snapshot of a transaction that keeps its snapshot: what it shows cannot be
// locked any more, and what is new in them does not count.
func (c *Child) visible(ctx context.Context, keys [][]byte, l *kv.Locked) error {
	if c.ctx.ReadCommitted {
		return nil
	}
	for i := range l.V {
		v := &l.V[i]
		if !v.Changed {
			continue
		}
		var was kv.Values
		if err := c.ctx.Txn.Get(ctx, keys[i:i+1], &was); err != nil {
			return err
		}
		if was.V[0] != nil {
			return kv.ErrConflict
		}
		v.Value = nil
	}
	return nil
}

// encode makes c.keys the keys that rows refer to and that were not found before, with the rows of each. missing are rows whose values no
// key can have.
func (c *Child) encode(b *vec.Batch) (missing []int32, err error) {
	c.keys.Reset()
	c.rows, c.in = c.rows[:0], c.in[:0]
	clear(c.at)
	var rows []int32 // with values in all columns
	for i := range b.Rows() {
		row := b.Row(i)
		nulls := 0
		for _, v := range b.Cols {
			if v.Nulls.Has(row) {
				nulls++
			}
		}
		switch {
		case nulls == 0:
			rows = append(rows, int32(row))
		case nulls < len(b.Cols) && c.key.Match == 'f':
			missing = append(missing, int32(row)) // an error once the statement ends
		}
	}
	cols := make([]*vec.Vector, len(c.order))
	lost := map[int32]bool{}
	for k, col := range c.order {
		cols[k] = b.Cols[col]
		if v := c.converts[k]; v != nil {
			if cols[k], err = v.apply(c.ctx.Expr, b, col, rows, lost); err != nil {
				return nil, err
			}
		}
	}
	for _, row := range rows {
		if lost[row] {
			missing = append(missing, row)
			continue
		}
		in := c.whole
		if in == nil {
			if in, err = c.parts.find(c.parent, cols, int(row)); err != nil {
				return nil, err
			}
			if in == nil {
				missing = append(missing, row)
				continue
			}
		}
		n := len(c.keys.B)
		in.index.AppendPrefixKey(&c.keys, cols, int(row))
		k := c.keys.B[n]
		_, done := c.found[string(k)]
		at, known := c.at[string(k)]
		switch {
		case known:
			c.rows[at] = append(c.rows[at], row)
			c.keys.B = c.keys.B[:n]
		case done:
			c.keys.B = c.keys.B[:n]
		default:
			c.at[string(k)] = n
			c.rows, c.in = append(c.rows, []int32{row}), append(c.in, in)
		}
	}
	return missing, nil
}

// apply converts column col of b in the rows; lost are those whose value the other type does not have.
func (v *conversion) apply(c *expr.Ctx, b *vec.Batch, col int, rows []int32, lost map[int32]bool) (*vec.Vector, error) {
	in := vec.Batch{Cols: b.Cols, Len: b.Len, Sel: rows}
	if v.back == nil {
		return v.to.EvalFull(c, &in)
	}
	kind := v.to.Kind()
	out := vec.New(kind, b.Len)
	out.Resize(b.Len)
	one := vec.NewBatch([]types.Kind{kind}, 1)
	for _, row := range rows {
		d, err := v.to.EvalRow(c, &in, int(row))
		if err != nil {
			lost[row] = true // out of range
			continue
		}
		one.Reset()
		one.AppendRow([]types.Datum{d})
		again, err := v.back.EvalRow(c, one, 0)
		if err != nil || !types.Equal(v.back.Expr().Type().OID, again, b.Cols[col].Datum(int(row))) {
			lost[row] = true
			continue
		}
		out.Set(int(row), d)
	}
	return out, nil
}

// errMixed is the error of MATCH FULL.
func (c *Child) errMixed() error {
	return pgerr.New(pgerr.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", c.table.Name, c.key.Name).
		WithDetail("MATCH FULL does not allow mixing of null and nonnull key values.").
		WithTable(c.ctx.Catalog.Reader.SchemaName(c.table.Schema), c.table.Name).WithConstraint(c.key.Name)
}

// errMissing is the error of a row that refers to nothing; b holds the columns of the key.
func (c *Child) errMissing(b *vec.Batch, row int) error {
	values := make([]types.Datum, len(b.Cols))
	for i, v := range b.Cols {
		if values[i] = v.Datum(row); values[i].IsNull() {
			return c.errMixed()
		}
	}
	names := make([]string, len(c.cols))
	for i, o := range c.cols {
		names[i] = c.table.Columns[o].Name
	}
	ts := c.Types()[1:]
	return pgerr.New(pgerr.ForeignKeyViolation, "insert or update on table %q violates foreign key constraint %q", c.table.Name, c.key.Name).
		WithDetail("Key %s is not present in table %q.", KeyText(names, ts, values, c.ctx.Expr.Types), c.parent.Name).
		WithTable(c.ctx.Catalog.Reader.SchemaName(c.table.Schema), c.table.Name).WithConstraint(c.key.Name)
}

// KeyText is "(a, b)=(1, 2)".
func KeyText(names []string, ts []types.T, values []types.Datum, env *types.Env) string {
	texts := make([]string, len(values))
	for i, d := range values {
		if texts[i] = "null"; !d.IsNull() {
			texts[i] = types.Text(ts[i], d, env)
		}
	}
	return "(" + strings.Join(names, ", ") + ")=(" + strings.Join(texts, ", ") + ")"
}

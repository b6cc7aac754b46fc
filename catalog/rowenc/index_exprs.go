package rowenc

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/vec"
)

// IndexExprs computes what entries of indexes on expressions and of partial indexes are made from. A nil one is that of a table
// without such indexes.
type IndexExprs struct {
	columns int // of the table
	parts   []indexExpr
}

// indexExpr is a predicate or a key column. The predicate comes before the keys of its index: they are computed for the rows only
// that have an entry, as in PostgreSQL.
type indexExpr struct {
	prog      *expr.Prog
	at        int // in Rows.Cols
	predicate int // likewise, of the predicate that rows must satisfy; 0: all rows
}

// CompileIndexExprs compiles the expressions of desc's indexes, given in the order of desc.IndexExprs() over its columns.
func CompileIndexExprs(desc *catalog.Table, exprs []expr.Expr) (*IndexExprs, error) {
	if len(exprs) == 0 {
		return nil, nil
	}
	x := &IndexExprs{columns: len(desc.Columns)}
	var keys []indexExpr // of the index at hand
	list := desc.IndexExprs()
	for i, e := range list {
		p, err := expr.Compile(exprs[i])
		if err != nil {
			return nil, err
		}
		part := indexExpr{prog: p, at: x.columns + i}
		if e.Key >= 0 {
			keys = append(keys, part)
		}
		if i+1 < len(list) && list[i+1].Index == e.Index {
			continue
		}
		if e.Key < 0 {
			x.parts = append(x.parts, part)
			for k := range keys {
				keys[k].predicate = part.at
			}
		}
		x.parts, keys = append(x.parts, keys...), nil
	}
	return x, nil
}

// Extend is r with the values of the expressions behind its columns, for AppendEntryKeys and AppendEntryValues. The new vectors
// belong to the result.
func (x *IndexExprs) Extend(c *expr.Ctx, r *Rows) (*Rows, error) {
	if x == nil {
		return r, nil
	}
	out := *r
	out.Cols = make([]*vec.Vector, x.columns+len(x.parts))
	copy(out.Cols, r.Cols[:x.columns])
	for i := range x.parts {
		p := &x.parts[i]
		b := vec.Batch{Cols: r.Cols[:x.columns], Len: r.Len, Sel: r.Sel}
		if p.predicate != 0 {
			b.Sel = r.holding(out.Cols[p.predicate])
		}
		v, err := p.prog.EvalFull(c, &b)
		if err != nil {
			return nil, err
		}
		own := vec.New(v.Kind, r.Len)
		if b.Rows() > 0 {
			own.CopyFrom(v, r.Len)
		} else {
			own.Clear(r.Len)
		}
		out.Cols[p.at] = own
	}
	return &out, nil
}

// holding lists the rows for which a condition is true; it is never nil.
func (r *Rows) holding(cond *vec.Vector) []int32 {
	sel := make([]int32, 0, r.count())
	for i := range r.count() {
		if row := r.row(i); cond.Bool[row] && !cond.Nulls.Has(row) {
			sel = append(sel, int32(row))
		}
	}
	return sel
}

package opt

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// Orders by expressions: an index on an expression yields rows in the order of a column that no row has yet. Its id stands for the
// expression in the orders of paths, until a projection computes the expression and gives it a column.

// computedKey is an expression by which an operator wants rows ordered, and the id that stands for it.
type computedKey struct {
	e  expr.Expr
	id expr.ColID
}

// wantOrder notes that an operator wants rows ordered by e, over the columns of its input.
func (o *optimizer) wantOrder(e expr.Expr) {
	if v, ok := e.(*expr.Var); ok {
		o.useful.add(v.ID)
		return
	}
	if isFree(e) || volatile(e) || o.computed(e) != 0 {
		return
	}
	id := o.newCol(logical.Column{T: e.Type()}).ID
	o.useful.add(id)
	o.computedKeys = append(o.computedKeys, computedKey{e, id})
}

// wantComputed notes the expressions of a projection by which an operator above wants rows ordered.
func (o *optimizer) wantComputed(p *logical.Project) {
	for i, c := range p.Cols {
		if o.useful.has(c.ID) {
			o.wantOrder(p.Exprs[i])
		}
	}
}

// computed is the id that stands for e in orders, 0 if nobody wants it.
func (o *optimizer) computed(e expr.Expr) expr.ColID {
	for _, k := range o.computedKeys {
		if expr.Equal(k.e, e) {
			return k.id
		}
	}
	return 0
}

// hasComputed reports an order by a column that no row has.
func (o *optimizer) hasComputed(order []ordKey) bool {
	return slices.ContainsFunc(order, func(k ordKey) bool {
		return slices.ContainsFunc(o.computedKeys, func(c computedKey) bool { return c.id == k.id })
	})
}

// throughProject is the order of a projection's rows: what it computes has a column from here on.
func (o *optimizer) throughProject(order []ordKey, p *logical.Project) []ordKey {
	if !o.hasComputed(order) {
		return order
	}
	out := slices.Clone(order)
	for i, e := range p.Exprs {
		if id := o.computed(e); id != 0 {
			for k := range out {
				if out[k].id == id {
					out[k].id = p.Cols[i].ID
				}
			}
		}
	}
	return out
}

// indexOrder is the order of an index's entries from key column skip on, as far as the scan shows the columns.
func (o *optimizer) indexOrder(b *baseRel, x *catalog.Index, skip int) []ordKey {
	var out []ordKey
	for i, kc := range x.Columns[skip:] {
		k := ordKey{desc: kc.Desc, nullsFirst: kc.NullsFirst}
		if kc.Column != 0 {
			k.id, k.notNull = scanColumn(b.scan, kc.Column), b.scan.Table.ColumnByID(kc.Column).NotNull
		} else if e := b.indexExpr(x, skip+i); e != nil && colsOf(e).subsetOf(b.own) {
			k.id = o.computed(e)
		}
		if k.id == 0 {
			break
		}
		out = append(out, k)
	}
	return out
}

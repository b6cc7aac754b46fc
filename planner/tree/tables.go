package tree

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// Tables binds what descriptors of tables hold as text.
type Tables struct {
	Options bind.Options
}

// New is Tables of a catalog; o is how names in texts resolve.
func New(o bind.Options) *Tables {
	o.SQL, o.OnRelation, o.OnKey, o.OnStar, o.OnFunction, o.OnOperator, o.OnCollation, o.Body, o.ParamTypes = "", nil, nil, nil, nil, nil, nil, nil, nil
	return &Tables{Options: o}
}

// Catalog is the catalog.
func (x *Tables) Catalog() *catalog.Reader { return x.Options.Reader }

// OtherTemp reports a temporary table of another session.
func (x *Tables) OtherTemp(t *catalog.Table) bool {
	return x.Catalog().OtherTemp(t.Schema, x.Options.SearchPath)
}

// positions makes columns of Row(t), which are numbered from 1, positions.
func positions(e expr.Expr) expr.Expr {
	return expr.Rewrite(e, func(e expr.Expr) expr.Expr {
		if v, ok := e.(*expr.Var); ok {
			return &expr.Col{Idx: int(v.ID) - 1, T: v.T, Name: v.Name}
		}
		return e
	})
}

// Key is the partition key of p as expressions over the columns of t, by position: t is p, or has all columns of p.
func (x *Tables) Key(p, t *catalog.Table) ([]expr.Expr, error) {
	var out []expr.Expr
	for _, k := range p.Key.Columns {
		if k.Column != 0 {
			key := p.ColumnByID(k.Column)
			if key == nil {
				return nil, pgerr.New(pgerr.InternalError, "a column of the partition key of %q was dropped", p.Name)
			}
			c, i, ok := t.Column(key.Name)
			if !ok {
				return nil, pgerr.New(pgerr.InternalError, "table %q has no column %q", t.Name, key.Name)
			}
			out = append(out, &expr.Col{Idx: i, T: c.Type, Name: c.Name})
			continue
		}
		e, err := bind.StoredTableExpr(t, k.Expr, bind.UsePartitionKey, x.Options)
		if err != nil {
			return nil, err
		}
		out = append(out, positions(e))
	}
	return out, nil
}

// Checks are the CHECK constraints of t over its columns, by position.
func (x *Tables) Checks(t *catalog.Table) ([]plan.Check, error) {
	cs, err := bind.Checks(t, x.Options)
	if err != nil {
		return nil, err
	}
	var out []plan.Check
	for _, c := range cs {
		out = append(out, plan.Check{Name: c.Name, Cond: positions(c.Cond)})
	}
	return out, nil
}

// Bounds are the conditions on the rows of a partition, for itself and for the partitions that it is in.
func (x *Tables) Bounds(t *catalog.Table) ([]plan.Bound, error) {
	var out []plan.Bound
	for c := t; ; {
		p := x.Catalog().Parent(c)
		if p == nil {
			return out, nil
		}
		s, err := partition.SchemeOf(x.Catalog(), p, true)
		if err != nil {
			return nil, err
		}
		keys, err := x.Key(p, t)
		if err != nil {
			return nil, err
		}
		out = append(out, plan.Bound{Keys: keys, Scheme: s, Part: s.IndexOf(c.OID)})
		c = p
	}
}

// Route is how rows with the columns of t, which is partitioned, find their partition.
func (x *Tables) Route(t *catalog.Table) (*plan.Route, error) { return x.route(t, t) }

func (x *Tables) route(p, top *catalog.Table) (*plan.Route, error) {
	s, err := partition.SchemeOf(x.Catalog(), p, false)
	if err != nil {
		return nil, err
	}
	r := &plan.Route{Table: p, Scheme: s}
	if r.Keys, err = x.Key(p, top); err != nil {
		return nil, err
	}
	for i, c := range s.Parts {
		if c.Key == nil {
			continue
		}
		if r.Subs == nil {
			r.Subs = make([]*plan.Route, len(s.Parts))
		}
		if r.Subs[i], err = x.route(c, top); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// IndexExprs are the expressions of t's indexes (catalog.Table.IndexExprs) over its columns, by position.
func (x *Tables) IndexExprs(t *catalog.Table) ([]expr.Expr, error) {
	es, err := bind.IndexExprs(t, x.Options)
	for i, e := range es {
		es[i] = positions(e)
	}
	return es, err
}

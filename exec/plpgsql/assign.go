package plpgsql

import (
	"context"
	"slices"

	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// assignStmt runs target := expression.
func (fr *frame) assignStmt(ctx context.Context, e *lang.Expr) error {
	t := e.Target
	v := fr.c.f.Vars[t.Var]
	if !fr.c.exprs[e.ID].parsed {
		if _, err := fr.prepare(e, types.T{}); err != nil && len(t.Path) == 0 {
			return err
		}
		fr.c.exprs[e.ID].bound = false
	}
	if len(t.Path) > 0 {
		return fr.assignPart(ctx, e)
	}
	if v.Kind == lang.Scalar {
		d, _, err := fr.value(ctx, e, v.Type.T)
		if err != nil {
			return err
		}
		return fr.store(t.Var, d)
	}
	d, from, err := fr.value(ctx, e, types.T{})
	if err != nil {
		return err
	}
	return fr.assign(ctx, t.Var, d, from)
}

// store sets a variable to a value of its type.
func (fr *frame) store(n int, d types.Datum) error {
	if v := fr.c.f.Vars[n]; v.NotNull && d.IsNull() {
		return pgerr.New(pgerr.NullValueNotAllowed, "null value cannot be assigned to variable \"%s\" declared NOT NULL", v.Name)
	}
	fr.vals[n] = d
	return nil
}

// assign sets a variable to a value of another type.
func (fr *frame) assign(ctx context.Context, n int, d types.Datum, from types.T) error {
	v := fr.c.f.Vars[n]
	switch v.Kind {
	case lang.List:
		r := d.Record()
		if r == nil && !d.IsNull() {
			return pgerr.New(pgerr.DatatypeMismatch, "cannot assign non-composite value to a row variable")
		}
		if r == nil {
			return fr.assignRow(ctx, n, nil, nil, nil)
		}
		return fr.assignRow(ctx, n, r.Fields, r.Types, r.Names)
	case lang.Field:
		return fr.assignField(ctx, v, d, from)
	case lang.Record:
		if d.IsNull() {
			return fr.store(n, types.Null)
		}
		r := d.Record()
		if r == nil {
			return pgerr.New(pgerr.DatatypeMismatch, "cannot assign non-composite value to a record variable")
		}
		if v.Type.T.OID == types.RecordOID {
			return fr.store(n, d)
		}
		if from.OID == v.Type.T.OID {
			return fr.store(n, d)
		}
		names, ts, ok := fr.rowType(v.Type.T)
		if !ok {
			return fr.store(n, d)
		}
		x, err := fr.buildRow(ctx, r.Fields, r.Types, v.Type.T, names, ts)
		if err != nil {
			return err
		}
		if types.IsDomain(v.Type.T.OID) {
			if x, err = fr.convert(ctx, x, fr.h.BindOptions("").Reader.BaseType(v.Type.T), v.Type.T); err != nil {
				return err
			}
		}
		return fr.store(n, x)
	}
	x, err := fr.convert(ctx, d, from, v.Type.T)
	if err != nil {
		return err
	}
	return fr.store(n, x)
}

// assignField sets a field of a record.
func (fr *frame) assignField(ctx context.Context, f *lang.Var, d types.Datum, from types.T) error {
	v := fr.c.f.Vars[f.Record]
	r, err := fr.record(f.Record)
	if err != nil {
		return err
	}
	i := fieldIndex(r, f.Path)
	if i < 0 {
		return errNoField(v.Name, f.Path)
	}
	x, err := fr.convert(ctx, d, from, r.Types[i])
	if err != nil {
		return err
	}
	return fr.setField(f.Record, r, i, x)
}

func (fr *frame) setField(n int, r *types.Record, i int, d types.Datum) error {
	c := *r
	c.Fields = slices.Clone(r.Fields)
	c.Fields[i] = d
	x := types.NewRef(&c)
	if t := fr.c.f.Vars[n].Type.T; types.IsDomain(t.OID) {
		var err error
		if x, err = fr.convert(fr.ctx, x, fr.h.BindOptions("").Reader.BaseType(t), t); err != nil {
			return err
		}
	}
	return fr.store(n, x)
}

// record is the value of a record variable, a row of NULLs if it is NULL and its type is known.
func (fr *frame) record(n int) (*types.Record, error) {
	v := fr.c.f.Vars[n]
	if r := fr.vals[n].Record(); r != nil {
		return r, nil
	}
	if r := fr.shapeOf(n); r != nil {
		c := *r
		c.Fields = slices.Clone(r.Fields)
		return &c, nil
	}
	names, ts, ok := fr.rowType(v.Type.T)
	if !ok {
		return nil, errNotAssigned(v.Name)
	}
	return &types.Record{Type: v.Type.T.OID, Types: ts, Names: names, Fields: make([]types.Datum, len(ts))}, nil
}

// assignRow puts a row of values into a record or a list of variables. Missing values are NULL; row nil stands for no row at all.
func (fr *frame) assignRow(ctx context.Context, n int, row []types.Datum, from []types.T, names []string) error {
	v := fr.c.f.Vars[n]
	if v.Kind == lang.List {
		for i, m := range v.Items {
			d, t := types.Null, types.Of(types.UnknownOID)
			if i < len(row) {
				d, t = row[i], from[i]
			}
			if err := fr.assign(ctx, m, d, t); err != nil {
				return err
			}
		}
		return nil
	}
	if v.Kind != lang.Record {
		d, t := types.Null, types.Of(types.UnknownOID)
		if len(row) > 0 {
			d, t = row[0], from[0]
		}
		return fr.assign(ctx, n, d, t)
	}
	if row == nil && v.Type.T.OID != types.RecordOID {
		return fr.store(n, types.Null)
	}
	if len(row) == 1 && row[0].Record() != nil && types.IsComposite(from[0].OID) && v.Type.T.OID != types.RecordOID {
		return fr.assign(ctx, n, row[0], from[0])
	}
	if len(row) == 1 && row[0].Record() != nil && v.Type.T.OID == types.RecordOID {
		return fr.store(n, row[0])
	}
	if v.Type.T.OID == types.RecordOID {
		fields := slices.Clone(row)
		if fields == nil {
			fields = make([]types.Datum, len(from))
		}
		return fr.store(n, types.NewRef(&types.Record{Types: from, Names: names, Fields: fields}))
	}
	cols, ts, ok := fr.rowType(v.Type.T)
	if !ok {
		return errNotAssigned(v.Name)
	}
	x, err := fr.buildRow(ctx, row, from, v.Type.T, cols, ts)
	if err != nil {
		return err
	}
	if types.IsDomain(v.Type.T.OID) {
		if x, err = fr.convert(ctx, x, fr.h.BindOptions("").Reader.BaseType(v.Type.T), v.Type.T); err != nil {
			return err
		}
	}
	return fr.store(n, x)
}

// assignPart assigns to an element or a field of a variable.
func (fr *frame) assignPart(ctx context.Context, e *lang.Expr) error {
	t := e.Target
	v := fr.c.f.Vars[t.Var]
	d, from, err := fr.value(ctx, e, types.T{})
	if err != nil {
		return err
	}
	old := fr.vals[t.Var]
	path := t.Path
	if v.Kind == lang.Record && path[0].Kind == 0 {
		r, err := fr.record(t.Var)
		if err != nil {
			return err
		}
		i := fieldIndex(r, path[0].Field)
		if i < 0 {
			return errNoField(v.Name, path[0].Field)
		}
		x, err := fr.part(ctx, e, r.Fields[i], r.Types[i], path[0].Field, 1, d, from)
		if err != nil {
			return err
		}
		return fr.setField(t.Var, r, i, x)
	}
	x, err := fr.part(ctx, e, old, v.Type.T, t.Column, 0, d, from)
	if err != nil {
		return err
	}
	return fr.store(t.Var, x)
}

// part is old, of type t, with the value in the place that the path, from step skip on, leads to.
func (fr *frame) part(ctx context.Context, e *lang.Expr, old types.Datum, t types.T, column string, skip int, d types.Datum, from types.T) (types.Datum, error) {
	path := e.Target.Path[skip:]
	if len(path) == 0 {
		return fr.convert(ctx, d, from, t)
	}
	if from.OID == types.UnknownOID {
		from = types.Of(types.TextOID)
	}
	key := partKey{e.ID, t, from}
	p := fr.c.parts[key]
	n := len(fr.vals)
	catalog, settings := fr.h.Generation()
	if p == nil || p.catalog != catalog || p.settings != settings || !fr.fits(p.shapes) {
		sc := &scope{fr: fr, names: e.Names}
		o := fr.h.BindOptions(e.Text)
		o.Variables = sc
		x, err := bind.Part(&expr.Param{N: n + 1, T: t}, column, path, &expr.Param{N: n + 2, T: from}, o)
		if err != nil {
			return types.Null, fr.inQuery(err, e)
		}
		p = &part{e: x, catalog: catalog, settings: settings, shapes: sc.shapes}
		if fr.c.parts == nil {
			fr.c.parts = map[partKey]*part{}
		}
		fr.c.parts[key] = p
	}
	var prog *expr.Prog
	var err error
	if k := len(p.free); k > 0 {
		prog, p.free = p.free[k-1], p.free[:k-1]
	} else if prog, err = expr.Compile(p.e); err != nil {
		return types.Null, err
	}
	x := *fr.exprContext(ctx)
	x.Params = append(slices.Clone(fr.vals), old, d)
	d, err = prog.Value(&x)
	p.free = append(p.free, prog)
	return d, err
}

type partKey struct {
	expr int
	t    types.T
	from types.T
}

// part is a bound assignment to a part of a variable.
type part struct {
	e        expr.Expr
	catalog  uint64
	settings string
	shapes   []shape
	free     []*expr.Prog
}

package builtins

import (
	"strings"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// jsonRecordFunc is one of the functions that make rows of JSON objects.
type jsonRecordFunc struct {
	name     string
	jsonb    bool
	populate bool // the first argument gives the row type and defaults
	set      bool
	fields   []types.Field // from a column definition list
}

func jsonRecordCodes() []code {
	var cs []code
	for _, jsonb := range []bool{false, true} {
		for _, populate := range []bool{false, true} {
			for _, set := range []bool{false, true} {
				f := jsonRecordFunc{name: "json_", jsonb: jsonb, populate: populate, set: set}
				if jsonb {
					f.name = "jsonb_"
				}
				if populate {
					f.name += "populate_record"
				} else {
					f.name += "to_record"
				}
				if set {
					f.name += "set"
				}
				cs = append(cs, code{src: f.name, bind: f.bind})
			}
		}
	}
	return cs
}

// WithColumns is a function that returns record with the columns that a call's column definition list gives it.
func WithColumns(f *expr.Func, fields []types.Field) *expr.Func {
	name := strings.TrimPrefix(strings.TrimPrefix(f.Name, "jsonb_"), "json_")
	switch name {
	case "populate_record", "populate_recordset", "to_record", "to_recordset":
	default:
		if f.OID < types.FirstUserOID || f.Bind == nil {
			return f
		}
		g := *f
		columns, names := make([]types.T, len(fields)), make([]string, len(fields))
		for i := range fields {
			columns[i], names[i] = fields[i].Type, fields[i].Name
		}
		bindSQL(&g, columns, names)
		return &g
	}
	j := jsonRecordFunc{name: f.Name, jsonb: strings.HasPrefix(f.Name, "jsonb"), populate: strings.HasPrefix(name, "populate"),
		set: strings.HasSuffix(name, "set"), fields: fields}
	g := *f
	g.Bind = func(args []types.T, ret types.T) *expr.Func { return j.bind(&g, args, ret) }
	return &g
}

func (j jsonRecordFunc) bind(f *expr.Func, args []types.T, ret types.T) *expr.Func {
	g := *f
	g.Bind = nil
	if j.set {
		g.Set = func(c *expr.Ctx, a []types.Datum) (expr.RowSource, error) { return j.rows(c, a, ret.OID) }
		return &g
	}
	g.Scalar = func(c *expr.Ctx, a []types.Datum) (types.Datum, error) { return j.one(c, a, ret.OID) }
	return &g
}

// jsonArg is which argument the JSON is.
func (j jsonRecordFunc) jsonArg() int {
	if j.populate {
		return 1
	}
	return 0
}

func (j jsonRecordFunc) part(d types.Datum) jsonPart {
	if j.jsonb {
		return partOf(types.JSONBOID, d)
	}
	return partOf(types.JSONOID, d)
}

// shape is the row to make: its type, its fields and the record that gives defaults.
func (j jsonRecordFunc) shape(p *populator, a []types.Datum, ret types.OID) (row types.OID, fields []types.Field, base *types.Record, err error) {
	if j.populate {
		base = a[0].Record()
	}
	row = ret
	if types.IsDomain(row) {
		row = p.base(row).OID
	}
	switch {
	case j.fields != nil:
		return types.RecordOID, j.fields, base, sameShape(base, j.fields)
	case row != types.RecordOID:
		if fields, err = p.fields(row); err != nil && j.populate {
			err = pgerr.New(pgerr.DatatypeMismatch, "first argument of %s must be a row type", j.name)
		}
		return row, fields, base, err
	case base != nil:
		for i, t := range base.Types {
			name := "f" + string(types.AppendInt(nil, int64(i+1)))
			if i < len(base.Names) {
				name = base.Names[i]
			}
			fields = append(fields, types.Field{Name: name, Type: t})
		}
		return row, fields, base, nil
	}
	return 0, nil, nil, pgerr.New(pgerr.CodeFeatureNotSupported, "could not determine row type for result of %s", j.name).
		WithHint("Provide a non-null record argument, or call the function in the FROM clause using a column definition list.")
}

// sameShape compares a given record with the column definition list.
func sameShape(base *types.Record, fields []types.Field) error {
	if base == nil {
		return nil
	}
	bad := pgerr.New(pgerr.DatatypeMismatch, "function return row and query-specified return row do not match")
	if n := len(base.Types); n != len(fields) {
		plural := "s"
		if n == 1 {
			plural = ""
		}
		return bad.WithDetail("Returned row contains %d attribute%s, but query expects %d.", n, plural, len(fields))
	}
	for i, t := range base.Types {
		if t.OID != fields[i].Type.OID {
			return bad.WithDetail("Returned type %s at ordinal position %d, but query expects %s.", typeName(t.OID), i+1, typeName(fields[i].Type.OID))
		}
	}
	return nil
}

func (j jsonRecordFunc) one(c *expr.Ctx, a []types.Datum, ret types.OID) (types.Datum, error) {
	p := &populator{c: c}
	in := a[j.jsonArg()]
	row, fields, base, err := j.shape(p, a, ret)
	if err != nil && (!in.IsNull() || row != 0) {
		return types.Null, err
	}
	if in.IsNull() {
		if j.populate {
			return a[0], nil
		}
		return types.Null, nil
	}
	part := j.part(in)
	if err := j.needObject(part); err != nil {
		return types.Null, err
	}
	d, err := p.record(row, fields, base, part)
	if err == nil && types.IsDomain(ret) {
		err = p.check(ret, d)
	}
	return d, err
}

func (j jsonRecordFunc) needObject(part jsonPart) error {
	name := j.name
	if !j.jsonb {
		name = "populate_composite"
	}
	switch part.kind() {
	case types.JSONObject:
		return nil
	case types.JSONArray:
		return pgerr.New(pgerr.InvalidParameterValue, "cannot call %s on an array", name)
	}
	return pgerr.New(pgerr.InvalidParameterValue, "cannot call %s on a scalar", name)
}

func (j jsonRecordFunc) rows(c *expr.Ctx, a []types.Datum, ret types.OID) (expr.RowSource, error) {
	p := &populator{c: c}
	in := a[j.jsonArg()]
	row, fields, base, err := j.shape(p, a, ret)
	if err != nil && (!in.IsNull() || row != 0) {
		return nil, err
	}
	if in.IsNull() {
		return seriesOf(noSet), nil
	}
	part := j.part(in)
	switch part.kind() {
	case types.JSONArray:
	case types.JSONObject:
		return nil, pgerr.New(pgerr.InvalidParameterValue, "cannot call %s on an object", j.name)
	default:
		return nil, pgerr.New(pgerr.InvalidParameterValue, "cannot call %s on a scalar", j.name)
	}
	var out []types.Datum
	part.each(func(_ string, v jsonPart) bool {
		if v.kind() != types.JSONObject {
			err = pgerr.New(pgerr.InvalidParameterValue, "argument of %s must be an array of objects", j.name)
			return false
		}
		var d types.Datum
		if d, err = p.record(row, fields, base, v); err == nil && types.IsDomain(ret) {
			err = p.check(ret, d)
		}
		out = append(out, d)
		return err == nil
	})
	return listSource(out), err
}

// populator makes values of any type of JSON ones.
type populator struct {
	c      *expr.Ctx
	nested *types.Record // defaults of the row that the next value is
}

func (p *populator) user() types.UserTypes {
	if p.c == nil || p.c.Types == nil {
		return nil
	}
	return p.c.Types.User
}

func (p *populator) base(t types.OID) types.T {
	if u := p.user(); u != nil {
		if b, ok := u.DomainBase(t); ok {
			return b
		}
	}
	return types.Of(types.BaseOf(t))
}

func (p *populator) check(domain types.OID, d types.Datum) error {
	if u := p.user(); u != nil {
		return u.CheckDomain(domain, d)
	}
	return nil
}

func (p *populator) fields(row types.OID) ([]types.Field, error) {
	if u := p.user(); u != nil {
		if fs, ok := u.Fields(row); ok {
			return fs, nil
		}
	}
	return nil, pgerr.New(pgerr.UndefinedObject, "type with OID %d does not exist", row)
}

// record makes a row of an object: its members by the names of the fields.
func (p *populator) record(row types.OID, fields []types.Field, base *types.Record, part jsonPart) (types.Datum, error) {
	members := map[string]jsonPart{}
	part.each(func(key string, v jsonPart) bool { members[key] = v; return true })
	r := &types.Record{Type: row}
	for i, f := range fields {
		v, ok := members[f.Name]
		d := types.Null
		var err error
		switch {
		case ok:
			p.nested = nil
			if base != nil && i < len(base.Fields) {
				p.nested = base.Fields[i].Record()
			}
			d, err = p.value(f.Type, v, "key \""+f.Name+"\"")
		case base != nil && i < len(base.Fields):
			d = base.Fields[i]
		case types.IsDomain(f.Type.OID):
			err = p.check(f.Type.OID, types.Null)
		}
		if err != nil {
			return types.Null, err
		}
		r.Types, r.Names, r.Fields = append(r.Types, f.Type), append(r.Names, f.Name), append(r.Fields, d)
	}
	return types.NewRef(r), nil
}

// value makes one value; where says whose it is, for errors.
func (p *populator) value(t types.T, v jsonPart, where string) (types.Datum, error) {
	if types.IsDomain(t.OID) {
		d, err := p.value(p.base(t.OID), v, where)
		if err == nil {
			err = p.check(t.OID, d)
		}
		return d, err
	}
	kind := v.kind()
	switch {
	case kind == types.JSONNull:
		return types.Null, nil
	case t.OID == types.JSONOID:
		if v.tree != nil {
			return types.NewStr(v.tree.String()), nil
		}
		return types.NewStr(v.raw), nil
	case t.OID == types.JSONBOID:
		if v.tree != nil {
			return types.NewRef(v.tree), nil
		}
		return types.Parse(t, v.raw, p.c.Types)
	case kind == types.JSONString:
	case types.ElemOf(t.OID) != 0:
		return p.array(t, v, where)
	case types.IsComposite(t.OID) && t.OID != types.RecordOID:
		if err := (jsonRecordFunc{}).needObject(v); err != nil {
			return types.Null, err
		}
		fields, err := p.fields(t.OID)
		if err != nil {
			return types.Null, err
		}
		return p.record(t.OID, fields, p.nested, v)
	}
	return types.Parse(t, v.text().Str(), p.c.Types)
}

// arrayPopulator collects the elements of nested JSON arrays.
type arrayPopulator struct {
	p     *populator
	elem  types.T
	where string
	ndims int // 0: not known yet
	sizes []int
	elems []types.Datum
}

func (p *populator) array(t types.T, v jsonPart, where string) (types.Datum, error) {
	ap := &arrayPopulator{p: p, elem: types.T{OID: types.ElemOf(t.OID), Mod: t.Mod}, where: where, sizes: []int{}}
	if err := ap.level(v, 1, nil); err != nil {
		return types.Null, err
	}
	a := &types.Array{Elem: ap.elem.OID, Elems: ap.elems}
	if len(ap.elems) > 0 {
		for _, n := range ap.sizes {
			a.Dims = append(a.Dims, types.Dim{Len: n, Lower: 1})
		}
	}
	return types.NewRef(a), nil
}

func (ap *arrayPopulator) place(at []int) string {
	if len(at) == 0 {
		return ap.where
	}
	var b strings.Builder
	b.WriteString("array element ")
	for _, i := range at {
		b.WriteString("[" + string(types.AppendInt(nil, int64(i))) + "]")
	}
	return b.String() + " of " + ap.where
}

func (ap *arrayPopulator) level(v jsonPart, depth int, at []int) error {
	if v.kind() != types.JSONArray {
		return pgerr.New(pgerr.InvalidTextRepresentation, "expected JSON array").WithHint("See the value of %s.", ap.place(at))
	}
	if depth > types.MaxArrayDims {
		return pgerr.New(pgerr.ProgramLimitExceeded, "number of array dimensions (%d) exceeds the maximum allowed (%d)", depth, types.MaxArrayDims)
	}
	n := 0
	var err error
	v.each(func(_ string, e jsonPart) bool {
		here := append(at[:len(at):len(at)], n)
		if ap.ndims > 0 && depth >= ap.ndims || ap.ndims == 0 && e.kind() != types.JSONArray {
			ap.ndims = depth
			var d types.Datum
			ap.p.nested = nil
			d, err = ap.p.value(ap.elem, e, ap.place(here))
			ap.elems = append(ap.elems, d)
		} else {
			err = ap.level(e, depth+1, here)
		}
		n++
		return err == nil
	})
	if err != nil {
		return err
	}
	if ap.ndims == 0 {
		ap.ndims = depth
	}
	for len(ap.sizes) < ap.ndims {
		ap.sizes = append(ap.sizes, -1)
	}
	if ap.sizes[depth-1] >= 0 && ap.sizes[depth-1] != n {
		return pgerr.New(pgerr.InvalidTextRepresentation, "malformed JSON array").
			WithDetail("Multidimensional arrays must have sub-arrays with matching dimensions.")
	}
	ap.sizes[depth-1] = n
	return nil
}

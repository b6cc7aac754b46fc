package plpgsql

import (
	"slices"
	"strconv"

	"github.com/lightsql/lightsql/planner/bind"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	lang "github.com/lightsql/lightsql/sql/plpgsql"
	"github.com/lightsql/lightsql/sql/types"
)

// scope is the variables that the names in an expression may mean (bind.Variables). It notes the shapes of the records that it looked into.
type scope struct {
	fr     *frame
	names  *lang.Name
	shapes []shape
}

// Conflict implements bind.Variables.
func (s *scope) Conflict() bind.Conflict { return bind.Conflict(s.fr.c.f.Conflict) }

// Has implements bind.Variables.
func (s *scope) Has(names []string) bool {
	v, used, ok := s.names.Find(names)
	if !ok || used >= len(names) {
		return ok
	}
	if s.fr.c.f.Vars[v.Var].Type.T.OID != types.RecordOID {
		return true
	}
	if r := s.fr.shapeOf(v.Var); r != nil {
		return fieldIndex(r, names[used]) >= 0
	}
	return false
}

// Variable implements bind.Variables.
func (s *scope) Variable(names []string, star bool) (expr.Expr, int, error) {
	v, used, ok := s.names.Find(names)
	if !ok {
		return nil, 0, nil
	}
	dv := s.fr.c.f.Vars[v.Var]
	e := &expr.Param{N: v.Var + 1, T: dv.Type.T}
	if dv.Kind != lang.Record || dv.Type.T.OID != types.RecordOID || used == len(names) && !star {
		return e, used, nil
	}
	r := s.fr.shapeOf(v.Var)
	if r == nil {
		return nil, 0, errNotAssigned(dv.Name)
	}
	s.note(v.Var, r)
	if used < len(names) {
		i := fieldIndex(r, names[used])
		if i < 0 {
			return nil, 0, errNoField(dv.Name, names[used])
		}
		return recordField(e, r, i), used + 1, nil
	}
	row := &expr.Row{T: types.Of(types.RecordOID)}
	for i := range r.Fields {
		row.Elems, row.Names = append(row.Elems, recordField(e, r, i)), append(row.Names, fieldName(r, i))
	}
	return row, used, nil
}

// shapeOf is a record with the fields that a variable has at present; nil: none are known.
func (fr *frame) shapeOf(v int) *types.Record {
	r := fr.vals[v].Record()
	if r == nil && fr.row != nil && v < triggerRows {
		return fr.row
	}
	return r
}

func recordField(e expr.Expr, r *types.Record, i int) expr.Expr {
	return &expr.Field{Arg: e, Idx: i, Name: fieldName(r, i), T: r.Types[i]}
}

func errNoField(record, field string) error {
	return pgerr.New(pgerr.UndefinedColumn, "record \"%s\" has no field \"%s\"", record, field)
}

func errNotAssigned(record string) error {
	return pgerr.New(pgerr.ObjectNotInPrerequisiteState, "record \"%s\" is not assigned yet", record).
		WithDetail("The tuple structure of a not-yet-assigned record is indeterminate.")
}

// Argument implements bind.Variables.
func (s *scope) Argument(n int) expr.Expr {
	v, _, ok := s.names.Find([]string{"$" + itoa(n)})
	if !ok || n < 1 {
		return nil
	}
	return &expr.Param{N: v.Var + 1, T: s.fr.c.f.Vars[v.Var].Type.T}
}

// note remembers the shape of a record.
func (s *scope) note(v int, r *types.Record) {
	for _, sh := range s.shapes {
		if sh.v == v {
			return
		}
	}
	s.shapes = append(s.shapes, shape{v: v, types: r.Types, names: r.Names})
}

// fits reports whether the records still look as they did.
func (fr *frame) fits(shapes []shape) bool {
	for i := range shapes {
		sh := &shapes[i]
		r := fr.shapeOf(sh.v)
		if r == nil || len(r.Types) != len(sh.types) {
			return false
		}
		if len(r.Types) > 0 && &r.Types[0] != &sh.types[0] && !slices.Equal(r.Types, sh.types) {
			return false
		}
		if len(r.Names) != len(sh.names) || len(r.Names) > 0 && &r.Names[0] != &sh.names[0] && !slices.Equal(r.Names, sh.names) {
			return false
		}
	}
	return true
}

func fieldName(r *types.Record, i int) string {
	if i < len(r.Names) {
		return r.Names[i]
	}
	return "f" + itoa(i+1)
}

func itoa(n int) string { return strconv.Itoa(n) }

func fieldIndex(r *types.Record, name string) int {
	for i := range r.Fields {
		if fieldName(r, i) == name {
			return i
		}
	}
	return -1
}

package bind

import (
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Type resolves the name of a type, for DDL.
func Type(n *ast.TypeName, o Options) (t types.T, err error) {
	b := newBinder(&o)
	defer b.recoverError(&err)
	return b.typeOf(n), nil
}

// typeOf resolves the name of a type and its modifiers.
func (b *binder) typeOf(n *ast.TypeName) types.T {
	oid := b.lookupType(n)
	t := types.T{OID: oid, Mod: b.typmod(n, oid)}
	if len(n.ArrayBounds) > 0 {
		arr := types.ArrayOf(oid)
		if types.IsArray(oid) && arr == 0 {
			arr = oid
		}
		if arr == 0 {
			b.fail(pgerr.UndefinedObject, n.Pos, "type \"%s[]\" does not exist", typeNameText(n))
		}
		t.OID = arr
	}
	return t
}

func typeNameText(n *ast.TypeName) string {
	names := n.Names
	if len(names) == 2 && names[0] == "pg_catalog" {
		names = names[1:]
	}
	return joinNames(names)
}

func (b *binder) lookupType(n *ast.TypeName) types.OID {
	if n.PctType {
		return b.pctType(n)
	}
	var schema string
	name := n.Names[len(n.Names)-1]
	switch len(n.Names) {
	case 1:
	case 2:
		schema = n.Names[0]
	case 3:
		schema = n.Names[1]
	default:
		b.fail(pgerr.SyntaxError, n.Pos, "improper qualified name (too many dotted names): %s", joinNames(n.Names))
	}
	if schema == "" || schema == "pg_catalog" {
		if ti, ok := types.ByName(name); ok {
			return ti.OID
		}
	}
	if schema != "" {
		if _, ok := b.o.Reader.Schema(schema); !ok {
			b.fail(pgerr.InvalidSchemaName, n.Pos, "schema \"%s\" does not exist", schema)
		}
	}
	if oid, ok := b.o.Reader.LookupType(b.o.SearchPath, schema, name); ok {
		if t, ok := b.o.Reader.TypeByOID(oid); ok && t.Kind == catalog.TypeShell {
			b.fail(pgerr.UndefinedObject, n.Pos, "type \"%s\" is only a shell", joinNames(n.Names))
		}
		return oid
	}
	if rel, ok := b.o.Reader.Lookup(b.o.SearchPath, schema, name); ok {
		if oid := catalog.RowTypeOf(rel); oid != 0 {
			return oid
		}
	}
	b.fail(pgerr.UndefinedObject, n.Pos, "type \"%s\" does not exist", joinNames(n.Names))
	return 0
}

// pctType is name%TYPE.
func (b *binder) pctType(n *ast.TypeName) types.OID {
	if len(n.Names) < 2 {
		b.fail(pgerr.SyntaxError, n.Pos, "improper %%TYPE reference (too few dotted names): %s", joinNames(n.Names))
	}
	schema, table, col := b.splitName(n.Names, n.Pos)
	rel, ok := b.o.Reader.Lookup(b.o.SearchPath, schema, table)
	if !ok {
		b.fail(pgerr.UndefinedTable, n.Pos, "relation \"%s\" does not exist", qualified(schema, table))
	}
	for _, c := range relationColumns(rel) {
		if c.Name == col {
			return c.Type.OID
		}
	}
	b.fail(pgerr.UndefinedColumn, n.Pos, "column \"%s\" of relation \"%s\" does not exist", col, table)
	return 0
}

func qualified(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}

// typmod is what the type's typmodin function makes of the modifiers.
func (b *binder) typmod(n *ast.TypeName, oid types.OID) int32 {
	if oid == types.IntervalOID {
		return b.intervalMod(n)
	}
	if len(n.Typmods) == 0 {
		return -1
	}
	ti, ok := types.Info(oid)
	if !ok || ti.ModIn == "" {
		b.fail(pgerr.SyntaxError, n.Pos, "type modifier is not allowed for type \"%s\"", typeNameText(n))
	}
	mods := b.modValues(n)
	name := strings.ToUpper(ti.Name)
	one := func() int {
		if len(mods) != 1 {
			b.fail(pgerr.InvalidParameterValue, n.Pos, "invalid type modifier")
		}
		return mods[0]
	}
	switch oid {
	case types.NumericOID:
		return b.numericMod(mods, n.Pos)
	case types.VarcharOID, types.BPCharOID, types.BitOID, types.VarbitOID:
		v := one()
		label, limit, add := "varchar", 10485760, 4
		switch oid {
		case types.BPCharOID:
			label = "char"
		case types.BitOID:
			label, limit, add = "bit", 83886080, 0
		case types.VarbitOID:
			label, limit, add = "bit varying", 83886080, 0
		}
		if v < 1 {
			b.fail(pgerr.InvalidParameterValue, n.Pos, "length for type %s must be at least 1", label)
		}
		if v > limit {
			b.fail(pgerr.InvalidParameterValue, n.Pos, "length for type %s cannot exceed %d", label, limit)
		}
		return int32(v + add)
	case types.TimestampOID, types.TimestamptzOID, types.TimeOID, types.TimetzOID:
		tz := ""
		if oid == types.TimestamptzOID || oid == types.TimetzOID {
			tz, name = " WITH TIME ZONE", strings.TrimSuffix(name, "TZ")
		}
		v := one()
		if v < 0 {
			b.fail(pgerr.InvalidParameterValue, n.Pos, "%s(%d)%s precision must not be negative", name, v, tz)
		}
		return int32(min(v, 6))
	}
	b.unsupported("a modifier of type "+ti.Name, n.Pos)
	return -1
}

// modValues are the modifiers, which must be simple constants.
func (b *binder) modValues(n *ast.TypeName) []int {
	out := make([]int, len(n.Typmods))
	for i, m := range n.Typmods {
		c, ok := m.(*ast.Const)
		if !ok || c.Kind != ast.ConstInteger && c.Kind != ast.ConstFloat && c.Kind != ast.ConstString {
			b.fail(pgerr.SyntaxError, n.Pos, "type modifiers must be simple constants or identifiers")
		}
		v, err := strconv.ParseInt(c.Val, 10, 32)
		if err != nil {
			b.fail(pgerr.InvalidTextRepresentation, n.Pos, "invalid input syntax for type integer: \"%s\"", c.Val)
		}
		out[i] = int(v)
	}
	return out
}

func (b *binder) numericMod(mods []int, pos int) int32 {
	if len(mods) != 1 && len(mods) != 2 {
		b.fail(pgerr.InvalidParameterValue, pos, "invalid NUMERIC type modifier")
	}
	p, s := mods[0], 0
	if p < 1 || p > 1000 {
		b.fail(pgerr.InvalidParameterValue, pos, "NUMERIC precision %d must be between 1 and 1000", p)
	}
	if len(mods) == 2 {
		s = mods[1]
		if s < -1000 || s > 1000 {
			b.fail(pgerr.InvalidParameterValue, pos, "NUMERIC scale %d must be between -1000 and 1000", s)
		}
	}
	return types.MakeNumericMod(p, s)
}

// intervalMod packs the fields and the precision of an interval.
func (b *binder) intervalMod(n *ast.TypeName) int32 {
	const fullRange, fullPrecision = 0x7fff, 0xffff
	if n.Interval == 0 && len(n.Typmods) == 0 {
		return -1
	}
	fields, precision := int32(n.Interval), int32(fullPrecision)
	if fields == 0 {
		fields = fullRange
	}
	if len(n.Typmods) > 0 {
		p := b.modValues(n)[0]
		if p < 0 {
			b.fail(pgerr.InvalidParameterValue, n.Pos, "INTERVAL(%d) precision must not be negative", p)
		}
		precision = int32(min(p, 6))
	}
	if fields == fullRange && precision == fullPrecision {
		return -1
	}
	return fields<<16 | precision
}

// typeName names a type in messages; row types have the name of their table.
func (b *binder) typeName(t types.OID) string {
	if elem := types.ElemOf(t); elem >= types.FirstUserOID {
		return b.typeName(elem) + "[]"
	}
	if _, ok := types.Info(t); !ok && t != 0 {
		if _, name, ok := b.o.Reader.TypeName(t); ok {
			return expr.QuoteIdent(name)
		}
	}
	return types.FormatType(t, -1)
}

// bases is base of each type.
func (b *binder) bases(ts []types.OID) []types.OID {
	out := make([]types.OID, len(ts))
	for i, t := range ts {
		out[i] = b.base(t)
	}
	return out
}

// relationColumns are the columns of a table or view.
func relationColumns(r catalog.Relation) []*catalog.Column {
	return catalog.ColumnsOf(r)
}

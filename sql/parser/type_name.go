package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// The names that type keywords stand for. They are shared by all trees, which
// are read-only.
var (
	typeInt2        = []string{"pg_catalog", "int2"}
	typeInt4        = []string{"pg_catalog", "int4"}
	typeInt8        = []string{"pg_catalog", "int8"}
	typeFloat4      = []string{"pg_catalog", "float4"}
	typeFloat8      = []string{"pg_catalog", "float8"}
	typeNumeric     = []string{"pg_catalog", "numeric"}
	typeBool        = []string{"pg_catalog", "bool"}
	typeBit         = []string{"pg_catalog", "bit"}
	typeVarbit      = []string{"pg_catalog", "varbit"}
	typeBpchar      = []string{"pg_catalog", "bpchar"}
	typeVarchar     = []string{"pg_catalog", "varchar"}
	typeTime        = []string{"pg_catalog", "time"}
	typeTimeTZ      = []string{"pg_catalog", "timetz"}
	typeTimestamp   = []string{"pg_catalog", "timestamp"}
	typeTimestampTZ = []string{"pg_catalog", "timestamptz"}
	typeInterval    = []string{"pg_catalog", "interval"}
	typeJSON        = []string{"pg_catalog", "json"}
)

// typeName parses Typename: a type, perhaps an array or a set of it.
func (p *parser) typeName() *ast.TypeName {
	setOf := p.is(kwSetof)
	if setOf {
		p.advance()
	}
	t := p.simpleTypeName(false)
	t.SetOf = setOf
	p.arrayBounds(t)
	return t
}

// arrayBounds parses [], [3] and ARRAY after a type.
func (p *parser) arrayBounds(t *ast.TypeName) {
	if p.accept(kwArray) {
		bound := int32(-1)
		if p.accept('[') {
			bound = int32(p.iconst())
			p.expect(']')
		}
		t.ArrayBounds = []int32{bound}
		return
	}
	for p.accept('[') {
		bound := int32(-1)
		if !p.is(']') {
			bound = int32(p.iconst())
		}
		p.expect(']')
		t.ArrayBounds = append(t.ArrayBounds, bound)
	}
}

// funcType parses func_type: a type as a function's parameter or result, where
// name%TYPE is allowed.
func (p *parser) funcType() *ast.TypeName {
	setOf := p.is(kwSetof)
	if setOf {
		p.advance()
	}
	if !isName(p.tok.kind, typeFuncIDs) || p.peek(1) != '.' || p.is(kwDouble) {
		t := p.simpleTypeName(false)
		t.SetOf = setOf
		p.arrayBounds(t)
		return t
	}
	t := &ast.TypeName{Pos: p.tok.start, SetOf: setOf}
	t.Names = p.attrs([]string{p.name(typeFuncIDs)})
	if p.is('%') {
		p.advance()
		p.expect(kwType)
		t.PctType = true
		return t
	}
	t.Typmods = p.typeModifiers()
	p.arrayBounds(t)
	return t
}

// simpleTypeName parses a type without array bounds. constant is true in front
// of a literal, where fewer forms are allowed.
func (p *parser) simpleTypeName(constant bool) *ast.TypeName {
	t := &ast.TypeName{Pos: p.tok.start}
	k := p.tok.kind
	switch k {
	case kwInt, kwInteger:
		t.Names = typeInt4
	case kwSmallint:
		t.Names = typeInt2
	case kwBigint:
		t.Names = typeInt8
	case kwReal:
		t.Names = typeFloat4
	case kwBoolean:
		t.Names = typeBool
	case kwJson:
		t.Names = typeJSON
	case kwFloat:
		p.floatType(t)
		return t
	case kwDouble:
		if p.peek(1) == kwPrecision {
			p.advance()
			t.Names = typeFloat8
			break
		}
		return p.genericType(t)
	case kwDecimal, kwDec, kwNumeric:
		t.Names = typeNumeric
		p.advance()
		t.Typmods = p.typeModifiers()
		return t
	case kwBit:
		p.bitType(t, constant)
		return t
	case kwCharacter, kwChar, kwVarchar, kwNational, kwNchar:
		p.characterType(t, constant)
		return t
	case kwTimestamp, kwTime:
		p.datetimeType(t, k == kwTimestamp)
		return t
	case kwInterval:
		p.advance()
		t.Names = typeInterval
		if p.is('(') {
			p.intervalPrecision(t)
		} else {
			p.intervalFields(t)
		}
		return t
	default:
		return p.genericType(t)
	}
	p.advance()
	return t
}

// genericType parses a type that has no syntax of its own.
func (p *parser) genericType(t *ast.TypeName) *ast.TypeName {
	t.Names = p.attrs([]string{p.name(typeFuncIDs)})
	t.Typmods = p.typeModifiers()
	return t
}

func (p *parser) typeModifiers() []ast.Expr {
	if !p.accept('(') {
		return nil
	}
	list := p.exprList()
	p.expect(')')
	return list
}

func (p *parser) floatType(t *ast.TypeName) {
	p.expect(kwFloat)
	t.Names = typeFloat8
	if !p.accept('(') {
		return
	}
	pos := p.tok.start
	bits := p.iconst()
	switch {
	case bits < 1:
		p.fail(pos, pgerr.InvalidParameterValue, "precision for type float must be at least 1 bit")
	case bits <= 24:
		t.Names = typeFloat4
	case bits > 53:
		p.fail(pos, pgerr.InvalidParameterValue, "precision for type float must be less than 54 bits")
	}
	p.expect(')')
}

func (p *parser) bitType(t *ast.TypeName, constant bool) {
	p.expect(kwBit)
	t.Names = typeBit
	if p.accept(kwVarying) {
		t.Names = typeVarbit
	}
	if p.is('(') {
		t.Typmods = p.typeModifiers()
		return
	}
	// bit is bit(1), but a literal keeps its own length.
	if !constant && &t.Names[0] == &typeBit[0] {
		t.Typmods = []ast.Expr{oneModifier()}
	}
}

func oneModifier() ast.Expr {
	return &ast.Const{Kind: ast.ConstInteger, Val: "1", Pos: -1}
}

func (p *parser) characterType(t *ast.TypeName, constant bool) {
	t.Names = typeBpchar
	switch {
	case p.accept(kwVarchar):
		t.Names = typeVarchar
	case p.accept(kwNational):
		if !p.accept(kwChar) {
			p.expect(kwCharacter)
		}
	default:
		p.advance() // CHARACTER, CHAR or NCHAR
	}
	if &t.Names[0] == &typeBpchar[0] && p.accept(kwVarying) {
		t.Names = typeVarchar
	}
	if p.accept('(') {
		pos := p.tok.start
		n := &ast.Const{Kind: ast.ConstInteger, Val: p.tok.str, Pos: pos}
		p.iconst()
		p.expect(')')
		t.Typmods = []ast.Expr{n}
		return
	}
	// char is char(1), but a literal keeps its own length.
	if !constant && &t.Names[0] == &typeBpchar[0] {
		t.Typmods = []ast.Expr{oneModifier()}
	}
}

func (p *parser) datetimeType(t *ast.TypeName, timestamp bool) {
	p.advance()
	if p.accept('(') {
		t.Typmods = []ast.Expr{&ast.Const{Kind: ast.ConstInteger, Val: p.tok.str, Pos: p.tok.start}}
		p.iconst()
		p.expect(')')
	}
	zone := false
	switch p.tok.kind {
	case tWithLA, tWithoutLA:
		if p.peek(1) != kwTime { // WITH ORDINALITY
			break
		}
		zone = p.is(tWithLA)
		p.advance()
		p.expectAll(kwTime, kwZone)
	}
	switch {
	case timestamp && zone:
		t.Names = typeTimestampTZ
	case timestamp:
		t.Names = typeTimestamp
	case zone:
		t.Names = typeTimeTZ
	default:
		t.Names = typeTime
	}
}

func (p *parser) intervalPrecision(t *ast.TypeName) {
	p.expect('(')
	t.Typmods = []ast.Expr{&ast.Const{Kind: ast.ConstInteger, Val: p.tok.str, Pos: p.tok.start}}
	p.iconst()
	p.expect(')')
}

// intervalFields parses YEAR TO MONTH and the like.
func (p *parser) intervalFields(t *ast.TypeName) {
	const hms = ast.IntervalHour | ast.IntervalMinute | ast.IntervalSecond
	var ends map[tokenKind]ast.IntervalFields
	k := p.tok.kind
	switch k {
	case kwYear:
		t.Interval = ast.IntervalYear
		ends = map[tokenKind]ast.IntervalFields{kwMonth: ast.IntervalYear | ast.IntervalMonth}
	case kwMonth:
		t.Interval = ast.IntervalMonth
	case kwDay:
		t.Interval = ast.IntervalDay
		ends = map[tokenKind]ast.IntervalFields{
			kwHour:   ast.IntervalDay | ast.IntervalHour,
			kwMinute: ast.IntervalDay | ast.IntervalHour | ast.IntervalMinute,
			kwSecond: ast.IntervalDay | hms,
		}
	case kwHour:
		t.Interval = ast.IntervalHour
		ends = map[tokenKind]ast.IntervalFields{
			kwMinute: ast.IntervalHour | ast.IntervalMinute, kwSecond: hms,
		}
	case kwMinute:
		t.Interval = ast.IntervalMinute
		ends = map[tokenKind]ast.IntervalFields{kwSecond: ast.IntervalMinute | ast.IntervalSecond}
	case kwSecond:
		t.Interval = ast.IntervalSecond
	default:
		return
	}
	p.advance()
	if k != kwSecond && len(ends) > 0 && p.accept(kwTo) {
		fields, ok := ends[p.tok.kind]
		if !ok {
			p.syntaxError()
		}
		k, t.Interval = p.tok.kind, fields
		p.advance()
	}
	if k == kwSecond && p.is('(') {
		p.intervalPrecision(t)
	}
}

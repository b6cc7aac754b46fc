package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
)

// columnConstraint parses one constraint of a column, nil if there is none.
func (p *parser) columnConstraint() *ast.Constraint {
	c := &ast.Constraint{Pos: p.tok.start}
	if p.accept(kwConstraint) {
		c.Name = p.colID()
		if !p.columnConstraintElem(c) {
			p.syntaxError()
		}
		return c
	}
	if p.columnConstraintElem(c) {
		return c
	}
	switch p.tok.kind {
	case kwDeferrable:
		c.Kind = ast.ConstrAttrDeferrable
	case kwNot: // NOT NULL was seen above
		p.advance()
		c.Kind = ast.ConstrAttrNotDeferrable
		if !p.is(kwDeferrable) {
			p.syntaxError()
		}
	case kwInitially:
		p.advance()
		c.Kind = ast.ConstrAttrDeferred
		if p.is(kwImmediate) {
			c.Kind = ast.ConstrAttrImmediate
		} else if !p.is(kwDeferred) {
			p.syntaxError()
		}
	default:
		return nil
	}
	p.advance()
	return c
}

// columnConstraintElem parses a constraint without its name; false if there is
// none.
func (p *parser) columnConstraintElem(c *ast.Constraint) bool {
	switch p.tok.kind {
	case kwNot:
		if p.peek(1) == kwDeferrable {
			return false
		}
		p.advance()
		p.expect(kwNull)
		c.Kind = ast.ConstrNotNull
	case kwNull:
		p.advance()
		c.Kind = ast.ConstrNull
	case kwUnique:
		p.advance()
		c.Kind = ast.ConstrUnique
		c.NullsNotDistinct = p.nullsNotDistinct()
		c.Options, c.IndexSpace = p.optDefinition(), p.optIndexSpace()
	case kwPrimary:
		p.advance()
		p.expect(kwKey)
		c.Kind = ast.ConstrPrimary
		c.Options, c.IndexSpace = p.optDefinition(), p.optIndexSpace()
	case kwCheck:
		p.advance()
		p.expect('(')
		c.Kind, c.Expr = ast.ConstrCheck, p.expr()
		p.expect(')')
		c.NoInherit = p.noInherit()
	case kwDefault:
		p.advance()
		c.Kind, c.Expr = ast.ConstrDefault, p.bExpr()
	case kwGenerated:
		p.generated(c)
	case kwReferences:
		p.advance()
		c.Kind = ast.ConstrForeign
		p.references(c)
	default:
		return false
	}
	return true
}

func (p *parser) noInherit() bool {
	return p.accept2(kwNo, kwInherit)
}

func (p *parser) nullsNotDistinct() bool {
	if !p.accept(kwNulls) {
		return false
	}
	not := p.accept(kwNot)
	p.expect(kwDistinct)
	return not
}

// optDefinition parses WITH (…) of a constraint's index.
func (p *parser) optDefinition() []*ast.DefElem {
	if !p.is(kwWith) {
		return nil
	}
	p.advance()
	return p.definition()
}

// definition parses (name [= value], …).
func (p *parser) definition() []*ast.DefElem {
	p.expect('(')
	var list []*ast.DefElem
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		d.Name = p.colLabel()
		if p.accept('=') {
			d.Arg = p.defArg()
		}
		list = append(list, d)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	return list
}

func (p *parser) optIndexSpace() string {
	if !p.accept(kwUsing) {
		return ""
	}
	p.expectAll(kwIndex, kwTablespace)
	return p.colID()
}

// generated parses GENERATED … AS IDENTITY or AS (expr) STORED.
func (p *parser) generated(c *ast.Constraint) {
	p.expect(kwGenerated)
	whenPos := p.tok.start
	if p.accept(kwAlways) {
		c.Always = true
	} else {
		p.expectAll(kwBy, kwDefault)
	}
	p.expect(kwAs)
	if p.accept(kwIdentity) {
		c.Kind = ast.ConstrIdentity
		if p.accept('(') {
			c.Options = p.sequenceOptions()
			if len(c.Options) == 0 {
				p.syntaxError()
			}
			p.expect(')')
		}
		return
	}
	p.expect('(')
	c.Kind, c.Expr = ast.ConstrGenerated, p.expr()
	p.expectAll(')', kwStored)
	if !c.Always {
		p.failAt(whenPos, "for a generated column, GENERATED ALWAYS must be specified")
	}
}

// references parses the table and the options of a foreign key.
func (p *parser) references(c *ast.Constraint) {
	c.PkTable = p.qualifiedName()
	c.PkColumns = p.optColumnList()
	if p.is(kwMatch) {
		pos := p.expect(kwMatch)
		switch {
		case p.accept(kwFull):
			c.Match = ast.FKMatchFull
		case p.accept(kwPartial):
			p.unsupportedGrammar(pos, "MATCH PARTIAL not yet implemented")
		default:
			p.expect(kwSimple)
		}
	}
	for p.is(kwOn) {
		pos := p.tok.start
		switch p.peek(1) {
		case kwUpdate:
			p.advance()
			p.advance()
			var cols []string
			c.OnUpdate, cols = p.keyAction()
			if cols != nil {
				name := "SET NULL"
				if c.OnUpdate == ast.FKSetDefault {
					name = "SET DEFAULT"
				}
				p.unsupportedGrammar(pos, "a column list with "+name+" is only supported for ON DELETE actions")
			}
		case kwDelete:
			p.advance()
			p.advance()
			c.OnDelete, c.DelSetCols = p.keyAction()
		default:
			p.advance()
			p.syntaxError()
		}
	}
}

func (p *parser) keyAction() (ast.FKAction, []string) {
	switch p.tok.kind {
	case kwNo:
		p.advance()
		p.expect(kwAction)
		return ast.FKNoAction, nil
	case kwRestrict:
		p.advance()
		return ast.FKRestrict, nil
	case kwCascade:
		p.advance()
		return ast.FKCascade, nil
	}
	p.expect(kwSet)
	if p.accept(kwDefault) {
		return ast.FKSetDefault, p.optColumnList()
	}
	p.expect(kwNull)
	return ast.FKSetNull, p.optColumnList()
}

// tableConstraint parses a constraint of a table.
func (p *parser) tableConstraint() *ast.Constraint {
	c := &ast.Constraint{Pos: p.tok.start}
	if p.accept(kwConstraint) {
		c.Name = p.colID()
	}
	kind := ""
	switch p.tok.kind {
	case kwCheck:
		p.advance()
		p.expect('(')
		c.Kind, c.Expr = ast.ConstrCheck, p.expr()
		p.expect(')')
		kind = "CHECK"
	case kwUnique, kwPrimary:
		kind = p.keyConstraint(c)
	case kwExclude:
		p.exclusion(c)
		kind = "EXCLUDE"
	case kwForeign:
		p.advance()
		p.expect(kwKey)
		c.Kind, c.FkColumns = ast.ConstrForeign, p.columnList()
		p.expect(kwReferences)
		p.references(c)
		kind = "FOREIGN KEY"
	default:
		p.syntaxError()
	}
	p.constraintAttributes(c, kind)
	return c
}

func (p *parser) keyConstraint(c *ast.Constraint) string {
	kind := "UNIQUE"
	c.Kind = ast.ConstrUnique
	if p.accept(kwPrimary) {
		p.expect(kwKey)
		c.Kind, kind = ast.ConstrPrimary, "PRIMARY KEY"
	} else {
		p.expect(kwUnique)
		c.NullsNotDistinct = p.nullsNotDistinct()
	}
	if p.is(kwUsing) && !c.NullsNotDistinct {
		p.advance()
		p.expect(kwIndex)
		c.IndexName = p.colID()
		return kind
	}
	c.Keys = p.columnList()
	if p.accept(kwInclude) {
		c.Including = p.columnList()
	}
	c.Options, c.IndexSpace = p.optDefinition(), p.optIndexSpace()
	return kind
}

func (p *parser) exclusion(c *ast.Constraint) {
	p.expect(kwExclude)
	c.Kind = ast.ConstrExclusion
	if p.accept(kwUsing) {
		c.AccessMethod = p.colID()
	}
	p.expect('(')
	for {
		e := &ast.ExclusionElem{Elem: p.indexElem()}
		p.expect(kwWith)
		if p.is(kwOperator) {
			schema, op := p.qualifiedOperator()
			e.Op = append(schema, op)
		} else {
			schema, op := p.anyOperator()
			e.Op = append(schema, op)
		}
		c.Exclusions = append(c.Exclusions, e)
		if !p.accept(',') {
			break
		}
	}
	p.expect(')')
	if p.accept(kwInclude) {
		c.Including = p.columnList()
	}
	c.Options, c.IndexSpace = p.optDefinition(), p.optIndexSpace()
	if p.accept(kwWhere) {
		p.expect('(')
		c.Where = p.expr()
		p.expect(')')
	}
}

// Bits of constraint attributes, to find conflicts between them.
const (
	attrNotDeferrable = 1 << iota
	attrDeferrable
	attrInitImmediate
	attrInitDeferred
	attrNotValid
	attrNoInherit
)

// constraintAttributeSpec parses DEFERRABLE, INITIALLY DEFERRED, NOT VALID and
// so on.
func (p *parser) constraintAttributeSpec() int {
	bits := 0
	for {
		at := p.tok.start
		bit := p.constraintAttribute()
		if bit == 0 {
			return bits
		}
		bits |= bit
		if bits&attrNotDeferrable != 0 && bits&attrInitDeferred != 0 {
			p.failAt(at, "constraint declared INITIALLY DEFERRED must be DEFERRABLE")
		}
		if bits&attrNotDeferrable != 0 && bits&attrDeferrable != 0 ||
			bits&attrInitImmediate != 0 && bits&attrInitDeferred != 0 {
			p.failAt(at, "conflicting constraint properties")
		}
	}
}

func (p *parser) constraintAttribute() int {
	switch p.tok.kind {
	case kwNot:
		p.advance()
		if p.accept(kwValid) {
			return attrNotValid
		}
		p.expect(kwDeferrable)
		return attrNotDeferrable
	case kwDeferrable:
		p.advance()
		return attrDeferrable
	case kwInitially:
		p.advance()
		if p.accept(kwImmediate) {
			return attrInitImmediate
		}
		p.expect(kwDeferred)
		return attrInitDeferred
	case kwNo:
		p.advance()
		p.expect(kwInherit)
		return attrNoInherit
	}
	return 0
}

// constraintAttributes parses the attributes of a table constraint and refuses
// those that its kind does not have.
func (p *parser) constraintAttributes(c *ast.Constraint, kind string) {
	bits := p.constraintAttributeSpec()
	deferrable := c.Kind != ast.ConstrCheck
	notValid := c.Kind == ast.ConstrCheck || c.Kind == ast.ConstrForeign
	if bits&(attrDeferrable|attrInitDeferred) != 0 && !deferrable {
		p.unsupportedGrammar(-1, kind+" constraints cannot be marked DEFERRABLE")
	}
	if bits&attrNotValid != 0 && !notValid {
		p.unsupportedGrammar(-1, kind+" constraints cannot be marked NOT VALID")
	}
	if bits&attrNoInherit != 0 && c.Kind != ast.ConstrCheck {
		p.unsupportedGrammar(-1, kind+" constraints cannot be marked NO INHERIT")
	}
	c.Deferrable = bits&(attrDeferrable|attrInitDeferred) != 0
	c.InitDeferred = bits&attrInitDeferred != 0
	c.SkipValidation = bits&attrNotValid != 0
	c.NoInherit = bits&attrNoInherit != 0
}

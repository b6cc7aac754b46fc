package parser

import "github.com/lightsql/lightsql/sql/ast"

// xmlFunction parses the XML functions with syntax of their own; nil if k is none.
func (p *parser) xmlFunction(k tokenKind, pos int) ast.Expr {
	switch k {
	case kwXmlconcat:
		return &ast.XMLExpr{Op: ast.XMLConcat, Args: p.parenthesized(), Pos: pos}
	case kwXmlelement:
		return p.xmlElement(pos)
	case kwXmlexists:
		p.advance()
		p.expect('(')
		path := p.primary()
		doc := p.xmlPassing()
		p.expect(')')
		return systemCall("xmlexists", pos, path, doc)
	case kwXmlforest:
		p.advance()
		p.expect('(')
		x := &ast.XMLExpr{Op: ast.XMLForest, Attributes: p.xmlAttributes(), Pos: pos}
		p.expect(')')
		return x
	case kwXmlparse:
		p.advance()
		p.expect('(')
		x := &ast.XMLExpr{Op: ast.XMLParse, Document: p.documentOrContent(), Pos: pos}
		x.Args = []ast.Expr{p.expr()}
		if p.accept(kwPreserve) {
			p.expect(kwWhitespace)
			x.Preserve = true
		} else if p.accept(kwStrip) {
			p.expect(kwWhitespace)
		}
		p.expect(')')
		return x
	case kwXmlpi:
		p.advance()
		p.expectAll('(', kwName)
		x := &ast.XMLExpr{Op: ast.XMLPI, Name: p.colLabel(), Pos: pos}
		if p.accept(',') {
			x.Args = []ast.Expr{p.expr()}
		}
		p.expect(')')
		return x
	case kwXmlroot:
		return p.xmlRoot(pos)
	case kwXmlserialize:
		p.advance()
		p.expect('(')
		x := &ast.XMLSerialize{Document: p.documentOrContent(), Pos: pos}
		x.Expr = p.expr()
		p.expect(kwAs)
		x.Type = p.simpleTypeName(false)
		if p.accept(kwIndent) {
			x.Indent = true
		} else if p.accept(kwNo) {
			p.expect(kwIndent)
		}
		p.expect(')')
		return x
	}
	return nil
}

func (p *parser) documentOrContent() bool {
	if p.accept(kwDocument) {
		return true
	}
	p.expect(kwContent)
	return false
}

func (p *parser) xmlElement(pos int) ast.Expr {
	p.advance()
	p.expectAll('(', kwName)
	x := &ast.XMLExpr{Op: ast.XMLElement, Name: p.colLabel(), Pos: pos}
	for first := true; p.accept(','); first = false {
		if first && p.is(kwXmlattributes) && p.peek(1) == '(' {
			p.advance()
			p.expect('(')
			x.Attributes = p.xmlAttributes()
			p.expect(')')
			continue
		}
		x.Args = append(x.Args, p.expr())
	}
	p.expect(')')
	return x
}

func (p *parser) xmlAttributes() []*ast.ResTarget {
	var list []*ast.ResTarget
	for {
		t := &ast.ResTarget{Pos: p.tok.start}
		t.Val = p.expr()
		if p.accept(kwAs) {
			t.Name = p.colLabel()
		}
		list = append(list, t)
		if !p.accept(',') {
			return list
		}
	}
}

// xmlPassing parses PASSING [BY REF|VALUE] doc [BY REF|VALUE].
func (p *parser) xmlPassing() ast.Expr {
	p.expect(kwPassing)
	p.xmlMechanism()
	doc := p.primary()
	p.xmlMechanism()
	return doc
}

func (p *parser) xmlMechanism() {
	if !p.accept2(kwBy, kwRef) {
		p.accept2(kwBy, kwValue)
	}
}

func (p *parser) xmlRoot(pos int) ast.Expr {
	p.advance()
	p.expect('(')
	x := &ast.XMLExpr{Op: ast.XMLRoot, Args: []ast.Expr{p.expr()}, Pos: pos}
	p.expectAll(',', kwVersion)
	if p.is(kwNo) && p.peek(1) == kwValue {
		p.advance()
		p.advance()
	} else {
		x.HasVersion = true
		x.Args = append(x.Args, p.expr())
	}
	if p.accept(',') {
		p.expect(kwStandalone)
		switch {
		case p.accept(kwYes):
			x.Standalone = "yes"
		case p.accept2(kwNo, kwValue):
			x.Standalone = "no value"
		default:
			p.expect(kwNo)
			x.Standalone = "no"
		}
	}
	p.expect(')')
	return x
}

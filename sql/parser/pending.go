package parser

import "github.com/lightsql/lightsql/sql/ast"

func (p *parser) createUserMapping() ast.Stmt    { return p.pending() }
func (p *parser) createType() ast.Stmt           { return p.pending() }
func (p *parser) createDomain() ast.Stmt         { return p.pending() }
func (p *parser) createOperator() ast.Stmt       { return p.pending() }
func (p *parser) createCollation() ast.Stmt      { return p.pending() }
func (p *parser) createTextSearch() ast.Stmt     { return p.pending() }
func (p *parser) createCast() ast.Stmt           { return p.pending() }
func (p *parser) createConversion() ast.Stmt     { return p.pending() }
func (p *parser) createExtension() ast.Stmt      { return p.pending() }
func (p *parser) createAccessMethod() ast.Stmt   { return p.pending() }
func (p *parser) createForeign() ast.Stmt        { return p.pending() }
func (p *parser) createServer() ast.Stmt         { return p.pending() }
func (p *parser) createEventTrigger() ast.Stmt   { return p.pending() }
func (p *parser) createPolicy() ast.Stmt         { return p.pending() }
func (p *parser) createStatistics() ast.Stmt     { return p.pending() }
func (p *parser) createPublication() ast.Stmt    { return p.pending() }
func (p *parser) createSubscription() ast.Stmt   { return p.pending() }
func (p *parser) createTablespace() ast.Stmt     { return p.pending() }
func (p *parser) alterStmt() ast.Stmt            { return p.pending() }
func (p *parser) importForeignSchema() ast.Stmt  { return p.pending() }
func (p *parser) createTrigger(bool) ast.Stmt    { return p.pending() }
func (p *parser) createRule(bool) ast.Stmt       { return p.pending() }
func (p *parser) createAggregate(bool) ast.Stmt  { return p.pending() }
func (p *parser) createTransform(bool) ast.Stmt  { return p.pending() }
func (p *parser) createLanguage(bool) ast.Stmt   { return p.pending() }
func (p *parser) genericOptions() []*ast.DefElem { p.pending(); return nil }
func (p *parser) pending() ast.Stmt {
	p.unsupportedGrammar(p.tok.start, "this statement is not supported")
	return nil
}

func (p *parser) dropUserMapping() ast.Stmt { return p.pending() }

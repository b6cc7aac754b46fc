package parser

import (
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
)

func (p *parser) roleStmtType() ast.RoleStmtType {
	t := ast.RoleStmtRole
	switch p.tok.kind {
	case kwUser:
		t = ast.RoleStmtUser
	case kwGroup:
		t = ast.RoleStmtGroup
	}
	p.advance()
	return t
}

func (p *parser) createRole() ast.Stmt {
	s := &ast.CreateRoleStmt{Type: p.roleStmtType()}
	s.Role = p.roleID()
	p.accept(kwWith)
	for {
		d := p.createRoleOption()
		if d == nil {
			return s
		}
		s.Options = append(s.Options, d)
	}
}

func (p *parser) createRoleOption() *ast.DefElem {
	d := &ast.DefElem{Pos: p.tok.start}
	switch p.tok.kind {
	case kwSysid:
		p.advance()
		d.Name = "sysid"
		d.Arg = &ast.Const{Kind: ast.ConstInteger, Val: p.tok.str, Pos: p.tok.start}
		p.iconst()
	case kwAdmin:
		p.advance()
		d.Name, d.Arg = "adminmembers", &ast.RoleSpecs{Roles: p.roleSpecs()}
	case kwRole:
		p.advance()
		d.Name, d.Arg = "rolemembers", &ast.RoleSpecs{Roles: p.roleSpecs()}
	case kwIn:
		p.advance()
		if !p.accept(kwRole) {
			p.expect(kwGroup)
		}
		d.Name, d.Arg = "addroleto", &ast.RoleSpecs{Roles: p.roleSpecs()}
	default:
		return p.alterRoleOption()
	}
	return d
}

// alterRoleOption parses an option of CREATE and ALTER ROLE, nil if there is none.
func (p *parser) alterRoleOption() *ast.DefElem {
	d := &ast.DefElem{Pos: p.tok.start}
	switch p.tok.kind {
	case kwPassword:
		p.advance()
		d.Name = "password"
		if !p.accept(kwNull) {
			d.Arg = p.stringConst()
		}
	case kwEncrypted:
		p.advance()
		p.expect(kwPassword)
		d.Name, d.Arg = "password", p.stringConst()
	case kwUnencrypted:
		p.advance()
		p.expect(kwPassword)
		p.sconst()
		p.failWith(d.Pos, pgerr.New(pgerr.CodeFeatureNotSupported, "UNENCRYPTED PASSWORD is no longer supported").
			WithHint("Remove UNENCRYPTED to store the password in encrypted form instead."))
	case kwInherit:
		p.advance()
		d.Name, d.Arg = "inherit", boolConst(true, d.Pos)
	case kwConnection:
		p.advance()
		p.expect(kwLimit)
		pos := p.tok.start
		minus := p.accept('-')
		if !minus {
			p.accept('+')
		}
		c := &ast.Const{Kind: ast.ConstInteger, Val: p.tok.str, Pos: pos}
		p.iconst()
		if minus {
			negate(c)
		}
		d.Name, d.Arg = "connectionlimit", c
	case kwValid:
		p.advance()
		p.expect(kwUntil)
		d.Name, d.Arg = "validUntil", p.stringConst()
	case kwUser:
		p.advance()
		d.Name, d.Arg = "rolemembers", &ast.RoleSpecs{Roles: p.roleSpecs()}
	case tIdent:
		p.roleFlag(d)
	default:
		return nil
	}
	return d
}

// roleFlag parses SUPERUSER, NOLOGIN and the like, which are no keywords.
func (p *parser) roleFlag(d *ast.DefElem) {
	word := p.tok.str
	value := true
	switch word {
	case "superuser", "nosuperuser":
		d.Name, value = "superuser", word == "superuser"
	case "createrole", "nocreaterole":
		d.Name, value = "createrole", word == "createrole"
	case "replication", "noreplication":
		d.Name, value = "isreplication", word == "replication"
	case "createdb", "nocreatedb":
		d.Name, value = "createdb", word == "createdb"
	case "login", "nologin":
		d.Name, value = "canlogin", word == "login"
	case "bypassrls", "nobypassrls":
		d.Name, value = "bypassrls", word == "bypassrls"
	case "noinherit":
		d.Name, value = "inherit", false
	default:
		p.failAt(d.Pos, "unrecognized role option \"%s\"", word)
	}
	d.Arg = boolConst(value, d.Pos)
	p.advance()
}

// alterRole parses ALTER ROLE, USER and GROUP from that word on.
func (p *parser) alterRole() ast.Stmt {
	t := p.roleStmtType()
	if t != ast.RoleStmtGroup && p.is(kwAll) {
		p.advance()
		return p.alterRoleSet(nil)
	}
	role := p.roleSpec()
	switch p.tok.kind {
	case kwRename:
		p.advance()
		p.expect(kwTo)
		object := &ast.ObjectRef{Names: []string{p.plainRole(role)}, Pos: role.Pos}
		return &ast.RenameStmt{RenameType: ast.ObjectRole, Object: object, SubName: role.Name, NewName: p.roleID()}
	case kwAdd, kwDrop:
		if t != ast.RoleStmtGroup {
			break
		}
		s := &ast.AlterRoleStmt{Type: t, Role: role, Action: 1}
		if p.is(kwDrop) {
			s.Action = -1
		}
		p.advance()
		p.expect(kwUser)
		s.Members = p.roleSpecs()
		return s
	case kwSet, kwReset, kwIn:
		if t != ast.RoleStmtGroup {
			return p.alterRoleSet(role)
		}
	}
	if t == ast.RoleStmtGroup {
		p.syntaxError()
	}
	s := &ast.AlterRoleStmt{Type: t, Role: role, Action: 1}
	p.accept(kwWith)
	for {
		d := p.alterRoleOption()
		if d == nil {
			return s
		}
		s.Options = append(s.Options, d)
	}
}

// plainRole is the name of a role that must be a plain one.
func (p *parser) plainRole(r *ast.RoleSpec) string {
	if r.Kind != ast.RoleNamed {
		names := map[ast.RoleSpecKind]string{ast.RoleSessionUser: "SESSION_USER",
			ast.RoleCurrentUser: "CURRENT_USER", ast.RoleCurrentRole: "CURRENT_ROLE"}
		if r.Kind == ast.RolePublic {
			p.fail(r.Pos, pgerr.ReservedName, "role name \"%s\" is reserved", "public")
		}
		p.fail(r.Pos, pgerr.ReservedName, "%s cannot be used as a role name here", names[r.Kind])
	}
	return r.Name
}

func (p *parser) alterRoleSet(role *ast.RoleSpec) ast.Stmt {
	s := &ast.AlterRoleSetStmt{Role: role}
	if p.accept(kwIn) {
		p.expect(kwDatabase)
		s.Database = p.colID()
	}
	if !p.is(kwSet) && !p.is(kwReset) {
		p.syntaxError()
	}
	s.Set = p.setResetClause()
	return s
}

// grantStmt parses GRANT and REVOKE, of privileges or of roles.
func (p *parser) grantStmt() ast.Stmt {
	isGrant := p.is(kwGrant)
	p.advance()
	var revoked []*ast.DefElem // REVOKE x OPTION FOR of a role
	grantOption := false
	if !isGrant && (p.is(kwGrant) || p.peek(1) == kwOption && isName(p.tok.kind, anyLabel)) {
		if p.is(kwGrant) {
			p.advance()
			p.expectAll(kwOption, kwFor)
			grantOption = true
		} else {
			d := &ast.DefElem{Pos: p.tok.start, Arg: boolConst(false, -1)}
			d.Name = p.colLabel()
			p.expectAll(kwOption, kwFor)
			revoked = append(revoked, d)
		}
	}
	privs := p.privileges()
	if !p.is(kwOn) {
		return p.grantRole(isGrant, privs, revoked, grantOption)
	}
	if revoked != nil {
		p.syntaxError()
	}
	g := &ast.GrantStmt{IsGrant: isGrant, Privileges: privs, GrantOption: grantOption}
	p.expect(kwOn)
	p.privilegeTarget(g)
	p.grantees(g)
	return g
}

// grantees parses TO or FROM roles and what follows them.
func (p *parser) grantees(g *ast.GrantStmt) {
	if g.IsGrant {
		p.expect(kwTo)
	} else {
		p.expect(kwFrom)
	}
	g.Grantees = p.granteeList()
	if g.IsGrant && p.accept(kwWith) {
		p.expectAll(kwGrant, kwOption)
		g.GrantOption = true
	}
	g.Grantor = p.grantedBy()
	if !g.IsGrant {
		g.Behavior = p.dropBehavior()
	}
}

func (p *parser) grantedBy() *ast.RoleSpec {
	if !p.accept(kwGranted) {
		return nil
	}
	p.expect(kwBy)
	return p.roleSpec()
}

func (p *parser) granteeList() []*ast.RoleSpec {
	var list []*ast.RoleSpec
	for {
		p.accept(kwGroup)
		list = append(list, p.roleSpec())
		if !p.accept(',') {
			return list
		}
	}
}

// privileges parses ALL [PRIVILEGES] [(cols)], which gives nil or one element
// without Priv, or a list of privileges or roles.
func (p *parser) privileges() []*ast.AccessPriv {
	if p.is(kwAll) {
		a := &ast.AccessPriv{Pos: p.tok.start}
		p.advance()
		p.accept(kwPrivileges)
		if a.Columns = p.optColumnList(); a.Columns == nil {
			return nil
		}
		return []*ast.AccessPriv{a}
	}
	var list []*ast.AccessPriv
	for {
		a := &ast.AccessPriv{Pos: p.tok.start}
		switch {
		case p.is(kwSelect), p.is(kwReferences), p.is(kwCreate):
			a.Priv = nameOf(&p.tok)
			p.advance()
			a.Columns = p.optColumnList()
		case p.is(kwAlter) && p.peek(1) == kwSystem:
			p.advance()
			p.advance()
			a.Priv = "alter system"
		default:
			a.Priv = p.colID()
			a.Columns = p.optColumnList()
		}
		list = append(list, a)
		if !p.accept(',') {
			return list
		}
	}
}

func (p *parser) grantRole(isGrant bool, privs []*ast.AccessPriv, options []*ast.DefElem, admin bool) ast.Stmt {
	if privs == nil || admin {
		p.syntaxError()
	}
	g := &ast.GrantRoleStmt{IsGrant: isGrant, GrantedRoles: privs, Options: options}
	if isGrant {
		p.expect(kwTo)
	} else {
		p.expect(kwFrom)
	}
	g.Grantees = p.roleSpecs()
	if isGrant && p.accept(kwWith) {
		for {
			d := &ast.DefElem{Pos: p.tok.start}
			d.Name = p.colLabel()
			switch {
			case p.accept(kwOption), p.accept(kwTrue):
				d.Arg = boolConst(true, -1)
			default:
				p.expect(kwFalse)
				d.Arg = boolConst(false, -1)
			}
			g.Options = append(g.Options, d)
			if !p.accept(',') {
				break
			}
		}
	}
	g.Grantor = p.grantedBy()
	if !isGrant {
		g.Behavior = p.dropBehavior()
	}
	return g
}

// privilegeTarget parses the objects that privileges are on.
func (p *parser) privilegeTarget(g *ast.GrantStmt) {
	if p.is(kwAll) {
		p.privilegesInSchema(g)
		return
	}
	g.ObjType = ast.ObjectTable
	next := p.peek(1)
	named := isName(next, nonReserved) // a word such as SCHEMA may be the table's name
	switch k := p.tok.kind; {
	case k == kwTable:
		p.advance()
	case k == kwSequence && named:
		p.advance()
		g.ObjType = ast.ObjectSequence
	case k == kwForeign:
		p.advance()
		if p.accept(kwData) {
			p.expect(kwWrapper)
			g.ObjType = ast.ObjectFDW
		} else {
			p.expect(kwServer)
			g.ObjType = ast.ObjectForeignServer
		}
	case named && p.privilegeKind(k, g):
		p.advance()
	case k == kwLarge && next == kwObject:
		p.advance()
		p.advance()
		g.ObjType = ast.ObjectLargeObject
		for {
			o := &ast.ObjectRef{Pos: p.tok.start}
			o.Names = []string{p.numericOnly().Val}
			g.Objects = append(g.Objects, o)
			if !p.accept(',') {
				return
			}
		}
	}
	p.privilegeObjects(g)
}

// privilegeKind sets the kind of object that a keyword names.
func (p *parser) privilegeKind(k tokenKind, g *ast.GrantStmt) bool {
	switch k {
	case kwFunction:
		g.ObjType = ast.ObjectFunction
	case kwProcedure:
		g.ObjType = ast.ObjectProcedure
	case kwRoutine:
		g.ObjType = ast.ObjectRoutine
	case kwDatabase:
		g.ObjType = ast.ObjectDatabase
	case kwDomain:
		g.ObjType = ast.ObjectDomain
	case kwLanguage:
		g.ObjType = ast.ObjectLanguage
	case kwSchema:
		g.ObjType = ast.ObjectSchema
	case kwTablespace:
		g.ObjType = ast.ObjectTablespace
	case kwType:
		g.ObjType = ast.ObjectDataType
	case kwParameter:
		g.ObjType = ast.ObjectParameterACL
	default:
		return false
	}
	return true
}

func (p *parser) privilegeObjects(g *ast.GrantStmt) {
	for {
		o := &ast.ObjectRef{Pos: p.tok.start}
		switch g.ObjType {
		case ast.ObjectTable, ast.ObjectSequence:
			rv := p.qualifiedName()
			o.Names = relationNames(rv)
		case ast.ObjectFunction, ast.ObjectProcedure, ast.ObjectRoutine:
			o = p.objectRef(g.ObjType)
		case ast.ObjectDomain, ast.ObjectDataType:
			o.Names = p.anyName()
		case ast.ObjectParameterACL:
			o.Names = []string{p.settingName()}
		default:
			o.Names = []string{p.colID()}
		}
		g.Objects = append(g.Objects, o)
		if !p.accept(',') {
			return
		}
	}
}

// relationNames is a relation's name as a list.
func relationNames(rv *ast.RangeVar) []string {
	var names []string
	if rv.Catalog != "" {
		names = append(names, rv.Catalog)
	}
	if rv.Schema != "" {
		names = append(names, rv.Schema)
	}
	return append(names, rv.Name)
}

func (p *parser) privilegesInSchema(g *ast.GrantStmt) {
	p.expect(kwAll)
	g.TargetType = ast.GrantAllInSchema
	switch p.tok.kind {
	case kwTables:
		g.ObjType = ast.ObjectTable
	case kwSequences:
		g.ObjType = ast.ObjectSequence
	case kwFunctions:
		g.ObjType = ast.ObjectFunction
	case kwProcedures:
		g.ObjType = ast.ObjectProcedure
	case kwRoutines:
		g.ObjType = ast.ObjectRoutine
	default:
		p.syntaxError()
	}
	p.advance()
	p.expectAll(kwIn, kwSchema)
	for {
		o := &ast.ObjectRef{Pos: p.tok.start}
		o.Names = []string{p.colID()}
		g.Objects = append(g.Objects, o)
		if !p.accept(',') {
			return
		}
	}
}

// alterDefaultPrivileges parses ALTER DEFAULT PRIVILEGES from DEFAULT on.
func (p *parser) alterDefaultPrivileges() ast.Stmt {
	p.expectAll(kwDefault, kwPrivileges)
	s := &ast.AlterDefaultPrivilegesStmt{}
	for {
		d := &ast.DefElem{Pos: p.tok.start}
		switch {
		case p.accept(kwIn):
			p.expect(kwSchema)
			pos := p.tok.start
			d.Name, d.Arg = "schemas", &ast.Names{Names: p.colIDList(), Pos: pos}
		case p.accept(kwFor):
			if !p.accept(kwRole) {
				p.expect(kwUser)
			}
			d.Name, d.Arg = "roles", &ast.RoleSpecs{Roles: p.roleSpecs()}
		default:
			s.Action = p.defaultPrivilegesAction()
			return s
		}
		s.Options = append(s.Options, d)
	}
}

func (p *parser) defaultPrivilegesAction() *ast.GrantStmt {
	g := &ast.GrantStmt{IsGrant: p.is(kwGrant), TargetType: ast.GrantDefaultPrivs}
	if !g.IsGrant && !p.is(kwRevoke) {
		p.syntaxError()
	}
	p.advance()
	if !g.IsGrant && p.is(kwGrant) {
		p.expectAll(kwGrant, kwOption, kwFor)
		g.GrantOption = true
	}
	g.Privileges = p.privileges()
	p.expect(kwOn)
	switch p.tok.kind {
	case kwTables:
		g.ObjType = ast.ObjectTable
	case kwFunctions, kwRoutines:
		g.ObjType = ast.ObjectFunction
	case kwSequences:
		g.ObjType = ast.ObjectSequence
	case kwTypes:
		g.ObjType = ast.ObjectDataType
	case kwSchemas:
		g.ObjType = ast.ObjectSchema
	default:
		p.syntaxError()
	}
	p.advance()
	if g.IsGrant {
		p.expect(kwTo)
	} else {
		p.expect(kwFrom)
	}
	g.Grantees = p.granteeList()
	if g.IsGrant && p.accept(kwWith) {
		p.expectAll(kwGrant, kwOption)
		g.GrantOption = true
	}
	if !g.IsGrant {
		g.Behavior = p.dropBehavior()
	}
	return g
}

package ast

// alterStmt prints the forms of ALTER that all objects share.
func (p *printer) alterStmt(s Stmt) {
	switch s := s.(type) {
	case *RenameStmt:
		p.rename(s)
	case *AlterObjectSchemaStmt:
		p.alterTarget(s.ObjectType, s.Relation, s.Object, s.MissingOk)
		p.str(" SET SCHEMA ")
		p.ident(s.NewSchema)
	case *AlterOwnerStmt:
		p.alterTarget(s.ObjectType, nil, s.Object, false)
		p.str(" OWNER TO ")
		p.role(s.NewOwner)
	case *AlterObjectDependsStmt:
		if s.ObjectType == ObjectTrigger {
			p.str("ALTER TRIGGER ")
			p.names(s.Object.Names)
			p.str(" ON ")
			p.relationName(s.Relation)
		} else {
			p.alterTarget(s.ObjectType, s.Relation, s.Object, false)
		}
		p.word(s.Remove, "NO")
		p.str(" DEPENDS ON EXTENSION ")
		p.ident(s.Extension)
	case *AlterTableMoveAllStmt:
		p.str("ALTER ", s.ObjType.String(), " ALL IN TABLESPACE ")
		p.ident(s.OrigTablespace)
		if len(s.Roles) > 0 {
			p.str(" OWNED BY ")
			p.roles(s.Roles)
		}
		p.str(" SET TABLESPACE ")
		p.ident(s.NewTablespace)
		p.word(s.NoWait, "NOWAIT")
	case *AlterStatsStmt:
		p.str("ALTER STATISTICS ")
		p.ifExists(s.MissingOk)
		p.names(s.Names)
		p.str(" SET STATISTICS ")
		p.int(s.Target)
	case *AlterCollationStmt:
		p.str("ALTER COLLATION ")
		p.names(s.Names)
		p.str(" REFRESH VERSION")
	case *AlterOperatorStmt:
		p.str("ALTER OPERATOR ")
		p.objectWithArgs(ObjectOperator, s.Operator)
		p.str(" SET ")
		p.noneDefinition(s.Options)
	case *AlterTSDictionaryStmt:
		p.str("ALTER TEXT SEARCH DICTIONARY ")
		p.names(s.Names)
		p.str(" ")
		p.definition(s.Options)
	default:
		p.roleStmt(s)
	}
}

func (p *printer) alterTarget(kind ObjectType, rv *RangeVar, o *ObjectRef, missing bool) {
	p.str("ALTER ", kind.String(), " ")
	p.ifExists(missing)
	if rv != nil {
		p.relationName(rv)
		return
	}
	p.object(kind, o)
}

func (p *printer) rename(s *RenameStmt) {
	switch s.RenameType {
	case ObjectColumn, ObjectAttribute:
		p.alterTarget(s.RelationType, s.Relation, nil, s.MissingOk)
		p.str(" RENAME ", s.RenameType.String(), " ")
		p.ident(s.SubName)
	case ObjectTabConstraint:
		p.alterTarget(ObjectTable, s.Relation, nil, s.MissingOk)
		p.str(" RENAME CONSTRAINT ")
		p.ident(s.SubName)
	case ObjectDomConstraint:
		p.alterTarget(ObjectDomain, nil, s.Object, false)
		p.str(" RENAME CONSTRAINT ")
		p.ident(s.SubName)
	case ObjectTrigger, ObjectRule, ObjectPolicy:
		p.str("ALTER ", s.RenameType.String(), " ")
		p.ifExists(s.MissingOk)
		p.ident(s.SubName)
		p.str(" ON ")
		p.relationName(s.Relation)
		p.str(" RENAME")
	default:
		p.alterTarget(s.RenameType, s.Relation, s.Object, s.MissingOk)
		p.str(" RENAME")
	}
	p.str(" TO ")
	p.ident(s.NewName)
	p.behavior(s.Behavior)
}

// roleStmt prints the statements on roles and privileges.
func (p *printer) roleStmt(s Stmt) {
	switch s := s.(type) {
	case *CreateRoleStmt:
		p.str("CREATE ", roleWords[s.Type], " ")
		p.ident(s.Role)
		p.roleOptions(s.Options)
	case *AlterRoleStmt:
		p.str("ALTER ", roleWords[s.Type], " ")
		p.role(s.Role)
		if s.Members != nil {
			p.word(s.Action > 0, "ADD USER ")
			p.word(s.Action < 0, "DROP USER ")
			p.roles(s.Members)
		}
		p.roleOptions(s.Options)
	case *AlterRoleSetStmt:
		p.str("ALTER ROLE ")
		if s.Role == nil {
			p.str("ALL")
		} else {
			p.role(s.Role)
		}
		if s.Database != "" {
			p.str(" IN DATABASE ")
			p.ident(s.Database)
		}
		p.str(" ")
		p.stmt(s.Set)
	case *DropRoleStmt:
		p.str("DROP ROLE ")
		p.ifExists(s.MissingOk)
		p.roles(s.Roles)
	case *GrantStmt:
		p.grant(s)
	case *GrantRoleStmt:
		p.grantRole(s)
	case *AlterDefaultPrivilegesStmt:
		p.str("ALTER DEFAULT PRIVILEGES ")
		for _, d := range s.Options {
			if names, ok := d.Arg.(*Names); ok {
				p.str("IN SCHEMA ")
				p.idents(names.Names)
			} else {
				p.str("FOR ROLE ")
				p.roles(d.Arg.(*RoleSpecs).Roles)
			}
			p.str(" ")
		}
		p.grant(s.Action)
	case *DropOwnedStmt:
		p.str("DROP OWNED BY ")
		p.roles(s.Roles)
		p.behavior(s.Behavior)
	case *ReassignOwnedStmt:
		p.str("REASSIGN OWNED BY ")
		p.roles(s.Roles)
		p.str(" TO ")
		p.role(s.NewRole)
	default:
		p.serverStmt(s)
	}
}

var roleWords = [...]string{"ROLE", "USER", "GROUP"}

func (p *printer) roleOptions(list []*DefElem) {
	flags := map[string]string{"superuser": "SUPERUSER", "createrole": "CREATEROLE", "isreplication": "REPLICATION",
		"createdb": "CREATEDB", "canlogin": "LOGIN", "bypassrls": "BYPASSRLS", "inherit": "INHERIT"}
	words := map[string]string{"password": "PASSWORD", "connectionlimit": "CONNECTION LIMIT",
		"validUntil": "VALID UNTIL", "sysid": "SYSID", "adminmembers": "ADMIN", "rolemembers": "ROLE",
		"addroleto": "IN ROLE"}
	for _, d := range list {
		p.str(" ")
		if flag, ok := flags[d.Name]; ok {
			if d.Arg.(*Const).Val == "false" {
				p.str("NO")
			}
			p.str(flag)
			continue
		}
		p.str(words[d.Name], " ")
		switch a := d.Arg.(type) {
		case nil:
			p.str("NULL")
		case *RoleSpecs:
			p.roles(a.Roles)
		default:
			p.node(a)
		}
	}
}

func (p *printer) privileges(list []*AccessPriv) {
	if len(list) == 0 {
		p.str("ALL")
	}
	commas(p, list, func(a *AccessPriv) {
		switch a.Priv {
		case "":
			p.str("ALL")
		case "select", "references", "create", "alter system":
			p.str(a.Priv)
		default:
			p.ident(a.Priv)
		}
		p.columns(a.Columns)
	})
}

func (p *printer) grant(s *GrantStmt) {
	if s.IsGrant {
		p.str("GRANT ")
	} else {
		p.str("REVOKE ")
		if s.GrantOption {
			p.str("GRANT OPTION FOR ")
		}
	}
	p.privileges(s.Privileges)
	p.str(" ON ")
	switch s.TargetType {
	case GrantObject:
		p.grantKind(s.ObjType)
		commas(p, s.Objects, func(o *ObjectRef) {
			switch s.ObjType {
			case ObjectParameterACL:
				p.settingName(o.Names[0])
			case ObjectDataType, ObjectDomain:
				p.names(o.Names)
			default:
				p.object(s.ObjType, o)
			}
		})
	case GrantAllInSchema:
		p.str("ALL ", s.ObjType.String(), "S IN SCHEMA ")
		commas(p, s.Objects, func(o *ObjectRef) { p.names(o.Names) })
	default:
		p.str(s.ObjType.String(), "S")
	}
	if s.IsGrant {
		p.str(" TO ")
	} else {
		p.str(" FROM ")
	}
	p.roles(s.Grantees)
	p.word(s.IsGrant && s.GrantOption, "WITH GRANT OPTION")
	p.grantedBy(s.Grantor)
	p.behavior(s.Behavior)
}

func (p *printer) grantKind(t ObjectType) {
	if t == ObjectForeignServer {
		p.str("FOREIGN ")
	}
	p.str(t.String(), " ")
}

func (p *printer) grantedBy(r *RoleSpec) {
	if r != nil {
		p.str(" GRANTED BY ")
		p.role(r)
	}
}

func (p *printer) grantRole(s *GrantRoleStmt) {
	if s.IsGrant {
		p.str("GRANT ")
	} else {
		p.str("REVOKE ")
		for _, d := range s.Options {
			p.ident(d.Name)
			p.str(" OPTION FOR ")
		}
	}
	p.privileges(s.GrantedRoles)
	if s.IsGrant {
		p.str(" TO ")
	} else {
		p.str(" FROM ")
	}
	p.roles(s.Grantees)
	if s.IsGrant && len(s.Options) > 0 {
		p.str(" WITH ")
		commas(p, s.Options, func(d *DefElem) {
			p.ident(d.Name)
			p.str(" ", d.Arg.(*Const).Val)
		})
	}
	p.grantedBy(s.Grantor)
	p.behavior(s.Behavior)
}

// serverStmt prints the statements on databases and the server.
func (p *printer) serverStmt(s Stmt) {
	switch s := s.(type) {
	case *CreateDatabaseStmt:
		p.str("CREATE DATABASE ")
		p.ident(s.Name)
		p.databaseOptions(s.Options)
	case *AlterDatabaseStmt:
		p.str("ALTER DATABASE ")
		p.ident(s.Name)
		p.databaseOptions(s.Options)
	case *AlterDatabaseSetStmt:
		p.str("ALTER DATABASE ")
		p.ident(s.Name)
		p.str(" ")
		p.stmt(s.Set)
	case *DropDatabaseStmt:
		p.str("DROP DATABASE ")
		p.ifExists(s.MissingOk)
		p.ident(s.Name)
		p.word(len(s.Options) > 0, "WITH (FORCE)")
	case *AlterSystemStmt:
		p.str("ALTER SYSTEM ")
		p.stmt(s.Set)
	default:
		p.maintenanceStmt(s)
	}
}

// maintenanceStmt prints the statements that look after tables, and signals.
func (p *printer) maintenanceStmt(s Stmt) {
	switch s := s.(type) {
	case *NotifyStmt:
		p.str("NOTIFY ")
		p.ident(s.Channel)
		if s.Payload != "" {
			p.str(", ")
			p.literal(s.Payload)
		}
	case *ListenStmt:
		p.str("LISTEN ")
		p.ident(s.Channel)
	case *UnlistenStmt:
		p.str("UNLISTEN ")
		if s.All {
			p.str("*")
		} else {
			p.ident(s.Channel)
		}
	case *LoadStmt:
		p.str("LOAD ")
		p.literal(s.Filename)
	case *DiscardStmt, *CheckPointStmt:
		p.str(CommandTag(s))
	case *ConstraintsSetStmt:
		p.str("SET CONSTRAINTS ")
		if len(s.Constraints) == 0 {
			p.str("ALL")
		}
		commas(p, s.Constraints, p.relationName)
		p.word(s.Deferred, "DEFERRED")
		p.word(!s.Deferred, "IMMEDIATE")
	case *ClusterStmt:
		p.str("CLUSTER ")
		p.utilityOptions(s.Options)
		if s.Relation != nil {
			p.relationName(s.Relation)
		}
		if s.IndexName != "" {
			p.str(" USING ")
			p.ident(s.IndexName)
		}
	case *ReindexStmt:
		p.str("REINDEX ")
		p.utilityOptions(s.Options)
		p.str([...]string{"INDEX ", "TABLE ", "SCHEMA ", "SYSTEM ", "DATABASE "}[s.Kind])
		if s.Relation != nil {
			p.relationName(s.Relation)
		} else if s.Name != "" {
			p.ident(s.Name)
		}
	case *RefreshMatViewStmt:
		p.str("REFRESH MATERIALIZED VIEW ")
		if s.Concurrent {
			p.str("CONCURRENTLY ")
		}
		p.relationName(s.Relation)
		p.word(s.SkipData, "WITH NO DATA")
	}
}

func (p *printer) databaseOptions(list []*DefElem) {
	for _, d := range list {
		p.str(" ")
		if d.Name == "connection_limit" {
			p.str("CONNECTION LIMIT")
		} else {
			p.str(QuoteIdent(d.Name))
		}
		p.str(" = ")
		if d.Arg == nil {
			p.str("DEFAULT")
		} else {
			p.node(d.Arg)
		}
	}
}

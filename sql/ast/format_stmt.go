package ast

// stmt prints a statement.
func (p *printer) stmt(s Stmt) {
	switch s := s.(type) {
	case *SelectStmt:
		p.selectStmt(s)
	case *InsertStmt:
		p.insertStmt(s)
	case *UpdateStmt:
		p.updateStmt(s)
	case *DeleteStmt:
		p.deleteStmt(s)
	case *MergeStmt:
		p.mergeStmt(s)
	case *CopyStmt:
		p.copyStmt(s)
	case *CreateStmt:
		p.createStmt(s, false)
	case *CreateForeignTableStmt:
		p.createStmt(s.Base, true)
		p.str(" SERVER ")
		p.ident(s.ServerName)
		p.genericOptions(s.Options)
	case *IndexStmt:
		p.indexStmt(s)
	case *ViewStmt:
		p.viewStmt(s)
	case *CreateTableAsStmt:
		p.createTableAs(s)
	case *CreateSeqStmt:
		p.str("CREATE ")
		p.persistence(s.Sequence.Persistence)
		p.str("SEQUENCE ")
		p.ifNotExists(s.IfNotExists)
		p.relationName(s.Sequence)
		p.leadingOptions(s.Options)
	case *AlterSeqStmt:
		p.str("ALTER SEQUENCE ")
		p.ifExists(s.MissingOk)
		p.relationName(s.Sequence)
		p.leadingOptions(s.Options)
	case *CreateSchemaStmt:
		p.createSchema(s)
	case *AlterTableStmt:
		p.alterTable(s)
	case *DropStmt:
		p.dropStmt(s)
	case *TruncateStmt:
		p.str("TRUNCATE ")
		commas(p, s.Relations, p.relationName)
		p.word(s.RestartSeqs, "RESTART IDENTITY")
		p.behavior(s.Behavior)
	case *LockStmt:
		p.lockStmt(s)
	default:
		p.sessionStmt(s)
	}
}

func (p *printer) leadingOptions(list []*DefElem) {
	if len(list) > 0 {
		p.str(" ")
		p.sequenceOptions(list)
	}
}

func (p *printer) createSchema(s *CreateSchemaStmt) {
	p.str("CREATE SCHEMA")
	p.word(s.IfNotExists, "IF NOT EXISTS")
	if s.Name != "" {
		p.str(" ")
		p.ident(s.Name)
	}
	if s.AuthRole != nil {
		p.str(" AUTHORIZATION ")
		p.role(s.AuthRole)
	}
	for _, e := range s.Elements {
		p.str(" ")
		p.stmt(e)
	}
}

func (p *printer) lockStmt(s *LockStmt) {
	p.str("LOCK TABLE ")
	commas(p, s.Relations, p.relationName)
	p.str([...]string{"", " IN ACCESS SHARE MODE", " IN ROW SHARE MODE", " IN ROW EXCLUSIVE MODE",
		" IN SHARE UPDATE EXCLUSIVE MODE", " IN SHARE MODE", " IN SHARE ROW EXCLUSIVE MODE",
		" IN EXCLUSIVE MODE", " IN ACCESS EXCLUSIVE MODE"}[s.Mode])
	p.word(s.NoWait, "NOWAIT")
}

func (p *printer) dropStmt(s *DropStmt) {
	p.str("DROP ", s.RemoveType.String(), " ")
	if s.Concurrent {
		p.str("CONCURRENTLY ")
	}
	p.ifExists(s.MissingOk)
	commas(p, s.Objects, func(o *ObjectRef) { p.object(s.RemoveType, o) })
	p.behavior(s.Behavior)
}

// object prints the name of an object of a kind.
func (p *printer) object(kind ObjectType, o *ObjectRef) {
	switch kind {
	case ObjectFunction, ObjectProcedure, ObjectRoutine, ObjectAggregate, ObjectOperator:
		p.objectWithArgs(kind, o.Func)
	case ObjectDataType, ObjectDomain:
		p.typeName(o.Type)
	case ObjectCast:
		p.str("(")
		p.typeName(o.Type)
		p.str(" AS ")
		p.typeName(o.Target)
		p.str(")")
	case ObjectTransform:
		p.str("FOR ")
		p.typeName(o.Type)
		p.str(" LANGUAGE ")
		p.names(o.Names)
	case ObjectPolicy, ObjectRule, ObjectTrigger, ObjectTabConstraint:
		last := len(o.Names) - 1
		p.ident(o.Names[last])
		p.str(" ON ")
		p.names(o.Names[:last])
	case ObjectDomConstraint:
		p.names(o.Names)
		p.str(" ON DOMAIN ")
		p.typeName(o.Type)
	case ObjectOpClass, ObjectOpFamily:
		p.names(o.Names[1:])
		p.str(" USING ")
		p.ident(o.Names[0])
	case ObjectLargeObject:
		p.str(o.Names[0])
	default:
		p.names(o.Names)
	}
}

// function prints a function's name and argument types.
func (p *printer) function(o *ObjectWithArgs) { p.objectWithArgs(ObjectFunction, o) }

func (p *printer) objectWithArgs(kind ObjectType, o *ObjectWithArgs) {
	if kind == ObjectOperator {
		last := len(o.Names) - 1
		for _, n := range o.Names[:last] {
			p.ident(n)
			p.str(".")
		}
		p.str(o.Names[last], " (")
		commas(p, o.Args, func(t *TypeName) {
			if t == nil {
				p.str("NONE")
				return
			}
			p.typeName(t)
		})
		p.str(")")
		return
	}
	p.names(o.Names)
	if o.ArgsUnspecified {
		return
	}
	p.str("(")
	if kind == ObjectAggregate && len(o.Params) == 0 {
		p.str("*")
	}
	commas(p, o.Params, p.param)
	p.str(")")
}

func (p *printer) param(f *FunctionParameter) {
	p.str([...]string{"", "IN ", "OUT ", "INOUT ", "VARIADIC ", ""}[f.Mode])
	if f.Name != "" {
		p.ident(f.Name)
		p.str(" ")
	}
	p.typeName(f.Type)
	if f.Default != nil {
		p.str(" DEFAULT ")
		p.expr(f.Default)
	}
}

// sessionStmt prints the statements that concern the session.
func (p *printer) sessionStmt(s Stmt) {
	switch s := s.(type) {
	case *TransactionStmt:
		p.transaction(s)
	case *VariableSetStmt:
		p.variableSet(s)
	case *VariableShowStmt:
		p.str("SHOW ")
		p.settingName(s.Name)
	case *PrepareStmt:
		p.str("PREPARE ")
		p.ident(s.Name)
		if len(s.ArgTypes) > 0 {
			p.str(" (")
			commas(p, s.ArgTypes, p.typeName)
			p.str(")")
		}
		p.str(" AS ")
		p.stmt(s.Query)
	case *ExecuteStmt:
		p.str("EXECUTE ")
		p.ident(s.Name)
		if len(s.Params) > 0 {
			p.parens(s.Params)
		}
	case *DeallocateStmt:
		p.str("DEALLOCATE ")
		p.nameOrAll(s.Name, s.All)
	case *ExplainStmt:
		p.str("EXPLAIN ")
		p.utilityOptions(s.Options)
		p.stmt(s.Query)
	case *DeclareCursorStmt:
		p.declareCursor(s)
	case *ClosePortalStmt:
		p.str("CLOSE ")
		p.nameOrAll(s.PortalName, s.All)
	case *FetchStmt:
		p.fetch(s)
	case *ReturnStmt:
		p.str("RETURN ")
		p.expr(s.Value)
	case *CallStmt:
		p.str("CALL ")
		p.call(s.Func)
	case *VacuumStmt:
		p.vacuum(s)
	case *CommentStmt:
		p.str("COMMENT ON ", s.ObjectType.String(), " ")
		p.object(s.ObjectType, s.Object)
		p.str(" IS ")
		if s.HasComment {
			p.literal(s.Comment)
		} else {
			p.str("NULL")
		}
	default:
		p.objectStmt(s)
	}
}

func (p *printer) nameOrAll(name string, all bool) {
	if all {
		p.str("ALL")
		return
	}
	p.ident(name)
}

// utilityOptions prints (name value, …) and a blank.
func (p *printer) utilityOptions(list []*DefElem) {
	if len(list) == 0 {
		return
	}
	p.str("(")
	commas(p, list, func(d *DefElem) {
		p.str(d.Name)
		if d.Arg != nil {
			p.str(" ")
			p.node(d.Arg)
		}
	})
	p.str(") ")
}

func (p *printer) vacuum(s *VacuumStmt) {
	if s.IsVacuum {
		p.str("VACUUM ")
	} else {
		p.str("ANALYZE ")
	}
	p.utilityOptions(s.Options)
	commas(p, s.Relations, func(r *VacuumRelation) {
		p.relationName(r.Relation)
		p.columns(r.Columns)
	})
}

func (p *printer) transaction(s *TransactionStmt) {
	switch s.Kind {
	case TransBegin, TransStart:
		p.str(CommandTag(s))
		p.transactionModes(s.Options)
	case TransSavepoint, TransRelease:
		p.str(CommandTag(s), " ")
		p.ident(s.Savepoint)
	case TransRollbackTo:
		p.str("ROLLBACK TO ")
		p.ident(s.Savepoint)
	case TransPrepare, TransCommitPrepared, TransRollbackPrepared:
		p.str(CommandTag(s), " ")
		p.literal(s.GID)
	default:
		p.str(CommandTag(s))
		p.word(s.Chain, "AND CHAIN")
	}
}

func (p *printer) transactionModes(list []*DefElem) {
	for i, d := range list {
		if i > 0 {
			p.str(",")
		}
		value := d.Arg.(*Const).Val
		switch d.Name {
		case "transaction_isolation":
			p.str(" ISOLATION LEVEL ", value)
		case "transaction_read_only":
			p.word(value == "1", "READ ONLY")
			p.word(value != "1", "READ WRITE")
		default:
			p.word(value != "1", "NOT")
			p.str(" DEFERRABLE")
		}
	}
}

// settingName prints a setting's name, whose dots are part of it.
func (p *printer) settingName(name string) {
	start := 0
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			p.ident(name[start:i])
			if i < len(name) {
				p.str(".")
			}
			start = i + 1
		}
	}
}

func (p *printer) variableSet(s *VariableSetStmt) {
	switch s.Kind {
	case VarResetAll:
		p.str("RESET ALL")
		return
	case VarReset:
		p.str("RESET ")
		p.settingName(s.Name)
		return
	}
	p.str("SET ")
	if s.IsLocal {
		p.str("LOCAL ")
	}
	if s.Kind == VarSetMulti {
		p.str(s.Name)
		if s.Name == "SESSION CHARACTERISTICS" {
			p.str(" AS TRANSACTION")
		}
		if len(s.Args) > 0 {
			p.str(" ")
			p.exprs(s.Args)
		}
		p.transactionModes(s.Options)
		return
	}
	if len(s.Args) == 1 {
		if c, ok := s.Args[0].(*TypeCast); ok { // an interval, which only TIME ZONE takes
			p.str("TIME ZONE ")
			p.zoneInterval(c)
			return
		}
	}
	p.settingName(s.Name)
	switch s.Kind {
	case VarSetDefault:
		p.str(" TO DEFAULT")
	case VarSetCurrent:
		p.str(" FROM CURRENT")
	default:
		p.str(" TO ")
		p.exprs(s.Args)
	}
}

func (p *printer) zoneInterval(c *TypeCast) {
	p.str("interval")
	p.modifiers(c.Type.Typmods)
	p.str(" ")
	p.expr(c.Arg)
	words := intervalWords[c.Type.Interval]
	p.word(words != "", words)
}

func (p *printer) declareCursor(s *DeclareCursorStmt) {
	p.str("DECLARE ")
	p.ident(s.PortalName)
	words := [...]string{"BINARY", "SCROLL", "NO SCROLL", "INSENSITIVE", "ASENSITIVE"}
	for i, w := range words {
		p.word(s.Options&(1<<i) != 0, w)
	}
	p.str(" CURSOR")
	p.word(s.Options&CursorHold != 0, "WITH HOLD")
	p.str(" FOR ")
	p.stmt(s.Query)
}

func (p *printer) fetch(s *FetchStmt) {
	if s.IsMove {
		p.str("MOVE ")
	} else {
		p.str("FETCH ")
	}
	p.str([...]string{"FORWARD ", "BACKWARD ", "ABSOLUTE ", "RELATIVE "}[s.Direction])
	if s.HowMany == FetchAll {
		p.str("ALL")
	} else {
		p.int(int(s.HowMany))
	}
	p.str(" FROM ")
	p.ident(s.PortalName)
}

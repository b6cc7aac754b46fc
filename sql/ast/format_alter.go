package ast

func (p *printer) alterTable(s *AlterTableStmt) {
	p.str("ALTER ", s.ObjType.String(), " ")
	p.ifExists(s.MissingOk)
	p.relationName(s.Relation)
	p.str(" ")
	commas(p, s.Cmds, func(c *AlterTableCmd) {
		if s.ObjType == ObjectDataType {
			p.alterAttribute(c)
		} else {
			p.alterCmd(c)
		}
		p.behavior(c.Behavior)
	})
}

// alterAttribute prints a command on a composite type.
func (p *printer) alterAttribute(c *AlterTableCmd) {
	switch c.Kind {
	case AddColumn:
		p.str("ADD ATTRIBUTE ")
		p.node(c.Def)
	case DropColumn:
		p.str("DROP ATTRIBUTE ")
		p.ifExists(c.MissingOk)
		p.ident(c.Name)
	default:
		p.str("ALTER ATTRIBUTE ")
		p.ident(c.Name)
		p.columnType(c.Def.(*ColumnDef))
	}
}

func (p *printer) columnType(d *ColumnDef) {
	p.str(" TYPE ")
	p.typeName(d.Type)
	if d.Collation != nil {
		p.str(" ")
		p.expr(d.Collation)
	}
	if d.Default != nil {
		p.str(" USING ")
		p.expr(d.Default)
	}
}

// Words of commands that have nothing, a name, or a definition after them.
var alterWords = map[AlterTableKind]string{
	AddConstraint: "ADD ", AlterConstraint: "ALTER CONSTRAINT ", ValidateConstraint: "VALIDATE CONSTRAINT ",
	ClusterOn: "CLUSTER ON ", DropCluster: "SET WITHOUT CLUSTER", SetLogged: "SET LOGGED",
	SetUnlogged: "SET UNLOGGED", DropOids: "SET WITHOUT OIDS", SetTableSpace: "SET TABLESPACE ",
	EnableTrig: "ENABLE TRIGGER ", EnableAlwaysTrig: "ENABLE ALWAYS TRIGGER ",
	EnableReplicaTrig: "ENABLE REPLICA TRIGGER ", DisableTrig: "DISABLE TRIGGER ",
	EnableTrigAll: "ENABLE TRIGGER ALL", DisableTrigAll: "DISABLE TRIGGER ALL",
	EnableTrigUser: "ENABLE TRIGGER USER", DisableTrigUser: "DISABLE TRIGGER USER", EnableRule: "ENABLE RULE ",
	EnableAlwaysRule: "ENABLE ALWAYS RULE ", EnableReplicaRule: "ENABLE REPLICA RULE ",
	DisableRule: "DISABLE RULE ", AddInherit: "INHERIT ", DropInherit: "NO INHERIT ", AddOf: "OF ",
	DropOf: "NOT OF", EnableRowSecurity: "ENABLE ROW LEVEL SECURITY",
	DisableRowSecurity: "DISABLE ROW LEVEL SECURITY", ForceRowSecurity: "FORCE ROW LEVEL SECURITY",
	NoForceRowSecurity: "NO FORCE ROW LEVEL SECURITY",
}

func (p *printer) alterCmd(c *AlterTableCmd) {
	if words, ok := alterWords[c.Kind]; ok {
		p.str(words)
		switch {
		case c.Kind == AlterConstraint:
			p.alterConstraint(c.Def.(*Constraint))
		case c.Def != nil:
			p.node(c.Def)
		case c.Name != "":
			p.ident(c.Name)
		}
		return
	}
	switch c.Kind {
	case AddColumn:
		p.str("ADD COLUMN ")
		p.ifNotExists(c.MissingOk)
		p.node(c.Def)
	case DropColumn, DropConstraint:
		p.str(map[AlterTableKind]string{DropColumn: "DROP COLUMN ", DropConstraint: "DROP CONSTRAINT "}[c.Kind])
		p.ifExists(c.MissingOk)
		p.ident(c.Name)
	case ChangeOwner:
		p.str("OWNER TO ")
		p.role(c.NewOwner)
	case SetAccessMethod:
		p.str("SET ACCESS METHOD ")
		if c.Name == "" {
			p.str("DEFAULT")
		} else {
			p.ident(c.Name)
		}
	case SetRelOptions:
		p.str("SET ")
		p.definition(c.Def.(*DefElems).Items)
	case ResetRelOptions:
		p.str("RESET ")
		p.definition(c.Def.(*DefElems).Items)
	case GenericOptions:
		p.genericOptions(c.Def.(*DefElems).Items)
	case SetReplicaIdentity:
		r := c.Def.(*ReplicaIdentity)
		p.str("REPLICA IDENTITY ", map[byte]string{'d': "DEFAULT", 'f': "FULL", 'n': "NOTHING",
			'i': "USING INDEX "}[r.Kind])
		if r.Name != "" {
			p.ident(r.Name)
		}
	case AttachPartition, DetachPartition, DetachPartitionFinalize:
		p.alterPartition(c)
	default:
		p.alterColumn(c)
	}
}

func (p *printer) alterConstraint(c *Constraint) {
	p.ident(c.Name)
	p.word(c.Deferrable, "DEFERRABLE")
	p.word(c.InitDeferred, "INITIALLY DEFERRED")
}

func (p *printer) alterPartition(c *AlterTableCmd) {
	cmd := c.Def.(*PartitionCmd)
	if c.Kind == AttachPartition {
		p.str("ATTACH PARTITION ")
		p.relationName(cmd.Name)
		if cmd.Bound != nil {
			p.str(" ")
			p.partitionBound(cmd.Bound)
		}
		return
	}
	p.str("DETACH PARTITION ")
	p.relationName(cmd.Name)
	p.word(cmd.Concurrent, "CONCURRENTLY")
	p.word(c.Kind == DetachPartitionFinalize, "FINALIZE")
}

// alterColumn prints ALTER COLUMN.
func (p *printer) alterColumn(c *AlterTableCmd) {
	p.str("ALTER COLUMN ")
	if c.Num > 0 {
		p.int(c.Num)
	} else {
		p.ident(c.Name)
	}
	switch c.Kind {
	case ColumnDefault:
		if c.Def == nil {
			p.str(" DROP DEFAULT")
			return
		}
		p.str(" SET DEFAULT ")
		p.node(c.Def)
	case SetExpression:
		p.wordCall(" SET EXPRESSION AS (", c.Def.(Expr))
	case SetStatistics:
		p.str(" SET STATISTICS ")
		if c.Def == nil {
			p.str("DEFAULT")
		} else {
			p.node(c.Def)
		}
	case SetStorage, SetCompression:
		p.str(map[AlterTableKind]string{SetStorage: " SET STORAGE ", SetCompression: " SET COMPRESSION "}[c.Kind])
		p.defaultOr(c.Def.(*Const).Val)
	case SetOptions:
		p.str(" SET ")
		p.definition(c.Def.(*DefElems).Items)
	case ResetOptions:
		p.str(" RESET ")
		p.definition(c.Def.(*DefElems).Items)
	case AlterColumnType:
		p.columnType(c.Def.(*ColumnDef))
	case AlterColumnGenericOptions:
		p.genericOptions(c.Def.(*DefElems).Items)
	case AddIdentity:
		p.str(" ADD ")
		p.constraint(c.Def.(*Constraint))
	case SetIdentity:
		for _, d := range c.Def.(*DefElems).Items {
			p.word(d.Name != "restart", "SET")
			p.str(" ")
			p.sequenceOption(d)
		}
	default:
		p.str(map[AlterTableKind]string{DropNotNull: " DROP NOT NULL", SetNotNull: " SET NOT NULL",
			DropExpression: " DROP EXPRESSION", DropIdentity: " DROP IDENTITY"}[c.Kind])
		p.word(c.MissingOk, "IF EXISTS")
	}
}

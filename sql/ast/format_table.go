package ast

func (p *printer) persistence(x Persistence) {
	p.str([...]string{"", "UNLOGGED ", "TEMPORARY "}[x])
}

func (p *printer) createStmt(s *CreateStmt, foreign bool) {
	p.str("CREATE ")
	p.persistence(s.Relation.Persistence)
	if foreign {
		p.str("FOREIGN ")
	}
	p.str("TABLE ")
	p.ifNotExists(s.IfNotExists)
	p.relationName(s.Relation)
	switch {
	case s.PartitionBound != nil:
		p.str(" PARTITION OF ")
		p.relationName(s.Inherits[0])
		p.elements(s.Elements)
		p.str(" ")
		p.partitionBound(s.PartitionBound)
	case s.OfType != nil:
		p.str(" OF ")
		p.typeName(s.OfType)
		p.elements(s.Elements)
	default:
		p.str(" (")
		commas(p, s.Elements, p.node)
		p.str(")")
		if len(s.Inherits) > 0 {
			p.str(" INHERITS (")
			commas(p, s.Inherits, p.relationName)
			p.str(")")
		}
	}
	if s.PartitionSpec != nil {
		p.str(" ")
		p.partitionSpec(s.PartitionSpec)
	}
	p.tableOptions(s.AccessMethod, s.Options, s.OnCommit, s.TablespaceName)
}

func (p *printer) elements(list []Node) {
	if len(list) > 0 {
		p.str(" (")
		commas(p, list, p.node)
		p.str(")")
	}
}

func (p *printer) ifNotExists(b bool) {
	if b {
		p.str("IF NOT EXISTS ")
	}
}

func (p *printer) ifExists(b bool) {
	if b {
		p.str("IF EXISTS ")
	}
}

func (p *printer) tableOptions(method string, options []*DefElem, commit OnCommitAction, space string) {
	if method != "" {
		p.str(" USING ")
		p.ident(method)
	}
	p.withOptions(options)
	p.str([...]string{"", " ON COMMIT PRESERVE ROWS", " ON COMMIT DELETE ROWS", " ON COMMIT DROP"}[commit])
	p.tablespace(space)
}

func (p *printer) tablespace(name string) {
	if name != "" {
		p.str(" TABLESPACE ")
		p.ident(name)
	}
}

// withOptions prints WITH (name = value, …).
func (p *printer) withOptions(list []*DefElem) {
	if len(list) > 0 {
		p.str(" WITH ")
		p.definition(list)
	}
}

func (p *printer) definition(list []*DefElem) {
	p.str("(")
	commas(p, list, p.defElem)
	p.str(")")
}

func (p *printer) defElem(d *DefElem) {
	if d.Namespace != "" {
		p.ident(d.Namespace)
		p.str(".")
	}
	p.ident(d.Name)
	if d.Arg != nil {
		p.str(" = ")
		p.defArg(d.Arg)
	}
}

// defArg prints an option's value; words that are no names stay bare.
func (p *printer) defArg(n Node) {
	if names, ok := n.(*Names); ok {
		last := names.Names[len(names.Names)-1]
		if isOperatorName(last) {
			p.operator(names.Names[:len(names.Names)-1], last)
			return
		}
	}
	p.node(n)
}

func isOperatorName(s string) bool {
	switch s[0] {
	case '~', '!', '@', '#', '^', '&', '|', '`', '?', '+', '-', '*', '/', '%', '<', '>', '=':
		return true
	}
	return false
}

func (p *printer) columnDef(c *ColumnDef) {
	p.ident(c.Name)
	if c.Type != nil {
		p.str(" ")
		p.typeName(c.Type)
	}
	if c.Storage != "" {
		p.str(" STORAGE ")
		p.defaultOr(c.Storage)
	}
	if c.Compression != "" {
		p.str(" COMPRESSION ")
		p.defaultOr(c.Compression)
	}
	p.genericOptions(c.FDWOptions)
	if c.Collation != nil {
		p.str(" ")
		p.expr(c.Collation)
	}
	for _, k := range c.Constraints {
		p.str(" ")
		p.constraint(k)
	}
}

func (p *printer) defaultOr(word string) {
	if word == "default" {
		p.str("DEFAULT")
		return
	}
	p.ident(word)
}

func (p *printer) constraint(c *Constraint) {
	if c.Name != "" {
		p.str("CONSTRAINT ")
		p.ident(c.Name)
		p.str(" ")
	}
	switch c.Kind {
	case ConstrNull:
		p.str("NULL")
	case ConstrNotNull:
		p.str("NOT NULL")
	case ConstrDefault:
		p.str("DEFAULT ")
		p.operand(c.Expr, precUminus)
	case ConstrIdentity:
		p.str("GENERATED ", alwaysWord(c.Always), " AS IDENTITY")
		if len(c.Options) > 0 {
			p.str(" (")
			p.sequenceOptions(c.Options)
			p.str(")")
		}
	case ConstrGenerated:
		p.wordCall("GENERATED ALWAYS AS (", c.Expr)
		p.str(" STORED")
	case ConstrCheck:
		p.wordCall("CHECK (", c.Expr)
		p.word(c.NoInherit, "NO INHERIT")
	case ConstrPrimary, ConstrUnique:
		p.keyConstraint(c)
	case ConstrExclusion:
		p.exclusion(c)
	case ConstrForeign:
		p.foreignKey(c)
	default:
		p.str([...]string{"DEFERRABLE", "NOT DEFERRABLE", "INITIALLY DEFERRED",
			"INITIALLY IMMEDIATE"}[c.Kind-ConstrAttrDeferrable])
	}
	p.word(c.Deferrable, "DEFERRABLE")
	p.word(c.InitDeferred, "INITIALLY DEFERRED")
	p.word(c.SkipValidation, "NOT VALID")
}

func alwaysWord(always bool) string {
	if always {
		return "ALWAYS"
	}
	return "BY DEFAULT"
}

func (p *printer) keyConstraint(c *Constraint) {
	if c.Kind == ConstrPrimary {
		p.str("PRIMARY KEY")
	} else {
		p.str("UNIQUE")
		p.word(c.NullsNotDistinct, "NULLS NOT DISTINCT")
	}
	if c.IndexName != "" {
		p.str(" USING INDEX ")
		p.ident(c.IndexName)
		return
	}
	p.columns(c.Keys)
	p.indexTail(c)
}

func (p *printer) indexTail(c *Constraint) {
	if len(c.Including) > 0 {
		p.str(" INCLUDE")
		p.columns(c.Including)
	}
	p.withOptions(c.Options)
	if c.IndexSpace != "" {
		p.str(" USING INDEX")
		p.tablespace(c.IndexSpace)
	}
}

func (p *printer) exclusion(c *Constraint) {
	p.str("EXCLUDE ")
	if c.AccessMethod != "" {
		p.str("USING ")
		p.ident(c.AccessMethod)
		p.str(" ")
	}
	p.str("(")
	commas(p, c.Exclusions, func(e *ExclusionElem) {
		p.indexElem(e.Elem)
		p.str(" WITH ")
		p.operator(e.Op[:len(e.Op)-1], e.Op[len(e.Op)-1])
	})
	p.str(")")
	p.indexTail(c)
	if c.Where != nil {
		p.wordCall(" WHERE (", c.Where)
	}
}

func (p *printer) foreignKey(c *Constraint) {
	if c.FkColumns != nil {
		p.str("FOREIGN KEY")
		p.columns(c.FkColumns)
		p.str(" ")
	}
	p.str("REFERENCES ")
	p.relationName(c.PkTable)
	p.columns(c.PkColumns)
	p.word(c.Match == FKMatchFull, "MATCH FULL")
	actions := [...]string{"", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"}
	if c.OnUpdate != FKNoAction {
		p.str(" ON UPDATE ", actions[c.OnUpdate])
	}
	if c.OnDelete != FKNoAction {
		p.str(" ON DELETE ", actions[c.OnDelete])
		p.columns(c.DelSetCols)
	}
}

func (p *printer) tableLike(l *TableLikeClause) {
	p.str("LIKE ")
	p.relationName(l.Relation)
	if l.Options == LikeAll {
		p.str(" INCLUDING ALL")
		return
	}
	all := l.Options >= 1<<9 // ALL, but for what was excluded after it
	if all {
		p.str(" INCLUDING ALL")
	}
	words := [...]string{"COMMENTS", "COMPRESSION", "CONSTRAINTS", "DEFAULTS", "GENERATED", "IDENTITY",
		"INDEXES", "STATISTICS", "STORAGE"}
	for i, w := range words {
		has := l.Options&(1<<i) != 0
		p.word(has && !all, "INCLUDING "+w)
		p.word(!has && all, "EXCLUDING "+w)
	}
}

func (p *printer) partitionSpec(s *PartitionSpec) {
	p.str("PARTITION BY ", [...]string{"LIST", "RANGE", "HASH"}[s.Strategy], " (")
	commas(p, s.Params, func(e *PartitionElem) {
		p.indexKey(e.Name, e.Expr)
		p.collate(e.Collation)
		if len(e.OpClass) > 0 {
			p.str(" ")
			p.names(e.OpClass)
		}
	})
	p.str(")")
}

func (p *printer) partitionBound(b *PartitionBoundSpec) {
	switch {
	case b.IsDefault:
		p.str("DEFAULT")
	case b.Strategy == PartitionHash:
		p.str("FOR VALUES WITH (MODULUS ")
		p.int(b.Modulus)
		p.str(", REMAINDER ")
		p.int(b.Remainder)
		p.str(")")
	case b.Strategy == PartitionList:
		p.str("FOR VALUES IN ")
		p.parens(b.List)
	default:
		p.str("FOR VALUES FROM ")
		p.parens(b.Lower)
		p.str(" TO ")
		p.parens(b.Upper)
	}
}

func (p *printer) collate(names []string) {
	if len(names) > 0 {
		p.str(" COLLATE ")
		p.names(names)
	}
}

// indexKey prints a column, a function call, or an expression in parentheses.
func (p *printer) indexKey(name string, e Expr) {
	if e == nil {
		p.ident(name)
		return
	}
	p.str("(")
	p.expr(e)
	p.str(")")
}

func (p *printer) indexElem(e *IndexElem) {
	p.indexKey(e.Name, e.Expr)
	p.collate(e.Collation)
	if len(e.OpClass) > 0 {
		p.str(" ")
		p.names(e.OpClass)
		if len(e.OpClassOpts) > 0 {
			p.str(" ")
			p.definition(e.OpClassOpts)
		}
	}
	p.str([...]string{"", " ASC", " DESC", ""}[e.Dir])
	p.nulls(e.Nulls)
}

func (p *printer) indexStmt(s *IndexStmt) {
	p.str("CREATE ")
	if s.Unique {
		p.str("UNIQUE ")
	}
	p.str("INDEX ")
	if s.Concurrent {
		p.str("CONCURRENTLY ")
	}
	p.ifNotExists(s.IfNotExists)
	if s.Name != "" {
		p.ident(s.Name)
		p.str(" ")
	}
	p.str("ON ")
	p.relationName(s.Relation)
	if s.AccessMethod != "" {
		p.str(" USING ")
		p.ident(s.AccessMethod)
	}
	p.str(" (")
	commas(p, s.Params, p.indexElem)
	p.str(")")
	if len(s.Including) > 0 {
		p.str(" INCLUDE (")
		commas(p, s.Including, p.indexElem)
		p.str(")")
	}
	p.word(s.NullsNotDistinct, "NULLS NOT DISTINCT")
	p.withOptions(s.Options)
	p.tablespace(s.TablespaceName)
	p.where(s.Where)
}

func (p *printer) viewStmt(s *ViewStmt) {
	p.str("CREATE ")
	if s.Replace {
		p.str("OR REPLACE ")
	}
	p.persistence(s.View.Persistence)
	query := s.Query
	if s.Recursive {
		p.str("RECURSIVE ")
		query = query.(*SelectStmt).With.CTEs[0].Query
	}
	p.str("VIEW ")
	p.relationName(s.View)
	p.columns(s.Columns)
	p.withOptions(s.Options)
	p.str(" AS ")
	p.stmt(query)
	p.str([...]string{"", " WITH LOCAL CHECK OPTION", " WITH CASCADED CHECK OPTION"}[s.CheckOption])
}

func (p *printer) createTableAs(s *CreateTableAsStmt) {
	p.str("CREATE ")
	p.persistence(s.Into.Relation.Persistence)
	p.str(s.ObjType.String(), " ")
	p.ifNotExists(s.IfNotExists)
	p.relationName(s.Into.Relation)
	p.columns(s.Into.Columns)
	p.tableOptions(s.Into.AccessMethod, s.Into.Options, s.Into.OnCommit, s.Into.TablespaceName)
	p.str(" AS ")
	p.stmt(s.Query)
	p.word(s.Into.SkipData, "WITH NO DATA")
}

// sequenceOptions prints the options of a sequence.
func (p *printer) sequenceOptions(list []*DefElem) {
	for i, d := range list {
		if i > 0 {
			p.str(" ")
		}
		p.sequenceOption(d)
	}
}

func (p *printer) sequenceOption(d *DefElem) {
	words := map[string]string{"as": "AS", "cache": "CACHE", "increment": "INCREMENT BY", "maxvalue": "MAXVALUE",
		"minvalue": "MINVALUE", "owned_by": "OWNED BY", "sequence_name": "SEQUENCE NAME", "start": "START WITH",
		"restart": "RESTART", "logged": "LOGGED", "unlogged": "UNLOGGED"}
	switch {
	case d.Name == "cycle":
		if c, ok := d.Arg.(*Const); ok && c.Val == "false" {
			p.str("NO ")
		}
		p.str("CYCLE")
		return
	case d.Name == "generated":
		p.str("GENERATED ", alwaysWord(d.Arg.(*Const).Val == "always"))
		return
	case d.Arg == nil && (d.Name == "maxvalue" || d.Name == "minvalue"):
		p.str("NO ")
	}
	p.str(words[d.Name])
	if d.Arg != nil {
		p.str(" ")
		p.node(d.Arg)
	}
}

// genericOptions prints OPTIONS (name 'value', …).
func (p *printer) genericOptions(list []*DefElem) {
	if len(list) == 0 {
		return
	}
	p.str(" OPTIONS (")
	commas(p, list, func(d *DefElem) {
		p.str([...]string{"", "SET ", "ADD ", "DROP "}[d.Action])
		p.ident(d.Name)
		if d.Arg != nil {
			p.str(" ")
			p.node(d.Arg)
		}
	})
	p.str(")")
}

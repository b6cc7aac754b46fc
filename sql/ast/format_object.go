package ast

// objectStmt prints the statements on functions, types and other objects.
func (p *printer) objectStmt(s Stmt) {
	switch s := s.(type) {
	case *CreateFunctionStmt:
		p.createFunction(s)
	case *CompoundStmt:
		p.str("BEGIN ATOMIC ")
		for _, b := range s.Stmts {
			p.stmt(b)
			p.str("; ")
		}
		p.str("END")
	case *AlterFunctionStmt:
		p.str("ALTER ", s.ObjType.String(), " ")
		p.function(s.Func)
		p.functionOptions(s.Actions)
	case *DoStmt:
		p.str("DO")
		p.functionOptions(s.Args)
	case *DefineStmt:
		p.define(s)
	case *CompositeTypeStmt:
		p.str("CREATE TYPE ")
		p.relationName(s.Type)
		p.str(" AS (")
		commas(p, s.Columns, p.columnDef)
		p.str(")")
	case *CreateEnumStmt:
		p.str("CREATE TYPE ")
		p.names(s.TypeName)
		p.str(" AS ENUM (")
		p.literals(s.Vals)
		p.str(")")
	case *CreateRangeStmt:
		p.str("CREATE TYPE ")
		p.names(s.TypeName)
		p.str(" AS RANGE ")
		p.definition(s.Params)
	case *AlterEnumStmt:
		p.alterEnum(s)
	case *AlterTypeStmt:
		p.str("ALTER TYPE ")
		p.names(s.TypeName)
		p.str(" SET ")
		p.noneDefinition(s.Options)
	case *CreateDomainStmt:
		p.str("CREATE DOMAIN ")
		p.names(s.Name)
		p.str(" AS ")
		p.typeName(s.Type)
		p.columnDefTail(s.Collation, s.Constraints)
	case *AlterDomainStmt:
		p.alterDomain(s)
	case *CreateCastStmt:
		p.createCast(s)
	case *CreateTrigStmt:
		p.createTrigger(s)
	case *RuleStmt:
		p.rule(s)
	case *CreatePolicyStmt, *AlterPolicyStmt:
		p.policy(s)
	case *CreateStatsStmt:
		p.createStats(s)
	default:
		p.alterStmt(s)
	}
}

func (p *printer) columnDefTail(collation *CollateClause, constraints []*Constraint) {
	if collation != nil {
		p.str(" ")
		p.expr(collation)
	}
	for _, c := range constraints {
		p.str(" ")
		p.constraint(c)
	}
}

func (p *printer) createFunction(s *CreateFunctionStmt) {
	p.str("CREATE ")
	if s.Replace {
		p.str("OR REPLACE ")
	}
	if s.IsProcedure {
		p.str("PROCEDURE ")
	} else {
		p.str("FUNCTION ")
	}
	p.names(s.Name)
	p.str("(")
	var columns []*FunctionParameter
	n := len(s.Params)
	for n > 0 && s.Params[n-1].Mode == FuncParamTable {
		n--
	}
	columns = s.Params[n:]
	commas(p, s.Params[:n], p.param)
	p.str(")")
	switch {
	case len(columns) > 0:
		p.str(" RETURNS TABLE (")
		commas(p, columns, p.param)
		p.str(")")
	case s.ReturnType != nil:
		p.str(" RETURNS ")
		p.typeName(s.ReturnType)
	}
	p.functionOptions(s.Options)
	if s.SQLBody != nil {
		p.str(" ")
		p.stmt(s.SQLBody)
	}
}

func (p *printer) functionOptions(list []*DefElem) {
	for _, d := range list {
		p.str(" ")
		p.functionOption(d)
	}
}

func (p *printer) functionOption(d *DefElem) {
	c, _ := d.Arg.(*Const)
	yes := c != nil && c.Val == "true"
	pick := func(a, b string) {
		if !yes {
			a = b
		}
		p.str(a)
	}
	switch d.Name {
	case "as":
		if names, ok := d.Arg.(*Names); ok {
			p.str("AS ")
			p.literals(names.Names)
		} else {
			p.literal(c.Val)
		}
	case "language":
		p.str("LANGUAGE ")
		p.literal(c.Val)
	case "transform":
		p.str("TRANSFORM ")
		commas(p, d.Arg.(*List).Items, func(e Expr) {
			p.str("FOR TYPE ")
			p.expr(e)
		})
	case "window":
		p.str("WINDOW")
	case "strict":
		pick("STRICT", "CALLED ON NULL INPUT")
	case "security":
		pick("SECURITY DEFINER", "SECURITY INVOKER")
	case "leakproof":
		pick("LEAKPROOF", "NOT LEAKPROOF")
	case "volatility":
		p.str(c.Val)
	case "cost", "rows":
		p.str(d.Name, " ", c.Val)
	case "support":
		p.str("SUPPORT ")
		p.node(d.Arg)
	case "parallel":
		p.str("PARALLEL ")
		p.ident(c.Val)
	case "set":
		p.stmt(d.Arg.(*VariableSetStmt))
	}
}

// noneDefinition prints (name = value, …) where no value is NONE.
func (p *printer) noneDefinition(list []*DefElem) {
	p.str("(")
	commas(p, list, func(d *DefElem) {
		p.defElem(d)
		if d.Arg == nil {
			p.str(" = NONE")
		}
	})
	p.str(")")
}

func (p *printer) define(s *DefineStmt) {
	p.str("CREATE ")
	if s.Replace {
		p.str("OR REPLACE ")
	}
	p.str(s.Kind.String(), " ")
	p.ifNotExists(s.IfNotExists)
	if s.Kind == ObjectOperator {
		last := len(s.Names) - 1
		for _, n := range s.Names[:last] {
			p.ident(n)
			p.str(".")
		}
		p.str(s.Names[last])
	} else {
		p.names(s.Names)
	}
	switch {
	case s.Kind == ObjectCollation && len(s.Definition) == 1 && s.Definition[0].Name == "from":
		p.str(" FROM ")
		p.node(s.Definition[0].Arg)
		return
	case s.Kind == ObjectAggregate && !s.OldStyle:
		p.aggregateParams(s)
	}
	if s.Definition != nil {
		p.str(" ")
		p.definition(s.Definition)
	}
}

func (p *printer) aggregateParams(s *DefineStmt) {
	p.str("(")
	switch {
	case s.AggStar:
		p.str("*")
	case s.NumDirect < 0:
		commas(p, s.Params, p.param)
	default:
		commas(p, s.Params[:s.NumDirect], p.param)
		ordered := s.Params[s.NumDirect:]
		if len(ordered) == 0 { // the last direct argument serves as both
			ordered = s.Params[s.NumDirect-1:]
		}
		p.str(" ORDER BY ")
		commas(p, ordered, p.param)
	}
	p.str(")")
}

func (p *printer) alterEnum(s *AlterEnumStmt) {
	p.str("ALTER TYPE ")
	p.names(s.TypeName)
	if s.IsRename {
		p.str(" RENAME VALUE ")
		p.literal(s.OldVal)
		p.str(" TO ")
		p.literal(s.NewVal)
		return
	}
	p.str(" ADD VALUE ")
	p.ifNotExists(s.SkipIfNewValExists)
	p.literal(s.NewVal)
	if s.HasNeighbor {
		if s.NewValIsAfter {
			p.str(" AFTER ")
		} else {
			p.str(" BEFORE ")
		}
		p.literal(s.Neighbor)
	}
}

func (p *printer) alterDomain(s *AlterDomainStmt) {
	p.str("ALTER DOMAIN ")
	p.names(s.TypeName)
	switch s.Kind {
	case AlterDomainDefault:
		if s.Def == nil {
			p.str(" DROP DEFAULT")
			return
		}
		p.str(" SET DEFAULT ")
		p.node(s.Def)
	case AlterDomainDropNotNull:
		p.str(" DROP NOT NULL")
	case AlterDomainSetNotNull:
		p.str(" SET NOT NULL")
	case AlterDomainAddConstraint:
		p.str(" ADD ")
		p.node(s.Def)
	case AlterDomainDropConstraint:
		p.str(" DROP CONSTRAINT ")
		p.ifExists(s.MissingOk)
		p.ident(s.Name)
		p.behavior(s.Behavior)
	case AlterDomainValidate:
		p.str(" VALIDATE CONSTRAINT ")
		p.ident(s.Name)
	}
}

func (p *printer) createCast(s *CreateCastStmt) {
	p.str("CREATE CAST (")
	p.typeName(s.Source)
	p.str(" AS ")
	p.typeName(s.Target)
	switch {
	case s.InOut:
		p.str(") WITH INOUT")
	case s.Func == nil:
		p.str(") WITHOUT FUNCTION")
	default:
		p.str(") WITH FUNCTION ")
		p.function(s.Func)
	}
	p.str([...]string{"", " AS ASSIGNMENT", " AS IMPLICIT"}[s.Context])
}

func (p *printer) createTrigger(s *CreateTrigStmt) {
	p.str("CREATE ")
	if s.Replace {
		p.str("OR REPLACE ")
	}
	if s.IsConstraint {
		p.str("CONSTRAINT ")
	}
	p.str("TRIGGER ")
	p.ident(s.Name)
	p.str([...]string{" AFTER ", " BEFORE ", " INSTEAD OF "}[s.Timing])
	sep := ""
	events := [...]struct {
		bit  TriggerEvents
		word string
	}{{TriggerInsert, "INSERT"}, {TriggerDelete, "DELETE"}, {TriggerUpdate, "UPDATE"}, {TriggerTruncate, "TRUNCATE"}}
	for _, e := range events {
		if s.Events&e.bit == 0 {
			continue
		}
		p.str(sep, e.word)
		if e.bit == TriggerUpdate && len(s.Columns) > 0 {
			p.str(" OF ")
			p.idents(s.Columns)
		}
		sep = " OR "
	}
	p.str(" ON ")
	p.relationName(s.Relation)
	if s.ConstrRel != nil {
		p.str(" FROM ")
		p.relationName(s.ConstrRel)
	}
	p.word(s.Deferrable, "DEFERRABLE")
	p.word(s.InitDeferred, "INITIALLY DEFERRED")
	if len(s.Transitions) > 0 {
		p.str(" REFERENCING")
		for _, t := range s.Transitions {
			p.word(t.IsNew, "NEW")
			p.word(!t.IsNew, "OLD")
			p.word(t.IsTable, "TABLE AS ")
			p.word(!t.IsTable, "ROW AS ")
			p.ident(t.Name)
		}
	}
	if s.Row {
		p.str(" FOR EACH ROW")
	}
	if s.When != nil {
		p.wordCall(" WHEN (", s.When)
	}
	p.str(" EXECUTE FUNCTION ")
	p.names(s.FuncName)
	p.str("(")
	p.literals(s.Args)
	p.str(")")
}

func (p *printer) rule(s *RuleStmt) {
	p.str("CREATE ")
	if s.Replace {
		p.str("OR REPLACE ")
	}
	p.str("RULE ")
	p.ident(s.Name)
	p.str(" AS ON ", [...]string{"", "SELECT", "UPDATE", "INSERT", "DELETE"}[s.Event], " TO ")
	p.relationName(s.Relation)
	p.where(s.Where)
	p.str(" DO ")
	if s.Instead {
		p.str("INSTEAD ")
	}
	if len(s.Actions) == 0 {
		p.str("NOTHING")
		return
	}
	p.str("(")
	for i, a := range s.Actions {
		if i > 0 {
			p.str("; ")
		}
		p.stmt(a)
	}
	p.str(")")
}

func (p *printer) policy(s Stmt) {
	var using, check Expr
	switch s := s.(type) {
	case *CreatePolicyStmt:
		p.str("CREATE POLICY ")
		p.ident(s.Name)
		p.str(" ON ")
		p.relationName(s.Table)
		p.word(!s.Permissive, "AS RESTRICTIVE")
		p.str(" FOR ", s.Command, " TO ")
		p.roles(s.Roles)
		using, check = s.Using, s.WithCheck
	case *AlterPolicyStmt:
		p.str("ALTER POLICY ")
		p.ident(s.Name)
		p.str(" ON ")
		p.relationName(s.Table)
		if len(s.Roles) > 0 {
			p.str(" TO ")
			p.roles(s.Roles)
		}
		using, check = s.Using, s.WithCheck
	}
	if using != nil {
		p.wordCall(" USING (", using)
	}
	if check != nil {
		p.wordCall(" WITH CHECK (", check)
	}
}

func (p *printer) createStats(s *CreateStatsStmt) {
	p.str("CREATE STATISTICS ")
	p.ifNotExists(s.IfNotExists)
	p.names(s.Names)
	p.columns(s.Kinds)
	p.str(" ON ")
	commas(p, s.Exprs, func(e *StatsElem) { p.indexKey(e.Name, e.Expr) })
	p.from(" FROM ", s.Relations)
}

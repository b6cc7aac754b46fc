package ast

func (p *printer) target(t *ResTarget) {
	if t.Val == nil {
		p.ident(t.Name)
		p.indirection(t.Indirection)
		return
	}
	p.expr(t.Val)
	if t.Name != "" {
		p.str(" AS ")
		p.ident(t.Name)
	}
}

func (p *printer) with(w *WithClause) {
	if w == nil {
		return
	}
	p.str("WITH ")
	if w.Recursive {
		p.str("RECURSIVE ")
	}
	commas(p, w.CTEs, p.cte)
	p.str(" ")
}

func (p *printer) cte(c *CommonTableExpr) {
	p.ident(c.Name)
	p.columns(c.Columns)
	p.str(" AS ")
	p.str([...]string{"", "MATERIALIZED ", "NOT MATERIALIZED "}[c.Materialized])
	p.str("(")
	p.stmt(c.Query)
	p.str(")")
	if s := c.Search; s != nil {
		order := " SEARCH DEPTH FIRST BY "
		if s.BreadthFirst {
			order = " SEARCH BREADTH FIRST BY "
		}
		p.str(order)
		p.idents(s.Columns)
		p.str(" SET ")
		p.ident(s.SeqColumn)
	}
	if y := c.Cycle; y != nil {
		p.str(" CYCLE ")
		p.idents(y.Columns)
		p.str(" SET ")
		p.ident(y.MarkColumn)
		p.str(" TO ")
		p.constantCast(y.MarkValue)
		p.str(" DEFAULT ")
		p.constantCast(y.MarkDefault)
		p.str(" USING ")
		p.ident(y.PathColumn)
	}
}

// constantCast prints a literal with its type in front, for the places where no
// other form is allowed.
func (p *printer) constantCast(e Expr) {
	if c, ok := e.(*TypeCast); ok {
		p.typeName(c.Type)
		p.str(" ")
		p.expr(c.Arg)
		return
	}
	p.expr(e)
}

func (p *printer) selectStmt(s *SelectStmt) {
	p.with(s.With)
	switch {
	case s.Op != SetOpNone:
		p.setOperand(s.Left, s.Op, false)
		p.str([...]string{"", " UNION ", " INTERSECT ", " EXCEPT "}[s.Op])
		if s.All {
			p.str("ALL ")
		}
		p.setOperand(s.Right, s.Op, true)
	case s.Values != nil:
		p.str("VALUES ")
		commas(p, s.Values, p.parens)
	default:
		p.simpleSelect(s)
	}
	p.orderBy(s.Sort)
	if s.LimitCount != nil && !s.WithTies {
		p.str(" LIMIT ")
		if c, ok := s.LimitCount.(*Const); ok && c.Kind == ConstNull {
			p.str("ALL")
		} else {
			p.expr(s.LimitCount)
		}
	}
	if s.LimitOffset != nil {
		p.str(" OFFSET ")
		p.expr(s.LimitOffset)
	}
	if s.LimitCount != nil && s.WithTies {
		p.str(" FETCH FIRST ")
		p.operand(s.LimitCount, precPrimary)
		p.str(" ROWS WITH TIES")
	}
	for _, l := range s.Locking {
		p.locking(l)
	}
}

// setOperand prints a side of a set operation, in parentheses if it would be
// taken apart without them.
func (p *printer) setOperand(s *SelectStmt, op SetOp, right bool) {
	plain := s.Sort == nil && s.LimitCount == nil && s.LimitOffset == nil && s.Locking == nil && s.With == nil
	if s.Op != SetOpNone {
		tighter := s.Op == SetOpIntersect && op != SetOpIntersect
		same := (s.Op == SetOpIntersect) == (op == SetOpIntersect)
		plain = plain && (tighter || same && !right)
	}
	if plain {
		p.selectStmt(s)
		return
	}
	p.str("(")
	p.selectStmt(s)
	p.str(")")
}

func (p *printer) simpleSelect(s *SelectStmt) {
	p.str("SELECT")
	if s.Distinct {
		p.str(" DISTINCT")
		if len(s.DistinctOn) > 0 {
			p.str(" ON ")
			p.parens(s.DistinctOn)
		}
	}
	if len(s.TargetList) > 0 {
		p.str(" ")
		commas(p, s.TargetList, p.target)
	}
	if s.Into != nil {
		p.str(" INTO ")
		p.persistence(s.Into.Relation.Persistence)
		p.str("TABLE ")
		p.relationName(s.Into.Relation)
	}
	p.from(" FROM ", s.From)
	p.where(s.Where)
	if len(s.GroupBy) > 0 {
		p.str(" GROUP BY ")
		if s.GroupDistinct {
			p.str("DISTINCT ")
		}
		p.exprs(s.GroupBy)
	}
	if s.Having != nil {
		p.str(" HAVING ")
		p.expr(s.Having)
	}
	if len(s.Window) > 0 {
		p.str(" WINDOW ")
		commas(p, s.Window, func(w *WindowDef) {
			p.ident(w.Name)
			p.str(" AS ")
			p.window(w)
		})
	}
}

func (p *printer) from(word string, items []FromItem) {
	if len(items) > 0 {
		p.str(word)
		commas(p, items, p.fromItem)
	}
}

func (p *printer) where(e Expr) {
	if e != nil {
		p.str(" WHERE ")
		p.expr(e)
	}
}

func (p *printer) orderBy(list []*SortBy) {
	if len(list) > 0 {
		p.str(" ORDER BY ")
		commas(p, list, p.sortBy)
	}
}

func (p *printer) sortBy(s *SortBy) {
	p.expr(s.Expr)
	switch s.Dir {
	case SortAsc:
		p.str(" ASC")
	case SortDesc:
		p.str(" DESC")
	case SortUsing:
		p.str(" USING ")
		p.operator(s.OpSchema, s.UseOp)
	}
	p.nulls(s.Nulls)
}

func (p *printer) nulls(n NullsOrder) {
	p.str([...]string{"", " NULLS FIRST", " NULLS LAST"}[n])
}

func (p *printer) locking(l *LockingClause) {
	p.str([...]string{" FOR KEY SHARE", " FOR SHARE", " FOR NO KEY UPDATE", " FOR UPDATE"}[l.Strength])
	if len(l.Relations) > 0 {
		p.str(" OF ")
		commas(p, l.Relations, p.relationName)
	}
	p.str([...]string{"", " SKIP LOCKED", " NOWAIT"}[l.WaitPolicy])
}

// window prints a window in parentheses.
func (p *printer) window(w *WindowDef) {
	p.str("(")
	sep := ""
	if w.RefName != "" {
		switch w.RefName {
		case "partition", "range", "rows", "groups":
			p.str(`"`, w.RefName, `"`)
		default:
			p.ident(w.RefName)
		}
		sep = " "
	}
	if len(w.Partition) > 0 {
		p.str(sep, "PARTITION BY ")
		p.exprs(w.Partition)
		sep = " "
	}
	if len(w.Order) > 0 {
		p.str(sep, "ORDER BY ")
		commas(p, w.Order, p.sortBy)
		sep = " "
	}
	if w.Frame&FrameNonDefault != 0 {
		p.str(sep)
		p.frame(w)
	}
	p.str(")")
}

func (p *printer) frame(w *WindowDef) {
	switch f := w.Frame; {
	case f&FrameRange != 0:
		p.str("RANGE ")
	case f&FrameRows != 0:
		p.str("ROWS ")
	default:
		p.str("GROUPS ")
	}
	if w.Frame&FrameBetween != 0 {
		p.str("BETWEEN ")
		p.frameBound(w.Frame, w.StartOffset)
		p.str(" AND ")
		p.frameBound(w.Frame>>1, w.EndOffset)
	} else {
		p.frameBound(w.Frame, w.StartOffset)
	}
	switch f := w.Frame; {
	case f&FrameExcludeCurrentRow != 0:
		p.str(" EXCLUDE CURRENT ROW")
	case f&FrameExcludeGroup != 0:
		p.str(" EXCLUDE GROUP")
	case f&FrameExcludeTies != 0:
		p.str(" EXCLUDE TIES")
	}
}

// frameBound prints a bound by the bits of a frame's start.
func (p *printer) frameBound(f FrameOptions, offset Expr) {
	switch {
	case f&FrameStartUnboundedPreceding != 0:
		p.str("UNBOUNDED PRECEDING")
	case f&FrameStartUnboundedFollowing != 0:
		p.str("UNBOUNDED FOLLOWING")
	case f&FrameStartCurrentRow != 0:
		p.str("CURRENT ROW")
	case f&FrameStartOffsetPreceding != 0:
		p.expr(offset)
		p.str(" PRECEDING")
	default:
		p.expr(offset)
		p.str(" FOLLOWING")
	}
}

func (p *printer) alias(a *Alias) {
	if a != nil {
		p.str(" AS ")
		p.ident(a.Name)
		p.columns(a.Columns)
	}
}

// relationName prints a relation's name without alias.
func (p *printer) relationName(r *RangeVar) {
	if r.Only {
		p.str("ONLY ")
	}
	if r.Catalog != "" {
		p.ident(r.Catalog)
		p.str(".")
	}
	if r.Schema != "" {
		p.ident(r.Schema)
		p.str(".")
	}
	p.ident(r.Name)
}

func (p *printer) relation(r *RangeVar) {
	p.relationName(r)
	p.alias(r.Alias)
}

func (p *printer) lateral(l bool) {
	if l {
		p.str("LATERAL ")
	}
}

func (p *printer) fromItem(f FromItem) {
	switch f := f.(type) {
	case *RangeVar:
		p.relation(f)
	case *RangeSubselect:
		p.lateral(f.Lateral)
		p.str("(")
		p.stmt(f.Subquery)
		p.str(")")
		p.alias(f.Alias)
	case *RangeFunction:
		p.rangeFunction(f)
	case *RangeTableSample:
		p.fromItem(f.Relation)
		p.str(" TABLESAMPLE ")
		p.names(f.Method)
		p.str(" (")
		commas(p, f.Args, func(e Expr) { p.operand(e, precPrimary) })
		p.str(")")
		if f.Repeatable != nil {
			p.wordCall(" REPEATABLE (", f.Repeatable)
		}
	case *JoinExpr:
		p.join(f)
	case *RangeTableFunc:
		p.xmlTable(f)
	case *JSONTable:
		p.jsonTable(f)
	}
}

func (p *printer) rangeFunction(f *RangeFunction) {
	p.lateral(f.Lateral)
	if f.RowsFrom {
		p.str("ROWS FROM (")
		commas(p, f.Functions, func(i *RangeFunctionItem) {
			p.expr(i.Func)
			if i.Columns != nil {
				p.str(" AS (")
				commas(p, i.Columns, p.columnDef)
				p.str(")")
			}
		})
		p.str(")")
	} else if c, ok := f.Functions[0].Func.(*TypeCast); ok { // only CAST(…) is a function
		p.str("CAST(")
		p.expr(c.Arg)
		p.str(" AS ")
		p.typeName(c.Type)
		p.str(")")
	} else {
		p.expr(f.Functions[0].Func)
	}
	p.word(f.Ordinality, "WITH ORDINALITY")
	if f.Columns == nil {
		p.alias(f.Alias)
		return
	}
	p.str(" AS ")
	if f.Alias != nil {
		p.ident(f.Alias.Name)
		p.str(" ")
	}
	p.str("(")
	commas(p, f.Columns, p.columnDef)
	p.str(")")
}

func (p *printer) join(j *JoinExpr) {
	if j.Alias != nil {
		p.str("(")
	}
	p.fromItem(j.Left)
	if j.Natural {
		p.str(" NATURAL")
	}
	p.str([...]string{"", " LEFT", " FULL", " RIGHT"}[j.Kind])
	if j.Kind == JoinInner && !j.Natural && j.On == nil && j.Using == nil {
		p.str(" CROSS")
	}
	p.str(" JOIN ")
	if right, ok := j.Right.(*JoinExpr); ok && right.Alias == nil {
		p.str("(")
		p.join(right)
		p.str(")")
	} else {
		p.fromItem(j.Right)
	}
	switch {
	case j.On != nil:
		p.str(" ON ")
		p.expr(j.On)
	case j.Using != nil:
		p.str(" USING")
		p.columns(j.Using)
		if j.UsingAlias != nil {
			p.str(" AS ")
			p.ident(j.UsingAlias.Name)
		}
	}
	if j.Alias != nil {
		p.str(")")
		p.alias(j.Alias)
	}
}

func (p *printer) xmlTable(f *RangeTableFunc) {
	p.lateral(f.Lateral)
	p.str("XMLTABLE(")
	if len(f.Namespaces) > 0 {
		p.str("XMLNAMESPACES(")
		commas(p, f.Namespaces, func(n *XMLNamespace) {
			if n.Name == "" {
				p.str("DEFAULT ")
			}
			p.operand(n.URI, precUminus)
			if n.Name != "" {
				p.str(" AS ")
				p.ident(n.Name)
			}
		})
		p.str("), ")
	}
	p.operand(f.RowExpr, precPrimary)
	p.str(" PASSING ")
	p.operand(f.DocExpr, precPrimary)
	p.str(" COLUMNS ")
	commas(p, f.Columns, func(c *RangeTableFuncCol) {
		p.ident(c.Name)
		if c.ForOrdinality {
			p.str(" FOR ORDINALITY")
			return
		}
		p.str(" ")
		p.typeName(c.Type)
		if c.ColExpr != nil {
			p.str(" PATH ")
			p.operand(c.ColExpr, precUminus)
		}
		if c.DefExpr != nil {
			p.str(" DEFAULT ")
			p.operand(c.DefExpr, precUminus)
		}
		p.word(c.NotNull, "NOT NULL")
	})
	p.str(")")
	p.alias(f.Alias)
}

func (p *printer) jsonTable(t *JSONTable) {
	p.lateral(t.Lateral)
	p.str("JSON_TABLE(")
	p.jsonValue(t.Context)
	p.str(", ")
	p.jsonPath(t.Path)
	p.jsonPassing(t.Passing)
	p.jsonColumns(t.Columns)
	p.jsonBehavior(t.OnError, "ON ERROR")
	p.str(")")
	p.alias(t.Alias)
}

func (p *printer) jsonPath(path *JSONTablePath) {
	p.literal(path.Path)
	if path.Name != "" {
		p.str(" AS ")
		p.ident(path.Name)
	}
}

func (p *printer) jsonColumns(list []*JSONTableColumn) {
	p.str(" COLUMNS (")
	commas(p, list, func(c *JSONTableColumn) {
		if c.Kind == JSONColumnNested {
			p.str("NESTED PATH ")
			p.jsonPath(c.Path)
			p.jsonColumns(c.Columns)
			return
		}
		p.ident(c.Name)
		if c.Kind == JSONColumnOrdinality {
			p.str(" FOR ORDINALITY")
			return
		}
		p.str(" ")
		p.typeName(c.Type)
		p.word(c.Kind == JSONColumnExists, "EXISTS")
		p.jsonFormat(c.Format)
		if c.Path != nil {
			p.str(" PATH ")
			p.jsonPath(c.Path)
		}
		p.jsonWrapper(c.Wrapper, c.Quotes)
		p.jsonBehavior(c.OnEmpty, "ON EMPTY")
		p.jsonBehavior(c.OnError, "ON ERROR")
	})
	p.str(")")
}

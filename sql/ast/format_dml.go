package ast

func (p *printer) returning(list []*ResTarget) {
	if len(list) > 0 {
		p.str(" RETURNING ")
		commas(p, list, p.target)
	}
}

func (p *printer) overriding(o OverridingKind) {
	p.str([...]string{"", " OVERRIDING USER VALUE", " OVERRIDING SYSTEM VALUE"}[o])
}

func (p *printer) insertStmt(s *InsertStmt) {
	p.with(s.With)
	p.str("INSERT INTO ")
	p.relation(s.Relation)
	if len(s.Cols) > 0 {
		p.str(" (")
		commas(p, s.Cols, p.target)
		p.str(")")
	}
	p.overriding(s.Overriding)
	if s.Select == nil {
		p.str(" DEFAULT VALUES")
	} else {
		p.str(" ")
		p.selectStmt(s.Select)
	}
	if c := s.OnConflict; c != nil {
		p.str(" ON CONFLICT")
		p.infer(c.Infer)
		p.str(" DO ")
		if c.DoUpdate {
			p.str("UPDATE SET ")
			p.setClauses(c.Targets)
			p.where(c.Where)
		} else {
			p.str("NOTHING")
		}
	}
	p.returning(s.Returning)
}

func (p *printer) infer(i *InferClause) {
	if i == nil {
		return
	}
	if i.Constraint != "" {
		p.str(" ON CONSTRAINT ")
		p.ident(i.Constraint)
		return
	}
	p.str(" (")
	commas(p, i.IndexElems, p.indexElem)
	p.str(")")
	p.where(i.Where)
}

// setClauses prints assignments; those that share a source are one.
func (p *printer) setClauses(list []*ResTarget) {
	for i := 0; i < len(list); {
		if i > 0 {
			p.str(", ")
		}
		t := list[i]
		m, ok := t.Val.(*MultiAssignRef)
		if !ok {
			p.target(&ResTarget{Name: t.Name, Indirection: t.Indirection})
			p.str(" = ")
			p.expr(t.Val)
			i++
			continue
		}
		p.str("(")
		commas(p, list[i:i+m.NColumns], func(t *ResTarget) {
			p.target(&ResTarget{Name: t.Name, Indirection: t.Indirection})
		})
		p.str(") = ")
		p.expr(m.Source)
		i += m.NColumns
	}
}

func (p *printer) updateStmt(s *UpdateStmt) {
	p.with(s.With)
	p.str("UPDATE ")
	p.relation(s.Relation)
	p.str(" SET ")
	p.setClauses(s.Targets)
	p.from(" FROM ", s.From)
	p.where(s.Where)
	p.returning(s.Returning)
}

func (p *printer) deleteStmt(s *DeleteStmt) {
	p.with(s.With)
	p.str("DELETE FROM ")
	p.relation(s.Relation)
	p.from(" USING ", s.Using)
	p.where(s.Where)
	p.returning(s.Returning)
}

func (p *printer) mergeStmt(s *MergeStmt) {
	p.with(s.With)
	p.str("MERGE INTO ")
	p.relation(s.Relation)
	p.str(" USING ")
	p.fromItem(s.Source)
	p.str(" ON ")
	p.expr(s.Join)
	for _, w := range s.Whens {
		p.mergeWhen(w)
	}
	p.returning(s.Returning)
}

func (p *printer) mergeWhen(w *MergeWhenClause) {
	p.str([...]string{" WHEN MATCHED", " WHEN NOT MATCHED BY SOURCE", " WHEN NOT MATCHED"}[w.Match])
	if w.Condition != nil {
		p.str(" AND ")
		p.expr(w.Condition)
	}
	switch w.Action {
	case MergeDoNothing:
		p.str(" THEN DO NOTHING")
	case MergeDelete:
		p.str(" THEN DELETE")
	case MergeUpdate:
		p.str(" THEN UPDATE SET ")
		p.setClauses(w.Targets)
	case MergeInsert:
		p.str(" THEN INSERT")
		if len(w.Targets) > 0 {
			p.str(" (")
			commas(p, w.Targets, p.target)
			p.str(")")
		}
		p.overriding(w.Overriding)
		if w.Values == nil {
			p.str(" DEFAULT VALUES")
		} else {
			p.str(" VALUES ")
			p.parens(w.Values)
		}
	}
}

func (p *printer) copyStmt(s *CopyStmt) {
	p.str("COPY ")
	if s.Query != nil {
		p.str("(")
		p.stmt(s.Query)
		p.str(")")
	} else {
		p.relation(s.Relation)
		p.columns(s.Columns)
	}
	std := "STDOUT"
	if s.IsFrom {
		p.str(" FROM ")
		std = "STDIN"
	} else {
		p.str(" TO ")
	}
	if s.IsProgram {
		p.str("PROGRAM ")
	}
	if s.Stdio {
		p.str(std)
	} else {
		p.literal(s.Filename)
	}
	if len(s.Options) > 0 {
		p.str(" (")
		commas(p, s.Options, func(d *DefElem) {
			p.ident(d.Name)
			switch a := d.Arg.(type) {
			case nil:
			case *Names:
				p.columns(a.Names)
			default:
				p.str(" ")
				p.node(a)
			}
		})
		p.str(")")
	}
	p.where(s.Where)
}

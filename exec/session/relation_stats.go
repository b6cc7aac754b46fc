package session

import (
	"context"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// setsStatistics reports an UPDATE of pg_class that sets nothing but what ANALYZE does: the one change of a system catalog by hand
// that is supported, for it is how one tells the planner how large a table will be.
func setsStatistics(x *ast.UpdateStmt) bool {
	r := x.Relation
	if r == nil || r.Name != "pg_class" || r.Schema != "" && r.Schema != "pg_catalog" || len(x.From)+len(x.Returning) > 0 || x.With != nil {
		return false
	}
	for _, t := range x.Targets {
		if t.Name != "reltuples" && t.Name != "relpages" && t.Name != "relallvisible" || len(t.Indirection) > 0 {
			return false
		}
	}
	return true
}

// setStatistics is UPDATE pg_class SET reltuples = …. Pages follow from rows here, so what is said of them is not kept.
func (s *Session) setStatistics(ctx context.Context, p *prepared, x *ast.UpdateStmt) (Tag, error) {
	sel := &ast.SelectStmt{From: []ast.FromItem{x.Relation}, Where: x.Where, Pos: -1}
	sel.TargetList = []*ast.ResTarget{{Val: &ast.ColumnRef{Names: []string{"oid"}, Pos: -1}, Pos: -1}}
	for _, t := range x.Targets {
		if t.Name == "reltuples" {
			sel.TargetList = append(sel.TargetList, &ast.ResTarget{Val: &ast.TypeCast{Arg: t.Val, Type: float4Name(), Pos: -1}, Pos: -1})
		}
	}
	var oids []types.OID
	var rows []float64
	_, err := s.runPlan(ctx, &prepared{text: p.text, stmt: sel, declared: p.declared}, nil, func(b *vec.Batch) error {
		for i := range b.Rows() {
			row := b.Row(i)
			oids = append(oids, types.OID(b.Cols[0].Int[row]))
			if len(b.Cols) > 1 && !b.Cols[1].IsNull(row) {
				rows = append(rows, b.Cols[1].Float[row])
			}
		}
		return nil
	})
	if err != nil {
		return Tag{}, err
	}
	for i, n := range rows {
		t, ok := s.reader().Table(oids[i])
		if !ok || t.Virtual != nil {
			continue
		}
		if err := s.setRows(ctx, t, n); err != nil {
			return Tag{}, err
		}
	}
	return Tag{Command: "UPDATE", Rows: int64(len(oids))}, nil
}

func float4Name() *ast.TypeName {
	return &ast.TypeName{Names: []string{"pg_catalog", "float4"}, Pos: -1}
}

// analyzedRows is catalog.Session.Rows.
func (s *Session) analyzedRows(t *catalog.Table) (float64, bool) {
	st, ok := s.srv.stats.Table(t)
	if !ok || !st.Analyzed {
		return 0, false
	}
	return st.Rows, true
}

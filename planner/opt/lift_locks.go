package opt

import (
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
)

// liftFromLocks moves the projection below row locks above them: a row that changed while its lock was waited for is read again,
// and what is computed from it must be computed from the new version; and the conditions that it is tested with again read columns that nothing above needs. Only
// what a sort in between needs stays below.
func (o *optimizer) liftFromLocks(n logical.Node) logical.Node {
	return rewriteTree(n, func(n logical.Node) logical.Node {
		l, ok := n.(*logical.LockRows)
		if !ok {
			return n
		}
		s, _ := l.Input.(*logical.Sort)
		in := l.Input
		if s != nil {
			in = s.Input
		}
		p, ok := in.(*logical.Project)
		if !ok {
			return n
		}
		below := p.Input
		if s != nil {
			if below = sortOver(s, p); below == nil {
				return n
			}
		}
		var top logical.Node = &logical.LockRows{Input: below, Targets: l.Targets, RowIDs: readsRowIDs(p.Exprs, l.Targets)}
		return &logical.Project{Input: top, Exprs: p.Exprs, Cols: p.Cols, Alias: p.Alias}
	})
}

// sortOver is sort s over p's input, with those columns of p that it sorts by; nil if one of them is volatile.
func sortOver(s *logical.Sort, p *logical.Project) logical.Node {
	cols := p.Input.Columns()
	keys := &logical.Project{Input: p.Input, Cols: cols[:len(cols):len(cols)]}
	for _, c := range cols {
		keys.Exprs = append(keys.Exprs, varOf(c))
	}
	have := setOf(cols)
	for _, k := range s.Keys {
		v, ok := k.Expr.(*expr.Var)
		if !ok {
			return nil
		}
		for i, c := range p.Cols {
			if c.ID != v.ID || have.has(c.ID) {
				continue
			}
			if volatile(p.Exprs[i]) {
				return nil
			}
			have.add(c.ID)
			keys.Exprs, keys.Cols = append(keys.Exprs, p.Exprs[i]), append(keys.Cols, c)
		}
	}
	if len(keys.Cols) == len(cols) {
		return &logical.Sort{Input: p.Input, Keys: s.Keys}
	}
	return &logical.Sort{Input: keys, Keys: s.Keys}
}

// readsRowIDs reports whether expressions refer to the RowID of a locked row.
func readsRowIDs(es []expr.Expr, locked []logical.LockTarget) bool {
	found := false
	for _, e := range es {
		logical.WalkDeep(e, func(x expr.Expr) bool {
			if v, ok := x.(*expr.Var); ok {
				for _, t := range locked {
					found = found || v.ID == t.Scan.RowID
				}
			}
			return !found
		})
	}
	return found
}

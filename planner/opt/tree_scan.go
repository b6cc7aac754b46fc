package opt

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/pruning"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// Tables is what planning asks about tables with partitions or heirs; package tree implements it.
type Tables interface {
	Catalog() *catalog.Reader
	// OtherTemp reports a temporary table of another session, whose rows are for that alone.
	OtherTemp(t *catalog.Table) bool
	// Key is the partition key of p over the columns of t, by position.
	Key(p, t *catalog.Table) ([]expr.Expr, error)
	Route(t *catalog.Table) (*plan.Route, error)
	Bounds(t *catalog.Table) ([]plan.Bound, error)
	// IndexExprs are the expressions of t's indexes over its columns, by position.
	IndexExprs(t *catalog.Table) ([]expr.Expr, error)
	UpdateBounds(t *catalog.Table, cols []int) ([]plan.Bound, error)
	Leaves(top *catalog.Table, template plan.Node) plan.Leaves
}

// treeScan is the scan of a table with those that inherit from it, as it is expanded. The scans of all of them show the same columns, under the
// same IDs, so that conditions hold for each as they are.
type treeScan struct {
	o      *optimizer
	scan   *logical.Scan
	conds  []expr.Expr
	leaves []treeLeaf
	prunes []treePrune
	// scheme is that of a table whose partitions are no further partitioned, with the key columns: their order may be of use.
	scheme *partition.Scheme
	keys   []expr.Expr
}

type treeLeaf struct {
	table *catalog.Table
	scan  *logical.Scan
	rel   *rel
	needs []plan.Need
}

// treePrune is a plan.Prune whose values still name outer columns.
type treePrune struct {
	scheme *partition.Scheme
	step   *partition.Step
}

// planTree makes the paths of a scan of a table and its heirs.
func (o *optimizer) planTree(scan *logical.Scan, conds []expr.Expr) *rel {
	t := &treeScan{o: o, scan: scan, conds: conds}
	if scan.Inherit && o.opts.Tables != nil {
		t.expand(scan.Table, nil)
	}
	cols := scan.Columns()
	if len(t.leaves) == 0 {
		for _, c := range scan.Cols {
			if ord := scan.Table.Ordinal(c.Attr); ord >= 0 {
				o.est.Note(c.ID, scan, scan.Table.Columns[ord], 1, nil)
			}
		}
		return o.emptyRel(cols)
	}
	if scan.RowID != 0 {
		for _, l := range t.leaves {
			o.noteTarget(scan.RowID, l.table)
		}
	}
	for _, l := range t.leaves {
		o.scanned = append(o.scanned, l.table.OID)
	}
	best := 0
	tuples := 0.0
	for i := range t.leaves {
		l := &t.leaves[i]
		l.rel = t.leafRel(l)
		if l.rel.rows > t.leaves[best].rel.rows {
			best = i
		}
		tuples += l.rel.rows
	}
	if len(t.leaves) > 1 {
		t.note(&t.leaves[best], tuples)
	}
	if len(t.leaves) == 1 && len(t.prunes) == 0 {
		return t.leaves[0].rel
	}
	return t.append(cols)
}

// note tells the estimator of the rows of all tables: from the inherited figures or, without any, from those of the largest.
func (t *treeScan) note(largest *treeLeaf, tuples float64) {
	table, scan := largest.table, largest.scan
	n, _, st := t.o.tableSize(table)
	if _, _, own := t.o.tableSize(t.scan.Table); own != nil && own.Inherited != nil {
		table, scan, n, st = t.scan.Table, t.scan, own.Inherited.Rows, own.Inherited
	}
	t.o.est.Size(scan, tuples, tuples, nil)
	for _, c := range t.scan.Cols {
		if tc, _, ok := table.Column(t.column(c.Attr)); ok {
			t.o.est.Note(c.ID, scan, tc, max(n, tuples), st)
		}
	}
}

// column is the name of a column of the scanned table.
func (t *treeScan) column(id catalog.ColumnID) string {
	if c := t.scan.Table.ColumnByID(id); c != nil {
		return c.Name
	}
	return ""
}

// expand adds the tables that hold rows of table.
func (t *treeScan) expand(table *catalog.Table, needs []plan.Need) {
	r := t.o.opts.Tables.Catalog()
	if table.Key == nil {
		t.leaves = append(t.leaves, treeLeaf{table: table, needs: needs})
		for _, d := range r.Descendants(table) {
			if t.o.opts.Tables.OtherTemp(d) {
				continue
			}
			t.leaves = append(t.leaves, treeLeaf{table: d, needs: needs})
		}
		return
	}
	scheme, err := partition.SchemeOf(r, table, false)
	if err != nil {
		t.o.fail("%v", err)
		return
	}
	keys := t.key(table)
	step := pruning.Step(scheme, keys, t.conds, t.free)
	set, err := scheme.Prune(step, partition.Constants)
	if err != nil {
		t.o.fail("%v", err)
		return
	}
	later := -1
	if step != nil && unknown(step) && set.Len() > 0 {
		later = len(t.prunes)
		t.prunes = append(t.prunes, treePrune{scheme, step})
	}
	if table == t.scan.Table {
		t.scheme, t.keys = scheme, keys
	}
	for _, i := range set.Members() {
		n := needs
		if later >= 0 {
			n = append(slices.Clip(needs), plan.Need{Prune: later, Part: i})
		}
		if c := scheme.Parts[i]; c.Key != nil {
			t.scheme = nil
			t.expand(c, n)
		} else {
			t.leaves = append(t.leaves, treeLeaf{table: c, needs: n})
		}
	}
}

// free reports a value that does not depend on the scan's rows.
func (t *treeScan) free(e expr.Expr) bool {
	return !volatile(e) && !colsOf(e).intersects(outputs(t.scan)) && !collated(e)
}

// key is the partition key of a table of the tree over the scan's columns; an element is nil if the scan does not read what it needs.
func (t *treeScan) key(table *catalog.Table) []expr.Expr {
	es, err := t.o.opts.Tables.Key(table, t.scan.Table)
	if err != nil {
		t.o.fail("%v", err)
		return nil
	}
	for i, e := range es {
		missing := false
		es[i] = expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Col)
			if !ok {
				return e
			}
			id := scanColumn(t.scan, t.scan.Table.Columns[c.Idx].ID)
			missing = missing || id == 0
			return &expr.Var{ID: id, T: c.T, Name: c.Name}
		})
		if missing {
			es[i] = nil
		}
	}
	return es
}

// leafRel plans the scan of one table.
func (t *treeScan) leafRel(l *treeLeaf) *rel {
	table := l.table
	s := *t.scan
	l.scan = &s
	s.Table, s.Inherit, s.TableOID = table, false, 0
	s.Cols = make([]logical.Column, len(t.scan.Cols))
	for i, c := range t.scan.Cols {
		s.Cols[i] = c
		if lc, _, ok := table.Column(t.column(c.Attr)); ok {
			s.Cols[i].Attr, s.Cols[i].Table, s.Cols[i].NotNull = lc.ID, table.OID, lc.NotNull
		}
	}
	s.IndexExprs = t.indexExprs(table)
	conds := t.conds
	oid := &expr.Const{T: types.Of(types.OIDOID), D: types.NewInt(int64(table.OID))}
	if t.scan.TableOID != 0 {
		conds = slices.Clone(conds)
		for i, c := range conds {
			conds[i] = substitute(c, map[expr.ColID]expr.Expr{t.scan.TableOID: oid})
		}
	}
	r := t.o.planScan(&s, conds)
	r.base = nil
	if t.scan.TableOID == 0 {
		return r
	}
	cols := t.scan.Columns()
	out := &rel{rows: r.rows, width: r.width + 4, cols: cols, fixed: r.fixed}
	for _, ip := range r.paths {
		p := unary(ip)
		p.width = out.width
		p.build = func(b *builder) (plan.Node, []logical.Column) {
			node, have := ip.build(b)
			pr := &plan.Project{Info: p.info(cols), Input: node}
			for _, c := range cols[:len(cols)-1] {
				pr.Exprs = append(pr.Exprs, b.expr(varOf(c), have))
			}
			pr.Exprs = append(pr.Exprs, oid)
			return pr, cols
		}
		out.add(p)
	}
	return out
}

// indexExprs are the expressions of a table's indexes over the columns of the scan.
func (t *treeScan) indexExprs(table *catalog.Table) []expr.Expr {
	if len(table.IndexExprs()) == 0 {
		return nil
	}
	es, err := t.o.opts.Tables.IndexExprs(table)
	if err != nil {
		t.o.fail("%v", err)
		return nil
	}
	for i, e := range es {
		es[i] = expr.Rewrite(e, func(e expr.Expr) expr.Expr {
			c, ok := e.(*expr.Col)
			if !ok {
				return e
			}
			v := &expr.Var{T: c.T, Name: c.Name}
			if top, _, ok := t.scan.Table.Column(table.Columns[c.Idx].Name); ok {
				v.ID = scanColumn(t.scan, top.ID)
			}
			return v
		})
	}
	return es
}

// append makes the paths that read the tables one after the other, or merge their orders.
func (t *treeScan) append(cols []logical.Column) *rel {
	out := &rel{cols: cols}
	var cheapest []*path
	for i, l := range t.leaves {
		cheapest = append(cheapest, l.rel.cheapest())
		out.rows += l.rel.rows
		out.width = max(out.width, l.rel.width)
		if i == 0 {
			out.fixed = l.rel.fixed
		} else {
			out.fixed = out.fixed.minus(out.fixed.minus(l.rel.fixed))
		}
	}
	out.add(t.appendPath(out, cheapest, nil))
	for _, order := range t.orders() {
		ins, ok := t.sorted(order)
		if !ok {
			continue
		}
		p := t.appendPath(out, ins, order)
		if t.inOrder(order) {
			p = t.appendPath(out, ins, nil)
			p.order = order
			p.startup = ins[0].startup
		}
		out.add(p)
	}
	return out
}

// orders are the orders in which the tables can be read.
func (t *treeScan) orders() [][]ordKey {
	var out [][]ordKey
	for _, l := range t.leaves {
		for _, p := range l.rel.paths {
			if len(p.order) > 0 && !t.o.hasComputed(p.order) && !slices.ContainsFunc(out, func(o []ordKey) bool { return slices.Equal(o, p.order) }) {
				out = append(out, p.order)
			}
		}
		if len(out) > 4 {
			break
		}
	}
	return out
}

// sorted are paths of all tables in an order.
func (t *treeScan) sorted(order []ordKey) ([]*path, bool) {
	var ins []*path
	native := 0
	for _, l := range t.leaves {
		var best *path
		for _, p := range l.rel.paths {
			if sortedBy(p.order, order, l.rel.fixed) == len(order) && (best == nil || p.total < best.total) {
				best = p
			}
		}
		if best != nil {
			native++
		} else {
			best = t.o.sortPath(l.rel.cheapest(), order, nil)
		}
		ins = append(ins, best)
	}
	return ins, native > 0
}

// inOrder reports whether tables that are each in an order are in it one after the other.
func (t *treeScan) inOrder(order []ordKey) bool {
	if t.scheme == nil || !t.scheme.Ordered() && !t.scheme.OrderedList() {
		return false
	}
	for i, k := range order {
		if i >= len(t.keys) {
			return true
		}
		v, ok := t.keys[i].(*expr.Var)
		if !ok || v.ID != k.id || k.desc {
			return false
		}
	}
	return t.scheme.Table.Key.Strategy == catalog.PartitionRange || len(order) == 1
}

// appendPath reads paths one after the other, or with an order merges them.
func (t *treeScan) appendPath(r *rel, ins []*path, order []ordKey) *path {
	c := &t.o.opts.Costs
	p := &path{rows: r.rows, width: r.width, order: order}
	for i, ip := range ins {
		if i == 0 || order != nil {
			p.startup += ip.startup
		}
		p.total += ip.total
	}
	p.total += p.rows * c.CPUTuple * 0.5
	if order != nil {
		p.total += p.rows * c.CPUOper * 2
	}
	p.build = func(b *builder) (plan.Node, []logical.Column) {
		a := &plan.Append{Info: p.info(r.cols), Alias: t.scan.Alias}
		for i, ip := range ins {
			a.Inputs = append(a.Inputs, b.buildExactly(ip, r.cols))
			if len(t.prunes) > 0 {
				a.Needs = append(a.Needs, t.leaves[i].needs)
			}
		}
		for _, pr := range t.prunes {
			a.Prunes = append(a.Prunes, plan.Prune{Scheme: pr.scheme, Step: b.pruneStep(pr.step)})
		}
		if order != nil {
			a.Keys = sortKeys(b, order, r.cols)
		}
		return a, r.cols
	}
	return p
}

// pruneStep resolves the values of a step.
func (b *builder) pruneStep(s *partition.Step) *partition.Step {
	out := &partition.Step{}
	for _, c := range s.Clauses {
		c.Value = b.expr(c.Value, nil)
		out.Clauses = append(out.Clauses, c)
	}
	for _, branches := range s.Any {
		var list []*partition.Step
		for _, br := range branches {
			list = append(list, b.pruneStep(br))
		}
		out.Any = append(out.Any, list)
	}
	return out
}

// unknown reports a step with values that only run time has.
func unknown(s *partition.Step) bool {
	for _, c := range s.Clauses {
		if _, ok := c.Value.(*expr.Const); c.Value != nil && !ok {
			return true
		}
	}
	for _, branches := range s.Any {
		if slices.ContainsFunc(branches, unknown) {
			return true
		}
	}
	return false
}

// noteTarget remembers that the rows of the scan with a row id may be in a table.
func (o *optimizer) noteTarget(rowID expr.ColID, t *catalog.Table) {
	if o.targets == nil {
		o.targets = map[expr.ColID][]*catalog.Table{}
	}
	if !slices.Contains(o.targets[rowID], t) {
		o.targets[rowID] = append(o.targets[rowID], t)
	}
}

package opt

import (
	"math"
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/planner/opt/estimate"
	"github.com/lightsql/lightsql/planner/opt/inverted"
	"github.com/lightsql/lightsql/planner/opt/predicate"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// baseRel is a table with the conditions on it: what index look-ups by a join need to know.
type baseRel struct {
	scan   *logical.Scan
	conds  []expr.Expr
	tuples float64 // rows of the table
	pages  float64
	own    colSet

	vars     []*expr.Var      // references to scan.Cols, made when they are first asked for
	readable []*catalog.Index // all that are ready, partial ones included; nil: not asked for yet
	partial  bool             // some of them are partial
}

// scanColumn is the ColID under which a scan shows a table's column, 0 if it does not.
func scanColumn(s *logical.Scan, id catalog.ColumnID) expr.ColID {
	for i := range s.Cols {
		if s.Cols[i].Attr == id {
			return s.Cols[i].ID
		}
	}
	return 0
}

// tableSize estimates rows and pages. A table without figures counts as PostgreSQL's never analyzed table: ten pages.
func (o *optimizer) tableSize(t *catalog.Table) (rows, npages float64, s *stats.Table) {
	width := 0
	for _, c := range t.Columns {
		width += estimate.TypeWidth(c.Type)
	}
	density := math.Floor(float64(pageBytes-pageHeader) / float64(width+tupleHeader+itemPointer))
	density = max(density, 1)
	if o.opts.Stats != nil {
		s, _ = o.opts.Stats.Table(t)
	}
	if s == nil {
		return 10 * density, 10, nil
	}
	rows = s.Rows
	if !s.Analyzed {
		rows = max(rows, 10*density)
	}
	npages = math.Ceil(rows / density)
	return max(rows, 1), max(npages, 1), s
}

// planScan makes the paths of a table with conditions on it.
func (o *optimizer) planScan(scan *logical.Scan, conds []expr.Expr) *rel {
	if scan.Table.Virtual != nil {
		return o.planVirtual(scan, conds)
	}
	if scan.Inherit || scan.Table.Key != nil {
		return o.planTree(scan, conds)
	}
	scan = o.foldIndexExprs(scan)
	tuples, npages, st := o.tableSize(scan.Table)
	for i := range scan.Cols {
		c := &scan.Cols[i]
		if ord := scan.Table.Ordinal(c.Attr); ord >= 0 {
			o.est.Note(c.ID, scan, scan.Table.Columns[ord], tuples, st)
		}
	}
	cols := scan.Columns()
	base := &baseRel{scan: scan, conds: conds, tuples: tuples, pages: npages, own: setOf(cols)}
	r := &rel{cols: cols, width: o.scanWidth(scan, st), base: base, fixed: fixedColumns(conds)}
	r.rows = clampRows(tuples * o.est.Selectivity(conds))
	o.est.Size(scan, tuples, r.rows, conds)
	var unique *path
	for _, x := range base.readableIndexes(conds) {
		if m := o.matchIndex(base, x, conds); m != nil && m.searches != nil {
			o.bitmapOf(r, m)
		} else if m != nil {
			p := o.indexPath(r, m)
			if m.unique {
				unique = p
				r.rows = 1
				break
			}
			r.add(p)
			o.bitmapOf(r, m)
		}
		if m := o.matchSkip(base, x, conds); m != nil {
			r.add(o.indexPathDir(r, m, false))
		}
	}
	if unique != nil {
		// At most one row, whatever the estimates of a table that may grow say.
		r.paths = []*path{unique}
		return r
	}
	o.bitmapPaths(r)
	r.add(o.seqPath(r))
	return r
}

// foldIndexExprs folds constants in the expressions of indexes and statistics objects, as they are folded in the conditions that are compared with them.
func (o *optimizer) foldIndexExprs(s *logical.Scan) *logical.Scan {
	if len(s.IndexExprs) == 0 && len(s.Statistics) == 0 {
		return s
	}
	c := *s
	c.Statistics = make([][]expr.Expr, len(s.Statistics))
	for i, es := range s.Statistics {
		for _, e := range es {
			c.Statistics[i] = append(c.Statistics[i], o.fold(e))
		}
	}
	c.IndexExprs = make([]expr.Expr, len(s.IndexExprs))
	for i, e := range s.IndexExprs {
		c.IndexExprs[i] = o.fold(e)
	}
	return &c
}

func (o *optimizer) scanWidth(s *logical.Scan, st *stats.Table) int {
	w := 0
	for i := range s.Cols {
		c := &s.Cols[i]
		if st != nil && st.Columns[c.Attr] != nil && st.Columns[c.Attr].Width > 0 {
			w += st.Columns[c.Attr].Width
			continue
		}
		w += estimate.TypeWidth(c.T)
	}
	if s.RowID != 0 {
		w += 6
	}
	return w
}

// readableIndexes are the indexes that a scan with these conditions may use: partial ones if the conditions imply their predicates.
func (b *baseRel) readableIndexes(conds []expr.Expr) []*catalog.Index {
	if b.readable == nil {
		all := b.scan.Table.AllIndexes()
		b.readable = make([]*catalog.Index, 0, len(all))
		for _, x := range all {
			if !x.Building && len(x.Columns) > 0 {
				b.readable, b.partial = append(b.readable, x), b.partial || x.Predicate != ""
			}
		}
	}
	if !b.partial {
		return b.readable
	}
	var out []*catalog.Index
	for _, x := range b.readable {
		if x.Predicate == "" || predicate.Implies(conds, b.indexExpr(x, -1)) {
			out = append(out, x)
		}
	}
	return out
}

// indexExpr is key column key of x, an expression, or the predicate of x if key is -1, over the columns of the scan.
func (b *baseRel) indexExpr(x *catalog.Index, key int) expr.Expr {
	for i, e := range b.scan.Table.IndexExprs() {
		if e.Index == x && e.Key == key && i < len(b.scan.IndexExprs) {
			return b.scan.IndexExprs[i]
		}
	}
	return nil
}

// keyExpr is what key column key of x holds over the columns of the scan, nil if the scan does not show it.
func (b *baseRel) keyExpr(x *catalog.Index, key int) expr.Expr {
	kc := x.Columns[key]
	if kc.Column == 0 {
		return b.indexExpr(x, key)
	}
	for i := range b.scan.Cols {
		if b.scan.Cols[i].Attr == kc.Column {
			return b.column(i)
		}
	}
	return nil
}

// column is a reference to column i of the scan.
func (b *baseRel) column(i int) *expr.Var {
	if b.vars == nil {
		b.vars = make([]*expr.Var, len(b.scan.Cols))
	}
	if b.vars[i] == nil {
		b.vars[i] = varOf(b.scan.Cols[i])
	}
	return b.vars[i]
}

// isKey reports whether e is the column or the expression key.
func isKey(e, key expr.Expr) bool {
	if v, ok := key.(*expr.Var); ok {
		x, ok := estimate.BareVar(e)
		return ok && x.ID == v.ID
	}
	return expr.Equal(e, key)
}

func (o *optimizer) seqPath(r *rel) *path {
	c, b := &o.opts.Costs, r.base
	p := &path{rows: r.rows, width: r.width}
	p.total = b.pages*c.SeqPage + b.tuples*(c.CPUTuple+c.qualCost(b.conds))
	if !o.opts.Settings.EnableSeqScan {
		p.startup += disabledCost
		p.total += disabledCost
	}
	p.build = func(bd *builder) (plan.Node, []logical.Column) {
		s := &plan.SeqScan{Info: p.info(r.cols), Table: b.scan.Table, Alias: b.scan.Alias, Cols: ordinals(b.scan)}
		s.Filter = bd.cond(b.conds, r.cols)
		s.Splits = o.splits(b)
		return s, r.cols
	}
	return p
}

const (
	splitRows = 5000 // a smaller table is not worth several workers
	splitsMax = 64
)

// splits are values of the first column of the primary key that cut a large table into parts of about equal size.
func (o *optimizer) splits(b *baseRel) []types.Datum {
	x := b.scan.Table.Primary
	if b.tuples < splitRows || x == nil || len(x.Columns) == 0 || x.Columns[0].Desc || o.opts.Stats == nil {
		return nil
	}
	st, ok := o.opts.Stats.Table(b.scan.Table)
	if !ok || st.Columns[x.Columns[0].Column] == nil {
		return nil
	}
	bounds := st.Columns[x.Columns[0].Column].Bounds
	n := min(splitsMax, len(bounds)-1)
	var out []types.Datum
	for i := 1; i < n; i++ {
		out = append(out, bounds[i*(len(bounds)-1)/n])
	}
	return out
}

// ordinals are the table columns of a scan's output, -1 for the row id.
func ordinals(s *logical.Scan) []int {
	out := make([]int, 0, len(s.Cols)+1)
	for i := range s.Cols {
		out = append(out, s.Table.Ordinal(s.Cols[i].Attr))
	}
	if s.RowID != 0 {
		out = append(out, -1)
	}
	return out
}

// indexMatch is how far conditions restrict an index.
type indexMatch struct {
	base      *baseRel
	index     *catalog.Index
	eq        []expr.Expr
	nullEq    []bool
	low, high expr.Expr
	lowIncl   bool
	highIncl  bool
	notNull   bool      // IS NOT NULL on the column after eq
	in        expr.Expr // array for the column after eq
	used      []expr.Expr
	implied   []expr.Expr // conditions that every entry of a partial index satisfies
	rest      []expr.Expr
	order     []ordKey
	ordered   bool // order is worth something although nothing is restricted
	unique    bool
	only      bool
	searches  []inverted.Found // of an inverted index, which has none of the above
	skip      bool             // the first key column is not restricted; eq and the range begin with the second
	// atLeast is how many rows a look-up finds, if that is more than its conditions let expect.
	atLeast float64
}

// matchIndex finds the key range of an index for conds, or what to search an inverted index for; nil if the index is of no use.
func (o *optimizer) matchIndex(b *baseRel, x *catalog.Index, conds []expr.Expr) *indexMatch {
	switch x.Method {
	case catalog.GIN:
		return o.matchInverted(b, x, conds)
	case "hash": // its entries have an order here, but nobody expects one of it
		if m := o.matchFrom(b, x, 0, conds); m != nil && (len(m.eq) > 0 || m.in != nil) && m.nullEq == nil {
			m.only, m.ordered, m.order = false, false, nil
			return m
		}
		return nil
	}
	return o.matchFrom(b, x, 0, conds)
}

// matchFrom matches the key columns from the first one on, 0 or (a skip scan) 1.
func (o *optimizer) matchFrom(b *baseRel, x *catalog.Index, first int, conds []expr.Expr) *indexMatch {
	m := indexMatch{base: b, index: x, skip: first > 0} // most are of no use, and stay on the stack
	var buf [16]bool
	taken := buf[:]
	if len(conds) > len(buf) {
		taken = make([]bool, len(conds))
	}
	nulls := false
	for k := first; k < len(x.Columns); k++ {
		key := b.keyExpr(x, k)
		if key == nil || !o.enabled(ruleIndexScan) {
			break
		}
		i, value := findEq(b, key, conds, taken)
		if i < 0 {
			if i = findIsNull(key, conds); i >= 0 {
				value, nulls = nullConst(key.Type()), true
			}
		}
		if i >= 0 {
			taken[i] = true
			_, isNullTest := conds[i].(*expr.IsNull)
			m.eq, m.nullEq = append(m.eq, value), append(m.nullEq, isNullTest)
			continue
		}
		if i, value = findIn(b, key, conds, taken); i >= 0 && !m.skip {
			taken[i] = true
			m.in = value
		} else {
			m.findRange(key, conds, taken)
		}
		break
	}
	if !nulls {
		m.nullEq = nil
	}
	m.unique = !m.skip && len(m.eq) == len(x.Columns) && (x.Unique || x.Primary) && !nulls
	m.only = coversScan(b.scan, x)
	if m.in == nil && !m.skip && !o.useful.empty() {
		m.order = o.indexOrder(b, x, len(m.eq))
	}
	m.ordered = o.usefulOrder(m.order) && o.enabled(ruleIndexOrder)
	if !m.ordered {
		m.order = nil
	}
	covers := m.only && !x.Primary && o.enabled(ruleIndexOnly)
	if !slices.Contains(taken, true) && x.Predicate == "" && !m.ordered && !covers {
		return nil
	}
	m.divide(conds, taken)
	if len(m.used)+len(m.implied) == 0 && !m.ordered && !covers {
		return nil
	}
	out := m
	return &out
}

// divide puts the conditions into those that were taken for the index, those that every entry satisfies, and the rest.
func (m *indexMatch) divide(conds []expr.Expr, taken []bool) {
	var pred []expr.Expr
	if m.index.Predicate != "" {
		pred = expr.Conjuncts(m.base.indexExpr(m.index, -1), nil)
	}
	for i, c := range conds {
		switch {
		case taken[i]:
			m.used = append(m.used, c)
		case slices.ContainsFunc(pred, func(p expr.Expr) bool { return expr.Equal(p, c) }):
			m.implied = append(m.implied, c)
		default:
			m.rest = append(m.rest, c)
		}
	}
}

// matchSkip is a match of the second key column on, for an index whose first column has few values and no condition.
func (o *optimizer) matchSkip(b *baseRel, x *catalog.Index, conds []expr.Expr) *indexMatch {
	if len(x.Columns) < 2 || x.Inverted() || !o.enabled(ruleSkipScan) || o.firstValues(b, x) == 0 {
		return nil
	}
	if m := o.matchIndex(b, x, conds); m != nil && len(m.used) > 0 {
		return nil
	}
	m := o.matchFrom(b, x, 1, conds)
	if m == nil || len(m.used) == 0 || m.nullEq != nil {
		return nil
	}
	return m
}

// firstValues is the number of values of an index's first column, 0 if it is not known.
func (o *optimizer) firstValues(b *baseRel, x *catalog.Index) float64 {
	if o.opts.Stats == nil {
		return 0
	}
	st, ok := o.opts.Stats.Table(b.scan.Table)
	if !ok || st.Columns[x.Columns[0].Column] == nil {
		return 0
	}
	n := st.Columns[x.Columns[0].Column].Distinct
	if n < 0 {
		n *= -b.tuples
	}
	return max(1, n) + 1 // and NULL
}

// indexValue takes apart a condition on the key column key of an index whose other side may be a value of it.
func indexValue(b *baseRel, key, c expr.Expr) (op string, value expr.Expr, ok bool) {
	call, isCall := c.(*expr.Call)
	if !isCall || len(call.Args) != 2 || !estimate.IsComparison(call.Op) || call.Fn.Volatility == expr.Volatile {
		return "", nil, false
	}
	for i, a := range call.Args {
		if !isKey(a, key) {
			continue
		}
		other := call.Args[1-i]
		if !b.keyValue(key.Type(), a.Type(), other) {
			return "", nil, false
		}
		if i == 0 {
			return call.Op, other, true
		}
		return estimate.Flip(call.Op), other, true
	}
	return "", nil, false
}

// keyValue reports whether value, compared as type cmp with a column of type col, can be encoded as a key of the column.
func (b *baseRel) keyValue(col, cmp types.T, value expr.Expr) bool {
	if !predicate.SameFamily(col.OID, cmp.OID) || !predicate.SameFamily(col.OID, value.Type().OID) {
		return false
	}
	return !volatile(value) && !colsOf(value).intersects(b.own) && !collated(value)
}

func collated(e expr.Expr) bool {
	found := false
	expr.Walk(e, func(e expr.Expr) bool {
		_, is := e.(*expr.Collate)
		found = found || is
		return !found
	})
	return found
}

func findEq(b *baseRel, key expr.Expr, conds []expr.Expr, taken []bool) (int, expr.Expr) {
	for i, c := range conds {
		if taken[i] {
			continue
		}
		if op, v, ok := indexValue(b, key, c); ok && op == "=" {
			return i, v
		}
		if key.Type().OID != types.BoolOID {
			continue
		}
		// A boolean column by itself is col = true.
		if isKey(c, key) {
			return i, boolConst(true)
		}
		if n, ok := c.(*expr.Not); ok && isKey(n.Arg, key) {
			return i, boolConst(false)
		}
	}
	return -1, nil
}

func findIsNull(key expr.Expr, conds []expr.Expr) int {
	for i, c := range conds {
		if t, ok := c.(*expr.IsNull); ok && !t.Not && !t.Row && expr.Equal(t.Arg, key) {
			return i
		}
	}
	return -1
}

// findIn finds col = ANY (array).
func findIn(b *baseRel, key expr.Expr, conds []expr.Expr, taken []bool) (int, expr.Expr) {
	for i, c := range conds {
		s, ok := c.(*expr.ScalarArray)
		if !ok || taken[i] || s.All || s.OpSym != "=" {
			continue
		}
		if !isKey(s.Left, key) {
			continue
		}
		of, elem := key.Type().OID, types.ElemOf(s.Right.Type().OID)
		if elem != 0 && predicate.SameFamily(of, elem) && predicate.SameFamily(of, s.Left.Type().OID) && !volatile(s.Right) &&
			!colsOf(s.Right).intersects(b.own) {
			return i, s.Right
		}
	}
	return -1, nil
}

// findRange takes at most one lower and one upper bound for a key column, and IS NOT NULL.
func (m *indexMatch) findRange(key expr.Expr, conds []expr.Expr, taken []bool) {
	for i, c := range conds {
		if t, ok := c.(*expr.IsNull); ok && t.Not && !t.Row && !taken[i] && expr.Equal(t.Arg, key) {
			m.notNull, taken[i] = true, true
			continue
		}
		op, v, ok := indexValue(m.base, key, c)
		if !ok || taken[i] {
			continue
		}
		switch {
		case op[0] == '>' && m.low == nil:
			m.low, m.lowIncl, taken[i] = v, op == ">=", true
		case op[0] == '<' && m.high == nil:
			m.high, m.highIncl, taken[i] = v, op == "<=", true
		}
	}
}

// coversScan reports whether the index's entries have every column that the scan reads.
func coversScan(s *logical.Scan, x *catalog.Index) bool {
	for i := range s.Cols {
		if !coversColumn(s.Table, x, s.Cols[i].Attr) {
			return false
		}
	}
	return true
}

func coversColumn(t *catalog.Table, x *catalog.Index, id catalog.ColumnID) bool {
	for _, kc := range x.Columns {
		if kc.Column == id {
			return true
		}
	}
	for _, c := range x.Include {
		if c == id {
			return true
		}
	}
	if t.Primary != nil && t.Primary != x {
		for _, kc := range t.Primary.Columns {
			if kc.Column == id {
				return true
			}
		}
	}
	return false
}

// indexPath is a scan of a match; if its order may be of use, the forward one is added to r and the reverse one returned.
func (o *optimizer) indexPath(r *rel, m *indexMatch) *path {
	if m.ordered && !m.unique {
		r.add(o.indexPathDir(r, m, false))
		return o.indexPathDir(r, m, true)
	}
	return o.indexPathDir(r, m, false)
}

func (o *optimizer) indexPathDir(r *rel, m *indexMatch, reverse bool) *path {
	p := &path{rows: r.rows, width: r.width, order: m.order}
	if m.unique {
		p.rows = 1
	}
	if reverse {
		p.order = make([]ordKey, len(m.order))
		for i, k := range m.order {
			k.desc, k.nullsFirst = !k.desc, !k.nullsFirst
			p.order[i] = k
		}
	}
	o.costIndex(p, m)
	p.build = func(bd *builder) (plan.Node, []logical.Column) { return bd.indexScan(p, m, r.cols, reverse), r.cols }
	return p
}

// costIndex is PostgreSQL's btree cost, with the rows of a primary key lying in the order of the key.
func (o *optimizer) costIndex(p *path, m *indexMatch) {
	c, b := &o.opts.Costs, m.base
	entries := clampRows(b.tuples * o.est.Selectivity(m.implied)) // of the index
	sel := o.est.Selectivity(m.satisfied())
	tuples := clampRows(b.tuples * sel)
	switch {
	case m.unique:
		tuples = 1
		sel = 1 / b.tuples
	case m.atLeast > tuples:
		tuples = m.atLeast
		sel = tuples / b.tuples
	}
	indexPages := max(1, math.Ceil(entries*float64(m.keyWidth()+16)/(pageBytes*0.9)))
	height := math.Floor(math.Log(max(indexPages, 1)) / math.Log(300))
	descent := math.Ceil(math.Log2(max(b.tuples, 2)))*c.CPUOper + (height+1)*50*c.CPUOper
	startup := descent
	searches := 1.0
	if m.in != nil {
		searches = max(1, estimate.ArrayLength(m.in))
		descent *= searches
	}
	if m.skip {
		searches = 2 * o.firstValues(b, m.index)
		startup, descent = descent, descent*searches
	}
	leaf := max(1, math.Ceil(indexPages*min(1, sel*b.tuples/entries)))
	total := descent + leaf*c.RandomPage + tuples*(c.CPUIndexTuple+c.qualCost(m.used))
	covered := m.only && o.enabled(ruleIndexOnly)
	if !covered {
		total += o.heapCost(m, tuples, sel)
	}
	total += tuples * (c.CPUTuple + c.qualCost(m.rest))
	p.startup, p.total = startup, total
	if !o.opts.Settings.EnableIndexScan || covered && !o.opts.Settings.EnableIndexOnlyScan {
		p.startup += disabledCost
		p.total += disabledCost
	}
}

// satisfied are the conditions that all entries read satisfy.
func (m *indexMatch) satisfied() []expr.Expr {
	if len(m.implied) == 0 {
		return m.used
	}
	return append(m.implied[:len(m.implied):len(m.implied)], m.used...)
}

// heapCost is the cost of fetching the rows that index entries point to.
func (o *optimizer) heapCost(m *indexMatch, tuples, sel float64) float64 {
	c, b := &o.opts.Costs, m.base
	inOrder := math.Ceil(sel * b.pages)
	best := 0.0
	if inOrder > 0 {
		best = c.RandomPage + (inOrder-1)*c.SeqPage
	}
	if m.index.Primary {
		return best
	}
	// Mackert and Lohman's formula while everything fits in the cache.
	fetched := min(2*b.pages*tuples/(2*b.pages+tuples), b.pages)
	worst := math.Ceil(fetched) * c.RandomPage
	corr := 0.0
	if id := scanColumn(b.scan, m.index.Columns[0].Column); id != 0 {
		if ci := o.est.Column(id); ci != nil && ci.Stats != nil {
			corr = ci.Stats.Correlation
		}
	}
	return worst + corr*corr*(best-worst)
}

func (m *indexMatch) keyWidth() int {
	w := 0
	for _, kc := range m.index.Columns {
		if col := m.base.scan.Table.ColumnByID(kc.Column); col != nil {
			w += estimate.TypeWidth(col.Type)
		}
	}
	return w
}

// planVirtual reads a built-in table.
func (o *optimizer) planVirtual(scan *logical.Scan, conds []expr.Expr) *rel {
	const rows = 1000
	cols := scan.Columns()
	r := &rel{cols: cols, width: widthOf(cols), rows: clampRows(rows * o.est.Selectivity(conds)), fixed: fixedColumns(conds)}
	p := &path{rows: r.rows, width: r.width, total: 10 + rows*(o.opts.Costs.CPUTuple+o.opts.Costs.qualCost(conds))}
	own := setOf(cols)
	p.build = func(bd *builder) (plan.Node, []logical.Column) {
		s := &plan.VirtualScan{Info: p.info(cols), Table: scan.Table, Alias: scan.Alias, Cols: ordinals(scan)}
		b := &baseRel{scan: scan, own: own}
		for _, c := range scan.Cols {
			if i, v := findEq(b, varOf(c), conds, make([]bool, len(conds))); i >= 0 && v.Type().OID == c.T.OID {
				if s.Eq == nil {
					s.Eq = map[int]expr.Expr{}
				}
				s.Eq[scan.Table.Ordinal(c.Attr)] = bd.expr(v, nil)
			}
		}
		s.Filter = bd.cond(conds, cols)
		return s, cols
	}
	r.add(p)
	return r
}

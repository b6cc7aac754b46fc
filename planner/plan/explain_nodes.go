package plan

import (
	"strconv"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

func tableColumn(alias string, table []*catalog.Column, cols []int, idx int) expr.Expr {
	c := &expr.Col{Idx: idx, Rel: alias, Name: "ctid"}
	if idx >= 0 && idx < len(cols) && cols[idx] >= 0 && cols[idx] < len(table) {
		c.Name, c.T = table[cols[idx]].Name, table[cols[idx]].Type
	}
	return c
}

// showsAsSubquery reports a projection that PostgreSQL would show as a Subquery Scan: one over a node that is not merged
// with the query around it.
func showsAsSubquery(p *Project) bool {
	if p.Alias == "" {
		return false
	}
	switch p.Input.(type) {
	case *SeqScan, *IndexScan, *BitmapScan, *VirtualScan, *HashJoin, *NestLoop, *LookupJoin, *MergeJoin, *FuncScan, *CTEScan, *Filter, *Project:
		return false
	}
	return true
}

// node makes the printed node of n.
func (x *explainer) node(n Node) *shownNode {
	switch n := n.(type) {
	case *Filter:
		return x.filter(n)
	case *Project:
		return x.project(n)
	case *With:
		s := x.node(n.Body)
		var ctes []*shownNode
		for _, c := range n.CTEs {
			k := x.node(c.Root)
			k.relation, k.label = "InitPlan", "CTE "+c.Name
			ctes = append(ctes, k)
		}
		s.kids = append(ctes, s.kids...)
		return s
	}
	s := &shownNode{info: n.Base(), id: n.Base().ID}
	if !x.source(s, n) && !x.join(s, n) && !x.upper(s, n) {
		x.statement(s, n)
	}
	if s.title == "" {
		s.title = s.nodeType
	}
	if x.o.Verbose {
		x.output(s, n)
	}
	return s
}

// output adds VERBOSE's Output line.
func (x *explainer) output(s *shownNode, n Node) {
	var out []string
	for i := range n.Types() {
		e := x.resolve(n, i)
		switch n.(type) {
		case *Sort, *Limit, *Distinct, *HashJoin, *NestLoop, *LookupJoin, *Materialize, *LockRows, *Append, *SetOp:
			e = x.reference(n, i)
		}
		out = append(out, x.format(e))
	}
	if len(out) > 0 {
		s.addFirst("Output", out)
	}
}

// filter shows a filter as part of the node below; a one-time filter is a Result.
func (x *explainer) filter(n *Filter) *shownNode {
	if n.OneTime {
		s := &shownNode{nodeType: "Result", title: "Result", info: &n.Info, id: n.ID}
		s.add("One-Time Filter", x.cond(n.Cond, n.Input))
		if v, ok := n.Input.(*Values); !ok || len(v.Rows) > 0 {
			s.kids = append(s.kids, x.node(n.Input))
			s.kids[0].relation = "Outer"
			x.attach(n.Input, s.kids[0])
		}
		return s
	}
	s := x.node(n.Input)
	s.info, s.id = &n.Info, n.ID
	s.add("Filter", x.cond(n.Cond, n.Input))
	x.removed(s, "Rows Removed by Filter", n.ID)
	return s
}

// removed adds the number of rows that a filter dropped, per loop.
func (x *explainer) removed(s *shownNode, key string, id int) {
	if !x.o.Analyze || x.o.Actual == nil || id < 0 {
		return
	}
	a := x.o.Actual(id)
	if a.Removed > 0 && a.Loops > 0 {
		s.add(key, int64(float64(a.Removed)/float64(a.Loops)+0.5))
	}
}

// rechecked shows how many rows the test of a bitmap's condition removed.
func (x *explainer) rechecked(s *shownNode, id int) {
	if !x.o.Analyze || x.o.Actual == nil || id < 0 {
		return
	}
	if a := x.o.Actual(id); a.Rechecked > 0 && a.Loops > 0 {
		s.add("Rows Removed by Index Recheck", int64(float64(a.Rechecked)/float64(a.Loops)+0.5))
	}
}

// project is shown by the node below, which computes it, except where PostgreSQL has a node of its own.
func (x *explainer) project(n *Project) *shownNode {
	if showsAsSubquery(n) {
		in := x.node(n.Input)
		in.relation = "Subquery"
		x.attach(n.Input, in)
		s := &shownNode{nodeType: "Subquery Scan", title: "Subquery Scan on " + expr.QuoteIdent(n.Alias), info: &n.Info, id: n.ID,
			kids: []*shownNode{in}}
		s.fact("Alias", n.Alias)
		return s
	}
	computes := false
	for _, e := range n.Exprs {
		if _, ok := e.(*expr.Col); !ok {
			computes = true
		}
	}
	if computes {
		switch n.Input.(type) {
		case *Limit, *Sort, *Distinct, *Append, *SetOp, *LockRows, *Materialize:
			in := x.node(n.Input)
			in.relation = "Outer"
			x.attach(n.Input, in)
			return &shownNode{nodeType: "Result", title: "Result", info: &n.Info, id: n.ID, kids: []*shownNode{in}}
		}
	}
	s := x.node(n.Input)
	s.info, s.id = &n.Info, n.ID
	if x.o.Verbose {
		for i := range s.props {
			if s.props[i].key == "Output" {
				s.props = append(s.props[:i], s.props[i+1:]...)
				break
			}
		}
		x.output(s, n)
	}
	return s
}

func (x *explainer) on(s *shownNode, nodeType string, t *catalog.Table, alias string) {
	s.nodeType = nodeType
	name := expr.QuoteIdent(t.Name)
	if x.o.Verbose && x.o.Schema != nil {
		name = expr.QuoteIdent(x.o.Schema(t.Schema)) + "." + name
		s.fact("Relation Name", t.Name)
		s.fact("Schema", x.o.Schema(t.Schema))
	} else {
		s.fact("Relation Name", t.Name)
	}
	if alias == "" {
		alias = t.Name
	}
	s.fact("Alias", alias)
	if s.title == "" {
		s.title = nodeType
	}
	s.title += " on " + name
	if alias != t.Name {
		s.title += " " + expr.QuoteIdent(alias)
	}
}

func (x *explainer) source(s *shownNode, n Node) bool {
	switch n := n.(type) {
	case *SeqScan:
		x.on(s, "Seq Scan", n.Table, x.names[n])
		x.scanFilter(s, n.Filter, n)
	case *IndexScan:
		x.indexScan(s, n)
	case *BitmapScan:
		x.bitmapScan(s, n)
	case *VirtualScan:
		x.on(s, "Seq Scan", n.Table, x.names[n])
		x.scanFilter(s, n.Filter, n)
	case *Values:
		s.nodeType = "Result"
		if n.Alias != "" || len(n.Rows) > 1 {
			alias := n.Alias
			if alias == "" {
				alias = "*VALUES*"
			}
			s.nodeType, s.title = "Values Scan", "Values Scan on "+expr.QuoteIdent(alias)
			s.fact("Alias", alias)
		}
	case *FuncScan:
		x.funcScan(s, n)
	case *CTEScan:
		x.cteScan(s, "CTE Scan", n.Name, x.names[n])
		x.scanFilter(s, n.Filter, n)
	case *WorkTableScan:
		x.cteScan(s, "WorkTable Scan", n.Name, x.names[n])
		x.scanFilter(s, n.Filter, n)
	default:
		return false
	}
	return true
}

func (x *explainer) scanFilter(s *shownNode, e expr.Expr, n Node) {
	if e != nil {
		s.add("Filter", x.scanCond(e, n))
		x.removed(s, "Rows Removed by Filter", n.Base().ID)
	}
}

func (x *explainer) cteScan(s *shownNode, nodeType, name, alias string) {
	s.nodeType, s.title = nodeType, nodeType+" on "+expr.QuoteIdent(name)
	s.fact("CTE Name", name)
	if alias != "" && alias != name {
		s.title += " " + expr.QuoteIdent(alias)
	}
	if alias == "" {
		alias = name
	}
	s.fact("Alias", alias)
}

func (x *explainer) funcScan(s *shownNode, n *FuncScan) {
	s.nodeType = "Function Scan"
	name := ""
	if len(n.Calls) == 1 {
		if c, ok := n.Calls[0].(*expr.Call); ok {
			name = c.Fn.Name
			s.fact("Function Name", name)
		}
	}
	s.fact("Alias", n.Alias)
	s.title = "Function Scan on "
	switch {
	case name == "":
		s.title += expr.QuoteIdent(n.Alias)
	case x.o.Verbose:
		s.title += "pg_catalog." + expr.QuoteIdent(name)
	default:
		s.title += expr.QuoteIdent(name)
	}
	if name != "" && n.Alias != name && n.Alias != "" {
		s.title += " " + expr.QuoteIdent(n.Alias)
	}
	if x.o.Verbose {
		var calls []string
		for _, c := range n.Calls {
			calls = append(calls, x.format(x.replace(c, func(c *expr.Col) expr.Expr { return c })))
		}
		s.add("Function Call", calls)
	}
	x.scanFilter(s, n.Filter, n)
}

// covered reports a scan of the primary index that reads key columns only.
func covered(n *IndexScan) bool {
	if n.IndexOnly {
		return true
	}
	if n.Index != n.Table.Primary || len(n.Cols) == 0 {
		return false
	}
	for _, ord := range n.Cols {
		key := false
		for _, c := range n.Index.Columns {
			key = key || ord >= 0 && n.Table.Columns[ord].ID == c.Column
		}
		if !key {
			return false
		}
	}
	return true
}

func (x *explainer) indexScan(s *shownNode, n *IndexScan) {
	s.nodeType = "Index Scan"
	if covered(n) {
		s.nodeType = "Index Only Scan"
	}
	s.title = s.nodeType
	direction := "Forward"
	if n.Reverse {
		s.title += " Backward"
		direction = "Backward"
	}
	s.title += " using " + expr.QuoteIdent(n.Index.Name)
	s.fact("Scan Direction", direction)
	s.fact("Index Name", n.Index.Name)
	x.on(s, s.nodeType, n.Table, x.names[n])
	if n.IndexCond != nil {
		s.add("Index Cond", x.print(x.replace(n.IndexCond, func(c *expr.Col) expr.Expr {
			if k := len(n.Cols); c.Idx >= k {
				return x.otherSide(n, c.Idx-k)
			}
			return x.resolve(n, c.Idx)
		}), x.o.Verbose))
	}
	x.scanFilter(s, n.Filter, n)
	if s.nodeType == "Index Only Scan" && x.o.Analyze && x.o.Actual != nil {
		s.add("Heap Fetches", x.o.Actual(n.ID).HeapFetches)
	}
}

// bitmapScan shows the union of index scans as PostgreSQL does.
func (x *explainer) bitmapScan(s *shownNode, n *BitmapScan) {
	x.on(s, "Bitmap Heap Scan", n.Table, x.names[n])
	s.add("Recheck Cond", x.scanCond(n.Cond, n))
	x.rechecked(s, n.ID)
	x.scanFilter(s, n.Filter, n)
	if len(n.Scans) == 1 {
		k := x.bitmapIndexScan(n, n.Scans[0])
		k.relation = "Outer"
		s.kids = append(s.kids, k)
		return
	}
	or := &shownNode{nodeType: "BitmapOr", title: "BitmapOr", relation: "Outer", info: &Info{}, id: -1}
	for _, arm := range n.Scans {
		k := x.bitmapIndexScan(n, arm)
		k.relation = "Member"
		or.info.TotalCost += arm.TotalCost
		or.kids = append(or.kids, k)
	}
	s.kids = append(s.kids, or)
}

func (x *explainer) bitmapIndexScan(n *BitmapScan, arm *IndexScan) *shownNode {
	k := &shownNode{nodeType: "Bitmap Index Scan", info: &arm.Info, id: arm.ID}
	k.title = k.nodeType + " on " + expr.QuoteIdent(arm.Index.Name)
	k.fact("Index Name", arm.Index.Name)
	k.add("Index Cond", x.scanCond(arm.IndexCond, n))
	return k
}

// otherSide is a column of the left side of a look-up join, in the condition of the scan on its right: always qualified.
func (x *explainer) otherSide(n *IndexScan, idx int) expr.Expr {
	left := x.outer[n]
	if left == nil {
		return named("", &n.Info, -1)
	}
	e := x.reference(left, idx)
	if c, ok := e.(*expr.Col); ok {
		return &expr.ExecParam{T: c.T, Name: c.Name, Rel: c.Rel}
	}
	return e
}

var joinWords = map[logical.JoinKind]string{logical.InnerJoin: "Inner", logical.LeftJoin: "Left", logical.RightJoin: "Right",
	logical.FullJoin: "Full", logical.SemiJoin: "Semi", logical.AntiJoin: "Anti", logical.NullAntiJoin: "Anti"}

func joinTitle(s *shownNode, nodeType string, kind logical.JoinKind) {
	s.nodeType = nodeType
	s.fact("Join Type", joinWords[kind])
	s.title = nodeType
	switch {
	case kind == logical.InnerJoin && nodeType != "Nested Loop":
		s.title += " Join"
	case kind != logical.InnerJoin:
		s.title += " " + joinWords[kind] + " Join"
	}
}

func (x *explainer) child(s *shownNode, relation string, n Node) *shownNode {
	k := x.node(n)
	k.relation = relation
	x.attach(n, k)
	s.kids = append(s.kids, k)
	return k
}

func (x *explainer) join(s *shownNode, n Node) bool {
	switch n := n.(type) {
	case *HashJoin:
		joinTitle(s, "Hash", n.Kind)
		s.nodeType = "Hash Join"
		x.child(s, "Outer", n.Left)
		hash := &shownNode{nodeType: "Hash", title: "Hash", relation: "Inner", id: n.Right.Base().ID}
		in := *n.Right.Base()
		in.StartupCost = in.TotalCost
		hash.info = &in
		x.hashTable(hash, n.ID)
		x.child(hash, "Outer", n.Right)
		s.kids = append(s.kids, hash)
		if len(n.LeftKeys) > 0 {
			s.add("Hash Cond", x.keysCond(n.Left, n.Right, n.LeftKeys, n.RightKeys, n.Eq))
		}
		x.joinFilter(s, n.Residual, n, n.Left, n.Right)
	case *NestLoop:
		joinTitle(s, "Nested Loop", n.Kind)
		x.child(s, "Outer", n.Left)
		x.child(s, "Inner", n.Right)
		if len(n.Slots) == 0 && n.Right.Base().Rows > 1 {
			x.materialize(s, n.Right)
		}
		x.joinFilter(s, n.On, n, n.Left, n.Right)
	case *LookupJoin:
		joinTitle(s, "Nested Loop", n.Kind)
		x.outer[n.Inner] = n.Left
		x.child(s, "Outer", n.Left)
		x.child(s, "Inner", n.Inner)
		x.joinFilter(s, n.On, n, n.Left, n.Inner)
	case *MergeJoin:
		joinTitle(s, "Merge", n.Kind)
		s.nodeType = "Merge Join"
		x.child(s, "Outer", n.Left)
		x.child(s, "Inner", n.Right)
		s.add("Merge Cond", x.keysCond(n.Left, n.Right, n.LeftKeys, n.RightKeys, n.Eq))
		x.joinFilter(s, n.Residual, n, n.Left, n.Right)
	default:
		return false
	}
	return true
}

// hashTable says how large the table of a hash join became. It begins in one batch; one that is too large goes to files.
func (x *explainer) hashTable(s *shownNode, join int) {
	if !x.o.Analyze || x.o.Actual == nil {
		return
	}
	a := x.o.Actual(join)
	if a.Buckets == 0 {
		return
	}
	s.spilled = (a.DiskBytes + 8191) / 8192
	batches := strconv.FormatInt(a.Batches, 10)
	text := "Buckets: " + strconv.FormatInt(a.Buckets, 10)
	if a.Batches > 1 {
		text += " (originally " + strconv.FormatInt(a.Buckets, 10) + ")"
		batches += " (originally 1)"
	}
	s.props = append(s.props, fact{text: text + "  Batches: " + batches + "  Memory Usage: " + kilobytes(a.MemoryBytes) + "kB", parts: []fact{
		{key: "Hash Buckets", value: a.Buckets}, {key: "Original Hash Buckets", value: a.Buckets}, {key: "Hash Batches", value: a.Batches},
		{key: "Original Hash Batches", value: int64(1)}, {key: "Peak Memory Usage", value: (a.MemoryBytes + 1023) / 1024}}})
}

// materialize shows that a nested loop keeps the rows of its right side.
func (x *explainer) materialize(s *shownNode, n Node) {
	switch n.(type) {
	case *Materialize, *Values, *CTEScan, *FuncScan:
		return
	}
	last := len(s.kids) - 1
	in := *s.kids[last].info
	in.TotalCost += in.Rows * 0.005
	m := &shownNode{nodeType: "Materialize", title: "Materialize", info: &in, id: n.Base().ID, relation: "Inner", kids: []*shownNode{s.kids[last]}}
	s.kids[last].relation = "Outer"
	s.kids[last] = m
}

// joinFilter prints a join's condition beyond its keys, over left and right columns.
func (x *explainer) joinFilter(s *shownNode, e expr.Expr, n, l, r Node) {
	if e == nil {
		return
	}
	s.add("Join Filter", x.format(x.replace(e, func(c *expr.Col) expr.Expr {
		if k := len(l.Types()); c.Idx >= k {
			return x.reference(r, c.Idx-k)
		}
		return x.reference(l, c.Idx)
	})))
	x.removed(s, "Rows Removed by Join Filter", n.Base().ID)
}

// keysCond prints (l = r) AND … of a hash or merge join.
func (x *explainer) keysCond(left, right Node, lkeys, rkeys []expr.Expr, eq []*expr.Func) string {
	var terms []expr.Expr
	for i := range lkeys {
		var fn *expr.Func
		if i < len(eq) {
			fn = eq[i]
		}
		l, r := x.above(unlabel(lkeys[i]), left), x.above(unlabel(rkeys[i]), right)
		terms = append(terms, &expr.Call{Fn: fn, Op: "=", Form: expr.FormOperator, Args: []expr.Expr{l, r}})
	}
	return x.format(expr.Conjunction(terms))
}

// unlabel takes off the relabelling that makes keys equal types where PostgreSQL has operators for such pairs: not for varchar.
func unlabel(e expr.Expr) expr.Expr {
	if r, ok := e.(*expr.Relabel); ok && r.Implicit && r.Arg.Type().OID != types.VarcharOID {
		return r.Arg
	}
	return e
}

// indexes prints positions of n's output.
func (x *explainer) indexes(cols []int, n Node, reference bool) []string {
	var out []string
	for _, c := range cols {
		e := x.resolve(n, c)
		if reference {
			e = x.reference(n, c)
		}
		out = append(out, x.format(e))
	}
	return out
}

func isSort(n Node) bool {
	_, ok := n.(*Sort)
	return ok
}

func (x *explainer) upper(s *shownNode, n Node) bool {
	switch n := n.(type) {
	case *Aggregate:
		x.aggregate(s, n)
	case *Distinct:
		s.nodeType = "Unique"
		if !n.Sorted {
			s.nodeType = "Aggregate"
			s.title = "HashAggregate"
			s.fact("Strategy", "Hashed")
			s.fact("Partial Mode", "Simple")
			s.add("Group Key", x.indexes(n.Cols, n.Input, false))
			x.groupTable(s, n.ID)
		}
		x.child(s, "Outer", n.Input)
	case *Sort:
		x.sort(s, n)
	case *Limit:
		s.nodeType = "Limit"
		x.child(s, "Outer", n.Input)
	case *ProjectSet:
		s.nodeType = "ProjectSet"
		x.child(s, "Outer", n.Input)
	case *Window:
		s.nodeType = "WindowAgg"
		x.child(s, "Outer", n.Input)
	case *Append:
		x.appendNode(s, n)
	case *SetOp:
		s.nodeType = "SetOp"
		command := map[logical.SetOpKind]string{logical.Intersect: "Intersect", logical.Except: "Except", logical.Union: "Union"}[n.Kind]
		if n.All {
			command += " All"
		}
		s.title = "HashSetOp " + command
		s.fact("Strategy", "Hashed")
		s.fact("Command", command)
		x.child(s, "Outer", n.Left)
		x.child(s, "Inner", n.Right)
	case *RecursiveUnion:
		s.nodeType = "Recursive Union"
		x.child(s, "Outer", n.Start)
		x.child(s, "Inner", n.Recursive)
	case *Materialize:
		s.nodeType = "Materialize"
		x.child(s, "Outer", n.Input)
	case *LockRows:
		s.nodeType = "LockRows"
		x.child(s, "Outer", n.Input)
	default:
		return false
	}
	return true
}

// appendNode shows Append and Merge Append. Inputs that were pruned at each start are counted, not shown.
func (x *explainer) appendNode(s *shownNode, n *Append) {
	s.nodeType = "Append"
	if len(n.Keys) > 0 {
		s.nodeType = "Merge Append"
		s.add("Sort Key", x.sortKeys(n.Keys, n))
	}
	removed := int64(0)
	for i, c := range n.Inputs {
		if x.o.Pruned != nil && x.o.Pruned(n, i) {
			removed++
			continue
		}
		x.child(s, "Member", c)
	}
	if len(n.Prunes) > 0 && removed > 0 {
		s.add("Subplans Removed", removed)
	}
}

// targets shows the tables of an inheritance tree that a statement changes.
func (x *explainer) targets(s *shownNode, t *Tree, alias string) {
	if t == nil {
		return
	}
	for i, l := range t.Tables {
		name := expr.QuoteIdent(l.Name)
		if x.o.Verbose && x.o.Schema != nil {
			name = expr.QuoteIdent(x.o.Schema(l.Schema)) + "." + name
		}
		if a := alias + "_" + strconv.Itoa(i+1); a != l.Name {
			name += " " + expr.QuoteIdent(a)
		}
		s.targets = append(s.targets, s.nodeType+" on "+name)
	}
}

func (x *explainer) aggregate(s *shownNode, n *Aggregate) {
	s.nodeType = "Aggregate"
	strategy := "Plain"
	switch {
	case n.Sorted && len(n.Groups) > 0:
		strategy, s.title = "Sorted", "GroupAggregate"
	case n.Sets != nil:
		strategy, s.title = "Mixed", "MixedAggregate"
	case len(n.Groups) > 0:
		strategy, s.title = "Hashed", "HashAggregate"
	}
	if len(n.Aggs) == 0 && n.Sorted && len(n.Groups) > 0 {
		s.nodeType, s.title = "Group", "Group"
	} else {
		s.fact("Strategy", strategy)
		s.fact("Partial Mode", "Simple")
	}
	switch {
	case n.Sets != nil:
		for _, set := range n.Sets {
			cols := make([]int, len(set))
			for i, g := range set {
				cols[i] = n.Groups[g]
			}
			if len(cols) == 0 {
				s.add("Group Key", "()")
			} else {
				s.add("Hash Key", x.indexes(cols, n.Input, isSort(n.Input)))
			}
		}
	case len(n.Groups) > 0:
		s.add("Group Key", x.indexes(n.Groups, n.Input, isSort(n.Input)))
	}
	if strategy == "Hashed" || strategy == "Mixed" {
		x.groupTable(s, n.ID)
	}
	x.child(s, "Outer", n.Input)
}

// groupTable shows what the groups of a node took.
func (x *explainer) groupTable(s *shownNode, id int) {
	if !x.o.Analyze || x.o.Actual == nil {
		return
	}
	a := x.o.Actual(id)
	if a.MemoryBytes == 0 {
		return
	}
	text := "Batches: " + strconv.FormatInt(max(a.Batches, 1), 10) + "  Memory Usage: " + kilobytes(a.MemoryBytes) + "kB"
	if a.DiskBytes > 0 {
		text += "  Disk Usage: " + kilobytes(a.DiskBytes) + "kB"
	}
	s.props = append(s.props, fact{text: text, parts: []fact{{key: "HashAgg Batches", value: max(a.Batches, 1)},
		{key: "Peak Memory Usage", value: (a.MemoryBytes + 1023) / 1024}, {key: "Disk Usage", value: (a.DiskBytes + 1023) / 1024}}})
	s.spilled = (a.DiskBytes + 8191) / 8192
}

func kilobytes(b int64) string { return strconv.FormatInt((b+1023)/1024, 10) }

func (x *explainer) sort(s *shownNode, n *Sort) {
	s.nodeType = "Sort"
	if n.Presorted > 0 {
		s.nodeType = "Incremental Sort"
	}
	s.add("Sort Key", x.sortKeys(n.Keys, n.Input))
	if n.Presorted > 0 {
		s.add("Presorted Key", x.sortKeys(n.Keys[:n.Presorted], n.Input))
	}
	if x.o.Analyze && x.o.Actual != nil {
		a := x.o.Actual(n.ID)
		if a.SortMethod != "" {
			space, bytes := "Memory", a.MemoryBytes
			if a.DiskBytes > 0 {
				space, bytes = "Disk", a.DiskBytes
			}
			s.props = append(s.props, fact{text: "Sort Method: " + a.SortMethod + "  " + space + ": " + kilobytes(bytes) + "kB", parts: []fact{
				{key: "Sort Method", value: a.SortMethod}, {key: "Sort Space Used", value: (bytes + 1023) / 1024}, {key: "Sort Space Type", value: space}}})
			s.spilled = (a.DiskBytes + 8191) / 8192
		}
	}
	x.child(s, "Outer", n.Input)
}

func (x *explainer) statement(s *shownNode, n Node) {
	switch n := n.(type) {
	case *Insert:
		x.on(s, "Insert", n.Table, n.Alias)
		if oc := n.OnConflict; oc != nil {
			resolution := "NOTHING"
			if oc.Update {
				resolution = "UPDATE"
			}
			s.add("Conflict Resolution", resolution)
			if oc.Arbiter != nil {
				s.add("Conflict Arbiter Indexes", []string{expr.QuoteIdent(oc.Arbiter.Name)})
			}
			if oc.Where != nil {
				s.add("Conflict Filter", x.format(x.replace(oc.Where, func(c *expr.Col) expr.Expr { return c })))
			}
			if x.o.Analyze && x.o.Actual != nil {
				a := x.o.Actual(n.ID)
				s.add("Tuples Inserted", a.Inserted)
				s.add("Conflicting Tuples", a.Conflicting)
			}
		}
		x.child(s, "Outer", n.Input)
	case *Update:
		x.on(s, "Update", n.Table, n.Alias)
		x.targets(s, n.Tree, n.Alias)
		x.targetInput(s, n.Tree != nil, n.Input, n.Key, n.Recheck)
	case *Merge:
		x.on(s, "Merge", n.Table, n.Alias)
		x.targets(s, &Tree{Tables: n.Tables}, n.Alias)
		x.child(s, "Outer", n.Input)
	case *Delete:
		x.on(s, "Delete", n.Table, n.Alias)
		x.targets(s, n.Tree, n.Alias)
		x.targetInput(s, false, n.Input, n.Key, n.Recheck)
	}
	operation := s.nodeType
	s.nodeType = "ModifyTable"
	s.facts = append([]fact{{key: "Operation", value: operation}}, s.facts...)
}

// targetInput shows where an UPDATE or DELETE takes its rows from; the point form shows the look-up that it does itself.
func (x *explainer) targetInput(s *shownNode, updates bool, in Node, key *IndexScan, recheck expr.Expr) {
	below := in
	if p, ok := below.(*Project); ok && p.Alias == "" {
		below = p.Input
	}
	if a, ok := below.(*Append); ok && updates { // what Append cannot compute PostgreSQL puts on top of it
		r := &shownNode{nodeType: "Result", title: "Result", relation: "Outer", info: a.Base(), id: a.ID}
		x.child(r, "Outer", in)
		s.kids = append(s.kids, r)
		return
	}
	if in != nil {
		x.child(s, "Outer", in)
		return
	}
	k := x.child(s, "Outer", key)
	if key.Filter == nil && recheck != nil {
		k.add("Filter", x.format(x.replace(recheck, func(c *expr.Col) expr.Expr { return c })))
	}
}

// attach shows the subplans that n's own expressions use: InitPlans before the inputs, SubPlans after.
func (x *explainer) attach(n Node, s *shownNode) {
	if x.shown == nil {
		x.shown = map[int]bool{}
	}
	var before, after []*shownNode
	for _, id := range subPlanIDs(n) {
		if x.shown[id] || id < 0 || id >= len(x.p.SubPlans) {
			continue
		}
		x.shown[id] = true
		sp := &x.p.SubPlans[id]
		k := x.node(sp.Root)
		x.attach(sp.Root, k)
		k.label = sp.Name
		if sp.InitPlan {
			k.relation = "InitPlan"
			before = append(before, k)
		} else {
			k.relation = "SubPlan"
			after = append(after, k)
		}
	}
	s.kids = append(append(before, s.kids...), after...)
}

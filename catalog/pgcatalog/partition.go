package pgcatalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// pgInherits lists the children of tables, and of the indexes of partitioned tables.
func pgInherits(q *query) error {
	emit := func(child, parent types.OID, seq int, detaching bool) error {
		return q.emit([]types.Datum{oid(child), oid(parent), num(seq), yes(detaching)})
	}
	of := func(t *catalog.Table) error {
		for i, p := range t.Parents {
			if err := emit(t.OID, p, i+1, t.Bound != nil && t.Bound.Detaching); err != nil {
				return err
			}
		}
		for _, x := range t.AllIndexes() {
			if x.Parent == 0 {
				continue
			}
			if err := emit(x.OID, x.Parent, 1, false); err != nil {
				return err
			}
		}
		return nil
	}
	if parent, ok := q.oidEq("inhparent"); ok {
		if _, x, ok := q.r.Index(parent); ok {
			for _, c := range q.r.Children(x.Table) {
				if err := of(c); err != nil {
					return err
				}
			}
			return nil
		}
		for _, c := range q.r.Children(parent) {
			if err := of(c); err != nil {
				return err
			}
		}
		return nil
	}
	if child, ok := q.oidEq("inhrelid"); ok {
		if t, _, ok := q.r.Index(child); ok {
			return of(t)
		}
		if t, ok := q.r.Table(child); ok {
			return of(t)
		}
		return nil
	}
	return q.tables("", of)
}

// pgPartitionedTable describes partition keys.
func pgPartitionedTable(q *query) error {
	return q.tables("partrelid", func(t *catalog.Table) error {
		if t.Key == nil {
			return nil
		}
		def := types.OID(0)
		for _, c := range q.r.Children(t.OID) {
			if c.Bound != nil && c.Bound.Default {
				def = c.OID
			}
		}
		var attrs []int16
		var classes, collations []types.OID
		var exprs []string
		for _, k := range t.Key.Columns {
			attrs = append(attrs, int16(k.Column))
			classes = append(classes, btreeClass(k.Type.OID))
			collation := types.OID(0)
			if ti, ok := types.Info(types.BaseOf(k.Type.OID)); ok {
				collation = ti.Collation
			}
			if k.Collation != "" {
				collation = collationOID(k.Collation)
			}
			collations = append(collations, collation)
			if k.Column == 0 {
				exprs = append(exprs, k.Expr)
			}
		}
		return q.emit([]types.Datum{oid(t.OID), chr(t.Key.Strategy), num(len(attrs)), oid(def), vector(types.Int2OID, attrs),
			vector(types.OIDOID, classes), vector(types.OIDOID, collations), strOrNull(strings.Join(exprs, ", "))})
	})
}

// boundText is relpartbound.
func boundText(r *catalog.Reader, t *catalog.Table) types.Datum {
	p := r.Parent(t)
	if p == nil {
		return null
	}
	return str(partition.BoundText(p.Key, t.Bound, nil))
}

// isBoundText tells such a text from an expression.
func isBoundText(s string) bool { return s == "DEFAULT" || strings.HasPrefix(s, "FOR VALUES ") }

// keyTerm is an element of a partition key as SQL.
func (x *call) keyTerm(t *catalog.Table, k catalog.PartitionColumn) string {
	if c := t.ColumnByID(k.Column); c != nil {
		return expr.QuoteIdent(c.Name)
	}
	text := x.shown().text(k.Expr)
	if i := strings.IndexByte(text, '('); i > 0 && strings.HasSuffix(text, ")") && !strings.ContainsAny(text[:i], " ") {
		return text
	}
	if strings.HasPrefix(text, "(") {
		return text
	}
	return "(" + text + ")"
}

func partkeydef(x *call) (types.Datum, error) {
	t, ok := x.r.Table(x.oid(0))
	if !ok || t.Key == nil {
		return null, nil
	}
	var terms []string
	for _, k := range t.Key.Columns {
		s := x.keyTerm(t, k)
		if k.Collation != "" && k.Collation != "default" {
			own := ""
			if c := t.ColumnByID(k.Column); c != nil {
				own = c.Collation
			}
			if k.Collation != own {
				s += " COLLATE " + shownCollation(x.r, x.path, k.Collation)
			}
		}
		terms = append(terms, s)
	}
	word := map[byte]string{catalog.PartitionList: "LIST", catalog.PartitionRange: "RANGE", catalog.PartitionHash: "HASH"}[t.Key.Strategy]
	return str(word + " (" + strings.Join(terms, ", ") + ")"), nil
}

// partitionConstraint is the condition that the bounds of a partition, and of those it is in, put on its rows.
func partitionConstraint(x *call) (types.Datum, error) {
	t, ok := x.r.Table(x.oid(0))
	if !ok || t.Bound == nil {
		return null, nil
	}
	var conds []string
	for c := t; ; {
		p := x.r.Parent(c)
		if p == nil {
			break
		}
		conds = append(x.boundConds(p, c), conds...)
		c = p
	}
	switch len(conds) {
	case 0:
		return null, nil
	case 1:
		return str(conds[0]), nil
	}
	return str("(" + strings.Join(conds, " AND ") + ")"), nil
}

// boundConds are the conditions of a partition's bound.
func (x *call) boundConds(p, t *catalog.Table) []string {
	b := t.Bound
	switch {
	case b.Default:
		return x.defaultConds(p)
	case b.Strategy == catalog.PartitionHash:
		terms := []string{fmt.Sprintf("'%d'::oid", p.OID), itoa(b.Modulus), itoa(b.Remainder)}
		for _, k := range p.Key.Columns {
			terms = append(terms, x.keyTerm(p, k))
		}
		return []string{"satisfies_hash_partition(" + strings.Join(terms, ", ") + ")"}
	case b.Strategy == catalog.PartitionList:
		return x.listConds(p, b.List)
	}
	return x.rangeConds(p, b, true)
}

// constant is a value of a bound with its type, where that is not plain.
func constant(k catalog.PartitionColumn, v catalog.BoundValue) string {
	text := partition.ValueText(k.Type, v, nil)
	if !strings.HasPrefix(text, "'") && k.Type.OID != types.NumericOID && k.Type.OID != types.Int8OID && k.Type.OID != types.Int2OID {
		return text
	}
	if !strings.HasPrefix(text, "'") {
		text = "'" + text + "'"
	}
	return text + "::" + types.FormatTypeMod(k.Type.OID, k.Type.Mod)
}

func (x *call) listConds(p *catalog.Table, list []catalog.BoundValue) []string {
	k := p.Key.Columns[0]
	key := x.keyTerm(p, k)
	var values []string
	null := false
	for _, v := range list {
		if v.Kind == catalog.BoundNull {
			null = true
		} else {
			values = append(values, constant(k, v))
		}
	}
	in := ""
	switch len(values) {
	case 0:
	case 1:
		in = "(" + key + " = " + values[0] + ")"
	default:
		in = "(" + key + " = ANY (ARRAY[" + strings.Join(values, ", ") + "]))"
	}
	switch {
	case null && in == "":
		return []string{"(" + key + " IS NULL)"}
	case null:
		return []string{"((" + key + " IS NULL) OR " + in + ")"}
	}
	return []string{"(" + key + " IS NOT NULL)", in}
}

// rangeConds are the conditions of a range.
func (x *call) rangeConds(p *catalog.Table, b *catalog.PartitionBound, notNull bool) []string {
	var out []string
	if notNull {
		for _, k := range p.Key.Columns {
			out = append(out, "("+x.keyTerm(p, k)+" IS NOT NULL)")
		}
	}
	equal := 0
	for equal < len(b.Lower) && b.Lower[equal].Kind == catalog.BoundDatum && b.Upper[equal].Kind == catalog.BoundDatum &&
		string(b.Lower[equal].Value) == string(b.Upper[equal].Value) {
		k := p.Key.Columns[equal]
		out = append(out, "("+x.keyTerm(p, k)+" = "+constant(k, b.Lower[equal])+")")
		equal++
	}
	if s := x.side(p, b.Lower, equal, ">", ">="); s != "" {
		out = append(out, s)
	}
	if s := x.side(p, b.Upper, equal, "<", "<"); s != "" {
		out = append(out, s)
	}
	return out
}

// side is key > bound over the columns from number from on: (a > 1) OR ((a = 1) AND (b >= 2)).
func (x *call) side(p *catalog.Table, vs []catalog.BoundValue, from int, op, last string) string {
	var branches []string
	for i := from; i < len(vs); i++ {
		var terms []string
		for j := from; j < i; j++ {
			k := p.Key.Columns[j]
			terms = append(terms, "("+x.keyTerm(p, k)+" = "+constant(k, vs[j])+")")
		}
		if vs[i].Kind != catalog.BoundDatum {
			if len(terms) > 0 && (vs[i].Kind == catalog.BoundMin) == (op == ">") {
				branches = append(branches, conj(terms))
			}
			break
		}
		k := p.Key.Columns[i]
		o := op
		if i == len(vs)-1 {
			o = last
		} else if vs[i+1].Kind != catalog.BoundDatum && (vs[i+1].Kind == catalog.BoundMin) == (op == ">") {
			o = op + "="
		}
		terms = append(terms, "("+x.keyTerm(p, k)+" "+o+" "+constant(k, vs[i])+")")
		branches = append(branches, conj(terms))
		if o == op+"=" && i < len(vs)-1 {
			break
		}
	}
	switch len(branches) {
	case 0:
		return ""
	case 1:
		return branches[0]
	}
	return "(" + strings.Join(branches, " OR ") + ")"
}

func conj(terms []string) string {
	if len(terms) == 1 {
		return terms[0]
	}
	return "(" + strings.Join(terms, " AND ") + ")"
}

// defaultConds are the conditions of a default partition: what no other partition holds.
func (x *call) defaultConds(p *catalog.Table) []string {
	s, err := partition.SchemeOf(x.r, p, true)
	if err != nil || len(s.Parts) < 2 {
		return nil
	}
	if p.Key.Strategy == catalog.PartitionList {
		var all []catalog.BoundValue
		for _, c := range s.Parts {
			all = append(all, c.Bound.List...)
		}
		return []string{"(NOT " + conj(x.listConds(p, all)) + ")"}
	}
	var notNull, ranges []string
	for _, k := range p.Key.Columns {
		notNull = append(notNull, "("+x.keyTerm(p, k)+" IS NOT NULL)")
	}
	for _, c := range s.Parts {
		if !c.Bound.Default {
			ranges = append(ranges, conj(x.rangeConds(p, c.Bound, false)))
		}
	}
	either := ranges[0]
	if len(ranges) > 1 {
		either = "(" + strings.Join(ranges, " OR ") + ")"
	}
	return []string{"(NOT " + conj(append(notNull, either)) + ")"}
}

// treeNode is a table or index of a partition tree.
type treeNode struct {
	oid, parent types.OID
	leaf        bool
}

// treeNodeOf is ok for what is partitioned or a partition.
func treeNodeOf(r *catalog.Reader, id types.OID) (treeNode, bool) {
	if t, ok := r.Table(id); ok {
		n := treeNode{oid: id, leaf: t.Key == nil}
		if t.Bound != nil && !t.Bound.Detaching {
			n.parent = t.Parents[0]
		}
		return n, t.Key != nil || t.Bound != nil
	}
	if _, x, ok := r.Index(id); ok {
		return treeNode{oid: id, parent: x.Parent, leaf: !x.Partitioned}, x.Partitioned || x.Parent != 0
	}
	return treeNode{}, false
}

// parts lists the direct partitions of a table or index.
func parts(r *catalog.Reader, id types.OID) []types.OID {
	var out []types.OID
	if _, x, ok := r.Index(id); ok {
		for _, c := range r.Children(x.Table) {
			for _, i := range c.AllIndexes() {
				if i.Parent == id {
					out = append(out, i.OID)
				}
			}
		}
		slices.Sort(out)
		return out
	}
	for _, c := range r.Children(id) {
		if c.Bound != nil && !c.Bound.Detaching {
			out = append(out, c.OID)
		}
	}
	return out
}

func partitionTree(x *call) ([][]types.Datum, error) {
	root, ok := treeNodeOf(x.r, x.oid(0))
	if !ok {
		return nil, nil
	}
	type item struct {
		treeNode
		level int
	}
	all := []item{{root, 0}}
	var rows [][]types.Datum
	for i := 0; i < len(all); i++ {
		n := all[i]
		parent := null
		if n.parent != 0 {
			parent = oid(n.parent)
		}
		rows = append(rows, []types.Datum{oid(n.oid), parent, yes(n.leaf), num(n.level)})
		for _, c := range parts(x.r, n.oid) {
			if p, ok := treeNodeOf(x.r, c); ok {
				all = append(all, item{p, n.level + 1})
			}
		}
	}
	return rows, nil
}

func partitionAncestors(x *call) ([][]types.Datum, error) {
	var rows [][]types.Datum
	for id := x.oid(0); id != 0; {
		n, ok := treeNodeOf(x.r, id)
		if !ok {
			break
		}
		rows = append(rows, []types.Datum{oid(id)})
		id = n.parent
	}
	return rows, nil
}

func partitionRoot(x *call) (types.Datum, error) {
	id := x.oid(0)
	n, ok := treeNodeOf(x.r, id)
	if !ok {
		return null, nil
	}
	for n.parent != 0 {
		id = n.parent
		n, _ = treeNodeOf(x.r, id)
	}
	return oid(id), nil
}

// satisfiesHash is satisfies_hash_partition.
func satisfiesHash(x *call) (types.Datum, error) {
	if x.isNull(0) || x.isNull(1) || x.isNull(2) {
		return yes(false), nil
	}
	rel, ok := x.r.RelationByOID(x.oid(0))
	if !ok {
		return null, pgerr.New(pgerr.InternalError, "could not open relation with OID %d", x.oid(0))
	}
	t, ok := rel.(*catalog.Table)
	if !ok || t.Key == nil || t.Key.Strategy != catalog.PartitionHash {
		return null, pgerr.New(pgerr.InvalidParameterValue, "%q is not a hash partitioned table", rel.RelName())
	}
	modulus, remainder := x.args[1].Int(), x.args[2].Int()
	switch {
	case modulus <= 0:
		return null, pgerr.New(pgerr.InvalidParameterValue, "modulus for hash partition must be an integer value greater than zero")
	case remainder < 0:
		return null, pgerr.New(pgerr.InvalidParameterValue, "remainder for hash partition must be an integer value greater than or equal to zero")
	case remainder >= modulus:
		return null, pgerr.New(pgerr.InvalidParameterValue, "remainder for hash partition must be less than modulus")
	}
	key := x.args[3:]
	if len(key) == 1 && !key[0].IsNull() {
		if a := key[0].Array(); a != nil && len(t.Key.Columns) != 1 {
			key = a.Elems
		}
	}
	if len(key) != len(t.Key.Columns) {
		return null, pgerr.New(pgerr.InvalidParameterValue, "number of partitioning columns (%d) does not match number of partition keys provided (%d)",
			len(t.Key.Columns), len(key))
	}
	return yes(partition.Hash(t.Key, key)%uint64(modulus) == uint64(remainder)), nil
}

package catalog

import "slices"

// ancestors are the partitioned tables that t is a partition of, over any number of steps.
func (r *Reader) ancestors(t *Table) []*Table {
	var out []*Table
	for p := r.Parent(t); p != nil; p = r.Parent(p) {
		out = append(out, p)
	}
	return out
}

// Leaving reports whether t is being detached, alone or with a table that it is a partition of.
func (r *Reader) Leaving(t *Table) bool {
	for ; t != nil && t.Bound != nil; t = r.Parent(t) {
		if t.Bound.Detaching {
			return true
		}
	}
	return false
}

// KeysOf lists the foreign keys that rows of t have to obey: those of the partitioned tables that it is in, too, over t's columns.
func (r *Reader) KeysOf(t *Table) []*ForeignKey {
	if t.Bound == nil {
		return t.ForeignKeys
	}
	out := slices.Clone(t.ForeignKeys)
	for _, p := range r.ancestors(t) {
		for _, k := range p.ForeignKeys {
			own := *k
			own.Columns, own.SetColumns = sameColumns(p, t, k.Columns), sameColumns(p, t, k.SetColumns)
			out = append(out, &own)
		}
	}
	return out
}

// AllReferences are References of t and of the partitioned tables that it is in: what may refer to a row of t. The columns of the keys are
// those of the tables that they name.
func (r *Reader) AllReferences(t *Table) []Reference {
	out := r.References(t)
	for _, p := range r.ancestors(t) {
		out = append(out, r.References(p)...)
	}
	return out
}

// sameColumns finds columns of p in t by their names.
func sameColumns(p, t *Table, ids []ColumnID) []ColumnID {
	var out []ColumnID
	for _, id := range ids {
		if c := p.ColumnByID(id); c != nil {
			if own, _, ok := t.Column(c.Name); ok {
				out = append(out, own.ID)
			}
		}
	}
	return out
}

// OrdinalsIn are the positions in t of columns of p, by their names.
func OrdinalsIn(p, t *Table, ids []ColumnID) []int {
	var out []int
	for _, id := range sameColumns(p, t, ids) {
		out = append(out, t.Ordinal(id))
	}
	return out
}

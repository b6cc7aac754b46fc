package catalog

import (
	"slices"

	"github.com/lightsql/lightsql/sql/types"
)

// Inheritance says where a column or CHECK constraint comes from.
type Inheritance struct {
	// Inherited counts the parents that have it; NotLocal: the table itself did not define it.
	Inherited int  `json:",omitempty"`
	NotLocal  bool `json:",omitempty"`
}

// Partition strategies, as in pg_partitioned_table.partstrat.
const (
	PartitionList  byte = 'l'
	PartitionRange byte = 'r'
	PartitionHash  byte = 'h'
)

// PartitionKey is the PARTITION BY of a table.
type PartitionKey struct {
	Strategy byte
	Columns  []PartitionColumn
}

// PartitionColumn is one column or expression of a partition key.
type PartitionColumn struct {
	Column    ColumnID `json:",omitempty"` // 0: Expr
	Expr      string   `json:",omitempty"` // SQL text
	Type      types.T
	Collation string `json:",omitempty"`
	OpClass   string `json:",omitempty"`
	// Uses are the columns that Expr names.
	Uses []ColumnID `json:",omitempty"`
}

// PartitionBound is FOR VALUES … or DEFAULT of a partition.
type PartitionBound struct {
	Strategy     byte
	Default      bool         `json:",omitempty"`
	Modulus      int          `json:",omitempty"`
	Remainder    int          `json:",omitempty"`
	List         []BoundValue `json:",omitempty"`
	Lower, Upper []BoundValue `json:",omitempty"`
	// Detaching: DETACH … CONCURRENTLY has begun and is not complete.
	Detaching bool `json:",omitempty"`
}

// Kinds of BoundValue.
const (
	BoundMin   int8 = -1
	BoundDatum int8 = 0
	BoundMax   int8 = 1
	BoundNull  int8 = 2
)

// BoundValue is a value in a partition's bound.
type BoundValue struct {
	Kind  int8   `json:",omitempty"`
	Value []byte `json:",omitempty"` // as Column.Missing
}

// IsPartition reports a partition of a partitioned table.
func (t *Table) IsPartition() bool { return t.Bound != nil }

// Uses reports whether the partition key names a column.
func (k *PartitionKey) Uses(id ColumnID) bool {
	return k != nil && slices.ContainsFunc(k.Columns, func(c PartitionColumn) bool { return c.Column == id || slices.Contains(c.Uses, id) })
}

// HasChildren reports whether tables inherit from a table, partitions included.
func (r *Reader) HasChildren(oid types.OID) bool {
	_, ok := r.children.get(oid)
	return ok
}

// Children lists the tables that inherit directly from a table, by OID.
func (r *Reader) Children(oid types.OID) []*Table {
	oids, _ := r.children.get(oid)
	out := make([]*Table, 0, len(oids))
	for _, o := range oids {
		if t, ok := r.Table(o); ok {
			out = append(out, t)
		}
	}
	return out
}

// Descendants lists the tables that inherit from t, over any number of steps, each once and parents before children.
func (r *Reader) Descendants(t *Table) []*Table {
	all := []*Table{t}
	seen := map[types.OID]bool{t.OID: true}
	for i := 0; i < len(all); i++ {
		for _, c := range r.Children(all[i].OID) {
			if !seen[c.OID] {
				seen[c.OID] = true
				all = append(all, c)
			}
		}
	}
	return all[1:]
}

// Parent is the partitioned table of a partition, nil for other tables.
func (r *Reader) Parent(t *Table) *Table {
	if t.Bound == nil || len(t.Parents) == 0 {
		return nil
	}
	p, _ := r.Table(t.Parents[0])
	return p
}

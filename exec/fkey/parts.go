package fkey

import (
	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// part is where keys of the table referred to are: that table, or one of its partitions.
type part struct {
	layout *rowenc.Table
	index  *rowenc.Index
}

// parts finds the partitions that hold keys of a partitioned table.
type parts struct {
	r *catalog.Reader
	// live is the newest catalog there is: a partition that others detach does not hold keys any more, though r may show it as one.
	live  func() *catalog.Reader
	index types.OID // of the table at the top
	// of gives for a column of the table at the top, by name, its place in the index.
	of      map[string]int
	schemes map[types.OID]*partition.Scheme
	leaves  map[types.OID]*part
}

func newPart(t *catalog.Table, ix *catalog.Index) (*part, error) {
	l, err := rowenc.NewTable(t)
	if err != nil {
		return nil, err
	}
	return &part{layout: l, index: l.Index(ix.ID)}, nil
}

func newParts(c *catalog.Session, top *catalog.Table, ix *catalog.Index) *parts {
	p := &parts{r: c.Reader, live: c.Catalog.Newest, index: ix.OID, of: map[string]int{}, schemes: map[types.OID]*partition.Scheme{}, leaves: map[types.OID]*part{}}
	for i, k := range ix.Columns {
		p.of[top.ColumnByID(k.Column).Name] = i
	}
	return p
}

// find is the part that the key in a row of cols, which are in the order of the index, belongs to; nil if there is none.
func (p *parts) find(t *catalog.Table, cols []*vec.Vector, row int) (*part, error) {
	for t.Key != nil {
		s := p.schemes[t.OID]
		if s == nil {
			var err error
			if s, err = partition.SchemeOf(p.r, t, false); err != nil {
				return nil, err
			}
			p.schemes[t.OID] = s
		}
		key := make([]types.Datum, len(t.Key.Columns))
		for i, k := range t.Key.Columns {
			at, ok := -1, false
			if c := t.ColumnByID(k.Column); c != nil {
				at, ok = p.of[c.Name]
			}
			if !ok {
				return nil, pgerr.New(pgerr.InternalError, "the partition key of %q is not in the key referred to", t.Name)
			}
			key[i] = cols[at].Datum(row)
		}
		n := s.Find(key)
		if n < 0 {
			return nil, nil
		}
		t = s.Parts[n]
		if now, ok := p.live().Table(t.OID); ok && now.Version > t.Version && (now.Bound == nil || now.Bound.Detaching) {
			return nil, nil
		}
	}
	if l := p.leaves[t.OID]; l != nil {
		return l, nil
	}
	for _, ix := range t.AllIndexes() {
		if !p.belongs(ix) {
			continue
		}
		l, err := newPart(t, ix)
		if err == nil {
			p.leaves[t.OID] = l
		}
		return l, err
	}
	return nil, pgerr.New(pgerr.InternalError, "table %q has no part of the index referred to", t.Name)
}

// belongs reports whether ix is a part of the index of the table at the top.
func (p *parts) belongs(ix *catalog.Index) bool {
	for ix.OID != p.index {
		_, up, ok := p.r.Index(ix.Parent)
		if !ok {
			return false
		}
		ix = up
	}
	return true
}

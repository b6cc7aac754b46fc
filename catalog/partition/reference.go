package partition

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/types"
)

// reference is a foreign key by its OID, and a partition of the table that it refers to.
type reference struct{ key, part types.OID }

// referencesKey names the references of a table among what a catalog keeps.
type referencesKey struct{ table types.OID }

// ReferenceName is the name of a foreign key of t as far as it is about one partition of the table that it refers to. PostgreSQL has a
// constraint for each, named when the key or the partition was made, whichever was later (addFkRecurseReferenced in tablecmds.c), and its
// errors show that name. Here the names follow from the order in which they were made.
func ReferenceName(r *catalog.Reader, t *catalog.Table, key *catalog.ForeignKey, part types.OID) (string, error) {
	names, err := referenceNames(r, t)
	if err != nil {
		return "", err
	}
	return cmp.Or(names[reference{key.OID, part}], key.Name), nil
}

// KeyName is a name for a new foreign key of t on columns.
func KeyName(r *catalog.Reader, t *catalog.Table, columns []catalog.ColumnID) (string, error) {
	names, err := referenceNames(r, t)
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for _, n := range names {
		taken[n] = true
	}
	return chooseKeyName(t, columns, taken), nil
}

func chooseKeyName(t *catalog.Table, columns []catalog.ColumnID, taken map[string]bool) string {
	var names []string
	for _, id := range columns {
		names = append(names, t.ColumnByID(id).Name)
	}
	return catalog.ChooseName(t.Name, catalog.ClipName(strings.Join(names, "_"), catalog.NameMax), "fkey",
		func(n string) bool { return taken[n] || t.HasConstraint(n) })
}

func referenceNames(r *catalog.Reader, t *catalog.Table) (map[reference]string, error) {
	if !slices.ContainsFunc(t.ForeignKeys, func(k *catalog.ForeignKey) bool { return partitioned(r, k.Parent) != nil }) {
		return nil, nil
	}
	v, err := r.Memo(referencesKey{t.OID}, func() (any, error) { return computeReferenceNames(r, t) })
	if err != nil {
		return nil, err
	}
	return v.(map[reference]string), nil
}

func partitioned(r *catalog.Reader, oid types.OID) *catalog.Table {
	if p, ok := r.Table(oid); ok && p.Key != nil {
		return p
	}
	return nil
}

func computeReferenceNames(r *catalog.Reader, t *catalog.Table) (map[reference]string, error) {
	type made struct {
		key  *catalog.ForeignKey
		part types.OID
	}
	var all []made
	for _, k := range t.ForeignKeys {
		top := partitioned(r, k.Parent)
		if top == nil {
			continue
		}
		parts, err := descend(r, top, nil)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			all = append(all, made{k, p})
		}
	}
	// Partitions that were there before the key keep the order of their bounds.
	slices.SortStableFunc(all, func(a, b made) int {
		return cmp.Or(cmp.Compare(max(a.key.OID, a.part), max(b.key.OID, b.part)), cmp.Compare(a.key.OID, b.key.OID))
	})
	names, taken := map[reference]string{}, map[string]bool{}
	for _, m := range all {
		n := chooseKeyName(t, m.key.Columns, taken)
		names[reference{m.key.OID, m.part}], taken[n] = n, true
	}
	return names, nil
}

// descend appends the partitions below t, each followed by its own, in the order of their bounds.
func descend(r *catalog.Reader, t *catalog.Table, out []types.OID) ([]types.OID, error) {
	s, err := SchemeOf(r, t, true)
	if err != nil {
		return nil, err
	}
	for _, p := range s.Parts {
		if out = append(out, p.OID); p.Key == nil {
			continue
		}
		if out, err = descend(r, p, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

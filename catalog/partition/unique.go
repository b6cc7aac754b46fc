package partition

import (
	"slices"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// CheckUnique tests that a unique index of a partitioned table has all columns of the partition key: else no partition alone could
// tell whether a key is unique.
func CheckUnique(t *catalog.Table, ix *catalog.Index) error {
	if t.Key == nil || !ix.Unique {
		return nil
	}
	what := "UNIQUE"
	if ix.Primary {
		what = "PRIMARY KEY"
	}
	for _, k := range t.Key.Columns {
		if k.Column == 0 {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "unsupported %s constraint with partition key definition", what).
				WithDetail("%s constraints cannot be used when partition keys include expressions.", what)
		}
		if !slices.ContainsFunc(ix.Columns, func(c catalog.IndexColumn) bool { return c.Column == k.Column }) {
			return pgerr.New(pgerr.CodeFeatureNotSupported, "unique constraint on partitioned table must include all partitioning columns").
				WithDetail("%s constraint on table %q lacks column %q which is part of the partition key.", what, t.Name, t.ColumnByID(k.Column).Name)
		}
	}
	return nil
}

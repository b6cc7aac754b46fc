package join

import (
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// offerFilters offers the probe side a filter for each of the keys that is an integer column of it, if a probe row without a
// partner outputs nothing. The owner of the build side fills the filters; probes of it use the same.
func (j *HashJoin) offerFilters() {
	if j.ctx.Stats != nil {
		return
	}
	switch j.node.Kind {
	case logical.InnerJoin, logical.SemiJoin, logical.RightJoin:
	default:
		return
	}
	for i, e := range j.node.LeftKeys {
		c, ok := e.(*expr.Col)
		if !ok || c.T.Kind() != types.KindInt || j.node.RightKeys[i].Type().Kind() != types.KindInt {
			continue
		}
		f := &exec.KeyFilter{}
		if j.owner != nil {
			if f = j.owner.filters[i]; f == nil {
				continue
			}
		}
		if exec.OfferKeyFilter(j.left, c.Idx, f) && j.owner == nil {
			j.filters[i] = f
		}
	}
}

// fillFilters makes the filters ready: the build side is complete and in memory.
func (j *HashJoin) fillFilters() error {
	keys := j.table.Keys()
	bytes := j.usage.Bytes()
	for i, f := range j.filters {
		if f != nil {
			f.Fill(keys.Cols[i], keys.Len)
			bytes += f.Bytes()
		}
	}
	return j.usage.Set(bytes)
}

// endFilters makes the filters ready that were filled while the build side went to disk.
func (j *HashJoin) endFilters() {
	for _, f := range j.filters {
		if f != nil {
			f.End()
		}
	}
}

// TakeKeyFilter implements exec.KeyFilterTaker: a row that an operator above does not want is not wanted here either, unless that
// changes which build rows lack a partner.
func (j *HashJoin) TakeKeyFilter(col int, f *exec.KeyFilter) bool {
	if keepsRight(j.node.Kind) || col >= len(j.node.Left.Types()) {
		return false
	}
	return exec.OfferKeyFilter(j.left, col, f)
}

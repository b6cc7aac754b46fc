package estimate

import (
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

// JoinEqual is the fraction of pairs of rows for which an equality between two relations is true (PostgreSQL's eqjoinsel).
func (e *Estimator) JoinEqual(a, b expr.Expr) float64 {
	v, w := e.variableOf(a), e.variableOf(b)
	n, _ := v.distinct()
	m, _ := w.distinct()
	s := (1 - v.nulls()) * (1 - w.nulls()) / max(n, m)
	if v.common() && w.common() {
		s = joinCommon(&v, &w, n, m, a.Type().OID)
	}
	// A condition on one side that was carried over to the other leaves partners for what it leaves: there are fewer distinct values, too, by
	// the fraction of rows on the side where they repeat least.
	if r, q := e.restriction(a), e.restriction(b); r < 1 && q < 1 {
		if m > n {
			r = q
		}
		s /= r
	}
	return clampFraction(s)
}

// restriction is the fraction of a column's rows that the conditions on it alone leave.
func (e *Estimator) restriction(x expr.Expr) float64 {
	v, ok := BareVar(x)
	if !ok || e.columns.get(v.ID) == nil {
		return 1
	}
	var own []expr.Expr
	for _, c := range e.sizes[e.columns.get(v.ID).Scan].conds {
		if w := e.onlyColumn(c); w != nil && w.ID == v.ID {
			own = append(own, c)
		}
	}
	if len(own) == 0 {
		return 1
	}
	return max(e.all(own, false), 1e-6)
}

func (v *variable) common() bool { return v.stats != nil && len(v.stats.Common) > 0 }

// matches pairs the common values of two variables: product is the sum of the products of the frequencies of equal values, left and right
// the sums of their frequencies, n their number. Only the first most of w's values count.
func matches(v, w *variable, oid types.OID, most int) (product, left, right float64, n int) {
	used := make([]bool, min(len(w.stats.Common), most))
	for i, d := range v.stats.Common {
		for k := range used {
			if used[k] {
				continue
			}
			if cmp, ok := compareValues(oid, d, w.stats.Common[k]); ok && cmp == 0 {
				used[k] = true
				product += v.stats.Freqs[i] * w.stats.Freqs[k]
				left += v.stats.Freqs[i]
				right += w.stats.Freqs[k]
				n++
				break
			}
		}
	}
	return product, left, right, n
}

func (v *variable) commonShare() float64 {
	sum := 0.0
	for _, f := range v.stats.Freqs {
		sum += f
	}
	return sum
}

// joinCommon estimates by the common values of both sides, with n and m distinct values.
func joinCommon(v, w *variable, n, m float64, oid types.OID) float64 {
	product, left, right, k := matches(v, w, oid, len(w.stats.Common))
	lone1, lone2 := clampFraction(v.commonShare()-left), clampFraction(w.commonShare()-right)
	other1 := clampFraction(1 - v.nulls() - left - lone1)
	other2 := clampFraction(1 - w.nulls() - right - lone2)
	side := func(lone, other, otherThere, loneThere, there float64, listed int) float64 {
		s := product
		if there > float64(listed) {
			s += lone * otherThere / (there - float64(listed))
		}
		if there > float64(k) {
			s += other * (otherThere + loneThere) / (there - float64(k))
		}
		return s
	}
	return min(side(lone1, other1, other2, lone2, m, len(w.stats.Common)), side(lone2, other2, other1, lone1, n, len(v.stats.Common)))
}

// Semi is the fraction of left rows that have a match by the equality among that many rows on the right.
func (e *Estimator) Semi(left, right expr.Expr, rightRows float64) float64 {
	v, w := e.variableOf(left), e.variableOf(right)
	n, known1 := v.distinct()
	m, known2 := w.distinct()
	if m >= rightRows {
		m, known2 = max(1, rightRows), true
	}
	if v.common() && w.common() {
		_, share, _, k := matches(&v, &w, left.Type().OID, int(min(m, 1e6)))
		uncertain := 0.5
		if known1 && known2 {
			n, m = n-float64(k), m-float64(k)
			if uncertain = 1; n > m && m >= 0 {
				uncertain = m / n
			}
		}
		return clampFraction(share + uncertain*clampFraction(1-share-v.nulls()))
	}
	if !known1 || !known2 {
		return 0.5 * (1 - v.nulls())
	}
	return clampFraction(min(1, m/n) * (1 - v.nulls()))
}

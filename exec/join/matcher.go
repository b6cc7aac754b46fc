package join

import (
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/logical"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// matcher joins windows of left rows with their candidates; see the package comment.
type matcher struct {
	ctx   *exec.Ctx
	kind  logical.JoinKind
	on    *expr.Prog // over left ⧺ right, nil for none
	lefts int        // number of left columns
	out   *vec.Batch // left ⧺ right, gathered
	thin  vec.Batch  // left columns only, or out with a selection

	// The window.
	left  *vec.Batch
	first []int32
	right *vec.Batch
	next  []int32
	// matched are the right rows that met a left row, for Right and Full.
	matched vec.Bitmap

	k    int   // next left row, counted among those that count
	cur  int32 // its next candidate, if inChain
	in   bool  // within the candidates of row k
	hit  []bool
	done bool

	lsel, rsel, ks []int32
	sel            []int32
}

func newMatcher(ctx *exec.Ctx, kind logical.JoinKind, left, right []types.T, on expr.Expr) (*matcher, error) {
	m := &matcher{ctx: ctx, kind: kind, lefts: len(left), done: true}
	m.out = vec.NewBatch(append(vec.Kinds(left), vec.Kinds(right)...), 0)
	if on != nil {
		p, err := expr.Compile(on)
		if err != nil {
			return nil, err
		}
		m.on = p
	}
	return m, nil
}

// leftOnly reports the kinds whose output has no right columns.
func leftOnly(k logical.JoinKind) bool { return k >= logical.SemiJoin }

// keepsLeft reports the kinds that output left rows without a partner.
func keepsLeft(k logical.JoinKind) bool { return k == logical.LeftJoin || k == logical.FullJoin }

// keepsRight reports the kinds that output right rows without a partner.
func keepsRight(k logical.JoinKind) bool { return k == logical.RightJoin || k == logical.FullJoin }

// window begins a window: first has an entry for each row of left that counts.
func (m *matcher) window(left *vec.Batch, first []int32, right *vec.Batch, next []int32) {
	m.left, m.first, m.right, m.next = left, first, right, next
	m.k, m.in, m.done = 0, false, false
	if m.on != nil && (leftOnly(m.kind) || keepsLeft(m.kind)) {
		if cap(m.hit) < len(first) {
			m.hit = make([]bool, len(first))
		}
		m.hit = m.hit[:len(first)]
		clear(m.hit)
	}
}

// batch is the next output of the window, nil when there is no more.
func (m *matcher) batch() (*vec.Batch, error) {
	if m.done {
		return nil, nil
	}
	if leftOnly(m.kind) && m.on == nil {
		m.done = true
		return m.leftRows(func(k int) bool { return (m.first[k] >= 0) == (m.kind == logical.SemiJoin) }), nil
	}
	for m.collect() {
		b, err := m.pairs()
		if err != nil {
			return nil, err
		}
		if b != nil {
			return b, nil
		}
	}
	m.done = true
	if m.on == nil {
		return nil, nil
	}
	switch {
	case leftOnly(m.kind):
		return m.leftRows(func(k int) bool { return m.hit[k] == (m.kind == logical.SemiJoin) }), nil
	case keepsLeft(m.kind):
		return m.lonelyLeft(), nil
	}
	return nil, nil
}

// collect lists the next pairs; false if there are none.
func (m *matcher) collect() bool {
	m.lsel, m.rsel, m.ks = m.lsel[:0], m.rsel[:0], m.ks[:0]
	limit := m.ctx.Rows()
	lonely := keepsLeft(m.kind) && m.on == nil
	track := m.hit != nil && m.on != nil
	once := leftOnly(m.kind)
	for m.k < len(m.first) && len(m.lsel) < limit {
		if !m.in {
			m.cur, m.in = m.first[m.k], true
			if m.cur < 0 && lonely {
				m.lsel, m.rsel = append(m.lsel, int32(m.left.Row(m.k))), append(m.rsel, -1)
			}
		}
		if once && m.hit[m.k] {
			m.cur = -1 // one partner is enough
		}
		row := int32(m.left.Row(m.k))
		for m.cur >= 0 && len(m.lsel) < limit {
			m.lsel, m.rsel = append(m.lsel, row), append(m.rsel, m.cur)
			if track {
				m.ks = append(m.ks, int32(m.k))
			}
			m.cur = m.next[m.cur]
		}
		if m.cur < 0 {
			m.k++
			m.in = false
		}
	}
	return len(m.lsel) > 0
}

// pairs gathers the listed pairs and tests the condition; nil if no row is left or none is output here.
func (m *matcher) pairs() (*vec.Batch, error) {
	m.gather()
	if m.on == nil {
		if keepsRight(m.kind) {
			for _, r := range m.rsel {
				if r >= 0 {
					m.matched.Set(int(r))
				}
			}
		}
		return m.out, nil
	}
	sel, err := m.on.Filter(m.ctx.Expr, m.out, m.sel[:0])
	m.sel = sel
	if err != nil || len(sel) == 0 {
		return nil, err
	}
	if leftOnly(m.kind) || keepsLeft(m.kind) {
		for _, i := range sel {
			m.hit[m.ks[i]] = true
		}
	}
	if keepsRight(m.kind) {
		for _, i := range sel {
			m.matched.Set(int(m.rsel[i]))
		}
	}
	if leftOnly(m.kind) {
		return nil, nil
	}
	m.thin = vec.Batch{Cols: m.out.Cols, Len: m.out.Len, Sel: sel}
	return &m.thin, nil
}

// gather copies both sides of the listed pairs into out.
func (m *matcher) gather() {
	m.out.Reset()
	lonely := false
	if keepsLeft(m.kind) && m.on == nil {
		for _, r := range m.rsel {
			if r < 0 {
				lonely = true
				break
			}
		}
	}
	for c, v := range m.out.Cols {
		switch {
		case c < m.lefts:
			v.AppendSel(m.left.Cols[c], m.lsel)
		case lonely:
			v.AppendSelOrNull(m.right.Cols[c-m.lefts], m.rsel)
		case c-m.lefts < len(m.right.Cols):
			v.AppendSel(m.right.Cols[c-m.lefts], m.rsel)
		}
	}
	m.out.Len = len(m.lsel)
}

// leftRows narrows the window to the rows for which keep is true.
func (m *matcher) leftRows(keep func(k int) bool) *vec.Batch {
	m.sel = m.sel[:0]
	for k := range m.first {
		if keep(k) {
			m.sel = append(m.sel, int32(m.left.Row(k)))
		}
	}
	if len(m.sel) == 0 {
		return nil
	}
	m.thin = vec.Batch{Cols: m.left.Cols, Len: m.left.Len, Sel: m.sel}
	return &m.thin
}

// lonelyLeft is the window's rows without a partner, with NULLs at the right.
func (m *matcher) lonelyLeft() *vec.Batch {
	b := m.leftRows(func(k int) bool { return !m.hit[k] })
	if b == nil {
		return nil
	}
	m.out.Reset()
	for c, v := range m.out.Cols {
		if c < m.lefts {
			v.AppendSel(b.Cols[c], b.Sel)
		} else {
			setNull(v, len(b.Sel))
		}
	}
	m.out.Len = len(b.Sel)
	return m.out
}

// lonelyRight is up to a batch of the right rows from row *at to end that are not in matched, with NULLs at the left; nil if there
// are no more.
func (m *matcher) lonelyRight(right *vec.Batch, at *int, end int) *vec.Batch {
	m.rsel = m.rsel[:0]
	for limit := m.ctx.Rows(); *at < end && len(m.rsel) < limit; *at++ {
		if !m.matched.Has(*at) {
			m.rsel = append(m.rsel, int32(*at))
		}
	}
	if len(m.rsel) == 0 {
		return nil
	}
	m.out.Reset()
	for c, v := range m.out.Cols {
		if c < m.lefts {
			setNull(v, len(m.rsel))
		} else {
			v.AppendSel(right.Cols[c-m.lefts], m.rsel)
		}
	}
	m.out.Len = len(m.rsel)
	return m.out
}

func setNull(v *vec.Vector, n int) {
	v.Clear(n)
	v.Nulls.SetAll(n)
}

// evalKeys computes the key columns of b.
func evalKeys(ctx *exec.Ctx, progs []*expr.Prog, b *vec.Batch, dst []*vec.Vector) ([]*vec.Vector, error) {
	dst = dst[:0]
	for _, p := range progs {
		v, err := p.EvalFull(ctx.Expr, b)
		if err != nil {
			return nil, err
		}
		dst = append(dst, v)
	}
	return dst, nil
}

// notNull appends the positions k of the rows that count in which no key is NULL.
func notNull(cols []*vec.Vector, b *vec.Batch, dst []int32) []int32 {
	n := b.Rows()
	any := false
	for _, v := range cols {
		any = any || v.Nulls.Any()
	}
	for k := range n {
		if !any || !exec.AnyNull(cols, b.Row(k)) {
			dst = append(dst, int32(k))
		}
	}
	return dst
}

func exprTypes(es []expr.Expr) []types.T {
	ts := make([]types.T, len(es))
	for i, e := range es {
		ts[i] = e.Type()
	}
	return ts
}

package lockmgr

import (
	"context"
	"slices"
)

// Await waits until all who hold a relation now in a mode that conflicts with mode have given that up. Unlike Lock it keeps nobody from
// taking the lock meanwhile, and holds nothing afterwards (PostgreSQL's WaitForLockers).
func (o *Owner) Await(ctx context.Context, tag Tag, mode Mode, opt Options) error {
	m := o.m
	strong := &m.strong[tag.slot()] // weak locks of others come to the shared table
	strong.Add(1)
	defer strong.Add(-1)
	m.mu.Lock()
	m.gather(tag)
	l := m.find(tag)
	r := &request{owner: o, lock: l, mode: mode, granted: make(chan struct{})}
	for _, g := range l.grants {
		if g.owner != o && g.modes&conflicts[mode] != 0 {
			r.holders = append(r.holders, g.owner)
		}
	}
	if len(r.holders) == 0 {
		m.wake(l) // forgets it if it is new
		m.mu.Unlock()
		return nil
	}
	l.awaited = append(l.awaited, r)
	o.wait = r
	m.mu.Unlock()
	if opt.Waiting != nil {
		opt.Waiting(true)
		defer opt.Waiting(false)
	}
	return o.sleep(ctx, r, opt)
}

// settle ends the waits of Await whose holders are all gone.
func (l *lock) settle() {
	l.awaited = slices.DeleteFunc(l.awaited, func(r *request) bool {
		r.holders = slices.DeleteFunc(r.holders, func(h *Owner) bool { return l.held(h)&conflicts[r.mode] == 0 })
		if len(r.holders) > 0 {
			return false
		}
		r.owner.wait = nil
		close(r.granted)
		return true
	})
}

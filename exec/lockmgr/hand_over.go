package lockmgr

import "slices"

// HeldLock is a lock in one mode.
type HeldLock struct {
	Tag  Tag
	Mode Mode
}

// TransactionLocks lists the locks of the transaction. mixed: one of the things locked is also locked for the session.
func (o *Owner) TransactionLocks() (list []HeldLock, mixed bool) {
	forSession := map[Tag]bool{}
	for _, h := range o.held {
		if h.session > 0 {
			forSession[h.tag] = true
		}
	}
	for _, h := range o.held {
		if h.txn > 0 {
			list = append(list, HeldLock{h.tag, h.mode})
			mixed = mixed || forSession[h.tag]
		}
	}
	return list, mixed
}

// HandOver makes the transaction's locks those of to, which has none; nobody can take one in between. None of them is held for the
// session too.
func (o *Owner) HandOver(to *Owner) {
	m := o.m
	m.mu.Lock()
	defer m.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := o.held[:0]
	for _, h := range o.held {
		if h.txn == 0 {
			kept = append(kept, h)
			continue
		}
		to.held = append(to.held, h)
		if i := slices.Index(o.weak, weakLock{h.tag, h.mode}); i >= 0 && h.tag.Class == ClassRelation {
			o.weak = slices.Delete(o.weak, i, i+1)
			to.weak = append(to.weak, weakLock{h.tag, h.mode})
		} else if l := m.locks[h.tag]; l != nil {
			l.move(o, to, h.mode)
		}
	}
	o.held = kept
	to.order, o.order = append(to.order, o.order...), o.order[:0]
}

// move gives a granted mode to another owner, without waking anybody.
func (l *lock) move(from, to *Owner, mode Mode) {
	for i := range l.grants {
		if l.grants[i].owner != from {
			continue
		}
		if l.grants[i].modes &^= mode.bit(); l.grants[i].modes == 0 {
			l.grants = slices.Delete(l.grants, i, i+1)
		}
		break
	}
	l.grant(to, mode)
	for _, r := range l.awaited {
		if i := slices.Index(r.holders, from); i >= 0 && !slices.Contains(r.holders, to) {
			r.holders[i] = to // the transaction that it waits for
		}
	}
}

// Package notify carries the messages of NOTIFY from a session to those that listen.
//
//	transaction ─► Pending ─commit─► Hub ─► Listener's inbox ─► its client, when it is idle
package notify

import (
	"slices"
	"sync"
)

// Notification is a message of NOTIFY.
type Notification struct {
	PID     int32 // of the session that sent it
	Channel string
	Payload string
}

// inboxBytesMax is how much may wait for a session that does not read.
const inboxBytesMax = 64 << 20

// Hub knows who listens. The zero value is ready. Safe for concurrent use.
type Hub struct {
	mu        sync.Mutex
	listeners map[string][]*Listener
	left      int // in the page that PostgreSQL's queue would be at
}

// Listener is one session's end. The zero value listens to nothing.
type Listener struct {
	// Wake, if set, is called when the inbox gets something from another session. Any goroutine may call it.
	Wake func()

	channels []string // written under the hub's mutex, by the session's goroutine

	mu    sync.Mutex
	inbox []Notification
	bytes int
}

// Pending is what a transaction sends and which channels it begins or ceases to listen to, all at its commit.
type Pending struct {
	sent    []Notification
	known   map[Notification]bool // of sent: PostgreSQL sends equal ones once
	listens []change
}

// change is LISTEN or UNLISTEN of a channel, of all if the channel is empty.
type change struct {
	channel string
	on      bool
}

// Mark is a place in a Pending to which a savepoint goes back.
type Mark struct{ sent, listens int }

// Mark is the present place.
func (p *Pending) Mark() Mark { return Mark{len(p.sent), len(p.listens)} }

// RollbackTo forgets what came after m.
func (p *Pending) RollbackTo(m Mark) {
	for _, x := range p.sent[m.sent:] {
		delete(p.known, x)
	}
	p.sent, p.listens = p.sent[:m.sent], p.listens[:m.listens]
}

// Send adds a notification, unless an equal one is there.
func (p *Pending) Send(x Notification) {
	if p.known[x] {
		return
	}
	if p.known == nil {
		p.known = map[Notification]bool{}
	}
	p.known[x] = true
	p.sent = append(p.sent, x)
}

// Listen and Unlisten change what the session listens to; Unlisten of "" is of all channels.
func (p *Pending) Listen(channel string)   { p.listens = append(p.listens, change{channel, true}) }
func (p *Pending) Unlisten(channel string) { p.listens = append(p.listens, change{channel, false}) }

// Empty reports whether there is nothing to do at the commit; Sends whether something is sent.
func (p *Pending) Empty() bool { return len(p.sent)+len(p.listens) == 0 }
func (p *Pending) Sends() bool { return len(p.sent) > 0 }

// Publish makes what a committed transaction of l did effective. A session that listens to what it sends in the same
// transaction gets it. It returns how many pages PostgreSQL's queue would have begun, which pg_stat_slru counts.
func (h *Hub) Publish(l *Listener, p *Pending) (pages int64) {
	if p.Empty() {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range p.listens {
		h.apply(l, c)
	}
	woken := map[*Listener]bool{}
	for _, x := range p.sent {
		pages += h.place(x)
		for _, to := range h.listeners[x.Channel] {
			to.add(x)
			woken[to] = true
		}
	}
	for to := range woken {
		if to != l && to.Wake != nil {
			to.Wake()
		}
	}
	return pages
}

// The queue of src/backend/commands/async.c: pages, and what an entry has beside its texts.
const (
	pageBytes  = 8192
	entryBytes = 18
)

// place finds room for a notification, in a new page if it does not fit into the rest of this one.
func (h *Hub) place(x Notification) (pages int64) {
	n := (entryBytes + len(x.Channel) + len(x.Payload) + 3) &^ 3
	if n > h.left {
		h.left = pageBytes
		pages = 1
	}
	h.left -= n
	return pages
}

// UnlistenAll is UNLISTEN * at once.
func (h *Hub) UnlistenAll(l *Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.apply(l, change{})
}

func (h *Hub) apply(l *Listener, c change) {
	if c.on {
		if !slices.Contains(l.channels, c.channel) {
			l.channels = append(l.channels, c.channel)
			if h.listeners == nil {
				h.listeners = map[string][]*Listener{}
			}
			h.listeners[c.channel] = append(h.listeners[c.channel], l)
		}
		return
	}
	kept := l.channels[:0]
	for _, name := range l.channels {
		if c.channel != "" && c.channel != name {
			kept = append(kept, name)
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(h.listeners[name]), func(o *Listener) bool { return o == l })
		if h.listeners[name] = rest; len(rest) == 0 {
			delete(h.listeners, name)
		}
	}
	l.channels = kept
}

// Usage is how full the fullest inbox is, from 0 to 1 and beyond.
func (h *Hub) Usage() float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	most := 0
	for _, list := range h.listeners {
		for _, l := range list {
			l.mu.Lock()
			most = max(most, l.bytes)
			l.mu.Unlock()
		}
	}
	return float64(most) / inboxBytesMax
}

func (l *Listener) add(n Notification) {
	l.mu.Lock()
	l.inbox, l.bytes = append(l.inbox, n), l.bytes+len(n.Channel)+len(n.Payload)
	l.mu.Unlock()
}

// Channels are what the session listens to. For the session's goroutine.
func (l *Listener) Channels() []string { return l.channels }

// Take empties the inbox.
func (l *Listener) Take() []Notification {
	if len(l.channels) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	list := l.inbox
	l.inbox, l.bytes = nil, 0
	return list
}

package session

import (
	"context"
	"slices"
	"sync"

	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Notification is a message of NOTIFY.
type Notification struct {
	PID     int32 // of the session that sent it
	Channel string
	Payload string
}

// PostgreSQL's limits (src/backend/commands/async.c), and how much may wait for a session that does not read.
const (
	channelBytesMax = 63
	payloadBytesMax = 7999
	inboxBytesMax   = 64 << 20
)

// channels knows who listens. Safe for concurrent use.
type channels struct {
	mu        sync.Mutex
	listeners map[string][]*Session
}

// inbox holds notifications that wait for their client. Safe for concurrent use.
type inbox struct {
	mu    sync.Mutex
	list  []Notification
	bytes int
}

// notifications are what a transaction sends and which channels it begins or ceases to listen to, all at its commit.
type notifications struct {
	sent    []Notification
	known   map[Notification]bool // of sent: PostgreSQL sends equal ones once
	listens []listen
}

// listen is LISTEN or UNLISTEN of a channel, of all if the channel is empty.
type listen struct {
	channel string
	on      bool
}

// mark is a place in notifications to which a savepoint goes back.
type notifyMark struct{ sent, listens int }

func (n *notifications) mark() notifyMark { return notifyMark{len(n.sent), len(n.listens)} }

func (n *notifications) rollbackTo(m notifyMark) {
	for _, x := range n.sent[m.sent:] {
		delete(n.known, x)
	}
	n.sent, n.listens = n.sent[:m.sent], n.listens[:m.listens]
}

func (n *notifications) add(x Notification) {
	if n.known[x] {
		return
	}
	if n.known == nil {
		n.known = map[Notification]bool{}
	}
	n.known[x] = true
	n.sent = append(n.sent, x)
}

// notify is NOTIFY and pg_notify.
func (s *Session) notify(channel, payload string) error {
	switch {
	case channel == "":
		return pgerr.New(pgerr.InvalidParameterValue, "channel name cannot be empty")
	case len(channel) > channelBytesMax:
		return pgerr.New(pgerr.InvalidParameterValue, "channel name too long")
	case len(payload) > payloadBytesMax:
		return pgerr.New(pgerr.InvalidParameterValue, "payload string too long")
	}
	s.tx.notes.add(Notification{PID: s.pid, Channel: channel, Payload: payload})
	return nil
}

// notifyStmt runs NOTIFY, LISTEN and UNLISTEN.
func (s *Session) notifyStmt(stmt ast.Stmt) (Tag, error) {
	s.begin()
	switch x := stmt.(type) {
	case *ast.NotifyStmt:
		return tag("NOTIFY"), s.notify(x.Channel, x.Payload)
	case *ast.ListenStmt:
		s.tx.notes.listens = append(s.tx.notes.listens, listen{x.Channel, true})
		return tag("LISTEN"), nil
	case *ast.UnlistenStmt:
		l := listen{channel: x.Channel}
		if x.All {
			l.channel = ""
		}
		s.tx.notes.listens = append(s.tx.notes.listens, l)
	}
	return tag("UNLISTEN"), nil
}

// checkQueue refuses to commit notifications while somebody who would get them has too many unread.
func (s *Session) checkQueue(n *notifications) error {
	if len(n.sent) == 0 || s.srv.channels.usage() < 1 {
		return nil
	}
	return pgerr.New(pgerr.ProgramLimitExceeded, "too many notifications in the NOTIFY queue")
}

// publish makes what a committed transaction sent and listened to effective. A session that listens to what it sends in the same
// transaction gets it.
func (s *Session) publish(n *notifications) {
	if len(n.listens)+len(n.sent) == 0 {
		return
	}
	c := &s.srv.channels
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range n.listens {
		s.applyListen(l)
	}
	woken := map[*Session]bool{}
	for _, x := range n.sent {
		for _, to := range c.listeners[x.Channel] {
			to.inbox.add(x)
			woken[to] = true
		}
	}
	for to := range woken {
		if to != s {
			to.wake()
		}
	}
}

// applyListen changes what the session listens to. The caller holds the mutex of the channels.
func (s *Session) applyListen(l listen) {
	c := &s.srv.channels
	if l.on {
		if !slices.Contains(s.listening, l.channel) {
			s.listening = append(s.listening, l.channel)
			if c.listeners == nil {
				c.listeners = map[string][]*Session{}
			}
			c.listeners[l.channel] = append(c.listeners[l.channel], s)
		}
		return
	}
	kept := s.listening[:0]
	for _, name := range s.listening {
		if l.channel != "" && l.channel != name {
			kept = append(kept, name)
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(c.listeners[name]), func(o *Session) bool { return o == s })
		if c.listeners[name] = rest; len(rest) == 0 {
			delete(c.listeners, name)
		}
	}
	s.listening = kept
}

// unlistenAll is UNLISTEN * at once: DISCARD ALL and the end of the session.
func (s *Session) unlistenAll() {
	s.srv.channels.mu.Lock()
	defer s.srv.channels.mu.Unlock()
	s.applyListen(listen{})
}

// wake tells the connection of an idle session that notifications wait. A busy one looks when it is done.
func (s *Session) wake() {
	s.mu.Lock()
	idle := !s.running
	s.mu.Unlock()
	if idle && s.client.Notify != nil {
		s.client.Notify()
	}
}

func (b *inbox) add(n Notification) {
	b.mu.Lock()
	b.list, b.bytes = append(b.list, n), b.bytes+len(n.Channel)+len(n.Payload)
	b.mu.Unlock()
}

// Notifications takes what waits for the client, nothing inside of a transaction.
func (s *Session) Notifications() []Notification {
	if len(s.listening) == 0 || s.tx.block || s.tx.kv != nil {
		return nil
	}
	s.inbox.mu.Lock()
	defer s.inbox.mu.Unlock()
	list := s.inbox.list
	s.inbox.list, s.inbox.bytes = nil, 0
	return list
}

// usage is how full the fullest inbox is, from 0 to 1 and beyond.
func (c *channels) usage() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := 0
	for _, list := range c.listeners {
		for _, s := range list {
			s.inbox.mu.Lock()
			most = max(most, s.inbox.bytes)
			s.inbox.mu.Unlock()
		}
	}
	return float64(most) / inboxBytesMax
}

func pgNotify(s *Session, _ context.Context, args []types.Datum) (types.Datum, error) {
	text := func(d types.Datum) string {
		if d.IsNull() {
			return ""
		}
		return d.Str()
	}
	return void, s.notify(text(args[0]), text(args[1]))
}

func queueUsage(s *Session, _ context.Context, _ []types.Datum) (types.Datum, error) {
	return types.NewFloat(min(1, s.srv.channels.usage())), nil
}

func listeningChannels(s *Session) []types.Datum {
	out := make([]types.Datum, len(s.listening))
	for i, c := range s.listening {
		out[i] = types.NewStr(c)
	}
	return out
}

// column is a source of rows of one value.
type column struct{ values []types.Datum }

// Next implements expr.RowSource.
func (c *column) Next() ([]types.Datum, bool, error) {
	if len(c.values) == 0 {
		return nil, false, nil
	}
	row := c.values[:1]
	c.values = c.values[1:]
	return row, true, nil
}

var _ expr.RowSource = (*column)(nil)

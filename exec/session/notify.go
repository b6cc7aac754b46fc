package session

import (
	"context"

	"github.com/lightsql/lightsql/exec/notify"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// PostgreSQL's limits (src/backend/commands/async.c).
const (
	channelBytesMax = 63
	payloadBytesMax = 7999
)

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
	s.tx.notes.Send(notify.Notification{PID: s.pid, Channel: channel, Payload: payload})
	return nil
}

// notifyStmt runs NOTIFY, LISTEN and UNLISTEN.
func (s *Session) notifyStmt(stmt ast.Stmt) (Tag, error) {
	s.begin()
	switch x := stmt.(type) {
	case *ast.NotifyStmt:
		return tag("NOTIFY"), s.notify(x.Channel, x.Payload)
	case *ast.ListenStmt:
		s.tx.notes.Listen(x.Channel)
		return tag("LISTEN"), nil
	case *ast.UnlistenStmt:
		if x.All {
			s.tx.notes.Unlisten("")
		} else {
			s.tx.notes.Unlisten(x.Channel)
		}
	}
	return tag("UNLISTEN"), nil
}

// checkQueue refuses to commit notifications while somebody who would get them has too many unread.
func (s *Session) checkQueue() error {
	if !s.tx.notes.Sends() || s.srv.hub.Usage() < 1 {
		return nil
	}
	return pgerr.New(pgerr.ProgramLimitExceeded, "too many notifications in the NOTIFY queue")
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

// Notifications takes what waits for the client, nothing inside of a transaction.
func (s *Session) Notifications() []notify.Notification {
	if s.tx.block || s.tx.kv != nil {
		return nil
	}
	return s.listener.Take()
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
	return types.NewFloat(min(1, s.srv.hub.Usage())), nil
}

func listeningChannels(s *Session) [][]types.Datum {
	var out [][]types.Datum
	for _, c := range s.listener.Channels() {
		out = append(out, []types.Datum{types.NewStr(c)})
	}
	return out
}

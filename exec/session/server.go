package session

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/stats"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/exec/notify"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/exec/statements"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/settings"
)

// ServerOptions are what all sessions share.
type ServerOptions struct {
	Store   kv.Store
	Catalog *catalog.Catalog
	Logger  *slog.Logger
	// Settings are run-time parameters of the configuration file and the command line, by name.
	Settings map[string]string
	// SpillDir is where operators put temporary files; "" is the system's.
	SpillDir string
	// MemoryBytesMax bounds what all statements together may hold; 0 is no bound.
	MemoryBytesMax int64
}

// Server makes sessions and knows the running ones. Safe for concurrent use.
type Server struct {
	o       ServerOptions
	started time.Time
	plans   *planner.Cache
	locks   *lockmgr.Manager
	stats   *stats.Map
	stat    pgstat.Registry
	memory  exec.Account // of all statements
	xids    transactionIDs

	hub        notify.Hub
	statements statements.Registry
	twoPhase   twoPhase

	mu       sync.Mutex
	sessions map[int32]*Session // by PID
}

// NewServer makes a Server.
func NewServer(o ServerOptions) *Server {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	srv := &Server{o: o, started: time.Now(), plans: planner.NewCache(planner.CacheOptions{}), locks: lockmgr.NewManager(),
		stats: stats.NewMap(), memory: exec.Account{Limit: o.MemoryBytesMax}, sessions: map[int32]*Session{}}
	srv.stat.Start(srv.started)
	if err := stats.Load(context.Background(), o.Store, srv.stats); err != nil {
		o.Logger.Warn("statistics could not be read", "error", err)
	}
	srv.locks.Elsewhere = srv.keyBlockers
	if err := srv.recoverPrepared(context.Background()); err != nil {
		o.Logger.Error("prepared transactions could not be taken up", "error", err)
	}
	return srv
}

// StartOptions are what a client says when it connects.
type StartOptions struct {
	// Parameters are the start-up packet's: user, database, options and run-time parameters.
	Parameters map[string]string
	PID        int32
	ClientAddr string
	ClientPort string
	ServerAddr string
	ServerPort string
	// Terminate ends the connection; called by other goroutines (pg_terminate_backend, idle timeouts).
	Terminate func()
	// Notify makes the connection of an idle session send Session.Notifications; called by other goroutines.
	Notify func()
}

// NewSession opens a session. Its errors are FATAL for the connection.
func (srv *Server) NewSession(o StartOptions) (*Session, error) {
	user := o.Parameters["user"]
	if user == "" {
		return nil, pgerr.New(pgerr.InvalidAuthorizationSpecification, "no PostgreSQL user name specified in startup packet")
	}
	database := cmp.Or(o.Parameters["database"], user)
	reader := srv.o.Catalog.Newest()
	role, ok := reader.Role(user)
	if !ok {
		return nil, pgerr.New(pgerr.InvalidAuthorizationSpecification, "role %q does not exist", user)
	}
	if !role.Login {
		return nil, pgerr.New(pgerr.InvalidAuthorizationSpecification, "role %q is not permitted to log in", user)
	}
	db, ok := reader.Database(database)
	if !ok {
		return nil, pgerr.New(pgerr.InvalidCatalogName, "database %q does not exist", database)
	}
	if !db.AllowConn {
		return nil, pgerr.New(pgerr.ObjectNotInPrerequisiteState, "database %q is not currently accepting connections", database)
	}
	if err := srv.mayConnect(reader, role, db); err != nil {
		return nil, err
	}
	s := newSession(srv, o, user, database)
	s.roles.login = role.OID
	if err := s.startSettings(o.Parameters); err != nil {
		return nil, err
	}
	srv.mu.Lock()
	srv.sessions[o.PID] = s
	s.locks = srv.locks.NewOwner(o.PID)
	srv.mu.Unlock()
	return s, nil
}

func (srv *Server) remove(s *Session) {
	srv.mu.Lock()
	delete(srv.sessions, s.pid)
	srv.mu.Unlock()
}

// all returns the running sessions by PID.
func (srv *Server) all() []*Session {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	out := make([]*Session, 0, len(srv.sessions))
	for _, s := range srv.sessions {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *Session) int { return cmp.Compare(a.pid, b.pid) })
	return out
}

// session finds a running session; nil if there is none.
func (srv *Server) session(pid int32) *Session {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return srv.sessions[pid]
}

// settingsDefaults returns a fresh set of run-time parameters with the server's configuration applied.
func (srv *Server) settingsDefaults() (*settings.Values, error) {
	v := settings.NewValues()
	for name, value := range srv.o.Settings {
		if err := v.SetDefault(name, value); err != nil {
			return nil, err
		}
	}
	return v, nil
}

package session

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/exec/lockmgr"
	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// sessionCode is a function that needs the session.
type sessionCode func(s *Session, ctx context.Context, args []types.Datum) (types.Datum, error)

// sessionFunctions are the functions of pg_proc that need the session, by prosrc.
var sessionFunctions = sync.OnceValue(func() map[string]sessionCode {
	m := map[string]sessionCode{
		"pg_advisory_unlock_all":               unlockAll,
		"pg_blocking_pids":                     blockingPIDs,
		"pg_safe_snapshot_blocking_pids":       func(*Session, context.Context, []types.Datum) (types.Datum, error) { return pids(nil), nil },
		"pg_isolation_test_session_is_blocked": isBlocked,
		"pg_cancel_backend":                    cancelBackend,
		"pg_terminate_backend":                 terminateBackend,
		"lightsql_backup":                      backupTo,
		"pg_notify":                            pgNotify,
		"pg_notification_queue_usage":          queueUsage,
		"pg_stat_statements_reset":             resetStatements,
	}
	countFunctions(m)
	clientFunctions(m)
	for _, kind := range []string{"int8", "int4"} {
		for _, shared := range []string{"", "_shared"} {
			mode := lockmgr.Exclusive
			if shared != "" {
				mode = lockmgr.Share
			}
			m["pg_advisory_lock"+shared+"_"+kind] = advisoryLock(mode, true)
			m["pg_advisory_xact_lock"+shared+"_"+kind] = advisoryLock(mode, false)
			m["pg_try_advisory_lock"+shared+"_"+kind] = tryAdvisoryLock(mode, true)
			m["pg_try_advisory_xact_lock"+shared+"_"+kind] = tryAdvisoryLock(mode, false)
			m["pg_advisory_unlock"+shared+"_"+kind] = advisoryUnlock(mode)
		}
	}
	return m
})

// sessionSets are the functions of pg_proc that return rows of the session, by prosrc.
var sessionSets = map[string]func(*Session) [][]types.Datum{"pg_listening_channels": listeningChannels}

// sessionFunction finds the function with an OID of pg_proc.
func sessionFunction(oid types.OID) (*expr.Func, bool) {
	p, ok := builtins.ProcByOID(oid)
	if !ok {
		return nil, false
	}
	f := &expr.Func{OID: oid, Name: p.Name, Args: p.Args, Ret: p.Ret, Strict: p.Strict, Kind: p.Kind}
	if rows, ok := sessionSets[p.Src]; ok {
		f.RetSet = true
		f.Set = func(c *expr.Ctx, _ []types.Datum) (expr.RowSource, error) {
			e, ok := c.Env.(*env)
			if !ok {
				return nil, pgerr.FeatureNotSupported("function " + p.Name + " outside of a session")
			}
			return &expr.RowList{Rows: rows((*Session)(e))}, nil
		}
		return f, true
	}
	run, ok := sessionFunctions()[p.Src]
	if !ok {
		return nil, false
	}
	return &expr.Func{OID: oid, Name: p.Name, Args: p.Args, Ret: p.Ret, Strict: p.Strict, Kind: p.Kind,
		Scalar: func(c *expr.Ctx, args []types.Datum) (types.Datum, error) {
			e, ok := c.Env.(*env)
			if !ok {
				return types.Null, pgerr.FeatureNotSupported("function " + p.Name + " outside of a session")
			}
			ctx := c.Context
			if ctx == nil {
				ctx = context.Background()
			}
			return run((*Session)(e), ctx, args)
		}}, true
}

// advisoryTag names an advisory lock by one 64-bit or two 32-bit keys.
func advisoryTag(args []types.Datum) lockmgr.Tag {
	t := lockmgr.Tag{Class: lockmgr.ClassAdvisory, DB: uint32(catalog.DatabaseOID), Sub: 1}
	if len(args) == 2 {
		t.Sub, t.ID1, t.ID2 = 2, uint32(args[0].Int()), uint32(args[1].Int())
		return t
	}
	k := uint64(args[0].Int())
	t.ID1, t.ID2 = uint32(k>>32), uint32(k)
	return t
}

// void is the value of functions that return nothing.
var void = types.NewStr("")

func advisoryLock(mode lockmgr.Mode, session bool) sessionCode {
	return func(s *Session, ctx context.Context, args []types.Datum) (types.Datum, error) {
		_, err := s.lock(ctx, advisoryTag(args), mode, lockmgr.Options{Session: session})
		return void, err
	}
}

func tryAdvisoryLock(mode lockmgr.Mode, session bool) sessionCode {
	return func(s *Session, ctx context.Context, args []types.Datum) (types.Datum, error) {
		_, err := s.lock(ctx, advisoryTag(args), mode, lockmgr.Options{Session: session, NoWait: true})
		if errors.Is(err, lockmgr.ErrNotAvailable) {
			return types.NewBool(false), nil
		}
		return types.NewBool(true), err
	}
}

func advisoryUnlock(mode lockmgr.Mode) sessionCode {
	return func(s *Session, _ context.Context, args []types.Datum) (types.Datum, error) {
		ok := s.locks.Unlock(advisoryTag(args), mode)
		if !ok {
			s.notice(pgerr.Warning("01000", "you don't own a lock of type %s", mode))
		}
		return types.NewBool(ok), nil
	}
}

func unlockAll(s *Session, _ context.Context, _ []types.Datum) (types.Datum, error) {
	s.locks.UnlockSession()
	return void, nil
}

// blockers lists the processes that keep pid waiting.
func (srv *Server) blockers(pid int32) []int32 {
	out := srv.locks.WaitsFor(pid)
	slices.Sort(out)
	return slices.Compact(out)
}

func pids(list []int32) types.Datum {
	ds := make([]types.Datum, len(list))
	for i, p := range list {
		ds[i] = types.NewInt(int64(p))
	}
	return types.NewRef(types.NewArray(types.Int4OID, ds))
}

func blockingPIDs(s *Session, _ context.Context, args []types.Datum) (types.Datum, error) {
	return pids(s.srv.blockers(int32(args[0].Int()))), nil
}

// isBlocked is what PostgreSQL's isolation tests ask: does one of the given processes keep pid waiting?
func isBlocked(s *Session, _ context.Context, args []types.Datum) (types.Datum, error) {
	by := s.srv.blockers(int32(args[0].Int()))
	for _, d := range args[1].Array().Elems {
		if !d.IsNull() && slices.Contains(by, int32(d.Int())) {
			return types.NewBool(true), nil
		}
	}
	return types.NewBool(false), nil
}

// backend finds the session that a function is to signal.
func (s *Session) backend(d types.Datum) *Session {
	o := s.srv.session(int32(d.Int()))
	if o == nil {
		s.notice(pgerr.Warning("01000", "PID %d is not a PostgreSQL server process", d.Int()))
	}
	return o
}

func cancelBackend(s *Session, ctx context.Context, args []types.Datum) (types.Datum, error) {
	o := s.backend(args[0])
	if o == nil {
		return types.NewBool(false), nil
	}
	o.Cancel()
	if o == s {
		return types.Null, ctx.Err()
	}
	return types.NewBool(true), nil
}

func terminateBackend(s *Session, ctx context.Context, args []types.Datum) (types.Datum, error) {
	if args[1].Int() < 0 {
		return types.Null, pgerr.New(pgerr.NumericValueOutOfRange, "\"timeout\" must not be negative")
	}
	o := s.backend(args[0])
	if o == nil {
		return types.NewBool(false), nil
	}
	o.terminate(errTerminated)
	if o == s {
		return types.Null, ctx.Err()
	}
	return types.NewBool(true), nil
}

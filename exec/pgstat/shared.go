package pgstat

import (
	"time"

	"github.com/lightsql/lightsql/sql/types"
)

// Database is what was counted of all sessions together.
type Database struct {
	Commits, Rollbacks, Sessions, Deadlocks        int64
	Returned, Fetched, Inserted, Updated, Deleted  int64
	SessionTime, ActiveTime, IdleInTransactionTime time.Duration
	Reset                                          time.Time // of pg_stat_reset, zero if there was none
}

// SLRU is one of PostgreSQL's caches of small pages. Ours has the queue of notifications alone, whose pages are written and never read.
type SLRU struct {
	Name   string
	Zeroed int64
	Reset  time.Time
}

// slrus are PostgreSQL's, in its order (src/include/pgstat.h, SLRU_NAMES).
func slrus(now time.Time) []SLRU {
	var out []SLRU
	for _, name := range []string{"CommitTs", "MultiXactMember", "MultiXactOffset", "Notify", "Serial", "Subtrans", "Xact", "other"} {
		out = append(out, SLRU{Name: name, Reset: now})
	}
	return out
}

// notifySLRU is the place of the queue of notifications in slrus.
const notifySLRU = 3

// shared are the counts that do not belong to a relation or a function.
type shared struct {
	database Database
	slru     []SLRU
	started  time.Time
	backends func() int // how many there are now, nil: none
}

// Start begins the counts of a server.
func (r *Registry) Start(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shared = shared{slru: slrus(now), started: now}
}

func (r *Registry) readShared() *shared {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.shared
	out.slru = append([]SLRU(nil), r.slru...)
	return &out
}

// resetSLRU begins the counts of one cache anew, of all if name is NULL.
func (r *Registry) resetSLRU(name types.Datum, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := len(r.slru) - 1 // other
	for i := range r.slru {
		if !name.IsNull() && r.slru[i].Name == name.Str() {
			one = i
		}
	}
	for i := range r.slru {
		if name.IsNull() || i == one {
			r.slru[i].Zeroed, r.slru[i].Reset = 0, now
		}
	}
}

// sharedPending is what a session counted of them.
type sharedPending struct {
	database Database
	zeroed   int64
}

func (p *sharedPending) addTo(s *shared) {
	d, add := &s.database, &p.database
	d.Commits, d.Rollbacks = d.Commits+add.Commits, d.Rollbacks+add.Rollbacks
	d.Sessions, d.Deadlocks = d.Sessions+add.Sessions, d.Deadlocks+add.Deadlocks
	d.SessionTime, d.ActiveTime = d.SessionTime+add.SessionTime, d.ActiveTime+add.ActiveTime
	d.IdleInTransactionTime += add.IdleInTransactionTime
	if len(s.slru) > 0 {
		s.slru[notifySLRU].Zeroed += p.zeroed
	}
	*p = sharedPending{}
}

// addRows adds what a session counted of a relation.
func (d *Database) addRows(p *pending) {
	d.Returned, d.Fetched = d.Returned+p.Returned, d.Fetched+p.Fetched
	d.Inserted, d.Updated, d.Deleted = d.Inserted+p.inserted, d.Updated+p.updated, d.Deleted+p.deleted
}

// Connected counts the session, Deadlocked a deadlock that it was the victim of, Paged pages that the queue of notifications began.
func (s *Session) Connected()        { s.shared.database.Sessions++; s.dirty = true }
func (s *Session) Deadlocked()       { s.shared.database.Deadlocks++; s.dirty = true }
func (s *Session) Paged(pages int64) { s.shared.zeroed += pages; s.dirty = s.dirty || pages > 0 }

// Active counts time in which a statement ran, Idle time between two, which a transaction may have waited through.
func (s *Session) Active(d time.Duration) {
	s.shared.database.ActiveTime += d
	s.shared.database.SessionTime += d
}

// Idle counts time in which no statement ran.
func (s *Session) Idle(d time.Duration, transaction bool) {
	s.shared.database.SessionTime += d
	if transaction {
		s.shared.database.IdleInTransactionTime += d
	}
}

func (r *Reader) shared() *shared {
	v := r.prepare()
	if v.shared != nil {
		return v.shared
	}
	s := r.Registry.readShared()
	if r.Mode != "none" {
		v.shared = s
	}
	return s
}

func always(n int64) func(*shared) types.Datum {
	return func(*shared) types.Datum { return types.NewInt(n) }
}

func noTime(*shared) types.Datum { return types.NewFloat(0) }

// backends is how many sessions there are now, whatever of the other counts a transaction goes on to see.
func backends(s *shared) types.Datum {
	if s.backends == nil {
		return types.NewInt(0)
	}
	return types.NewInt(int64(s.backends()))
}

// databaseValues are the functions that tell about a database, by name. Times are in milliseconds.
var databaseValues = map[string]func(*shared) types.Datum{
	"pg_stat_get_db_numbackends":               backends,
	"pg_stat_get_db_xact_commit":               func(s *shared) types.Datum { return types.NewInt(s.database.Commits) },
	"pg_stat_get_db_xact_rollback":             func(s *shared) types.Datum { return types.NewInt(s.database.Rollbacks) },
	"pg_stat_get_db_tuples_returned":           func(s *shared) types.Datum { return types.NewInt(s.database.Returned) },
	"pg_stat_get_db_tuples_fetched":            func(s *shared) types.Datum { return types.NewInt(s.database.Fetched) },
	"pg_stat_get_db_tuples_inserted":           func(s *shared) types.Datum { return types.NewInt(s.database.Inserted) },
	"pg_stat_get_db_tuples_updated":            func(s *shared) types.Datum { return types.NewInt(s.database.Updated) },
	"pg_stat_get_db_tuples_deleted":            func(s *shared) types.Datum { return types.NewInt(s.database.Deleted) },
	"pg_stat_get_db_deadlocks":                 func(s *shared) types.Datum { return types.NewInt(s.database.Deadlocks) },
	"pg_stat_get_db_sessions":                  func(s *shared) types.Datum { return types.NewInt(s.database.Sessions) },
	"pg_stat_get_db_session_time":              func(s *shared) types.Datum { return milliseconds(s.database.SessionTime) },
	"pg_stat_get_db_active_time":               func(s *shared) types.Datum { return milliseconds(s.database.ActiveTime) },
	"pg_stat_get_db_idle_in_transaction_time":  func(s *shared) types.Datum { return milliseconds(s.database.IdleInTransactionTime) },
	"pg_stat_get_db_stat_reset_time":           func(s *shared) types.Datum { return timestamp(s.database.Reset) },
	"pg_stat_get_db_sessions_abandoned":        always(0),
	"pg_stat_get_db_sessions_fatal":            always(0),
	"pg_stat_get_db_sessions_killed":           always(0),
	"pg_stat_get_db_conflict_all":              always(0), // conflicts arise on standbys
	"pg_stat_get_db_conflict_bufferpin":        always(0),
	"pg_stat_get_db_conflict_lock":             always(0),
	"pg_stat_get_db_conflict_snapshot":         always(0),
	"pg_stat_get_db_conflict_startup_deadlock": always(0),
	"pg_stat_get_db_conflict_tablespace":       always(0),
	"pg_stat_get_db_blk_read_time":             noTime, // as with track_io_timing off
	"pg_stat_get_db_blk_write_time":            noTime,
}

// writerValues are the functions about the background writer and the checkpointer, which we have not, by name.
var writerValues = map[string]func(*shared) types.Datum{
	"pg_stat_get_bgwriter_stat_reset_time":         func(s *shared) types.Datum { return timestamp(s.started) },
	"pg_stat_get_bgwriter_buf_written_checkpoints": always(0),
	"pg_stat_get_bgwriter_buf_written_clean":       always(0),
	"pg_stat_get_bgwriter_maxwritten_clean":        always(0),
	"pg_stat_get_bgwriter_requested_checkpoints":   always(0),
	"pg_stat_get_bgwriter_timed_checkpoints":       always(0),
	"pg_stat_get_buf_alloc":                        always(0),
	"pg_stat_get_buf_fsync_backend":                always(0),
	"pg_stat_get_buf_written_backend":              always(0),
	"pg_stat_get_checkpoint_sync_time":             noTime,
	"pg_stat_get_checkpoint_write_time":            noTime,
}

// sharedCalls are the functions of databases and of the background writer.
func sharedCalls(m map[string]Call) {
	for name := range databaseValues {
		m[name] = func(r *Reader, args []types.Datum) (types.Datum, error) {
			return r.Value(name, OID(args[0].Int())), nil
		}
	}
	for name := range writerValues {
		m[name] = func(r *Reader, _ []types.Datum) (types.Datum, error) { return r.Value(name, 0), nil }
	}
}

// sharedValue is what the function of that name says, of a database if it is about one: nothing is counted of those without sessions.
func (r *Reader) sharedValue(name string, oid OID) (types.Datum, bool) {
	f, ok := databaseValues[name]
	switch {
	case ok && oid != r.Database:
		return f(&shared{}), true
	case !ok:
		if f, ok = writerValues[name]; !ok {
			return types.Null, false
		}
	}
	s := r.shared()
	s.backends = r.Backends
	return f(s), true
}

// SLRURows are the rows of pg_stat_slru.
func (r *Reader) SLRURows() [][]types.Datum {
	var rows [][]types.Datum
	zero := types.NewInt(0)
	for _, x := range r.shared().slru {
		rows = append(rows, []types.Datum{types.NewStr(x.Name), types.NewInt(x.Zeroed), zero, zero, zero, zero, zero, zero, timestamp(x.Reset)})
	}
	return rows
}

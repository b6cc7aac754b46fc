package pgstat

import (
	"strings"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
	"github.com/lightsql/lightsql/sql/types"
)

// Reader reads counts for a session, as its stats_fetch_consistency says: what it has read may stay the same until the transaction ends.
type Reader struct {
	Registry *Registry
	Session  *Session
	Mode     string // none, cache or snapshot
	// Gone reports whether a relation or function does not exist any more.
	Gone func(oid OID, function bool) bool
	Now  time.Time
	// Database is the database with sessions, Backends how many those are.
	Database OID
	Backends func() int
}

// view is what a session has read in its transaction.
type view struct {
	mode      string
	taken     time.Time // of the snapshot
	relations map[OID]Relation
	functions map[OID]*Function
	shared    *shared
}

func (v *view) clear() { *v = view{} }

// prepare makes the view fit for a read.
func (r *Reader) prepare() *view {
	v := &r.Session.view
	if v.mode != r.Mode {
		v.clear()
		v.mode = r.Mode
	}
	if v.relations == nil && r.Mode != "none" {
		v.relations, v.functions = map[OID]Relation{}, map[OID]*Function{}
		if r.Mode == "snapshot" {
			r.Registry.mu.Lock()
			for oid, t := range r.Registry.relations {
				v.relations[oid] = *t
			}
			for oid, f := range r.Registry.functions {
				c := *f
				v.functions[oid] = &c
			}
			r.Registry.mu.Unlock()
			v.shared = r.Registry.readShared()
			v.taken = r.Now
		}
	}
	return v
}

func (r *Reader) relation(oid OID) Relation {
	v := r.prepare()
	t, ok := v.relations[oid]
	if !ok && r.Mode != "snapshot" {
		if !r.Gone(oid, false) {
			t = r.Registry.Relation(oid)
		}
		if v.relations != nil {
			v.relations[oid] = t
		}
	}
	return t
}

func (r *Reader) function(oid OID) *Function {
	v := r.prepare()
	f, ok := v.functions[oid]
	if !ok && r.Mode != "snapshot" {
		if c, called := r.Registry.Function(oid); called && !r.Gone(oid, true) {
			f = &c
		}
		if v.functions != nil {
			v.functions[oid] = f
		}
	}
	return f
}

// relationValues are the functions that tell about a relation, by name.
var relationValues = map[string]func(*Relation) types.Datum{
	"pg_stat_get_numscans":              func(r *Relation) types.Datum { return types.NewInt(r.Scans.Scans) },
	"pg_stat_get_tuples_returned":       func(r *Relation) types.Datum { return types.NewInt(r.Returned) },
	"pg_stat_get_tuples_fetched":        func(r *Relation) types.Datum { return types.NewInt(r.Fetched) },
	"pg_stat_get_tuples_inserted":       func(r *Relation) types.Datum { return types.NewInt(r.Inserted) },
	"pg_stat_get_tuples_updated":        func(r *Relation) types.Datum { return types.NewInt(r.Updated) },
	"pg_stat_get_tuples_deleted":        func(r *Relation) types.Datum { return types.NewInt(r.Deleted) },
	"pg_stat_get_tuples_hot_updated":    func(*Relation) types.Datum { return types.NewInt(0) },
	"pg_stat_get_live_tuples":           func(r *Relation) types.Datum { return types.NewInt(r.Live) },
	"pg_stat_get_dead_tuples":           func(r *Relation) types.Datum { return types.NewInt(r.Dead) },
	"pg_stat_get_mod_since_analyze":     func(r *Relation) types.Datum { return types.NewInt(r.ChangedSinceAnalyze) },
	"pg_stat_get_ins_since_vacuum":      func(r *Relation) types.Datum { return types.NewInt(r.InsertedSinceVacuum) },
	"pg_stat_get_vacuum_count":          func(r *Relation) types.Datum { return types.NewInt(r.Vacuums) },
	"pg_stat_get_autovacuum_count":      func(*Relation) types.Datum { return types.NewInt(0) },
	"pg_stat_get_analyze_count":         func(r *Relation) types.Datum { return types.NewInt(r.Analyzes) },
	"pg_stat_get_autoanalyze_count":     func(r *Relation) types.Datum { return types.NewInt(r.AutoAnalyzes) },
	"pg_stat_get_last_vacuum_time":      func(r *Relation) types.Datum { return timestamp(r.LastVacuum) },
	"pg_stat_get_last_autovacuum_time":  func(*Relation) types.Datum { return types.Null },
	"pg_stat_get_last_analyze_time":     func(r *Relation) types.Datum { return timestamp(r.LastAnalyze) },
	"pg_stat_get_last_autoanalyze_time": func(r *Relation) types.Datum { return timestamp(r.LastAutoAnalyze) },
}

// transactionValues are those of what the session counted and has not yet added to the registry: in its transaction, or just before.
var transactionValues = map[string]func(*Relation) types.Datum{
	"pg_stat_get_xact_numscans":           relationValues["pg_stat_get_numscans"],
	"pg_stat_get_xact_tuples_returned":    relationValues["pg_stat_get_tuples_returned"],
	"pg_stat_get_xact_tuples_fetched":     relationValues["pg_stat_get_tuples_fetched"],
	"pg_stat_get_xact_tuples_inserted":    relationValues["pg_stat_get_tuples_inserted"],
	"pg_stat_get_xact_tuples_updated":     relationValues["pg_stat_get_tuples_updated"],
	"pg_stat_get_xact_tuples_deleted":     relationValues["pg_stat_get_tuples_deleted"],
	"pg_stat_get_xact_tuples_hot_updated": relationValues["pg_stat_get_tuples_hot_updated"],
}

// transaction is what the session counted of a relation and has not yet added to the registry.
func (s *Session) transaction(oid OID) Relation {
	p := s.relations[oid]
	if p == nil {
		return Relation{}
	}
	t := Relation{Scans: p.Scans, Inserted: p.inserted, Updated: p.updated, Deleted: p.deleted}
	for i := range p.xacts {
		x := &p.xacts[i]
		t.Inserted, t.Updated, t.Deleted = t.Inserted+x.inserted, t.Updated+x.updated, t.Deleted+x.deleted
	}
	return t
}

// functionValues are the functions that tell about a function, by name. Times are in milliseconds.
var functionValues = map[string]func(*Function) types.Datum{
	"pg_stat_get_function_calls":      func(f *Function) types.Datum { return types.NewInt(f.Calls) },
	"pg_stat_get_function_total_time": func(f *Function) types.Datum { return milliseconds(f.Total) },
	"pg_stat_get_function_self_time":  func(f *Function) types.Datum { return milliseconds(f.Self) },
}

func milliseconds(d time.Duration) types.Datum {
	return types.NewFloat(float64(d) / float64(time.Millisecond))
}

// epoch is where timestamps count from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func timestamp(t time.Time) types.Datum {
	if t.IsZero() {
		return types.Null
	}
	return types.NewInt(t.Sub(epoch).Microseconds())
}

// Call is a function about counts.
type Call func(r *Reader, args []types.Datum) (types.Datum, error)

// Functions are all functions, by name.
func Functions() map[string]Call {
	m := map[string]Call{"pg_stat_have_stats": haveStats, "pg_stat_reset_shared": resetShared}
	for name := range relationValues {
		m[name] = func(r *Reader, args []types.Datum) (types.Datum, error) {
			return r.Value(name, OID(args[0].Int())), nil
		}
	}
	for name := range functionValues {
		m[name] = func(r *Reader, args []types.Datum) (types.Datum, error) {
			return r.Value(name, OID(args[0].Int())), nil
		}
	}
	sharedCalls(m)
	for name, f := range transactionValues {
		m[name] = func(r *Reader, args []types.Datum) (types.Datum, error) {
			t := r.Session.transaction(OID(args[0].Int()))
			return f(&t), nil
		}
	}
	for name, f := range functionValues {
		name = strings.Replace(name, "_get_", "_get_xact_", 1)
		m[name] = func(r *Reader, args []types.Datum) (types.Datum, error) {
			c := r.Session.functions[OID(args[0].Int())]
			if c == nil || c.Calls == 0 {
				return types.Null, nil
			}
			return f(c), nil
		}
	}
	m["pg_stat_reset_slru"] = func(r *Reader, args []types.Datum) (types.Datum, error) {
		r.Registry.resetSLRU(args[0], r.Now)
		return types.NewStr(""), nil
	}
	m["pg_stat_get_snapshot_timestamp"] = func(r *Reader, _ []types.Datum) (types.Datum, error) {
		return timestamp(r.prepareAt()), nil
	}
	for name, act := range actions {
		m[name] = func(r *Reader, args []types.Datum) (types.Datum, error) {
			if len(args) == 0 || !args[0].IsNull() {
				act(r, args)
			}
			return types.NewStr(""), nil
		}
	}
	return m
}

// actions are the functions that return nothing.
var actions = map[string]func(r *Reader, args []types.Datum){
	"pg_stat_force_next_flush": func(r *Reader, _ []types.Datum) { r.Session.force = true },
	"pg_stat_clear_snapshot":   func(r *Reader, _ []types.Datum) { r.Session.view.clear() },
	"pg_stat_reset":            func(r *Reader, _ []types.Datum) { r.Registry.reset(r.Now) },
	"pg_stat_reset_single_table_counters": func(r *Reader, args []types.Datum) {
		r.Registry.resetOne(OID(args[0].Int()), false)
	},
	"pg_stat_reset_single_function_counters": func(r *Reader, args []types.Datum) {
		r.Registry.resetOne(OID(args[0].Int()), true)
	},
}

// prepareAt is when the snapshot was taken that the transaction reads, zero if it reads none.
func (r *Reader) prepareAt() time.Time {
	if r.Session.view.mode != r.Mode {
		r.Session.view.clear()
	}
	return r.Session.view.taken
}

// resetShared is pg_stat_reset_shared: nothing is counted of these.
func resetShared(_ *Reader, args []types.Datum) (types.Datum, error) {
	switch target := args[0].Str(); target {
	case "archiver", "bgwriter", "recovery_prefetch", "wal":
		return types.NewStr(""), nil
	default:
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "unrecognized reset target: \"%s\"", target).
			WithHint("Target must be \"archiver\", \"bgwriter\", \"recovery_prefetch\", or \"wal\".")
	}
}

// haveStats is pg_stat_have_stats.
func haveStats(r *Reader, args []types.Datum) (types.Datum, error) {
	oid := OID(args[2].Int())
	switch kind := args[0].Str(); kind {
	case "relation", "function":
		return types.NewBool(!r.Gone(oid, kind == "function") && r.Registry.has(oid, kind == "function")), nil
	case "database", "archiver", "bgwriter", "checkpointer", "slru", "wal":
		return types.NewBool(true), nil
	case "replslot", "subscription":
		return types.NewBool(false), nil
	default:
		return types.Null, pgerr.New(pgerr.InvalidParameterValue, "invalid statistics kind: \"%s\"", kind)
	}
}

// Value is what the function of that name says about a relation, a function or a database.
func (r *Reader) Value(name string, oid OID) types.Datum {
	if f, ok := relationValues[name]; ok {
		t := r.relation(oid)
		return f(&t)
	}
	if d, ok := r.sharedValue(name, oid); ok {
		return d
	}
	f := r.function(oid)
	if f == nil {
		return types.Null
	}
	return functionValues[name](f)
}

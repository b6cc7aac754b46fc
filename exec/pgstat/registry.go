package pgstat

import (
	"sync"
	"time"
)

// Registry is what all sessions have counted. Safe for concurrent use.
type Registry struct {
	mu        sync.Mutex
	relations map[OID]*Relation
	functions map[OID]*Function
	shared
}

func (r *Registry) relation(oid OID) *Relation {
	t := r.relations[oid]
	if t == nil {
		if r.relations == nil {
			r.relations = map[OID]*Relation{}
		}
		t = &Relation{}
		r.relations[oid] = t
	}
	return t
}

// called makes a function known.
func (r *Registry) called(oid OID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.function(oid)
}

func (r *Registry) function(oid OID) *Function {
	f := r.functions[oid]
	if f == nil {
		if r.functions == nil {
			r.functions = map[OID]*Function{}
		}
		f = &Function{}
		r.functions[oid] = f
	}
	return f
}

// add takes over what a session has counted.
func (r *Registry) add(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.shared.addTo(&r.shared)
	for oid, p := range s.relations {
		r.database.addRows(p)
		p.addTo(r.relation(oid))
	}
	for oid, f := range s.functions {
		sum := r.function(oid)
		sum.Calls, sum.Total, sum.Self = sum.Calls+f.Calls, sum.Total+f.Total, sum.Self+f.Self
		*f = Function{}
	}
}

// addTo moves counts to t; those of the running transaction stay.
func (p *pending) addTo(t *Relation) {
	t.Scans.Scans += p.Scans.Scans
	t.Returned += p.Returned
	t.Fetched += p.Fetched
	t.Inserted, t.Updated, t.Deleted = t.Inserted+p.inserted, t.Updated+p.updated, t.Deleted+p.deleted
	if p.truncated {
		t.Live, t.Dead, t.InsertedSinceVacuum = 0, 0, 0
	}
	t.Live, t.Dead = max(0, t.Live+p.live), max(0, t.Dead+p.dead)
	t.ChangedSinceAnalyze += p.changed
	t.InsertedSinceVacuum += p.inserted
	*p = pending{xacts: p.xacts}
}

// Relation gives the counts of a relation.
func (r *Registry) Relation(oid OID) Relation {
	r.mu.Lock()
	defer r.mu.Unlock()
	if t := r.relations[oid]; t != nil {
		return *t
	}
	return Relation{}
}

// Function gives the counts of a function; ok is false if it was never called.
func (r *Registry) Function(oid OID) (f Function, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p := r.functions[oid]; p != nil {
		return *p, true
	}
	return Function{}, false
}

// has reports whether anything was counted of a relation or a function.
func (r *Registry) has(oid OID, function bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if function {
		return r.functions[oid] != nil
	}
	return r.relations[oid] != nil
}

// Changed lists the rows changed since their tables were analyzed.
func (r *Registry) Changed() map[OID]int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[OID]int64{}
	for oid, t := range r.relations {
		if t.ChangedSinceAnalyze > 0 {
			out[oid] = t.ChangedSinceAnalyze
		}
	}
	return out
}

// Analyzed counts an ANALYZE that found live rows.
func (r *Registry) Analyzed(oid OID, live int64, auto bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.relation(oid)
	t.Live, t.ChangedSinceAnalyze = live, 0
	if auto {
		t.AutoAnalyzes++
		t.LastAutoAnalyze = now
	} else {
		t.Analyzes++
		t.LastAnalyze = now
	}
}

// Vacuumed counts a VACUUM that found live rows and left none that are dead.
func (r *Registry) Vacuumed(oid OID, live int64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.relation(oid)
	t.Live, t.Dead, t.InsertedSinceVacuum = live, 0, 0
	t.Vacuums++
	t.LastVacuum = now
}

// Drop forgets what gone says is gone.
func (r *Registry) Drop(gone func(oid OID, function bool) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for oid := range r.relations {
		if gone(oid, false) {
			delete(r.relations, oid)
		}
	}
	for oid := range r.functions {
		if gone(oid, true) {
			delete(r.functions, oid)
		}
	}
}

// reset begins the counts of the database anew, resetOne those of a relation or a function.
func (r *Registry) reset(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.database = Database{Reset: now}
	for _, t := range r.relations {
		*t = Relation{}
	}
	for _, f := range r.functions {
		*f = Function{}
	}
}

func (r *Registry) resetOne(oid OID, function bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if f := r.functions[oid]; function && f != nil {
		*f = Function{}
	} else if t := r.relations[oid]; !function && t != nil {
		*t = Relation{}
	}
}

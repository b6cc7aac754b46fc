package pgstat

import "time"

// Op is what was done to rows.
type Op uint8

// The operations.
const (
	Insert Op = iota
	Update
	Delete
)

// flushEvery is how often a session adds to the registry (PGSTAT_MIN_INTERVAL).
const flushEvery = time.Second

// Session is what one session has counted and not yet added to the registry. It belongs to the session's goroutine.
type Session struct {
	relations map[OID]*pending
	functions map[OID]*Function
	touched   []*pending // with rows of the running transaction
	shared    sharedPending
	level     int // of subtransactions that are open
	dirty     bool
	force     bool
	flushed   time.Time

	calling time.Duration // spent in functions that the running function called
	view    view
}

// pending are the counts of one relation. They are never taken out, so that scans may keep a pointer.
type pending struct {
	Scans
	inserted, updated, deleted int64
	live, dead, changed        int64
	truncated                  bool
	xacts                      []xact // of the running transaction, by level
}

// xact are the rows of a subtransaction. What was before a TRUNCATE is kept for when that is rolled back.
type xact struct {
	level                      int
	inserted, updated, deleted int64
	truncated                  bool
	before                     struct{ inserted, updated, deleted int64 }
}

func (s *Session) relation(oid OID) *pending {
	p := s.relations[oid]
	if p == nil {
		if s.relations == nil {
			s.relations = map[OID]*pending{}
		}
		p = &pending{}
		s.relations[oid] = p
	}
	s.dirty = true
	return p
}

// Scanned gives the counters of a relation's scans, to add to until the end of the statement.
func (s *Session) Scanned(oid OID) *Scans { return &s.relation(oid).Scans }

// Changed counts rows of a table.
func (s *Session) Changed(oid OID, op Op, rows int) {
	x := s.xact(s.relation(oid))
	switch op {
	case Insert:
		x.inserted += int64(rows)
	case Update:
		x.updated += int64(rows)
	default:
		x.deleted += int64(rows)
	}
}

// xact gives the counts of the running subtransaction.
func (s *Session) xact(p *pending) *xact {
	n := len(p.xacts)
	if n == 0 {
		s.touched = append(s.touched, p)
	}
	if n == 0 || p.xacts[n-1].level < s.level {
		p.xacts = append(p.xacts, xact{level: s.level})
	}
	return &p.xacts[len(p.xacts)-1]
}

// Truncated counts a TRUNCATE, or another way to begin a table anew.
func (s *Session) Truncated(oid OID) {
	x := s.xact(s.relation(oid))
	x.save()
	x.inserted, x.updated, x.deleted = 0, 0, 0
}

func (x *xact) save() {
	if !x.truncated {
		x.before.inserted, x.before.updated, x.before.deleted = x.inserted, x.updated, x.deleted
		x.truncated = true
	}
}

// restore takes a TRUNCATE back.
func (x *xact) restore() {
	if x.truncated {
		x.inserted, x.updated, x.deleted = x.before.inserted, x.before.updated, x.before.deleted
	}
}

// Begin begins a subtransaction and gives the level to go back to.
func (s *Session) Begin() (level int) {
	s.level++
	return s.level - 1
}

// EndTo ends the subtransactions above a level, which Begin gave.
func (s *Session) EndTo(level int, commit bool) {
	for s.level > level {
		s.level--
		for _, p := range s.touched {
			p.endLevel(s.level, commit)
		}
	}
}

// endLevel ends the subtransaction inside of level.
func (p *pending) endLevel(level int, commit bool) {
	n := len(p.xacts)
	if n == 0 || p.xacts[n-1].level <= level {
		return
	}
	x := &p.xacts[n-1]
	switch {
	case !commit:
		p.abort(x)
		p.xacts = p.xacts[:n-1]
	case n > 1 && p.xacts[n-2].level == level:
		up := &p.xacts[n-2]
		if x.truncated {
			up.save()
			up.inserted, up.updated, up.deleted = x.inserted, x.updated, x.deleted
		} else {
			up.inserted, up.updated, up.deleted = up.inserted+x.inserted, up.updated+x.updated, up.deleted+x.deleted
		}
		p.xacts = p.xacts[:n-1]
	default:
		x.level = level
	}
}

// abort counts rows that never were.
func (p *pending) abort(x *xact) {
	x.restore()
	p.inserted, p.updated, p.deleted = p.inserted+x.inserted, p.updated+x.updated, p.deleted+x.deleted
	p.dead += x.inserted + x.updated
}

// End ends the transaction.
func (s *Session) End(commit bool) {
	if commit {
		s.shared.database.Commits++
	} else {
		s.shared.database.Rollbacks++
	}
	s.dirty = true
	s.EndTo(0, commit)
	for _, p := range s.touched {
		for i := range p.xacts {
			x := &p.xacts[i]
			if !commit {
				p.abort(x)
				continue
			}
			p.commit(x)
		}
		p.xacts = p.xacts[:0]
	}
	clear(s.touched)
	s.touched = s.touched[:0]
	s.view.clear()
}

func (p *pending) commit(x *xact) {
	p.inserted, p.updated, p.deleted = p.inserted+x.inserted, p.updated+x.updated, p.deleted+x.deleted
	if x.truncated {
		p.truncated = true
		p.live, p.dead, p.changed = 0, 0, 0
	}
	p.live += x.inserted - x.deleted
	p.dead += x.updated + x.deleted
	p.changed += x.inserted + x.updated + x.deleted
}

// Prepared is what a prepared transaction did to tables.
type Prepared map[OID]xact

// Prepare takes the rows of the transaction out of the session, for whoever decides about it.
func (s *Session) Prepare() Prepared {
	s.EndTo(0, true)
	out := Prepared{}
	for oid, p := range s.relations {
		if len(p.xacts) > 0 {
			out[oid] = p.xacts[0]
			p.xacts = p.xacts[:0]
		}
	}
	s.End(true)
	return out
}

// Decide counts the rows of a prepared transaction.
func (s *Session) Decide(t Prepared, commit bool) {
	for oid, x := range t {
		p := s.relation(oid)
		if commit {
			p.commit(&x)
		} else {
			p.abort(&x)
		}
	}
}

// Call counts a call of a function, which the registry knows from now on: what it returns is to be called at its end.
func (s *Session) Call(r *Registry, oid OID) (done func()) {
	f := s.functions[oid]
	if f == nil {
		if s.functions == nil {
			s.functions = map[OID]*Function{}
		}
		f = &Function{}
		s.functions[oid] = f
		r.called(oid)
	}
	s.dirty = true
	outer, total := s.calling, f.Total
	s.calling = 0
	began := time.Now()
	return func() {
		took := time.Since(began)
		f.Calls++
		f.Total = total + took // a call of itself inside is in there
		f.Self += took - s.calling
		s.calling = outer + took
	}
}

// ForceFlush makes the next Flush add to the registry whenever it comes.
func (s *Session) ForceFlush() { s.force = true }

// Flush adds to the registry, between transactions, if it is time to.
func (s *Session) Flush(r *Registry, now time.Time) {
	if !s.force && now.Sub(s.flushed) < flushEvery {
		return
	}
	if s.force, s.flushed = false, now; s.dirty {
		s.dirty = false
		r.add(s)
	}
}

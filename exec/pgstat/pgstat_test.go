package pgstat

import (
	"testing"
	"time"
)

// TestPrepared: the rows of a prepared transaction count when it is decided, for whoever decides.
func TestPrepared(t *testing.T) {
	for commit, want := range map[bool]Relation{
		true:  {Inserted: 3, Updated: 1, Deleted: 1, Live: 2, Dead: 2, ChangedSinceAnalyze: 5, InsertedSinceVacuum: 3},
		false: {Inserted: 3, Updated: 1, Deleted: 1, Live: 0, Dead: 4, InsertedSinceVacuum: 3},
	} {
		var r Registry
		var a, b Session
		a.Changed(7, Insert, 2)
		level := a.Begin()
		a.Changed(7, Insert, 1)
		a.Changed(7, Update, 1)
		a.EndTo(level, true)
		a.Changed(7, Delete, 1)
		p := a.Prepare()
		a.force = true
		a.Flush(&r, time.Now())
		if got := r.Relation(7); got != (Relation{}) {
			t.Errorf("counted before it is decided: %+v", got)
		}
		b.Decide(p, commit)
		b.Flush(&r, time.Now())
		if got := r.Relation(7); got != want {
			t.Errorf("commit %v: %+v, want %+v", commit, got, want)
		}
	}
}

// TestFlush: a session adds at once at first, and then at most once in a second unless it is told to.
func TestFlush(t *testing.T) {
	var r Registry
	var s Session
	now := time.Unix(1000, 0)
	add := func(at time.Time) int64 {
		s.Scanned(7).Scans++
		s.End(true)
		s.Flush(&r, at)
		return r.Relation(7).Scans.Scans
	}
	if n := add(now); n != 1 {
		t.Errorf("first: %d", n)
	}
	if n := add(now.Add(time.Second / 2)); n != 1 {
		t.Errorf("after half a second: %d", n)
	}
	if n := add(now.Add(time.Second)); n != 3 {
		t.Errorf("after a second: %d", n)
	}
	s.force = true
	if n := add(now.Add(time.Second)); n != 4 {
		t.Errorf("forced: %d", n)
	}
}

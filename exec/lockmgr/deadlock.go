package lockmgr

import (
	"fmt"
	"slices"
	"strings"
)

// deadlock searches for a circle of waits that r closes. A circle that only the order of a queue makes is broken by letting one
// overtake.
func (m *Manager) deadlock(r *request) error {
	m.detector.Lock()
	defer m.detector.Unlock()
	path := m.circle(r.owner.pid)
	if path == nil {
		return nil
	}
	for i := len(path) - 1; i >= 0; i-- {
		if m.overtake(path[i]) {
			return nil
		}
	}
	err := &DeadlockError{Detail: m.describe(path)}
	m.mu.Lock()
	defer m.mu.Unlock()
	if r.owner.wait != r {
		return nil // granted meanwhile
	}
	m.cancel(r)
	return err
}

// overtake grants what pid waits for if only requests ahead stand against it, and none of the holders does.
func (m *Manager) overtake(pid int32) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.owners[pid]
	if o == nil || o.wait == nil || o.wait.holders != nil || !o.wait.lock.free(o, o.wait.mode) {
		return false
	}
	r := o.wait
	r.lock.queue = slices.DeleteFunc(r.lock.queue, func(x *request) bool { return x == r })
	r.lock.grant(o, r.mode)
	o.wait = nil
	close(r.granted)
	return true
}

// circle returns the processes on a path of waits from pid back to itself, nil if there is none.
func (m *Manager) circle(pid int32) []int32 {
	from := map[int32]int32{}
	todo := []int32{pid}
	for len(todo) > 0 {
		p := todo[0]
		todo = todo[1:]
		for _, b := range m.WaitsFor(p) {
			if b == pid {
				path := []int32{p}
				for path[0] != pid {
					path = slices.Insert(path, 0, from[path[0]])
				}
				return path
			}
			if _, ok := from[b]; !ok {
				from[b] = p
				todo = append(todo, b)
			}
		}
	}
	return nil
}

// WaitsFor lists the processes that keep pid waiting, here or elsewhere.
func (m *Manager) WaitsFor(pid int32) []int32 {
	out := m.Blockers(pid)
	if m.Elsewhere != nil {
		out = append(out, m.Elsewhere(pid)...)
	}
	return out
}

// Blockers lists the processes that keep pid waiting for a lock of this manager: holders of conflicting modes, and those ahead
// in the queue that ask for one.
func (m *Manager) Blockers(pid int32) []int32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.owners[pid]
	if o == nil || o.wait == nil {
		return nil
	}
	r, l := o.wait, o.wait.lock
	var out []int32
	if r.holders != nil {
		for _, h := range r.holders {
			out = append(out, h.pid)
		}
		return out
	}
	for _, g := range l.grants {
		if g.owner != o && g.modes&conflicts[r.mode] != 0 {
			out = append(out, g.owner.pid)
		}
	}
	for _, x := range l.queue {
		if x == r {
			break
		}
		if conflicts[r.mode]&x.mode.bit() != 0 && !slices.Contains(out, x.owner.pid) {
			out = append(out, x.owner.pid)
		}
	}
	return out
}

// describe is the error's detail: who waits for what.
func (m *Manager) describe(path []int32) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []string
	for i, p := range path {
		what := "ShareLock on a row"
		if o := m.owners[p]; o != nil && o.wait != nil {
			what = o.wait.mode.String() + " on " + o.wait.lock.tag.String()
		}
		lines = append(lines, fmt.Sprintf("Process %d waits for %s; blocked by process %d.", p, what, path[(i+1)%len(path)]))
	}
	return strings.Join(lines, "\n")
}

// Waiting is the lock that pid waits for.
func (m *Manager) Waiting(pid int32) (tag Tag, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.owners[pid]; o != nil && o.wait != nil {
		return o.wait.lock.tag, true
	}
	return Tag{}, false
}

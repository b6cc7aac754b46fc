package plan

import (
	"fmt"
	"strings"
)

// Usage is what a node did with the store: blocks found in memory, blocks read from files, writes and their bytes.
type Usage struct{ Hit, Read, Records, Bytes int64 }

// used are the lines of BUFFERS and WAL of a node, its inputs' figures included.
func (x *explainer) used(s *shownNode) []fact {
	var out []fact
	var u Usage // all zero of what does not run
	if x.o.Analyze && x.o.Actual != nil {
		u = x.actual(s).Usage
	}
	if x.o.Buffers {
		out = append(out, buffers(u, s.temp()))
	}
	if x.o.WAL {
		f := fact{parts: []fact{{key: "WAL Records", value: u.Records}, {key: "WAL FPI", value: int64(0)}, {key: "WAL Bytes", value: u.Bytes}}}
		if u.Records > 0 {
			f.text = fmt.Sprintf("WAL: records=%d bytes=%d", u.Records, u.Bytes)
		}
		out = append(out, f)
	}
	return out
}

// temp is how many blocks a node and its inputs wrote to files.
func (s *shownNode) temp() int64 {
	n := s.spilled
	for _, k := range s.kids {
		n += k.temp()
	}
	return n
}

// buffers are blocks of the store, and those of 8 kB that were written to files and read again.
func buffers(u Usage, temp int64) fact {
	f := fact{}
	for _, p := range []struct {
		key string
		n   int64
	}{{"Shared Hit", u.Hit}, {"Shared Read", u.Read}, {"Shared Dirtied", 0}, {"Shared Written", 0}, {"Local Hit", 0}, {"Local Read", 0},
		{"Local Dirtied", 0}, {"Local Written", 0}, {"Temp Read", temp}, {"Temp Written", temp}} {
		f.parts = append(f.parts, fact{key: p.key + " Blocks", value: p.n})
	}
	var lists []string
	if u.Hit > 0 || u.Read > 0 {
		list := "shared"
		if u.Hit > 0 {
			list += fmt.Sprintf(" hit=%d", u.Hit)
		}
		if u.Read > 0 {
			list += fmt.Sprintf(" read=%d", u.Read)
		}
		lists = append(lists, list)
	}
	if temp > 0 {
		lists = append(lists, fmt.Sprintf("temp read=%d written=%d", temp, temp))
	}
	if len(lists) > 0 {
		f.text = "Buffers: " + strings.Join(lists, ", ")
	}
	return f
}

// planning are what the plan took, besides time.
func (x *explainer) planning() []fact {
	var out []fact
	if x.o.Buffers {
		out = append(out, buffers(x.o.PlanningUsage, 0))
	}
	if x.o.Memory {
		used, allocated := x.planningMemory()
		out = append(out, fact{text: fmt.Sprintf("Memory: used=%dkB  allocated=%dkB", used, allocated),
			parts: []fact{{key: "Memory Used", value: used}, {key: "Memory Allocated", value: allocated}}})
	}
	return out
}

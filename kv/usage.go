package kv

import "sync/atomic"

// Usage counts what a transaction does, for EXPLAIN.
type Usage struct {
	// Hit are blocks that were in the cache, and memtables that answered; Read are blocks that came from files.
	Hit, Read int64
	// Records are the writes, Bytes their keys and values: what of them goes to the log, without its framing.
	Records, Bytes int64
}

// CountHit and CountRead count a block; a nil Usage does not count.
func (u *Usage) CountHit() {
	if u != nil {
		atomic.AddInt64(&u.Hit, 1)
	}
}

// CountRead is described at CountHit.
func (u *Usage) CountRead() {
	if u != nil {
		atomic.AddInt64(&u.Read, 1)
	}
}

// Now is what was counted so far; nothing by a nil Usage.
func (u *Usage) Now() Usage {
	if u == nil {
		return Usage{}
	}
	return Usage{atomic.LoadInt64(&u.Hit), atomic.LoadInt64(&u.Read), u.Records, u.Bytes}
}

// Minus is what was counted since o.
func (u Usage) Minus(o Usage) Usage {
	return Usage{u.Hit - o.Hit, u.Read - o.Read, u.Records - o.Records, u.Bytes - o.Bytes}
}

// Plus is the sum of both.
func (u Usage) Plus(o Usage) Usage {
	return Usage{u.Hit + o.Hit, u.Read + o.Read, u.Records + o.Records, u.Bytes + o.Bytes}
}

// Meter is a Txn that can count.
type Meter interface {
	// Measure makes what follows count to u; nil ends that.
	Measure(u *Usage)
}

package engine

import (
	"sync"
	"sync/atomic"
)

// cache keeps the blocks of run files within a budget. A hit never comes here: a run's blocks are found through the run
// itself, by number, with one atomic load. Loading a block puts it into a shard's queue; when the shard is over its
// budget a clock hand walks the queue and takes out blocks that nobody touched since it passed the last time. A block
// that is read once, as in a scan, leaves at the first pass.
//
// A block taken out stays valid for those who hold it; the garbage collector frees it.
type cache struct {
	shards [cacheShards]cacheShard
	budget int64 // per shard
	misses atomic.Uint64
}

const cacheShards = 16

type cacheShard struct {
	mu    sync.Mutex
	queue []*block // a ring: from the hand on, around
	hand  int
	used  int64
	_     [64]byte
}

// blockOverhead is about what a cached block needs besides its data.
const blockOverhead = 160

func newCache(bytes int) *cache { return &cache{budget: int64(bytes) / cacheShards} }

// add puts a block that was just read into its run and under the budget.
func (c *cache) add(b *block) {
	c.misses.Add(1)
	s := &c.shards[(uint32(b.at)*0x9e3779b1^b.run.no*0x85ebca6b)>>16%cacheShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if !b.run.blocks[b.at].CompareAndSwap(nil, b) {
		return // somebody else read it at the same time
	}
	s.used += b.cost()
	// The new block goes in just behind the hand: it is looked at last.
	if s.hand >= len(s.queue) {
		s.hand = 0
	}
	s.queue = append(s.queue, b)
	s.evict(c.budget)
}

func (b *block) cost() int64 { return int64(len(b.data)) + blockOverhead }

func (s *cacheShard) evict(budget int64) {
	for s.used > budget && len(s.queue) > 0 {
		if s.hand >= len(s.queue) {
			s.hand = 0
		}
		b := s.queue[s.hand]
		if b.used.Load() {
			b.used.Store(false)
			s.hand++
			continue
		}
		b.run.blocks[b.at].CompareAndSwap(b, nil)
		s.used -= b.cost()
		n := len(s.queue) - 1
		s.queue[s.hand] = s.queue[n]
		s.queue[n] = nil
		s.queue = s.queue[:n]
		s.hand++
	}
}

// drop forgets the blocks of runs that are gone.
func (c *cache) drop(gone map[*run]bool) {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		kept := s.queue[:0]
		for _, b := range s.queue {
			if gone[b.run] {
				b.run.blocks[b.at].CompareAndSwap(b, nil)
				s.used -= b.cost()
			} else {
				kept = append(kept, b)
			}
		}
		clear(s.queue[len(kept):])
		s.queue = kept
		s.mu.Unlock()
	}
}

func (c *cache) bytes() uint64 {
	n := int64(0)
	for i := range c.shards {
		c.shards[i].mu.Lock()
		n += c.shards[i].used
		c.shards[i].mu.Unlock()
	}
	return uint64(n)
}

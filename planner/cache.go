package planner

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/ast"
	"github.com/lightsql/lightsql/sql/types"
)

// CacheOptions bound a Cache; zero fields mean the defaults.
type CacheOptions struct {
	Entries int // default 4096
	// TextBytes is the longest statement that is kept, default 16 KiB: longer ones are loads of data, met once.
	TextBytes int
}

// Cache keeps plans for all sessions. Safe for concurrent use. It is split into shards, each with its lock; a look-up takes a
// read lock only. When a shard is full, entries not used since the last round make room (the clock algorithm).
type Cache struct {
	shards  [cacheShards]cacheShard
	perPart int
	maxText int

	hits, misses atomic.Uint64

	seed maphash.Seed
	// met has the hashes of statements met lately, each in the place that it names itself.
	met [metSlots]atomic.Uint64
}

const (
	cacheShards = 16
	metSlots    = 8192
)

type cacheShard struct {
	mu sync.RWMutex
	// m and ring hold the same entries; hand is where the clock stands in ring.
	m    map[cacheKey]*cacheEntry
	ring []*cacheEntry
	hand int
}

// cacheKey is what a plan depends on, besides the versions in it.
type cacheKey struct {
	sql        string
	generation string
	user       string
	// pos is where the statement stands in sql, which may be a string of several.
	pos    int
	params [keyParams]types.OID
	// more are the types of further parameters.
	more string
	// count tells no parameters declared from unknown ones; -1: parameters are refused.
	count int
}

const keyParams = 6

type cacheEntry struct {
	key cacheKey
	// plan is nil for a statement that cannot be planned in the form of the key (see Parameterized).
	plan *plan.Plan
	// catalog and epoch are the versions of the catalog and of the statistics that the plan was made with.
	catalog, epoch uint64
	used           atomic.Bool
}

// NewCache makes a cache.
func NewCache(o CacheOptions) *Cache {
	if o.Entries <= 0 {
		o.Entries = 4096
	}
	if o.TextBytes <= 0 {
		o.TextBytes = 16 << 10
	}
	c := &Cache{perPart: max(1, o.Entries/cacheShards), maxText: o.TextBytes, seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].m = make(map[cacheKey]*cacheEntry)
	}
	return c
}

// Plan returns the plan of a statement from the cache, or makes it, and keeps it if the statement was met before.
func (c *Cache) Plan(stmt ast.Stmt, o Options) (*plan.Plan, error) {
	pos := position(stmt)
	if pos < 0 || len(o.SQL) > c.maxText || o.SQL == "" || o.DisabledRules != nil || o.Body != nil || o.Variables != nil ||
		len(o.Transitions) > 0 {
		return Plan(stmt, o)
	}
	key := keyOf(&o, pos)
	if e := c.find(&key, &o); e != nil {
		return e.plan, nil
	}
	epoch := o.epoch()
	p, err := Plan(stmt, o)
	if err == nil && !p.EnvDependent && c.again(&key) {
		c.put(&cacheEntry{key: key, plan: p, catalog: p.Catalog, epoch: epoch})
	}
	return p, err
}

// Lookup is the plan of a text that holds one statement, which starts at byte pos, if the cache has it: no need to parse.
func (c *Cache) Lookup(o *Options, pos int) *plan.Plan {
	key := keyOf(o, pos)
	if e := c.find(&key, o); e != nil {
		return e.plan
	}
	return nil
}

// Stats are the numbers of look-ups that found a plan and that did not.
func (c *Cache) Stats() (hits, misses uint64) { return c.hits.Load(), c.misses.Load() }

// Len is the number of plans kept.
func (c *Cache) Len() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.RLock()
		n += len(s.m)
		s.mu.RUnlock()
	}
	return n
}

func (o *Options) epoch() uint64 {
	if o.Stats == nil {
		return 0
	}
	return o.Stats.Epoch()
}

func keyOf(o *Options, pos int) cacheKey {
	k := cacheKey{sql: o.SQL, generation: o.Generation, user: o.User, pos: pos, count: len(o.ParamTypes)}
	if o.NoParams {
		k.count = -1
	}
	for i, t := range o.ParamTypes {
		if i < keyParams {
			k.params[i] = t.OID
			continue
		}
		var more []byte
		for _, t := range o.ParamTypes[i:] {
			more = append(more, byte(t.OID), byte(t.OID>>8), byte(t.OID>>16), byte(t.OID>>24))
		}
		k.more = string(more)
		break
	}
	return k
}

func (c *Cache) shard(k *cacheKey) *cacheShard {
	// A rough hash is enough here: the map makes a good one of the whole key.
	n := len(k.sql)
	h := uint(n)
	if n >= 4 {
		h += uint(k.sql[n-1])*7 + uint(k.sql[n-2])*3 + uint(k.sql[n/2])
	}
	return &c.shards[h%cacheShards]
}

// find is the entry for a key if it holds for the present catalog and statistics.
func (c *Cache) find(k *cacheKey, o *Options) *cacheEntry {
	s := c.shard(k)
	s.mu.RLock()
	e := s.m[*k]
	s.mu.RUnlock()
	if e == nil || e.catalog != o.Reader.Version() || e.epoch != o.epoch() {
		c.misses.Add(1)
		return nil
	}
	if !e.used.Load() {
		e.used.Store(true)
	}
	c.hits.Add(1)
	return e
}

// again reports a statement that was met before. Most that are not are never met again, so that to keep their plans would only fill
// memory for the collector to walk.
func (c *Cache) again(k *cacheKey) bool {
	h := maphash.String(c.seed, k.sql) + uint64(k.pos)
	slot := &c.met[h%metSlots]
	if slot.Load() == h {
		return true
	}
	slot.Store(h)
	return false
}

// put keeps an entry; it replaces one with the same key.
func (c *Cache) put(e *cacheEntry) {
	k := e.key
	s := c.shard(&k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.m[k]; ok {
		for i, x := range s.ring {
			if x == old {
				s.ring[i] = e
			}
		}
		s.m[k] = e
		return
	}
	s.m[k] = e
	if len(s.ring) < c.perPart {
		s.ring = append(s.ring, e)
		return
	}
	for s.ring[s.hand].used.Swap(false) {
		s.hand = (s.hand + 1) % len(s.ring)
	}
	delete(s.m, s.ring[s.hand].key)
	s.ring[s.hand] = e
	s.hand = (s.hand + 1) % len(s.ring)
}

// position is a byte offset within the statement's text, which tells it from other statements of the same string; -1 if it
// has none.
func position(stmt ast.Stmt) int {
	switch s := stmt.(type) {
	case *ast.SelectStmt:
		if s.Pos == 0 && s.Left != nil {
			return position(s.Left)
		}
		return s.Pos
	case *ast.InsertStmt:
		return s.Relation.Pos
	case *ast.UpdateStmt:
		return s.Relation.Pos
	case *ast.DeleteStmt:
		return s.Relation.Pos
	}
	return -1
}

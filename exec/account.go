package exec

import (
	"sync/atomic"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// Grow takes n more bytes. Beyond the limit it takes nothing and answers 53200. A nil Account counts nothing. The workers of a
// statement share its Account.
func (a *Account) Grow(n int64) error {
	if a == nil {
		return nil
	}
	if used := atomic.AddInt64(&a.Used, n); a.Limit > 0 && n > 0 && used > a.Limit {
		atomic.AddInt64(&a.Used, -n)
		return pgerr.New(pgerr.OutOfMemory, "out of memory").
			WithDetail("Failed on request of size %d in memory context \"ExecutorState\".", n)
	}
	if err := a.Parent.Grow(n); err != nil {
		atomic.AddInt64(&a.Used, -n)
		return err
	}
	return nil
}

// Detach gives back what the parent still counts for a.
func (a *Account) Detach() {
	a.Parent.Free(atomic.LoadInt64(&a.Used))
	a.Parent = nil
}

// Free gives n bytes back.
func (a *Account) Free(n int64) {
	if a != nil {
		atomic.AddInt64(&a.Used, -n)
		a.Parent.Free(n)
	}
}

// Usage is what one operator has taken from the statement's Account. The zero Usage needs Init.
type Usage struct {
	account *Account
	bytes   int64
	peak    int64
}

// Init empties u and binds it to the account of ctx.
func (u *Usage) Init(ctx *Ctx) {
	u.Release()
	u.account, u.peak = ctx.Memory, 0
}

// Set declares that the operator now holds n bytes in all.
func (u *Usage) Set(n int64) error {
	if n > u.bytes {
		if err := u.account.Grow(n - u.bytes); err != nil {
			return err
		}
	} else {
		u.account.Free(u.bytes - n)
	}
	u.bytes = n
	u.peak = max(u.peak, n)
	return nil
}

// Bytes is what the operator holds; Peak is the most it has held since Init.
func (u *Usage) Bytes() int64 { return u.bytes }

// Peak is the most that the operator has held since Init.
func (u *Usage) Peak() int64 { return u.peak }

// Release gives everything back.
func (u *Usage) Release() {
	u.account.Free(u.bytes)
	u.bytes = 0
}

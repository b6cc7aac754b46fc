package choose

import (
	"maps"
	"sync"
	"sync/atomic"

	"github.com/lightsql/lightsql/sql/builtins"
	"github.com/lightsql/lightsql/sql/types"
)

// Choosing among overloads is a pure function of the name and the argument types, and costs more than all the rest of binding a small
// statement, so its answers are remembered for the life of the process. Only successes over built-in types are kept: there are finitely many.
var (
	operatorMemo memo[operatorKey, builtins.OperatorMatch]
	functionMemo memo[functionKey, builtins.FuncMatch]
)

// memo is a map that is read without locks and replaced when it grows, which it soon stops to do.
type memo[K comparable, V any] struct {
	m  atomic.Pointer[map[K]*V]
	mu sync.Mutex // held by writers
}

func (c *memo[K, V]) load(k K) (*V, bool) {
	m := c.m.Load()
	if m == nil {
		return nil, false
	}
	v, ok := (*m)[k]
	return v, ok
}

func (c *memo[K, V]) store(k K, v *V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := map[K]*V{}
	if m := c.m.Load(); m != nil {
		next = maps.Clone(*m)
	}
	next[k] = v
	c.m.Store(&next)
}

type operatorKey struct {
	name        string
	left, right types.OID
}

// Operator is builtins.ResolveOperator with a memory.
func Operator(name string, left, right types.OID) (*builtins.OperatorMatch, error) {
	if m, ok := operatorMemo.load(operatorKey{name, left, right}); ok {
		return m, nil
	}
	m, err := builtins.ResolveOperator(name, left, right)
	if err != nil {
		return nil, err
	}
	if left < types.FirstUserOID && right < types.FirstUserOID {
		operatorMemo.store(operatorKey{m.Op.Name, left, right}, &m)
	}
	return &m, nil
}

// memoArgs is how many arguments a remembered call has at most.
const memoArgs = 4

type functionKey struct {
	name string
	n    int
	args [memoArgs]types.OID
}

// Function is builtins.ResolveFunction with a memory for plain calls.
func Function(call builtins.FuncCall) (*builtins.FuncMatch, error) {
	key := functionKey{name: call.Name, n: len(call.Args)}
	plain := call.More == nil && call.Resolver.User == nil && len(call.Args) <= memoArgs && len(call.ArgNames) == 0 && !call.Variadic
	if plain {
		for i, t := range call.Args {
			key.args[i] = t
			plain = plain && t < types.FirstUserOID
		}
	}
	if plain {
		if m, ok := functionMemo.load(key); ok {
			return m, nil
		}
	}
	m, err := builtins.ResolveFunction(call)
	if err != nil {
		return nil, err
	}
	if plain && m.Proc != nil {
		key.name = m.Proc.Name // not a part of the statement's text
		functionMemo.store(key, &m)
	}
	return &m, nil
}

package expr

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/types"
)

// TestDetached cancels a call of a large value that does not look at its context, and then makes the next one.
func TestDetached(t *testing.T) {
	began, release := make(chan bool), make(chan bool)
	bound := 0
	fn := &Func{Name: "slow", Strict: true, Volatility: Immutable, Bind: func([]types.T, types.T) *Func {
		bound++
		calls := 0 // scratch of the code
		return &Func{Name: "slow", Strict: true, Volatility: Immutable, Scalar: func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			if calls++; strings.HasPrefix(a[0].Str(), "wait") {
				began <- true
				<-release
			}
			return types.NewInt(int64(calls)), nil
		}}
	}}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Ctx{Context: ctx, Leftovers: &Leftovers{}, Params: []types.Datum{types.NewStr("wait" + strings.Repeat("x", heavyBytes))}}
	p, err := Compile(&Call{Fn: fn, T: types.Of(types.Int8OID), Args: []Expr{&Param{N: 1, T: types.Of(types.TextOID)}}})
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-began; cancel() }()
	if _, err := p.Value(c); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled call: %v", err)
	}
	if bound != 2 {
		t.Errorf("the code was made %d times, want 2: the abandoned call keeps the first one's scratch", bound)
	}
	short, cancel := context.WithCancel(context.Background())
	c.Context = short
	cancel()
	if _, err := p.Value(c); !errors.Is(err, context.Canceled) {
		t.Errorf("while another call runs on: %v", err)
	}
	close(release)
	c.Context = context.Background()
	c.Params[0] = types.NewStr(strings.Repeat("x", heavyBytes))
	if d, err := p.Value(c); err != nil || d.Int() != 1 {
		t.Errorf("the next call: %v, %v", d, err)
	}
}

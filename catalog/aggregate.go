package catalog

import "github.com/lightsql/lightsql/sql/types"

// Aggregate is what is in pg_aggregate about an aggregate. Functions are OIDs, 0 for none.
type Aggregate struct {
	Kind   byte // n normal, o ordered-set, h hypothetical-set
	Direct int  // direct arguments of an ordered-set aggregate
	AggregateFunctions
	State      types.OID
	StateSpace int
	Init       *string // the first state as text
	// FinalModify says what Final does to the state: r nothing, s it can go on after that, w it destroys it.
	FinalModify byte
	FinalExtra  bool
	Combine     types.OID
	Serial      types.OID
	Deserial    types.OID
	SortOp      types.OID
	// Moving is the second implementation, for windows whose frame moves; nil if there is none.
	Moving *MovingAggregate
}

// AggregateFunctions are the functions that every aggregate has.
type AggregateFunctions struct {
	Trans, Final types.OID
}

// MovingAggregate is an implementation that can take rows away again.
type MovingAggregate struct {
	AggregateFunctions
	Inverse     types.OID
	State       types.OID
	StateSpace  int
	Init        *string
	FinalModify byte
	FinalExtra  bool
}

// Functions lists the functions that the aggregate consists of.
func (a *Aggregate) Functions() []types.OID {
	fs := []types.OID{a.Trans, a.Final, a.Combine, a.Serial, a.Deserial}
	if m := a.Moving; m != nil {
		fs = append(fs, m.Trans, m.Inverse, m.Final)
	}
	return fs
}

package builtins

import (
	_ "embed"
	"strings"
	"sync"

	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
)

//go:embed pgdata/pg_aggregate.txt
var aggregateData string

// AggregateRow is a row of pg_aggregate.
type AggregateRow struct {
	OID                         types.OID
	Kind                        byte // n normal, o ordered-set, h hypothetical-set
	DirectArgs                  int
	SortOp                      types.OID
	TransType                   types.OID
	TransFn, FinalFn, CombineFn string
	InitVal                     string
}

var loadAggregates = sync.OnceValue(func() map[types.OID]*AggregateRow {
	m := make(map[types.OID]*AggregateRow, 160)
	var f [9]string
	for line := range strings.SplitSeq(strings.TrimSuffix(aggregateData, "\n"), "\n") {
		splitTabs(line, f[:])
		r := &AggregateRow{OID: parseOID(f[0]), Kind: f[1][0], DirectArgs: int(parseOID(f[2])), SortOp: parseOID(f[3]),
			TransType: parseOID(f[4]), TransFn: f[5], FinalFn: f[6], CombineFn: f[7], InitVal: f[8]}
		m[r.OID] = r
	}
	return m
})

// AggregateRowOf finds the row of pg_aggregate of an aggregate function.
func AggregateRowOf(oid types.OID) (*AggregateRow, bool) {
	r, ok := loadAggregates()[oid]
	return r, ok
}

// aggCode is the code of an aggregate; src is its signature.
type aggCode struct {
	src       string
	nonStrict bool
	sortOp    string
	make      func(args []types.T, ret types.T) expr.AggState
}

func aggCodesBySource() map[string]*aggCode {
	m := make(map[string]*aggCode, 256)
	for _, family := range [][]aggCode{sumAggs(), statAggs(), minMaxAggs(), collectAggs(), jsonAggs(), bitAggs()} {
		for i := range family {
			m[family[i].src] = &family[i]
		}
	}
	return m
}

// buildAgg is the Agg of a row of pg_proc; nil if there is no code.
func buildAgg(p *Proc, codes map[string]*aggCode) *expr.Agg {
	k, ok := codes[p.Src]
	if !ok {
		return nil
	}
	a := &expr.Agg{OID: p.OID, Name: p.Name, Args: p.Args, Ret: p.Ret, Variadic: p.Variadic != 0, Kind: 'n',
		Strict: !k.nonStrict, New: k.make, SortOp: k.sortOp}
	if r, ok := AggregateRowOf(p.OID); ok {
		a.Kind = r.Kind
	}
	return a
}

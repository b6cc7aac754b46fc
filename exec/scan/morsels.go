package scan

import (
	"sync/atomic"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/exec/pgstat"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/types"
)

// Morsels are ranges of keys that make up a table. Several scans of one plan node, each on its own goroutine, take them one after
// the other until all are taken.
type Morsels struct {
	table  types.OID
	ranges []kv.Range
	taken  atomic.Int32
	scans  *pgstat.Scans // nil: not counted
}

// NewMorsels cuts the table of n at the values n.Splits of the first column of its primary key.
func NewMorsels(n *plan.SeqScan) (*Morsels, error) {
	t, err := rowenc.NewTable(n.Table)
	if err != nil {
		return nil, err
	}
	m := &Morsels{table: n.Table.OID}
	all := t.Range()
	start := all.Start
	for _, d := range n.Splits {
		r, empty := t.Primary.Span(&rowenc.Constraint{HasLow: true, Low: d, LowIncl: true})
		if empty || string(r.Start) <= string(start) || string(r.Start) >= string(all.End) {
			continue
		}
		m.ranges = append(m.ranges, kv.Range{Start: start, End: r.Start})
		start = r.Start
	}
	m.ranges = append(m.ranges, kv.Range{Start: start, End: all.End})
	return m, nil
}

// Reset begins a scan: all ranges are given out again.
func (m *Morsels) Reset(ctx *exec.Ctx) {
	m.taken.Store(0)
	if m.scans = nil; ctx.Scans != nil {
		m.scans = ctx.Scans(m.table)
		m.scans.Scans++
	}
}

func (m *Morsels) counters() *pgstat.Scans { return m.scans }

func (p *Part) counters() *pgstat.Scans { return p.m.scans }

// take is the next range; ok is false if there is none.
func (m *Morsels) take() (r kv.Range, ok bool) {
	i := int(m.taken.Add(1)) - 1
	if i >= len(m.ranges) {
		return kv.Range{}, false
	}
	return m.ranges[i], true
}

// Part is one range after the other of Morsels, for a scan that is opened for each of them.
type Part struct {
	m     *Morsels
	r     kv.Range
	fresh bool // not given to the scan yet
}

// NewPart is a Part of m.
func NewPart(m *Morsels) *Part { return &Part{m: m} }

// Next takes the next range; it tells its number.
func (p *Part) Next() (number int, ok bool) {
	number = int(p.m.taken.Add(1)) - 1
	if number >= len(p.m.ranges) {
		return 0, false
	}
	p.r, p.fresh = p.m.ranges[number], true
	return number, true
}

func (p *Part) take() (r kv.Range, ok bool) {
	ok, p.fresh = p.fresh, false
	return p.r, ok
}

// Source gives a scan ranges to read: Morsels or Part.
type Source interface {
	take() (r kv.Range, ok bool)
	counters() *pgstat.Scans
}

package scan

import (
	"sync/atomic"

	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/planner/plan"
)

// Morsels are ranges of keys that make up a table. Several scans of one plan node, each on its own goroutine, take them one after
// the other until all are taken.
type Morsels struct {
	ranges []kv.Range
	taken  atomic.Int32
}

// NewMorsels cuts the table of n at the values n.Splits of the first column of its primary key.
func NewMorsels(n *plan.SeqScan) (*Morsels, error) {
	t, err := rowenc.NewTable(n.Table)
	if err != nil {
		return nil, err
	}
	m := &Morsels{}
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

// Reset gives all ranges out again.
func (m *Morsels) Reset() { m.taken.Store(0) }

// take is the next range; ok is false if there is none.
func (m *Morsels) take() (r kv.Range, ok bool) {
	i := int(m.taken.Add(1)) - 1
	if i >= len(m.ranges) {
		return kv.Range{}, false
	}
	return m.ranges[i], true
}

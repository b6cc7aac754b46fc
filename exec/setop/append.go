package setop

import (
	"context"

	"github.com/lightsql/lightsql/catalog/partition"
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/expr"
	"github.com/lightsql/lightsql/sql/types"
	"github.com/lightsql/lightsql/sql/vec"
)

// Append outputs its inputs' rows one input after the other. Inputs that read partitions which cannot have rows, by the values known when
// it starts, are left out.
type Append struct {
	inputs []exec.Operator
	pruner *Pruner
	at     int
	open   bool
}

// NewAppend is UNION ALL of inputs; p may be nil.
func NewAppend(inputs []exec.Operator, p *Pruner) *Append { return &Append{inputs: inputs, pruner: p} }

// HintRows implements exec.RowHinter.
func (a *Append) HintRows(n int64) {
	for _, in := range a.inputs {
		exec.HintRows(in, n)
	}
}

// Open implements exec.Operator. Inputs are opened when their turn comes.
func (a *Append) Open(context.Context) error {
	a.at, a.open = 0, false
	return a.pruner.evaluate()
}

// Next implements exec.Operator.
func (a *Append) Next(ctx context.Context) (*vec.Batch, error) {
	for ; a.at < len(a.inputs); a.at++ {
		if !a.pruner.wants(a.at) {
			continue
		}
		in := a.inputs[a.at]
		if !a.open {
			if err := in.Open(ctx); err != nil {
				return nil, err
			}
			a.open = true
		}
		b, err := in.Next(ctx)
		if err != nil {
			return nil, err
		}
		if b != nil && b.Rows() > 0 {
			return b, nil
		}
		a.open = false
	}
	return nil, nil
}

// Close implements exec.Operator.
func (a *Append) Close() error { return closeAll(a.inputs) }

func closeAll(ops []exec.Operator) error {
	var first error
	for _, op := range ops {
		if err := op.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Pruner chooses the inputs of an Append at each start. A nil Pruner wants all.
type Pruner struct {
	ctx     *exec.Ctx
	prunes  []plan.Prune
	needs   [][]plan.Need
	scalars map[expr.Expr]exec.Scalar
	sets    []partition.Set
}

// NewPruner is the pruner of n, nil if it has nothing to prune by.
func NewPruner(ctx *exec.Ctx, n *plan.Append) (*Pruner, error) {
	if len(n.Prunes) == 0 {
		return nil, nil
	}
	p := &Pruner{ctx: ctx, prunes: n.Prunes, needs: n.Needs, scalars: map[expr.Expr]exec.Scalar{}}
	for _, pr := range n.Prunes {
		if err := p.compile(pr.Step); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Pruner) compile(s *partition.Step) error {
	for _, c := range s.Clauses {
		if c.Value == nil {
			continue
		}
		v, err := exec.NewScalar(c.Value)
		if err != nil {
			return err
		}
		p.scalars[c.Value] = v
	}
	for _, branches := range s.Any {
		for _, b := range branches {
			if err := p.compile(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// evaluate finds the partitions that can have rows.
func (p *Pruner) evaluate() error {
	if p == nil {
		return nil
	}
	p.sets = p.sets[:0]
	for _, pr := range p.prunes {
		s, err := pr.Scheme.Prune(pr.Step, func(e expr.Expr) (types.Datum, bool, error) {
			v := p.scalars[e]
			d, err := v.Value(p.ctx.Expr)
			return d, true, err
		})
		if err != nil {
			return err
		}
		p.sets = append(p.sets, s)
	}
	return nil
}

func (p *Pruner) wants(input int) bool {
	if p == nil {
		return true
	}
	for _, n := range p.needs[input] {
		if !p.sets[n.Prune].Has(n.Part) {
			return false
		}
	}
	return true
}

package build

import (
	"github.com/lightsql/lightsql/exec"
	"github.com/lightsql/lightsql/planner/plan"
	"github.com/lightsql/lightsql/sql/pgerr"
)

// modify makes the operators that change data.
func (b *builder) modify(n plan.Node) (exec.Operator, error) {
	return nil, pgerr.FeatureNotSupported("data modification")
}

package engine

import (
	"context"
	"github.com/lightsql/lightsql/kv"
)

const levelsMax = 7

type run struct{}
type cache struct{}
type manifestFile struct{}

func (r *run) get(hash uint64, key []byte, ts uint64) (version, bool, error) {
	return version{}, false, nil
}
func findRun(level []*run, key []byte) *run { return nil }

func (it *Iter) addRuns(s *state, r kv.Range, ts uint64) {}

func (e *Engine) Check(ctx context.Context) error { return nil }
func (e *Engine) Stats() Stats                    { return e.stats }
func (e *Engine) OldestTS() uint64                { return 0 }

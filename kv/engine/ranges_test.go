package engine

import (
	"fmt"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/engine/rangeset"
)

// TestManifestRanges reads back a manifest with range tombstones.
func TestManifestRanges(t *testing.T) {
	var set *rangeset.Set
	for _, r := range []kv.Range{{Start: []byte("a"), End: []byte("m")}, {Start: []byte("f"), End: []byte("p")}, {Start: []byte("x")}} {
		set = set.With(r, uint64(3+set.Len()))
	}
	m := manifest{ranges: set}
	got, err := decodeManifest(m.encode())
	if err != nil || fmt.Sprint(got.ranges) != fmt.Sprint(set) || set.Len() != 4 {
		t.Fatalf("%v %v, want %v", err, got.ranges, set)
	}
}

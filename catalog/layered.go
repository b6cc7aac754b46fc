package catalog

import (
	"iter"
	"maps"
)

// layered is a map that is cheap to copy: a base that copies share and never change, and the few entries that differ from it.
// The catalog has a new state with every schema change, and most of it is the old one.
type layered[K comparable, V any] struct {
	base  map[K]V
	delta map[K]layeredEntry[V]
}

type layeredEntry[V any] struct {
	v    V
	gone bool
}

// mergeMin is the size of delta up to which it is copied whatever the size of the base.
const mergeMin = 64

func (m *layered[K, V]) get(k K) (V, bool) {
	if e, ok := m.delta[k]; ok {
		return e.v, !e.gone
	}
	v, ok := m.base[k]
	return v, ok
}

func (m *layered[K, V]) set(k K, v V) {
	if m.delta == nil {
		m.delta = map[K]layeredEntry[V]{}
	}
	m.delta[k] = layeredEntry[V]{v: v}
}

func (m *layered[K, V]) remove(k K) {
	if _, ok := m.base[k]; !ok {
		delete(m.delta, k)
		return
	}
	if m.delta == nil {
		m.delta = map[K]layeredEntry[V]{}
	}
	m.delta[k] = layeredEntry[V]{gone: true}
}

// clone is a copy that may be changed. It costs the size of delta, which is kept below the square root of the base.
func (m *layered[K, V]) clone() layered[K, V] {
	n := len(m.delta)
	if n <= mergeMin || n*n <= len(m.base) {
		return layered[K, V]{base: m.base, delta: maps.Clone(m.delta)}
	}
	base := make(map[K]V, len(m.base)+n)
	for k, v := range m.all() {
		base[k] = v
	}
	return layered[K, V]{base: base}
}

// all yields the entries in no order.
func (m *layered[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for k, e := range m.delta {
			if !e.gone && !yield(k, e.v) {
				return
			}
		}
		for k, v := range m.base {
			if _, ok := m.delta[k]; !ok && !yield(k, v) {
				return
			}
		}
	}
}

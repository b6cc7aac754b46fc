package main

import "testing"

func TestSharedBuffers(t *testing.T) {
	for _, c := range []struct {
		value string
		bytes int
	}{{"512MB", 512 << 20}, {"16384", 128 << 20}, {"128kB", buffersMin}, {"MB", 0}, {"-1", 0}, {"99999999999TB", 0}} {
		got := defaultConfig()
		err := got.assign("shared_buffers", c.value)
		if (err == nil) != (c.bytes > 0) || err == nil && got.store.CacheBytes != c.bytes {
			t.Errorf("shared_buffers = %s: %d bytes, %v", c.value, got.store.CacheBytes, err)
		}
	}
}

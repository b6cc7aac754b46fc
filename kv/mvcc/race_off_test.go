//go:build !race

package mvcc

const raced = false

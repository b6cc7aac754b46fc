// Command bench runs the same work against the store of this repository and its peers and prints every row as a rate and
// as a ratio to the best peer. It is a module of its own, so that the peers are not dependencies of the database.
//
//	make bench-kv                                  all engines that are there, 1,000,000 entries
//	make bench-kv ARGS='-n 10000000'               ten million
//	go run . -engine lightsql -rows 'get|scan' -cpuprofile /tmp/cpu.out    one engine, for a profile
//
// Pebble, bbolt and Badger come from the module proxy; LMDB and RocksDB are C libraries and take part when their header
// files are installed (build tags lmdb and rocksdb, set by the Makefile).
//
// Each engine runs in a process of its own, so that its memory can be read off, in a fresh directory. Keys have 16 bytes,
// values 100, half of which can be compressed. Every engine has 256 MiB of cache and 64 MiB of write buffer where it has
// such things. Reads check the value they get. Rates of reads come from transactions (snapshots) that last 1,000 reads.
package main

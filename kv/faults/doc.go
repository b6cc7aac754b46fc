// Package faults is what can go wrong around the embedded store, as tests: seven scenarios, each of a name that begins with
// TestFault, on the simulated disk of kv/vfs or on the machine's own.
//
//	TestFaultDiskFull         writes are kv.ErrDiskFull, reads go on, a restart reads, writing resumes by itself
//	TestFaultMemoryPressure   data fifty times the cache, tiny memtables: right answers within the budgets
//	TestFaultDataIntegrity    every kind of damage to every kind of file is named, or changes nothing
//	TestFaultClockJumps       the wall clock goes back and forth by years
//	TestFaultPermissionLoss   writes are kv.ErrReadOnly while the file system is read-only, and resume
//	TestFaultConcurrentStress many writers, readers, backups and checks at once
//	TestFaultErrorRecovery    EIO and EMFILE at random calls; a failed sync stops commits until the next Open
//
// And beside them TestCrashEverywhere, which cuts the power at every call of a workload, under both models of what a folder's changes
// survive. All randomness comes from the flag -faults.seed, which failures print. cmd/lightsql has the same scenarios as SQLSTATEs.
//
// The package has no code of its own. make faults runs it.
package faults

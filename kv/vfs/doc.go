// Package vfs is the only door of the store to files. Everything that kv/engine knows about a disk goes through FS and
// File, so that the same code runs on the operating system, in memory, and on a simulated disk that loses power.
//
//	OS()      the operating system's files
//	NewMem()  files that live in memory: ":memory:" stores and tests
//	NewSim()  memory files with a power switch: unsynced writes are lost, torn at 512 bytes or reordered at Crash
//	Inject()  wraps any FS and asks a function before each call whether it shall fail
//
// Two rules of durability hold everywhere, and the simulated disk enforces them:
//
//   - bytes written to a file survive a power cut only after File.Sync returned nil;
//   - a file that was created, renamed or removed is so after a power cut only if FS.SyncDir of its folder returned nil
//     afterwards. Syncing the file alone is not enough.
//
// After a failed Sync nothing may be assumed about the bytes written since the last good one: the operating system may
// have dropped them and report the next Sync as good. Callers stop; they never try the Sync again.
package vfs

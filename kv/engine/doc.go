// Package engine is an ordered space of versioned keys on one directory: a write-ahead log, memtables, sorted run files
// and their merges, a block cache, recovery. It knows timestamps but no transactions; kv/mvcc builds those on it.
//
//	       Commit                                    Get, Iter
//	         │                                          │
//	admit ───┼──► logWriter ──► 0000000012.log          │ newest first
//	         ▼                                          ▼
//	     memtable ◄───────────────────────────────── memtables (arena: hash + skiplist; chunks)
//	         │ frozen when full
//	         ▼ flushLoop
//	     run files, level 0 ◄──────────────────────── runs, level 0 (filter, index, cached blocks)
//	         │ mergeLoop
//	         ▼
//	     run files, levels 1 … 6 ◄─────────────────── runs, one per level
//
// Main types: Engine; Commit, one commit in the pipeline; logWriter and logReplay; memtable; run, block, cache;
// state, the immutable list of what a read looks at; manifest, the file that names the runs.
//
// The path of a commit (commit.go): under the mutex it gets room in the memtable, the next timestamp, and a place in the
// log buffer; then it puts its entries into the memtable, where nobody sees them yet (many keys in order are put there whole,
// memchunk.go); then one of the waiting commits writes and syncs the log for all; then, in timestamp order, hooks run and the
// commit becomes visible.
//
// A transaction that is larger than memory writes runs of its own (spill.go), which its commit links into the store with one change of
// the manifest (ingest.go). Range tombstones belong to the whole store: they are in the state and the manifest (package rangeset,
// sweep.go).
//
// The path of a read (engine.go): load the state, ask each memtable through its hash table and its chunks, then each run that may hold
// the key: filter, index, block. The first version found at or below the timestamp is the answer, because newer
// versions lie in earlier places. Nothing is locked, counted or allocated: what lies in the caches' memory is copied and
// counts if it was not overwritten meanwhile (arena, cache.go, rows.go). Blocks that are not cached are read and
// verified.
//
// Invariants:
//
//   - What is acknowledged is durable: its record and all before it were synced, in files whose names were synced.
//   - Records are in timestamp order; a crash leaves a prefix.
//   - For one key, versions in an earlier place of the state are newer than those in a later one; within a memtable the
//     timestamps decide.
//   - What hides something from all readers is durable before what it hides goes.
//   - A file is written once, or (log segments) only appended to; the manifest switches from one set of runs to the next atomically.
//   - Whatever is read from disk is verified by a checksum that includes its place; damage is kv.ErrCorrupt with file and offset.
//   - After a failed sync of the log, the manifest or the folder nothing is committed until the engine is opened again.
//
// The file formats are described where they are read and written: log_format.go, run_writer.go, block.go,
// manifest.go, package packing.
// DESIGN.md argues the choices.
package engine

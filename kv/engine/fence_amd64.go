package engine

// loadFence orders the loads before it before those after it. The processor does that by itself, and the compiler moves
// none across an atomic load.
func loadFence() {}

//go:build !race

package session

// raceEnabled tells that the race detector is part of this build.
const raceEnabled = false

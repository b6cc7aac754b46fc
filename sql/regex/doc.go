// Package regex matches PostgreSQL's advanced regular expressions that no automaton can: those with back references and
// look-around. It backtracks, so the time may grow exponentially with the text; a match gives up after maxSteps steps and
// has then found nothing better than what it had.
//
// Compile makes a tree of nodes (parse.go). A node matches at a place and calls what follows with the place that it reached
// (match.go). As in POSIX, of the matches that begin leftmost the longest counts, or the shortest if the expression's first
// quantifier is non-greedy.
package regex

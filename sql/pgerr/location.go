package pgerr

import (
	"path/filepath"
	"runtime"
	"strings"
)

// caller is the program counter of the code that made an error: of the function skip frames above the one that calls caller.
func caller(skip int) uintptr {
	var pcs [1]uintptr
	runtime.Callers(skip+2, pcs[:])
	return pcs[0]
}

// Location is where in the server's source the error was made: file name without folder, line, and function. Clients show it
// with \set VERBOSITY verbose, and some drivers insist on it.
func (e *Error) Location() (file string, line int, routine string) {
	if e.File != "" {
		return e.File, e.Line, e.Routine
	}
	if e.pc == 0 {
		return "", 0, ""
	}
	f, _ := runtime.CallersFrames([]uintptr{e.pc}).Next()
	routine = f.Function[strings.LastIndexByte(f.Function, '/')+1:]
	return filepath.Base(f.File), f.Line, routine
}

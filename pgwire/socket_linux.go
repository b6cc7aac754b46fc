package pgwire

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// socket reads and writes a TCP connection without telling the Go scheduler of each system call. The descriptor does not block, so that a
// call takes microseconds; to announce it lets the runtime's monitor take the processor away meanwhile and keeps the monitor awake, which
// was a tenth of the processor time of a session with short statements. Waiting for the socket is the runtime's, as always.
//
// One goroutine at a time may read, and one may write.
type socket struct {
	*net.TCPConn
	raw         syscall.RawConn
	read, write transfer
}

// transfer is one direction of a socket; its step is made once, so that no call allocates.
type transfer struct {
	call uintptr
	p    []byte
	n    int
	err  syscall.Errno
	step func(fd uintptr) bool
}

func newSocket(c net.Conn) net.Conn {
	sc, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return c
	}
	s := &socket{TCPConn: sc, raw: raw, read: transfer{call: syscall.SYS_READ}, write: transfer{call: syscall.SYS_WRITE}}
	s.read.step, s.write.step = s.read.try, s.write.try
	return s
}

// try makes the call once; false asks to be called again when the socket is ready.
func (t *transfer) try(fd uintptr) bool {
	for {
		n, _, err := syscall.RawSyscall(t.call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(t.p))), uintptr(len(t.p)))
		switch err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		case 0:
			t.n, t.err = int(n), 0
		default:
			t.n, t.err = 0, err
		}
		return true
	}
}

func (s *socket) Read(p []byte) (int, error) {
	t := &s.read
	t.p = p
	err := s.raw.Read(t.step)
	t.p = nil
	switch {
	case err != nil:
		return 0, err
	case t.err != 0:
		return 0, os.NewSyscallError("read", t.err)
	case t.n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return t.n, nil
}

func (s *socket) Write(p []byte) (written int, err error) {
	t := &s.write
	defer func() { t.p = nil }()
	for written < len(p) {
		t.p = p[written:]
		if err := s.raw.Write(t.step); err != nil {
			return written, err
		}
		if t.err != 0 {
			return written, os.NewSyscallError("write", t.err)
		}
		written += t.n
	}
	return written, nil
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/lightsql/lightsql/kv/mvcc"
)

// testServer is a server running in the test's process.
type testServer struct {
	addr string
	stop func()
	end  func() error // stop that tells the error; nil when it is stopped already
}

func (s *testServer) dsn() string {
	return fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", s.addr)
}

func (s *testServer) port() string {
	_, port, _ := net.SplitHostPort(s.addr)
	return port
}

// startServer starts a server on a free loopback port with the given data directory and stops it with the test.
func startServer(t testing.TB, data string) *testServer {
	t.Helper()
	return startServerOn(t, data, mvcc.Options{})
}

// startServerOn is startServer with options of the store.
func startServerOn(t testing.TB, data string, store mvcc.Options) *testServer {
	t.Helper()
	return startLogging(t, data, store, &syncBuffer{})
}

// startLogging is startServerOn with a place for the server's log.
func startLogging(t testing.TB, data string, store mvcc.Options, errs *syncBuffer) *testServer {
	t.Helper()
	c := defaultConfig()
	c.Data, c.store = data, store
	return startConfigured(t, c, errs)
}

// startConfigured is startLogging with any configuration.
func startConfigured(t testing.TB, c *config, errs *syncBuffer) *testServer {
	t.Helper()
	c.Listen = "127.0.0.1:0"
	ctx, cancel := context.WithCancel(context.Background())
	out := &bannerWriter{addr: make(chan string, 1)}
	done := make(chan error, 1)
	go func() { done <- run(ctx, c, out, errs) }()
	s := &testServer{}
	var once sync.Once
	s.end = func() (err error) {
		once.Do(func() {
			cancel()
			err = <-done
		})
		return err
	}
	s.stop = func() {
		if err := s.end(); err != nil {
			t.Errorf("server: %v", err)
		}
	}
	select {
	case s.addr = <-out.addr:
	case err := <-done:
		cancel()
		t.Fatalf("server did not start: %v\n%s", err, errs.String())
	case <-time.After(30 * time.Second):
		cancel()
		t.Fatalf("server did not start\n%s", errs.String())
	}
	t.Cleanup(s.stop)
	return s
}

// bannerWriter finds the address in the start-up banner.
type bannerWriter struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	addr chan string
	sent bool
}

func (w *bannerWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf.Write(p)
	if _, rest, ok := bytes.Cut(w.buf.Bytes(), []byte("address  ")); ok && !w.sent {
		if line, _, ok := bytes.Cut(rest, []byte("\n")); ok {
			w.sent = true
			w.addr <- string(line)
		}
	}
	return len(p), nil
}

// syncBuffer is a bytes.Buffer for two goroutines.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// freePort finds a port that nobody listens on.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

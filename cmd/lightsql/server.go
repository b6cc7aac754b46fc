package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/lightsql/lightsql/catalog"
	"github.com/lightsql/lightsql/catalog/pgcatalog"
	"github.com/lightsql/lightsql/catalog/rowenc"
	"github.com/lightsql/lightsql/exec/session"
	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/pgwire"
)

// shutdownWait is how long running statements get to notice that the server stops.
const shutdownWait = 10 * time.Second

// run starts the server, serves until ctx ends, and stops in the reverse order.
func run(ctx context.Context, c *config, out, errOut io.Writer) (err error) {
	defer raiseHeapFloor()()
	defer limitHeap(c)()
	log := slog.New(slog.NewTextHandler(errOut, nil))
	listener, err := listen(c.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	go pgcatalog.Builtins() // takes as long as the store's first syncs
	o := c.store
	o.Logger, o.Holder = log, holderText(listener.Addr().String(), os.Getpid())
	store, err := openStore(c.Data, o)
	if err != nil {
		return err
	}
	defer func() {
		if e := store.Close(); e != nil && err == nil {
			err = fmt.Errorf("closing the store: %w", e)
		}
	}()
	cat, err := catalog.Open(ctx, store, pgcatalog.Builtins())
	if err != nil {
		return fmt.Errorf("opening the catalog: %w", err)
	}
	sessions := session.NewServer(session.ServerOptions{Store: store, Catalog: cat, Logger: log, Settings: c.sessionSettings(),
		MemoryBytesMax: c.MemoryBytes})
	background, stopBackground := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() { sessions.AutoAnalyze(background) })
	defer func() {
		stopBackground()
		working.Wait()
	}()
	wire := pgwire.NewServer(pgwire.Options{Sessions: sessions, Logger: log, ConnectionsMax: 1000})
	banner(out, listener.Addr(), c.Data)
	served := make(chan error, 1)
	go func() { served <- wire.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	fmt.Fprintln(out, "stopping")
	stop, cancel := context.WithTimeout(context.Background(), shutdownWait)
	defer cancel()
	if err := wire.Shutdown(stop); err != nil {
		log.Warn("connections were closed by force", "error", err)
	}
	return <-served
}

// listen opens the listener, with a clear message if the port is taken.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("cannot listen on %s: the address is in use; is another server running? Choose another one with --listen", address)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return l, nil
}

// openStore opens the data directory, with clear messages for what commonly goes wrong.
func openStore(dir string, o mvcc.Options) (kv.Store, error) {
	o.Space = rowenc.Space
	store, err := mvcc.Open(dir, o)
	switch {
	case err == nil:
		return store, nil
	case errors.Is(err, kv.ErrInUse):
		return nil, inUse(dir, err)
	case errors.Is(err, kv.ErrFormat):
		return nil, fmt.Errorf("data directory %s was written by another version: %w", dir, err)
	}
	return nil, fmt.Errorf("cannot open data directory %s: %w", dir, err)
}

// banner tells the user where the server is and how to reach it.
func banner(out io.Writer, addr net.Addr, data string) {
	if data != ":memory:" {
		if abs, err := filepath.Abs(data); err == nil {
			data = abs
		}
	}
	host, port, _ := net.SplitHostPort(addr.String())
	fmt.Fprintf(out, "LightSQL %s\n  address  %s\n  data     %s\n  connect  psql -h %s -p %s -U postgres\n", version, addr, data, host, port)
}

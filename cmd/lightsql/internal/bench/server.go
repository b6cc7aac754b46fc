package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// server is a running server under test.
type server struct {
	name    string
	port    string
	cmd     *exec.Cmd
	pid     int // its process, 0 if unknown
	readyMS float64
	signal  os.Signal
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// startLight builds LightSQL and starts it on an empty directory.
func startLight(dir string) (*server, error) {
	bin := filepath.Join(dir, "lightsql")
	if out, err := exec.Command("go", "build", "-o", bin, "./cmd/lightsql").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{name: "LightSQL", port: port, signal: syscall.SIGTERM,
		cmd: exec.Command(bin, "start", "--listen", "127.0.0.1:"+port, "--data", filepath.Join(dir, "light"))}
	return s, s.start()
}

// serverPrograms finds PostgreSQL's server programs.
func serverPrograms() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	for i := len(dirs) - 1; i >= 0; i-- {
		if _, err := os.Stat(filepath.Join(dirs[i], "initdb")); err == nil {
			return dirs[i], nil
		}
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", fmt.Errorf("PostgreSQL's server programs were not found; on Debian: apt-get install postgresql")
}

// startPostgres makes a cluster and starts it. As root it runs as user postgres, because PostgreSQL refuses root.
func startPostgres(dir string) (*server, error) {
	bin, err := serverPrograms()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "pg")
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		if attr.Credential, err = postgresUser(); err != nil {
			return nil, err
		}
		for _, d := range []string{dir, data} {
			if err := os.Chown(d, int(attr.Credential.Uid), int(attr.Credential.Gid)); err != nil {
				return nil, err
			}
		}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "--locale=C", "-E", "UTF8")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-p", port, "-h", "127.0.0.1", "-k", data,
		"-c", "fsync=on", "-c", "shared_buffers=4GB", "-c", "max_wal_size=4GB")
	cmd.SysProcAttr, cmd.Dir = attr, dir
	s := &server{name: "PostgreSQL", port: port, cmd: cmd, signal: syscall.SIGINT}
	return s, s.start()
}

func postgresUser() (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func (s *server) dsn() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%s/postgres?sslmode=disable", s.port)
}

// start starts the process and waits until it answers a query.
func (s *server) start() error {
	var log bytes.Buffer
	s.cmd.Stderr = &log
	begin := time.Now()
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.pid = s.cmd.Process.Pid
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		conn, err := pgconn.Connect(ctx, s.dsn())
		if err == nil {
			_, err = conn.Exec(ctx, "SELECT 1").ReadAll()
			s.readyMS = float64(time.Since(begin).Microseconds()) / 1000
			conn.Close(ctx)
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s did not start: %w\n%s", s.name, err, log.String())
		}
		time.Sleep(time.Millisecond)
	}
}

func (s *server) stop() {
	s.cmd.Process.Signal(s.signal)
	s.cmd.Wait()
}

func (s *server) pgbench(args ...string) (string, error) {
	cmd := exec.Command("pgbench", append([]string{"-h", "127.0.0.1", "-p", s.port, "-U", "postgres"}, append(args, "postgres")...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pgbench on %s: %w\n%s", s.name, err, out)
	}
	return string(out), nil
}

// load fills the tables and returns the seconds it took.
func (s *server) load(scale int) (float64, error) {
	begin := time.Now()
	_, err := s.pgbench("-i", "-q", "-s", strconv.Itoa(scale))
	return time.Since(begin).Seconds(), err
}

var tpsLine = regexp.MustCompile(`tps = ([0-9.]+) \(without`)
var countLine = regexp.MustCompile(`transactions actually processed: ([0-9]+)`)

// measure runs a workload once.
func (s *server) measure(w workload, seconds int) (figure, error) {
	before := s.cpu()
	out, err := s.pgbench(append(slices.Clone(w.args), "-T", strconv.Itoa(seconds))...)
	if err != nil {
		return figure{}, err
	}
	after := s.cpu()
	tps, count := tpsLine.FindStringSubmatch(out), countLine.FindStringSubmatch(out)
	if tps == nil || count == nil {
		return figure{}, fmt.Errorf("pgbench on %s printed no figures:\n%s", s.name, out)
	}
	f := figure{}
	f.tps, _ = strconv.ParseFloat(tps[1], 64)
	n, _ := strconv.ParseFloat(count[1], 64)
	f.cpu = (after - before) / n
	return f, nil
}

// cpu is the server's CPU time so far in microseconds, 0 if its process is not known.
func (s *server) cpu() float64 {
	if s.pid == 0 {
		return 0
	}
	return cpuMicros(s.pid)
}

// cpuMicros is the CPU time of a process, of its children, and of those that ended and were waited for.
func cpuMicros(pid int) float64 {
	total := 0.0
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		id, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue
		}
		_, rest, ok := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		if !ok || len(f) < 15 || id != pid && f[1] != strconv.Itoa(pid) {
			continue
		}
		for _, i := range []int{11, 12, 13, 14} { // utime, stime, cutime, cstime
			ticks, _ := strconv.ParseFloat(f[i], 64)
			total += ticks * 1e6 / 100
		}
	}
	return total
}

// Command bench measures LightSQL beside PostgreSQL on this machine, in one run: pgbench's select-only and TPC-B scripts, work on whole
// tables and the queries of TPC-H, alternating between the two servers, and the time from start to the first answer. It starts both servers itself, on loopback, with their
// data in a temporary folder. It needs PostgreSQL's server programs and pgbench.
//
//	go run ./cmd/lightsql/internal/bench -scale 10 -seconds 5 -rounds 3
//	go run ./cmd/lightsql/internal/bench -only bulk -bulk 5000000
//	go run ./cmd/lightsql/internal/bench -only tpch -tpch 1
//	go run ./cmd/lightsql/internal/bench -dsns postgres://…,postgres://… -queries 1,6     servers that run and hold the data (-load: fill them first)
//
// Where DuckDB's package for Node.js is installed (npm install @duckdb/node-api), its times stand beside those of TPC-H: a column store in the
// client's process.
//
// Both servers make every commit durable (fsync on, synchronous_commit on); PostgreSQL has shared_buffers = 4GB. A ratio above
// 1 means that LightSQL does more transactions per second, or spends less server CPU on each.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

type options struct {
	scale, seconds, rounds int
	only                   string
	bulk                   int
	tpch                   float64
	tpchRuns, timeout      int
	queries, dsns, pids    string
	duckDB                 string
	load                   bool
}

func main() {
	var o options
	flag.IntVar(&o.scale, "scale", 10, "pgbench scale factor")
	flag.IntVar(&o.seconds, "seconds", 5, "length of one measurement")
	flag.IntVar(&o.rounds, "rounds", 3, "measurements of each server for each workload")
	flag.StringVar(&o.only, "only", "", "run only workloads whose name contains this")
	flag.IntVar(&o.bulk, "bulk", 1_000_000, "rows of the table that is loaded, indexed, updated and deleted as a whole; 0: none")
	flag.Float64Var(&o.tpch, "tpch", 0.1, "TPC-H scale factor; 0: no TPC-H")
	flag.IntVar(&o.tpchRuns, "tpch-runs", 3, "measurements of each TPC-H query")
	flag.IntVar(&o.timeout, "timeout", 300, "seconds after which a TPC-H query is given up")
	flag.StringVar(&o.queries, "queries", "", "numbers of the TPC-H queries to run, with commas between; all if empty")
	flag.StringVar(&o.dsns, "dsns", "", "addresses of LightSQL and PostgreSQL servers to compare with TPC-H, with a comma between")
	flag.StringVar(&o.pids, "pids", "", "with -dsns: the process IDs of the two servers, with a comma between, to count their CPU time")
	flag.StringVar(&o.duckDB, "duckdb", ".", "folder with node_modules that have DuckDB's package: its times are shown beside TPC-H's")
	flag.BoolVar(&o.load, "load", false, "with -dsns: load TPC-H's tables first")
	flag.Parse()
	do := run
	if o.dsns != "" {
		do = tpchOnly
	}
	if err := do(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// workload is one pgbench invocation.
type workload struct {
	name string
	args []string
}

func workloads() []workload {
	var out []workload
	for _, script := range []struct{ name, builtin string }{{"select-only", "select-only"}, {"tpcb", "tpcb-like"}} {
		for _, mode := range []string{"prepared", "simple"} {
			for _, clients := range []string{"1", "8"} {
				out = append(out, workload{name: script.name + " " + mode + " " + clients + " clients",
					args: []string{"-b", script.builtin, "-M", mode, "-c", clients, "-j", "1", "-n"}})
			}
		}
	}
	return out
}

// figure is one measurement.
type figure struct {
	tps float64
	cpu float64 // server CPU per transaction, microseconds
}

func run(o options) error {
	dir, err := os.MkdirTemp("", "lightsql-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	light, err := startLight(dir)
	if err != nil {
		return err
	}
	defer light.stop()
	fmt.Printf("start on an empty directory to first answer: %.0f ms\n", light.readyMS)
	post, err := startPostgres(dir)
	if err != nil {
		return err
	}
	defer post.stop()
	if o.only != "tpch" && o.only != "bulk" {
		if err := runPgbench(o, light, post); err != nil {
			return err
		}
	}
	if o.bulk > 0 && strings.Contains("bulk", o.only) {
		if err := runBulk(o, light, post); err != nil {
			return err
		}
	}
	if o.tpch > 0 && strings.Contains("tpch", o.only) {
		return runTPCH(o, light, post)
	}
	return nil
}

func runPgbench(o options, light, post *server) error {
	for _, s := range []*server{light, post} {
		seconds, err := s.load(o.scale)
		if err != nil {
			return err
		}
		fmt.Printf("pgbench -i -s %d on %s: %.2f s\n", o.scale, s.name, seconds)
	}
	fmt.Printf("\n%-32s %12s %12s %7s %10s %10s %7s\n", "workload", "LightSQL tps", "PG tps", "ratio", "LS µs/txn", "PG µs/txn", "ratio")
	for _, w := range workloads() {
		if !strings.Contains(w.name, o.only) {
			continue
		}
		if err := compare(o, w, light, post); err != nil {
			return err
		}
	}
	return nil
}

// compare measures both servers in turns and prints medians; the ratios are medians of the rounds' ratios.
func compare(o options, w workload, light, post *server) error {
	var ls, pg []figure
	var speed, cpu []float64
	for range o.rounds {
		a, err := light.measure(w, o.seconds)
		if err != nil {
			return err
		}
		b, err := post.measure(w, o.seconds)
		if err != nil {
			return err
		}
		ls, pg = append(ls, a), append(pg, b)
		speed = append(speed, a.tps/b.tps)
		cpu = append(cpu, b.cpu/a.cpu)
	}
	tps := func(f figure) float64 { return f.tps }
	us := func(f figure) float64 { return f.cpu }
	fmt.Printf("%-32s %12.0f %12.0f %7.2f %10.1f %10.1f %7.2f\n", w.name, medianOf(ls, tps), medianOf(pg, tps), median(speed),
		medianOf(ls, us), medianOf(pg, us), median(cpu))
	return nil
}

func medianOf[T any](fs []T, get func(T) float64) float64 {
	var v []float64
	for _, f := range fs {
		v = append(v, get(f))
	}
	return median(v)
}

func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

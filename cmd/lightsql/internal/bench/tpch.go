package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/lightsql/lightsql/cmd/lightsql/internal/tpch"
)

// target is a server with its connection.
type target struct {
	*server
	conn *pgconn.PgConn
}

// connect opens a connection to each server; hangUp closes them.
func connect(ctx context.Context, servers ...*server) (targets []target, hangUp func(), err error) {
	hangUp = func() {
		for _, t := range targets {
			t.conn.Close(ctx)
		}
	}
	for _, s := range servers {
		conn, err := pgconn.Connect(ctx, s.dsn())
		if err != nil {
			hangUp()
			return nil, nil, err
		}
		targets = append(targets, target{s, conn})
	}
	return targets, hangUp, nil
}

// ratios sums up by how much LightSQL is faster, line by line.
type ratios struct {
	logs, cpuLogs float64
	slower, n     int
}

func (r *ratios) add(time, cpu float64) {
	r.logs += math.Log(time)
	r.cpuLogs += math.Log(cpu)
	r.n++
	if time < 1 {
		r.slower++
	}
}

// String is the geometric means, and how often the other was faster.
func (r *ratios) String() string {
	n := float64(r.n)
	return fmt.Sprintf("geometric mean %.2f (CPU %.2f), %d of %d slower", math.Exp(r.logs/n), math.Exp(r.cpuLogs/n), r.slower, r.n)
}

// runTPCH loads both servers and compares the 22 queries: answers, and times measured in turns.
func runTPCH(o options, light, post *server) error {
	ctx := context.Background()
	targets, hangUp, err := connect(ctx, light, post)
	if err != nil {
		return err
	}
	defer hangUp()
	for _, t := range targets {
		begin := time.Now()
		if err := tpch.Load(ctx, t.conn, o.tpch); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		fmt.Printf("TPC-H scale %g loaded into %s: %.1f s\n", o.tpch, t.name, time.Since(begin).Seconds())
		timeout := fmt.Sprintf("SET statement_timeout = '%ds'", o.timeout)
		if _, err := t.conn.Exec(ctx, timeout).ReadAll(); err != nil {
			return err
		}
	}
	duck, err := loadDuckDB(o)
	if err != nil {
		return err
	}
	if duck != nil {
		defer duck.stop()
	}
	return compareTPCH(ctx, o, targets[0], targets[1], duck)
}

// compareTPCH prints a line per query and the geometric means of the ratios of time and of server CPU; duck, if there is one, has its times beside.
func compareTPCH(ctx context.Context, o options, light, post target, duck *duckDB) error {
	fmt.Printf("\n%-6s %12s %12s %7s %12s %12s %7s%s\n", "query", "LightSQL ms", "PG ms", "ratio", "LS CPU ms", "PG CPU ms", "ratio", duck.heading())
	var sum, ducks ratios
	wrong := 0
	for i, sql := range tpch.Queries(o.tpch) {
		if !wanted(o.queries, i+1) {
			continue
		}
		ls, pg, verdict := compareQuery(ctx, o, sql, light, post)
		ratio, cpu := pg.ms/ls.ms, pg.cpuMS/ls.cpuMS
		beside := ""
		if duck != nil && verdict == "" {
			ms, cpuMS, err := duck.time(sql, o.tpchRuns)
			if err != nil {
				return err
			}
			beside = fmt.Sprintf(" %10.1f %7.2f", ms, ms/ls.ms)
			ducks.add(ms/ls.ms, cpuMS/ls.cpuMS)
		}
		fmt.Printf("Q%-5d %12.1f %12.1f %7.2f %12.1f %12.1f %7.2f%s %s\n", i+1, ls.ms, pg.ms, ratio, ls.cpuMS, pg.cpuMS, cpu, beside, verdict)
		if verdict != "" {
			wrong++
		}
		sum.add(ratio, cpu)
	}
	if sum.n > 0 {
		fmt.Printf("PostgreSQL: %v, %d with a different answer\n", &sum, wrong)
	}
	if ducks.n > 0 {
		fmt.Printf("DuckDB:     %v\n", &ducks)
	}
	if wrong > 0 {
		return fmt.Errorf("%d answers differ", wrong)
	}
	return nil
}

// wanted reports whether a query is in a list such as "1,6,18"; all are in the empty list.
func wanted(list string, n int) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), strconv.Itoa(n))
}

// queryTime is the median time of a query and the mean of the server CPU that it took, in milliseconds.
type queryTime struct{ ms, cpuMS float64 }

// compareQuery times a query in turns, after one run of each that is not counted.
func compareQuery(ctx context.Context, o options, sql string, light, post target) (ls, pg queryTime, verdict string) {
	var times [2][]float64
	var cpu [2]float64
	var answers [2][]string
	for round := range o.tpchRuns + 1 {
		for i, t := range []target{light, post} {
			before, begin := t.cpu(), time.Now()
			rows, err := tpch.Answer(ctx, t.conn, sql)
			if err != nil {
				failed := queryTime{ms: float64(time.Since(begin).Milliseconds())}
				return queryTime{ms: float64(o.timeout) * 1000}, failed, t.name + ": " + err.Error()
			}
			answers[i] = rows
			if round > 0 {
				times[i] = append(times[i], float64(time.Since(begin).Microseconds())/1000)
				cpu[i] += (t.cpu() - before) / 1000 / float64(o.tpchRuns)
			}
		}
	}
	if !slices.Equal(answers[0], answers[1]) {
		verdict = firstDifference(answers[0], answers[1])
	}
	return queryTime{median(times[0]), max(cpu[0], 0.1)}, queryTime{median(times[1]), max(cpu[1], 0.1)}, verdict
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("row %d differs: %s / %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d rows instead of %d", len(a), len(b))
}

// tpchOnly compares servers that already run and hold the data: a developer's loop.
func tpchOnly(o options) error {
	ctx := context.Background()
	var targets []target
	for i, dsn := range strings.Split(o.dsns, ",") {
		conn, err := pgconn.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		if _, err := conn.Exec(ctx, fmt.Sprintf("SET statement_timeout = '%ds'", o.timeout)).ReadAll(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		s := &server{name: []string{"LightSQL", "PostgreSQL"}[min(i, 1)]}
		if pids := strings.Split(o.pids, ","); i < len(pids) {
			s.pid, _ = strconv.Atoi(pids[i])
		}
		targets = append(targets, target{s, conn})
		if o.load {
			begin := time.Now()
			if err := tpch.Load(ctx, conn, o.tpch); err != nil {
				return err
			}
			fmt.Printf("loaded %s: %.1f s\n", dsn, time.Since(begin).Seconds())
		}
	}
	if len(targets) < 2 {
		return nil
	}
	return compareTPCH(ctx, o, targets[0], targets[1], nil)
}

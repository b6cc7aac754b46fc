package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"
)

// bulkStep is work on a whole table.
type bulkStep struct {
	name string
	sql  string // for COPY FROM the data are those of the last COPY TO
}

// bulkSteps are what a load and the care of a table of n rows consist of, in order; a step with no name is not measured.
func bulkSteps(n int) []bulkStep {
	const columns = "(id bigint, a int, b text, c numeric(12,2), d timestamp)"
	return []bulkStep{
		{"", "DROP TABLE IF EXISTS bulk, keyed, plain; CREATE TABLE bulk " + columns},
		{"INSERT … SELECT", fmt.Sprintf("INSERT INTO bulk SELECT g, g %% 1000, 'value ' || g::bigint * 7919 %% %d, g / 100.0, timestamp '2020-01-01' + g * interval '1 minute' "+
			"FROM generate_series(1, %d) g", n, n)},
		{"COPY out", "COPY bulk TO STDOUT"},
		{"", "CREATE TABLE plain " + columns + "; CREATE TABLE keyed " + columns + "; ALTER TABLE keyed ADD PRIMARY KEY (id)"},
		{"COPY in, no key", "COPY plain FROM STDIN"},
		{"COPY in, primary key", "COPY keyed FROM STDIN"},
		{"ADD PRIMARY KEY", "ALTER TABLE bulk ADD PRIMARY KEY (id)"},
		{"CREATE INDEX, int", "CREATE INDEX ON bulk (a)"},
		{"CREATE INDEX, text", "CREATE INDEX ON bulk (b)"},
		{"ANALYZE", "ANALYZE bulk"},
		{"CREATE TABLE AS", "DROP TABLE plain; CREATE TABLE plain AS SELECT * FROM bulk"},
		{"UPDATE a tenth", "UPDATE bulk SET c = c + 1 WHERE a % 10 = 0"},
		{"UPDATE all, no index", "UPDATE keyed SET a = a + 1"},
		{"DELETE half", "DELETE FROM keyed WHERE id % 2 = 0"},
	}
}

// runBulk does the steps in turns and prints medians, and medians of the rounds' ratios.
func runBulk(o options, light, post *server) error {
	ctx := context.Background()
	targets, hangUp, err := connect(ctx, light, post)
	if err != nil {
		return err
	}
	defer hangUp()
	ms := func(t queryTime) float64 { return t.ms }
	cpuMS := func(t queryTime) float64 { return t.cpuMS }
	steps := bulkSteps(o.bulk)
	times := make([][2][]queryTime, len(steps))
	var data [2]bytes.Buffer
	for range o.rounds {
		for i, step := range steps {
			for k, t := range targets {
				took, err := t.bulk(ctx, step.sql, &data[k])
				if err != nil {
					return fmt.Errorf("%s: %s: %w", t.name, step.sql, err)
				}
				times[i][k] = append(times[i][k], took)
			}
		}
	}
	fmt.Printf("\n%-24s %12s %12s %7s %12s %12s %7s\n", fmt.Sprintf("%d rows", o.bulk), "LightSQL ms", "PG ms", "ratio", "LS CPU ms", "PG CPU ms", "ratio")
	var sum ratios
	for i, step := range steps {
		if step.name == "" {
			continue
		}
		ls, pg := times[i][0], times[i][1]
		ratio, cpu := medianRatio(pg, ls, ms), medianRatio(pg, ls, cpuMS)
		fmt.Printf("%-24s %12.0f %12.0f %7.2f %12.0f %12.0f %7.2f\n", step.name, medianOf(ls, ms), medianOf(pg, ms), ratio,
			medianOf(ls, cpuMS), medianOf(pg, cpuMS), cpu)
		sum.add(ratio, cpu)
	}
	fmt.Println(&sum)
	return nil
}

// medianRatio is the median of the rounds' ratios of a to b.
func medianRatio(a, b []queryTime, get func(queryTime) float64) float64 {
	var v []float64
	for i := range a {
		v = append(v, get(a[i])/get(b[i]))
	}
	return median(v)
}

// bulk runs one step. COPY TO fills data, and COPY FROM sends it.
func (t target) bulk(ctx context.Context, sql string, data *bytes.Buffer) (queryTime, error) {
	cpu, begin := t.cpu(), time.Now()
	var err error
	switch {
	case strings.HasSuffix(sql, "TO STDOUT"):
		data.Reset()
		_, err = t.conn.CopyTo(ctx, data, sql)
	case strings.HasSuffix(sql, "FROM STDIN"):
		_, err = t.conn.CopyFrom(ctx, bytes.NewReader(data.Bytes()), sql)
	default:
		_, err = t.conn.Exec(ctx, sql).ReadAll()
	}
	took := time.Since(begin)
	return queryTime{float64(took.Microseconds()) / 1000, max((t.cpu()-cpu)/1000, 1)}, err
}

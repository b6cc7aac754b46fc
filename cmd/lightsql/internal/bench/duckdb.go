package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/lightsql/lightsql/cmd/lightsql/internal/tpch"
)

//go:embed duckdb.js
var duckScript string

// duckPackage is DuckDB's package for Node.js.
const duckPackage = "@duckdb/node-api"

// duckDB is a DuckDB in a process of its own, with TPC-H's tables in memory.
type duckDB struct {
	*server
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// loadDuckDB starts one in memory with TPC-H's tables; nil, and why on standard output, where its package is not installed.
func loadDuckDB(o options) (*duckDB, error) {
	folder, err := filepath.Abs(o.duckDB)
	if err != nil {
		return nil, err
	}
	modules := filepath.Join(folder, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, duckPackage)); err != nil {
		fmt.Printf("no DuckDB: npm install %s, and give the folder with -duckdb\n", duckPackage)
		return nil, nil
	}
	cmd := exec.Command("node", "-e", duckScript)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &duckDB{&server{name: "DuckDB", pid: cmd.Process.Pid}, cmd, in, bufio.NewReaderSize(out, 1<<16)}
	if err := d.load(o.tpch); err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

func (d *duckDB) stop() {
	d.in.Close()
	d.cmd.Wait()
}

// run runs a statement and gives the time until its answer was read, in milliseconds.
func (d *duckDB) run(sql string) (ms float64, err error) {
	if err := json.NewEncoder(d.in).Encode(map[string]string{"sql": sql}); err != nil {
		return 0, err
	}
	line, err := d.out.ReadBytes('\n')
	if err != nil {
		return 0, err
	}
	var answer struct {
		MS    float64
		Error string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return 0, err
	}
	if answer.Error != "" {
		return 0, fmt.Errorf("DuckDB: %s", answer.Error)
	}
	return answer.MS, nil
}

// load creates TPC-H's tables, without the indexes on foreign keys, which DuckDB makes no use of.
func (d *duckDB) load(scale float64) error {
	dir, err := os.MkdirTemp("", "lightsql-duckdb")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, t := range tpch.Tables {
		if _, err := d.run(t.Create); err != nil {
			return err
		}
		path := filepath.Join(dir, t.Name+".tsv")
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		err = t.Write(f, scale)
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
		if _, err := d.run(fmt.Sprintf(`COPY %s FROM '%s' (DELIMITER '\t', HEADER false, NULL '\N', QUOTE '', ESCAPE '')`, t.Name, path)); err != nil {
			return err
		}
	}
	return nil
}

// time is the median of several runs of a query, after one that is not counted, and the mean of the CPU they took, in milliseconds.
func (d *duckDB) time(sql string, runs int) (ms, cpuMS float64, err error) {
	var times []float64
	var before float64
	for round := range runs + 1 {
		took, err := d.run(sql)
		if err != nil {
			return 0, 0, err
		}
		if round == 0 {
			before = d.cpu()
			continue
		}
		times = append(times, took)
	}
	return median(times), max((d.cpu()-before)/1000/float64(runs), 0.1), nil
}

// heading is what DuckDB's columns are headed with, nothing if there is no DuckDB.
func (d *duckDB) heading() string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf(" %10s %7s", "DuckDB ms", "ratio")
}

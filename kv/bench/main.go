package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime/pprof"
	"strings"
)

var engines = []struct {
	name string
	open func(dir string, m memory) (store, error)
}{
	{"lightsql", openLight},
	{"pebble", openPebble},
	{"bbolt", openBolt},
	{"badger", openBadger},
}

// memory is what a store may take of it, in bytes. Engines that map their file have no such limits.
type memory struct {
	memtable, cache int
	run             int // size at which files are cut
	level           int // size of the first level below that of the memtables' files
}

var (
	plenty = memory{memtable: 64 << 20, cache: 256 << 20}
	// scarce leaves a store of a million entries a tenth of their size.
	scarce = memory{memtable: 2 << 20, cache: 4 << 20, run: 4 << 20, level: 8 << 20}
)

var perCPU bool

// result is one measured row of one engine.
type result struct {
	Engine string
	Row    string
	Value  float64
	Unit   string // "/s": higher is better; else lower
}

func main() {
	n := flag.Int("n", 1_000_000, "entries")
	engine := flag.String("engine", "", "run only this engine, in this process")
	rows := flag.String("rows", ".", "rows to run, a regular expression")
	dir := flag.String("dir", "", "where to put the stores (a temporary directory)")
	only := flag.String("only", "", "engines to run, separated by commas (all)")
	profile := flag.String("cpuprofile", "", "write a CPU profile, with -engine")
	flag.BoolVar(&perCPU, "cpu", false, "rates per second of processor time, of all threads: for a machine that others use too")
	flag.Parse()
	if *engine == "" {
		if err := runAll(*n, *rows, *dir, *only); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := runOne(*engine, *n, *rows, *dir, *profile); err != nil {
		fmt.Fprintln(os.Stderr, *engine+":", err)
		os.Exit(1)
	}
}

func runOne(engine string, n int, rows, dir, profile string) error {
	match, err := regexp.Compile(rows)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, "kvbench-"+engine+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for _, e := range engines {
		if e.name != engine {
			continue
		}
		w := &work{engine: engine, open: e.open, dir: tmp, n: n, match: match, profile: profile, cpu: perCPU}
		if err := w.run(); err != nil {
			return err
		}
		pprof.StopCPUProfile()
		return nil
	}
	return fmt.Errorf("no such engine in this build")
}

// runAll starts a process per engine and prints the table.
func runAll(n int, rows, dir, only string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	var names, order []string
	table := map[string]map[string]result{}
	for _, e := range engines {
		if only != "" && !strings.Contains(","+only+",", ","+e.name+",") {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s …\n", e.name)
		cmd := exec.Command(self, "-engine", e.name, "-n", fmt.Sprint(n), "-rows", rows, "-dir", dir, fmt.Sprintf("-cpu=%t", perCPU))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		names = append(names, e.name)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var r result
			if json.Unmarshal(lines.Bytes(), &r) != nil {
				continue
			}
			if table[r.Row] == nil {
				table[r.Row] = map[string]result{}
				order = append(order, r.Row)
			}
			table[r.Row][r.Engine] = r
		}
		if err := cmd.Wait(); err != nil {
			fmt.Fprintf(os.Stderr, "%s did not finish: %v\n", e.name, err)
		}
	}
	printTable(names, order, table)
	return nil
}

// printTable prints rates, and in the last column how many times better the first engine is than the best of the others.
func printTable(names, order []string, table map[string]map[string]result) {
	fmt.Printf("%-26s", "row")
	for _, name := range names {
		fmt.Printf("%12s", name)
	}
	fmt.Printf("%12s\n", "ratio")
	for _, row := range order {
		fmt.Printf("%-26s", row)
		best := 0.0
		unit := ""
		for i, name := range names {
			r, ok := table[row][name]
			if !ok {
				fmt.Printf("%12s", "–")
				continue
			}
			unit = r.Unit
			fmt.Printf("%12s", show(r))
			if i > 0 && (best == 0 || (r.Value > best) == (unit == "/s")) {
				best = r.Value
			}
		}
		if r, ok := table[row][names[0]]; ok && best > 0 {
			ratio := r.Value / best
			if unit != "/s" {
				ratio = 1 / ratio
			}
			fmt.Printf("%12.2f", ratio)
		}
		fmt.Println()
	}
}

func show(r result) string {
	switch {
	case r.Unit == "/s" && r.Value >= 1e6:
		return fmt.Sprintf("%.2f M/s", r.Value/1e6)
	case r.Unit == "/s":
		return fmt.Sprintf("%.1f k/s", r.Value/1e3)
	}
	return fmt.Sprintf("%.1f %s", r.Value, r.Unit)
}

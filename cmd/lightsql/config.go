package main

import (
	"bufio"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/lightsql/lightsql/kv/mvcc"
)

// config is the configuration of the server. Precedence: flag, environment (LIGHTSQL_LISTEN, LIGHTSQL_DATA,
// LIGHTSQL_CONFIG), configuration file, default.
type config struct {
	// Listen is the TCP address.
	Listen string
	// Data is the data directory, or ":memory:".
	Data string
	// File is the configuration file, "" for none.
	File string
	// Settings are run-time parameters (PostgreSQL's names) that sessions start with.
	Settings map[string]string

	// MemoryBytes is how much memory statements may hold, all together; 0: no limit ("memory_limit").
	MemoryBytes int64

	set   []string     // -c name=value
	store mvcc.Options // of the store: the size of its cache ("shared_buffers"), and where a test wants other than the defaults
}

func defaultConfig() *config {
	return &config{Listen: "127.0.0.1:5432", Data: "./lightsql-data", Settings: map[string]string{}}
}

// load completes the configuration from environment and file; given tells which flags were set.
func (c *config) load(given func(flag string) bool) error {
	if v := os.Getenv("LIGHTSQL_CONFIG"); v != "" && !given("config") {
		c.File = v
	}
	if c.File != "" {
		if err := c.loadFile(given); err != nil {
			return err
		}
	}
	if v := os.Getenv("LIGHTSQL_LISTEN"); v != "" && !given("listen") {
		c.Listen = v
	}
	if v := os.Getenv("LIGHTSQL_DATA"); v != "" && !given("data") {
		c.Data = v
	}
	for _, kv := range c.set {
		name, value, ok := strings.Cut(kv, "=")
		if !ok {
			return fmt.Errorf("-c needs name=value, not %q", kv)
		}
		if err := c.assign(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return nil
}

// assign takes a parameter of the configuration file or of -c.
func (c *config) assign(name, value string) (err error) {
	switch name {
	case "memory_limit":
		c.MemoryBytes, err = parseBytes(value)
		return err
	case "shared_buffers":
		if c.store.CacheBytes, err = parseBuffers(value); err != nil {
			return err
		}
	}
	c.Settings[name] = value
	return nil
}

// sessionSettings are Settings with what sessions are told of the server.
func (c *config) sessionSettings() map[string]string {
	all := maps.Clone(c.Settings)
	if dir, err := filepath.Abs(c.Data); err == nil && c.Data != ":memory:" {
		all["data_directory"] = dir
	}
	return all
}

// buffersMin is the least that the store's cache works with.
const buffersMin = 1 << 20

// parseBuffers reads the size of the store's cache; a number without a unit counts PostgreSQL's pages of 8 kB.
func parseBuffers(s string) (int, error) {
	n, err := parseBytes(s)
	if err != nil {
		return 0, err
	}
	if strings.Trim(s, "0123456789 ") == "" {
		n *= 8 << 10
	}
	if n > math.MaxInt/2 || n < 0 {
		return 0, fmt.Errorf("shared_buffers = %s is too large", s)
	}
	return int(max(n, buffersMin)), nil
}

// parseBytes reads a size such as 256MB; a number without a unit is in bytes.
func parseBytes(s string) (int64, error) {
	number, unit := strings.TrimRight(s, "kMGTB "), int64(1)
	switch strings.TrimSpace(s[len(number):]) {
	case "", "B":
	case "kB":
		unit = 1 << 10
	case "MB":
		unit = 1 << 20
	case "GB":
		unit = 1 << 30
	case "TB":
		unit = 1 << 40
	default:
		return 0, fmt.Errorf("%q is not a size; units are B, kB, MB, GB and TB", s)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is not a size such as 256MB", s)
	}
	return n * unit, nil
}

// loadFile reads lines of the form name = value, in the manner of postgresql.conf: # starts a comment, values may be
// in single quotes. "listen", "data" and "memory_limit" are the server's; other names are run-time parameters.
func (c *config) loadFile(given func(flag string) bool) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	for n := 1; sc.Scan(); n++ {
		name, value, err := parseConfigLine(sc.Text())
		if err != nil {
			return fmt.Errorf("configuration file %s, line %d: %w", c.File, n, err)
		}
		switch {
		case name == "":
		case name == "listen":
			if !given("listen") {
				c.Listen = value
			}
		case name == "data":
			if !given("data") {
				c.Data = value
			}
		default:
			if err := c.assign(name, value); err != nil {
				return fmt.Errorf("configuration file %s, line %d: %w", c.File, n, err)
			}
		}
	}
	return sc.Err()
}

// parseConfigLine splits one line; name is "" for an empty one.
func parseConfigLine(line string) (name, value string, err error) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", "", nil
	}
	end := strings.IndexAny(line, "= \t")
	if end <= 0 {
		return "", "", fmt.Errorf("expected name = value, not %q", line)
	}
	name = line[:end]
	rest := strings.TrimSpace(line[end:])
	rest = strings.TrimSpace(strings.TrimPrefix(rest, "="))
	if !strings.HasPrefix(rest, "'") {
		rest, _, _ = strings.Cut(rest, "#")
		return name, strings.TrimSpace(rest), nil
	}
	for i := 1; i < len(rest); i++ {
		if rest[i] != '\'' {
			value += string(rest[i])
			continue
		}
		if i+1 < len(rest) && rest[i+1] == '\'' {
			value += "'"
			i++
			continue
		}
		return name, value, nil
	}
	return "", "", fmt.Errorf("unterminated quoted value of %s", name)
}

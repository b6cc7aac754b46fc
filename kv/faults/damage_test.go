package faults

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/kv"
	"github.com/lightsql/lightsql/kv/mvcc"
	"github.com/lightsql/lightsql/kv/vfs"
)

var repeatFlag = flag.Int("faults.repeat", 8, "how often TestFaultDataIntegrity does each damage to each kind of file")

// damages are the ways in which a disk spoils a file. peer is the content of another file of the same kind, nil if there is none.
// A nil result removes the file.
var damages = []struct {
	name string
	do   func(rnd *rand.Rand, b, peer []byte) []byte
}{
	{"bit flip", func(rnd *rand.Rand, b, _ []byte) []byte {
		b[rnd.IntN(len(b))] ^= 1 << rnd.IntN(8)
		return b
	}},
	{"zeroed block", func(rnd *rand.Rand, b, _ []byte) []byte {
		clear(page(b, rnd.IntN(pages(b))))
		return b
	}},
	{"garbage", func(rnd *rand.Rand, b, _ []byte) []byte {
		p := page(b, rnd.IntN(pages(b)))
		for i := range p {
			p[i] = byte(rnd.Uint32())
		}
		return b
	}},
	{"two pages swapped", func(rnd *rand.Rand, b, _ []byte) []byte {
		x, y := page(b, rnd.IntN(pages(b))), page(b, rnd.IntN(pages(b)))
		n := min(len(x), len(y))
		c := append([]byte(nil), x[:n]...)
		copy(x, y[:n])
		copy(y, c)
		return b
	}},
	{"page of another file", func(rnd *rand.Rand, b, peer []byte) []byte {
		if peer != nil {
			i := rnd.IntN(min(pages(b), pages(peer)))
			copy(page(b, i), page(peer, i))
		}
		return b
	}},
	{"another file", func(_ *rand.Rand, b, peer []byte) []byte {
		if peer != nil {
			return peer
		}
		return b
	}},
	{"truncated", func(rnd *rand.Rand, b, _ []byte) []byte { return b[:rnd.IntN(len(b))] }},
	{"longer", func(rnd *rand.Rand, b, _ []byte) []byte { return append(b, make([]byte, 1+rnd.IntN(2000))...) }},
	{"empty", func(*rand.Rand, []byte, []byte) []byte { return []byte{} }},
	{"deleted", func(*rand.Rand, []byte, []byte) []byte { return nil }},
}

const pageBytes = 512

func pages(b []byte) int { return (len(b) + pageBytes - 1) / pageBytes }

func page(b []byte, i int) []byte { return b[i*pageBytes : min(len(b), (i+1)*pageBytes)] }

var fileKinds = map[string]*regexp.Regexp{
	"manifest": regexp.MustCompile(`^MANIFEST$`),
	"run":      regexp.MustCompile(`^\d+\.run$`),
	"log":      regexp.MustCompile(`^\d+\.log$`),
	"other":    regexp.MustCompile(`^(BALLAST|LOCK|spare-.*)$`),
}

var named = regexp.MustCompile(`file (MANIFEST|\d+\.run|\d+\.log), offset \d+|run file \d+\.run of the manifest`)

// TestFaultDataIntegrity spoils a file of a closed store in every way. What follows is the exact data or kv.ErrCorrupt with the names of
// file and offset; never other data, and never a panic.
func TestFaultDataIntegrity(t *testing.T) {
	rnd := seeded(t)
	base := damageBase(t)
	names, err := base.List("db")
	if err != nil {
		t.Fatal(err)
	}
	want, err := dump(open(t, small(base.Clone())))
	if err != nil {
		t.Fatal(err)
	}
	for kind, pattern := range fileKinds {
		var files []string
		for _, name := range names {
			if pattern.MatchString(name) {
				files = append(files, name)
			}
		}
		if least := map[string]int{"manifest": 1, "run": 3, "log": 4, "other": 1}[kind]; len(files) < least {
			t.Fatalf("%d files of kind %s", len(files), kind)
		}
		for _, d := range damages {
			t.Run(kind+"/"+d.name, func(t *testing.T) {
				noticed := 0
				for n := range *repeatFlag {
					disk := base.Clone()
					name := files[n%len(files)]
					var peer []byte
					if other := files[(n+1+rnd.IntN(len(files)))%len(files)]; other != name {
						disk.Damage("db/"+other, func(b []byte) []byte {
							peer = append([]byte(nil), b...)
							return b
						})
					}
					disk.Damage("db/"+name, func(b []byte) []byte { return d.do(rnd, b, peer) })
					if outcome(t, disk, want, d.name+" of "+name) {
						noticed++
					}
				}
				swapsNothing := d.name == "two pages swapped" && kind == "manifest" // it has one page
				if noticed == 0 && !swapsNothing && kind != "other" && d.name != "another file" && d.name != "page of another file" {
					t.Error("nothing was noticed")
				}
			})
		}
	}
}

// damageBase makes a store with runs in several levels and a log of several segments, whose last one has a witness.
func damageBase(t *testing.T) *vfs.Sim {
	t.Helper()
	disk := vfs.NewSim()
	db := open(t, small(disk))
	x := newTeller(0, *seedFlag)
	x.pad = strings.Repeat("p", 150)
	transfers(t, db, x, 300)
	tx := db.Begin(kv.TxnOptions{})
	for i := range 200 {
		value := make([]byte, 500) // that cannot be compressed
		for j := range value {
			value[j] = byte(x.rnd.Uint32())
		}
		if err := tx.Put(binary.BigEndian.AppendUint32([]byte("row"), uint32(i)), value); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tx.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
	for db.Stats().Runs[1]+db.Stats().Runs[2] < 4 { // the rows are in several runs after their first merge
		transfers(t, db, x, 20)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	o := small(disk)
	o.MemtableBytes = 1 << 20 // the log gets long
	db = open(t, o)
	x.pad = strings.Repeat("q", 100)
	transfers(t, db, x, 200)
	for !ballasted(disk) {
		transfers(t, db, x, 1)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return disk
}

// outcome opens and reads a damaged store and tells whether the damage was noticed.
func outcome(t *testing.T, disk *vfs.Sim, want, what string) bool {
	t.Helper()
	named := func(err error) bool {
		if !errors.Is(err, kv.ErrCorrupt) && !errors.Is(err, kv.ErrFormat) || errors.Is(err, kv.ErrCorrupt) && !named.MatchString(err.Error()) {
			t.Errorf("%s: %v", what, err)
		}
		return true
	}
	o := small(disk)
	o.ReadOnly = true
	db, err := mvcc.Open("db", o)
	if err != nil {
		return named(err)
	}
	defer db.Close()
	_, checkErr := db.Check(context.Background())
	got, err := dump(db)
	if err != nil {
		return named(err)
	}
	if got != want {
		t.Errorf("%s: other data, and Check says %v", what, checkErr)
	}
	if checkErr != nil {
		return named(checkErr)
	}
	return false
}

// TestTornTail: what the power cut tears at the end of the log is no damage; the same in its middle is.
func TestTornTail(t *testing.T) {
	for _, middle := range []bool{false, true} {
		for n := range 20 {
			disk := vfs.NewSim()
			o := small(disk)
			o.MemtableBytes, o.SegmentBytes = 1<<20, 64<<10
			db := open(t, o)
			x := newTeller(0, uint64(n))
			x.pad = strings.Repeat("x", 100)
			transfers(t, db, x, 60)
			disk = disk.Crash(rand.New(rand.NewPCG(1, uint64(n)))) // all is synced: nothing is lost
			_ = db.Close()
			names, _ := disk.List("db")
			var log string
			for _, name := range names {
				if fileKinds["log"].MatchString(name) {
					log = name
				}
			}
			disk.Damage("db/"+log, func(b []byte) []byte {
				end := len(strings.TrimRight(string(b), "\x00"))
				at := end - 20
				if middle {
					at = end / 2
				}
				b[at] ^= 0x10
				return b
			})
			o.FS = disk
			db, err := mvcc.Open("db", o)
			if middle {
				if !errors.Is(err, kv.ErrCorrupt) || !named.MatchString(fmt.Sprint(err)) {
					t.Fatalf("damage in the middle of the log: %v", err)
				}
				continue
			}
			if err != nil && !errors.Is(err, kv.ErrCorrupt) { // a mark may be the witness of the last record
				t.Fatal(err)
			}
			if err == nil {
				x.acked -= 2
				if err := audit(db, x); err != nil {
					t.Fatal(err)
				}
				db.Close()
			}
		}
	}
}

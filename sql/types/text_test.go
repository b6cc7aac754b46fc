package types

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lightsql/lightsql/sql/pgerr"
)

// TestTextGolden reads testdata/text.tsv: type, modifier, input and what PostgreSQL 15 gives: the output, or the SQLSTATE
// and the message.
func TestTextGolden(t *testing.T) {
	f, err := os.Open("testdata/text.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	env := NewEnv()
	env.TimeZone, _ = LoadZone("America/New_York")
	env.Now = NowMicros(time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC))
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		parts := strings.Split(sc.Text(), "\t")
		if len(parts) != 4 {
			t.Fatalf("line %d: %d fields", n, len(parts))
		}
		ti, ok := ByName(parts[0])
		if !ok {
			t.Fatalf("line %d: no type %s", n, parts[0])
		}
		var mod int32
		fmt.Sscan(parts[1], &mod)
		in := unescape(parts[2])
		got := ""
		d, err := Parse(T{ti.OID, mod}, in, env)
		if e, ok := pgerr.As(err); ok {
			got = string(e.Code) + " " + e.Message
			if e.Detail != "" {
				got += " / " + e.Detail
			}
		} else {
			got = Text(T{ti.OID, mod}, d, env)
		}
		if want := unescape(parts[3]); got != want {
			t.Errorf("line %d: %s(%d) %q\n got  %s\n want %s", n, parts[0], mod, in, got, want)
		}
	}
}

func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n").Replace(s)
}

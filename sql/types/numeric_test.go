package types

import (
	"bufio"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/lightsql/lightsql/sql/pgerr"
)

func mustNumeric(t *testing.T, s string) Numeric {
	t.Helper()
	n, err := ParseNumeric(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return n
}

// TestNumericGolden reads testdata/numeric.tsv: operation, operands, and what PostgreSQL 15 gives.
func TestNumericGolden(t *testing.T) {
	f, err := os.Open("testdata/numeric.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		p := strings.Split(sc.Text(), "\t")
		a, b := mustNumeric(t, p[1]), mustNumeric(t, p[2])
		got, err := numericOp(p[0], a, b)
		text := got.String()
		if err != nil {
			text = string(pgerr.CodeOf(err)) + " " + err.Error()
		}
		if text != p[3] {
			t.Errorf("line %d: %s(%s, %s)\n got  %s\n want %s", n, p[0], p[1], p[2], text, p[3])
		}
	}
}

func numericOp(op string, a, b Numeric) (Numeric, error) {
	switch op {
	case "add":
		return a.Add(b)
	case "sub":
		return a.Sub(b)
	case "mul":
		return a.Mul(b)
	case "div":
		return a.Div(b)
	case "mod":
		return a.Mod(b)
	case "divtrunc":
		return a.DivTrunc(b)
	case "pow":
		return a.Pow(b)
	case "log":
		return b.Log(a)
	case "sqrt":
		return a.Sqrt()
	case "exp":
		return a.Exp()
	case "ln":
		return a.Ln()
	case "cmp":
		return NumericFromInt(int64(sign(a.Cmp(b)))), nil
	case "round":
		k, _ := b.Int8()
		return a.Round(int(k)), nil
	case "trunc":
		k, _ := b.Int8()
		return a.Trunc(int(k)), nil
	case "ceil":
		return a.Ceil(), nil
	case "floor":
		return a.Floor(), nil
	case "gcd":
		return a.GCD(b), nil
	case "lcm":
		return a.LCM(b)
	case "trim":
		return a.TrimScale(), nil
	}
	return Numeric{}, nil
}

func sign(c int) int { return max(-1, min(1, c)) }

func TestNumericSmallPathAllocatesNothing(t *testing.T) {
	a, b := MakeNumeric(12345, 2), MakeNumeric(678, 3)
	buf := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		s, _ := a.Add(b)
		p, _ := s.Mul(b)
		q, _ := p.Mod(a)
		_ = q.Round(2).Cmp(a)
		buf = q.Append(buf[:0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNumericConversions(t *testing.T) {
	for _, c := range []struct {
		f    float64
		want string
	}{{0.1, "0.1"}, {1e20, "100000000000000000000"}, {1.0 / 3, "0.333333333333333"}, {-2.5, "-2.5"}, {math.NaN(), "NaN"}, {1e-10, "0.0000000001"}} {
		if n, err := NumericFromFloat(c.f); err != nil || n.String() != c.want {
			t.Errorf("%v: %v %v, want %s", c.f, n, err, c.want)
		}
	}
	if n, _ := NumericFromFloat4(float64(float32(0.1))); n.String() != "0.1" {
		t.Errorf("float4: %v", n)
	}
	for s, want := range map[string]int64{"2.5": 3, "-2.5": -3, "9223372036854775807.4": math.MaxInt64, "-9223372036854775808": math.MinInt64} {
		if v, err := mustNumeric(t, s).Int8(); err != nil || v != want {
			t.Errorf("%s: %d %v", s, v, err)
		}
	}
	if _, err := mustNumeric(t, "9223372036854775807.5").Int8(); err == nil || err.Error() != "bigint out of range" {
		t.Errorf("%v", err)
	}
	if f, err := mustNumeric(t, "0.1").Float(); err != nil || f != 0.1 {
		t.Errorf("%v %v", f, err)
	}
	for _, s := range []string{"1", "1.0", "1.000"} {
		if mustNumeric(t, s).Hash() != mustNumeric(t, "1.00000000000000000000000000").Hash() {
			t.Errorf("hash of %s", s)
		}
	}
	n := NumericFromInt(math.MinInt64)
	if n.String() != "-9223372036854775808" || n.Neg().String() != "9223372036854775808" || n.Neg().Neg().Cmp(n) != 0 {
		t.Errorf("%v %v", n, n.Neg())
	}
}

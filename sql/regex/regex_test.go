package regex

import (
	"fmt"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, x := range []struct {
		pattern, s string
		want       string
	}{
		{`^([bc])\1*$`, "bbbbb", "[0 5 0 1]"}, {`^([bc])\1*$`, "bbc", "[]"}, {`(\w+) \1`, "a the the b", "[2 9 2 5]"},
		{`a(?=b)b*`, "ab", "[0 2]"}, {`a(?=b)b*`, "a", "[]"}, {`a(?!b)`, "abac", "[2 3]"}, {`(?<=a)b*`, "abb", "[1 3]"},
		{`(?<!a)b`, "abb", "[2 3]"}, {`(?<=foo)b+`, "foobar", "[3 4]"}, {`x(?=[[:digit:]])`, "xx1", "[1 2]"},
		{`(a|ab)(?=c)`, "abc", "[0 2 0 2]"}, {`(.)\1`, "foobarrbazz", "[1 3 1 2]"}, {`\mfoo\M(?! bar)`, "foo bar foo", "[8 11]"},
		{`(?=a).*?`, "aaa", "[0 0]"}, {`é(?=é)`, "éé", "[0 2]"},
	} {
		re, err := Compile(x.pattern, Options{})
		if err != nil {
			t.Errorf("%s: %v", x.pattern, err)
			continue
		}
		if got := fmt.Sprint(re.FindStringSubmatchIndex(x.s)); got != x.want {
			t.Errorf("%s on %s: %s, want %s", x.pattern, x.s, got, x.want)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	for pattern, want := range map[string]error{
		`(a`: ErrParens, `a)`: ErrParens, `[a`: ErrBrackets, `*a`: ErrOperand, `a**`: ErrOperand, `\1(a)`: ErrBackref,
		`a{2,1}`: ErrRepeat, `[z-a]`: ErrRange, `[[:foo:]]`: ErrClass, `[[:]+alpha:]]`: ErrClass, `a\`: ErrEscape,
	} {
		if _, err := Compile(pattern, Options{}); err != want {
			t.Errorf("%s: %v, want %v", pattern, err, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add(`(a*)\1(?=b)`, "aaaab")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 30 || len(s) > 30 {
			return
		}
		if re, err := Compile(pattern, Options{}); err == nil {
			re.FindAllStringSubmatchIndex(s, -1)
		}
	})
}

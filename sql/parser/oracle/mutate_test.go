package oracle

import (
	"math/rand"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// word cuts a statement into pieces that mutate moves around.
var word = regexp.MustCompile(`\s+|\w+|'[^']*'|"[^"]*"|[^\w\s]`)

// mutate makes a damaged variant of a statement: cut short, or with a word
// dropped, doubled, exchanged, or taken from another statement.
func mutate(r *rand.Rand, sql, other string) string {
	words := word.FindAllString(sql, -1)
	if len(words) < 2 {
		return sql
	}
	i, j := r.Intn(len(words)), r.Intn(len(words))
	switch r.Intn(5) {
	case 0:
		words = words[:i]
	case 1:
		words = append(words[:i:i], words[i+1:]...)
	case 2:
		words = append(words[:i:i], append([]string{words[i], " ", words[i]}, words[i+1:]...)...)
	case 3:
		words[i], words[j] = words[j], words[i]
	default:
		donors := word.FindAllString(other, -1)
		if len(donors) > 0 {
			words[i] = " " + donors[r.Intn(len(donors))] + " "
		}
	}
	return strings.Join(words, "")
}

// TestMutations compares the parsers over damaged statements of the regression
// suite: most are wrong, which tests error positions.
func TestMutations(t *testing.T) {
	path := os.Getenv("LIGHTSQL_PGREGRESS")
	if path == "" {
		t.Skip("LIGHTSQL_PGREGRESS does not name the recording of the regression suite (golden15.json.gz)")
	}
	seed, _ := strconv.ParseInt(os.Getenv("LIGHTSQL_SEED"), 10, 64)
	t.Logf("LIGHTSQL_SEED=%d", seed)
	r := rand.New(rand.NewSource(seed))
	statements := recordedStatements(t, path)
	var y tally
	for _, sql := range statements {
		if len(sql) < 2000 && !strings.ContainsRune(sql, 0) {
			y.compare(mutate(r, sql, statements[r.Intn(len(statements))]))
		}
	}
	y.check(t, "mutations", 0.01)
}

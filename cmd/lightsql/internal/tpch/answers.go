package tpch

import (
	_ "embed"
	"fmt"
	"strings"
)

// AnswersScale is the scale factor of Answers.
const AnswersScale = 0.01

//go:embed testdata/answers.txt
var answersText string

// Answers are PostgreSQL's answers at AnswersScale, as Answer gives them; those of query n are element n-1.
func Answers() [][]string {
	parts := strings.Split(answersText, "-- Q")[1:]
	out := make([][]string, len(parts))
	for i, p := range parts {
		_, rows, _ := strings.Cut(p, "\n")
		if rows != "" {
			out[i] = strings.Split(strings.TrimSuffix(rows, "\n"), "\n")
		}
	}
	return out
}

// FormatAnswers is the text of testdata/answers.txt.
func FormatAnswers(answers [][]string) string {
	var b strings.Builder
	for i, rows := range answers {
		fmt.Fprintf(&b, "-- Q%d\n", i+1)
		for _, r := range rows {
			b.WriteString(r + "\n")
		}
	}
	return b.String()
}

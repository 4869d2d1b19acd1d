package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// count writes a whole number with its thousands set apart.
func count(n int64) string { return sample.FormatCount(n) }

// percent writes a share with two or three significant digits.
func percent(share float64) string {
	switch v := math.Abs(share) * 100; {
	case math.IsNaN(share) || math.IsInf(share, 0):
		return Dash
	case v == 0:
		return "0%"
	case v < 0.1:
		return "< 0.1%"
	case v < 9.95:
		return fmt.Sprintf("%.1f%%", share*100)
	default:
		return fmt.Sprintf("%.0f%%", share*100)
	}
}

// signed writes a share with its sign, as a margin is read.
func signed(share float64) string {
	if share < 0 {
		return "−" + percent(-share)
	}
	return "+" + percent(share)
}

// elapsed writes how long something took, as people say it: 8.2 s, 2 min 5 s, 1 h 3 min.
func elapsed(d sample.Offset) string {
	t := time.Duration(d)
	switch {
	case t < 100*time.Second:
		return format(t.Seconds(), sample.Seconds)
	case t < time.Hour:
		t = t.Round(time.Second)
		return strings.TrimSuffix(fmt.Sprintf("%d min %d s", t/time.Minute, t%time.Minute/time.Second), " 0 s")
	default:
		t = t.Round(time.Minute)
		return fmt.Sprintf("%d h %d min", t/time.Hour, t%time.Hour/time.Minute)
	}
}

// plural writes a count with its noun.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(int64(n)) + " " + many
}

// shellQuote writes a command line that a shell reads as the same words.
func shellQuote(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if word == "" || strings.ContainsAny(word, " \t\n'\"\\$&|;<>()*?[]#~`!{}") {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// format writes a value with its unit, three significant digits; Dash for what is no number.
func format(v float64, unit sample.Unit) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Dash
	}
	return sample.Format(v, unit)
}

func formatFixed(v float64, decimals int) string { return strconv.FormatFloat(v, 'f', decimals, 64) }

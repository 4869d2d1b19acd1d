package search

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
)

// compare says of every variant after the first, goal by goal, whether it holds more or less than the
// first. Only intervals that do not overlap tell two variants apart; the difference that is named is
// the least that fits both.
func (s *Search) compare() []string {
	var all []string
	for _, v := range s.Variants[min(1, len(s.Variants)):] {
		for g := range min(len(v.Intervals), len(s.Variants[0].Intervals)) {
			words := versus(s.Variants[0], v, g)
			if len(s.Goals) > 1 {
				words = s.Goals[g].Name + ": " + words
			}
			all = append(all, words)
		}
	}
	return all
}

func versus(base, v Variant, g int) string {
	a, b := base.Intervals[g], v.Intervals[g]
	switch {
	case apart(a, b):
		return fmt.Sprintf("%s holds more than %s: at least %s, where %s broke at %s (at least +%s).", v.Label, base.Label,
			Number(b.Lower.Load), base.Label, Number(a.Upper.Load), sample.Format(b.Lower.Load/a.Upper.Load-1, sample.Ratio))
	case apart(b, a):
		return fmt.Sprintf("%s holds less than %s: it broke at %s, where %s held %s (at least -%s).", v.Label, base.Label,
			Number(b.Upper.Load), base.Label, Number(a.Lower.Load), sample.Format(1-b.Upper.Load/a.Lower.Load, sample.Ratio))
	default:
		return fmt.Sprintf("%s and %s cannot be told apart: their intervals overlap, or one has no bound on that side.", v.Label, base.Label)
	}
}

// apart reports whether the whole of the higher interval is above the lower one.
func apart(lower, higher Interval) bool {
	return higher.Lower != nil && higher.Lower.Confirmed && lower.Upper != nil && !lower.Upper.Harness && higher.Lower.Load >= lower.Upper.Load
}

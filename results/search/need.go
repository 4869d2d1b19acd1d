package search

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/slo"
)

// Verdict is what the search has found for a goal: PASS if it is at its end with a lower bound that is
// confirmed, MISS if the least load broke, else INCONCLUSIVE. With a load that is asked for (Search.At,
// else 0) a PASS also needs that this load holds.
func (i Interval) Verdict(asked float64) slo.Verdict {
	answer := slo.Pass
	switch {
	case i.State == Below:
		return slo.Miss
	case i.State == Going || i.Lower == nil || !i.Lower.Confirmed:
		answer = slo.Inconclusive
	}
	return slo.Worst([]slo.Verdict{answer, i.need(asked)})
}

// need says whether the load that is asked for holds; PASS if none is.
//
// It holds if the lower bound is confirmed there or above, and does not if it broke there or below. If the
// search has closed around it, it was not shown to hold, which is a miss, too. Where the search ended
// before it without breaking anything, by the harness or by its highest load, nothing is known.
func (i Interval) need(asked float64) slo.Verdict {
	switch {
	case asked == 0, i.Lower != nil && i.Lower.Confirmed && i.Lower.Load >= asked:
		return slo.Pass
	case i.Upper != nil && !i.Upper.Harness && i.Upper.Load <= asked, i.State == Closed, i.State == Below:
		return slo.Miss
	}
	return slo.Inconclusive
}

// NeedWords say that the load that is asked for does not hold, and what does: "needs rate=2,000, holds
// 1,630: "; "" where it holds or none is asked for.
func (i Interval) NeedWords(parameter string, asked float64) string {
	return needWords(i.need(asked), i.Lower, parameter, asked)
}

// needWords are the words for all goals of a variant, of which the one that holds least decides.
func (v Variant) needWords(parameter string, asked float64) string {
	verdict := slo.Pass
	for _, i := range v.Intervals {
		verdict = slo.Worst([]slo.Verdict{verdict, i.need(asked)})
	}
	return needWords(verdict, v.Lower(), parameter, asked)
}

func needWords(verdict slo.Verdict, lower *Bound, parameter string, asked float64) string {
	words := fmt.Sprintf("needs %s=%s, ", parameter, Number(asked))
	switch {
	case verdict == slo.Pass:
		return ""
	case verdict == slo.Inconclusive:
		return words + "and whether that holds is not known: "
	case lower == nil:
		return words + "holds no load that was tried: "
	}
	return words + "holds " + Number(lower.Load) + ": "
}

package search

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
)

// Number writes a load: "1,250", "0.5".
func Number(load float64) string {
	if load == float64(int64(load)) {
		return sample.FormatCount(int64(load))
	}
	return strconv.FormatFloat(load, 'f', -1, 64)
}

// Plain writes a load as a parameter's value: "1250", "0.5".
func Plain(load float64) string { return strconv.FormatFloat(load, 'f', -1, 64) }

// Judge computes what is marked so in Search. Its verdict is PASS if the search of every goal of every
// variant is at its end with a lower bound that is confirmed: there is an answer, whatever the bound. It
// is MISS if the least load broke, or if the load that is asked for (Search.At) does not hold, and
// INCONCLUSIVE if there is no answer yet or the harness could give none.
func (s *Search) Judge() {
	for i := range s.Variants {
		v := &s.Variants[i]
		v.Gave, v.Knee, v.Headroom = nil, nil, nil
		for g := range v.Intervals {
			if gave := v.gave(g, s.Goals[g]); gave != nil {
				v.Gave = append(v.Gave, *gave)
			}
		}
		if o, ok := v.Deciding(s.Goals); ok {
			if at, distance, found := knee(v.Curve(o)); found {
				v.Knee = &Knee{Objective: o.Subject(), Load: at.Load, Value: at.Value, Distance: distance}
			}
		}
		if lower := v.Lower(); s.At > 0 && lower != nil {
			room := lower.Load/s.At - 1
			v.Headroom = &room
		}
	}
	s.Verdict, s.Compared = s.verdict(), s.compare()
	var words []string
	for _, v := range s.Variants {
		words = append(words, v.words(s.Parameter, s.At, len(s.Variants) > 1))
	}
	s.Sentence = string(s.Verdict) + ": " + strings.Join(words, " ")
}

// Lower is the lowest of a variant's lower bounds, at which all goals hold; nil if one has none.
func (v Variant) Lower() (lowest *Bound) {
	for _, i := range v.Intervals {
		if i.Lower == nil {
			return nil
		}
		if lowest == nil || i.Lower.Load < lowest.Load {
			lowest = i.Lower
		}
	}
	return lowest
}

func (s *Search) verdict() slo.Verdict {
	verdict := slo.Pass
	for _, v := range s.Variants {
		if len(v.Intervals) == 0 {
			verdict = slo.Inconclusive
		}
		for _, i := range v.Intervals {
			verdict = slo.Worst([]slo.Verdict{verdict, i.Verdict(s.At)})
		}
	}
	if verdict == slo.Pass && (s.Status == bundle.Failed || s.Status == bundle.Interrupted) {
		verdict = slo.Inconclusive
	}
	return verdict
}

// words says what was found for a variant, and first that it is less than the load that is asked for.
func (v Variant) words(parameter string, at float64, several bool) string {
	if len(v.Intervals) == 0 {
		return strings.TrimSpace(v.lead(several) + "no trial has ended.")
	}
	var all []string
	for _, i := range v.Intervals {
		text := i.Words(parameter)
		if len(v.Intervals) > 1 {
			text = i.Goal + ": " + text
		}
		all = append(all, text)
	}
	words := v.lead(several) + v.needWords(parameter, at) + strings.Join(all, "; ") + "."
	if v.Stopped != "" {
		words += " The search stopped before its end: " + v.Stopped + "."
	}
	return words
}

func (v Variant) lead(several bool) string {
	if !several || v.Label == "" {
		return ""
	}
	return v.Label + ": "
}

// Words says what is known of a goal: "rate: held at 700, broken at 750".
func (i Interval) Words(parameter string) string {
	load := func(b *Bound) string { return parameter + "=" + Number(b.Load) }
	switch {
	case i.Lower == nil && i.Upper == nil:
		return "no load was judged"
	case i.State == Unjudged:
		return "no load could be judged, down to " + load(i.Upper)
	case i.Lower == nil && i.Upper.Harness:
		return "no load was judged; the harness could not judge " + load(i.Upper)
	case i.Lower == nil:
		return "below " + load(i.Upper) + ", where " + i.Upper.trials("missed", i.Upper.Missed)
	}
	words := "at least " + load(i.Lower) + " (" + i.Lower.trials("passed", i.Lower.Passed) + ")"
	switch {
	case i.Upper == nil && i.State == AtLeast:
		words += ", the highest load of the search"
	case i.Upper != nil && i.Upper.Harness:
		words += "; at " + load(i.Upper) + " the harness could not judge, so the system may hold more"
	case i.Upper != nil:
		words += fmt.Sprintf(", less than %s (%s), an interval of %s", load(i.Upper), i.Upper.trials("missed", i.Upper.Missed), sample.Format(i.Width, sample.Ratio))
	}
	return words
}

// trials is "3 of 3 trials passed".
func (b Bound) trials(what string, n int) string {
	judged := b.Passed + b.Missed
	if judged == 1 {
		return fmt.Sprintf("%d of 1 trial %s", n, what)
	}
	return fmt.Sprintf("%d of %d trials %s", n, judged, what)
}

// Confidence says how far the trials of a bound can be trusted: with so many of them, at what rate
// at least trials pass there, or miss.
func (b Bound) Confidence(upper bool) string {
	n, what, past := b.Passed, "pass", "passed"
	if upper {
		n, what, past = b.Missed, "miss", "missed"
	}
	if b.Harness || b.Passed+b.Missed == 0 {
		return ""
	}
	return fmt.Sprintf("%s; with 95%% confidence at least %s of all trials would %s", b.trials(past, n),
		sample.Format(stat.ProportionLow(n, b.Passed+b.Missed, stat.Confidence), sample.Ratio), what)
}

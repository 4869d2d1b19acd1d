package experiment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/slo"
)

// Judge computes what is marked so in the types, from the trials alone.
//
// A variant's verdict is the worst of its trials that ended (see slo.Worst), and NO DATA if none
// has. The experiment's is the worst of its variants; with AfterMiss it is PASS if at least the
// first value passed, because the question was how far it goes, and else that of the first value.
// What would be a PASS is INCONCLUSIVE if the experiment did not finish.
func (e *Experiment) Judge() {
	for i := range e.Variants {
		e.judgeVariant(i)
	}
	e.judgeTradeoff()
	e.LastGood, e.FirstBad = nil, nil
	if e.StopAfter == AfterMiss {
		e.judgeLadder()
		return
	}
	var verdicts []slo.Verdict
	for _, v := range e.Variants {
		verdicts = append(verdicts, v.Verdict)
	}
	e.Verdict = slo.Worst(verdicts)
	if e.unfinished() && e.Verdict == slo.Pass {
		e.Verdict = slo.Inconclusive
	}
	e.Sentence = fmt.Sprintf("%s: %s%s", e.Verdict, e.comparisonWords(), e.knee())
}

// unfinished reports whether there should be more trials than there are.
func (e *Experiment) unfinished() bool {
	return e.Incomplete() || slices.ContainsFunc(e.Variants, func(v Variant) bool { return v.Ended < v.Planned })
}

func (e *Experiment) judgeVariant(index int) {
	v := &e.Variants[index]
	v.Planned, v.Ended, v.Results = 0, 0, []Result{}
	var verdicts []slo.Verdict
	for _, t := range e.Trials {
		if t.Variant != index {
			continue
		}
		v.Planned++
		if t.Ended {
			v.Ended++
			verdicts = append(verdicts, t.Verdict)
			v.take(t)
		}
	}
	for i := range v.Results {
		v.Results[i].summarise()
	}
	slices.SortStableFunc(v.Results, func(a, b Result) int { return asInt(a.Figure) - asInt(b.Figure) })
	v.Verdict = slo.NoData
	if v.Ended > 0 {
		v.Verdict = slo.Worst(verdicts)
	}
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// take adds a trial's figures to the variant's results.
func (v *Variant) take(t Trial) {
	for _, o := range t.Objectives {
		r := v.result(Result{Objective: o.Objective, Unit: o.Unit})
		if verdict := slo.Worst([]slo.Verdict{o.Verdict, r.Verdict}); r.Verdict == "" || verdict != r.Verdict {
			r.Verdict, r.Reason = o.Verdict, o.Reason
		}
		r.add(o.Observed, o.AtLeast)
	}
	for _, f := range t.Figures {
		r := v.result(Result{Objective: f.Objective, Unit: f.Unit, Figure: true})
		if f.Reason != "" {
			r.Reason = f.Reason
		}
		r.add(f.Observed, f.AtLeast)
	}
}

// result returns the variant's result of that key, which is new if there is none yet.
func (v *Variant) result(like Result) *Result {
	at := slices.IndexFunc(v.Results, func(r Result) bool { return r.Key() == like.Key() })
	if at < 0 {
		at = len(v.Results)
		v.Results = append(v.Results, like)
	}
	return &v.Results[at]
}

// add adds a trial's value, which may be a lower bound.
func (r *Result) add(value *float64, atLeast bool) {
	if atLeast && r.Bounds == nil {
		r.Bounds = make([]bool, len(r.Values))
	}
	r.Values = append(r.Values, value)
	if r.Bounds != nil {
		r.Bounds = append(r.Bounds, atLeast)
	}
}

// summarise computes median and range of the values. The median is a lower bound if a value that is
// one is not above it: were its true value known, the median could be larger.
func (r *Result) summarise() {
	var known []float64
	for _, value := range r.Values {
		if value != nil {
			known = append(known, *value)
		}
	}
	if r.N = len(known); r.N == 0 {
		return
	}
	slices.Sort(known)
	median := (known[(r.N-1)/2] + known[r.N/2]) / 2
	r.Median, r.Min, r.Max = &median, &known[0], &known[r.N-1]
	for i, atLeast := range r.Bounds {
		r.AtLeast = r.AtLeast || atLeast && r.Values[i] != nil && *r.Values[i] <= known[r.N/2]
	}
}

// judgeLadder finds how far the values of the one axis go.
func (e *Experiment) judgeLadder() {
	unfinished := false
	for i, v := range e.Variants {
		if v.Ended < v.Planned && (v.Ended == 0 || v.Verdict == slo.Pass) {
			unfinished = true
			break
		}
		if v.Verdict != slo.Pass {
			e.FirstBad = &i
			break
		}
		e.LastGood = &i
	}
	switch {
	case e.FirstBad != nil && e.LastGood == nil:
		e.Verdict = e.Variants[*e.FirstBad].Verdict
		e.Sentence = fmt.Sprintf("%s: %s, the first value, did not pass. %s", e.Verdict, e.Variants[0].Label, e.why(0))
	case e.FirstBad != nil:
		e.Verdict = slo.Pass
		e.Sentence = fmt.Sprintf("PASS: %s is the last value that passed; %s did not. %s",
			e.Variants[*e.LastGood].Label, e.Variants[*e.FirstBad].Label, e.why(*e.FirstBad))
	case unfinished && e.LastGood != nil:
		e.Verdict = slo.Inconclusive
		e.Sentence = fmt.Sprintf("INCONCLUSIVE: the experiment did not finish; %s passed.", e.Variants[*e.LastGood].Label)
	case unfinished:
		e.Verdict = slo.Inconclusive
		e.Sentence = "INCONCLUSIVE: the experiment did not finish, and no value was judged."
	default:
		e.Verdict = slo.Pass
		e.Sentence = fmt.Sprintf("PASS: limit not reached: at least %s. Every value passed.", e.Variants[*e.LastGood].Label)
	}
}

// why is the sentence of the worst trial of a variant.
func (e *Experiment) why(variant int) string {
	for _, t := range e.Trials {
		if t.Variant == variant && t.Ended && t.Verdict == e.Variants[variant].Verdict {
			return t.Sentence
		}
	}
	return ""
}

// comparisonWords says what became of the variants.
func (e *Experiment) comparisonWords() string {
	ended := 0
	for _, t := range e.Trials {
		ended += asInt(t.Ended)
	}
	runs := fmt.Sprintf("%d trials", ended)
	if ended == 1 {
		runs = "1 trial"
	}
	if e.unfinished() {
		runs = fmt.Sprintf("the experiment did not finish: %d of %d trials ended", ended, len(e.Trials))
	}
	var found []int
	for i, v := range e.Variants {
		if v.Verdict == e.Verdict && v.Ended > 0 {
			found = append(found, i)
		}
	}
	switch {
	case len(found) == 0:
		return runs + "."
	case e.Verdict == slo.Pass && len(e.Variants) == 1:
		return "all " + runs + " passed."
	case e.Verdict == slo.Pass:
		return fmt.Sprintf("all %d variants passed in %s.", len(e.Variants), runs)
	}
	worst := e.why(found[0])
	if label := e.Variants[found[0]].Label; label != "" {
		worst = label + ": " + strings.TrimPrefix(worst, string(e.Verdict)+": ")
	} else {
		worst = strings.TrimPrefix(worst, string(e.Verdict)+": ")
	}
	return fmt.Sprintf("%s, %s. %s", shareWords(e.Verdict, len(found), len(e.Variants)), runs, worst)
}

// shareWords is "1 of 3 variants missed".
func shareWords(verdict slo.Verdict, found, of int) string {
	words := map[slo.Verdict]string{slo.Miss: "missed", slo.NoData: "had no data", slo.Inconclusive: "could not be judged"}[verdict]
	if of == 1 {
		return "the scenario " + words
	}
	return fmt.Sprintf("%d of %d variants %s", found, of, words)
}

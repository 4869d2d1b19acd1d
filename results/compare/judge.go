package compare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
)

// judge tests each figure and gives it its verdict. Of figures that decide it is also said where
// there are too few runs for one of them alone to be evidence.
func (c *Comparison) judge(changes []Change, deciding bool) {
	var p []float64
	var tested []int
	for i := range changes {
		if least := changes[i].measure(); least < 1 {
			p, tested = append(p, changes[i].P), append(tested, i)
		}
	}
	for i, adjusted := range stat.FalseDiscovery(p) {
		changes[tested[i]].Adjusted = adjusted
	}
	alone := c.Alpha // What the p-value of a figure must reach if no other changes.
	if deciding {
		alone /= float64(max(1, len(tested)))
	}
	for i := range changes {
		changes[i].decide(c, alone)
	}
}

// measure computes everything but the verdict, and returns the least p-value that the figure
// could have had: 1 if there is nothing to test.
func (ch *Change) measure() (least float64) {
	base, other := known(ch.BaseValues), known(ch.NewValues)
	ch.Base, ch.New = stat.CentreOf(base), stat.CentreOf(other)
	ch.P, ch.Adjusted, ch.Higher = 1, 1, 0.5
	if len(base) == 0 || len(other) == 0 {
		return 1
	}
	difference := stat.ShiftOf(base, other)
	ch.Difference = &difference
	if relative, ok := stat.RatioOf(base, other); ok {
		ch.Relative = &relative
	}
	ch.Higher = stat.Superiority(base, other)
	ch.P, least = stat.RankTest(base, other)
	return least
}

func known(values []*float64) []float64 {
	var all []float64
	for _, value := range values {
		if value != nil {
			all = append(all, *value)
		}
	}
	return all
}

// effect is the relative difference without its sign; infinite where it cannot be told.
func (ch *Change) effect() float64 {
	switch {
	case ch.Relative != nil:
		return math.Abs(ch.Relative.Value)
	case ch.Difference.Value == 0:
		return 0
	case ch.Base.Median > 0:
		return math.Abs(ch.Difference.Value) / ch.Base.Median
	default:
		return math.Inf(1)
	}
}

// decide gives the figure its verdict. Alone is what its p-value must reach if no other changes.
func (ch *Change) decide(c *Comparison, alone float64) {
	switch {
	case ch.Difference == nil:
		ch.Verdict = NoData
		if ch.Reason == "" {
			ch.Reason = ch.missing()
		}
	case ch.Adjusted <= c.Alpha && ch.effect() < c.MinEffect:
		ch.Verdict = SmallChange
	case ch.Adjusted <= c.Alpha:
		ch.Verdict = ch.direction()
	case stat.LeastP(ch.Base.N, ch.New.N) > alone:
		ch.Verdict = TooFewRuns
		ch.MoreRuns = max(1, stat.RunsNeeded(alone)-min(ch.Base.N, ch.New.N))
	default:
		ch.Verdict = NoEvidence
		if ch.Reason == "" && ch.constant() {
			ch.Reason = "every run shows this figure"
		}
	}
}

// constant reports whether all runs of both sides have one figure.
func (ch *Change) constant() bool {
	all := slices.Concat(known(ch.BaseValues), known(ch.NewValues))
	return slices.Min(all) == slices.Max(all)
}

func (ch *Change) missing() string {
	switch {
	case ch.Base.N == 0 && ch.New.N == 0:
		return "neither side has a figure"
	case ch.Base.N == 0:
		return "the base has no figure"
	default:
		return "the new side has no figure"
	}
}

func (ch *Change) direction() Verdict {
	if ch.Better == sample.Neither || ch.Better == "" {
		return Changed
	}
	if (ch.Higher > 0.5) == (ch.Better == sample.HigherIsBetter) {
		return Improved
	}
	return Regressed
}

// overall is the verdict of the figures that decide.
func (c *Comparison) overall() Verdict {
	if len(c.Deciding) == 0 {
		return NoData
	}
	for _, verdict := range []Verdict{Regressed, NoData, TooFewRuns, Changed, Improved} {
		if c.Count(verdict) > 0 {
			return verdict
		}
	}
	return NoEvidence
}

// Count returns how many of the deciding figures have a verdict.
func (c *Comparison) Count(verdict Verdict) int {
	n := 0
	for _, change := range c.Deciding {
		if change.Verdict == verdict {
			n++
		}
	}
	return n
}

// MoreRuns returns how many more runs the smaller side needs before any of the deciding figures
// could be evidence alone; 0 if there are enough.
func (c *Comparison) MoreRuns() int {
	more := 0
	for _, change := range c.Deciding {
		more = max(more, change.MoreRuns)
	}
	return more
}

// sentence puts the verdict into words.
func (c *Comparison) sentence() string {
	if len(c.Deciding) == 0 {
		return "NO DATA: the runs have no objectives; name metrics that are to decide."
	}
	total := len(c.Deciding)
	runs := fmt.Sprintf("%d and %d runs", len(c.Base.Runs), len(c.New.Runs))
	figures := fmt.Sprintf("%d figures", total)
	alone := "one of " + figures + " alone"
	if total == 1 {
		figures, alone = "1 figure", "one figure"
	}
	share := fmt.Sprintf("%d of %s", c.Count(c.Verdict), figures)
	switch c.Verdict {
	case Regressed, Changed, Improved:
		return strings.ToUpper(string(c.Verdict)) + ": " + share + ". " + c.largest().words() + ", " + runs + "."
	case NoData:
		i := slices.IndexFunc(c.Deciding, func(ch Change) bool { return ch.Verdict == NoData })
		return "NO DATA: " + share + " cannot be compared. " + c.Deciding[i].Words() + ": " + c.Deciding[i].Reason + "."
	case TooFewRuns:
		more := c.MoreRuns()
		needed := 0
		for _, ch := range c.Deciding {
			needed = max(needed, min(ch.Base.N, ch.New.N)+ch.MoreRuns)
		}
		return fmt.Sprintf("TOO FEW RUNS: with %s, a change in %s could not be told from chance; "+
			"it takes %d runs on each side, %d more.", runs, alone, needed, more)
	}
	small := ""
	if n := c.Count(SmallChange); n > 0 {
		small = fmt.Sprintf(" of %s or more", sample.Format(c.MinEffect, sample.Ratio))
	}
	return fmt.Sprintf("NO EVIDENCE of a change%s in %s, %s.%s", small, figures, runs, c.room())
}

// room says how much worse a figure could have become all the same.
func (c *Comparison) room() string {
	worst, at := 0.0, -1
	for i, change := range c.Deciding {
		if change.Relative == nil || change.Relative.Low == nil || change.Better == sample.Neither {
			continue
		}
		worse := *change.Relative.High
		if change.Better == sample.HigherIsBetter {
			worse = -*change.Relative.Low
		}
		if worse > worst {
			worst, at = worse, i
		}
	}
	if at < 0 {
		return ""
	}
	return fmt.Sprintf(" The data would still allow one that is up to %s worse: %s.", strings.TrimPrefix(Signed(worst), "+"), c.Deciding[at].Words())
}

// largest is the change with the overall verdict that is the largest, as a share.
func (c *Comparison) largest() *Change {
	at := -1
	for i := range c.Deciding {
		if c.Deciding[i].Verdict == c.Verdict && (at < 0 || c.Deciding[i].effect() > c.Deciding[at].effect()) {
			at = i
		}
	}
	return &c.Deciding[at]
}

// words is "pod startup p99 1.2 s → 1.6 s (+33%, p = 0.008)".
func (ch *Change) words() string {
	change := ""
	if ch.Relative != nil {
		change = Signed(ch.Relative.Value) + ", "
	}
	return fmt.Sprintf("%s %s → %s (%sp = %s)", ch.Words(), sample.Format(ch.Base.Median, ch.Unit),
		sample.Format(ch.New.Median, ch.Unit), change, FormatP(ch.Adjusted))
}

// Words returns what the figure is, without its limit: "pod startup p99, workload web".
func (ch *Change) Words() string {
	return strings.Replace(ch.Subject(), " "+ch.LimitWords(), "", 1)
}

// FormatP writes a p-value: "0.008", and "< 0.001" for what is smaller.
func FormatP(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

// Signed writes a share with its sign and two or three digits: "+33%", "−4.2%", "+8,960%".
func Signed(share float64) string {
	sign, size := "+", math.Abs(share)
	if share < 0 {
		sign = "−"
	}
	switch {
	case size < 0.0005:
		return "0%"
	case size < 0.0995:
		return fmt.Sprintf("%s%.1f%%", sign, size*100)
	case size < 10:
		return fmt.Sprintf("%s%.0f%%", sign, size*100)
	default:
		return sign + sample.Format(size, sample.Ratio)
	}
}

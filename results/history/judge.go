package history

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
)

// judge looks for changes in each figure, at its share of the level.
func (m *Machine) judge(options Options) {
	tested := 0
	for i := range m.Figures {
		if _, values := m.Figures[i].known(); len(values) > 0 && slices.Min(values) < slices.Max(values) {
			tested++
		}
	}
	for i := range m.Figures {
		m.Figures[i].judge(options, max(1, tested))
	}
}

// known returns the values of a figure, and the runs that they are of.
func (f *Figure) known() (runs []int, values []float64) {
	for i, value := range f.Values {
		if value != nil {
			runs, values = append(runs, i), append(values, *value)
		}
	}
	return runs, values
}

// judge looks for changes in one of so many figures.
func (f *Figure) judge(options Options, tested int) {
	runs, values := f.known()
	if len(values) == 0 {
		f.Verdict = compare.NoData
		if f.Reason == "" {
			f.Reason = "no run has a figure"
		}
		return
	}
	level := options.Alpha / float64(tested)
	points := prune(values, stat.ChangePoints(values, level), options.MinEffect)
	start := 0
	for i := range len(points) + 1 {
		end := len(values)
		if i < len(points) {
			end = points[i].At
		}
		f.Segments = append(f.Segments, Segment{From: runs[start], To: runs[end-1], N: end - start, Median: stat.CentreOf(values[start:end]).Median})
		start = end
	}
	for i, point := range points {
		f.Changes = append(f.Changes, f.change(i, runs[point.At], min(1, point.P*float64(tested))))
	}
	needed := stat.ValuesNeeded(level)
	switch {
	case len(f.Changes) > 0:
		f.Verdict, f.Drift = f.Changes[len(f.Changes)-1].Verdict, stat.DriftOf(values, points)
	case len(values) < needed:
		f.Verdict, f.MoreRuns = compare.TooFewRuns, needed-len(values)
	default:
		f.Verdict = compare.NoEvidence
	}
}

// prune drops the smallest change and judges the others anew until none is below the least effect.
func prune(values []float64, points []stat.ChangePoint, least float64) []stat.ChangePoint {
	points = slices.Clone(points)
	for len(points) > 0 {
		smallest, at := math.Inf(1), 0
		for i, point := range points {
			from, to := 0, len(values)
			if i > 0 {
				from = points[i-1].At
			}
			if i+1 < len(points) {
				to = points[i+1].At
			}
			size := effect(stat.CentreOf(values[from:point.At]).Median, stat.CentreOf(values[point.At:to]).Median)
			if size < smallest {
				smallest, at = size, i
			}
		}
		if smallest >= least {
			break
		}
		points = slices.Delete(points, at, at+1)
	}
	return points
}

// effect is a relative change without its sign; infinite where it cannot be told.
func effect(before, after float64) float64 {
	switch {
	case before == after:
		return 0
	case before > 0:
		return math.Abs(after/before - 1)
	default:
		return math.Inf(1)
	}
}

// change is the one between two segments.
func (f *Figure) change(segment, at int, p float64) Change {
	before, after := f.Segments[segment].Median, f.Segments[segment+1].Median
	c := Change{At: at, Before: before, After: after, P: p, Verdict: compare.Changed}
	if before > 0 {
		share := after/before - 1
		c.Relative = &share
	}
	if before == after || f.Better == sample.Neither || f.Better == "" {
		return c
	}
	c.Verdict = compare.Regressed
	if (after > before) == (f.Better == sample.HigherIsBetter) {
		c.Verdict = compare.Improved
	}
	return c
}

// Words returns what the figure is, without its limit.
func (f *Figure) Words() string { return (&compare.Change{Objective: f.Objective}).Words() }

// sentence puts what was found on a machine into words: how many changes there are, and the last of
// them, which is the one that matters now.
func (m *Machine) sentence() string {
	used := 0
	for _, run := range m.Runs {
		if run.LeftOut == "" {
			used++
		}
	}
	over := counted(used, "run", "runs")
	figures := counted(len(m.Figures), "figure", "figures")
	changes, changed, last, more := 0, 0, -1, 0
	var lastChange Change
	tested := false
	for i := range m.Figures {
		f := &m.Figures[i]
		changes, more = changes+len(f.Changes), max(more, f.MoreRuns)
		tested = tested || f.Verdict == compare.NoEvidence
		if len(f.Changes) == 0 {
			continue
		}
		changed++
		if c := f.Changes[len(f.Changes)-1]; last < 0 || c.At > lastChange.At {
			last, lastChange = i, c
		}
	}
	switch {
	case len(m.Figures) == 0:
		return "NO DATA: the runs have no objectives; name metrics that are to be looked at."
	case changes > 0:
		return fmt.Sprintf("%s in %d of %s over %s. The last: %s.", counted(changes, "CHANGE", "CHANGES"), changed, figures, over,
			m.Figures[last].changeWords(lastChange, m.Runs[lastChange.At]))
	case tested:
		return fmt.Sprintf("NO EVIDENCE of a change in %s over %s.", figures, over)
	case more > 0:
		return fmt.Sprintf("TOO FEW RUNS: over %s, a change in %s could not be told from chance; it takes %d more.", over, figures, more)
	default:
		return fmt.Sprintf("NO DATA: there is no value of %s in %s.", figures, over)
	}
}

// changeWords is "pod startup p99 regressed, 1.2 s → 1.6 s (+33%, p = 0.008), since run X (v1.0), 2026-01-02".
func (f *Figure) changeWords(c Change, run Run) string {
	share := ""
	if c.Relative != nil {
		share = compare.Signed(*c.Relative) + ", "
	}
	version := ""
	if run.Version != "" {
		version = " (" + run.Version + ")"
	}
	return fmt.Sprintf("%s %s, %s → %s (%sp = %s), since run %s%s, %s", f.Words(), c.Verdict, sample.Format(c.Before, f.Unit),
		sample.Format(c.After, f.Unit), share, compare.FormatP(c.P), run.Name, version, run.Started.UTC().Format(time.DateOnly))
}

// counted is a number with its noun.
func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

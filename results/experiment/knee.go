package experiment

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/slo"
)

// kneeVariants is how many variants there must be for the border between those that passed and those
// that did not to be worth a sentence of its own.
const kneeVariants = 3

// knee says how far the values of the one axis go, in the order in which they are written: those up to
// one passed, and none after it did. It is "" if there is no such border, or not every trial ended.
func (e *Experiment) knee() string {
	if len(e.Axes) != 1 || len(e.Variants) < kneeVariants || e.unfinished() {
		return ""
	}
	last := -1
	for i, v := range e.Variants {
		if v.Verdict != slo.Pass {
			continue
		}
		if last != i-1 {
			return ""
		}
		last = i
	}
	if last < 0 || last == len(e.Variants)-1 {
		return ""
	}
	return fmt.Sprintf(" Every value up to %s passed, and none after it.", e.Variants[last].Label)
}

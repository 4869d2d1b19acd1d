package summary

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// maxEventWarnings is how many warnings are quoted from the events.
const maxEventWarnings = 20

// An eventWarning is an event that is a warning, and how many later ones say the same but for numbers,
// as of one object after the other.
type eventWarning struct {
	first, last sample.Event
	more        int64
}

// digits are what is not looked at where two warnings are compared.
var digits = regexp.MustCompile(`[0-9]+`)

// eventWarnings quotes the warnings among the events, and of many alike the first.
func (c *collector) eventWarnings() []string {
	var kept []*eventWarning
	known := map[string]*eventWarning{}
	left := int64(0)
	for _, e := range c.events {
		if e.Kind != sample.Warning && e.Kind != sample.ComponentLost && e.Kind != sample.StepFailed {
			continue
		}
		alike := digits.ReplaceAllString(eventWords(e), "#")
		switch w := known[alike]; {
		case w != nil:
			w.last = e
			w.more++
		case len(kept) == maxEventWarnings:
			left++
		default:
			known[alike] = &eventWarning{first: e}
			kept = append(kept, known[alike])
		}
	}
	var all []string
	for _, w := range kept {
		all = append(all, w.words())
	}
	if left > 0 {
		all = append(all, fmt.Sprintf("The events hold %s more warnings.", sample.FormatCount(left)))
	}
	return all
}

func (w *eventWarning) words() string {
	at := func(e sample.Event) string { return sample.Format(e.At.Seconds(), sample.Seconds) }
	words := fmt.Sprintf("At %s: %s", at(w.first), eventWords(w.first))
	if w.more > 0 {
		words += fmt.Sprintf(" (and %s more like it, the last at %s)", sample.FormatCount(w.more), at(w.last))
	}
	return words + "."
}

func eventWords(e sample.Event) string {
	words := strings.TrimSuffix(e.Message, ".")
	if words == "" {
		words = string(e.Kind)
	}
	if e.Step != "" {
		words = e.Step + ": " + words
	}
	return words
}

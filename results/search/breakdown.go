package search

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Breakdown says what gave up by itself during a trial, so that its run could not go on.
type Breakdown struct {
	Component string        `json:"component"` // Such as "kube-apiserver".
	How       string        `json:"how"`       // In words that follow its name: "ended (signal: killed)".
	Phase     string        `json:"phase,omitempty"`
	At        sample.Offset `json:"at"` // Since the run began.
	// Harness says that it tells nothing of what the system carries: the component is not one of the
	// control plane, or there was no load yet.
	Harness bool     `json:"harness,omitempty"`
	Cores   *float64 `json:"cores,omitempty"` // The most that it was seen to use in that phase; nil if that is not known.
	Bytes   *float64 `json:"bytes,omitempty"` // As above, of memory.
}

// Words say what broke, when, and what it had used: "control plane broke: kube-apiserver ended ...".
func (b Breakdown) Words() string {
	words := "control plane broke: "
	if b.Harness {
		words = ""
	}
	words += fmt.Sprintf("%s %s %s into the run", b.Component, b.How, sample.Format(b.At.Seconds(), sample.Seconds))
	if b.Phase == "" {
		words += ", before the first phase"
	} else {
		words += ", in phase " + b.Phase
	}
	var used []string
	if b.Cores != nil {
		used = append(used, sample.Format(*b.Cores, sample.Cores))
	}
	if b.Bytes != nil {
		used = append(used, sample.Format(*b.Bytes, sample.Bytes))
	}
	if len(used) > 0 {
		words += ", where it had used up to " + strings.Join(used, " and ")
	}
	return words
}

// breaks reports whether a trial's breakdown shows that the system does not carry the load.
func (t Trial) breaks() bool { return t.Breakdown != nil && !t.Breakdown.Harness }

// used notes what the component had used. The last value would not do: that of CPU is 0 after the end.
func (b *Breakdown) used(s *summary.Summary) {
	b.Cores, b.Bytes = nil, nil
	for _, g := range s.Gauges {
		if phase, byPhase := g.Labels[phaseLabel]; !byPhase || phase != b.Phase || g.Labels["component"] != b.Component {
			continue
		}
		most := g.Max
		switch g.Metric {
		case sample.ComponentCPU:
			b.Cores = &most
		case sample.ComponentMemory:
			b.Bytes = &most
		}
	}
}

// endedIn is the phase in which a trial broke off; "" if it did not, or in none.
func (t Trial) endedIn() string {
	if t.Breakdown != nil {
		return t.Breakdown.Phase
	}
	return t.Unfinished
}

// withPhase adds a phase to others, in their order, unless it is "" or there.
func withPhase(phases []string, phase string) []string {
	if phase == "" || slices.Contains(phases, phase) {
		return phases
	}
	return slices.Sorted(slices.Values(append(slices.Clone(phases), phase)))
}

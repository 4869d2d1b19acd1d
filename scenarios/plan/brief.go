package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// briefPhases is how many phases Brief names before it only counts the rest.
const briefPhases = 6

// Brief returns the plan in two lines: its phases with how long each is expected to take, and
// what will be made and judged.
func (p *Plan) Brief() []string {
	var phases []string
	for _, phase := range p.Phases[:min(len(p.Phases), briefPhases)] {
		took := short(phase.Expected)
		if phase.Expected < time.Second {
			took = "under 1s"
		}
		phases = append(phases, phase.Name+" "+took)
	}
	if more := len(p.Phases) - len(phases); more > 0 {
		phases = append(phases, fmt.Sprintf("%d more", more))
	}
	first := fmt.Sprintf("%s in about %s: %s", counted(len(p.Phases), "phase"),
		short(p.Estimate.Duration.Round(time.Second)), strings.Join(phases, ", "))
	parts := p.objectsMade()
	if p.Estimate.PeakRequests > 0 {
		parts = append(parts, "at most "+about(p.Estimate.PeakRequests)+" requests a second")
	}
	return []string{first, strings.Join(append(parts, counted(len(p.Objectives), "objective")), ", ")}
}

func counted(n int, noun string) string {
	if n != 1 {
		noun = plural(noun, n)
	}
	return grouped(n) + " " + noun
}

// objectsMade counts the objects by kind; those of a load by resource, which is in the plural
// already.
func (p *Plan) objectsMade() []string {
	var objects []string
	for _, kind := range slices.Sorted(maps.Keys(p.Estimate.Objects)) {
		n := p.Estimate.Objects[kind]
		name := kind
		if kind[0] >= 'A' && kind[0] <= 'Z' {
			name = plural(kind, n)
		}
		objects = append(objects, grouped(n)+" "+name)
	}
	return objects
}

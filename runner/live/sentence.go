package live

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// sentence returns the line that an event leaves behind, or nothing.
func sentence(e sample.Event, s *state) (string, style) {
	switch e.Kind {
	case sample.PhaseStarted:
		return "phase " + e.Phase + s.placeOf(e.Phase), strong
	case sample.StepFinished:
		return "  " + strings.TrimSpace(e.Step+"  "+e.Message), plain
	case sample.StepFailed:
		return "  " + e.Step + " failed: " + e.Message, alarm
	case sample.Warning:
		return "warning: " + e.Message, caution
	case sample.ComponentLost:
		return "lost: " + e.Message, alarm
	case sample.ComponentKilled, sample.ComponentStarted, sample.ComponentBack:
		return "  " + e.Message, plain
	case sample.RunStarted:
		return e.Message, plain
	case sample.RunFinished:
		ended, _, _ := strings.Cut(e.Message, ":") // Why is said once, behind the report.
		return ended, plain
	}
	return "", plain
}

// placeOf says which of the phases one is, and how long it is expected to take.
func (s *state) placeOf(phase string) string {
	i, expected := s.planned(phase)
	switch {
	case i < 0:
		return ""
	case expected == 0:
		return fmt.Sprintf(" (%d of %d)", i+1, len(s.run.Phases))
	}
	return fmt.Sprintf(" (%d of %d, about %s)", i+1, len(s.run.Phases), elapsed(expected))
}

// planned returns which phase of the plan one is, -1 if it is none, and how long it is expected
// to take.
func (s *state) planned(phase string) (index int, expected sample.Offset) {
	for i, p := range s.run.Phases {
		if p.Name == phase {
			return i, sample.Offset(p.Expected)
		}
	}
	return -1, 0
}

package summary

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

// TestEventWarnings: what says the same of one object after the other is told once, with how often; what
// says something else stands for itself, in order, and at most so many of them.
func TestEventWarnings(t *testing.T) {
	var events []sample.Event
	add := func(kind sample.EventKind, format string, arguments ...any) {
		events = append(events, sample.Event{At: sample.Offset(time.Duration(len(events)) * time.Second), Kind: kind, Message: fmt.Sprintf(format, arguments...)})
	}
	add(sample.Warning, "Deployment fill-%d has exceeded its progress deadline", 90)
	add(sample.Warning, "the clock stepped.")
	add(sample.PhaseStarted, "none of the warnings")
	add(sample.Warning, "Deployment fill-%d has exceeded its progress deadline", 7)
	add(sample.ComponentLost, "etcd ended")
	add(sample.Warning, "Deployment fill-%d has exceeded its progress deadline", 8)
	want := []string{
		"At 0 s: Deployment fill-90 has exceeded its progress deadline (and 2 more like it, the last at 5 s).",
		"At 1 s: the clock stepped.",
		"At 4 s: etcd ended.",
	}
	if diff := cmp.Diff(want, (&collector{events: events}).eventWarnings()); diff != "" {
		t.Error(diff)
	}
	events = nil
	for i := range 3 * maxEventWarnings {
		add(sample.Warning, "%s", string(rune('a'+i)))
	}
	got := (&collector{events: events}).eventWarnings()
	if len(got) != maxEventWarnings+1 || got[maxEventWarnings] != "The events hold 40 more warnings." {
		t.Errorf("%d warnings, the last %q", len(got), got[len(got)-1])
	}
}

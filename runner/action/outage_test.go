package action

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/plan"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// A breakable is a component that takes a second to come back.
type breakable struct {
	kill, restart error
	said          []string
}

func (b *breakable) Kill(component string) error {
	b.said = append(b.said, "kill "+component)
	return b.kill
}

func (b *breakable) Restart(_ context.Context, component string) error {
	b.said = append(b.said, "restart "+component)
	time.Sleep(time.Second)
	return b.restart
}

// An eventSink keeps the kinds of the events with their times.
type eventSink struct {
	sample.Sink
	events []sample.Event
}

func (s *eventSink) Event(e sample.Event) { s.events = append(s.events, e) }

func TestOutage(t *testing.T) {
	failed, interrupted := errors.New("it cannot"), errors.New("ctrl-c")
	for name, test := range map[string]struct {
		parts     breakable
		interrupt time.Duration
		want      error
		said      string
		events    string
	}{
		"comes back": {said: "kill metrics-server, restart metrics-server",
			events: "component-killed 0s, component-started 40s, component-back 41s"},
		"cannot be killed": {parts: breakable{kill: failed}, want: failed, said: "kill metrics-server"},
		"does not come back": {parts: breakable{restart: failed}, want: failed, said: "kill metrics-server, restart metrics-server",
			events: "component-killed 0s, component-started 40s"},
		"is interrupted": {interrupt: 10 * time.Second, want: interrupted, said: "kill metrics-server", events: "component-killed 0s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if test.interrupt > 0 {
					time.AfterFunc(test.interrupt, func() { cancel(interrupted) })
				}
				sink, parts := &eventSink{}, test.parts
				step := Step{Env: &Env{Clock: sample.StartClock(), Sink: sink, Components: &parts}, Phase: "run", Plan: plan.Step{
					Name: "outage", Action: spec.Action{Outage: &spec.Outage{Component: "metrics-server", Duration: 40 * time.Second}}}}
				message, err := step.do(ctx)
				if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
					t.Errorf("got %v, want %v", err, test.want)
				}
				if want := "away for 40.0 s, served again 1.0 s after that"; err == nil && message != want {
					t.Errorf("it says %q, want %q", message, want)
				}
				var events []string
				for _, e := range sink.events {
					events = append(events, string(e.Kind)+" "+time.Duration(e.At).String())
					if e.Fields["component"] != "metrics-server" || e.Phase != "run" || e.Message == "" {
						t.Errorf("the event %+v", e)
					}
				}
				if got := strings.Join(events, ", "); got != test.events {
					t.Errorf("events %s, want %s", got, test.events)
				}
				if got := strings.Join(slices.Clone(parts.said), ", "); got != test.said {
					t.Errorf("asked to %s, want to %s", got, test.said)
				}
			})
		})
	}
}

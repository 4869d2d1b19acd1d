package summary

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

func second(n int) *sample.Offset {
	at := sample.Offset(n) * sample.Offset(time.Second)
	return &at
}

func TestAPodCountsOnceThoughItIsWrittenTwice(t *testing.T) {
	s, _ := compute(t, write(t, 0, bundle.Complete, nil, func(w *bundle.Writer) {
		pod := sample.Pod{Name: "a", UID: "a", Workload: "web", Phase: "ramp",
			Created: *second(1), Scheduled: second(1), Running: second(2), Ready: second(3), Until: *second(3)}
		w.Pod(pod)
		pod.Deleting, pod.Until = second(8), *second(10)
		w.Pod(pod) // Being deleted at the end.
		pod.Deleted, pod.Until = second(9), *second(9)
		w.Pod(pod)
		w.Pod(sample.Pod{Name: "b", UID: "b", Workload: "web", Phase: "ramp",
			Created: *second(1), Deleting: second(4), Deleted: second(5), Until: *second(5)})
	}))
	if c := s.Counts; c.PodsCreated != 2 || c.PodsReady != 1 || c.PodsCensored != 1 {
		t.Errorf("counts %+v, want 2 pods of which 1 was Ready", c)
	}
	for _, d := range s.Distributions {
		if d.Metric == sample.PodStartup && d.N != 2 {
			t.Errorf("%d startups, want 2", d.N)
		}
	}
}

// A pod that was first seen Ready in a list took some time all the same.
func TestAPodFirstSeenLateIsNeverScored0(t *testing.T) {
	s, _ := compute(t, write(t, 0, bundle.Complete, nil, func(w *bundle.Writer) {
		w.Pod(sample.Pod{Name: "late", UID: "late", Workload: "web", Phase: "ramp", Uncertain: true,
			CreatedAfter: second(2), Created: *second(6), Scheduled: second(6), Running: second(6), Ready: second(6), Until: *second(6)})
	}))
	if s.Counts.Uncertain != 1 {
		t.Errorf("%d pods are uncertain, want 1", s.Counts.Uncertain)
	}
	for _, d := range s.Distributions {
		if d.Metric != sample.PodStartup || d.N != 1 || !near(d.Min, 4) {
			t.Errorf("%s of %d pods, %v s; want one startup of at most 4 s and no stages", d.Metric, d.N, d.Min)
		}
	}
}

func TestAMissByUpperBoundsAloneIsNone(t *testing.T) {
	limit := 5.0
	objectives := []slo.Objective{{Metric: sample.PodStartup, Statistic: "p99", Most: &limit}}
	for _, test := range []struct {
		slow, late int
		want       slo.Verdict
	}{
		{0, 0, slo.Pass}, {0, 30, slo.Inconclusive}, {30, 0, slo.Miss}, {30, 30, slo.Miss},
	} {
		t.Run(fmt.Sprintf("%d slow, %d late", test.slow, test.late), func(t *testing.T) {
			s, _ := compute(t, write(t, 1000, bundle.Complete, objectives, func(w *bundle.Writer) {
				for i := range test.slow + test.late {
					w.Pod(sample.Pod{Name: fmt.Sprint("p", i), Workload: "web", Phase: "ramp", Uncertain: i >= test.slow,
						Created: *second(1), Ready: second(9), Until: *second(9)})
				}
			}))
			if o := s.Objectives[0]; o.Verdict != test.want || (o.Verdict == slo.Inconclusive) != strings.Contains(o.Reason, "upper bounds") {
				t.Errorf("%s %q, want %s", o.Verdict, o.Reason, test.want)
			}
		})
	}
}

func TestThrottlingIsWarnedOf(t *testing.T) {
	for held, want := range map[float64]bool{0: false, 12: true} {
		s, _ := compute(t, write(t, 1, bundle.Complete, nil, func(w *bundle.Writer) {
			w.Point(sample.Point{Metric: sample.HarnessHeldBack, Value: held})
			w.Point(sample.Point{Metric: sample.HarnessThrottled, Value: held / 4})
		}))
		warned := strings.Contains(strings.Join(s.Warnings, " "), "held 12 requests back, for 3 s in all")
		if warned != want {
			t.Errorf("with %v requests held back the warnings are %q", held, s.Warnings)
		}
	}
}

func TestOthersAreWarnedOf(t *testing.T) {
	for cores, want := range map[float64]bool{0.19: false, 0.9: true} {
		s, _ := compute(t, write(t, 1, bundle.Complete, nil, func(w *bundle.Writer) {
			w.Point(sample.Point{Metric: sample.MachineOthers, Value: cores})
		}))
		if warned := strings.Contains(strings.Join(s.Warnings, " "), "Other processes of the machine used 0.9 cores of its 2 on average"); warned != want {
			t.Errorf("with %v cores used by others the warnings are %q", cores, s.Warnings)
		}
	}
}

func TestLimitsNameMetrics(t *testing.T) {
	for _, l := range Limits() {
		if _, known := sample.Lookup(l.Metric); l.Metric != "" && !known {
			t.Errorf("the limit of %s is on %s, which is no metric", l.Name, l.Metric)
		}
		if l.Name == "" || l.Limit == "" || l.Effect == "" || l.Why == "" {
			t.Errorf("a limit says too little: %+v", l)
		}
	}
}

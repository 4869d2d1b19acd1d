package elasticity

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kubedyno/kubedyno/results/autoscaler"
	"github.com/kubedyno/kubedyno/results/series"
)

// ruleOf has a target of 60% of a core; 100 units a second keep a core busy, beside 20 thousandths
// at rest.
func ruleOf(spec autoscaler.Spec) autoscaler.Rule {
	return autoscaler.Rule{Spec: spec, Target: autoscaler.Target{Utilization: true, Value: 60, Request: 1000},
		Tolerances: autoscaler.Tolerances{Down: 0.1, Up: 0.1}, IdleCores: 0.02, CoresPerUnit: 0.01}
}

// The load of a step at 10 s that needs 6 pods: the HPA asks for 4 at 30 s and 7 at 55 s, and the
// pods are Ready 10 s and 5 s later. Two pods can serve 200 units a second.
var (
	stepNeeded  = steps(0, 1, 10, 6)
	stepDesired = steps(0, 2, 30, 4, 55, 7)
	stepReady   = steps(0, 2, 40, 4, 60, 7)
	stepServed  = steps(0, 100, 10, 200, 40, 400, 60, 600, 100, 100, 200, unknown)
)

func TestOracleByHand(t *testing.T) {
	plain := autoscaler.Spec{Min: 2, Max: 20, Down: autoscaler.Rules{Window: 30 * time.Second}}
	onePerMinute := autoscaler.Rules{Select: autoscaler.MaxChange, Policies: []autoscaler.Policy{{Value: 1, Period: time.Minute}}}
	down := autoscaler.DefaultDown()
	for _, test := range []struct {
		name                   string
		spec                   autoscaler.Spec
		served, ready, desired series.Steps
		want                   series.Steps
	}{
		// 1.7 times the target: 2 pods become 4 (3.4), then 4 become 7 (6.8), as the two that are not
		// Ready count as idle until then. At 60 s 7 pods are at 87% (1.45 times): 10.15, rounded up.
		// At 100 s the load falls, and the last high recommendation, of 99 s, counts for 30 s.
		{"a step", plain, stepServed, stepReady, stepDesired, steps(0, 2, 10, 4, 40, 7, 60, 11, 130, 2, 200, unknown)},
		{"the most", autoscaler.Spec{Min: 2, Max: 5, Down: plain.Down}, stepServed, stepReady, stepDesired,
			steps(0, 2, 10, 4, 40, 5, 200, unknown)},
		{"what was really changed counts for the policies", autoscaler.Spec{Min: 2, Max: 20, Behavior: true, Up: onePerMinute, Down: down},
			steps(0, 100, 10, 200, 100, unknown), steps(0, 2), steps(0, 2, 20, 3), steps(0, 2, 10, 3, 80, 4, 100, unknown)},
		{"without a Ready pod it keeps what there is", plain, steps(0, 0, 50, unknown), steps(0, 0), steps(0, 3), steps(0, 3, 50, unknown)},
		{"gaps", plain, stepServed, steps(0, 2, 5, unknown, 20, 2, 30, unknown), stepDesired, steps(0, 2, 5, unknown, 20, 4, 30, unknown)},
		{"nothing is known", plain, nil, stepReady, stepDesired, nil},
	} {
		got := Oracle(ruleOf(test.spec), test.served, test.ready, test.desired)
		for at := 0.0; at < 220; at++ {
			is, want := got.At(sec(at)), test.want.At(sec(at))
			if is != want && !(math.IsNaN(is) && math.IsNaN(want)) {
				t.Errorf("%s: %v at %v s, want %v", test.name, is, at, want)
				break
			}
		}
	}
}

func TestApportion(t *testing.T) {
	spec := autoscaler.Spec{Min: 2, Max: 20, Down: autoscaler.Rules{Window: 30 * time.Second}}
	asked := Oracle(ruleOf(spec), stepServed, stepReady, stepDesired)
	got, ok := Apportion(stepNeeded, asked, stepDesired, stepReady, 0, sec(100))
	// Until 30 s two pods are not called for and two not asked for yet; until 40 s two of the former
	// and two that are not Ready; until 55 s two not asked for yet, until 60 s two that are not Ready.
	want := Shortage{Rule: 2*20 + 2*10, Decided: 2*20 + 2*15, Acted: 2*10 + 2*5}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(diff, ok)
	}
	if _, ok := Apportion(stepNeeded, nil, stepDesired, stepReady, 0, sec(100)); ok {
		t.Error("a shortage is known without an oracle")
	}
}

// drawSteps draws a series of pods that changes at whole seconds, with gaps.
func drawSteps(t *rapid.T, name string) series.Steps {
	var s series.Steps
	at := 0.0
	for _, v := range rapid.SliceOfN(rapid.IntRange(-1, 20), 1, 12).Draw(t, name) {
		value := float64(v)
		if v < 0 {
			value = unknown
		}
		s = s.With(sec(at), value)
		at += float64(rapid.IntRange(1, 9).Draw(t, name+" for"))
	}
	return s
}

// TestShortageProperties draws any four series: the three parts are what was lacking, and the first
// two what was not asked for, in the time in which all is known.
func TestShortageProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		needed, oracle, desired, ready := drawSteps(t, "needed"), drawSteps(t, "oracle"), drawSteps(t, "desired"), drawSteps(t, "ready")
		var lacking, notAsked float64
		for at := 0.5; at < 60; at++ {
			n, o, d, r := needed.At(sec(at)), oracle.At(sec(at)), desired.At(sec(at)), ready.At(sec(at))
			if !math.IsNaN(n + o + d + r) {
				lacking += max(n-r, 0)
				notAsked += max(n-max(d, r), 0)
			}
		}
		s, _ := Apportion(needed, oracle, desired, ready, 0, sec(60))
		if math.Abs(s.Rule+s.Decided+s.Acted-lacking) > 1e-6 || math.Abs(s.Rule+s.Decided-notAsked) > 1e-6 {
			t.Fatalf("%+v, want %v in all and %v not asked for", s, lacking, notAsked)
		}
		if s.Rule < 0 || s.Decided < 0 || s.Acted < 0 {
			t.Fatalf("a negative part: %+v", s)
		}
	})
}

// TestShortageOfARun draws what was served, asked for and Ready: the oracle is known wherever these
// are, so that the parts are all that was lacking by the balance.
func TestShortageOfARun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		needed, served, ready, desired := drawSteps(t, "needed"), drawSteps(t, "served"), drawSteps(t, "ready"), drawSteps(t, "desired")
		rule := ruleOf(autoscaler.Spec{Min: 1, Max: 15, Down: autoscaler.Rules{Window: 10 * time.Second}})
		asked := Oracle(rule, served, ready, desired)
		for at := 0.5; at < 60; at++ {
			known := !math.IsNaN(served.At(sec(at)) + ready.At(sec(at)) + desired.At(sec(at)))
			should := asked.At(sec(at))
			if known == math.IsNaN(should) || should > max(15, desired.At(sec(at))) {
				t.Fatalf("at %v s the oracle asks for %v, known %t", at, should, known)
			}
		}
		lag := Split(needed, desired, ready, 0, sec(60))
		if gap := slices.ContainsFunc(served, func(s series.Step) bool { return math.IsNaN(s.Value) }); gap || math.IsNaN(served.At(0)) {
			return // The work is not known throughout.
		}
		s, _ := Apportion(needed, asked, desired, ready, 0, sec(60))
		if math.Abs(s.Rule+s.Decided-lag.Decided) > 1e-6 || math.Abs(s.Acted-lag.Acted) > 1e-6 {
			t.Fatalf("%+v, want the two parts of %+v", s, lag)
		}
	})
}

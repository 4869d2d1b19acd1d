package rollout

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

func sec(s float64) sample.Offset { return sample.Offset(s * float64(time.Second)) }

// steps makes a series of pairs: second, value.
func steps(pairs ...float64) series.Steps {
	var s series.Steps
	for i := 0; i+1 < len(pairs); i += 2 {
		s = append(s, series.Step{At: sec(pairs[i]), Value: pairs[i+1]})
	}
	return s
}

var unknown = math.NaN()

// TestJudge is an update of 10 pods, 2 of which may be unavailable, that stands still from 20 s to
// 50 s with 7 available.
func TestJudge(t *testing.T) {
	s := Series{
		Desired:     steps(0, 10),
		Current:     steps(0, 10, 10, 8, 20, 7, 50, 10),
		Updated:     steps(0, 0, 10, 0, 15, 2, 50, 10),
		Available:   steps(0, 10, 10, 8, 20, 7, 50, 10),
		Terminating: steps(0, 0, 10, 5, 20, 0),
	}
	got := Judge(s, Limits{Unavailable: 2, Surge: 0}, sec(5), sec(60))
	want := Result{From: sec(5), To: sec(60), Seconds: 55,
		Unavailable:    2*10 + 3*30,
		Beyond:         1 * 30,
		Surge:          3 * 10, // 8 and 5 that are being deleted, from 10 s to 20 s.
		LeastAvailable: new(7.0), MostPods: new(13.0),
		Still: &Still{From: sec(20), To: sec(50), Desired: 10, Current: 7, Updated: 2, Available: 7},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	s.Terminating = nil
	if got := Judge(s, Limits{}, sec(5), sec(60)); got.Surge != 0 || *got.MostPods != 10 {
		t.Errorf("without terminating pods the surge is %v and the most pods %v, want 0 and 10", got.Surge, *got.MostPods)
	}
}

func TestJudgeWhatIsUnknown(t *testing.T) {
	s := Series{Desired: steps(0, 10), Current: steps(0, 10), Updated: steps(0, 0), Available: steps(0, 8, 10, unknown, 30, 8)}
	got := Judge(s, Limits{Unavailable: 2}, 0, sec(40))
	if got.Seconds != 20 || got.Unavailable != 40 || got.Beyond != 0 {
		t.Errorf("%+v, want 20 s and 40 pod-seconds", got)
	}
	if got.Still == nil || got.Still.Seconds() != 10 {
		t.Errorf("it stood still for %+v, want 10 s: a gap is no standstill", got.Still)
	}
	none := Judge(Series{Desired: steps(0, 10)}, Limits{}, 0, sec(40))
	if none.Seconds != 0 || none.LeastAvailable != nil || none.Still != nil {
		t.Errorf("of nothing: %+v", none)
	}
}

func TestStalled(t *testing.T) {
	pods := func(used series.Steps) []Constraint { return []Constraint{{used, steps(0, 10), 1}} }
	for _, test := range []struct {
		name        string
		current     series.Steps
		constraints []Constraint
		want        Stall
	}{
		{"no quota", steps(0, 5), nil, Stall{}},
		{"full all the time", steps(0, 5), pods(steps(0, 10)), Stall{Known: 60}},
		{"room and nothing missing", steps(0, 10), pods(steps(0, 5)), Stall{Known: 60}},
		{"a stretch of room", steps(0, 8, 40, 10), pods(steps(0, 10, 10, 8, 40, 10)),
			Stall{Seconds: 30, Known: 60, Longest: &Gap{From: sec(10), To: sec(40), Room: 2, Missing: 2}}},
		// One pod is made at 20 s: the stretch that follows is another one.
		{"a pod in between", steps(0, 7, 20, 8, 55, 10), pods(steps(0, 7, 20, 8, 55, 10)),
			Stall{Seconds: 55, Known: 60, Longest: &Gap{From: sec(20), To: sec(55), Room: 2, Missing: 2}}},
		// That room grows is no pod made.
		{"room grows", steps(0, 7, 40, 10), pods(steps(0, 9, 20, 7, 40, 10)),
			Stall{Seconds: 40, Known: 60, Longest: &Gap{From: 0, To: sec(40), Room: 3, Missing: 3}}},
		// At the very end the room goes before the pods are there.
		{"room shrinks", steps(0, 7, 42, 10), pods(steps(0, 7, 40, 9, 42, 10)),
			Stall{Seconds: 42, Known: 60, Longest: &Gap{From: 0, To: sec(42), Room: 3, Missing: 3}}},
		{"one of two resources is full", steps(0, 8), []Constraint{{steps(0, 8), steps(0, 10), 1}, {steps(0, 4), steps(0, 4.4), 0.5}},
			Stall{Known: 60}},
		{"both have room", steps(0, 8), []Constraint{{steps(0, 8), steps(0, 10), 1}, {steps(0, 4), steps(0, 4.5), 0.5}},
			Stall{Seconds: 60, Known: 60, Longest: &Gap{From: 0, To: sec(60), Room: 1, Missing: 2}}},
		{"a gap ends a stretch", steps(0, 8), pods(steps(0, 8, 20, unknown, 25, 8)),
			Stall{Seconds: 55, Known: 55, Longest: &Gap{From: sec(25), To: sec(60), Room: 2, Missing: 2}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Stalled(steps(0, 10), test.current, test.constraints, 0, sec(60))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPercentsFollowThePods has an autoscaler ask for 16 pods in place of 8 at 10 s. A quarter may lack, 2 and
// then 4, and as many be too many.
func TestPercentsFollowThePods(t *testing.T) {
	s := Series{Desired: steps(0, 8, 10, 16), Current: steps(0, 8), Updated: steps(0, 0), Available: steps(0, 6, 10, 10)}
	limits := Limits{Unavailable: 2, Surge: 2, UnavailablePercent: 25, SurgePercent: 25}
	if got := Judge(s, limits, 0, sec(20)); got.Beyond != 2*10 {
		t.Errorf("%v pod-seconds beyond the limit, want 2 pods for 10 s", got.Beyond)
	}
	for _, test := range []struct {
		limits             Limits
		desired            float64
		unavailable, surge float64
	}{
		{limits, 16, 4, 4},
		{limits, 9, 2, 3},
		{Limits{Unavailable: 1, UnavailablePercent: 10}, 5, 1, 0}, // None may be too many, so one may lack.
		{Limits{Unavailable: 3, Surge: 1}, 100, 3, 1},
	} {
		if u, s := test.limits.UnavailableOf(test.desired), test.limits.SurgeOf(test.desired); u != test.unavailable || s != test.surge {
			t.Errorf("%+v of %v pods: %v may lack and %v be too many, want %v and %v", test.limits, test.desired, u, s, test.unavailable, test.surge)
		}
	}
}

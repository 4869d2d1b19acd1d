package elasticity

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-9 }

func TestWeigh(t *testing.T) {
	// Demand 2 for 10 s, 4 for 20 s, 1 for 10 s; supply 2 until 20 s, then 5.
	demand, supply := steps(0, 2, 10, 4, 30, 1), steps(0, 2, 20, 5)
	b := Weigh(demand, supply, 0, sec(40))
	if b.Seconds != 40 || b.UnderPodSeconds != 20 || b.OverPodSeconds != 10+40 {
		t.Errorf("balance %+v, want 40 s, 20 pod-seconds under and 50 over", b)
	}
	if !near(b.UnderAccuracy, 2.0/4*10/40) || !near(b.OverAccuracy, (1.0/4*10+4*10)/40) {
		t.Errorf("theta %v %v", *b.UnderAccuracy, *b.OverAccuracy)
	}
	if !near(b.UnderTime, 0.25) || !near(b.OverTime, 0.5) || !near(b.Jitter, 60*(1-2)/40.0) {
		t.Errorf("tau %v %v, jitter %v", *b.UnderTime, *b.OverTime, *b.Jitter)
	}
}

func TestWeighWhatIsUnknown(t *testing.T) {
	b := Weigh(steps(0, 0, 10, 2), steps(5, 1, 15, unknown, 30, 2), 0, sec(35))
	// Known from 5 to 15 s and from 30 s on; without demand until 10 s.
	if b.Seconds != 15 || b.UnderPodSeconds != 5 || b.OverPodSeconds != 5 || !near(b.UnderAccuracy, 2.5/10) || !near(b.OverAccuracy, 0) {
		t.Errorf("balance %+v", b)
	}
	none := Weigh(nil, steps(0, 1), 0, sec(10))
	if none.Seconds != 0 || none.UnderAccuracy != nil || none.UnderTime != nil || none.Jitter != nil {
		t.Errorf("balance of nothing %+v, want nil figures", none)
	}
	idle := Weigh(steps(0, 0), steps(0, 3), 0, sec(10))
	if idle.OverAccuracy != nil || !near(idle.OverTime, 1) || idle.OverPodSeconds != 30 {
		t.Errorf("balance without demand %+v", idle)
	}
}

func TestSplit(t *testing.T) {
	// Needed 6 from 0 s; asked for at 10 s (5) and 20 s (8); Ready 2, 4 at 15 s, 8 at 30 s.
	lag := Split(steps(0, 6), steps(0, 2, 10, 5, 20, 8), steps(0, 2, 15, 4, 30, 8), 0, sec(40))
	want := Lag{Decided: 4*10 + 1*10, Acted: 3*5 + 1*5 + 2*10}
	if lag != want {
		t.Errorf("lag %+v, want %+v", lag, want)
	}
}

func TestEdges(t *testing.T) {
	for _, test := range []struct {
		name   string
		demand series.Steps
		want   []Edge
	}{
		{"none", steps(0, 3), nil},
		{"a step", steps(0, 2, 30, 8), []Edge{{sec(30), sec(30), 2, 8}}},
		{"a ramp is one edge", steps(0, 2, 30, 3, 35, 4, 45, 7), []Edge{{sec(30), sec(45), 2, 7}}},
		{"two steps apart", steps(0, 2, 30, 4, 41, 6), []Edge{{sec(30), sec(30), 2, 4}, {sec(41), sec(41), 4, 6}}},
		{"up and down", steps(0, 2, 30, 4, 31, 2), []Edge{{sec(30), sec(30), 2, 4}, {sec(31), sec(31), 4, 2}}},
		{"too small", steps(0, 100, 30, 109), nil},
		{"large enough", steps(0, 100, 30, 110), []Edge{{sec(30), sec(30), 100, 110}}},
		{"over a gap", steps(0, 2, 20, unknown, 40, 5), []Edge{{sec(40), sec(40), 2, 5}}},
		{"the beginning is none", steps(0, unknown, 20, 5), nil},
		{"outside", steps(0, 2, 101, 5), nil},
	} {
		if diff := cmp.Diff(test.want, Edges(test.demand, 0, sec(100))); len(test.want) > 0 && diff != "" || len(Edges(test.demand, 0, sec(100))) != len(test.want) {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestRespond(t *testing.T) {
	up, down := Edge{sec(10), sec(10), 2, 6}, Edge{sec(10), sec(10), 6, 2}
	six, ten, zero, half := 6.0, 10.0, 0.0, 0.5
	for _, test := range []struct {
		name           string
		edge           Edge
		desired, ready series.Steps
		bounds         Bounds
		want           Response
	}{
		{"a rise", up, steps(0, 2, 30, 4, 45, 6), steps(0, 2, 32, 4, 50, 6), Bounds{1, 10}, Response{
			Reaction: &Span{20, false}, FirstReady: &Span{22, false}, Settling: &Span{40, false}, Rise: &Span{18, false},
			Final: &six, Overshoot: &zero}},
		{"an overshoot", up, steps(0, 2, 20, 8, 60, 6), steps(0, 2, 25, 8, 62, 6), Bounds{}, Response{
			Reaction: &Span{10, false}, FirstReady: &Span{15, false}, Settling: &Span{52, false}, Rise: &Span{0, false},
			Final: &six, Overshoot: &half, Reversals: 1}},
		{"never reacted", up, steps(0, 2), steps(0, 2), Bounds{}, Response{
			Reaction: &Span{90, true}, FirstReady: &Span{90, true}, Settling: &Span{90, true}}},
		{"never Ready", up, steps(0, 2, 20, 6), steps(0, 2), Bounds{}, Response{
			Reaction: &Span{10, false}, FirstReady: &Span{90, true}, Settling: &Span{0, false}, Final: ptr(2), Overshoot: &zero}},
		{"an older answer is none", up, steps(0, 3, 20, 6), steps(0, 2, 12, 3, 40, 6), Bounds{}, Response{
			Reaction: &Span{10, false}, FirstReady: &Span{30, false}, Settling: &Span{30, false}, Rise: &Span{28, false},
			Final: &six, Overshoot: &zero}},
		{"never settled", up, steps(0, 2, 20, 6, 90, 8), steps(0, 2, 22, 6, 92, 8), Bounds{}, Response{
			Reaction: &Span{10, false}, FirstReady: &Span{12, false}, Settling: &Span{90, true}}},
		{"at the most replicas", up, steps(0, 5), steps(0, 5), Bounds{1, 5}, Response{}},
		{"a fall", down, steps(0, 6, 50, 2), steps(0, 6, 52, 2), Bounds{2, 9}, Response{
			Reaction: &Span{40, false}, Settling: &Span{42, false}, Rise: &Span{0, false}, Final: ptr(2), Overshoot: &zero}},
		{"a fall at the fewest replicas", down, steps(0, 3), steps(0, 3), Bounds{3, 9}, Response{}},
		{"a fall to none", down, steps(0, 2, 40, 0), steps(0, 2, 41, 0), Bounds{0, 9}, Response{
			Reaction: &Span{30, false}, Settling: &Span{31, false}, Rise: &Span{0, false}, Final: &zero, Overshoot: &zero}},
		{"a fall where there are none", down, steps(0, 0), steps(0, 0), Bounds{0, 9}, Response{}},
		{"a rise from none", up, steps(0, 0, 25, 6), steps(0, 0, 27, 6), Bounds{0, 9}, Response{
			Reaction: &Span{15, false}, FirstReady: &Span{17, false}, Settling: &Span{17, false}, Rise: &Span{0, false}, Final: &six, Overshoot: &zero}},
		{"a late rise before the fall", down, steps(0, 6, 20, 10, 60, 4, 70, 6), steps(0, 10), Bounds{}, Response{
			Reaction: &Span{50, false}, Settling: &Span{0, false}, Final: &ten, Overshoot: &zero, Reversals: 1}},
		{"nobody saw", up, nil, steps(0, 2), Bounds{}, Response{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			want.Edge, want.Until = test.edge, sec(100)
			if diff := cmp.Diff(want, Respond(test.edge, test.desired, test.ready, sec(100), test.bounds)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func ptr(v float64) *float64 { return &v }

func TestJudge(t *testing.T) {
	needed := steps(0, 2, 10, 8, 110, 2)
	desired := steps(0, 2, 40, 8, 130, 4, 140, 6, 160, 2)
	ready := steps(0, 2, 50, 8, 131, 2)
	r := Judge(needed, desired, ready, 0, sec(200), Bounds{2, 20})
	if len(r.Responses) != 2 || r.Reversals == nil || *r.Reversals != 2 {
		t.Fatalf("result %+v, want two edges and two reversals", r)
	}
	reaction := func(r Response) *Span { return r.Reaction }
	if up, down := r.Worst(true, reaction), r.Worst(false, reaction); up.Seconds != 30 || down.Seconds != 20 {
		t.Errorf("reactions %v and %v, want 30 s and 20 s", up, down)
	}
	if r.Lag.Decided != 6*30 || r.Lag.Acted != 6*10 {
		t.Errorf("lag %+v", r.Lag)
	}
	at := Judge(needed, desired, ready, sec(10), sec(60), Bounds{})
	if len(at.Responses) != 1 {
		t.Errorf("an edge at the window's beginning is not found: %+v", at)
	}
	if none := Judge(steps(0, 2), nil, steps(0, 2), 0, sec(60), Bounds{}); none.Reversals != nil || none.Responses != nil {
		t.Errorf("without desired and edges: %+v", none)
	}
}

// TestBalanceProperties draws any two series: under minus over is the integral of d-s, their sum
// that of |d-s|, and who was late adds up to what was lacking.
func TestBalanceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) series.Steps {
			var s series.Steps
			at := 0.0
			for _, v := range rapid.SliceOfN(rapid.IntRange(-1, 20), 1, 12).Draw(t, name) {
				value := float64(v)
				if v < 0 {
					value = unknown
				}
				s = append(s, series.Step{At: sec(at), Value: value})
				at += float64(rapid.IntRange(1, 9).Draw(t, name+" for"))
			}
			return s
		}
		d, s, desired := draw("demand"), draw("supply"), draw("desired")
		var difference, distance, all float64
		for at := 0.5; at < 60; at++ { // The series change at whole seconds.
			if gap := d.At(sec(at)) - s.At(sec(at)); !math.IsNaN(gap) {
				difference, distance = difference+gap, distance+math.Abs(gap)
				if !math.IsNaN(desired.At(sec(at))) {
					all += max(gap, 0)
				}
			}
		}
		b := Weigh(d, s, 0, sec(60))
		if math.Abs(b.UnderPodSeconds-b.OverPodSeconds-difference) > 1e-6 || math.Abs(b.UnderPodSeconds+b.OverPodSeconds-distance) > 1e-6 {
			t.Fatalf("under %v, over %v; the integrals are %v and %v", b.UnderPodSeconds, b.OverPodSeconds, difference, distance)
		}
		if lag := Split(d, desired, s, 0, sec(60)); math.Abs(lag.Decided+lag.Acted-all) > 1e-6 {
			t.Fatalf("lag %+v, want %v in all", lag, all)
		}
		if b.UnderTime != nil && *b.UnderTime+*b.OverTime > 1+1e-9 {
			t.Fatalf("time under and over: %v + %v", *b.UnderTime, *b.OverTime)
		}
	})
}

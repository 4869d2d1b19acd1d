package experiment

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

var none = math.NaN() // A figure that no trial has shown.

// weighed is an experiment with a variant at each place, tried once.
func weighed(x, y string, places ...[2]float64) *Experiment {
	e := &Experiment{Status: bundle.Complete, Repeat: 1, Tradeoff: &Tradeoff{X: x, Y: y}}
	for i, place := range places {
		e.Variants = append(e.Variants, Variant{Values: []string{}})
		t := Trial{Number: i + 1, Variant: i, Ended: true, Verdict: slo.Pass}
		for j, metric := range []string{x, y} {
			f := summary.Figure{Objective: slo.Objective{Name: metric, Metric: metric}}
			if value := place[j]; !math.IsNaN(value) {
				f.Observed = &value
			}
			t.Figures = append(t.Figures, f)
		}
		e.Trials = append(e.Trials, t)
	}
	e.Judge()
	return e
}

func TestFront(t *testing.T) {
	for _, test := range []struct {
		name    string
		y       string // Cost is x.
		places  [][2]float64
		front   []int
		beaten  []Beaten
		missing []int
	}{
		{name: "nothing", y: sample.ServiceResponse},
		{name: "alone", y: sample.ServiceResponse, places: [][2]float64{{1, 1}}, front: []int{0}},
		{name: "each is best at one", y: sample.ServiceResponse, places: [][2]float64{{3, 1}, {1, 3}, {2, 2}}, front: []int{0, 1, 2}},
		{name: "beaten on both", y: sample.ServiceResponse, places: [][2]float64{{3, 3}, {1, 2}, {2, 1}},
			front: []int{1, 2}, beaten: []Beaten{{0, 1}}},
		{name: "beaten by what is beaten", y: sample.ServiceResponse, places: [][2]float64{{3, 3}, {2, 2}, {1, 1}},
			front: []int{2}, beaten: []Beaten{{0, 2}, {1, 2}}},
		{name: "as good on one, worse on the other", y: sample.ServiceResponse, places: [][2]float64{{1, 2}, {1, 1}, {2, 1}},
			front: []int{1}, beaten: []Beaten{{0, 1}, {2, 1}}},
		{name: "equal on both", y: sample.ServiceResponse, places: [][2]float64{{1, 1}, {1, 1}, {2, 2}},
			front: []int{0, 1}, beaten: []Beaten{{2, 0}}},
		{name: "without figures", y: sample.ServiceResponse, places: [][2]float64{{none, 0}, {5, 5}, {0, none}, {none, none}, {math.Inf(-1), 0}},
			front: []int{1}, missing: []int{0, 2, 3, 4}},
		{name: "equal on x but for the error of a sum", y: sample.ServiceResponse, places: [][2]float64{{12 * 0.192 * 730, 1}, {math.Nextafter(12*0.192*730, 0), 2}},
			front: []int{0}, beaten: []Beaten{{1, 0}}},
		{name: "more is better on y", y: sample.ServiceServed, places: [][2]float64{{1, 1}, {2, 5}, {2, 4}},
			front: []int{0, 1}, beaten: []Beaten{{2, 1}}},
	} {
		got := weighed(sample.ServiceCost, test.y, test.places...).Tradeoff
		want := &Tradeoff{X: sample.ServiceCost, Y: test.y, Front: test.front, Beaten: test.beaten, Missing: test.missing}
		if diff := cmp.Diff(lists(want), lists(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// lists has nil for empty lists.
func lists(t *Tradeoff) Tradeoff {
	return Tradeoff{X: t.X, Y: t.Y, Front: append([]int(nil), t.Front...), Beaten: append([]Beaten(nil), t.Beaten...),
		Missing: append([]int(nil), t.Missing...)}
}

// TestFrontOfMedians: one trial of three that was lucky puts nobody on the front.
func TestFrontOfMedians(t *testing.T) {
	e := weighed(sample.ServiceCost, sample.ServiceResponse, [2]float64{1, 1}, [2]float64{2, 2}, [2]float64{0.1, 0.1}, [2]float64{3, 3})
	e.Variants = e.Variants[:2]
	for i, variant := range []int{0, 1, 1, 1} {
		e.Trials[i].Variant = variant
	}
	e.Judge()
	if diff := cmp.Diff([]int{0}, e.Tradeoff.Front); diff != "" {
		t.Errorf("front (-want +got):\n%s", diff)
	}
}

// FuzzFront holds the front against its definition.
func FuzzFront(f *testing.F) {
	f.Add([]byte{1, 3, 3, 1, 2, 2, 3, 3, 0, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		var places [][2]float64
		for ; len(data) >= 2 && len(places) < 12; data = data[2:] {
			places = append(places, [2]float64{float64(data[0] % 8), float64(data[1] % 8)})
		}
		e := weighed(sample.ServiceCost, sample.ServiceResponse, places...)
		beats := func(a, b [2]float64) bool { return a[0] <= b[0] && a[1] <= b[1] && (a[0] < b[0] || a[1] < b[1]) }
		for i, p := range places {
			beaten := slices.ContainsFunc(places, func(other [2]float64) bool { return beats(other, p) })
			if slices.Contains(e.Tradeoff.Front, i) == beaten {
				t.Fatalf("%v of %v: on the front %v", p, places, !beaten)
			}
		}
		for _, b := range e.Tradeoff.Beaten {
			if !beats(places[b.By], places[b.Variant]) || !slices.Contains(e.Tradeoff.Front, b.By) {
				t.Fatalf("%v is said to be beaten by %v", places[b.Variant], places[b.By])
			}
		}
		if len(e.Tradeoff.Front)+len(e.Tradeoff.Beaten) != len(places) {
			t.Fatal("a variant is missing")
		}
	})
}

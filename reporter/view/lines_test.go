package view

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

func TestTailEndsWhereTenSamplesRemain(t *testing.T) {
	tests := []struct {
		n   int
		end float64 // 0: no curve.
	}{{0, 0}, {19, 0}, {20, 0.5}, {1000, 0.99}, {100000, 0.9999}}
	for _, test := range tests {
		var h sample.Histogram
		for i := range test.n {
			h.Record(time.Duration(i+1) * time.Millisecond)
		}
		curve := tail(&summary.Values{Histogram: h})
		if test.end == 0 {
			if curve != nil {
				t.Errorf("n=%d: a curve of %d points, want none", test.n, len(curve))
			}
			continue
		}
		last := curve[len(curve)-1]
		if beyond := float64(test.n) * (1 - last.X); last.X > test.end+1e-9 || beyond < minBeyond-1e-6 || last.X < test.end-0.06 {
			t.Errorf("n=%d: curve ends at %g with %g samples beyond, want %g", test.n, last.X, beyond, test.end)
		}
	}
}

func TestThinKeepsPeaks(t *testing.T) {
	var points []Point
	for i := range 10000 {
		points = append(points, Point{X: float64(i), Y: 1})
	}
	points[1234].Y, points[8765].Y, points[0].Y, points[9999].Y = 9, -9, 2, 3
	kept := thin(points, 10000)
	if len(kept) > 2*maxBuckets+2 {
		t.Errorf("%d points kept, want at most %d", len(kept), 2*maxBuckets+2)
	}
	low, high, last := extremes(kept)
	if low != -9 || high != 9 || last != 3 || kept[0].Y != 2 {
		t.Errorf("lowest %g, highest %g, first %g, last %g", low, high, kept[0].Y, last)
	}
	for i := 1; i < len(kept); i++ {
		if kept[i].X <= kept[i-1].X {
			t.Fatalf("points out of order at %d", i)
		}
	}
}

func TestGapsStayGaps(t *testing.T) {
	points := []Point{{1, 1}, {2, 1}, {3, 1}, {30, 1}, {31, 1}}
	want := [][]Point{points[:3], points[3:]}
	if diff := cmp.Diff(want, split(points, 31)); diff != "" {
		t.Error(diff)
	}
}

func at(seconds float64) sample.Offset { return sample.Offset(seconds * 1e9) }

func TestSumHasNoFalseDips(t *testing.T) {
	b := &builder{detail: &summary.Detail{Tracks: []summary.Track{
		{Metric: "m", Labels: sample.Labels{"c": "a"}, Points: []sample.Point{{At: at(1), Value: 1}, {At: at(2), Value: 1}, {At: at(3), Value: 1}}},
		{Metric: "m", Labels: sample.Labels{"c": "b"}, Points: []sample.Point{{At: at(1.1), Value: 2}, {At: at(3.2), Value: 2}}},
	}}}
	_, lines := b.tracks("m", everything("all"))
	if diff := cmp.Diff([]Point{{1, 3}, {2, 3}, {3, 3}}, lines["all"]); diff != "" {
		t.Error(diff)
	}
	_, lines = b.tracks("m", label("c"))
	if diff := cmp.Diff([]Point{{1.1, 2}, {3.2, 2}}, lines["b"]); diff != "" {
		t.Errorf("a lone gauge loses its own times:\n%s", diff)
	}
}

func TestFailedCountsByPhase(t *testing.T) {
	b := &builder{summary: &summary.Summary{
		Phases: []summary.Phase{{Name: "one"}, {Name: "two"}},
		Gauges: []summary.Gauge{
			{Metric: sample.APIErrors, Labels: sample.Labels{"class": "a", "kind": "timeout", "phase": "one"}, Last: 3},
			{Metric: sample.APIErrors, Labels: sample.Labels{"class": "a", "kind": "server", "phase": "two"}, Last: 2},
			{Metric: sample.APIErrors, Labels: sample.Labels{"class": "a", "kind": "timeout", "phase": "two"}, Last: 8},
		},
	}}
	for labels, want := range map[string]string{"one": "3", "two": "10"} {
		if got := b.failed(sample.Labels{"class": "a", "phase": labels}); got != want {
			t.Errorf("phase %s: %s failed, want %s", labels, got, want)
		}
	}
	if got := b.failed(sample.Labels{"class": "b", "phase": "one"}); got != Dash {
		t.Errorf("a class without a counter has %q failed, want a dash", got)
	}
}

func TestWords(t *testing.T) {
	tests := []struct{ name, got, want string }{
		{"seconds", elapsed(at(8.2)), "8.2 s"},
		{"minutes", elapsed(at(125)), "2 min 5 s"},
		{"whole minutes", elapsed(at(600)), "10 min"},
		{"minute and ten", elapsed(at(130)), "2 min 10 s"},
		{"hours", elapsed(at(3780)), "1 h 3 min"},
		{"small share", percent(0.0004), "< 0.1%"},
		{"margin", signed(-0.37), "−37%"},
		{"room", signed(0.052), "+5.2%"},
		{"plain command", shellQuote([]string{"kubedyno", "run", "--seed=1"}), "kubedyno run --seed=1"},
		{"quoted command", shellQuote([]string{"a b", "it's", ""}), `'a b' 'it'\''s' ''`},
		{"percentile", shareName(0.99), "p99"},
		{"long percentile", shareName(0.99867), "p99.87"},
		{"lowest", shareName(0), "p0"},
	}
	for _, test := range tests {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", test.name, test.got, test.want)
		}
	}
}

func TestTailEndsBeforeWhatIsCensored(t *testing.T) {
	values := summary.Values{Censored: 20, CensoredFrom: 0.5}
	for i := range 980 {
		values.Histogram.Record(time.Duration(i%400+1) * time.Millisecond)
	}
	for range 20 {
		values.Histogram.Record(500 * time.Millisecond)
	}
	curve := tail(&values)
	if last := curve[len(curve)-1]; last.X > 0.98 || last.X < 0.9 {
		t.Errorf("curve ends at %g, want it just below 0.98, where the unfinished ones begin", last.X)
	}
}

func TestFailedCountsOfAPhasesOwnCounter(t *testing.T) {
	errors := func(phase string, last float64) summary.Gauge {
		labels := sample.Labels{"class": "a"}
		if phase != "" {
			labels["phase"] = phase
		}
		return summary.Gauge{Metric: sample.APIErrors, Labels: labels, Last: last}
	}
	b := &builder{summary: &summary.Summary{
		Phases: []summary.Phase{{Name: "one"}, {Name: "two"}},
		Gauges: []summary.Gauge{errors("", 5), errors("one", 3), errors("two", 2)},
	}}
	if got := b.failed(sample.Labels{"class": "a", "phase": "two"}); got != "2" {
		t.Errorf("%s failed, want 2", got)
	}
}

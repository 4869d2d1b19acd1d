package disk

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

func TestLognormal(t *testing.T) {
	q := newQueue(Model{Median: 2 * ms, P99: 8 * ms}, 7)
	var drawn []time.Duration
	for range 100_000 {
		drawn = append(drawn, q.next(0))
	}
	slices.Sort(drawn)
	for share, want := range map[float64]time.Duration{0.5: 2 * ms, 0.99: 8 * ms} {
		if got := drawn[int(share*100_000)]; math.Abs(float64(got-want)) > 0.03*float64(want) {
			t.Errorf("the quantile %g is %s, want about %s", share, got, want)
		}
	}
	again, other := newQueue(q.model, 7), newQueue(q.model, 8)
	if a, b := again.next(0), other.next(0); a == b || a != newQueue(q.model, 7).next(0) {
		t.Errorf("seeds 7 and 8 draw %s and %s", a, b)
	}
}

func TestDelayIsBounded(t *testing.T) {
	q := newQueue(Model{Median: time.Second, P99: 9 * time.Second, IOPS: 10, Burst: 1}, 1)
	for range 10_000 {
		if delay := q.next(0); delay < 0 || delay > MaxDelay {
			t.Fatalf("a delay of %s", delay)
		}
	}
}

func TestTokens(t *testing.T) {
	for _, test := range []struct {
		name  string
		model Model
		came  []time.Duration
		want  []time.Duration
	}{
		{"constant", Model{Median: 3 * ms, P99: 3 * ms}, []time.Duration{0, 0, ms}, []time.Duration{3 * ms, 3 * ms, 3 * ms}},
		{"none", Model{}, []time.Duration{0, ms}, []time.Duration{0, 0}},
		{"one after another", Model{IOPS: 100, Burst: 1}, []time.Duration{0, 0, 0, 40 * ms}, []time.Duration{0, 10 * ms, 20 * ms, 0}},
		{"burst", Model{IOPS: 100, Burst: 3}, []time.Duration{0, 0, 0, 0, 0}, []time.Duration{0, 0, 0, 10 * ms, 20 * ms}},
		{"burst comes back", Model{IOPS: 100, Burst: 2}, []time.Duration{0, 0, 15 * ms, 15 * ms}, []time.Duration{0, 0, 0, 5 * ms}},
		{"latency after the token", Model{Median: 2 * ms, P99: 2 * ms, IOPS: 100, Burst: 1}, []time.Duration{0, 0}, []time.Duration{2 * ms, 12 * ms}},
	} {
		q := newQueue(test.model, 1)
		var got []time.Duration
		for _, came := range test.came {
			got = append(got, q.next(came))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		model Model
		want  string
	}{
		{Model{}, ""},
		{Model{Median: ms, P99: ms, IOPS: 10, Burst: 1}, ""},
		{Model{Median: -ms}, "want 0 < median"},
		{Model{Median: 2 * ms, P99: ms}, "want 0 < median"},
		{Model{P99: ms}, "want 0 < median"},
		{Model{IOPS: -1}, "a number from 0"},
		{Model{IOPS: math.NaN()}, "a number from 0"},
		{Model{IOPS: 5}, "a burst of 0"},
		{Model{Burst: 5}, "needs a limit"},
	} {
		err := test.model.Check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%+v: got %v, want %q", test.model, err, test.want)
		}
	}
}

func TestPresets(t *testing.T) {
	if !slices.IsSortedFunc(Presets(), func(a, b Preset) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the presets are not in the order of their names")
	}
	for _, name := range Names() {
		d, ok := Lookup(name)
		if !ok {
			t.Errorf("%s is not found", name)
		}
		if err := d.Model.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d.Kind == Emulated && (d.Preset != name || len(d.Source) < 20 || !strings.HasPrefix(d.String(), name+": fsync ")) {
			t.Errorf("%s: %+v, %s", name, d, d)
		}
	}
	if d, ok := Lookup("emulated"); ok {
		t.Errorf("found %+v", d)
	}
}

package live

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

func most(limit float64) *float64 { return &limit }

func at(seconds int) sample.Offset { return sample.Offset(time.Duration(seconds) * time.Second) }

// example is a run 41 s after its start: 36 s into the second of three phases.
func example() *state {
	s := newState(Run{CPUs: 2,
		Phases: []Phase{{"fleet", 5 * time.Second}, {"create", 55 * time.Second}, {"rollout", time.Minute}},
		Objectives: []slo.Objective{
			{Name: "pod startup p99 ≤ 30s", Metric: sample.PodStartup, Statistic: "p99", Most: most(30)},
			{Name: "fleet ready ≤ 60s", Metric: sample.FleetReady, Statistic: slo.Value, Most: most(60)},
			{Name: "API request max ≤ 10ms, verb get", Metric: sample.APIRequest, Statistic: slo.Max, Most: most(.01),
				Where: sample.Labels{"verb": "get", "phase": "create"}},
			{Metric: sample.PodDeletion, Statistic: "p50", Most: most(1)},
			{Metric: sample.ServerRequest, Statistic: "p99", Most: most(1)},
		}})
	s.event(sample.Event{At: 0, Kind: sample.PhaseStarted, Phase: "fleet"})
	s.point(sample.Point{At: at(4), Metric: sample.FleetReady, Value: 4.25})
	s.event(sample.Event{At: at(5), Kind: sample.PhaseFinished, Phase: "fleet"})
	s.event(sample.Event{At: at(5), Kind: sample.PhaseStarted, Phase: "create"})
	s.event(sample.Event{At: at(5), Kind: sample.StepStarted, Step: "load 100/s"})
	s.event(sample.Event{At: at(6), Kind: sample.StepStarted, Step: "create web"})
	s.event(sample.Event{At: at(40), Kind: sample.Progress, Step: "create web", Fields: map[string]string{"done": "1200", "total": "2400"}})
	for i := range 36 {
		for state, value := range map[string]float64{"created": 1000, "scheduled": 900, "running": 800, "ready": float64(20 * i)} {
			s.point(sample.Point{At: at(5 + i), Metric: sample.PodsByState, Labels: sample.Labels{"state": state}, Value: value})
		}
		s.point(sample.Point{At: at(5 + i), Metric: sample.APIOffered, Labels: sample.Labels{"class": "get pods"}, Value: 100})
		s.point(sample.Point{At: at(5 + i), Metric: sample.APIAchieved, Labels: sample.Labels{"class": "get pods"}, Value: float64(100 - i%2)})
	}
	s.point(sample.Point{Metric: sample.APIErrors, Labels: sample.Labels{"class": "get pods", "kind": "timeout"}, Value: 3})
	window := sample.Window{Metric: sample.APIRequest, Labels: sample.Labels{"class": "get pods", "verb": "get", "phase": "create"}}
	window.Histogram.RecordMany(12*time.Millisecond, 2000)
	s.window(window)
	for range 40 {
		ready := at(20)
		s.pod(sample.Pod{Created: at(8), Ready: &ready})
	}
	return s
}

func texts(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

func TestRender(t *testing.T) {
	late := func(s *state) {
		lag := sample.Window{Metric: sample.APISendLag}
		lag.Histogram.RecordMany(120*time.Millisecond, 10)
		s.window(lag)
		s.harness.dropped = 2
	}
	tests := []struct {
		name          string
		columns, rows int
		change        func(*state)
		want          string
	}{
		{"80", 80, 24, nil, `phase create (2 of 3)  0:36 of about 0:55; run 0:41, about 1:19 left
  load 100/s  0:36
  ███████░░░░░░░░ 1,200/2,400  create web  0:35
  pods  1,000 created, 900 scheduled, 800 running, 700 ready  ██████████ 20/s
  API   99/s offered, 99/s sent, 3 failed; p99 12 ms (get pods)
  sent  █████████████████████████████████████ last 60 s
  so far  over    12 ms       API request max ≤ 10ms, verb get
          ok      4.25 s      fleet ready ≤ 60s
          unsure  n=40/1,000  pod startup p99 ≤ 30s
          1 no data, 1 judged at the end only
`},
		{"60, late", 60, 24, late, `phase create (2 of 3)  0:36; about 1:19 left
  load 100/s  0:36
  █████░░░░░░ 1,200/2,400  create web  0:35
  pods  1,000 created, 900 scheduled, 800 running, 700 ready
  API   99/s offered, 99/s sent, 3 failed; p99 12 ms (get…
  sent  █████████████████████████████████████ last 60 s
  so far  over    12 ms       API request max ≤ 10ms, verb…
          ok      4.25 s      fleet ready ≤ 60s
          unsure  n=40/1,000  pod startup p99 ≤ 30s
          1 no data, 1 judged at the end only
  look: kubedyno dropped 2 records; and 1 more
`},
		{"30 x 6", 30, 6, late, `phase create (2 of 3)  0:36
  load 100/s  0:36
  50% 1,200/2,400  create web
  pods  1,000 created, 700 re…
  API   99/s offered, 99/s s…
  look: kubedyno dropped 2 re…
`},
		{"no plan", 80, 2, func(s *state) { s.run.Phases = nil }, "phase create  0:36\n  load 100/s  0:36\n"},
		{"longer than planned, narrow", 80, 1, func(s *state) { s.run.Phases[1].Expected = 30 * time.Second },
			"phase create (2 of 3)  0:36; about 1:00 left\n"},
		{"longer than planned", 90, 1, func(s *state) { s.run.Phases[1].Expected = 30 * time.Second },
			"phase create (2 of 3)  0:36, longer than the 0:30 planned; run 0:41, about 1:00 left\n"},
		{"no estimate of the phase", 80, 1, func(s *state) { s.run.Phases[1].Expected = 0 },
			"phase create (2 of 3)  0:36; run 0:41, about 1:00 left\n"},
		{"no estimate", 80, 1, func(s *state) {
			for i := range s.run.Phases {
				s.run.Phases[i].Expected = 0
			}
		}, "phase create (2 of 3)  0:36; run 0:41\n"},
		{"between phases", 80, 24, func(s *state) { s.event(sample.Event{Kind: sample.PhaseFinished}) }, ""},
		{"no room", 0, 0, nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := example()
			if test.change != nil {
				test.change(s)
			}
			lines := s.render(at(41), test.columns, test.rows)
			want := strings.ReplaceAll(test.want, "99/s offered", "100/s offered")
			if diff := cmp.Diff(want, texts(lines)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRenderKeepsToTheTerminal draws a run with more of everything than there is room for.
func TestRenderKeepsToTheTerminal(t *testing.T) {
	s := example()
	for i := range 20 {
		s.event(sample.Event{At: at(7), Kind: sample.StepStarted, Step: fmt.Sprintf("節点 %d %s", i, strings.Repeat("long ", 50))})
		s.objectives = append(s.objectives, &objective{Objective: slo.Objective{Name: strings.Repeat("名", 90)}, outcome: slo.Outcome{Verdict: slo.Pass}})
	}
	s.harness.dropped = 1
	for columns := range 220 {
		for _, rows := range []int{1, 2, 5, 12, 50} {
			lines := s.render(at(41), columns, rows)
			if len(lines) > min(rows, mostLines) {
				t.Fatalf("%d x %d: %d lines", columns, rows, len(lines))
			}
			for _, l := range lines {
				if width(l.text) > columns {
					t.Fatalf("%d x %d: a line of %d columns: %s", columns, rows, width(l.text), l.text)
				}
			}
		}
	}
}

// TestPhaseForgets loads in one phase and looks at the next.
func TestPhaseForgets(t *testing.T) {
	s := example()
	s.event(sample.Event{At: at(60), Kind: sample.PhaseStarted, Phase: "rollout"})
	s.point(sample.Point{At: at(61), Metric: sample.APIOffered, Labels: sample.Labels{"class": "patch"}, Value: 5})
	if got := s.loadText(); got != "API   5/s offered, 0/s sent, 0 failed" {
		t.Errorf("the load of an earlier phase is added up: %s", got)
	}
}

func TestPodsThatSayNothingYet(t *testing.T) {
	s := example()
	n, ready := s.objectives[0].values.Count(), at(90)
	s.pod(sample.Pod{Created: at(8), Until: at(41)})
	s.pod(sample.Pod{Created: at(8), Ready: &ready, Uncertain: true})
	s.pod(sample.Pod{Created: at(8), Ready: &ready, Deleted: &ready})
	if got := s.objectives[0].values.Count(); got != n {
		t.Errorf("%d pods count, want %d: not Ready, uncertain and amended ones must not", got, n)
	}
}

func TestDoubts(t *testing.T) {
	points := func(h *harness, metric, component string, value float64, n int) {
		for range n {
			h.point(sample.Point{Metric: metric, Labels: sample.Labels{"component": component}, Value: value})
		}
	}
	lag := func(h *harness, metric string, took time.Duration, n int64) {
		w := sample.Window{Metric: metric}
		w.Histogram.RecordMany(took, n)
		h.window(w)
	}
	tests := []struct {
		name string
		feed func(*harness)
		want string
	}{
		{"nothing", func(*harness) {}, ""},
		{"late at p99", func(h *harness) { lag(h, sample.APISendLag, 60*time.Millisecond, 2000) },
			"kubedyno sends late: send lag p99 60 ms (limit 50 ms)"},
		{"late but for less than 1%", func(h *harness) {
			lag(h, sample.APISendLag, 60*time.Millisecond, 15)
			lag(h, sample.APISendLag, time.Millisecond, 1985)
		}, ""},
		{"few, of them 10 late", func(h *harness) { lag(h, sample.WatchLag, 64*time.Millisecond, 10) },
			"kubedyno sees late: watch lag max 64 ms (limit 50 ms)"},
		{"few, of them 9 late", func(h *harness) { lag(h, sample.WatchLag, 64*time.Millisecond, 9) }, ""},
		{"sends less", func(h *harness) {
			points(h, sample.APIOffered, "", 100, 10)
			points(h, sample.APIAchieved, "", 90, 10)
		}, "kubedyno sends only 90% of the load (limit 98%)"},
		{"a large share", func(h *harness) {
			points(h, sample.ComponentCPU, "kubedyno", .5, 10)
			points(h, sample.ComponentCPU, "kube-apiserver", .5, 10)
		}, "kubedyno uses 50% of the CPU of the run (limit 25%)"},
		{"a share of what is not known", func(h *harness) { points(h, sample.ComponentCPU, "kubedyno", .5, 10) }, ""},
		{"others", func(h *harness) { points(h, sample.MachineOthers, "", 1, 10) }, "other processes use 1 cores of this machine (limit 0.2 cores)"},
		{"others for a moment", func(h *harness) { points(h, sample.MachineOthers, "", 1, 9) }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := newHarness(Run{CPUs: 2})
			test.feed(&h)
			var got []string
			for _, d := range h.doubts() {
				got = append(got, d.text)
			}
			if text := strings.Join(got, "; "); text != test.want {
				t.Errorf("got %q, want %q", text, test.want)
			}
		})
	}
}

func TestSparkline(t *testing.T) {
	gap := math.NaN()
	tests := []struct {
		values []float64
		floor  float64
		want   string
	}{
		{nil, 1, ""},
		{[]float64{gap, gap}, 1, ""},
		{[]float64{0, 1, 2, 3, 4, 5, 6, 7}, 7, "▁▂▃▄▅▆▇█"},
		{[]float64{gap, 50, gap, 100}, 0, "▅ █"},
		{[]float64{0, 0}, 0, "▁▁"},
		{[]float64{1}, 10, "▂"},
	}
	for _, test := range tests {
		if got := sparkline(test.values, test.floor); got != test.want {
			t.Errorf("sparkline(%v, %v) = %q, want %q", test.values, test.floor, got, test.want)
		}
	}
}

func TestHistory(t *testing.T) {
	var h history
	h.set(at(1), 5)
	h.set(at(2), 6)
	h.set(at(70), 7) // Overwrites nothing of the last minute.
	got := h.last(at(73), 5)
	if want := "[NaN 7 7 7 NaN]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s: a value stands for %d s and no longer", got, want, bridged)
	}
	if _, ok := h.at(10); ok {
		t.Error("second 10 is that of second 70")
	}
}

func TestWidthAndCut(t *testing.T) {
	tests := []struct {
		text string
		most int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"節点名", 6, "節点名"}, {"節点名", 5, "節点…"}, {"節点名", 4, "節…"},
		{"e\u0301te\u0301", 3, "e\u0301te\u0301"}, {"abc", 1, "…"}, {"abc", 0, ""}, {"ab cd", 4, "ab…"},
	}
	for _, test := range tests {
		got := cut(test.text, test.most)
		if got != test.want || width(got) > test.most {
			t.Errorf("cut(%q, %d) = %q of %d columns, want %q", test.text, test.most, got, width(got), test.want)
		}
	}
}

func TestBar(t *testing.T) {
	for _, test := range []struct {
		done, total int
		want        string
	}{{0, 3, "░░░░"}, {2, 3, "██░░"}, {999, 1000, "███░"}, {3, 3, "████"}, {9, 3, "████"}, {-1, 0, "░░░░"}} {
		if got := bar(test.done, test.total, 4); got != test.want {
			t.Errorf("bar(%d, %d) = %s, want %s", test.done, test.total, got, test.want)
		}
	}
}

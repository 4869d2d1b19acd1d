package export

import (
	"encoding/csv"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// searched is a search of three variants for two goals: one closed, one that broke at once, and one that
// the budget stopped.
func searched() *search.Search {
	const took = sample.Offset(40 * time.Second)
	trial := func(number int, load float64, verdict slo.Verdict) search.Trial {
		most, observed := 30.0, 30.0*load/400
		return search.Trial{Number: number, Load: load, Ended: true, Took: took, Verdicts: []slo.Verdict{verdict, verdict}, Sentence: string(verdict) + ": as said.",
			Objectives: []summary.Objective{{Objective: slo.Objective{Name: "p99 <of> lists", Metric: sample.APIRequest, Statistic: "p99", Most: &most},
				Unit: sample.Seconds, Verdict: verdict, Observed: &observed}}}
	}
	broke := trial(2, 800, slo.Miss)
	broke.Breakdown = &search.Breakdown{Component: "etcd", How: "ended (signal: killed)", Phase: "load", At: took / 2}
	killed := search.Trial{Number: 5, Load: 400, Took: took, Failure: "the disk is full"}
	lower := func(load float64) *search.Bound { return &search.Bound{Load: load, Passed: 3, Confirmed: true} }
	upper := func(load float64) *search.Bound { return &search.Bound{Load: load, Passed: 1, Missed: 1} }
	s := &search.Search{FormatVersion: sample.FormatVersion, ID: "20260102-030405-abcd", Scenario: "limits-api-rate", Title: "Requests | and <rates>",
		Parameter: "rate", Vary: "disk", Seed: 7, CPUs: 2, Tool: bundle.Tool{Version: "v0.1.0"}, Status: bundle.Complete, At: 500,
		Rules:   search.Rules{From: 100, Until: 4000, Least: 10, Factor: 2, Width: 0.1, Confirm: 3, Unjudged: 3},
		Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Goals: []search.Goal{{Name: "lists"}, {Name: "single requests"}},
		Variants: []search.Variant{
			{Label: "disk=fast", Value: "fast", Trials: []search.Trial{trial(1, 700, slo.Pass), broke}, Intervals: []search.Interval{
				{Goal: "lists", State: search.Closed, Lower: lower(700), Upper: upper(800), Width: 0.125},
				{Goal: "single requests", State: search.Harness, Lower: lower(700), Upper: &search.Bound{Load: 900, Inconclusive: 3, Harness: true}}}},
			{Label: "disk=slow", Value: "slow", Trials: []search.Trial{trial(3, 10, slo.Miss)}, Intervals: []search.Interval{
				{Goal: "lists", State: search.Below, Upper: upper(10)},
				{Goal: "single requests", State: search.Closed, Lower: lower(300), Upper: upper(310), Width: 1.0 / 31}}},
			{Label: "disk=other", Value: "other", Stopped: "its budget of 2 trials is used up", Trials: []search.Trial{trial(4, 200, slo.Pass), killed}, Intervals: []search.Interval{
				{Goal: "lists", State: search.Going, Lower: &search.Bound{Load: 200, Passed: 1}},
				{Goal: "single requests", State: search.Unjudged, Upper: &search.Bound{Load: 10, Inconclusive: 3, Harness: true}}}},
		}}
	s.Judge()
	return s
}

func TestSearchGolden(t *testing.T) {
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			golden := filepath.Join("testdata", "search-"+f.File())
			got := written(t, f, &Results{Search: searched()})
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s differs; run the test with -update if that is meant (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// TestSearchAsTests counts what is green: only what has an answer that is enough.
func TestSearchAsTests(t *testing.T) {
	for _, test := range []struct {
		at   float64
		want string // By variant and goal, and whether the variant did not finish.
	}{
		{0, "pass pass | MISS pass | INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE"},
		{500, "pass pass | MISS MISS | INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE"},
		{750, "MISS INCONCLUSIVE | MISS MISS | INCONCLUSIVE INCONCLUSIVE INCONCLUSIVE"},
	} {
		s := searched()
		s.At = test.at
		s.Judge()
		var suites junitSuites
		if err := xml.Unmarshal([]byte(written(t, JUnit, &Results{Search: s})), &suites); err != nil {
			t.Fatal(err)
		}
		var all []string
		failures, errors := 0, 0
		for _, suite := range suites.Suites {
			var words []string
			for _, c := range suite.Cases {
				word := "pass"
				switch {
				case c.Failure != nil:
					word, failures = c.Failure.Type, failures+1
				case c.Error != nil:
					word, errors = c.Error.Type, errors+1
				}
				words = append(words, word)
			}
			all = append(all, strings.Join(words, " "))
		}
		if got := strings.Join(all, " | "); got != test.want || suites.Failures != failures || suites.Errors != errors {
			t.Errorf("needs %v: %s with %d failures and %d errors, want %s", test.at, got, suites.Failures, suites.Errors, test.want)
		}
	}
}

// TestSearchIsReadAgain reads the bounds back from what other programs read. An end of the harness is no
// upper bound, and what has no answer is no benchmark.
func TestSearchIsReadAgain(t *testing.T) {
	r := &Results{Search: searched()}
	families := scrape(t, written(t, OpenMetrics, r))
	bounds := map[string]float64{}
	for _, name := range []string{"lower", "upper"} {
		for _, m := range families[prefix+"search_"+name+"_bound"].GetMetric() {
			bounds[name+" "+labelOf(m, "variant")+" "+labelOf(m, "goal")] = m.GetGauge().GetValue()
		}
	}
	want := map[string]float64{"lower disk=fast lists": 700, "upper disk=fast lists": 800, "lower disk=fast single requests": 700,
		"upper disk=slow lists": 10, "lower disk=slow single requests": 300, "upper disk=slow single requests": 310, "lower disk=other lists": 200}
	if diff := cmp.Diff(want, bounds); diff != "" {
		t.Errorf("gauges (-want +got):\n%s", diff)
	}
	rows, err := csv.NewReader(strings.NewReader(written(t, CSV, r))).ReadAll()
	if err != nil || len(rows) != 1+len(want) {
		t.Errorf("%d rows, %v, want %d", len(rows), err, 1+len(want))
	}
	var names []string
	for _, line := range benchResults(t, written(t, Benchfmt, r)) {
		names = append(names, line.Name.String())
	}
	if diff := cmp.Diff([]string{"LimitsApiRate/load=rate/disk=fast/goal=lists", "LimitsApiRate/load=rate/disk=fast/goal=single-requests",
		"LimitsApiRate/load=rate/disk=slow/goal=single-requests"}, names); diff != "" {
		t.Errorf("benchmarks (-want +got):\n%s", diff)
	}
}

// TestOpenSearch reads a search from its folder, which is killed and has done nothing: nothing is green.
func TestOpenSearch(t *testing.T) {
	s := searched()
	s.Status, s.Variants = bundle.Running, []search.Variant{{}}
	dir := t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := written(t, JUnit, r); !strings.Contains(got, `tests="1" failures="0" errors="1"`) || !strings.Contains(got, "it was killed or is still going on") {
		t.Error(got)
	}
	for _, f := range Formats() {
		if got := written(t, f, r); strings.Contains(got, "NaN") {
			t.Errorf("%s: %s", f, got)
		}
	}
}

package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withTrials returns the base scenario with trials.
func withTrials(t testing.TB, trials string) []byte {
	t.Helper()
	return []byte(strings.Replace(readBase(t), "  cluster:\n", "  trials:\n"+trials+"  cluster:\n", 1))
}

func labels(variants []Variant) []string {
	var all []string
	for _, v := range variants {
		all = append(all, v.Label())
	}
	return all
}

func TestVariants(t *testing.T) {
	const both = "    matrix:\n      tier: [silver, gold]\n      nodes: [20, 10.0e0]\n    repeat: 3\n"
	for _, test := range []struct {
		name, trials string
		options      Options
		want         []string
		repeat       int
	}{
		{"none", "    repeat: 2\n", Options{}, []string{""}, 2},
		{"order", strings.Replace(both, "10.0e0", "010", 1), Options{}, []string{"tier=silver, nodes=20", "tier=silver, nodes=10", "tier=gold, nodes=20", "tier=gold, nodes=10"}, 3},
		{"an axis is set", strings.Replace(both, "10.0e0", "10", 1), Options{Set: map[string]string{"tier": "gold"}}, []string{"nodes=20", "nodes=10"}, 3},
		{"a value that is not listed", "    matrix: {nodes: [1, 2]}\n", Options{Set: map[string]string{"nodes": "7"}}, []string{""}, 1},
		{"repeat is given", "    matrix: {nodes: [1, 2]}\n", Options{Repeat: 4}, []string{"nodes=1", "nodes=2"}, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			base, variants, err := DecodeVariants("base.yaml", withTrials(t, test.trials), test.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, labels(variants)); diff != "" || base.Spec.Trials.Repeat != test.repeat {
				t.Errorf("repeat %d, variants (-want +got):\n%s", base.Spec.Trials.Repeat, diff)
			}
			for _, v := range variants {
				if !v.Scenario.has(v.Values) {
					t.Errorf("%s has the values %v", v.Label(), v.Scenario.Values)
				}
			}
		})
	}
}

// TestVariantIsOneRun decodes what a trial records: it has the variant's values and only one trial.
func TestVariantIsOneRun(t *testing.T) {
	const trials = "    matrix: {nodes: [20, 30]}\n    repeat: 2\n    stopAfter: miss\n    figures:\n      - {metric: pod_startup_seconds, percentile: 50}\n"
	_, variants, err := DecodeVariants("base.yaml", withTrials(t, trials), Options{})
	if err != nil {
		t.Fatal(err)
	}
	base, again, err := DecodeVariants("again.yaml", variants[1].Scenario.Resolved, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := again[0].Scenario
	if len(again) != 1 || s != base || s.Spec.Trials.Repeat != 1 || s.Spec.Fleet.Pools[0].Count != 30 || len(s.Spec.Trials.Figures) != 1 {
		t.Errorf("%d variants, trials %+v, %d nodes", len(again), s.Spec.Trials, s.Spec.Fleet.Pools[0].Count)
	}
}

func TestAxisNumbers(t *testing.T) {
	trials := "    matrix:\n      nodes: [20, 30]\n      calm: [1m, 500ms]\n      memory: [1Ki, 2Mi]\n      fresh: [true, false]\n"
	s, err := Decode("base.yaml", withTrials(t, trials), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]float64
	for _, axis := range s.Spec.Trials.Matrix {
		got = append(got, axis.Numbers)
	}
	if diff := cmp.Diff([][]float64{{20, 30}, {60, 0.5}, {1024, 2 << 20}, nil}, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}

func TestTrialFaults(t *testing.T) {
	for _, test := range []struct {
		name, trials string
		options      Options
	}{
		{"trials-axes", "    matrix:\n      node: [1]\n      tier: [silver, bronze, silver, \"${nodes}\"]\n      nodes: [10, 0, 1e1, 010, [1]]\n      calm: []\n      rate: 5\n    repeat: 0\n", Options{}},
		{"trials-figures", "    figures:\n      - {metric: pod_startup_second, percentile: 50}\n      - {metric: pod_startup_seconds}\n      - {metric: pod_startup_seconds, statistic: max, most: 1s}\n      - {metric: pod_startup_seconds, statistic: max, where: {phase: wrok}}\n", Options{}},
		{"trials-tradeoff", "    figures:\n      - {name: start, metric: pod_startup_seconds, percentile: 50}\n      - {metric: pod_startup_seconds, statistic: max}\n      - {name: pods, metric: pods_total, statistic: max, where: {state: ready}}\n    tradeoff: {horizontal: strat, vertical: pods, z: 1}\n", Options{}},
		{"trials-tradeoff-same", "    figures:\n      - {name: start, metric: pod_startup_seconds, percentile: 50}\n    tradeoff: {horizontal: start, vertical: start}\n", Options{}},
		{"trials-tradeoff-twice", "    figures:\n      - {name: start, metric: pod_startup_seconds, percentile: 50}\n      - {name: start, metric: pod_startup_seconds, percentile: 99}\n      - {name: end, metric: pod_deletion_seconds, percentile: 99}\n    tradeoff: {horizontal: start, vertical: end}\n", Options{}},
		{"trials-tradeoff-half", "    tradeoff: {horizontal: start}\n", Options{}},
		{"trials-too-many", "    matrix: {nodes: [1, 2, 3], rate: [1, 2, 3]}\n    repeat: 23\n    stopAfter: miss\n", Options{}},
		{"trials-repeat", "    matrix: {nodes: [1, 2]}\n", Options{Repeat: 101}},
		{"trials-empty", "    matrix: {}\n    stopAfter: hit\n", Options{}},
		{"trials-variants", "    matrix: {calm: [5s, 10m, 20m], nodes: [1, 2]}\n", Options{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := DecodeVariants("base.yaml", withTrials(t, test.trials), test.options)
			if err == nil {
				t.Fatal("no fault was found")
			}
			golden(t, test.name, err.Error())
		})
	}
}

func FuzzDecodeVariants(f *testing.F) {
	f.Add([]byte("    matrix: {nodes: [1, 2]}\n    stopAfter: miss\n"))
	f.Add([]byte("    matrix:\n      tier: &a [gold, *a]\n      tier: x\n"))
	f.Add([]byte("    matrix: {\"${nodes}\": [\"$${\"], calm: [!!int 1]}\n    repeat: ${nodes}\n"))
	f.Fuzz(func(t *testing.T, trials []byte) {
		base, variants, err := DecodeVariants("f.yaml", withTrials(t, string(trials)), Options{})
		if faults, ok := err.(Faults); err != nil && (!ok || len(faults) == 0) {
			t.Fatalf("an error that is not Faults: %v", err)
		}
		seen := map[string]bool{}
		for _, v := range variants {
			if seen[v.Label()] || !v.Scenario.has(v.Values) {
				t.Fatalf("variant %q comes twice or has not its values", v.Label())
			}
			seen[v.Label()] = true
		}
		if n := len(variants); n > 0 && n*base.Spec.Trials.Repeat > MaxTrials {
			t.Fatalf("%d variants", n)
		}
	})
}

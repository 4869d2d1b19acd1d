package plan

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

func buildTrials(t *testing.T, trials string, o spec.Options) *Experiment {
	t.Helper()
	text, err := os.ReadFile("testdata/verbs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	scenario := strings.Replace(string(text), "\n  fleet:\n", "\n  trials:\n"+trials+"  fleet:\n", 1)
	base, variants, err := spec.DecodeVariants("verbs.yaml", []byte(scenario), o)
	if err != nil {
		t.Fatal(err)
	}
	e, err := BuildTrials(base, variants, 42)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestOrderBalancesDrift checks that every round has every variant once and that over each pair
// of rounds all variants have the same mean place, so that a steady drift favours none.
func TestOrderBalancesDrift(t *testing.T) {
	for variants := 1; variants <= 7; variants++ {
		const repeat = 6
		all := order(variants, repeat, false)
		sums := make([]int, variants)
		first := map[int]bool{}
		for round := 1; round <= repeat; round++ {
			seen := map[int]bool{}
			for i := range variants {
				p := all[(round-1)*variants+i]
				if p.round != round || seen[p.variant] {
					t.Fatalf("%d variants: place %d of round %d is %+v", variants, i, round, p)
				}
				seen[p.variant] = true
				sums[p.variant] += (round-1)*variants + i
				if i == 0 && round%2 == 1 {
					first[p.variant] = true
				}
			}
			for v := range sums {
				if round%2 == 0 && sums[v] != sums[0] {
					t.Errorf("%d variants, after round %d: the places of variant %d add up to %d, of 0 to %d", variants, round, v, sums[v], sums[0])
				}
			}
		}
		if len(first) != min(variants, repeat/2) {
			t.Errorf("%d variants: only %v begin a pair of rounds", variants, first)
		}
	}
}

func TestOrderOneByOne(t *testing.T) {
	want := []place{{1, 0}, {2, 0}, {1, 1}, {2, 1}, {1, 2}, {2, 2}}
	if diff := cmp.Diff(want, order(3, 2, true), cmp.AllowUnexported(place{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestBuildTrials(t *testing.T) {
	const trials = "    matrix: {nodes: [20, 30]}\n    repeat: 2\n    figures:\n      - {metric: phase_seconds, where: {phase: one}}\n"
	e := buildTrials(t, trials, spec.Options{})
	var seeds []uint64
	for _, trial := range e.Trials {
		seeds = append(seeds, e.Plan(trial).Seed)
	}
	if diff := cmp.Diff([]uint64{42, 42, 43, 43}, seeds); diff != "" {
		t.Errorf("trials of a round have one seed (-want +got):\n%s", diff)
	}
	if e.Variants[0].Plan.Seed != 42 || e.Single() || e.Expected == 0 {
		t.Errorf("seed of the variant %d, single %v, expected %v", e.Variants[0].Plan.Seed, e.Single(), e.Expected)
	}
	if f := e.Variants[1].Plan.Figures; len(f) != 1 || f[0].Name != "phase, phase one" || f[0].Most != nil {
		t.Errorf("figures %+v", f)
	}
	var b bytes.Buffer
	if err := e.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if utf8.RuneCountInString(line) > textColumns+1 {
			t.Errorf("too long: %s", line)
		}
	}
	golden(t, "trials.txt", b.Bytes())
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back struct{ Trials []Trial }
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e.Trials, back.Trials); diff != "" {
		t.Errorf("trials in JSON (-want +got):\n%s", diff)
	}
	narrow := buildTrials(t, strings.Replace(trials, "repeat: 2", "repeat: 1", 1), spec.Options{Set: map[string]string{"nodes": "20"}})
	if !narrow.Single() {
		t.Errorf("an axis that is set leaves %d trials", len(narrow.Trials))
	}
}

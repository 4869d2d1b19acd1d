package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/exitcode"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/plan"
)

func TestGated(t *testing.T) {
	of := func(verdicts ...compare.Verdict) *compare.Comparison {
		c := &compare.Comparison{}
		for _, v := range verdicts {
			c.Deciding = append(c.Deciding, compare.Change{Verdict: v})
		}
		return c
	}
	both := []string{failRegressed, failTooFew}
	for _, test := range []struct {
		name    string
		verdict slo.Verdict
		found   *compare.Comparison
		failOn  []string
		code    int
		words   string
	}{
		{"passed, no gate", slo.Pass, of(compare.Regressed), nil, exitcode.OK, "all objectives were met"},
		{"missed, no gate", slo.Miss, of(compare.NoEvidence), nil, exitcode.Missed, "an objective was missed"},
		{"passed, regressed", slo.Pass, of(compare.Regressed), both, exitcode.Missed, "a figure regressed"},
		{"missed, regressed", slo.Miss, of(compare.Regressed), both, exitcode.Missed, "an objective was missed, and a figure regressed"},
		{"inconclusive, regressed", slo.Inconclusive, of(compare.Regressed), both, exitcode.Missed, "a figure regressed"},
		{"missed, too few runs", slo.Miss, of(compare.TooFewRuns), both, exitcode.Missed, "an objective was missed"},
		{"passed, too few runs", slo.Pass, of(compare.TooFewRuns), both, exitcode.Inconclusive, exitcode.Words(exitcode.Inconclusive)},
		{"passed, too few runs, regressed alone named", slo.Pass, of(compare.TooFewRuns), both[:1], exitcode.OK, "all objectives were met"},
		{"inconclusive, improved", slo.Inconclusive, of(compare.Improved), both, exitcode.Inconclusive, exitcode.Words(exitcode.Inconclusive)},
		{"no comparison", slo.Pass, nil, both[:1], exitcode.Inconclusive, exitcode.Words(exitcode.Inconclusive)},
		{"no comparison, no gate", slo.Pass, nil, nil, exitcode.OK, "all objectives were met"},
	} {
		words, err := gated(test.verdict, test.found, test.failOn)
		if got := exitcode.Of(err); got != test.code || words != test.words {
			t.Errorf("%s: %d, %s; want %d, %s", test.name, got, words, test.code, test.words)
		}
	}
}

// TestSideAlone checks that the command recorded with a trial runs its side and compares nothing.
func TestSideAlone(t *testing.T) {
	arguments := strings.Fields("run --out tiny.yaml tiny.yaml -o json --set a=1 --compare-with=variant.yaml --compare-set b=2 --fail-on regressed --alpha 0.1 -ojson --kubernetes v1")
	f := versusFlags{with: "variant.yaml", set: []string{"b=2"}, kubernetes: "v2"}
	for label, want := range map[string]string{
		plan.BaseLabel:    "run --out tiny.yaml tiny.yaml -o json --set a=1 -ojson --kubernetes v1",
		plan.VariantLabel: "run --out tiny.yaml variant.yaml -o json --set a=1 -ojson --kubernetes v1 --set b=2 --kubernetes v2",
	} {
		if diff := cmp.Diff(want, strings.Join(f.alone(arguments, label), " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", label, diff)
		}
	}
}

// TestVersusFlagsAreKnown checks that every flag dropped from a side's own command is one of run.
func TestVersusFlagsAreKnown(t *testing.T) {
	var f versusFlags
	command := &cobra.Command{}
	f.registerRun(command)
	for _, name := range versusNames {
		if command.Flags().Lookup(name) == nil {
			t.Errorf("there is no flag --%s", name)
		}
	}
}

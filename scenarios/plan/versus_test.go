package plan

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// side decodes the scenario of all verbs with replacements, given as old and new.
func side(t *testing.T, file string, replace ...string) *spec.Scenario {
	t.Helper()
	text, err := os.ReadFile("testdata/verbs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := spec.Decode(file, []byte(strings.NewReplacer(replace...).Replace(string(text))), spec.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBuildVersus(t *testing.T) {
	e, err := BuildVersus(side(t, "a.yaml"), side(t, "b.yaml"), Versus{Base: "a.yaml", Variant: "b.yaml", Alpha: 0.05, Metrics: []string{"phase_seconds"}}, 0, 7)
	if err != nil {
		t.Fatal(err)
	}
	objectives := len(objectiveKeys(e.Variants[0].Plan.Objectives))
	// One figure takes 4 runs of each side; more of them together take more.
	if e.Versus.Figures != objectives+1 || e.Versus.Needed != 5 || e.Repeat != e.Versus.Needed || e.Single() || e.Expected == 0 {
		t.Errorf("%d figures of %d objectives and a metric, %d rounds, %d needed", e.Versus.Figures, objectives, e.Repeat, e.Versus.Needed)
	}
	var order []string
	for _, trial := range e.Trials[:8] {
		order = append(order, fmt.Sprintf("%d%c%d", trial.Round, e.Variants[trial.Variant].Label[0], e.Plan(trial).Seed))
	}
	if diff := cmp.Diff("1b7 1v7 2v8 2b8 3v9 3b9 4b10 4v10", strings.Join(order, " ")); diff != "" {
		t.Errorf("order and seeds (-want +got):\n%s", diff)
	}
	var b bytes.Buffer
	if err := e.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"base: a.yaml", "variant: b.yaml", fmt.Sprintf("it takes %d runs of each side", e.Versus.Needed)} {
		if !strings.Contains(words, want) {
			t.Errorf("the plan does not say %q:\n%s", want, b.String())
		}
	}
}

func TestVersusRepeat(t *testing.T) {
	how := Versus{Alpha: 0.05}
	few, err := BuildVersus(side(t, "a.yaml"), side(t, "b.yaml"), how, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := few.Warnings()[0]; few.Repeat != 2 || !strings.HasPrefix(got, "No change can be told from chance with 2 runs of each side: it takes ") {
		t.Errorf("%d rounds, warning %q", few.Repeat, got)
	}
	own, err := BuildVersus(side(t, "a.yaml", "\n  fleet:\n", "\n  trials: {repeat: 20}\n  fleet:\n"), side(t, "b.yaml"), how, 0, 1)
	if err != nil || own.Repeat != 20 {
		t.Errorf("a scenario that says 20 is repeated %d times (%v)", own.Repeat, err)
	}
	if _, err := BuildVersus(side(t, "a.yaml"), side(t, "b.yaml"), how, 101, 1); err == nil {
		t.Error("101 rounds were accepted, which are 202 trials")
	}
}

// TestIncomparable checks that every reason is told at once, each in the file that has it.
func TestIncomparable(t *testing.T) {
	base := side(t, "a.yaml", "\n  fleet:\n", "\n  trials: {matrix: {nodes: [20, 30]}}\n  fleet:\n")
	variant := side(t, "b.yaml", "\n  objectives:\n", "\n  objectives:\n    - {metric: fleet_ready_seconds, where: {pool: large}, most: 9h}\n")
	_, err := BuildVersus(base, variant, Versus{Alpha: 0.05}, 0, 1)
	var faults spec.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("no faults but %v", err)
	}
	var got []string
	for _, fault := range faults {
		if fault.Line < 2 || fault.Hint == "" {
			t.Errorf("%s stands at %d:%d", fault.Message, fault.Line, fault.Column)
		}
		got = append(got, fault.File+": "+fault.Message)
	}
	want := []string{"a.yaml: a side of a comparison is one variant, and this matrix makes several",
		`b.yaml: only the variant has the objective "fleet ready ≤ 9h, pool large", so it cannot be compared`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// TestIncomparableSets checks that limits may differ, and that objectives which a set makes of
// another load are told in one fault.
func TestIncomparableSets(t *testing.T) {
	const mark = "  objectives:\n"
	scenario := func(file, most string, sets string) *spec.Scenario {
		return side(t, file, mark, sets+mark+"    - {metric: fleet_ready_seconds, most: "+most+"}\n")
	}
	if _, err := BuildVersus(scenario("a.yaml", "1h", ""), scenario("b.yaml", "2h", ""), Versus{Alpha: 0.05}, 0, 1); err != nil {
		t.Errorf("other limits: %v", err)
	}
	_, err := BuildVersus(scenario("a.yaml", "1h", "  objectiveSets: [sig-scalability/v1]\n"), scenario("b.yaml", "1h", ""), Versus{Alpha: 0.05}, 0, 1)
	var faults spec.Faults
	if !errors.As(err, &faults) || len(faults) != 1 || !strings.HasPrefix(faults[0].Message, "of the objectives of the sets only the base has ") {
		t.Errorf("a set on one side: %v", err)
	}
}

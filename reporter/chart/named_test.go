package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/experiment"
)

func TestExperimentFiguresMatchGoldens(t *testing.T) {
	for name, e := range map[string]*experiment.Experiment{"names": example.Compared(), "values": example.Ladder(), "rounds": example.Stopped()} {
		t.Run(name, func(t *testing.T) {
			got := drawn(t, view.BuildExperiment(e).Figure)
			wellFormed(t, got)
			golden := filepath.Join("testdata", "experiment-"+name+".svg")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the figure differs from %s; run with -update if that is meant:\n%s", golden, diff)
			}
		})
	}
}

// TestNamedAxisHasRoom checks that all places lie inside the axis, with room at both ends, and
// that a logarithmic axis sets equal factors equally far apart.
func TestNamedAxisHasRoom(t *testing.T) {
	ticks := func(at ...float64) []view.Tick {
		var all []view.Tick
		for _, v := range at {
			all = append(all, view.Tick{At: v, Name: "x"})
		}
		return all
	}
	for _, f := range []view.Figure{
		{Axis: view.ValueAxis, Ticks: ticks(250, 500, 1000), Log: true},
		{Axis: view.ValueAxis, Ticks: ticks(3, 1, 2)},
		{Axis: view.ValueAxis, Ticks: ticks(-1, 0), Log: true},
		{Axis: view.ValueAxis, Ticks: ticks(7)},
		{Axis: view.NamesAxis, Ticks: ticks(0, 1, 2)},
	} {
		p := plot.New()
		setNamed(p, f)
		for _, tick := range f.Ticks {
			if at := p.X.Norm(tick.At); !(at > 0.01 && at < 0.99) {
				t.Errorf("%+v: %v stands at %v of the axis", f, tick.At, at)
			}
		}
	}
	p := plot.New()
	setNamed(p, view.Figure{Axis: view.ValueAxis, Ticks: ticks(250, 500, 1000), Log: true})
	if first, second := p.X.Norm(500)-p.X.Norm(250), p.X.Norm(1000)-p.X.Norm(500); first-second > 1e-9 || second-first > 1e-9 {
		t.Errorf("doublings are %v and %v wide", first, second)
	}
}

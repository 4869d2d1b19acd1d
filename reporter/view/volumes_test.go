package view_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/results/summary"
)

func TestVolumesSection(t *testing.T) {
	report := example.Volumes().Report()
	section := sectionOf(report, "volumes")
	if section == nil {
		t.Fatal("there is no section on volumes")
	}
	rows := map[string][]string{}
	for _, table := range section.Tables {
		for _, row := range table.Rows {
			rows[table.ID] = append(rows[table.ID], strings.Join(row, " | "))
		}
	}
	for id, want := range map[string][]string{
		// 90 samples have 9 beyond their p90, too few to print it.
		"volume-times": {"fast | provision | 1.1 s | 2.4 s | – | 4.2 s | 120 | 0", "fast | attach | 2 s | 3.1 s | – | 4.8 s | 120 | 0",
			"fast | detach | 1.2 s | – | – | 2.4 s | 90 | 0", "slow | provision | 6.3 s | 12 s | – | ≥ 71 s | 120 | 4", "slow | attach | 9.4 s | 14 s | – | 21 s | 116 | 0"},
		"volume-start": {"db-fast | 120 | 0 | 4.9 s | 500 ms (10%) | 1.2 s (24%) | 2.1 s (43%) | 1.1 s (22%) | 0 s (0%)",
			"db-slow | 120 | 4 | ≥ 22.5 s | 2.4 s (11%) | 9.2 s (41%) | 9.8 s (44%) | 1.1 s (4.9%) | 0 s (0%)"},
		"volume-counts":  {"fast | 120 | 120 | 25 | 120 | 40 | 0 | 0", "slow | 120 | 116 | 60 | 116 | 0 | 7 | 0"},
		"volume-pending": {"node(s) exceed max volume count | 31 | 0"},
		"volume-calls": {"fast | provision | 120 | 0 | 1.3 s | 4 s | 1.43 s | 4.2 s | 125 ms", "fast | attach | 120 | 0 | 2.17 s | 4.6 s | 2.27 s | 4.8 s | 100 ms",
			"fast | detach | 90 | 0 | 1.28 s | 2.2 s | 1.38 s | 2.4 s | 100 ms", "slow | provision | 123 | 3 | 7.25 s | 18 s | ≥ 7.72 s | ≥ 71 s | ≥ 475 ms",
			"slow | attach | 123 | 7 | – | – | 10.6 s | 21 s | –", "slow | delete | 20 | 0 | 1 s | 1 s | – | – | –"},
		"volume-nodes": {"csi.kubedyno.dev | 24 | 25 | 96%"},
	} {
		if !slices.Equal(rows[id], want) {
			t.Errorf("table %s is\n%s\nwant\n%s", id, strings.Join(rows[id], "\n"), strings.Join(want, "\n"))
		}
	}
	bars := section.Figures[0]
	if want := "Attaching took 90% of the time from scheduled to Ready (db-slow)"; bars.Title != want || len(bars.Panels) != 2 {
		t.Errorf("the figure says %q with %d bars, want %q with 2", bars.Title, len(bars.Panels), want)
	}
	for _, panel := range bars.Panels { // A piece begins where the one before ends.
		end := 0.0
		for _, piece := range panel.Series {
			if piece.Parts[0][0].X != end {
				t.Errorf("%s of %s begins at %v, want %v", piece.Name, panel.Label, piece.Parts[0][0].X, end)
			}
			end = piece.Parts[0][1].X
		}
		if end < panel.Marks[0].At.X-1e-9 || end > panel.Marks[0].At.X+1e-9 {
			t.Errorf("the bar of %s ends at %v, want %v", panel.Label, end, panel.Marks[0].At.X)
		}
	}
	if words := sectionOf(report, "method").Tables; !slices.ContainsFunc(words[len(words)-1].Rows, func(row []string) bool { return row[0] == "Attach, detach" }) {
		t.Error("it is not said how attaching was measured")
	}
}

func TestWhatTookTheStart(t *testing.T) {
	run := example.Volumes()
	starts := run.Summary.Volumes.Workloads
	starts[1].Stages = []summary.VolumeStage{{Stage: "schedule", Seconds: 1, Share: 0.1}, {Stage: "provision", Seconds: 8, Share: 0.8}, {Stage: "attach", Seconds: 1, Share: 0.1}}
	if title := sectionOf(run.Report(), "volumes").Figures[0].Title; title != "Provisioning took 80% of the time from creation to Ready (db-slow)" {
		t.Errorf("the figure says %q", title)
	}
	for i := range starts { // Every pod was uncertain.
		starts[i] = summary.VolumeStart{Workload: starts[i].Workload, Pods: 0}
	}
	if figure := sectionOf(run.Report(), "volumes").Figures[0]; figure.Empty == "" || len(figure.Panels) != 0 {
		t.Errorf("without stages the figure is %+v", figure)
	}
	if sectionOf(example.Full().Report(), "volumes") != nil {
		t.Error("a run without volumes has a section on them")
	}
}

package view_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestReportsMatchGoldens holds every word and number of whole reports, before anything draws them; of
// the lines of figures it holds the ends alone.
func TestReportsMatchGoldens(t *testing.T) {
	for name, run := range map[string]example.Run{"full": example.Full(), "killed": example.Killed(), "empty": example.Empty(), "volumes": example.Volumes()} {
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(ends(run.Report()), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
				t.Errorf("the report differs from %s; run with -update if that is meant:\n%s", golden, diff)
			}
		})
	}
}

// ends leaves the first and the last point of every line of a report, and no cells of heat maps.
func ends(r *view.Report) *view.Report {
	for _, section := range r.Sections {
		for _, figure := range section.Figures {
			for i := range figure.Panels {
				panel := &figure.Panels[i]
				if panel.Heat != nil {
					panel.Heat.Cells = nil
				}
				for _, series := range panel.Series {
					for j, part := range series.Parts {
						if len(part) > 2 {
							series.Parts[j] = []view.Point{part[0], part[len(part)-1]}
						}
					}
				}
			}
		}
	}
	return r
}

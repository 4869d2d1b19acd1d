package text

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
)

func TestPlanCapacityText(t *testing.T) {
	for name, plan := range example.CapacityPlans() {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := WritePlanCapacity(&got, view.BuildPlanCapacity(plan), Options{}); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "plan-capacity-"+name+".txt")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("text differs from %s; run with -update if that is meant:\n%s", golden, diff)
			}
			for line := range strings.Lines(got.String()) {
				if columns(strings.TrimSuffix(line, "\n")) > DefaultWidth {
					t.Errorf("a line is wider than %d columns: %s", DefaultWidth, line)
				}
			}
		})
	}
}

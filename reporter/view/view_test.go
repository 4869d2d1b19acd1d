package view_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

func TestObjectivesShowTheSummarysNumbers(t *testing.T) {
	run := example.Full()
	report := run.Report()
	if len(report.Objectives) != len(run.Summary.Objectives) {
		t.Fatalf("%d objectives, want %d", len(report.Objectives), len(run.Summary.Objectives))
	}
	rows := map[string]view.Objective{}
	for _, row := range report.Objectives {
		rows[row.Name] = row
	}
	for _, o := range run.Summary.Objectives {
		row := rows[o.Name]
		limit := "≤ "
		bound := o.Most
		if bound == nil {
			limit, bound = "≥ ", o.Least
		}
		want := []string{string(o.Verdict), sample.Format(*o.Observed, o.Unit), limit + sample.Format(*bound, o.Unit), sample.FormatCount(o.N)}
		if diff := cmp.Diff(want, []string{string(row.Verdict), row.Observed, row.Limit, row.N}); diff != "" {
			t.Errorf("%s:\n%s", o.Name, diff)
		}
		if row.Share != *o.Observed / *bound {
			t.Errorf("%s: bar is %g of the limit, want %g", o.Name, row.Share, *o.Observed / *bound)
		}
	}
	if report.Objectives[0].Verdict != slo.Miss {
		t.Errorf("first objective is %s, want the missed one", report.Objectives[0].Verdict)
	}
}

func TestNothingIsGreenWithoutData(t *testing.T) {
	for _, check := range example.Empty().Report().Trust {
		if check.State == view.OK {
			t.Errorf("%s is ok in a run without data: %s", check.Name, check.Value)
		}
	}
}

func TestTrustOfAFullRun(t *testing.T) {
	got := map[string]string{}
	for _, check := range example.Full().Report().Trust {
		got[check.Name] = strings.Join(strings.Fields(check.Value+" "+check.Limit+" "+string(check.State)), " ")
	}
	want := map[string]string{
		"Run": "complete ok", "Harness share of CPU": "13% ≤ 25% ok", "Dropped records": "0 ≤ 0 ok", "Watch relists": "0 ≤ 0 ok",
		"Records waiting, most at once": "46 ≤ 8,192 ok", "Pods missing from the books": "0 ≤ 0 ok",
		"Requests held back by kubedyno": "3, 750 ms in all ≤ 0 doubt",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	if !strings.HasSuffix(got["Achieved of offered load"], "doubt") {
		t.Errorf("load that fell behind is %q, want a doubt", got["Achieved of offered load"])
	}
}

func TestEverySectionSaysSomething(t *testing.T) {
	for name, run := range map[string]example.Run{"full": example.Full(), "killed": example.Killed(), "empty": example.Empty(), "volumes": example.Volumes()} {
		t.Run(name, func(t *testing.T) {
			for _, section := range run.Report().Sections {
				for _, figure := range section.Figures {
					if len(figure.Panels) == 0 && figure.Empty == "" {
						t.Errorf("%s: figure %s is blank", section.ID, figure.ID)
					}
					if len(figure.Panels) > 0 && (figure.Alt == "" || len(figure.Table.Rows) == 0) {
						t.Errorf("%s: figure %s has no text alternative or no table", section.ID, figure.ID)
					}
				}
				for _, table := range section.Tables {
					if len(table.Rows) == 0 && table.Empty == "" {
						t.Errorf("%s: table %s is blank", section.ID, table.ID)
					}
					for _, row := range table.Rows {
						if len(row) != len(table.Columns) {
							t.Errorf("%s: table %s has a row of %d cells under %d columns", section.ID, table.ID, len(row), len(table.Columns))
						}
					}
				}
				if len(section.Figures)+len(section.Tables)+len(section.Codes) == 0 {
					t.Errorf("section %s is empty", section.ID)
				}
			}
		})
	}
}

func TestFiguresStateAFinding(t *testing.T) {
	titles := map[string]string{}
	for _, section := range example.Full().Report().Sections {
		for _, figure := range section.Figures {
			titles[figure.ID] = figure.Title
		}
	}
	for id, want := range map[string]string{
		"timeline-figure": "5,000 of 5,000 pods became Ready; all processes together peaked at",
		"startup-figure":  "Pod startup p99 was",
		"api-figure":      "API latency missed 1 of 2 limits; slowest: list pods (cluster), p99",
		"cpu-figure":      "kube-apiserver used the most CPU:",
		"memory-figure":   "kube-apiserver held the most memory:",
	} {
		if !strings.HasPrefix(titles[id], want) {
			t.Errorf("%s is titled %q, want %q ...", id, titles[id], want)
		}
	}
}

func TestTablesAgreeWithFigures(t *testing.T) {
	for _, section := range example.Full().Report().Sections {
		if section.ID != "pods" {
			continue
		}
		fromFigure := map[string]string{}
		for _, row := range section.Figures[0].Table.Rows {
			fromFigure[row[1]] = strings.Join(row[3:6], " ")
		}
		for _, row := range section.Tables[0].Rows {
			if want := strings.Join(row[3:6], " "); fromFigure[row[2]] != want {
				t.Errorf("stage %s: figure says %q, table %q", row[2], fromFigure[row[2]], want)
			}
		}
	}
}

func TestFailureIsAWarning(t *testing.T) {
	warnings := example.Empty().Report().Warnings
	if len(warnings) != 1 || !strings.Contains(warnings[0], "port 6443 is in use") {
		t.Errorf("warnings are %q", warnings)
	}
}

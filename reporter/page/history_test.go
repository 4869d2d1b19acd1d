package page

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/history"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// TestHistoryPage checks the page's elements as those of a run's
// page, that IDs are unique, that no link leads away, and that what was found stands there in words.
func TestHistoryPage(t *testing.T) {
	for name, made := range example.Histories() {
		t.Run(name, func(t *testing.T) {
			shown := view.BuildHistory(made)
			var page bytes.Buffer
			if err := WriteHistory(&page, shown); err != nil {
				t.Fatal(err)
			}
			root, err := html.Parse(&page)
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			walk(root, func(node *html.Node) {
				checkElement(t, node)
				if id := attr(node, "id"); id != "" {
					if ids[id] {
						t.Errorf("the ID %s is there twice", id)
					}
					ids[id] = true
				}
			})
			words := []string{made.Sentence}
			for _, m := range shown.Machines {
				for _, f := range m.List {
					words = append(words, f.Name, f.Word)
				}
				for _, figure := range m.Figures {
					words = append(words, figure.Title)
				}
			}
			for _, word := range words {
				if !strings.Contains(textOf(root), word) {
					t.Errorf("the page does not say %q", word)
				}
			}
		})
	}
}

// TestHistoryPageSize holds the longest history to the size of a page: 200 runs with 20 objectives,
// each made with another version.
func TestHistoryPageSize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	limit := 5.0
	var runs []compare.Run
	for i := range history.MaxRuns {
		id := fmt.Sprintf("20260102-030405-nightly-%03d", i)
		run := compare.Run{Name: id, Summary: &summary.Summary{Verdict: slo.Pass}, Manifest: bundle.Manifest{ID: id, Scenario: "pod-startup", Status: bundle.Complete,
			Started: time.Date(2026, 1, 1+i, 3, 0, 0, 0, time.UTC), Tool: bundle.Tool{Version: "v0.3.0", Commit: fmt.Sprintf("%010d", i)}}}
		for n := range 20 {
			value := 1 + 0.1*random.NormFloat64()
			if n < 3 && i > 50*n+20 {
				value *= 1.5
			}
			run.Summary.Objectives = append(run.Summary.Objectives, summary.Objective{Verdict: slo.Pass, Observed: &value, Objective: slo.Objective{
				Name: fmt.Sprintf("pod startup p99 ≤ 5 s, workload number %d", n), Metric: sample.PodStartup, Statistic: "p99",
				Where: sample.Labels{"workload": fmt.Sprint(n)}, Most: &limit}})
		}
		runs = append(runs, run)
	}
	h, err := history.Of(runs, history.Options{Alpha: 0.05, MinEffect: 0.05})
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := WriteHistory(&page, view.BuildHistory(h)); err != nil {
		t.Fatal(err)
	}
	if page.Len() > MaxBytes || page.Len() < MaxBytes/3 {
		t.Errorf("the page has %d bytes, more than %d, or hardly any", page.Len(), MaxBytes)
	}
	if !strings.Contains(page.String(), "more figures are not drawn") {
		t.Error("the page does not say what it leaves out")
	}
}

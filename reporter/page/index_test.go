package page

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/index"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// listed is a folder with one of everything that an index shows.
func listed() *index.Index {
	at := func(hours int) time.Time {
		return time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC).Add(-time.Duration(hours) * time.Hour)
	}
	run := index.Entry{Kind: index.Run, Scenario: "pods-burst", Title: "A burst of pods", Status: bundle.Complete,
		Duration: sample.Offset(47 * time.Second), Kubernetes: []string{"v1.37.2"}, NodesLeast: 1000, NodesMost: 1000,
		Verdict: slo.Pass, Sentence: "PASS: all 9 objectives met.", Met: 9, Judged: 9, Report: true}
	var entries []index.Entry
	add := func(change func(*index.Entry)) {
		e, n := run, len(entries)
		e.Folder, e.ID, e.Started = fmt.Sprintf("run %d: <a>", n), fmt.Sprint("id-", n), at(n)
		change(&e)
		entries = append(entries, e)
	}
	add(func(e *index.Entry) {
		e.Verdict, e.Met, e.Sentence = slo.Miss, 8, "MISS: 1 of 9 objectives missed. "+strings.Repeat("pod startup p99 6.2 s, ", 9)
	})
	add(func(*index.Entry) {})
	add(func(e *index.Entry) {
		e.Status, e.Duration, e.Verdict, e.Sentence, e.Met, e.Report = bundle.Running, 0, "", "", 0, false
	})
	add(func(e *index.Entry) {
		e.Kind, e.Scenario, e.Title, e.Met, e.Judged, e.NodesLeast, e.TrialsEnded, e.Trials = index.Experiment, "hpa", "", 4, 9, 20, 8, 9
		e.Status, e.Verdict, e.Sentence = bundle.Interrupted, slo.Inconclusive, "INCONCLUSIVE: the experiment did not finish."
	})
	add(func(e *index.Entry) { e.Damage, e.Verdict = "read summary.json: unexpected end of JSON input", "" })
	add(func(e *index.Entry) {
		e.Title, e.Verdict, e.Sentence, e.Judged, e.Status = "", slo.NoData, "", 0, bundle.Failed
	})
	return &index.Index{Entries: append(entries, index.Entry{Folder: "broken", Kind: index.Run, Damage: "open run: read manifest.json: <"})}
}

func renderIndex(t *testing.T, x *index.Index) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := WriteIndex(&page, view.BuildIndex(x)); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
}

// TestIndexStructure checks the elements as those of a run's page, and that every report there
// is, and nothing else, is linked by a path within the folder.
func TestIndexStructure(t *testing.T) {
	root, err := html.Parse(bytes.NewReader(renderIndex(t, listed())))
	if err != nil {
		t.Fatal(err)
	}
	ids, targets, links := map[string]int{}, []string{}, []string{}
	walk(root, func(node *html.Node) {
		href := attr(node, "href")
		if node.Data == "a" && !strings.HasPrefix(href, "#") {
			links = append(links, href)
			return
		}
		checkElement(t, node)
		targets = append(targets, strings.Fields(attr(node, "aria-labelledby"))...)
		if id := attr(node, "id"); id != "" {
			ids[id]++
		}
		if attr(node, "role") == "img" && !strings.HasPrefix(attr(node, "aria-label"), "Newest first: ") {
			t.Errorf("a strip is not told in words: %q", attr(node, "aria-label"))
		}
	})
	var want []string
	for _, number := range []int{0, 1, 3, 4, 5} {
		want = append(want, fmt.Sprintf("./run%%20%d:%%20%%3Ca%%3E/report.html", number))
	}
	if diff := cmp.Diff(want, links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	for _, target := range targets {
		if ids[target] != 1 {
			t.Errorf("%d elements have the ID %q that the page points to", ids[target], target)
		}
	}
	text := textOf(root)
	for _, want := range []string{"No report yet.", "killed, or still running", "Left out", "broken"} {
		if found := strings.Contains(text, want); found != (want != "Left out") {
			t.Errorf("that the page says %q is %v", want, found)
		}
	}
}

func TestIndexOfManyRuns(t *testing.T) {
	tests := []struct {
		name     string
		runs     int
		sentence string
		listed   func(int) bool
	}{
		{"ordinary", 500, "PASS: all 9 objectives met.", func(n int) bool { return n == 500 }},
		{"more than fit", 700, "PASS: all 9 objectives met.", func(n int) bool { return n == 500 }},
		{"long", 500, "MISS: " + strings.Repeat("<pod> & p99, ", 99), func(n int) bool { return n > 200 && n < 500 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := &index.Index{}
			for i := range test.runs {
				x.Entries = append(x.Entries, index.Entry{Folder: fmt.Sprintf("20261123-%06d-pods-burst", i), ID: "id", Kind: index.Run,
					Scenario: fmt.Sprint("pods-burst-", i%30), Title: "A burst of pods on 1,000 nodes", Status: bundle.Complete,
					Started: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Duration: sample.Offset(time.Minute),
					Kubernetes: []string{"v1.37.2"}, NodesLeast: 1000, NodesMost: 1000, Verdict: slo.Pass,
					Sentence: test.sentence, Met: 9, Judged: 9, Report: true})
			}
			page := renderIndex(t, x)
			if len(page) > MaxBytes {
				t.Errorf("the page has %d bytes, more than %d", len(page), MaxBytes)
			}
			rows := bytes.Count(page, []byte("/report.html"))
			if !test.listed(rows) {
				t.Errorf("%d runs are listed in %d bytes", rows, len(page))
			}
			said := fmt.Sprintf("%d older run", test.runs-rows)
			if bytes.Contains(page, []byte(said)) != (rows < test.runs) {
				t.Errorf("%d of %d runs are listed; that the page says %q is wrong", rows, test.runs, said)
			}
		})
	}
}

package page

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/experiment"
)

func experiments() map[string]*experiment.Experiment {
	return map[string]*experiment.Experiment{"compared": example.Compared(), "ladder": example.Ladder(),
		"stopped": example.Stopped(), "nothing": example.Nothing(),
		"weighed": example.Weighed(), "rolled": example.Rolled()}
}

func renderExperiment(t *testing.T, e *experiment.Experiment) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := WriteExperiment(&page, view.BuildExperiment(e)); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
}

// TestExperimentPageStructure checks the elements as those of a run's page, that IDs are unique
// and that links to the trials lead to their reports, and to nowhere else.
func TestExperimentPageStructure(t *testing.T) {
	for name, e := range experiments() {
		t.Run(name, func(t *testing.T) {
			root, err := html.Parse(bytes.NewReader(renderExperiment(t, e)))
			if err != nil {
				t.Fatal(err)
			}
			ids, links := map[string]bool{}, map[string]bool{}
			walk(root, func(node *html.Node) {
				if node.Data == "a" && !strings.HasPrefix(attr(node, "href"), "#") {
					links[attr(node, "href")] = true
					return
				}
				checkElement(t, node)
				if id := attr(node, "id"); id != "" {
					if ids[id] {
						t.Errorf("the ID %s is there twice", id)
					}
					ids[id] = true
				}
			})
			want := map[string]bool{}
			for _, trial := range e.Trials {
				if trial.Verdict != "" {
					want[trial.Folder+"/report.html"] = true
				}
			}
			if diff := cmp.Diff(want, links); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
			if !strings.Contains(textOf(root), e.Sentence) {
				t.Errorf("the page does not say %q", e.Sentence)
			}
		})
	}
}

// TestExperimentPageLeadsToComparison checks that there is a link to the comparison of two
// variants if and only if there is one.
func TestExperimentPageLeadsToComparison(t *testing.T) {
	e := example.Compared()
	const link = `href="compare.html"`
	if strings.Contains(string(renderExperiment(t, e)), link) {
		t.Error("an experiment that compares no two variants leads to a comparison")
	}
	e.Versus = &experiment.Versus{Base: "a.yaml", Variant: "b.yaml"}
	if page := string(renderExperiment(t, e)); !strings.Contains(page, link) || !strings.Contains(page, "b.yaml") {
		t.Error("the page does not lead to the comparison, or does not say what was compared")
	}
	e.Variants[1].Ended = 0
	if strings.Contains(string(renderExperiment(t, e)), link) {
		t.Error("there is a link though a side has no run that counts")
	}
}

package page

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// TestPlanCapacityPage checks the page's elements as those of a run's page, that IDs are unique, and
// that what was found stands there in words.
func TestPlanCapacityPage(t *testing.T) {
	for name, plan := range example.CapacityPlans() {
		t.Run(name, func(t *testing.T) {
			shown := view.BuildPlanCapacity(plan)
			var page bytes.Buffer
			if err := WritePlanCapacity(&page, shown); err != nil {
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
			words := []string{plan.Sentence, shown.Lead}
			for _, part := range shown.Parts {
				words = append(words, part.Title)
				words = append(words, part.ToKnow...)
			}
			for _, figure := range shown.Figures {
				words = append(words, figure.Title)
			}
			for _, word := range words {
				if !strings.Contains(textOf(root), word) {
					t.Errorf("the page does not say %q", word)
				}
			}
		})
	}
}

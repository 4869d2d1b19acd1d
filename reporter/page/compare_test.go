package page

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// TestComparePage checks the page's elements as those of a run's
// page, that IDs are unique, that no link leads away, and that every verdict stands there as a word.
func TestComparePage(t *testing.T) {
	for name, comparison := range example.Comparisons() {
		t.Run(name, func(t *testing.T) {
			shown := view.BuildCompare(comparison)
			var page bytes.Buffer
			if err := WriteCompare(&page, shown); err != nil {
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
			words := []string{comparison.Sentence}
			for _, change := range shown.Changes {
				words = append(words, change.Word, change.Change)
			}
			for _, word := range words {
				if !strings.Contains(textOf(root), word) {
					t.Errorf("the page does not say %q", word)
				}
			}
		})
	}
}

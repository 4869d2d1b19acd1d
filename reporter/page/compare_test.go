package page

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// TestComparePage holds the page to its golden file and checks its elements as those of a run's
// page, that IDs are unique, that no link leads away, and that every verdict stands there as a word.
func TestComparePage(t *testing.T) {
	for name, comparison := range example.Comparisons() {
		t.Run(name, func(t *testing.T) {
			shown := view.BuildCompare(comparison)
			var page bytes.Buffer
			if err := WriteCompare(&page, shown); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "compare-"+name+".html")
			if *update {
				if err := os.WriteFile(golden, page.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(page.String(), "\n")); diff != "" {
				t.Errorf("page differs from %s; run with -update if that is meant:\n%s", golden, diff)
			}
			if page.Len() > MaxBytes {
				t.Errorf("the page has %d bytes, more than %d", page.Len(), MaxBytes)
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

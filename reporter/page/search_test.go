package page

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/kubedyno/kubedyno/reporter/internal/example"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/search"
)

func renderSearch(t *testing.T, s *search.Search) []byte {
	t.Helper()
	var page bytes.Buffer
	if err := WriteSearch(&page, view.BuildSearch(s)); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
}

// TestSearchPageStructure checks the elements as those of a run's page, that IDs are unique and that
// links lead to the reports of the trials that have one, and to nowhere else.
func TestSearchPageStructure(t *testing.T) {
	for name, s := range example.Searches() {
		t.Run(name, func(t *testing.T) {
			root, err := html.Parse(bytes.NewReader(renderSearch(t, s)))
			if err != nil {
				t.Fatal(err)
			}
			ids, links := map[string]bool{}, map[string]bool{}
			walk(root, func(node *html.Node) {
				if href := attr(node, "href"); node.Data == "a" && !strings.HasPrefix(href, "#") {
					links[href] = true
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
			for _, v := range s.Variants {
				for _, trial := range v.Trials {
					if trial.Verdict != "" {
						want[trial.Folder+"/report.html"] = true
					}
				}
			}
			if diff := cmp.Diff(want, links); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
			if !strings.Contains(textOf(root), s.Sentence) {
				t.Errorf("the page does not say %q", s.Sentence)
			}
		})
	}
}

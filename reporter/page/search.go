package page

import (
	_ "embed" // For the template.
	"fmt"
	"io"

	"github.com/kubedyno/kubedyno/reporter/view"
)

//go:embed search.html
var searchTemplate string

// WriteSearch writes what a capacity search has found as one HTML file. Its links to the trials' pages
// are relative, so the folder can be moved as a whole.
func WriteSearch(w io.Writer, search *view.Search) error {
	data := struct {
		*view.Search
		frame
	}{search, newFrame()}
	if err := execute(w, "search", data); err != nil {
		return fmt.Errorf("write the report page of search %s: %w", search.ID, err)
	}
	return nil
}

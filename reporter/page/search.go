package page

import (
	"fmt"
	"io"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// WriteSearch writes what a capacity search has found as one HTML file. Its links to the trials' pages
// are relative, so the folder can be moved as a whole.
func WriteSearch(w io.Writer, search *view.Search) error {
	data := struct {
		*view.Search
		frame
	}{search, newFrame()}
	if err := execute(w, "search.html", data); err != nil {
		return fmt.Errorf("write the report page of search %s: %w", search.ID, err)
	}
	return nil
}

package page

import (
	"fmt"
	"io"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// WriteHistory writes the history of a scenario as one HTML file.
func WriteHistory(w io.Writer, history *view.History) error {
	data := struct {
		*view.History
		frame
	}{history, newFrame()}
	if err := execute(w, "history.html", data); err != nil {
		return fmt.Errorf("write the page of the history: %w", err)
	}
	return nil
}

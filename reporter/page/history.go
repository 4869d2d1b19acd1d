package page

import (
	_ "embed" // For the template.
	"fmt"
	"io"

	"github.com/kubedyno/kubedyno/reporter/view"
)

//go:embed history.html
var historyTemplate string

// WriteHistory writes the history of a scenario as one HTML file.
func WriteHistory(w io.Writer, history *view.History) error {
	data := struct {
		*view.History
		frame
	}{history, newFrame()}
	if err := execute(w, "history", data); err != nil {
		return fmt.Errorf("write the page of the history: %w", err)
	}
	return nil
}

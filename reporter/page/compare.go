package page

import (
	"fmt"
	"io"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// WriteCompare writes a comparison of two sides as one HTML file.
func WriteCompare(w io.Writer, comparison *view.Compare) error {
	data := struct {
		*view.Compare
		frame
	}{comparison, newFrame()}
	if err := execute(w, "compare.html", data); err != nil {
		return fmt.Errorf("write the page of the comparison: %w", err)
	}
	return nil
}

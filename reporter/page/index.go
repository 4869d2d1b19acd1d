package page

import (
	"bytes"
	"fmt"
	"io"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// WriteIndex writes the list of the runs in a folder as one HTML file of at most MaxBytes: the
// oldest runs are left out of a page that would be longer, which then says so. Its links to the
// reports are relative, so the folder can be moved or published as a whole.
func WriteIndex(w io.Writer, index *view.Index) error {
	var page bytes.Buffer
	for {
		page.Reset()
		data := struct {
			*view.Index
			frame
		}{index, newFrame()}
		if err := execute(&page, "index.html", data); err != nil {
			return fmt.Errorf("write the index page: %w", err)
		}
		if page.Len() <= MaxBytes || len(index.Rows) == 0 {
			break
		}
		// A row has at least a few hundred bytes, so this ends after a few rounds.
		fits := len(index.Rows) * MaxBytes / page.Len()
		index.Keep(min(fits, len(index.Rows)-1))
	}
	if _, err := page.WriteTo(w); err != nil {
		return fmt.Errorf("write the index page: %w", err)
	}
	return nil
}

package page

import (
	"fmt"
	"io"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// WritePlanCapacity writes what a control plane can hold as one HTML file.
func WritePlanCapacity(w io.Writer, plan *view.PlanCapacity) error {
	data := struct {
		*view.PlanCapacity
		frame
	}{plan, newFrame()}
	if err := execute(w, "plancapacity.html", data); err != nil {
		return fmt.Errorf("write the page of the capacity plan: %w", err)
	}
	return nil
}

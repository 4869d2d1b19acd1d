package chart

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// readings say how a place in a panel becomes a value again, so that a script can read off the lines
// what they show, and the page need not hold their points twice:
//
//	data-area  left, top, right and bottom of the panel, in pixels of the drawing
//	data-x     "time", "tail" or "linear", and the values at the left and at the right
//	data-y     "linear" or "log", and the values at the bottom and at the top
//	data-unit  the unit of the vertical axis
//	data-label what the panel shows
//
// Panels whose horizontal axis has names or settings instead of numbers have none.
func readings(figure view.Figure, panel view.Panel, p *plot.Plot, c draw.Canvas, height float64) []svg.Datum {
	across := map[view.Axis]string{
		view.TimeAxis: "time", view.TailAxis: "tail",
		view.NodesAxis: "linear", view.PodsAxis: "linear", view.HPAsAxis: "linear", view.RequestsAxis: "linear",
	}[figure.Axis]
	if across == "" {
		return nil
	}
	up, low := "linear", p.Y.Min
	if panel.Log {
		up, low = "log", max(low, smallest)
	}
	return []svg.Datum{
		{Name: "area", Value: fmt.Sprintf("%.1f %.1f %.1f %.1f", c.Min.X.Points(), height-c.Max.Y.Points(), c.Max.X.Points(), height-c.Min.Y.Points())},
		{Name: "x", Value: fmt.Sprintf("%s %.7g %.7g", across, p.X.Min, p.X.Max)},
		{Name: "y", Value: fmt.Sprintf("%s %.7g %.7g", up, low, p.Y.Max)},
		{Name: "unit", Value: string(panel.Unit)},
		{Name: "label", Value: panel.Label},
	}
}

package chart

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// heatPanel is the height of a panel with a heat map.
const heatPanel = 150

// HeatInk is the ink of a shade, from 1 to view.HeatShades.
func HeatInk(shade int) svg.Ink { return svg.Ink(fmt.Sprintf("density-%d", shade)) }

// A heatMap is the cells of a heat map: one path for each shade, of one rectangle for every run of
// equal cells in a row.
type heatMap struct{ heat *view.HeatMap }

// Plot draws the cells.
func (h heatMap) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for shade := 1; shade <= view.HeatShades; shade++ {
		var path vg.Path
		for row := range len(h.heat.Edges) - 1 {
			low, high := y(h.heat.Edges[row]), y(h.heat.Edges[row+1])
			for _, run := range h.runs(row, shade) {
				from, to := x(float64(run[0])*h.heat.Width), min(x(float64(run[1])*h.heat.Width), c.Max.X)
				path.Move(vg.Point{X: from, Y: low})
				path.Line(vg.Point{X: to, Y: low})
				path.Line(vg.Point{X: to, Y: high})
				path.Line(vg.Point{X: from, Y: high})
				path.Close()
			}
		}
		if len(path) > 0 {
			c.SetColor(HeatInk(shade))
			c.Fill(path)
		}
	}
}

// runs are the columns, from and to, in which a row has a shade without a break.
func (h heatMap) runs(row, shade int) (runs [][2]int) {
	for column, cells := range h.heat.Cells {
		if cells[row] != shade {
			continue
		}
		if n := len(runs); n > 0 && runs[n-1][1] == column {
			runs[n-1][1]++
			continue
		}
		runs = append(runs, [2]int{column, column + 1})
	}
	return runs
}

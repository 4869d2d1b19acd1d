package chart

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// Interval is the ink of what lies between two lines.
const Interval svg.Ink = "density-1"

// A between fills an area between two lines.
type between struct{ area view.Area }

// finiteAreas cuts areas where a point of either line is not finite.
func finiteAreas(areas []view.Area) []view.Area {
	var all []view.Area
	for _, area := range areas {
		n := 0
		for n < min(len(area.Lower), len(area.Upper)) && finite(area.Lower[n]) && finite(area.Upper[n]) {
			n++
		}
		if n > 0 {
			all = append(all, view.Area{Lower: area.Lower[:n], Upper: area.Upper[:n]})
		}
	}
	return all
}

// Plot draws the area, which has points.
func (b between) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	inside := func(point view.Point) vg.Point {
		return vg.Point{X: min(max(x(point.X), c.Min.X), c.Max.X), Y: min(max(y(point.Y), c.Min.Y), c.Max.Y)}
	}
	var path vg.Path
	path.Move(inside(b.area.Lower[0]))
	for _, point := range b.area.Lower[1:] {
		path.Line(inside(point))
	}
	for _, point := range slices.Backward(b.area.Upper) {
		path.Line(inside(point))
	}
	path.Close()
	c.SetColor(Interval)
	c.Fill(path)
}

// unmeasured are the stretches of the horizontal axis without data, shaded behind everything, each
// with its name at the top where there is room.
type unmeasured struct{ all []view.Band }

// Plot draws the stretches.
func (u unmeasured) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	style := words(Muted, draw.XLeft, draw.YTop)
	for _, stretch := range u.all {
		from, to := max(x(stretch.From), c.Min.X), min(x(stretch.To), c.Max.X)
		if to <= from {
			continue
		}
		c.SetColor(Band)
		c.Fill(vg.Rectangle{Min: vg.Point{X: from, Y: c.Min.Y}, Max: vg.Point{X: to, Y: c.Max.Y}}.Path())
		const margin = 4
		if style.Width(stretch.Name)+2*margin <= to-from {
			c.FillText(style, vg.Point{X: from + margin, Y: c.Max.Y - margin}, stretch.Name)
		}
	}
}

package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// The sizes of ticks, in CSS pixels.
const (
	tickHeight = 8
	tickWidth  = 1.4
	tickGap    = 2 // Between a panel and the ticks below it.
)

// tickStyle is that of ticks: the ink of limits, as what they tell of came against one.
func tickStyle() draw.LineStyle { return draw.LineStyle{Color: Limit, Width: tickWidth} }

// ticks are moments at the foot of a panel: below it, where no line hides them, or within the panel that
// has the words of the horizontal axis below it.
type ticks struct {
	canvas *svg.Canvas
	all    view.Ticks
	within bool
}

// Plot draws a stroke for every moment. Those that would lie on the one before are left out.
func (t ticks) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	t.canvas.Group(t.all.Name)
	defer t.canvas.EndGroup()
	foot := c.Min.Y - tickGap - tickHeight
	if t.within {
		foot = c.Min.Y
	}
	var path vg.Path
	last := vg.Length(-1)
	for _, at := range t.all.At {
		place := min(max(x(at), c.Min.X), c.Max.X)
		if place < last+tickWidth {
			continue
		}
		last = place
		path.Move(vg.Point{X: place, Y: foot})
		path.Line(vg.Point{X: place, Y: foot + tickHeight})
	}
	c.SetLineStyle(tickStyle())
	c.Stroke(path)
}

// drawTickName writes what the ticks of a panel are above its right end, beside a piece of them.
func drawTickName(panel view.Panel, c draw.Canvas) {
	if len(panel.Ticks.At) == 0 {
		return
	}
	const space = 6
	style := words(Limit, draw.XRight, draw.YBottom)
	at := vg.Point{X: c.Max.X - 2, Y: c.Max.Y + 9}
	c.FillText(style, at, panel.Ticks.Name)
	left := at.X - style.Width(panel.Ticks.Name) - space
	c.StrokeLine2(tickStyle(), left, at.Y, left, at.Y+tickHeight)
}

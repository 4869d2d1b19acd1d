package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// dotRadius is the radius of a dot in CSS pixels.
const dotRadius = 3.5

// plotWidth is about how wide the panels are, for the room of a name below them.
const plotWidth = width - gutter - 60

// setNamed sets up an axis whose places have names: the values of a parameter, or words.
func setNamed(p *plot.Plot, figure view.Figure) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, tick := range figure.Ticks {
		low, high = min(low, tick.At), max(high, tick.At)
	}
	switch {
	case len(figure.Ticks) == 0:
		low, high = 0, 1
	case figure.Axis == view.NamesAxis || low == high:
		low, high = low-0.5, high+0.5
	case figure.Log && low > 0:
		p.X.Scale = logScale{}
		low, high = low*math.Pow(low/high, 0.04), high*math.Pow(high/low, 0.04)
	default:
		room := 0.04 * (high - low)
		low, high = low-room, high+room
	}
	p.X.Min, p.X.Max = low, high
	var ticks []plot.Tick
	room := vg.Length(plotWidth / max(1, len(figure.Ticks)))
	for _, tick := range figure.Ticks {
		ticks = append(ticks, plot.Tick{Value: tick.At, Label: fit(tick.Name, words(Muted, draw.XCenter, draw.YTop), room-8)})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.X.Label.Text = figure.Along
}

// dots are a series whose points are marks of their own.
type dots struct {
	canvas *svg.Canvas
	series view.Series
	index  int // Among the panel's series.
}

// Plot draws the dots.
func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	d.canvas.Group(d.series.Name, svg.Datum{Name: "series", Value: fmt.Sprint(d.index)})
	defer d.canvas.EndGroup()
	for _, part := range d.series.Parts {
		for _, point := range part {
			drawDot(c, d.series.Slot, vg.Point{X: x(point.X), Y: y(point.Y)})
		}
	}
}

func drawDot(c draw.Canvas, slot int, at vg.Point) {
	var path vg.Path
	path.Move(vg.Point{X: at.X + dotRadius, Y: at.Y})
	path.Arc(at, dotRadius, 0, 2*math.Pi)
	path.Close()
	c.SetColor(lineStyle(slot).Color)
	c.Fill(path)
}

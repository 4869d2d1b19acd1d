package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// outages are stretches of time between two upright lines, in every panel.
type outages struct {
	canvas *svg.Canvas
	all    []view.Band
}

// Plot draws the lines.
func (o outages) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for _, stretch := range o.all {
		o.canvas.Group(stretch.Name)
		for _, at := range []float64{stretch.From, stretch.To} {
			place := min(max(x(at), c.Min.X), c.Max.X)
			c.StrokeLine2(draw.LineStyle{Color: Limit, Width: 1.2, Dashes: []vg.Length{2, 3}}, place, c.Min.Y, place, c.Max.Y)
		}
		o.canvas.EndGroup()
	}
}

// drawOutageNames writes what each stretch stands for above the first panel, on the right of the panel's
// label, where it fits.
func drawOutageNames(figure view.Figure, p *plot.Plot, area draw.Canvas) {
	c := p.DataCanvas(area)
	x, _ := p.Transforms(&c)
	style := words(Limit, draw.XLeft, draw.YBottom)
	title := words(svg.Text, draw.XLeft, draw.YBottom)
	free := vg.Length(12)
	if len(figure.Panels) > 0 {
		free += title.Width(figure.Panels[0].Label) * boldWidth
	}
	for _, stretch := range figure.Outages {
		from := max(x(stretch.From), c.Min.X, free)
		if style.Width(stretch.Name) > c.Max.X+gutter-from {
			continue // The caption of the figure's table has it.
		}
		c.FillText(style, vg.Point{X: from, Y: c.Max.Y + 9}, stretch.Name)
		free = from + style.Width(stretch.Name) + 12
	}
}

// boldWidth is about how much wider bold words are.
const boldWidth = 1.1

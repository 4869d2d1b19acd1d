package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// beyond are the stretches in which a limit was passed, behind the data.
type beyond struct{ all []view.Band }

// leastBeyond is how wide a stretch is drawn at least, so that a short one is seen.
const leastBeyond = 2

// Plot draws the stretches.
func (b beyond) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for _, stretch := range b.all {
		from, to := max(x(stretch.From), c.Min.X), min(x(stretch.To), c.Max.X)
		c.SetColor(Beyond)
		c.Fill(vg.Rectangle{
			Min: vg.Point{X: from, Y: c.Min.Y},
			Max: vg.Point{X: min(max(to, from+leastBeyond), c.Max.X), Y: c.Max.Y},
		}.Path())
	}
}

package chart

import (
	"math"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

// The sizes of a strip figure in CSS pixels.
const (
	stripLabel  = 24 // Above the two lines of dots of a panel.
	stripLine   = 17 // One line of dots.
	stripGap    = 14 // Between panels.
	stripLeft   = 14
	stripStroke = 6 // Half the height of a median's stroke.
)

// A strip places shares of a base along the horizontal axis.
type strip struct {
	log         bool
	low, high   float64 // Shares, or logarithms of multiples.
	left, right vg.Length
}

// leastMultiple is where a log axis has what is 0 or hardly more.
const leastMultiple = 1e-3

// place is where a share lies between low and high.
func (s strip) place(share float64) float64 {
	if !s.log {
		return share
	}
	return math.Log10(max(1+share, leastMultiple))
}

func (s strip) at(share float64) vg.Length {
	return s.left + (s.right-s.left)*vg.Length((s.place(share)-s.low)/(s.high-s.low))
}

// ticks are round shares, or on a log scale round multiples.
func (s strip) ticks() []plot.Tick {
	var ticks []plot.Tick
	if !s.log {
		step := round((s.high - s.low) / maxTimeTicks)
		for i := math.Ceil(s.low/step - 1e-9); i*step <= s.high+1e-9; i++ {
			ticks = append(ticks, plot.Tick{Value: i * step, Label: shareLabel(i * step)})
		}
		return ticks
	}
	for exponent := math.Floor(s.low); exponent <= math.Ceil(s.high); exponent++ {
		for _, m := range []float64{1, 2, 5} {
			multiple := m * math.Pow(10, exponent)
			if place := math.Log10(multiple); place >= s.low && place <= s.high && (m == 1 || s.high-s.low < 3) {
				ticks = append(ticks, plot.Tick{Value: multiple - 1, Label: "×" + sample.Format(multiple, sample.Count)})
			}
		}
	}
	return ticks
}

// drawStrip draws a figure of one pair of lines of dots for each panel, all over one axis of
// shares. A panel's marks are the medians of its series with their intervals.
func drawStrip(figure view.Figure) *svg.Canvas {
	const row = stripLabel + 2*stripLine + stripGap
	height := float64(len(figure.Panels)*row) + axisRoom
	canvas := svg.New(svg.Options{ID: figure.ID, Width: width, Height: height, Title: figure.Title, Description: figure.Alt})
	c := draw.New(canvas)
	s := stripOf(figure)
	bottom, top := vg.Length(axisRoom), vg.Length(height)
	tick := words(Muted, draw.XCenter, draw.YTop)
	for _, mark := range s.ticks() {
		ink := Grid
		if math.Abs(mark.Value) < 1e-9 {
			ink = Rule
		}
		x := s.at(mark.Value)
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1}, x, bottom, x, top-stripLabel)
		c.FillText(tick, vg.Point{X: x, Y: bottom - 6}, mark.Label)
	}
	c.StrokeLine2(draw.LineStyle{Color: Rule, Width: 1}, s.left, bottom, s.right, bottom)
	c.FillText(words(Muted, draw.XCenter, draw.YBottom), vg.Point{X: (s.left + s.right) / 2, Y: 4}, figure.Along)
	for i, panel := range figure.Panels {
		drawStripPanel(canvas, c, s, panel, top-vg.Length(i*row))
	}
	return canvas
}

// stripOf is the axis around all dots, intervals and 0.
func stripOf(figure view.Figure) strip {
	s := strip{log: figure.Log, left: stripLeft, right: width - gutter}
	for _, panel := range figure.Panels {
		for _, series := range panel.Series {
			for _, part := range series.Parts {
				for _, point := range part {
					s.low, s.high = min(s.low, s.place(point.X)), max(s.high, s.place(point.X))
				}
			}
		}
		for _, mark := range panel.Marks {
			s.low, s.high = min(s.low, s.place(mark.Low.X)), max(s.high, s.place(mark.High.X))
		}
	}
	room := max(0.04*(s.high-s.low), 0.005)
	s.low, s.high = s.low-room, s.high+room
	return s
}

// shareLabel writes a share of the base with its sign.
func shareLabel(v float64) string {
	switch {
	case math.Abs(v) < 1e-9:
		return "0%"
	case v > 0:
		return "+" + sample.Format(v, sample.Ratio)
	default:
		return "−" + sample.Format(-v, sample.Ratio)
	}
}

func drawStripPanel(canvas *svg.Canvas, c draw.Canvas, s strip, panel view.Panel, top vg.Length) {
	title := words(svg.Text, draw.XLeft, draw.YTop)
	title.Font.Weight = xfont.WeightBold
	c.FillText(title, vg.Point{X: 0, Y: top - 4}, fit(panel.Label, title, width))
	name := words(svg.Text, draw.XLeft, draw.YCenter)
	for i, series := range panel.Series {
		y := top - stripLabel - stripLine*(vg.Length(i)+0.5)
		canvas.Group(series.Name)
		for _, part := range series.Parts {
			for _, point := range part {
				drawDot(c, series.Slot, vg.Point{X: s.at(point.X), Y: y})
			}
		}
		mark := panel.Marks[i]
		if mark.Low.X < mark.High.X {
			style := draw.LineStyle{Color: lineStyle(series.Slot).Color, Width: 1.4}
			c.StrokeLine2(style, s.at(mark.Low.X), y, s.at(mark.High.X), y)
		}
		c.StrokeLine2(draw.LineStyle{Color: Strong, Width: 2}, s.at(mark.At.X), y-stripStroke, s.at(mark.At.X), y+stripStroke)
		drawDot(c, series.Slot, vg.Point{X: s.right + 18, Y: y})
		c.FillText(name, vg.Point{X: s.right + 28, Y: y}, fit(series.Name, name, gutter-32))
		canvas.EndGroup()
	}
}

// Package chart draws the figures of a view with gonum/plot. Every figure is a column of
// panels over one horizontal axis: time, with the run's phases behind it, or the share of a
// distribution, with every further nine as wide as the one before.
//
// It computes no figure and knows no colour; colours are names that the page's style defines.
package chart

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// The inks of a chart beside those of its series. The page's style defines them.
const (
	Muted  svg.Ink = "muted" // Words on axes.
	Grid   svg.Ink = "grid"
	Rule   svg.Ink = "rule" // The horizontal axis.
	Band   svg.Ink = "band" // Every second phase.
	Limit  svg.Ink = "limit"
	Beyond svg.Ink = "beyond" // Where a limit was passed.
	// Strong is for strokes that must stand out from those of every series.
	Strong svg.Ink = "text"
)

// Colours is how many series inks there are; further series share them with another dash.
const Colours = 7

// The sizes of a figure in CSS pixels.
const (
	width       = 1040
	gutter      = 228 // On the right, for the names of the lines.
	bandStrip   = 20  // On top, for the names of the phases.
	panelLabel  = 32  // Above each panel.
	axisRoom    = 46  // Below the last panel.
	singlePanel = 270
	tailPanel   = 210
	figurePanel = 340
	smallPanel  = 96
	fontSize    = 12
)

// Draw draws a figure that has at least one panel.
func Draw(figure view.Figure) *svg.Canvas {
	figure.Panels = drawable(figure.Panels)
	if figure.Axis == view.ShareAxis {
		return drawStrip(figure)
	}
	if figure.Axis == view.PartsAxis {
		return drawParts(figure)
	}
	rows := len(figure.Panels)
	strip := 0.0
	if figure.Axis == view.TimeAxis && len(figure.Bands) > 0 {
		strip = bandStrip
	}
	height := strip + float64(rows)*(panelLabel+panelHeight(figure)) + axisRoom
	canvas := svg.New(svg.Options{
		ID: figure.ID, Width: width, Height: height, Title: figure.Title, Description: figure.Alt,
	})
	plots := make([][]*plot.Plot, rows)
	for i, panel := range figure.Panels {
		plots[i] = []*plot.Plot{newPlot(canvas, figure, panel, i == rows-1)}
	}
	area := draw.Crop(draw.New(canvas), 2, -gutter, 2, -vg.Length(strip))
	tiles := draw.Tiles{Rows: rows, Cols: 1, PadTop: panelLabel, PadY: panelLabel}
	for i, row := range plot.Align(plots, tiles, area) {
		drawPanel(canvas, figure, figure.Panels[i], plots[i][0], row[0])
		if i == 0 && strip > 0 {
			drawBandNames(figure, plots[i][0], row[0])
		}
		if i == 0 && (figure.Axis == view.TimeAxis || figure.Axis == view.RunsAxis) {
			drawOutageNames(figure, plots[i][0], row[0])
		}
	}
	return canvas
}

// drawable drops what has no place on an axis: a point that is no number ends its part of the
// line, and lines without points are left out.
func drawable(panels []view.Panel) []view.Panel {
	clean := slices.Clone(panels)
	for i := range clean {
		clean[i].Series, clean[i].Areas = nil, finiteAreas(panels[i].Areas)
		for _, series := range panels[i].Series {
			var parts [][]view.Point
			for _, part := range series.Parts {
				parts = append(parts, runs(part)...)
			}
			if series.Parts = parts; len(parts) > 0 {
				clean[i].Series = append(clean[i].Series, series)
			}
		}
	}
	return clean
}

// runs cuts a line where a point is not finite.
func runs(points []view.Point) [][]view.Point {
	var parts [][]view.Point
	start := 0
	for i := 0; i <= len(points); i++ {
		if i < len(points) && finite(points[i]) {
			continue
		}
		if i > start {
			parts = append(parts, points[start:i])
		}
		start = i + 1
	}
	return parts
}

func panelHeight(figure view.Figure) float64 {
	switch {
	case len(figure.Panels) > 0 && figure.Panels[0].Heat != nil:
		return heatPanel
	case figure.Axis == view.FigureAxis:
		return figurePanel
	case len(figure.Panels) == 1:
		return singlePanel
	case figure.Axis == view.TailAxis:
		return tailPanel
	default:
		return smallPanel
	}
}

// newPlot sets up the axes of one panel; only the last one names the horizontal axis.
func newPlot(canvas *svg.Canvas, figure view.Figure, panel view.Panel, last bool) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	style(&p.X, draw.XCenter, draw.YTop)
	style(&p.Y, draw.XRight, draw.YCenter)
	p.Y.LineStyle.Width, p.Y.Tick.Length, p.Y.Padding = 0, 0, 0
	p.X.LineStyle.Color, p.X.Tick.LineStyle.Color = Rule, Rule
	p.X.LineStyle.Width, p.X.Tick.LineStyle.Width, p.X.Padding = 1, 1, 0
	p.X.Tick.Length = 4
	setHorizontal(p, figure)
	setVertical(p, panel, panelHeight(figure))
	grid := gridLines{marker: p.X.Tick.Marker, vertical: figure.Axis == view.TailAxis}
	if !last {
		p.X.Tick.Marker = plot.ConstantTicks(nil)
		p.X.Label.Text = ""
	}
	if figure.Axis == view.TimeAxis || figure.Axis == view.RunsAxis {
		p.Add(bands{canvas: canvas, all: figure.Bands})
		p.Add(outages{canvas: canvas, all: figure.Outages})
	}
	p.Add(beyond{all: figure.Beyond})
	p.Add(unmeasured{all: figure.Unmeasured})
	for _, area := range panel.Areas {
		p.Add(between{area})
	}
	if panel.Heat != nil {
		p.Add(heatMap{panel.Heat})
	}
	p.Add(grid)
	for _, limit := range panel.Limits {
		p.Add(limitLine{limit: limit, axis: figure.Axis})
	}
	for i, series := range panel.Series {
		if series.Dots {
			p.Add(dots{canvas: canvas, series: series, index: i})
			continue
		}
		p.Add(line{canvas: canvas, series: series, index: i})
	}
	if len(panel.Ticks.At) > 0 {
		p.Add(ticks{canvas: canvas, all: panel.Ticks, within: last})
	}
	if len(panel.Marks) > 0 {
		p.Add(marks{canvas: canvas, panel: panel, upright: figure.Outages})
	}
	return p
}

// style gives an axis the sans-serif metrics that the page's font stack matches; gonum's
// default is a serif.
func style(axis *plot.Axis, x draw.XAlignment, y draw.YAlignment) {
	axis.Tick.Label = words(Muted, x, y)
	axis.Label.TextStyle = words(Muted, draw.XCenter, draw.YBottom)
	axis.Label.Padding = 4
}

func words(ink svg.Ink, x draw.XAlignment, y draw.YAlignment) text.Style {
	return text.Style{
		Color:   ink,
		Font:    font.Font{Typeface: "Liberation", Variant: "Sans", Size: fontSize},
		XAlign:  x,
		YAlign:  y,
		Handler: plot.DefaultTextHandler,
	}
}

package chart

import (
	"cmp"
	"fmt"
	"slices"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
)

// lineStyle is the style of a series: its colour, and a dash, so that lines differ without
// colour too. There are 7 colours and 4 dashes, so 28 lines differ.
func lineStyle(slot int) draw.LineStyle {
	dashes := [][]vg.Length{nil, {7, 3}, {2, 2}, {9, 3, 2, 3}}
	return draw.LineStyle{
		Color:  svg.Ink(fmt.Sprintf("series-%d", slot%Colours)),
		Width:  1.8,
		Dashes: dashes[slot%len(dashes)],
	}
}

// A line is a series with its name as a tooltip.
type line struct {
	canvas *svg.Canvas
	series view.Series
	index  int // Among the panel's series.
}

// Plot draws the line; a part of a single point is drawn as a short stroke.
func (l line) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	l.canvas.Group(l.series.Name, svg.Datum{Name: "series", Value: fmt.Sprint(l.index)})
	defer l.canvas.EndGroup()
	c.SetLineStyle(lineStyle(l.series.Slot))
	for _, part := range l.series.Parts {
		var path vg.Path
		for i, point := range part {
			at := vg.Point{X: x(point.X), Y: y(point.Y)}
			if i == 0 {
				path.Move(at)
			}
			if len(part) == 1 {
				at.X += 2
			}
			path.Line(at)
		}
		c.Stroke(path)
	}
}

// bands are the phases behind the data; every second one is shaded.
type bands struct {
	canvas *svg.Canvas
	all    []view.Band
}

// Plot draws the bands.
func (b bands) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for i, band := range b.all {
		if i%2 == 1 {
			continue
		}
		b.canvas.Group("phase " + band.Name)
		c.SetColor(Band)
		c.Fill(vg.Rectangle{
			Min: vg.Point{X: max(x(band.From), c.Min.X), Y: c.Min.Y},
			Max: vg.Point{X: min(x(band.To), c.Max.X), Y: c.Max.Y},
		}.Path())
		b.canvas.EndGroup()
	}
}

// drawBandNames writes the phases' names above the first panel, where they fit.
func drawBandNames(figure view.Figure, p *plot.Plot, area draw.Canvas) {
	c := p.DataCanvas(area)
	x, _ := p.Transforms(&c)
	style := words(Muted, draw.XLeft, draw.YBottom)
	for _, band := range figure.Bands {
		from, to := max(x(band.From), c.Min.X), min(x(band.To), c.Max.X)
		name := fit(band.Name, style, to-from-6)
		c.FillText(style, vg.Point{X: from + 3, Y: c.Max.Y + panelLabel + 2}, name)
	}
}

// fit shortens text to a width; what cannot be told apart any more is left out.
func fit(s string, style text.Style, width vg.Length) string {
	if style.Width(s) <= width {
		return s
	}
	letters := []rune(s)
	const fewest = 3
	for n := len(letters) - 1; n >= fewest; n-- {
		if short := string(letters[:n]) + "…"; style.Width(short) <= width {
			return short
		}
	}
	return ""
}

// gridLines are the faint lines behind the data.
type gridLines struct {
	marker   plot.Ticker
	vertical bool
}

// Plot draws the grid.
func (g gridLines) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: Grid, Width: 1}
	for _, tick := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		c.StrokeLine2(style, c.Min.X, y(tick.Value), c.Max.X, y(tick.Value))
	}
	if !g.vertical {
		return
	}
	for _, tick := range g.marker.Ticks(p.X.Min, p.X.Max) {
		c.StrokeLine2(style, x(tick.Value), c.Min.Y, x(tick.Value), c.Max.Y)
	}
}

// A limitLine is a limit: a level, or on a tail axis a step that ends at its percentile.
type limitLine struct {
	limit view.Limit
	axis  view.Axis
}

// Plot draws the limit unless it is out of the panel's range.
func (l limitLine) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	if l.limit.Value > p.Y.Max || l.limit.Value < p.Y.Min {
		return
	}
	level, end := y(l.limit.Value), c.Max.X
	var path vg.Path
	path.Move(vg.Point{X: c.Min.X, Y: level})
	if l.axis == view.TailAxis && l.limit.Until < p.X.Max {
		end = x(l.limit.Until)
		path.Line(vg.Point{X: end, Y: level})
		path.Line(vg.Point{X: end, Y: c.Min.Y})
	} else {
		path.Line(vg.Point{X: end, Y: level})
	}
	c.SetLineStyle(draw.LineStyle{Color: Limit, Width: 1.2, Dashes: []vg.Length{4, 2}})
	c.Stroke(path)
}

// drawPanel draws one panel, its label, its limits' names and the names of its lines.
func drawPanel(canvas *svg.Canvas, figure view.Figure, panel view.Panel, p *plot.Plot, area draw.Canvas) {
	c := p.DataCanvas(area)
	_, height := canvas.Size()
	canvas.Group("", readings(figure, panel, p, c, height.Points())...)
	defer canvas.EndGroup()
	p.Draw(area)
	title := words(svg.Text, draw.XLeft, draw.YBottom)
	title.Font.Weight = xfont.WeightBold
	c.FillText(title, vg.Point{X: 0, Y: c.Max.Y + 9}, panel.Label)
	drawLimitNames(panel, p, c)
	drawTickName(panel, c)
	drawNames(canvas, panel, p, c)
}

// drawLimitNames writes each limit's name on its line: at the left of a log panel, where
// curves begin low, and at the right of the others, away from the panel's label.
func drawLimitNames(panel view.Panel, p *plot.Plot, c draw.Canvas) {
	_, y := p.Transforms(&c)
	style, edge, direction := words(Limit, draw.XLeft, draw.YBottom), c.Min.X+6, vg.Length(1)
	if !panel.Log {
		style, edge, direction = words(Limit, draw.XRight, draw.YBottom), c.Max.X-2, -1
	}
	used := map[float64]vg.Length{}
	for _, limit := range panel.Limits {
		if limit.Value > p.Y.Max || limit.Value < p.Y.Min {
			continue
		}
		c.FillText(style, vg.Point{X: edge + direction*used[limit.Value], Y: y(limit.Value) + 2}, limit.Name)
		used[limit.Value] += style.Width(limit.Name) + 12
	}
}

// nameStep is the least distance between the names of two lines.
const nameStep = 15

// drawNames writes the names of the lines beside the panel, each as near to the line's end
// as the others allow, with a piece of the line before it.
func drawNames(canvas *svg.Canvas, panel view.Panel, p *plot.Plot, c draw.Canvas) {
	_, y := p.Transforms(&c)
	type name struct {
		series view.Series
		index  int
		y      vg.Length
	}
	names := make([]name, len(panel.Series))
	for i, series := range panel.Series {
		part := series.Parts[len(series.Parts)-1]
		names[i] = name{series: series, index: i, y: y(part[len(part)-1].Y)}
	}
	slices.SortStableFunc(names, func(a, b name) int { return cmp.Compare(b.y, a.y) })
	places := make([]vg.Length, len(names))
	for i := range names {
		places[i] = names[i].y
	}
	spread(places, c.Min.Y, c.Max.Y)
	style := words(svg.Text, draw.XLeft, draw.YCenter)
	const sample, space = 22, 6
	for i, name := range names {
		left := c.Max.X + 12
		canvas.Group(name.series.Name, svg.Datum{Name: "name", Value: fmt.Sprint(name.index)})
		if name.series.Dots {
			drawDot(c, name.series.Slot, vg.Point{X: left + sample/2, Y: places[i]})
		} else {
			c.StrokeLine2(lineStyle(name.series.Slot), left, places[i], left+sample, places[i])
		}
		shown := fit(name.series.Name, style, gutter-sample-space-14)
		c.FillText(style, vg.Point{X: left + sample + space, Y: places[i]}, shown)
		canvas.EndGroup()
	}
}

// spread moves descending places apart to nameStep, within low and high as far as they fit.
func spread(places []vg.Length, low, high vg.Length) {
	limit := high
	for i := range places {
		places[i] = min(places[i], limit)
		limit = places[i] - nameStep
	}
	floor := low
	for i := len(places) - 1; i >= 0; i-- {
		if places[i] >= floor {
			break
		}
		places[i] = floor
		floor += nameStep
	}
}

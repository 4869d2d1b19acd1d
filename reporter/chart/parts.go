package chart

import (
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

// The sizes of a figure of bars in CSS pixels.
const (
	partsKey   = 26 // On top, for the names of the pieces.
	partsLabel = 24 // Above a bar, for its name.
	partsBar   = 18
	partsGap   = 12 // Below a bar.
	partsLeft  = 2
	partsSwash = 11 // The side of the square of a name.
	leastPart  = 0.5
)

// drawParts draws a figure of one bar for each panel, all over one axis from 0. The pieces of a bar are its
// series; what they are is said once above all bars.
func drawParts(figure view.Figure) *svg.Canvas {
	const row = partsLabel + partsBar + partsGap
	height := float64(partsKey+len(figure.Panels)*row) + axisRoom
	canvas := svg.New(svg.Options{ID: figure.ID, Width: width, Height: height, Title: figure.Title, Description: figure.Alt})
	c := draw.New(canvas)
	longest := 0.0
	for _, panel := range figure.Panels {
		for _, series := range panel.Series {
			longest = max(longest, partEnd(series).X)
		}
	}
	if longest == 0 {
		longest = 1
	}
	const left, right = vg.Length(partsLeft), vg.Length(width - gutter)
	place := func(x float64) vg.Length { return left + (right-left)*vg.Length(x/longest) }
	top := vg.Length(height)
	drawPartsAxis(figure, c, place, longest, top-partsKey)
	drawPartsKey(figure, c, top)
	for i, panel := range figure.Panels {
		drawBar(canvas, c, panel, place, top-partsKey-vg.Length(i*row))
	}
	return canvas
}

// partEnd is where a piece of a bar ends.
func partEnd(s view.Series) view.Point {
	last := s.Parts[len(s.Parts)-1]
	return last[len(last)-1]
}

func drawPartsAxis(figure view.Figure, c draw.Canvas, place func(float64) vg.Length, longest float64, top vg.Length) {
	tick := words(Muted, draw.XCenter, draw.YTop)
	step := round(longest / maxTimeTicks)
	for i := 0.0; i*step <= longest*(1+1e-9); i++ {
		ink, x := Grid, place(i*step)
		if i == 0 {
			ink = Rule
		}
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1}, x, axisRoom, x, top)
		style := tick
		if i == 0 {
			style.XAlign = draw.XLeft // The figure ends there.
		}
		c.FillText(style, vg.Point{X: x, Y: axisRoom - 6}, sample.Format(i*step, figure.XUnit))
	}
	c.StrokeLine2(draw.LineStyle{Color: Rule, Width: 1}, place(0), axisRoom, place(longest), axisRoom)
	c.FillText(words(Muted, draw.XCenter, draw.YBottom), vg.Point{X: (place(0) + place(longest)) / 2, Y: 4}, figure.Along)
}

// drawPartsKey names the pieces of all bars beside their colours, in the order of their slots.
func drawPartsKey(figure view.Figure, c draw.Canvas, top vg.Length) {
	names := map[int]string{}
	var slots []int
	for _, panel := range figure.Panels {
		for _, series := range panel.Series {
			if _, known := names[series.Slot]; !known {
				slots = append(slots, series.Slot)
			}
			names[series.Slot] = series.Name
		}
	}
	slices.Sort(slots)
	style := words(svg.Text, draw.XLeft, draw.YCenter)
	x, y := vg.Length(partsLeft), top-partsKey/2
	for _, slot := range slots {
		fillBox(c, slot, x, y-partsSwash/2, x+partsSwash, y+partsSwash/2)
		x += partsSwash + 6
		c.FillText(style, vg.Point{X: x, Y: y}, names[slot])
		x += style.Width(names[slot]) + 18
	}
}

func drawBar(canvas *svg.Canvas, c draw.Canvas, panel view.Panel, place func(float64) vg.Length, top vg.Length) {
	style := words(svg.Text, draw.XLeft, draw.YCenter)
	c.FillText(style, vg.Point{X: partsLeft, Y: top - partsLabel/2 + 2}, fit(panel.Label, style, width-gutter))
	high := top - partsLabel
	end := vg.Length(0)
	for _, series := range panel.Series {
		from, to := series.Parts[0][0].X, partEnd(series).X
		canvas.Group(series.Name + " " + sample.Format(to-from, panel.Unit))
		// A hair of room between the pieces, so that they differ without colour too.
		fillBox(c, series.Slot, place(from), high-partsBar, max(place(to)-1, place(from)+leastPart), high)
		canvas.EndGroup()
		end = max(end, place(to))
	}
	for _, mark := range panel.Marks {
		c.FillText(style, vg.Point{X: end + 8, Y: high - partsBar/2}, mark.Name)
	}
}

// fillBox fills a rectangle with the colour of a series.
func fillBox(c draw.Canvas, slot int, left, bottom, right, top vg.Length) {
	c.SetColor(lineStyle(slot).Color)
	c.Fill(vg.Rectangle{Min: vg.Point{X: left, Y: bottom}, Max: vg.Point{X: right, Y: top}}.Path())
}

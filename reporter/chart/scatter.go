package chart

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/kubedyno/kubedyno/reporter/svg"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/sample"
)

// setFigureAxis sets up an axis of values in a unit, around the marks of all panels.
func setFigureAxis(p *plot.Plot, figure view.Figure) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, panel := range figure.Panels {
		for _, mark := range panel.Marks {
			low, high = min(low, mark.Low.X), max(high, mark.High.X)
		}
	}
	if low > high {
		low, high = 0, 1
	}
	room := 0.08 * (high - low)
	if room == 0 {
		room = max(0.1*math.Abs(low), smallest)
	}
	p.X.Min, p.X.Max = low-room, high+room
	p.X.Tick.Marker = plot.ConstantTicks(roundTicks(p.X.Min, p.X.Max, figure.XUnit))
	p.X.Label.Text = figure.Along
}

// roundTicks marks round values between low and high, which differ.
func roundTicks(low, high float64, unit sample.Unit) []plot.Tick {
	const most = 7
	step := round((high - low) / most)
	var ticks []plot.Tick
	for i := math.Ceil(low / step); i*step <= high; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: tickLabel(i*step, unit)})
	}
	return ticks
}

// marks are named dots: the dots themselves are a series, here are their ranges and names.
type marks struct {
	canvas  *svg.Canvas
	panel   view.Panel
	upright []view.Band // Lines from the foot to the top of the panel.
}

// nameHeight is the height of a mark's name, and nameGap its distance from the dot.
const (
	nameHeight = 13
	nameGap    = 7
)

// Plot draws the ranges, and each name where it covers no dot, no line and no other name. A name
// without such a place is left out.
func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	at := func(point view.Point) vg.Point { return vg.Point{X: x(point.X), Y: y(point.Y)} }
	styles, names := make([]text.Style, len(m.panel.Marks)), make([]name, len(m.panel.Marks))
	for i, mark := range m.panel.Marks {
		ink := svg.Text
		if mark.Muted {
			ink = Muted
		}
		styles[i] = words(ink, draw.XLeft, draw.YBottom)
		names[i] = name{dot: at(mark.At), width: styles[i].Width(mark.Name)}
	}
	placeNames(names, c.Rectangle, m.obstacles(at, c.Max.Y))
	for i, mark := range m.panel.Marks {
		m.canvas.Group(mark.Name)
		m.ranges(c, mark, at)
		if n := names[i]; n.placed {
			c.FillText(styles[i], vg.Point{X: n.box.Min.X, Y: n.box.Min.Y + 2}, mark.Name)
		}
		m.canvas.EndGroup()
	}
}

// A name is the name of a dot and where it stands.
type name struct {
	dot    vg.Point
	width  vg.Length
	box    vg.Rectangle
	placed bool // Or else there is no room for it.
}

// placeNames finds a place for each name in turn that covers nothing that is taken, and takes it.
func placeNames(names []name, area vg.Rectangle, taken []vg.Rectangle) {
	for i := range names {
		n := &names[i]
		if n.box, n.placed = nameBox(n.dot, n.width, area, taken); n.placed {
			taken = append(taken, n.box)
		}
	}
}

// ranges draws the lines from the lowest to the highest value, if they differ.
func (m marks) ranges(c draw.Canvas, mark view.Mark, at func(view.Point) vg.Point) {
	style := lineStyle(mark.Slot)
	style.Width, style.Dashes = 1, nil
	for _, ends := range cross(mark) {
		if from, to := at(ends[0]), at(ends[1]); from != to {
			c.StrokeLine2(style, from.X, from.Y, to.X, to.Y)
		}
	}
}

// cross is the ends of a mark's two ranges.
func cross(mark view.Mark) [2][2]view.Point {
	return [2][2]view.Point{
		{{X: mark.Low.X, Y: mark.At.Y}, {X: mark.High.X, Y: mark.At.Y}},
		{{X: mark.At.X, Y: mark.Low.Y}, {X: mark.At.X, Y: mark.High.Y}},
	}
}

// obstacles are the boxes around the dots, their ranges and the pieces of lines, which are steps.
func (m marks) obstacles(at func(view.Point) vg.Point, height vg.Length) []vg.Rectangle {
	const dot, line = dotRadius + 1, 2
	var all []vg.Rectangle
	for _, mark := range m.panel.Marks {
		all = append(all, around(at(mark.At), at(mark.At), dot))
		for _, ends := range cross(mark) {
			all = append(all, around(at(ends[0]), at(ends[1]), line))
		}
	}
	for _, stretch := range m.upright {
		for _, x := range []float64{stretch.From, stretch.To} {
			foot, top := at(view.Point{X: x}), vg.Point{X: at(view.Point{X: x}).X, Y: height}
			all = append(all, around(foot, top, line))
		}
	}
	for _, series := range m.panel.Series {
		if series.Dots {
			for _, part := range series.Parts {
				for _, point := range part {
					all = append(all, around(at(point), at(point), dot))
				}
			}
			continue
		}
		for _, part := range series.Parts {
			for i := 1; i < len(part); i++ {
				all = append(all, around(at(part[i-1]), at(part[i]), line))
			}
		}
	}
	return all
}

// around is the box about two points with room on every side.
func around(a, b vg.Point, room vg.Length) vg.Rectangle {
	return vg.Rectangle{
		Min: vg.Point{X: min(a.X, b.X) - room, Y: min(a.Y, b.Y) - room},
		Max: vg.Point{X: max(a.X, b.X) + room, Y: max(a.Y, b.Y) + room},
	}
}

// nameBox finds the place of a name near a dot: beside it, above or below it, at its corners, and
// then the same further away.
func nameBox(dot vg.Point, width vg.Length, area vg.Rectangle, taken []vg.Rectangle) (vg.Rectangle, bool) {
	for _, gap := range []vg.Length{nameGap, 2.2 * nameGap, 3.6 * nameGap} {
		left, right, middle := dot.X-gap-width, dot.X+gap, dot.X-width/2
		below, above, level := dot.Y-gap-nameHeight, dot.Y+gap, dot.Y-nameHeight/2
		for _, corner := range []vg.Point{{X: right, Y: level}, {X: left, Y: level}, {X: middle, Y: above}, {X: middle, Y: below},
			{X: right, Y: above}, {X: left, Y: below}, {X: right, Y: below}, {X: left, Y: above}} {
			box := vg.Rectangle{Min: corner, Max: vg.Point{X: corner.X + width, Y: corner.Y + nameHeight}}
			if free(box, area, taken) {
				return box, true
			}
		}
	}
	return vg.Rectangle{}, false
}

func free(box, area vg.Rectangle, taken []vg.Rectangle) bool {
	if box.Min.X < area.Min.X || box.Max.X > area.Max.X || box.Min.Y < area.Min.Y || box.Max.Y > area.Max.Y {
		return false
	}
	for _, other := range taken {
		if box.Min.X < other.Max.X && other.Min.X < box.Max.X && box.Min.Y < other.Max.Y && other.Min.Y < box.Max.Y {
			return false
		}
	}
	return true
}

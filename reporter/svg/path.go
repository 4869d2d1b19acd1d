package svg

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
)

// A matrix is the affine map x' = ax + cy + e, y' = bx + dy + f. Every coordinate goes through
// it before it is written, so the SVG needs no nested transforms.
type matrix [6]float64

// identity leaves points where they are.
var identity = matrix{1, 0, 0, 1, 0, 0}

// times returns the map that applies n first and then m.
func (m matrix) times(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[2]*n[1], m[1]*n[0] + m[3]*n[1],
		m[0]*n[2] + m[2]*n[3], m[1]*n[2] + m[3]*n[3],
		m[0]*n[4] + m[2]*n[5] + m[4], m[1]*n[4] + m[3]*n[5] + m[5],
	}
}

func (m matrix) apply(x, y float64) (float64, float64) {
	return m[0]*x + m[2]*y + m[4], m[1]*x + m[3]*y + m[5]
}

// degrees returns the rotation, counterclockwise.
func (m matrix) degrees() float64 { return math.Atan2(m[1], m[0]) * 180 / math.Pi }

// number writes a coordinate with at most one decimal: a tenth of a pixel.
func number(v float64) string {
	text := strconv.FormatFloat(v, 'f', 1, 64)
	text = strings.TrimSuffix(text, ".0")
	if text == "-0" {
		return "0"
	}
	return text
}

// A pen writes path data and leaves out what repeats: the command letter, and points that
// fall on the same tenth of a pixel.
type pen struct {
	data    strings.Builder
	command byte
	x, y    string
}

func (p *pen) to(command byte, coordinates ...float64) {
	if command != p.command || command == 'M' {
		p.data.WriteByte(command)
	} else {
		p.data.WriteByte(' ')
	}
	for i, v := range coordinates {
		if i > 0 {
			p.data.WriteByte(' ')
		}
		p.data.WriteString(number(v))
	}
	p.command = command
}

func (p *pen) move(x, y float64) {
	p.x, p.y = number(x), number(y)
	p.to('M', x, y)
}

func (p *pen) line(x, y float64) {
	atX, atY := number(x), number(y)
	switch {
	case atX == p.x && atY == p.y:
		return
	case atX == p.x:
		p.to('V', y)
	case atY == p.y:
		p.to('H', x)
	default:
		p.to('L', x, y)
	}
	p.x, p.y = atX, atY
}

// pathData writes a path in SVG coordinates. Arcs become cubic curves, so that they stay
// right under every transform.
func (c *Canvas) pathData(path vg.Path) string {
	var p pen
	for _, comp := range path {
		switch comp.Type {
		case vg.MoveComp:
			p.move(c.place(comp.Pos))
		case vg.LineComp:
			p.line(c.place(comp.Pos))
		case vg.ArcComp:
			c.arc(&p, comp)
		case vg.CurveComp:
			c.curve(&p, append(append([]vg.Point{}, comp.Control...), comp.Pos))
		case vg.CloseComp:
			p.to('Z')
		default:
			panic(fmt.Sprintf("svg: unknown path component %d", comp.Type))
		}
	}
	return p.data.String()
}

// curve writes a quadratic or cubic curve through its control points to its end.
func (c *Canvas) curve(p *pen, points []vg.Point) {
	var coordinates []float64
	for _, point := range points {
		x, y := c.place(point)
		coordinates = append(coordinates, x, y)
	}
	last := len(coordinates)
	p.x, p.y = number(coordinates[last-2]), number(coordinates[last-1])
	command := byte('C')
	if len(points) == 2 {
		command = 'Q'
	}
	p.to(command, coordinates...)
}

// arc draws a circular arc as cubic curves of at most a quarter turn each. The handles of a
// curve that stands for an arc of angle a are 4/3·tan(a/4) radii long.
func (c *Canvas) arc(p *pen, comp vg.PathComp) {
	pieces := max(1, int(math.Ceil(math.Abs(comp.Angle)/(math.Pi/2)-1e-9)))
	step := comp.Angle / float64(pieces)
	handle := 4.0 / 3 * math.Tan(step/4)
	on := func(angle, tangent float64) vg.Point {
		sin, cos := math.Sincos(angle)
		return vg.Point{
			X: comp.Pos.X + comp.Radius*vg.Length(cos-tangent*sin),
			Y: comp.Pos.Y + comp.Radius*vg.Length(sin+tangent*cos),
		}
	}
	x, y := c.place(on(comp.Start, 0))
	if p.data.Len() == 0 {
		p.move(x, y)
	} else {
		p.line(x, y)
	}
	for i := range pieces {
		from := comp.Start + float64(i)*step
		c.curve(p, []vg.Point{on(from, handle), on(from+step, -handle), on(from+step, 0)})
	}
}

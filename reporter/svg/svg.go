// Package svg draws on a gonum/plot canvas that becomes an inline SVG element: colours are
// names of CSS classes, so the page's style decides what they look like in light and in dark;
// text inherits the page's font; and every drawing says in words what it shows.
//
// It knows no data and no chart. The page must define a class "s-<name>" (stroke) and
// "f-<name>" (fill) for every Ink in use.
//
//	canvas := svg.New(svg.Options{ID: "cpu", Width: 720, Height: 240, Title: "CPU", Description: "..."})
//	plot.Draw(draw.New(canvas))
//	canvas.WriteTo(w)
package svg

import (
	"fmt"
	"html"
	"image"
	"image/color"
	"io"
	"math"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// Text is the ink of the text around the drawing: it is written without a class, so that it
// takes the page's own text colour.
const Text Ink = ""

// An Ink is a colour by name. It travels through gonum as a color.Color and ends as a CSS
// class.
type Ink string

// RGBA makes an Ink a color.Color; the colour itself is the page's to decide, so it is black.
func (i Ink) RGBA() (r, g, b, a uint32) { return color.Black.RGBA() }

// Options describe a drawing. Width and Height are in CSS pixels of the viewBox.
type Options struct {
	ID          string // Unique in the page; the ids of title and description begin with it.
	Width       float64
	Height      float64
	Title       string
	Description string // The text alternative.
}

// A Canvas is a vg.Canvas that writes one SVG element. One gonum point is one CSS pixel, and
// the same calls give the same bytes.
type Canvas struct {
	options Options
	body    strings.Builder
	states  []state
	groups  int
}

var _ vg.CanvasWriterTo = (*Canvas)(nil)

// A state is what Push saves and Pop restores.
type state struct {
	ink    Ink
	width  vg.Length
	dashes []vg.Length
	offset vg.Length
	matrix matrix
}

// New returns an empty drawing.
func New(options Options) *Canvas {
	canvas := &Canvas{options: options, states: []state{{matrix: identity}}}
	vg.Initialize(canvas)
	return canvas
}

// Size returns the width and height of the drawing.
func (c *Canvas) Size() (vg.Length, vg.Length) {
	return vg.Length(c.options.Width), vg.Length(c.options.Height)
}

// A Datum is what a script may read off a group: the attribute data-<Name>.
type Datum struct{ Name, Value string }

// Group begins a group of marks. Its title, if it has one, is shown by browsers as a tooltip.
func (c *Canvas) Group(title string, data ...Datum) {
	c.groups++
	c.body.WriteString("<g")
	for _, d := range data {
		fmt.Fprintf(&c.body, ` data-%s="%s"`, d.Name, html.EscapeString(d.Value))
	}
	c.body.WriteString(">")
	if title != "" {
		fmt.Fprintf(&c.body, "<title>%s</title>", html.EscapeString(title))
	}
}

// EndGroup ends the group begun last.
func (c *Canvas) EndGroup() {
	if c.groups == 0 {
		panic("svg: EndGroup without Group")
	}
	c.groups--
	c.body.WriteString("</g>\n")
}

// WriteTo writes the SVG element, without prolog, as it stands in an HTML page.
func (c *Canvas) WriteTo(w io.Writer) (int64, error) {
	o := c.options
	n, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" class="plot" role="img"`+
		` aria-labelledby="%[1]s-title %[1]s-desc" viewBox="0 0 %[2]s %[3]s" width="100%%">`+
		"\n<title id=\"%[1]s-title\">%[4]s</title>\n<desc id=\"%[1]s-desc\">%[5]s</desc>\n%[6]s%[7]s</svg>\n",
		html.EscapeString(o.ID), number(o.Width), number(o.Height), html.EscapeString(o.Title),
		html.EscapeString(o.Description), c.body.String(), strings.Repeat("</g>", c.groups))
	return int64(n), err
}

func (c *Canvas) now() *state { return &c.states[len(c.states)-1] }

// SetLineWidth sets the width of strokes.
func (c *Canvas) SetLineWidth(width vg.Length) { c.now().width = width }

// SetLineDash sets the dash pattern of strokes.
func (c *Canvas) SetLineDash(dashes []vg.Length, offset vg.Length) {
	c.now().dashes, c.now().offset = dashes, offset
}

// SetColor sets the ink; a colour that is not an Ink is drawn as text is.
func (c *Canvas) SetColor(clr color.Color) {
	ink, ok := clr.(Ink)
	if !ok {
		ink = Text
	}
	c.now().ink = ink
}

// Rotate turns what follows by radians, counterclockwise.
func (c *Canvas) Rotate(radians float64) {
	sin, cos := math.Sincos(radians)
	c.now().matrix = c.now().matrix.times(matrix{cos, sin, -sin, cos, 0, 0})
}

// Translate moves what follows.
func (c *Canvas) Translate(by vg.Point) {
	c.now().matrix = c.now().matrix.times(matrix{1, 0, 0, 1, by.X.Points(), by.Y.Points()})
}

// Scale stretches what follows.
func (c *Canvas) Scale(x, y float64) {
	c.now().matrix = c.now().matrix.times(matrix{x, 0, 0, y, 0, 0})
}

// Push saves the state.
func (c *Canvas) Push() { c.states = append(c.states, *c.now()) }

// Pop restores the state saved last.
func (c *Canvas) Pop() { c.states = c.states[:len(c.states)-1] }

// Stroke draws a line along the path.
func (c *Canvas) Stroke(path vg.Path) {
	now := c.now()
	if now.width <= 0 {
		return
	}
	fmt.Fprintf(&c.body, `<path class="%s" d="%s"`, strings.TrimSpace("line "+class("s-", now.ink)), c.pathData(path))
	if now.width != 1 {
		fmt.Fprintf(&c.body, ` stroke-width="%s"`, number(now.width.Points()))
	}
	if len(now.dashes) > 0 {
		fmt.Fprintf(&c.body, ` stroke-dasharray="%s"`, dashArray(now.dashes))
	}
	if now.offset != 0 {
		fmt.Fprintf(&c.body, ` stroke-dashoffset="%s"`, number(now.offset.Points()))
	}
	c.body.WriteString("/>\n")
}

// Fill fills the path.
func (c *Canvas) Fill(path vg.Path) {
	fmt.Fprintf(&c.body, "<path%s d=\"%s\"/>\n", attribute("f-", c.now().ink), c.pathData(path))
}

// FillString writes text; the font's family is the page's.
func (c *Canvas) FillString(face font.Face, at vg.Point, text string) {
	if face.Font.Size <= 0 || text == "" {
		return
	}
	x, y := c.place(at)
	fmt.Fprintf(&c.body, `<text%s x="%s" y="%s" font-size="%s"`,
		attribute("f-", c.now().ink), number(x), number(y), number(face.Font.Size.Points()))
	if face.Font.Weight > 0 {
		c.body.WriteString(` font-weight="600"`)
	}
	if degrees := c.now().matrix.degrees(); degrees != 0 {
		fmt.Fprintf(&c.body, ` transform="rotate(%s %s %s)"`, number(-degrees), number(x), number(y))
	}
	fmt.Fprintf(&c.body, ">%s</text>\n", html.EscapeString(text))
}

// DrawImage is not supported: a raster image could not take the page's colours.
func (c *Canvas) DrawImage(vg.Rectangle, image.Image) {
	panic("svg: raster images cannot be themed; draw rectangles instead")
}

// place turns a point of gonum (origin at the bottom left) into one of SVG (top left).
func (c *Canvas) place(p vg.Point) (x, y float64) {
	x, y = c.now().matrix.apply(p.X.Points(), p.Y.Points())
	return x, c.options.Height - y
}

func class(prefix string, ink Ink) string {
	if ink == Text {
		return ""
	}
	return prefix + string(ink)
}

func attribute(prefix string, ink Ink) string {
	if ink == Text {
		return ""
	}
	return ` class="` + html.EscapeString(class(prefix, ink)) + `"`
}

func dashArray(dashes []vg.Length) string {
	parts := make([]string, len(dashes))
	for i, dash := range dashes {
		parts[i] = number(dash.Points())
	}
	return strings.Join(parts, " ")
}

package svg

import (
	"bytes"
	"encoding/xml"
	"flag"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func face(size float64) font.Face {
	name := plot.DefaultFont
	name.Variant = "Sans"
	return font.DefaultCache.Lookup(name, vg.Length(size))
}

func sampleCanvas() *Canvas {
	canvas := New(Options{ID: "demo", Width: 200, Height: 100, Title: "a < b", Description: `x & "y"`})
	canvas.SetColor(Ink("series-1"))
	canvas.SetLineWidth(1.5)
	canvas.SetLineDash([]vg.Length{6, 3}, 1)
	var line vg.Path
	line.Move(vg.Point{X: 10, Y: 10})
	line.Line(vg.Point{X: 20, Y: 10})
	line.Line(vg.Point{X: 20.01, Y: 10.01})
	line.Line(vg.Point{X: 20, Y: 90})
	line.Line(vg.Point{X: 33.333, Y: 50})
	line.Line(vg.Point{X: 40, Y: 60})
	canvas.Group("first < second")
	canvas.Stroke(line)
	canvas.EndGroup()
	canvas.SetColor(Ink("band"))
	var circle vg.Path
	circle.Arc(vg.Point{X: 100, Y: 50}, 10, 0, 2*math.Pi)
	circle.Close()
	canvas.Fill(circle)
	canvas.SetColor(color.Black)
	canvas.Push()
	canvas.Rotate(math.Pi / 2)
	canvas.FillString(face(11), vg.Point{X: 20, Y: -150}, "up & up")
	canvas.Pop()
	canvas.Translate(vg.Point{X: 5, Y: 5})
	canvas.FillString(face(11), vg.Point{X: 0, Y: 0}, "plain")
	return canvas
}

func TestCanvasMatchesGolden(t *testing.T) {
	var got bytes.Buffer
	n, err := sampleCanvas().WriteTo(&got)
	if err != nil || n != int64(got.Len()) {
		t.Fatalf("WriteTo = %d, %v; wrote %d bytes", n, err, got.Len())
	}
	golden := filepath.Join("testdata", "canvas.svg")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("canvas differs from %s; run with -update if that is meant:\n%s", golden, diff)
	}
}

func TestCanvasIsWellFormedAndDescribed(t *testing.T) {
	var got bytes.Buffer
	if _, err := sampleCanvas().WriteTo(&got); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(bytes.NewReader(got.Bytes()))
	for {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		`aria-labelledby="demo-title demo-desc"`, `<title id="demo-title">a &lt; b</title>`,
		`<desc id="demo-desc">`, `role="img"`, `viewBox="0 0 200 100"`,
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no %s in\n%s", want, got.String())
		}
	}
	if strings.Contains(got.String(), "<?xml") || strings.Contains(got.String(), "style=") {
		t.Error("an inline drawing has neither prolog nor style attributes")
	}
}

func TestTransforms(t *testing.T) {
	tests := []struct {
		name string
		do   func(*Canvas)
		x, y float64
	}{
		{"none", func(*Canvas) {}, 10, 80},
		{"translate", func(c *Canvas) { c.Translate(vg.Point{X: 5, Y: 7}) }, 15, 73},
		{"scale", func(c *Canvas) { c.Scale(2, 3) }, 20, 40},
		{"quarter turn", func(c *Canvas) { c.Rotate(math.Pi / 2) }, -20, 90},
		{"translate then scale", func(c *Canvas) { c.Translate(vg.Point{X: 5}); c.Scale(2, 1) }, 25, 80},
		{"scale then translate", func(c *Canvas) { c.Scale(2, 1); c.Translate(vg.Point{X: 5}) }, 30, 80},
		{"pop restores", func(c *Canvas) { c.Push(); c.Scale(9, 9); c.Pop() }, 10, 80},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			canvas := New(Options{ID: "t", Width: 100, Height: 100})
			test.do(canvas)
			x, y := canvas.place(vg.Point{X: 10, Y: 20})
			if math.Abs(x-test.x) > 1e-9 || math.Abs(y-test.y) > 1e-9 {
				t.Errorf("(10, 20) is drawn at (%g, %g), want (%g, %g)", x, y, test.x, test.y)
			}
		})
	}
}

func TestArcStaysOnItsCircle(t *testing.T) {
	canvas := New(Options{ID: "t", Width: 100, Height: 100})
	var path vg.Path
	path.Arc(vg.Point{X: 50, Y: 50}, 20, 0, math.Pi)
	const want = "M70 50C70 39 61 30 50 30 39 30 30 39 30 50"
	if got := canvas.pathData(path); got != want {
		t.Errorf("half circle is %q, want %q", got, want)
	}
}

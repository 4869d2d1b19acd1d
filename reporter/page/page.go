// Package page writes a report as one self-contained HTML file: no request leaves the reader's
// machine, nothing depends on JavaScript, and the same report gives the same bytes.
//
//	err := page.Write(file, view.Build(manifest, scenario, summary, detail))
package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/chart"
	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/slo"
)

// templates are the pages, and parts that they have in common.
//
//go:embed *.html
var templates embed.FS

//go:embed style.css
var styleSheet string

//go:embed page.js
var pageScript string

// MaxBytes is the largest page that Write is meant to make for any run; a test holds it to
// that for a run with every figure.
const MaxBytes = 300 << 10

// Write writes the report as one HTML file.
func Write(w io.Writer, report *view.Report) error {
	data := struct {
		*view.Report
		frame
	}{report, newFrame()}
	if err := execute(w, "page.html", data); err != nil {
		return fmt.Errorf("write the report page of run %s: %w", report.Run, err)
	}
	return nil
}

// WriteExperiment writes the comparison of an experiment's trials as one HTML file. Its links to
// the trials' pages are relative, so the folder can be moved as a whole.
func WriteExperiment(w io.Writer, experiment *view.Experiment) error {
	data := struct {
		*view.Experiment
		frame
	}{experiment, newFrame()}
	if err := execute(w, "experiment.html", data); err != nil {
		return fmt.Errorf("write the report page of experiment %s: %w", experiment.ID, err)
	}
	return nil
}

// A frame is what every page brings along, so that it needs nothing from elsewhere.
type frame struct {
	Style  template.CSS
	Script template.JS
	Policy string
}

func newFrame() frame {
	script := lean(pageScript)
	hash := sha256.Sum256([]byte(script))
	return frame{
		Style:  template.CSS(tokenStyle() + styleSheet),
		Script: template.JS(script),
		Policy: "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-" +
			base64.StdEncoding.EncodeToString(hash[:]) + "'",
	}
}

// lean leaves out the script's comments and indentation.
func lean(script string) string {
	var lines []string
	for line := range strings.Lines(script) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// execute writes one of the pages, by the name of its file.
func execute(w io.Writer, name string, data any) error {
	parsed, err := template.New("").Funcs(template.FuncMap{
		"draw": draw, "tone": tone, "state": state, "width": width, "glyph": view.Glyph,
	}).ParseFS(templates, "*.html")
	if err != nil {
		return fmt.Errorf("parse the templates of pages: %w", err)
	}
	return parsed.ExecuteTemplate(w, name, data)
}

// draw draws a figure as an inline SVG element.
func draw(figure view.Figure) (template.HTML, error) {
	var out bytes.Buffer
	if _, err := chart.Draw(figure).WriteTo(&out); err != nil {
		return "", err
	}
	return template.HTML(out.String()), nil
}

// tone is the class that colours a verdict.
func tone(v slo.Verdict) string {
	switch v {
	case slo.Pass:
		return "pass"
	case slo.Miss:
		return "miss"
	case "":
		return "unknown"
	default:
		return "doubt"
	}
}

// state is the class and glyph of a check.
func state(s view.State) struct{ Class, Glyph, Word string } {
	switch s {
	case view.OK:
		return struct{ Class, Glyph, Word string }{"pass", "✓", "ok"}
	case view.Doubt:
		return struct{ Class, Glyph, Word string }{"doubt", "▲", "look"}
	default:
		return struct{ Class, Glyph, Word string }{"unknown", "○", "not measured"}
	}
}

// limitAt is where a bar has its limit, in percent of its width.
const limitAt = 75

// width is the length of a bar in percent of its room, for a share of the limit.
func width(share float64) int { return int(min(100, max(1, share*limitAt))) }

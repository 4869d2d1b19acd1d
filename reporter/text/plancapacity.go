package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// WritePlanCapacity writes what a control plane can hold as text: the answers, or, where nothing was
// asked, the fits.
func WritePlanCapacity(w io.Writer, v *view.PlanCapacity, options Options) error {
	width := options.Width
	if width == 0 {
		width = DefaultWidth
	}
	p := &printer{color: options.Color, width: max(width, minWidth)}
	for _, line := range wrap(v.Title, p.width) {
		fmt.Fprintf(&p.out, "%s\n", p.paint(bold, line))
	}
	p.marked(v.Tone, v.Glyph, v.Sentence)
	p.facts("Asked of", v.Head)
	for _, part := range v.Parts {
		p.capacityPart(part)
	}
	if len(v.Sanity.Rows) > 0 {
		p.heading("Thresholds of SIG-Scalability, which decide nothing here")
		for _, row := range v.Sanity.Rows {
			p.paragraph("  ", fmt.Sprintf("%s: %s is %s %s", row[0], row[1], row[3], row[2]))
		}
	}
	p.capacityCosts(v.Costs)
	if len(v.Parts) == 0 {
		for _, m := range v.Details {
			p.capacityModel(m)
		}
		p.facts("Not fitted", v.Unfitted)
	}
	if len(v.LeftOut.Rows) > 0 {
		p.heading(v.LeftOut.Caption)
		for _, row := range v.LeftOut.Rows {
			p.paragraph("  ", row[0]+": "+row[1])
		}
	}
	p.warnings(v.Warnings)
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("write the capacity plan as text: %w", err)
	}
	return nil
}

// marked writes a paragraph behind a glyph, in the colour of a tone.
func (p *printer) marked(tone view.Tone, glyph, words string) {
	for i, line := range wrap(words, p.width-2) {
		mark := " "
		if i == 0 {
			mark = glyph
		}
		fmt.Fprintf(&p.out, "%s\n", p.paint(toneStyle(tone), mark+" "+line))
	}
}

// capacityPart writes the answers on one size.
func (p *printer) capacityPart(part view.CapacityPart) {
	p.heading(part.Title)
	if part.From != "" {
		p.paragraph("  ", "from "+part.From)
	}
	said := ""
	for _, a := range part.Answers {
		words := a.Word + ": " + a.Name
		if a.Value != view.Dash {
			words += ", " + a.Value
		}
		if a.Limit != view.Dash {
			words += ", limit " + a.Limit
		}
		if a.Value == view.Dash && a.Known != "" {
			words += "; measured " + a.Known
		}
		p.marked(a.Tone, a.Glyph, words)
		if a.Note != "" && a.Note != said {
			p.paragraph("    ", a.Note)
		}
		said = a.Note
	}
	if len(part.ToKnow) > 0 {
		p.paragraph("  ", "to know: "+strings.Join(part.ToKnow, "; "))
	}
}

// capacityModel writes a fit.
func (p *printer) capacityModel(m view.CapacityModel) {
	p.heading(m.Name)
	p.paragraph("  ", m.From)
	if m.Formula != "" {
		p.paragraph("  ", m.Formula+": "+strings.Join(m.Parameters, ", "))
		p.paragraph("  ", m.Quality)
	}
	p.paragraph("  ", "largest measured: "+m.Measured)
	if m.HeldOut != "" {
		p.paragraph("  ", m.HeldOut)
	}
	for _, r := range m.Refusals {
		p.paragraph("  ", "not predicted: "+r)
	}
}

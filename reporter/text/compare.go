package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// maxOthers is how many other figures that changed are listed; all are on the page and in JSON.
const maxOthers = 10

// WriteCompare writes a comparison as text: the verdict, what differs in the set-up, every figure
// that decides, and what else has changed.
func WriteCompare(w io.Writer, c *view.Compare, options Options) error {
	width := options.Width
	if width == 0 {
		width = DefaultWidth
	}
	p := &printer{color: options.Color, width: max(width, minWidth)}
	for _, line := range wrap(c.Title, p.width) {
		fmt.Fprintf(&p.out, "%s\n", p.paint(bold, line))
	}
	for i, line := range wrap(c.Sentence, p.width-2) {
		mark := " "
		if i == 0 {
			mark = c.Glyph
		}
		fmt.Fprintf(&p.out, "%s\n", p.paint(toneStyle(c.Tone), mark+" "+line))
	}
	p.setup(c.Setup)
	p.changes(c)
	p.others(c.Others)
	p.warnings(c.Warnings)
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("write the comparison as text: %w", err)
	}
	return nil
}

func toneStyle(tone view.Tone) string {
	switch tone {
	case view.Good:
		return "1;32"
	case view.Bad:
		return "1;31"
	case view.Care:
		return "1;33"
	default:
		return bold
	}
}

func (p *printer) setup(t view.Table) {
	p.heading(t.Caption)
	if len(t.Rows) == 0 {
		p.paragraph("  ", t.Empty)
	}
	for _, row := range t.Rows {
		p.paragraph("  ", row[0]+": "+row[1]+" → "+row[2])
	}
}

// changes writes a line for each figure, and below it what is known of the change.
func (p *printer) changes(c *view.Compare) {
	p.heading("Changes")
	if len(c.Changes) == 0 {
		p.paragraph("  ", "The runs have no objectives, and no metric was named that is to decide.")
		return
	}
	p.paragraph("  ", c.Lead)
	widths := [4]int{0, len("base"), len("new"), len("change")}
	for _, ch := range c.Changes {
		for i, cell := range []string{ch.Word, ch.Base, ch.New, ch.Change} {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	name := p.width - 2 - widths[0] - widths[1] - widths[2] - widths[3] - 4*2
	p.row(widths, name, "", " ", "", "figure", "base", "new", "change")
	for _, ch := range c.Changes {
		for i, line := range wrap(ch.Name, name) {
			if i == 0 {
				p.row(widths, name, toneStyle(ch.Tone), ch.Glyph, ch.Word, line, ch.Base, ch.New, ch.Change)
				continue
			}
			p.row(widths, name, "", " ", "", line, "", "", "")
		}
		p.paragraph(strings.Repeat(" ", 2+widths[0]+2), changeNotes(ch))
	}
}

func changeNotes(ch view.Change) string {
	notes := []string{ch.Runs + " runs"}
	if ch.Interval != "" {
		notes = append(notes, "95% interval "+ch.Interval)
	}
	if ch.P != view.Dash {
		notes = append(notes, "p = "+ch.P, ch.Higher)
	}
	if ch.Note != "" {
		notes = append(notes, ch.Note)
	}
	return strings.ReplaceAll(strings.Join(notes, "; "), "p = <", "p <")
}

func (p *printer) others(t view.Table) {
	p.heading("Also changed")
	if len(t.Rows) == 0 {
		p.paragraph("  ", t.Empty)
		return
	}
	p.paragraph("  ", t.Caption+".")
	for _, row := range t.Rows[:min(len(t.Rows), maxOthers)] {
		p.paragraph("  ", fmt.Sprintf("%s: %s, %s → %s (%s)", row[1], row[0], row[2], row[3], row[4]))
	}
	if more := len(t.Rows) - maxOthers; more > 0 {
		p.paragraph("  ", fmt.Sprintf("and %d more; --out FILE.html and -o json have them.", more))
	}
}

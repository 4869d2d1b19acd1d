package text

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// maxHistoryRows is how many runs of a figure are listed; all are on the page and in JSON.
const maxHistoryRows = 12

// WriteHistory writes the history of a scenario as text: what was found, and for each figure its
// changes and its newest runs.
func WriteHistory(w io.Writer, h *view.History, options Options) error {
	width := options.Width
	if width == 0 {
		width = DefaultWidth
	}
	p := &printer{color: options.Color, width: max(width, minWidth)}
	for _, line := range wrap(h.Title, p.width) {
		fmt.Fprintf(&p.out, "%s\n", p.paint(bold, line))
	}
	for i, line := range wrap(h.Sentence, p.width-2) {
		mark := " "
		if i == 0 {
			mark = h.Glyph
		}
		fmt.Fprintf(&p.out, "%s\n", p.paint(toneStyle(h.Tone), mark+" "+line))
	}
	for _, m := range h.Machines {
		p.heading(cmp.Or(m.Label, "Machine"))
		p.paragraph("  ", m.Name)
		if m.Sentence != "" {
			p.paragraph("  ", m.Sentence)
		}
		for _, f := range m.List {
			p.historyFigure(f)
		}
		if len(m.List) == 0 {
			p.paragraph("  ", m.Changes.Empty)
		}
		p.heading(m.Setup.Caption)
		if len(m.Setup.Rows) == 0 {
			p.paragraph("  ", m.Setup.Empty)
		}
		if more := len(m.Setup.Rows) - maxHistoryRows; more > 0 {
			p.paragraph("  ", fmt.Sprintf("the newest %d are listed; --out FILE.html has more", maxHistoryRows))
		}
		for _, row := range m.Setup.Rows[max(0, len(m.Setup.Rows)-maxHistoryRows):] {
			p.paragraph("  ", fmt.Sprintf("%s, run %s, %s: %s", row[0], row[1], row[2], row[3]))
		}
	}
	p.warnings(h.Warnings)
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("write the history as text: %w", err)
	}
	return nil
}

// historyFigure writes the changes of a figure and its newest runs.
func (p *printer) historyFigure(f view.HistoryFigure) {
	name := f.Name
	if f.Limit != "" {
		name += ", limit " + f.Limit
	}
	fmt.Fprintln(&p.out)
	for i, line := range wrap(f.Word+": "+name, p.width-2) {
		mark := " "
		if i == 0 {
			mark = f.Glyph
		}
		fmt.Fprintf(&p.out, "%s\n", p.paint(toneStyle(f.Tone), mark+" "+line))
	}
	for _, change := range f.Changes {
		p.paragraph("  ", strings.ReplaceAll(change, "p = <", "p <"))
	}
	if f.Note != "" {
		p.paragraph("  ", f.Note)
	}
	p.historyRows(f.Rows)
}

// historyRows writes a line for each of the newest runs. Names are cut at their beginning, as their
// ends tell them apart.
func (p *printer) historyRows(rows []view.HistoryRow) {
	older := max(0, len(rows)-maxHistoryRows)
	switch older {
	case 0:
	case 1:
		p.paragraph("  ", "1 older run; --out FILE.html and -o json have it")
	default:
		p.paragraph("  ", fmt.Sprintf("%d older runs; --out FILE.html and -o json have them", older))
	}
	widths := [3]int{}
	number := len(fmt.Sprint(len(rows)))
	for _, row := range rows[older:] {
		for i, cell := range []string{row.Value, row.Version, row.Mark} {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	const gaps, longestVersion, longestMark = 2 + 5*2, 18, 18
	widths[1], widths[2] = min(widths[1], longestVersion), min(widths[2], longestMark)
	name := p.width - gaps - number - len("2006-01-02 15:04") - widths[0] - widths[1] - widths[2]
	for i, row := range rows[older:] {
		line := fmt.Sprintf("  %*d  %s  %s  %s  %s  %s", number, older+i+1, row.When, pad(tail(row.Run, max(name, 4)), max(name, 4)),
			pad(head(row.Version, widths[1]), widths[1]), padLeft(row.Value, widths[0]), head(row.Mark, widths[2]))
		fmt.Fprintf(&p.out, "%s\n", strings.TrimRight(line, " "))
	}
}

// head and tail shorten a word to a width.
func head(s string, width int) string {
	if letters := []rune(s); len(letters) > width {
		return string(letters[:max(0, width-1)]) + "…"
	}
	return s
}

func tail(s string, width int) string {
	if letters := []rune(s); len(letters) > width {
		return "…" + string(letters[len(letters)-width+1:])
	}
	return s
}

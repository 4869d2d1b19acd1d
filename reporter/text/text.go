// Package text writes a report as aligned text for a terminal or a log: the verdict, the
// objectives, the figures to remember and, as footnotes, the warnings. It shows the same
// numbers as the page, since both come from one view.
package text

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/kubedyno/kubedyno/reporter/view"
	"github.com/kubedyno/kubedyno/results/slo"
)

// The widths of the output, in columns.
const (
	DefaultWidth = 80
	minWidth     = 60 // Narrower, the objectives' columns have no room.
	minName      = 16 // Of a column of objectives' names.
)

// Options say how the text looks. Color adds ANSI colours; Width 0 is DefaultWidth.
type Options struct {
	Color bool
	Width int
}

// Write writes the report as text.
func Write(w io.Writer, report *view.Report, options Options) error {
	width := options.Width
	if width == 0 {
		width = DefaultWidth
	}
	p := &printer{color: options.Color, width: max(width, minWidth)}
	p.verdict(report)
	p.objectives(report)
	p.facts("Key figures", report.Key)
	p.trust(report.Trust)
	p.warnings(report.Warnings)
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("write the report of run %s as text: %w", report.Run, err)
	}
	return nil
}

type printer struct {
	out   strings.Builder
	color bool
	width int
}

// paint gives text an ANSI style.
func (p *printer) paint(style, text string) string {
	if !p.color || style == "" || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// bold is the ANSI style of headings.
const bold = "1"

func verdictStyle(v slo.Verdict) string {
	switch v {
	case slo.Pass:
		return "1;32"
	case slo.Miss:
		return "1;31"
	default:
		return "1;33"
	}
}

func (p *printer) heading(title string) {
	fmt.Fprintf(&p.out, "\n%s\n", p.paint(bold, title))
}

func (p *printer) verdict(report *view.Report) {
	for _, line := range wrap(report.Title, p.width) {
		fmt.Fprintf(&p.out, "%s\n", p.paint(bold, line))
	}
	for i, line := range wrap(report.Sentence, p.width-2) {
		mark := " "
		if i == 0 {
			mark = view.Glyph(report.Verdict)
		}
		fmt.Fprintf(&p.out, "%s\n", p.paint(verdictStyle(report.Verdict), mark+" "+line))
	}
	var head []string
	for _, fact := range report.Head {
		head = append(head, strings.ToLower(fact.Name)+" "+fact.Value)
	}
	for _, line := range wrap(strings.Join(head, " · "), p.width-2) {
		fmt.Fprintf(&p.out, "  %s\n", line)
	}
}

// objectives writes the table: the objective's name takes what the other columns leave.
func (p *printer) objectives(report *view.Report) {
	p.heading("Objectives")
	if len(report.Objectives) == 0 {
		p.paragraph("  ", report.NoGoals)
		return
	}
	widths := [4]int{0, len("observed"), len("limit"), len("margin")}
	for _, o := range report.Objectives {
		for i, cell := range []string{string(o.Verdict), o.Observed, o.Limit, o.Margin} {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	name := p.width - 2 - widths[0] - widths[1] - widths[2] - widths[3] - 4*2
	if name < minName {
		p.objectivesBelow(report)
		return
	}
	p.row(widths, name, "", " ", "", "objective", "observed", "limit", "margin")
	for _, o := range report.Objectives {
		for i, line := range wrap(o.Name, name) {
			if i == 0 {
				p.row(widths, name, verdictStyle(o.Verdict), o.Glyph, string(o.Verdict), line, o.Observed, o.Limit, o.Margin)
				continue
			}
			p.row(widths, name, "", " ", "", line, "", "", "")
		}
		p.objectiveNotes(o, strings.Repeat(" ", 2+widths[0]+2))
	}
}

// objectivesBelow writes each objective over the whole width, with its figures below it, where the
// figures are so long that they leave no room for a column of names.
func (p *printer) objectivesBelow(report *view.Report) {
	for _, o := range report.Objectives {
		verdict := o.Glyph + " " + string(o.Verdict)
		for i, line := range wrap(string(o.Verdict)+"  "+o.Name, p.width-2) {
			if i == 0 {
				fmt.Fprintf(&p.out, "%s%s\n", p.paint(verdictStyle(o.Verdict), verdict), strings.TrimPrefix(line, string(o.Verdict)))
				continue
			}
			p.paragraph("  ", line)
		}
		p.paragraph("  ", "observed "+o.Observed+", limit "+o.Limit+", margin "+o.Margin)
		p.objectiveNotes(o, "  ")
	}
}

func (p *printer) objectiveNotes(o view.Objective, indent string) {
	var notes []string
	if o.Where != "" {
		notes = append(notes, o.Where)
	}
	if o.Interval != "" {
		notes = append(notes, "95% interval "+o.Interval)
	}
	notes = append(notes, "n="+o.N)
	if o.Reason != "" {
		notes = append(notes, o.Reason)
	}
	p.paragraph(indent, strings.Join(notes, "; "))
}

func (p *printer) row(widths [4]int, name int, style, glyph, verdict, objective, observed, limit, margin string) {
	line := p.paint(style, glyph+" "+pad(verdict, widths[0])) + "  " + pad(objective, name) + "  " +
		padLeft(observed, widths[1]) + "  " + padLeft(limit, widths[2]) + "  " + padLeft(margin, widths[3])
	fmt.Fprintf(&p.out, "%s\n", strings.TrimRight(line, " "))
}

// facts writes names and values, the values below one another.
func (p *printer) facts(title string, facts []view.Fact) {
	if len(facts) == 0 {
		return
	}
	p.heading(title)
	widest := 0
	for _, fact := range facts {
		widest = max(widest, columns(fact.Name))
	}
	widest = min(widest, p.width/2)
	for _, fact := range facts {
		name := wrap(fact.Name, widest)
		value := wrap(fact.Value, p.width-2-widest-2)
		for i := range max(len(name), len(value)) {
			fmt.Fprintf(&p.out, "%s\n", strings.TrimRight("  "+pad(at(name, i), widest)+"  "+at(value, i), " "))
		}
	}
}

// trust says in words how many checks of the harness hold, and names those that do not.
func (p *printer) trust(checks []view.Check) {
	p.heading("Can these figures be trusted?")
	ok := 0
	for _, check := range checks {
		if check.State == view.OK {
			ok++
		}
	}
	p.paragraph("  ", fmt.Sprintf("%d of %d checks of the harness are ok.", ok, len(checks)))
	for _, check := range checks {
		if check.State == view.Doubt {
			value := check.Value
			if check.Limit != "" {
				value += " (limit " + check.Limit + ")"
			}
			p.paragraph("  ", "look: "+check.Name+" "+value+". "+check.Note)
		}
	}
	var unknown []string
	for _, check := range checks {
		if check.State == view.Unknown {
			unknown = append(unknown, check.Name)
		}
	}
	if len(unknown) > 0 {
		p.paragraph("  ", "not measured: "+strings.Join(unknown, ", "))
	}
}

func (p *printer) warnings(warnings []string) {
	if len(warnings) == 0 {
		return
	}
	p.heading("Warnings")
	digits := len(fmt.Sprint(len(warnings)))
	for i, warning := range warnings {
		mark := fmt.Sprintf("[%*d] ", digits, i+1)
		for j, line := range wrap(warning, p.width-2-len(mark)) {
			if j > 0 {
				mark = strings.Repeat(" ", len(mark))
			}
			fmt.Fprintf(&p.out, "  %s%s\n", mark, line)
		}
	}
}

func (p *printer) paragraph(indent, text string) {
	for _, line := range wrap(text, p.width-len(indent)) {
		fmt.Fprintf(&p.out, "%s%s\n", indent, line)
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// columns counts the terminal columns of text; every rune that the view uses takes one.
func columns(s string) int { return utf8.RuneCountInString(s) }

func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-columns(s))) }

func padLeft(s string, width int) string { return strings.Repeat(" ", max(0, width-columns(s))) + s }

// Wrap breaks text between words into lines of at most width columns; a longer word is cut.
func Wrap(text string, width int) []string { return wrap(text, width) }

// wrap breaks text between words into lines of at most width columns; a longer word is cut.
func wrap(text string, width int) []string {
	width = max(width, 1)
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		for columns(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			letters := []rune(word)
			lines, word = append(lines, string(letters[:width])), string(letters[width:])
		}
		switch {
		case line == "":
			line = word
		case columns(line)+1+columns(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

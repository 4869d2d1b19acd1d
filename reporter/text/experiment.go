package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// WriteExperiment writes the comparison of an experiment's trials as text: the verdict, then
// every objective and figure with a line for each variant, and the trials in their order.
func WriteExperiment(w io.Writer, e *view.Experiment, options Options) error {
	width := options.Width
	if width == 0 {
		width = DefaultWidth
	}
	p := &printer{color: options.Color, width: max(width, minWidth)}
	p.verdict(&view.Report{Title: e.Title, Verdict: e.Verdict, Sentence: e.Sentence, Head: e.Head})
	p.recommendation(strings.TrimSpace(e.Recommendation + " " + e.Assumptions))
	p.heat(e)
	p.forecasts(e.Forecasts)
	p.tradeoff(e.Tradeoff)
	p.trials(e.Trials)
	p.warnings(e.Warnings)
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("write the report of experiment %s as text: %w", e.ID, err)
	}
	return nil
}

// recommendation writes what is recommended, if anything is.
func (p *printer) recommendation(words string) {
	if words == "" {
		return
	}
	p.heading("Recommendation")
	p.paragraph("  ", words)
}

// chip is a verdict with its mark, padded to a width.
func (p *printer) chip(v view.Variant, width int) string {
	if v.Verdict == "" {
		return "  " + pad(v.Word, width)
	}
	return p.paint(verdictStyle(v.Verdict), v.Glyph+" "+pad(v.Word, width))
}

func (p *printer) variants(c view.Comparison) {
	p.heading("Variants")
	word := 0
	for _, v := range c.Variants {
		word = max(word, columns(v.Word))
	}
	for _, v := range c.Variants {
		for i, line := range wrap(v.Name+" ("+v.Trials+")", p.width-2-word-2) {
			lead := strings.Repeat(" ", 2+word)
			if i == 0 {
				lead = p.chip(v, word)
			}
			fmt.Fprintf(&p.out, "%s  %s\n", lead, line)
		}
	}
}

// comparison writes each quantity with a line for every variant that was run.
func (p *printer) comparison(c view.Comparison) {
	p.heading("Objectives and figures")
	if len(c.Quantities) == 0 {
		p.paragraph("  ", "No trial has ended, so there is nothing to compare.")
		return
	}
	caption := c.Caption
	if c.Axis != "" {
		caption += " Variants are named by their " + c.Axis + "."
	}
	p.paragraph("  ", caption)
	widths := [3]int{}
	for i, v := range c.Variants {
		widths[0] = max(widths[0], columns(nameIn(c, v)))
		for _, cell := range c.Cells[i] {
			widths[1], widths[2] = max(widths[1], columns(string(cell.Verdict))), max(widths[2], columns(cell.Value))
		}
	}
	widths[0] = min(widths[0], p.width*2/5)
	for j, q := range c.Quantities {
		p.paragraph("  ", strings.TrimSuffix(q.Name+", limit "+q.Limit, ", limit "))
		for i, v := range c.Variants {
			if v.Verdict != "" {
				p.cell(nameIn(c, v), c.Cells[i][j], widths)
			}
		}
	}
}

// nameIn is a variant's name in a comparison, without that of the one parameter, which the caption has.
func nameIn(c view.Comparison, v view.Variant) string {
	if c.Axis != "" {
		return v.Short
	}
	return v.Name
}

// cell writes the line of the variant called so, and what is to be said of it below.
func (p *printer) cell(variant string, cell view.Cell, widths [3]int) {
	verdict := strings.Repeat(" ", 2+widths[1])
	if cell.Verdict != "" {
		verdict = p.paint(verdictStyle(cell.Verdict), cell.Glyph+" "+pad(string(cell.Verdict), widths[1]))
	}
	for i, name := range wrap(variant, widths[0]) {
		line := "    " + pad(name, widths[0])
		if i == 0 {
			line += "  " + verdict + "  " + padLeft(cell.Value, widths[2]) + "  " + strings.TrimPrefix(cell.Range+", "+cell.N, ", ")
			if columns(line)+columns(cell.Note) <= p.width && cell.Range == "" && columns(variant) <= widths[0] {
				line, cell.Note = line+cell.Note, ""
			}
		}
		fmt.Fprintf(&p.out, "%s\n", strings.TrimRight(line, " "))
	}
	if cell.Note != "" {
		p.paragraph(strings.Repeat(" ", 4+widths[0]+2), cell.Note)
	}
}

func (p *printer) trials(trials []view.Trial) {
	p.heading("Trials in their order")
	word := 0
	for _, t := range trials {
		word = max(word, columns(t.Word))
	}
	for _, t := range trials {
		chip := p.chip(view.Variant{Verdict: t.Verdict, Glyph: t.Glyph, Word: t.Word}, word)
		words := t.Number + ". " + t.Variant + ", round " + t.Round + ", seed " + t.Seed + ", took " + t.Took
		if t.Note != "" {
			words += ". " + t.Note
		}
		if t.Verdict == "" && t.Sentence != "" {
			words += ": " + t.Sentence
		}
		for i, line := range wrap(words, p.width-4-word) {
			if i > 0 {
				chip = strings.Repeat(" ", 2+word)
			}
			fmt.Fprintf(&p.out, "%s  %s\n", chip, line)
		}
	}
}

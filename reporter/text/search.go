package text

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// WriteSearch writes what a capacity search has found as text: the verdict, the bounds, what gave first
// and the trials in their order.
func WriteSearch(w io.Writer, s *view.Search, options Options) error {
	width := options.Width
	if width == 0 {
		width = DefaultWidth
	}
	p := &printer{color: options.Color, width: max(width, minWidth)}
	p.verdict(&view.Report{Title: s.Title, Verdict: s.Verdict, Sentence: s.Sentence, Head: s.Head})
	p.bounds(s.Bounds)
	for _, line := range s.Compared {
		p.paragraph("  ", line)
	}
	for _, v := range s.Variants {
		p.gave(v)
		p.searchTrials(v)
	}
	p.warnings(s.Warnings)
	if _, err := io.WriteString(w, p.out.String()); err != nil {
		return fmt.Errorf("write the report of search %s as text: %w", s.ID, err)
	}
	return nil
}

// bounds writes a paragraph for each goal, as its table is too wide.
func (p *printer) bounds(t view.Table) {
	p.heading("Bounds")
	if len(t.Rows) == 0 {
		p.paragraph("  ", t.Empty)
	}
	for _, row := range t.Rows {
		p.paragraph("  ", row[0]+": "+row[len(row)-1]+".")
		for _, at := range []int{1, 3} {
			if row[at] != view.Dash {
				p.paragraph("    ", strings.ToLower(t.Columns[at].Name)+" "+row[at]+" ("+row[at+1]+")")
			}
		}
	}
}

func (p *printer) gave(v view.SearchVariant) {
	p.heading(strings.TrimPrefix(v.Name+": What gave first", ": "))
	if len(v.Gave) == 0 {
		p.paragraph("  ", "No load broke.")
	}
	for _, g := range v.Gave {
		p.paragraph("  ", strings.TrimPrefix(g.Goal+": "+g.Words, ": "))
		for _, line := range append(append([]string{}, g.Objectives...), g.Evidence...) {
			p.paragraph("    ", line)
		}
	}
	p.paragraph("  ", v.Knee)
}

func (p *printer) searchTrials(v view.SearchVariant) {
	p.heading(strings.TrimPrefix(v.Name+": Trials in their order", ": "))
	word := 0
	for _, t := range v.Trials {
		word = max(word, columns(t.Word))
	}
	for _, t := range v.Trials {
		chip := p.chip(view.Variant{Verdict: t.Verdict, Glyph: t.Glyph, Word: t.Word}, word)
		words := t.Number + ". " + t.Load + ", took " + t.Took
		if t.Interval != "" {
			words += ", then " + t.Interval
		}
		if t.BrokeOff {
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

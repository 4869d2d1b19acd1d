package text

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// tradeoff lists the variants and which of them no other beats.
func (p *printer) tradeoff(t *view.Tradeoff) {
	if t == nil {
		return
	}
	p.heading("Trade-off")
	p.paragraph("  ", t.Lead)
	p.paragraph("  ", fmt.Sprintf("Each with its %s and its %s:", t.X, t.Y))
	widths := [3]int{}
	for _, r := range t.Rows {
		widths[0] = max(widths[0], columns(r.Name))
		widths[1], widths[2] = max(widths[1], columns(r.X)), max(widths[2], columns(r.Y))
	}
	widths[0] = min(widths[0], p.width*2/5)
	rest := p.width - 2 - widths[0] - widths[1] - widths[2] - 3*2
	for _, r := range t.Rows {
		names, words := wrap(r.Name, widths[0]), wrap(r.Word, max(rest, minWidth/3))
		for i := range max(len(names), len(words)) {
			name, word, x, y := "", "", "", ""
			if i < len(names) {
				name = names[i]
			}
			if i < len(words) {
				word = words[i]
			}
			if i == 0 {
				x, y = r.X, r.Y
			}
			line := "  " + pad(name, widths[0]) + "  " + padLeft(x, widths[1]) + "  " + padLeft(y, widths[2]) + "  " + word
			fmt.Fprintf(&p.out, "%s\n", strings.TrimRight(line, " "))
		}
	}
}

package text

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// capacityCosts writes what a node and a pod take, and what is asked for by that.
func (p *printer) capacityCosts(c *view.CapacityCosts) {
	if c == nil {
		return
	}
	p.heading("What a node and a pod take")
	p.paragraph("  ", c.Lead)
	p.aligned(c.Kept)
	p.aligned(c.Brought)
	if c.Sums != "" {
		p.heading("By arithmetic")
		p.paragraph("  ", c.Sums)
		p.aligned(c.Needs)
	}
}

// aligned writes a small table in columns under their names, numbers to the right. Words in the last
// column are wrapped.
func (p *printer) aligned(t view.Table) {
	fmt.Fprintf(&p.out, "\n")
	p.paragraph("  ", t.Caption+":")
	if len(t.Rows) == 0 {
		p.paragraph("    ", t.Empty)
		return
	}
	names, widths := make([]string, len(t.Columns)), make([]int, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = strings.ToLower(c.Name)
		widths[i] = columns(names[i])
		for _, row := range t.Rows {
			widths[i] = max(widths[i], columns(row[i]))
		}
	}
	for _, row := range append([][]string{names}, t.Rows...) {
		line, last := "  ", len(row)-1
		for i, cell := range row[:last] {
			if t.Columns[i].Numeric {
				line += padLeft(cell, widths[i]) + "  "
			} else {
				line += pad(cell, widths[i]) + "  "
			}
		}
		if t.Columns[last].Numeric {
			fmt.Fprintf(&p.out, "%s\n", line+padLeft(row[last], widths[last]))
			continue
		}
		for i, words := range wrap(row[last], max(p.width-columns(line), minWidth/3)) {
			if i > 0 {
				line = strings.Repeat(" ", columns(line))
			}
			fmt.Fprintf(&p.out, "%s\n", line+words)
		}
	}
}

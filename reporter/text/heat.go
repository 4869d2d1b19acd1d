package text

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/reporter/view"
)

// heat writes the tables over the axes; where there are none, the variants and what they have shown.
// Tables stand in for the variants, whose verdicts are the first one, and for the quantities that
// they show.
func (p *printer) heat(e *view.Experiment) {
	if e.Heat == nil || len(e.Heat.Tables) == 0 {
		p.variants(e.Comparison)
		p.comparison(e.Comparison)
		return
	}
	p.heading("Comparison")
	p.paragraph("  ", e.Heat.Lead)
	for _, t := range e.Heat.Tables {
		p.out.WriteByte('\n')
		p.paragraph("  ", strings.TrimSuffix(t.Title+" ("+t.Detail+")", " ()"))
		p.heatTable(t)
	}
	if len(e.Heat.Rest.Quantities) > 0 {
		p.comparison(e.Heat.Rest)
	}
}

// heatLines are the lines of a cell; the first is the verdict, if there is one.
func heatLines(c view.HeatCell) []string {
	var lines []string
	for _, line := range []string{strings.TrimSpace(c.Glyph + " " + string(c.Verdict)), c.Value, c.Range, c.Note} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// A grid is a table of cells that are all equally wide, beside heads.
type grid struct {
	view.HeatTable
	down  []int // The widths of the heads beside the rows.
	width int   // Of a column.
}

// gap is between two columns.
const gap = "  "

func gridOf(t view.HeatTable) grid {
	g := grid{HeatTable: t, down: make([]int, len(t.Down))}
	for i, head := range t.Down {
		g.down[i] = columns(head.Text)
	}
	for _, heads := range t.Columns {
		for _, head := range heads {
			g.width = max(g.width, columns(head.Text))
		}
	}
	for _, row := range t.Rows {
		for i, head := range row.Heads {
			at := len(g.down) - len(row.Heads) + i
			g.down[at] = max(g.down[at], columns(head.Text))
		}
		for _, cell := range row.Cells {
			for _, line := range heatLines(cell) {
				g.width = max(g.width, columns(line))
			}
		}
	}
	return g
}

// heatTable writes a table; one that is wider than the page in parts below one another.
func (p *printer) heatTable(t view.HeatTable) {
	g := gridOf(t)
	room := p.width - len("    ")
	for _, width := range g.down {
		room -= width + len(gap)
	}
	all := len(t.Rows[0].Cells)
	fit := max(1, (room+len(gap))/(g.width+len(gap)))
	for from := 0; from < all; from += fit {
		to := min(from+fit, all)
		p.gridHeads(g, from, to)
		for _, row := range t.Rows {
			p.gridRow(g, row, from, to)
		}
	}
}

// gridHeads writes the heads of some columns; one that is over several stands above the first.
func (p *printer) gridHeads(g grid, from, to int) {
	for level, heads := range g.Columns {
		line := "    "
		for i, head := range g.Down {
			name := ""
			if level == len(g.Columns)-1 {
				name = head.Text
			}
			line += pad(name, g.down[i]) + gap
		}
		at := 0
		for _, head := range heads {
			for i := range head.Over {
				name := ""
				if i == 0 || at == from {
					name = head.Text
				}
				if at >= from && at < to {
					line += pad(name, g.width) + gap
				}
				at++
			}
		}
		fmt.Fprintf(&p.out, "%s\n", strings.TrimRight(line, " "))
	}
}

// gridRow writes some cells of a row, which may have several lines.
func (p *printer) gridRow(g grid, row view.HeatRow, from, to int) {
	height := 1
	for _, cell := range row.Cells[from:to] {
		height = max(height, len(heatLines(cell)))
	}
	for n := range height {
		line := "    "
		for i := range g.down {
			name := ""
			if at := i - len(g.down) + len(row.Heads); n == 0 && at >= 0 {
				name = row.Heads[at].Text
			}
			line += pad(name, g.down[i]) + gap
		}
		for i, cell := range row.Cells[from:to] {
			text := at(heatLines(cell), n)
			if i < to-from-1 {
				text = pad(text, g.width) + gap
			}
			if n == 0 && cell.Verdict != "" {
				text = p.paint(verdictStyle(cell.Verdict), text)
			}
			line += text
		}
		fmt.Fprintf(&p.out, "%s\n", strings.TrimRight(line, " "))
	}
}

// forecasts lists what was foreseen of each rollout, and what was observed.
func (p *printer) forecasts(f *view.Forecasts) {
	if f == nil {
		return
	}
	p.heading("Foreseen and observed")
	p.paragraph("  ", f.Table.Caption+".")
	names := 0
	for _, row := range f.Table.Rows {
		names = max(names, columns(row[0]))
	}
	names = min(names, p.width/3)
	for _, row := range f.Table.Rows {
		name := wrap(row[0], names)
		lines := wrap(forecastWords(row), p.width-4-names-len(gap))
		for i := range max(len(name), len(lines)) {
			line := "    " + pad(at(name, i), names) + gap + at(lines, i)
			fmt.Fprintf(&p.out, "%s\n", strings.TrimRight(line, " "))
		}
	}
}

// forecastWords puts a row of the table into words, but for the variant.
func forecastWords(row []string) string {
	last := len(row) - 1
	foreseen, observed, refused := row[last-3], row[last-2], row[last-1]
	words := row[last] + ": " + observed
	if foreseen != view.Dash {
		words = row[last] + ": foreseen " + foreseen + "; observed " + observed + ", "
		if refused == view.Dash {
			words += "refusals not known"
		} else {
			words += refused + " refused"
		}
	}
	if last > 4 { // Of several rollouts, the second column says which one it is.
		words = row[1] + " " + words
	}
	return words
}

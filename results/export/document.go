package export

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// The limits of a summary in Markdown. GitHub refuses more than 1 MiB for a step, to which other
// programs write, too.
const (
	MaxMarkdown = 200_000 // Bytes of the whole.
	maxCell     = 300     // Letters of a cell of a table.
	maxLine     = 1000    // Letters of a sentence.
	reserve     = 2_000   // Bytes kept for the lines that say what was left out, and for what must be closed.
)

// A document is Markdown of a bounded size. Tables and lists are cut between their rows, and say so.
type document struct{ out strings.Builder }

// fits reports whether there is room for more bytes.
func (d *document) fits(more int) bool { return d.out.Len()+more <= MaxMarkdown-reserve }

func (d *document) head(verdict slo.Verdict, title, sentence string) {
	fmt.Fprintf(&d.out, "### %s %s\n\n%s\n\n", verdictMarks[verdict], escape(cut(sentence, maxLine)), escape(cut(title, maxCell)))
}

func (d *document) paragraph(text string) {
	fmt.Fprintf(&d.out, "%s\n\n", escape(cut(text, maxLine)))
}

// facts writes names and values in one line, those without a value left out.
func (d *document) facts(facts [][2]string) {
	var all []string
	for _, fact := range facts {
		if fact[1] != "" {
			all = append(all, escape(fact[0]+" "+cut(fact[1], maxCell)))
		}
	}
	fmt.Fprintf(&d.out, "%s\n\n", strings.Join(all, " · "))
}

// fold writes what is shown only when it is asked for; nothing if there are no rows.
func (d *document) fold(title string, rows int, content func()) {
	if rows == 0 {
		return
	}
	opening := fmt.Sprintf("<details><summary>%s (%s)</summary>\n\n", title, sample.FormatCount(int64(rows)))
	if !d.fits(len(opening)) {
		d.leftOut(rows, rows)
		return
	}
	d.out.WriteString(opening)
	content()
	d.out.WriteString("</details>\n\n")
}

// table writes as many rows as there is room for; nothing if there are none. A table without a
// title stands in a fold, which has one.
func (d *document) table(title string, header []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	opening := tableRow(header) + "|" + strings.Repeat(" --- |", len(header)) + "\n"
	if title != "" {
		opening = "**" + title + "**\n\n" + opening
	}
	var lines []string
	for _, cells := range rows {
		lines = append(lines, tableRow(cells))
	}
	d.lines(opening, lines)
}

func tableRow(cells []string) string {
	var line strings.Builder
	for _, cell := range cells {
		line.WriteString("| " + escape(cut(cell, maxCell)) + " ")
	}
	return line.String() + "|\n"
}

func (d *document) list(items []string) {
	var lines []string
	for _, item := range items {
		lines = append(lines, "- "+escape(cut(item, maxLine))+"\n")
	}
	d.lines("", lines)
}

// lines writes whole lines while there is room, and how many there was no room for.
func (d *document) lines(opening string, lines []string) {
	written := 0
	if d.fits(len(opening) + len(lines[0])) {
		d.out.WriteString(opening)
		for written < len(lines) && d.fits(len(lines[written])) {
			d.out.WriteString(lines[written])
			written++
		}
	}
	d.out.WriteString("\n")
	if written < len(lines) {
		d.leftOut(len(lines)-written, len(lines))
	}
}

func (d *document) leftOut(rows, of int) {
	fmt.Fprintf(&d.out, "%s of %s rows are left out here; %s and report.html have them all.\n\n",
		sample.FormatCount(int64(rows)), sample.FormatCount(int64(of)), CSV.File())
}

// cut shortens text to so many letters.
func cut(text string, letters int) string {
	if utf8.RuneCountInString(text) <= letters {
		return text
	}
	return string([]rune(text)[:letters-1]) + "…"
}

// escape writes text so that Markdown shows it as it is: every sign that can mean something after a
// backslash, and as entities those of HTML, the bar between cells, and the ends of lines.
//
// Source: https://github.github.com/gfm/, sections 4.10, 6.1 and 6.2
func escape(text string) string {
	var out strings.Builder
	for i, r := range strings.ToValidUTF8(text, "\uFFFD") {
		switch {
		case strings.ContainsRune("\\`*_[]~#@", r), i == 0 && strings.ContainsRune("-+=", r):
			out.WriteRune('\\')
			out.WriteRune(r)
		case strings.ContainsRune("<>&|", r), r < ' ' && r != 0:
			fmt.Fprintf(&out, "&#%d;", r)
		case r == 0: // No document may hold it.
			out.WriteRune(utf8.RuneError)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

package live

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A style is an ANSI style for a whole line.
type style string

// The styles. A line says in words whatever its style says, too.
const (
	plain   style = ""
	strong  style = "1"
	caution style = "33"
	alarm   style = "31"
)

// A line is one line of the terminal, without its end.
type line struct {
	text  string
	style style
}

func (l line) paint(color bool) string {
	if !color || l.style == plain || l.text == "" {
		return l.text
	}
	return "\x1b[" + string(l.style) + "m" + l.text + "\x1b[0m"
}

// wide are the blocks whose letters take two columns: Hangul, CJK, full-width forms and emoji
// (Unicode Standard Annex 11, East Asian Width W and F, to the block).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{{0x1100, 0x115f, 1}, {0x2e80, 0x303e, 1}, {0x3041, 0xa4cf, 1}, {0xac00, 0xd7a3, 1},
		{0xf900, 0xfaff, 1}, {0xfe30, 0xfe6f, 1}, {0xff00, 0xff60, 1}, {0xffe0, 0xffe6, 1}},
	R32: []unicode.Range32{{0x1f300, 0x1f64f, 1}, {0x1f680, 0x1f6ff, 1}, {0x1f900, 0x1faff, 1}, {0x20000, 0x3fffd, 1}},
}

// columns returns how many columns a letter takes.
func columns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// width returns how many columns a text takes.
func width(text string) int {
	total := 0
	for _, r := range text {
		total += columns(r)
	}
	return total
}

// cut shortens a text to a width, with … for what is left out.
func cut(text string, most int) string {
	if width(text) <= most {
		return text
	}
	var b strings.Builder
	left := most - 1
	for _, r := range text {
		if left -= columns(r); left < 0 {
			break
		}
		b.WriteRune(r)
	}
	if most < 1 {
		return ""
	}
	return strings.TrimRight(b.String(), " ") + "…"
}

// fitting returns the first of the texts that fits, or else the last, cut.
func fitting(most int, texts ...string) string {
	for _, text := range texts {
		if width(text) <= most {
			return text
		}
	}
	return cut(texts[len(texts)-1], most)
}

// clean replaces what would move the cursor or change colours: a server's words are printed too.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// bar draws how much of total is done; it is full only when all is.
func bar(done, total, cells int) string {
	full := min(max(done, 0)*cells/max(total, 1), cells)
	return strings.Repeat("█", full) + strings.Repeat("░", cells-full)
}

// clock writes a moment of the run as minutes and seconds.
func clock(at sample.Offset) string { return fmt.Sprintf("%6s", elapsed(at)) }

// elapsed writes a time as 1:05, or 1:02:05 from an hour on.
func elapsed(at sample.Offset) string {
	seconds := max(int(at.Seconds()), 0)
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxFaults is how many faults are collected; a file with more is better read again after
// these are mended.
const maxFaults = 200

// maxSourceColumns is how much of a long source line is shown around a fault.
const maxSourceColumns = 100

// A Fault is one thing that is wrong with a scenario, and where. Line and Column count from 1,
// Column in characters; a fault of a --set value stands where the parameter is declared.
type Fault struct {
	File         string
	Line, Column int
	Message      string // What is wrong.
	Hint         string // How to mend it; may be empty.
	SourceLine   string // The line of the file, without its end.
}

// Error renders the fault with its source line, a caret under the fault and the hint.
func (f Fault) Error() string {
	number := fmt.Sprintf("%5d", f.Line)
	line, caret := excerpt(f.SourceLine, f.Column)
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: %s\n", f.File, f.Line, f.Column, f.Message)
	fmt.Fprintf(&b, "%s | %s\n%*s | %s^", number, line, len(number), "", caret)
	if f.Hint != "" {
		fmt.Fprintf(&b, "\n%*s = %s", len(number), "", f.Hint)
	}
	return b.String()
}

// excerpt returns the part of a line around column, and the blanks that put a caret under it.
func excerpt(line string, column int) (text, blanks string) {
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	from := max(0, at-maxSourceColumns/2)
	to := min(len(runes), from+maxSourceColumns)
	before := ""
	if from > 0 {
		before = "…"
	}
	text = before + string(runes[from:to])
	if to < len(runes) {
		text += "…"
	}
	for _, r := range before + string(runes[from:at]) {
		if r == '\t' { // A tab is as wide below the line as in it.
			blanks += "\t"
		} else {
			blanks += " "
		}
	}
	return text, blanks
}

// Faults are all faults found, in the order of their positions. It is never empty as an error.
type Faults []Fault

// Error renders every fault, and how many there are.
func (f Faults) Error() string {
	var b strings.Builder
	for _, fault := range f {
		b.WriteString(fault.Error())
		b.WriteString("\n\n")
	}
	switch len(f) {
	case 1:
		b.WriteString("1 fault")
	default:
		fmt.Fprintf(&b, "%d faults", len(f))
	}
	return b.String()
}

// A source is a file as lines, to quote from.
type source struct {
	file  string
	lines []string
}

func newSource(file string, text []byte) *source {
	unified := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text))
	return &source{file: file, lines: strings.Split(unified, "\n")}
}

// A position is a place in a source; it may lie outside, as positions of a YAML parser at the
// end of a file do.
type position struct {
	src          *source
	line, column int
}

// fault makes the fault at p, moved to the nearest place inside the file.
func (p position) fault(hint, message string) Fault {
	line := min(max(p.line, 1), len(p.src.lines))
	text := strings.ToValidUTF8(p.src.lines[line-1], "\uFFFD")
	column := min(max(p.column, 1), utf8.RuneCountInString(text)+1)
	if p.line > len(p.src.lines) {
		column = utf8.RuneCountInString(text) + 1
	}
	return Fault{File: p.src.file, Line: line, Column: column, Message: message, Hint: hint,
		SourceLine: strings.Map(visible, text)}
}

// visible keeps a quoted line from steering the terminal that shows it.
func visible(r rune) rune {
	if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
		return utf8.RuneError
	}
	return r
}

// A collector gathers faults up to maxFaults.
type collector struct {
	faults  Faults
	dropped int
}

func (c *collector) add(p position, hint, format string, args ...any) {
	if len(c.faults) == maxFaults {
		c.dropped++
		return
	}
	c.faults = append(c.faults, p.fault(hint, fmt.Sprintf(format, args...)))
}

// err returns the faults in the order of their positions, scenario file first, or nil.
func (c *collector) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	first := c.faults[0].File
	slices.SortStableFunc(c.faults, func(a, b Fault) int {
		if a.File != b.File {
			if a.File == first {
				return -1
			}
			if b.File == first {
				return 1
			}
			return strings.Compare(a.File, b.File)
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if c.dropped > 0 {
		last := &c.faults[len(c.faults)-1]
		last.Message += fmt.Sprintf(" (and %d more faults, not shown)", c.dropped)
	}
	return c.faults
}

package export

import (
	"strings"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
)

// comparison writes how an experiment's variant compares with its base; nothing without one.
func (d *document) comparison(c *compare.Comparison) {
	if c == nil {
		return
	}
	d.paragraph(c.Sentence)
	var rows, setup [][]string
	for _, ch := range c.Deciding {
		rows = append(rows, changeCells(ch))
	}
	d.table("Variant against base", []string{"verdict", "figure", "base", "variant", "change", "p", "runs", "why"}, rows)
	for _, row := range c.Setup {
		setup = append(setup, []string{row.Name, strings.Join(row.Base, ", "), strings.Join(row.New, ", ")})
	}
	d.fold("What differs in the set-up", len(setup), func() { d.table("", []string{"what", "base", "variant"}, setup) })
	d.fold("Doubts about the comparison", len(c.Warnings), func() { d.list(c.Warnings) })
}

func changeCells(ch compare.Change) []string {
	base, other, change, p := "–", "–", "–", "–"
	if ch.Base.N > 0 {
		base = sample.Format(ch.Base.Median, ch.Unit)
	}
	if ch.New.N > 0 {
		other = sample.Format(ch.New.Median, ch.Unit)
	}
	if ch.Difference != nil {
		p = compare.FormatP(ch.Adjusted)
	}
	if ch.Relative != nil {
		change = compare.Signed(ch.Relative.Value)
	}
	return []string{string(ch.Verdict), oneLine(ch.Words()), base, other, change, p,
		sample.FormatCount(int64(ch.Base.N)) + " and " + sample.FormatCount(int64(ch.New.N)), ch.Reason}
}

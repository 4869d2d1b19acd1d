package plan

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// WriteText writes the dry run of an experiment: the trials in their order, and the plan of the
// first variant.
func (e *Experiment) WriteText(w io.Writer) error {
	var b bytes.Buffer
	writeWrapped(&b, "", fmt.Sprintf("%s: %s", e.Name, e.words()))
	if e.StopAfter != "" {
		writeWrapped(&b, "", "It ends after the first value that does not pass.")
	}
	for _, axis := range e.Axes {
		writeWrapped(&b, "  ", axis.Parameter+": "+strings.Join(axis.Values, ", "))
	}
	if e.Tradeoff.X != "" {
		writeWrapped(&b, "", fmt.Sprintf("Weighed against each other: %s and %s.", e.Tradeoff.X, e.Tradeoff.Y))
	}
	if e.Versus != nil {
		writeWrapped(&b, "  ", "base: "+e.Versus.Base)
		writeWrapped(&b, "  ", "variant: "+e.Versus.Variant)
		writeWrapped(&b, "", e.Versus.Words(e.Repeat))
	}
	var rows [][]string
	for _, t := range e.Trials {
		v := e.Variants[t.Variant]
		rows = append(rows, []string{fmt.Sprint(t.Number), fmt.Sprint(t.Round), v.Label, fmt.Sprint(t.Seed),
			short(v.Plan.Estimate.Duration.Round(time.Second))})
	}
	writeTable(&b, "Trials in their order", []string{"trial", "round", "variant", "seed", "about"}, rows)
	for _, warning := range e.Warnings() {
		writeWrapped(&b, "  ", warning)
	}
	fmt.Fprintf(&b, "\nThe first variant: %s\n\n", e.Variants[0].Plan.variantTitle(e.Variants[0].Label))
	if _, err := w.Write(b.Bytes()); err != nil {
		return err
	}
	return e.Variants[0].Plan.WriteText(w)
}

func (p *Plan) variantTitle(label string) string {
	if label == "" {
		return p.Name
	}
	return label
}

// words says how much there is to do: "6 trials (3 variants, each 2 times), about 6m".
func (e *Experiment) words() string {
	times := "once"
	if e.Repeat > 1 {
		times = fmt.Sprintf("%d times", e.Repeat)
	}
	return fmt.Sprintf("%d trials (%d %s, each %s), about %s in all, and for each the start of a cluster",
		len(e.Trials), len(e.Variants), plural("variant", len(e.Variants)), times, short(e.Expected.Round(time.Second)))
}

// Warnings are the doubts about all variants, each once; those that not all of them share name
// the first that has them.
func (e *Experiment) Warnings() []string {
	var all []string
	if e.Versus != nil {
		all = e.Versus.doubts(e.Repeat)
	}
	for _, v := range e.Variants {
		for _, warning := range v.Plan.Warnings {
			shared := !slices.ContainsFunc(e.Variants, func(o Variant) bool { return !slices.Contains(o.Plan.Warnings, warning) })
			if !shared {
				warning = "With " + v.Label + ": " + warning
			}
			if !slices.Contains(all, warning) {
				all = append(all, warning)
			}
		}
	}
	return all
}

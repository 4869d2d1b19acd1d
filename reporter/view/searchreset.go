package view

import (
	"fmt"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
)

// resetWords says how trials are kept apart, and in which order variants come.
func resetWords(s *search.Search) string {
	words := "Every trial has a new control plane and its own seed."
	if s.Reset == search.ResetCompact {
		words = "Trials have their own seeds but share a control plane: after each its objects are removed, and etcd is compacted and defragmented." +
			compactedWords(s)
	}
	switch {
	case s.Interleaved:
		words += " Variants take turns, trial by trial."
	case len(s.Variants) > 1:
		words += " Variants come one after another, not in turns: a machine that drifts meanwhile makes them differ."
	}
	return words
}

// compactedWords says which trials had a new control plane all the same, and how large etcd's database
// was when the others began.
func compactedWords(s *search.Search) string {
	var fresh []string
	var least, most int64
	for _, v := range s.Variants {
		for _, t := range v.Trials {
			switch {
			case t.Compacted == nil:
				fresh = append(fresh, fmt.Sprint(t.Number))
			case most == 0:
				least, most = t.Compacted.After, t.Compacted.After
			default:
				least, most = min(least, t.Compacted.After), max(most, t.Compacted.After)
			}
		}
	}
	words := ""
	if len(fresh) > 0 {
		words = " It was new for trial " + joinWords(fresh...) + "."
	}
	switch size := format(float64(most), sample.Bytes); {
	case most > 0 && format(float64(least), sample.Bytes) == size:
		words += fmt.Sprintf(" When the others began, etcd's database had %s.", size)
	case most > 0:
		words += fmt.Sprintf(" When the others began, etcd's database had %s to %s.", format(float64(least), sample.Bytes), format(float64(most), sample.Bytes))
	}
	return words
}

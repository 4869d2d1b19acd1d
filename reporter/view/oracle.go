package view

import (
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/summary"
)

// oracleWords say what the line of the oracle is.
const oracleWords = "The oracle is what the HPA's own rule called for at that moment, had it known at once what its pods really used, " +
	"from the replicas that there were. Where desired is below the oracle, the HPA did not know yet."

// oracleSlot is the look of the oracle's line: a colour and a dash that no other line of pods has.
const oracleSlot = 27

// anyRule reports whether it is known of an HPA what it should have asked for.
func (b *builder) anyRule() bool {
	return slices.ContainsFunc(b.manifest.Autoscalers, func(a bundle.Autoscaler) bool { return a.Rule != nil })
}

// shortageWords explain the columns on why pods lacked, as far as there are any.
func shortageWords(all []summary.Elasticity) string {
	known := func(e summary.Elasticity) bool { return e.Shortage != nil }
	words := ""
	if slices.ContainsFunc(all, known) {
		words = " Lacking pods that were not asked for are of two kinds. By the rule are those for which the HPA's own rule did " +
			"not call, even with the true usage: its target, its tolerance, the limits to each step and its bounds. Decided late are those for " +
			"which it did call, while the metrics were old or the next sync was still to come."
	}
	if slices.ContainsFunc(all, func(e summary.Elasticity) bool { return !known(e) }) {
		words += " Where these are not told apart (" + Dash + "), the HPA has other metrics than one CPU utilisation, or does not alone scale " +
			"the one object of its service, or too little is known of it."
	}
	return words
}

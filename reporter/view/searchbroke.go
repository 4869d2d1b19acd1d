package view

import (
	"strings"

	"github.com/kubedyno/kubedyno/results/search"
)

// breakdownWords say in a sentence what gave up during a trial.
func breakdownWords(b search.Breakdown) string {
	if b.Harness {
		return "This says nothing of the load: " + b.Words() + "."
	}
	words := b.Words() + "."
	return strings.ToUpper(words[:1]) + words[1:]
}

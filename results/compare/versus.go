package compare

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
)

// What an experiment's folder has beside its own files if its variants are compared.
const (
	File     = "compare.json" // A Comparison.
	PageFile = "compare.html"
)

// ErrNoRuns is the error of a side of which no run came to an end of its own.
var ErrNoRuns = errors.New("nothing to compare")

// Versus compares the two variants of an experiment that was made for it, in the way it says: the
// first is the base. They may be different scenarios, as that was asked for.
func Versus(folder string, e *experiment.Experiment) (*Comparison, error) {
	if e.Versus == nil {
		return nil, fmt.Errorf("compare: the experiment %s does not compare two variants", folder)
	}
	base, err := openVariant(folder, e, 0)
	if err != nil {
		return nil, err
	}
	variant, err := openVariant(folder, e, 1)
	if err != nil {
		return nil, err
	}
	return Sides(base, variant, Options{Alpha: e.Versus.Alpha, MinEffect: e.Versus.MinEffect,
		Metrics: e.Versus.Metrics, Allow: []Kind{Scenario}})
}

// Write puts the comparison into an experiment's folder, whole or not at all.
func (c *Comparison) Write(folder string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the comparison: %w", err)
	}
	return bundle.WriteFile(folder, File, append(data, '\n'))
}

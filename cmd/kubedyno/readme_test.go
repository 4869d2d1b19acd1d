package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
)

// TestReadmeScenarioIsValid plans the scenario that the README shows.
func TestReadmeScenarioIsValid(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "```yaml\n")
	scenario, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the README shows no scenario")
	}
	a := &app{stdin: strings.NewReader(scenario), stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
	plan, err := a.experiment("-", scenarioFlags{seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Warnings()) > 0 {
		t.Errorf("the README's scenario has warnings: %q", plan.Warnings())
	}
	var text bytes.Buffer
	if err := plan.WriteText(&text); err != nil || !strings.Contains(text.String(), "20 Deployments") {
		t.Errorf("its plan: %v\n%s", err, &text)
	}
}

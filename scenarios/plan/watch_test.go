package plan

import (
	"strings"
	"testing"
)

func TestWatchIsPlanned(t *testing.T) {
	const file = "../api/watch-fanout.yaml"
	p := buildFile(t, file, nil)
	if words := p.describe(p.Phases[0].Steps[0]); !strings.Contains(words, "500 watchers x 600 writes = 300,000 events") ||
		!strings.Contains(words, "open 500 watches of configmaps on 7 connections") {
		t.Errorf("the plan says %q", words)
	}
	if p.Estimate.PeakRequests != 10 || p.Estimate.Objects["configmaps"] != 10 || len(p.Warnings) != 0 {
		t.Errorf("estimate %+v, warnings %q", p.Estimate, p.Warnings)
	}
	// A second has 10 writes and 5,000 events: too few of the one, enough of the other.
	p = buildFile(t, file, map[string]string{"duration": "1s"})
	if len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "about 10 observations are expected, and a p95 needs 200") {
		t.Errorf("warnings %q", p.Warnings)
	}
}

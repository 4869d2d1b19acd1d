package plan

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBrief(t *testing.T) {
	p := buildFile(t, filepath.Join("..", "quickstart.yaml"), map[string]string{"nodes": "1", "rate": "40"})
	want := []string{"3 phases in about 1m28s: fleet under 1s, create 27s, rollout 1m1s",
		"24 Deployments, 1 Node, 2,400 Pods, 1,252 configmaps, at most 40 requests a second, 9 objectives"}
	if diff := cmp.Diff(want, p.Brief()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	p.Phases = append(append(append(p.Phases, p.Phases...), p.Phases...), p.Phases...)[:8]
	if got := p.Brief()[0]; got != "8 phases in about 1m28s: fleet under 1s, create 27s, rollout 1m1s, fleet under 1s, create 27s, rollout 1m1s, 2 more" {
		t.Error(got)
	}
}

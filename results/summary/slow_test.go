package summary

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubedyno/kubedyno/results/sample"
)

// TestSlowKeepsTheSlowest feeds pods in an order in which the slow ones come early and late.
func TestSlowKeepsTheSlowest(t *testing.T) {
	c := &collector{slow: map[string]*Slow{}}
	for i, seconds := range []int{9, 1, 2, 8, 3, 3, 3, 7, 10, 0} {
		c.slowPod(sample.PodStartup, sample.Labels{"phase": "burst"}, sample.Offset(time.Duration(seconds)*time.Second),
			sample.Pod{Name: fmt.Sprint("pod-", i)})
	}
	c.slowPod(sample.PodStartup, sample.Labels{"phase": "other"}, 1, sample.Pod{Name: "elsewhere"})
	var names []string
	for _, slow := range c.slow[key(sample.PodStartup, sample.Labels{"phase": "burst"})].Pods {
		names = append(names, slow.Pod.Name)
	}
	if diff := cmp.Diff([]string{"pod-8", "pod-0", "pod-3", "pod-7"}, names[:4]); diff != "" || len(names) != MaxSlow {
		t.Errorf("%d kept (-want +got):\n%s", len(names), diff)
	}
	if !slices.Contains([]string{"pod-4", "pod-5", "pod-6"}, names[4]) {
		t.Errorf("the fifth is %s, want one of the three that took 3 s", names[4])
	}
}

package measure

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/kubedyno/kubedyno/results/sample"
)

// windows are those of a sink, as "labels count max", with "censored" before it.
func windows(sink *recording) []string {
	sink.mu.Lock()
	defer sink.mu.Unlock()
	var all []string
	for _, w := range sink.windows {
		all = append(all, fmt.Sprintf("%s %t %d %.0f", w.Labels, w.Censored, w.Histogram.Count(), w.Histogram.Max()))
	}
	slices.Sort(all)
	return all
}

// TestFirstRescale follows HPAs of a service through a demand: each has one value.
func TestFirstRescale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, sink := newTestHPAs()
		h.options.Phase = func() string { return "rush" }
		see := func(name string, current, desired int32) { _ = h.Update(seenHPA(name, current, desired, 50)) }
		for _, name := range []string{"quick", "slow", "idle", "goes", "other"} {
			see(name, 1, 1)
		}
		fresh := seenHPA("fresh", 0, 0, 0)
		fresh.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
		_ = h.Add(fresh) // The controller has not seen it.
		names := map[string]bool{"quick": true, "slow": true, "idle": true, "goes": true, "fresh": true, "late": true}
		time.Sleep(5 * time.Second)
		end := h.Await("web", names)
		time.Sleep(10 * time.Second)
		see("quick", 1, 2)
		see("other", 1, 2) // Of no interest.
		see("late", 1, 2)  // It was not there at the beginning.
		see("late", 2, 3)
		time.Sleep(10 * time.Second)
		see("quick", 2, 3) // Not the first time.
		see("slow", 1, 1)
		see("idle", 1, 1)                                             // Looked at, and left as it is.
		_ = h.Update(blind("fresh", 1, 0, "FailedGetResourceMetric")) // No decision yet.
		_ = h.Delete(seenHPA("goes", 1, 1, 50))
		time.Sleep(10 * time.Second)
		see("slow", 1, 2)
		see("fresh", 1, 4)
		time.Sleep(10 * time.Second)
		end()
		end()
		see("idle", 1, 2) // Too late.
		want := []string{"phase=rush,service=web false 3 30", "phase=rush,service=web true 2 40"}
		if diff := cmp.Diff(want, windows(sink)); diff != "" {
			t.Errorf("windows (-want +got):\n%s", diff)
		}
	})
}

// TestFirstRescaleOfAll takes the HPAs beyond those that have series of their own, too.
func TestFirstRescaleOfAll(t *testing.T) {
	h, sink := newTestHPAs()
	names := map[string]bool{}
	for i := range maxHPASeries + 50 {
		name := fmt.Sprint("web-", i)
		names[name] = true
		_ = h.Add(seenHPA(name, 1, 1, 50))
	}
	end := h.Await("web", names)
	for name := range names {
		_ = h.Update(seenHPA(name, 1, 2, 90))
	}
	end()
	if len(sink.windows) != 1 || sink.windows[0].Histogram.Count() != maxHPASeries+50 || sink.windows[0].Censored {
		t.Errorf("windows %q, want one of %d", windows(sink), maxHPASeries+50)
	}
	if sink.windows[0].Metric != sample.HPAFirstRescale {
		t.Error(sink.windows[0].Metric)
	}
}

package measure

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// waiting is a pod of which the scheduler says something.
func waiting(name, message string) *corev1.Pod {
	pod := seen(name, levelCreated)
	pod.Spec.Containers = []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("250m"), corev1.ResourceMemory: resource.MustParse("64Mi")}}}}
	if message != "" {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: message}}
	}
	return pod
}

// placementAt runs script in virtual time.
func placementAt(t *testing.T, script func(p *Placement, change func(*corev1.Pod))) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPlacement(PlacementOptions{Run: Run{Clock: sample.StartClock(), Sink: &recording{}},
			Daemon: func(workload string) bool { return workload == "agent" }})
		time.Sleep(time.Second)
		script(p, func(pod *corev1.Pod) {
			t.Helper()
			if err := p.Update(pod); err != nil {
				t.Fatal(err)
			}
		})
	})
}

func TestPlacementKeepsWhatPackingNeeds(t *testing.T) {
	placementAt(t, func(p *Placement, change func(*corev1.Pod)) {
		bound, agent, ended := on("node-2", waiting("a", "")), on("node-2", waiting("b", "")), waiting("c", "")
		agent.Labels = map[string]string{WorkloadLabel: "agent"}
		ended.Status.Phase = corev1.PodSucceeded
		change(waiting("a", "0/1 nodes are available: 1 Insufficient cpu."))
		time.Sleep(time.Second)
		change(bound)
		change(agent)
		change(ended)
		change(waiting("d", "0/2 nodes are available: 2 Too many pods."))
		change(waiting("e", ""))
		if err := p.Delete(waiting("e", "")); err != nil {
			t.Fatal(err)
		}
		got, placed := p.Pods()
		want := []packing.Pod{{Workload: "web", Node: "node-2", MilliCPU: 250, Bytes: 64 << 20},
			{Workload: "agent", Node: "node-2", Daemon: true, MilliCPU: 250, Bytes: 64 << 20},
			{Workload: "web", MilliCPU: 250, Bytes: 64 << 20, Message: "0/2 nodes are available: 2 Too many pods."}}
		less := func(a, b packing.Pod) bool { return a.Workload+a.Node < b.Workload+b.Node }
		if diff := cmp.Diff(want, got, cmpopts.SortSlices(less)); diff != "" {
			t.Errorf("pods (-want +got):\n%s", diff)
		}
		if placed != *at(2) {
			t.Errorf("the last pod was bound at %v, want 2 s", placed)
		}
		if err := p.Replace([]any{bound}, ""); err != nil {
			t.Fatal(err)
		}
		if got, _ := p.Pods(); len(got) != 1 {
			t.Errorf("after a list of one pod there are %d", len(got))
		}
	})
}

// TestWaitTried: pods that the scheduler has tried on all nodes are waited for no longer, others until
// nothing happens any more.
func TestWaitTried(t *testing.T) {
	const cpu = "0/3 nodes are available: 3 Insufficient cpu."
	for name, c := range map[string]struct {
		first, later string
		want         Expected
		pending      int
		most         time.Duration // How long it takes at least a second less than this.
	}{
		"told":                    {cpu, "", Expected{Nodes: 3}, 1, time.Second},
		"told of more nodes":      {cpu, "", Expected{Nodes: 2}, 1, time.Second},
		"told later":              {"0/2 nodes are available: 2 Insufficient cpu.", cpu, Expected{Nodes: 3}, 1, 3 * time.Second},
		"a cordon":                {"0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.", "", Expected{Nodes: 3}, 1, placementQuiet + time.Second},
		"a taint":                 {"0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.", "", Expected{Nodes: 3}, 1, placementQuiet + time.Second},
		"the taint of a failed":   {"0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.", "", Expected{Nodes: 3, Failed: 1}, 1, time.Second},
		"more taints than failed": {"0/3 nodes are available: 2 node(s) had untolerated taint(s), 1 Insufficient cpu.", "", Expected{Nodes: 3, Failed: 1}, 1, placementQuiet + time.Second},
		"nothing is said":         {"", "", Expected{Nodes: 3}, 1, placementQuiet + time.Second},
		"not tried again":         {"0/2 nodes are available: 2 Insufficient cpu.", "", Expected{Nodes: 3}, 1, placementQuiet + time.Second},
		"another's cluster":       {cpu, "", Expected{}, 1, placementQuiet + time.Second},
		"one was evicted":         {cpu, "", Expected{Nodes: 3, Pods: 2}, 1, placementQuiet + time.Second},
		"a DaemonSet is to come":  {cpu, "", Expected{Nodes: 3, Daemons: 1}, 1, placementQuiet + time.Second},
		"all that is expected is": {cpu, "", Expected{Nodes: 3, Pods: 1}, 1, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			placementAt(t, func(p *Placement, change func(*corev1.Pod)) {
				change(waiting("a", c.first))
				if c.later != "" {
					time.AfterFunc(2*time.Second, func() { _ = p.Update(waiting("a", c.later)) })
				}
				began := time.Now()
				pending, err := p.WaitTried(context.Background(), c.want, nil)
				took := time.Since(began)
				if err != nil || pending != c.pending || took >= c.most || took < c.most-time.Second {
					t.Errorf("%d pending after %v (%v), want %d within a second before %v", pending, took, err, c.pending, c.most)
				}
			})
		})
	}
}

// TestWaitEvicted: pods on a failed node are waited for until others are there in their place; what a
// DaemonSet has there stays.
func TestWaitEvicted(t *testing.T) {
	placementAt(t, func(p *Placement, change func(*corev1.Pod)) {
		lost, agent := on("node-1", waiting("a", "")), on("node-1", waiting("b", ""))
		agent.Labels = map[string]string{WorkloadLabel: "agent"}
		change(lost)
		change(agent)
		change(on("node-2", waiting("c", "")))
		wait := func() error {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			return p.WaitEvicted(ctx, []string{"node-1"}, 2, nil)
		}
		if err := wait(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a pod is on the failed node: %v", err)
		}
		if err := p.Delete(lost); err != nil {
			t.Fatal(err)
		}
		if err := wait(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("none is there in its place: %v", err)
		}
		change(waiting("d", ""))
		if err := wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestWaitCreated(t *testing.T) {
	placementAt(t, func(p *Placement, change func(*corev1.Pod)) {
		change(waiting("a", ""))
		agent := waiting("b", "")
		agent.Labels = map[string]string{WorkloadLabel: "agent"}
		change(agent)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := p.WaitCreated(ctx, 2, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a pod of a DaemonSet counts: %v", err)
		}
		change(waiting("c", ""))
		if err := p.WaitCreated(context.Background(), 2, nil); err != nil {
			t.Error(err)
		}
	})
}

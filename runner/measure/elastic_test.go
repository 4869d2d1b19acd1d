package measure

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubedyno/kubedyno/kwok/fleet"
	"github.com/kubedyno/kubedyno/results/packing"
	"github.com/kubedyno/kubedyno/results/sample"
)

// elasticAt measures a pool m in virtual time, of which a node holds 4 cores, 3 beside DaemonSets, and
// costs 3600 dollars an hour, a dollar a second.
func elasticAt(t *testing.T, script func(e *Elastic, sink *recording), pools ...string) *recording {
	t.Helper()
	sink := &recording{}
	synctest.Test(t, func(t *testing.T) {
		options := ElasticOptions{Run: Run{Clock: sample.StartClock(), Sink: sink, Phase: func() string { return "rise" }},
			Workloads: []string{"web", "never"}, Daemon: func(workload string) bool { return workload == "agent" }}
		for _, name := range append([]string{"m"}, pools...) {
			options.Pools = append(options.Pools, ElasticPool{Name: name, Utilization: 0.5, PricePerHour: 3600,
				Allocatable: packing.Amount{MilliCPU: 4000, Bytes: 16 << 30, Pods: 10}, Room: packing.Amount{MilliCPU: 3000, Bytes: 15 << 30, Pods: 9}})
		}
		e := newElastic(options)
		time.Sleep(time.Second)
		script(e, sink)
		e.censor()
		e.flush()
	})
	return sink
}

// elasticNodeOf is a node of pool m.
func elasticNodeOf(name string, ready bool) *corev1.Node {
	node := seenNode(name, ready)
	node.Labels = map[string]string{fleet.PoolLabel: "m"}
	return node
}

// asking is a pod that requests a core, which the scheduler finds no room for if it is on no node.
func asking(name, node string) *corev1.Pod {
	pod := seen(name, levelCreated)
	pod.Spec.NodeName = node
	pod.Spec.Containers = []corev1.Container{{Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}}}}
	if node == "" {
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable}}
	}
	return pod
}

// lastPoint is the last value of a series; NaN if there is none.
func lastPoint(sink *recording, metric string, labels sample.Labels) float64 {
	last := math.NaN()
	for _, p := range sink.points {
		if p.Metric == metric && p.Labels.String() == labels.String() {
			last = p.Value
		}
	}
	return last
}

// checkPoints compares the last values of series of pool m or of workload web.
func checkPoints(t *testing.T, sink *recording, want map[string]float64) {
	t.Helper()
	for metric, value := range want {
		labels := sample.Labels{"pool": "m"}
		if m, _ := sample.Lookup(metric); m.Labels[0] == "workload" {
			labels = sample.Labels{"workload": "web"}
		}
		if got := lastPoint(sink, metric, labels); math.Abs(got-value) > 1e-6 {
			t.Errorf("%s is %v, want %v", metric, got, value)
		}
	}
}

func TestElasticFollowsPods(t *testing.T) {
	sink := elasticAt(t, func(e *Elastic, sink *recording) {
		nodes, pods := elasticNodes{e}, elasticPods{e}
		for _, name := range []string{"a", "b", "c", "d"} {
			_ = pods.Add(asking(name, ""))
		}
		time.Sleep(5 * time.Second) // 20 pod-seconds; two nodes are needed.
		e.Ordered("m", "m-0", time.Now())
		e.Refused("m", "capacity")
		time.Sleep(10 * time.Second) // 40 pod-seconds and the first node's 10 s.
		_ = nodes.Add(elasticNodeOf("m-0", false))
		time.Sleep(time.Second) // 4 and 1.
		_ = nodes.Update(elasticNodeOf("m-0", true))
		for _, name := range []string{"a", "b", "c"} {
			_ = pods.Update(asking(name, "m-0"))
		}
		time.Sleep(4 * time.Second) // 4 and 4.
		_ = pods.Delete(asking("d", ""))
		e.Ordered("m", "m-1", time.Now())
		e.Ordered("m", "m-2", time.Now())
		time.Sleep(time.Second) // Three nodes are paid for.
		e.Failed("m", "m-2")
		e.flush()
	})
	web, m := sample.Labels{"workload": "web", "phase": "rise"}, sample.Labels{"pool": "m", "phase": "rise"}
	checkPoints(t, sink, map[string]float64{sample.ElasticPendingSeconds: 68, sample.ElasticPending: 0, sample.ElasticNodeHours: 18. / 3600,
		sample.ElasticCost: 18, sample.ElasticIdeal: 2*20 + 1, sample.ElasticRemoved: 0, sample.ElasticEvictions: 0})
	for state, want := range map[string]float64{"ordered": 1, "created": 1, "ready": 1, "needed": 1} {
		if got := lastPoint(sink, sample.ElasticNodes, sample.Labels{"pool": "m", "state": state}); got != want {
			t.Errorf("%v nodes are %s, want %v", got, state, want)
		}
	}
	for outcome, want := range map[string]float64{"placed": 3, "capacity": 1, "failed": 1} {
		if got := lastPoint(sink, sample.ElasticOrders, sample.Labels{"pool": "m", "outcome": outcome}); got != want {
			t.Errorf("%v orders %s, want %v", got, outcome, want)
		}
	}
	if got := lastPoint(sink, sample.ElasticPending, sample.Labels{"workload": "never"}); got != 0 {
		t.Errorf("%v pods of a workload without pods are without room, want a figure of 0", got)
	}
	checkTimes(t, sink, sample.ElasticNodeReady, m, 2, 1, 11) // m-1 has yet to come after 1 s.
	checkTimes(t, sink, sample.ElasticFirstNode, nil, 1, 16, 16)
	checkTimes(t, sink, sample.ElasticShortage, nil, 1, 20, 20)
	checkTimes(t, sink, sample.ElasticWait, web, 4, 16, 20)
	censored := int64(0)
	for _, w := range sink.windows {
		if w.Censored {
			censored += w.Histogram.Count()
		}
	}
	if censored != 2 { // d, which was deleted, and m-1.
		t.Errorf("%d times are censored, want 2", censored)
	}
}

// TestElasticRemoval: a node is idle from when pods request less than half of it for the last time, and
// paid for until it is gone; only what the eviction API takes away counts as evicted.
func TestElasticRemoval(t *testing.T) {
	sink := elasticAt(t, func(e *Elastic, sink *recording) {
		nodes, pods := elasticNodes{e}, elasticPods{e}
		_ = nodes.Add(elasticNodeOf("m-0", true))
		other := elasticNodeOf("x-0", true)
		other.Labels[fleet.PoolLabel] = "x"
		_ = nodes.Add(other)
		for _, name := range []string{"a", "b", "c"} {
			_ = pods.Add(asking(name, "m-0"))
		}
		_ = pods.Add(asking("elsewhere", "x-0"))
		holder := asking("holder", "")
		low := int32(-10)
		holder.Spec.Priority, holder.Status.Conditions = &low, nil
		_ = pods.Add(holder)
		time.Sleep(10 * time.Second) // One node is needed.
		_ = pods.Delete(asking("a", "m-0"))
		_ = pods.Delete(asking("b", "m-0")) // A quarter is left.
		time.Sleep(5 * time.Second)
		_ = pods.Add(asking("d", "m-0")) // Half.
		time.Sleep(5 * time.Second)
		gone := terminating(asking("c", "m-0"))
		gone.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: evictionReason}}
		_ = pods.Update(gone)
		_ = pods.Update(gone)
		preempted := terminating(asking("d", "m-0"))
		preempted.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "PreemptionByScheduler"}}
		_ = pods.Update(preempted) // Neither is needed any more.
		time.Sleep(time.Second)
		_ = pods.Delete(gone)
		_ = pods.Delete(preempted)
		time.Sleep(3 * time.Second)
		_ = nodes.Delete(elasticNodeOf("m-0", true))
		time.Sleep(time.Minute) // Free of charge.
	})
	checkPoints(t, sink, map[string]float64{sample.ElasticCost: 24, sample.ElasticIdeal: 20, sample.ElasticRemoved: 1, sample.ElasticEvictions: 1})
	checkTimes(t, sink, sample.ElasticIdle, nil, 1, 3, 3)
	checkTimes(t, sink, sample.ElasticNodeReady, nil, 0, 0, 0) // Nobody has ordered it.
}

// TestElasticRelist: what a broken watch has missed is made good when it lists again.
func TestElasticRelist(t *testing.T) {
	sink := elasticAt(t, func(e *Elastic, sink *recording) {
		nodes, pods := elasticNodes{e}, elasticPods{e}
		_ = pods.Replace([]any{asking("a", ""), asking("b", "m-0"), asking("c", "m-0"), asking("d", "m-0")}, "1") // Before their node.
		_ = nodes.Replace([]any{elasticNodeOf("m-0", true), elasticNodeOf("m-1", true)}, "1")
		time.Sleep(10 * time.Second)
		_ = nodes.Replace([]any{elasticNodeOf("m-0", true)}, "2")
		_ = pods.Replace([]any{asking("b", "m-0")}, "2")
	})
	checkPoints(t, sink, map[string]float64{sample.ElasticPendingSeconds: 10, sample.ElasticPending: 0, sample.ElasticCost: 20, sample.ElasticIdeal: 20,
		sample.ElasticRemoved: 1})
}

// TestElasticPools: which of two elastic pools the pods need is not known, and neither is what would do.
func TestElasticPools(t *testing.T) {
	sink := elasticAt(t, func(e *Elastic, sink *recording) {
		_ = elasticPods{e}.Add(asking("a", ""))
		time.Sleep(time.Second)
	}, "other")
	for _, p := range sink.points {
		if p.Metric == sample.ElasticIdeal || p.Labels["state"] == "needed" {
			t.Errorf("there is %+v", p)
		}
	}
	if got := lastPoint(sink, sample.ElasticPendingSeconds, sample.Labels{"workload": "web"}); got != 1 {
		t.Errorf("%v pod-seconds, want 1", got)
	}
}

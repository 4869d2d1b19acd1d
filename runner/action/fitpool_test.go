package action

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubedyno/kubedyno/kwok/nodetype"
	"github.com/kubedyno/kubedyno/results/packing"
)

func TestAllowed(t *testing.T) {
	node := func(zone string, taints ...corev1.Taint) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{corev1.LabelArchStable: "arm64", corev1.LabelTopologyZone: zone}},
			Spec: corev1.NodeSpec{Taints: taints}}
	}
	spot := corev1.Taint{Key: "spot", Value: "true", Effect: corev1.TaintEffectNoSchedule}
	soft := corev1.Taint{Key: "spot", Value: "true", Effect: corev1.TaintEffectPreferNoSchedule}
	arch := func(values ...string) *corev1.Affinity {
		return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
				{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn, Values: values}}}}}}}
	}
	for _, c := range []struct {
		name  string
		pod   corev1.PodSpec
		nodes []*corev1.Node
		want  bool
	}{
		{"anything", corev1.PodSpec{}, []*corev1.Node{node("a")}, true},
		{"a taint", corev1.PodSpec{}, []*corev1.Node{node("a", spot)}, false},
		{"a taint that only deters", corev1.PodSpec{}, []*corev1.Node{node("a", soft)}, true},
		{"a taint that is tolerated", corev1.PodSpec{Tolerations: []corev1.Toleration{{Key: "spot", Operator: corev1.TolerationOpExists}}},
			[]*corev1.Node{node("a", spot)}, true},
		{"a taint of another value", corev1.PodSpec{Tolerations: []corev1.Toleration{{Key: "spot", Value: "false"}}}, []*corev1.Node{node("a", spot)}, false},
		{"a selector", corev1.PodSpec{NodeSelector: map[string]string{corev1.LabelArchStable: "amd64"}}, []*corev1.Node{node("a")}, false},
		{"an affinity", corev1.PodSpec{Affinity: arch("amd64", "arm64")}, []*corev1.Node{node("a")}, true},
		{"an affinity to others", corev1.PodSpec{Affinity: arch("amd64")}, []*corev1.Node{node("a")}, false},
		{"one zone of two", corev1.PodSpec{NodeSelector: map[string]string{corev1.LabelTopologyZone: "b"}}, []*corev1.Node{node("a"), node("b")}, true},
	} {
		if got := allowed(c.pod, c.nodes); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestNext: at first each pool grows that pods fill which lean to it, then the one to which most do.
func TestNext(t *testing.T) {
	const gi = 1 << 30
	pool := func(name string, bytes int64, hour float64) *growing {
		return &growing{name: name, most: 5, examples: make([]*corev1.Node, 2), kind: packing.Kind{Room: packing.Amount{MilliCPU: 4000, Bytes: bytes, Pods: 20}, Hour: hour}}
	}
	lean, rich := pool("lean", 8*gi, 0.5), pool("rich", 32*gi, 0.8)
	f := &fitting{pools: []*growing{lean, rich}}
	pod := func(n int, milliCPU, bytes int64, may packing.Kinds) (all []packing.Pod) {
		for range n {
			all = append(all, packing.Pod{Workload: "w", MilliCPU: milliCPU, Bytes: bytes, May: may})
		}
		return all
	}
	web, cache, huge := pod(9, 1000, gi, 3), pod(2, 500, 10*gi, 3), pod(1, 9000, gi, 3)
	check := func(name string, pods []packing.Pod, step int, first bool, wantLean, wantRich int) {
		t.Helper()
		got := f.next(pods, step, first)
		if got[lean] != wantLean || got[rich] != wantRich {
			t.Errorf("%s: %d lean and %d rich nodes more, want %d and %d", name, got[lean], got[rich], wantLean, wantRich)
		}
	}
	all := append(append([]packing.Pod{}, web...), cache...)
	check("at first", all, 1, true, 2, 0) // 9 x 1000m of 4000m; 2 x 10 GiB of 32.
	check("at first, more for the other", append(all, pod(5, 500, 10*gi, 3)...), 1, true, 2, 2)
	check("at first, all lean to one", web, 1, true, 3, 0)
	check("at first, none is filled", append(cache, web[0]), 1, true, 0, 1)
	check("after that", all, 2, false, 2, 0)
	check("most lean to the other", append(cache, web[0]), 2, false, 0, 2)
	check("one that fits nowhere leans to the cheapest", huge, 1, true, 1, 0)
	check("nothing pending", nil, 1, false, 0, 0)
	lean.nodes = 4
	check("one is left", web, 3, false, 1, 0)
	lean.nodes = 5
	check("none is left", web, 1, false, 0, 1) // They fit onto the rich ones, too.
	check("none is left where they may go", pod(9, 1000, gi, 1), 1, false, 0, 0)
	lean.nodes, lean.fruitless = 2, 2
	check("two were no help", huge, 1, false, 0, 1)
	rich.fruitless = 2
	check("no pool is of help", huge, 1, false, 0, 0)
}

// TestSameWorth: where a price is not known, none decides.
func TestSameWorth(t *testing.T) {
	dear, unknown := &growing{kind: packing.Kind{Hour: 9}}, &growing{}
	dear.machine.PricePerHour = 9
	f := &fitting{pools: []*growing{dear, unknown}}
	f.sameWorth()
	if dear.kind.Hour != 1 || unknown.kind.Hour != 1 {
		t.Errorf("nodes count %v and %v", dear.kind.Hour, unknown.kind.Hour)
	}
	if _, ok := f.cost([]packing.Pod{{Node: "-0"}}, unknown); !ok {
		t.Error("a pool without nodes costs nothing, whatever its price")
	}
	unknown.nodes = 1
	if dollars, ok := f.cost([]packing.Pod{{Node: "-0"}}, unknown); ok {
		t.Errorf("nodes of an unknown price cost $%v", dollars)
	}
}

// TestByPod: where pods are paid for, nodes cost nothing, and what is paid for is rounded up.
func TestByPod(t *testing.T) {
	const gi = 1 << 30
	g := &growing{name: "virtual", nodes: 1, machine: nodetype.Type{PerPod: &nodetype.Tariff{CPUHour: 0.04, GiBHour: 0.01,
		Sizes: []nodetype.Size{{MilliCPU: 500, FromMiB: 1024, ToMiB: 2048, StepMiB: 1024}}}}}
	pods := []packing.Pod{{Node: "virtual-0", MilliCPU: 250, Bytes: gi}, {Node: "virtual-0", MilliCPU: 500, Bytes: gi + 1}, {Node: "other-0", MilliCPU: 500}, {MilliCPU: 500}}
	// 2 x 500m and 1 + 2 GiB are paid for.
	dollars, ok := g.cost(pods)
	if want := 0.04 + 3*0.01; !ok || !g.priced() || dollars < want-1e-12 || dollars > want+1e-12 {
		t.Errorf("the pods cost $%v (%v), want $%v", dollars, ok, want)
	}
	billed := g.billed(pods)
	if billed[packing.CPU] != 0.75 || billed[packing.Memory] != float64(2*gi+1)/(3*gi) {
		t.Errorf("of what is paid for they request %v", billed)
	}
	large := append(pods, packing.Pod{Node: "virtual-0", MilliCPU: 501})
	if dollars, ok := g.cost(large); ok {
		t.Errorf("a pod that is not for sale costs $%v", dollars)
	}
}

package provisioner

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func TestPack(t *testing.T) {
	f := rack(t, 6)
	tainted := machine(t, rack(t, 1, corev1.Taint{Key: "gpu", Effect: corev1.TaintEffectNoSchedule}), 0)
	starting := machine(t, f, 0)
	starting.Spec.Taints = []corev1.Taint{{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule}}
	inZoneB := pod("picky", "1", "1Gi", "")
	inZoneB.Spec.NodeSelector = map[string]string{corev1.LabelTopologyZone: "zone-b"}
	tolerant := pod("tolerant", "1", "1Gi", "")
	tolerant.OwnerReferences[0].UID, inZoneB.OwnerReferences[0].UID = "another", "a third" // Those of one are alike.
	tolerant.Spec.Tolerations = []corev1.Toleration{{Key: "gpu", Operator: corev1.TolerationOpExists}}
	for _, test := range []struct {
		name  string
		nodes []*corev1.Node
		pods  []*corev1.Pod
		left  int
	}{
		{"CPU", []*corev1.Node{machine(t, f, 0)}, several(5, "1", "1Gi", ""), 1},
		{"memory", []*corev1.Node{machine(t, f, 0)}, several(5, "1m", "6Gi", ""), 3},
		{"number of pods", []*corev1.Node{machine(t, f, 0)}, several(12, "1m", "1Mi", ""), 2},
		{"the largest first, the small ones beside them", []*corev1.Node{machine(t, f, 0), machine(t, f, 1)},
			append(several(2, "1", "1Gi", ""), several(2, "3", "1Gi", "")...), 0},
		{"what one cannot have another can", []*corev1.Node{machine(t, f, 0)}, append(several(2, "3", "1Gi", ""), several(1, "1", "1Gi", "")...), 1},
		{"a taint", []*corev1.Node{tainted}, []*corev1.Pod{pod("a", "1", "1Gi", ""), tolerant}, 1},
		{"a node that starts", []*corev1.Node{starting}, several(4, "1", "1Gi", ""), 0},
		{"a node selector", []*corev1.Node{machine(t, f, 0), machine(t, f, 1)}, append(several(4, "1", "1Gi", ""), inZoneB), 0},
		{"a node selector of another zone", []*corev1.Node{machine(t, f, 0), machine(t, f, 2)}, []*corev1.Pod{inZoneB}, 1},
	} {
		var bins []*bin
		for _, node := range test.nodes {
			bins = append(bins, &bin{node: node, free: allocatable(node)})
		}
		if left := pack(test.pods, allocatable(test.nodes[0]), bins, nil); len(left) != test.left {
			t.Errorf("%s: %d pods are left, want %d", test.name, len(left), test.left)
		}
	}
}

// TestRoom: pods, and DaemonSets' that are not there yet, take room; so a node to come has less than it says.
func TestRoom(t *testing.T) {
	f := rack(t, 2)
	agent := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Name: "agent", UID: "agent"}}
	agent.Spec.Template.Spec = pod("agent", "500m", "1Gi", "").Spec
	elsewhere := agent.DeepCopy()
	elsewhere.UID, elsewhere.Spec.Template.Spec.NodeSelector = "elsewhere", map[string]string{"a": "b"}
	s := &state{daemons: []*appsv1.DaemonSet{agent, elsewhere}, pods: map[string][]*corev1.Pod{"m-0": several(2, "1", "2Gi", "m-0")}}
	if got := s.free(machine(t, f, 0)); got[corev1.ResourceCPU] != 1_500 || got[corev1.ResourcePods] != 7_000 {
		t.Errorf("m-0 has %v left, want 1.5 cores and 7 pods", got)
	}
	there := pod("there", "500m", "1Gi", "m-1")
	there.OwnerReferences[0].Kind, there.OwnerReferences[0].UID = "DaemonSet", "agent"
	s.pods["m-1"] = []*corev1.Pod{there}
	if got := s.free(machine(t, f, 1)); got[corev1.ResourceCPU] != 3_500 || got[corev1.ResourceMemory] != 15<<30*1000 {
		t.Errorf("m-1 has %v left, want 3.5 cores and 15 GiB", got)
	}
}

func TestWithoutRoom(t *testing.T) {
	now := metav1.Now()
	for name, change := range map[string]func(*corev1.Pod){
		"of a DaemonSet":         func(p *corev1.Pod) { p.OwnerReferences[0].Kind = "DaemonSet" },
		"leaving":                func(p *corev1.Pod) { p.DeletionTimestamp = &now },
		"that others make room":  func(p *corev1.Pod) { p.Status.NominatedNodeName = "m-0" },
		"not tried yet":          func(p *corev1.Pod) { p.Status.Conditions = nil },
		"held back by its gates": func(p *corev1.Pod) { p.Status.Conditions[0].Reason = corev1.PodReasonSchedulingGated },
	} {
		p := pod("a", "1", "1Gi", "")
		if !withoutRoom(p) {
			t.Fatal("a pod without room has room")
		}
		if change(p); withoutRoom(p) {
			t.Errorf("a pod %s gets a node", name)
		}
	}
}

// ordering scans a pool for pods again and again, a minute after one another.
func ordering(t *testing.T, of Pool, count int, scans ...[]*corev1.Pod) [][]string {
	t.Helper()
	r := &record{began: time.Unix(1000, 0)}
	of.Name, of.Scan, of.Delay = "m", time.Minute, delay(t, time.Hour)
	p, err := newProvisioner(Options{Fleet: rack(t, count), Pools: []Pool{of}, Observer: r, Seed: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	for i, pods := range scans {
		s := &state{nodes: map[string]*corev1.Node{}, pods: map[string][]*corev1.Pod{}, pending: pods}
		p.scaleOut(p.pools[0], s, r.began.Add(time.Duration(i)*time.Minute))
		all = append(all, r.take())
	}
	return all
}

func TestOrders(t *testing.T) {
	inZoneB := several(8, "1", "1Gi", "")
	for _, p := range inZoneB {
		p.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
				{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{"zone-b"}}}}}}}}
	}
	nine := several(9, "1", "1Gi", "")
	for name, test := range map[string]struct {
		pool  Pool
		count int
		scans [][]*corev1.Pod
		want  [][]string
	}{
		"zones in turn, and no more while these are on their way": {Pool{}, 9, [][]*corev1.Pod{nine, nine, append(several(4, "2", "1Gi", ""), nine...)},
			[][]string{{"0s ordered m-0", "0s ordered m-1", "0s ordered m-2"}, nil, {"2m0s ordered m-3", "2m0s ordered m-4"}}},
		"a zone that pods ask for": {Pool{}, 9, [][]*corev1.Pod{inZoneB}, [][]string{{"0s ordered m-1", "0s ordered m-4"}}},
		"at most the pool":         {Pool{}, 2, [][]*corev1.Pod{nine}, [][]string{{"0s ordered m-0", "0s ordered m-1"}}},
		"nothing for a pod that no node takes": {Pool{}, 9, [][]*corev1.Pod{several(2, "5", "1Gi", "")},
			[][]string{nil}},
		"a quota": {Pool{QuotaNodes: 2, Backoff: 90 * time.Second}, 9, [][]*corev1.Pod{nine, nine, nine},
			[][]string{{"0s ordered m-0", "0s ordered m-1", "refused by quota", "refused by quota", "refused by quota"}, nil,
				{"refused by quota", "refused by quota", "refused by quota"}}},
		"a quota in each zone": {Pool{QuotaZone: 1, Backoff: time.Hour}, 9, [][]*corev1.Pod{several(16, "1", "1Gi", "")},
			[][]string{{"0s ordered m-0", "0s ordered m-1", "0s ordered m-2", "refused by quota", "refused by quota", "refused by quota"}}},
		"no capacity": {Pool{Failures: 1, Backoff: 90 * time.Second}, 9, [][]*corev1.Pod{nine, nine, nine},
			[][]string{{"refused by capacity", "refused by capacity", "refused by capacity"}, nil,
				{"refused by capacity", "refused by capacity", "refused by capacity"}}},
	} {
		if diff := cmp.Diff(test.want, ordering(t, test.pool, test.count, test.scans...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// provision runs a provisioner of a rack of 9 in virtual time beside script.
func provision(t *testing.T, of Pool, nodes []int, pods []*corev1.Pod, keep func(string) bool, script func(client *fake.Clientset, r *record)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := rack(t, 9)
		client := fake.NewClientset()
		for _, i := range nodes {
			if err := client.Tracker().Add(machine(t, f, i)); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range pods {
			if err := client.Tracker().Add(p); err != nil {
				t.Fatal(err)
			}
		}
		r := &record{began: time.Now()}
		evictable(client, r, keep)
		of.Name = "m"
		p, err := newProvisioner(Options{Client: client, Fleet: f, Pools: []Pool{of}, Selector: "kubedyno.dev/run=r1", Observer: r}, clientCloud{client, r})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		r.began = time.Now()
		script(client, r)
	})
}

func nothing(string) bool { return false }

// TestProvision: pods are seen at the next scan, and their nodes come after the delay, in the places that
// are free.
func TestProvision(t *testing.T) {
	strange := pod("strange", "1", "1Gi", "")
	strange.Labels = nil
	pods := append(several(7, "1", "1Gi", ""), strange)
	pool := Pool{Delay: delay(t, 35*time.Second), Scan: 10 * time.Second, Unneeded: time.Hour, Utilization: 0.5}
	provision(t, pool, []int{1}, pods, nothing, func(client *fake.Clientset, r *record) {
		time.Sleep(2 * time.Minute)
		want := []string{"10s ordered m-0", "45s created m-0"} // m-1 takes four of the seven.
		if diff := cmp.Diff(want, r.take()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestRemove: nodes that are unneeded for long enough go, the emptiest first and one with pods at a time,
// down to the fewest; a disruption budget is asked again.
func TestRemove(t *testing.T) {
	pods := slices.Concat(several(3, "1", "1Gi", "m-0"), several(1, "500m", "1Gi", "m-1"), several(1, "600m", "1Gi", "m-2"))
	kept := 0
	keep := func(name string) bool {
		kept++
		return strings.HasPrefix(name, "500m") && kept <= 2
	}
	pool := Pool{Min: 2, Scan: 10 * time.Second, Unneeded: 25 * time.Second, Utilization: 0.5}
	provision(t, pool, []int{0, 1, 2, 3}, pods, keep, func(client *fake.Clientset, r *record) {
		time.Sleep(5 * time.Minute)
		want := []string{ // Seen to be unneeded at 10 s, for 25 s at 40 s.
			"41s removed m-3", "41s kept 500m-1Gi-m-1-00", "51s kept 500m-1Gi-m-1-00", "1m1s evicted 500m-1Gi-m-1-00", "1m2s removed m-1",
		}
		got := r.take()
		slices.SortStableFunc(got[:min(2, len(got))], func(a, b string) int { return strings.Compare(b, a) }) // At the same moment.
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestKeep: nodes stay whose pods do not fit elsewhere, or would not be made anew, or say that they stay,
// and those that have enough to do.
func TestKeep(t *testing.T) {
	bare, safe := pod("bare", "100m", "1Gi", "m-1"), pod("safe", "100m", "1Gi", "m-2")
	bare.OwnerReferences = nil
	safe.Annotations = map[string]string{"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}
	pods := slices.Concat(several(2, "1", "1Gi", "m-0"), []*corev1.Pod{bare, safe}, several(1, "1500m", "15Gi", "m-3"))
	pool := Pool{Scan: 10 * time.Second, Utilization: 0.5}
	provision(t, pool, []int{0, 1, 2, 3}, pods, nothing, func(client *fake.Clientset, r *record) {
		time.Sleep(5 * time.Minute)
		if got := r.take(); len(got) > 0 {
			t.Errorf("want nothing, got %q", got)
		}
	})
}

// TestGiveUp: a node whose pods may not go takes pods again after a while; a provisioner that starts goes
// on with the removals of the one before.
func TestGiveUp(t *testing.T) {
	pool := Pool{Scan: time.Minute, Unneeded: time.Hour, Utilization: 0.5}
	always := func(string) bool { return true }
	synctest.Test(t, func(t *testing.T) {
		f, client := rack(t, 9), fake.NewClientset()
		left, kept := machine(t, f, 0), machine(t, f, 1)
		for _, node := range []*corev1.Node{left, kept} {
			node.Spec.Unschedulable, node.Annotations[leavingAnnotation] = true, "true"
			if err := client.Tracker().Add(node); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.Tracker().Add(pod("stays", "1", "1Gi", "m-1")); err != nil {
			t.Fatal(err)
		}
		r := &record{began: time.Now()}
		evictable(client, r, always)
		pool.Name = "m"
		p, err := newProvisioner(Options{Client: client, Fleet: f, Pools: []Pool{pool}, Selector: "kubedyno.dev/run=r1", Observer: r}, clientCloud{client, r})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		time.Sleep(3 * time.Minute)
		got := r.take()
		removed := slices.ContainsFunc(got, func(e string) bool { return strings.HasSuffix(e, "removed m-0") })
		last := "trouble: remove node m-1: kept: 1 pods did not go within 2m0s"
		if !removed || !slices.Contains(got, last) {
			t.Errorf("m-0 is removed: %t; want %q in %q", removed, last, got)
		}
		node, err := client.CoreV1().Nodes().Get(t.Context(), "m-1", metav1.GetOptions{})
		if err != nil || node.Spec.Unschedulable || node.Annotations[leavingAnnotation] != "" {
			t.Errorf("m-1 is still cordoned (%v): %+v", err, node)
		}
	})
}

// TestAfterAdd: no node goes for a while after one has come.
func TestAfterAdd(t *testing.T) {
	pool := Pool{Delay: delay(t, 5*time.Second), Scan: 10 * time.Second, Unneeded: 10 * time.Second, AfterAdd: time.Minute, Utilization: 0.5}
	provision(t, pool, nil, several(1, "1", "1Gi", ""), nothing, func(client *fake.Clientset, r *record) {
		time.Sleep(20 * time.Second)
		if err := client.CoreV1().Pods("bench").Delete(t.Context(), "1-1Gi--00", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		want := []string{"10s ordered m-0", "15s created m-0", "1m21s removed m-0"}
		if diff := cmp.Diff(want, r.take()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestBusy: no node goes while others are on their way.
func TestBusy(t *testing.T) {
	picky := pod("picky", "1", "1Gi", "")
	picky.Spec.NodeSelector = map[string]string{corev1.LabelTopologyZone: "zone-a"}
	pool := Pool{Delay: delay(t, 2*time.Minute), Scan: 10 * time.Second, Utilization: 0.5}
	provision(t, pool, []int{1}, []*corev1.Pod{picky}, nothing, func(client *fake.Clientset, r *record) {
		time.Sleep(2 * time.Minute)
		if diff := cmp.Diff([]string{"10s ordered m-0"}, r.take()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestDrainOne: of nodes with pods one goes at a time, and the last has nowhere to put its pod.
func TestDrainOne(t *testing.T) {
	pods := slices.Concat(several(1, "1", "1Gi", "m-0"), several(1, "1100m", "1Gi", "m-1"), several(1, "1200m", "1Gi", "m-2"))
	pool := Pool{Scan: 10 * time.Second, Utilization: 0.5}
	provision(t, pool, []int{0, 1, 2}, pods, nothing, func(client *fake.Clientset, r *record) {
		time.Sleep(time.Minute)
		want := []string{"11s evicted 1-1Gi-m-0-00", "12s removed m-0", "21s evicted 1100m-1Gi-m-1-00", "22s removed m-1"}
		if diff := cmp.Diff(want, r.take()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestPartlyMovable: a node of which some pods cannot go takes no room from the pods of another one.
func TestPartlyMovable(t *testing.T) {
	stuck, moves := pod("stuck", "400m", "1Gi", "m-0"), pod("moves", "1", "4Gi", "m-2")
	stuck.Spec.NodeSelector = map[string]string{corev1.LabelTopologyZone: "zone-a"}
	moves.Spec.NodeSelector = map[string]string{corev1.LabelTopologyZone: "zone-b"}
	pods := slices.Concat(several(1, "500m", "1Gi", "m-0"), []*corev1.Pod{stuck, moves}, several(3, "1", "1Gi", "m-1"))
	pool := Pool{Scan: 10 * time.Second, Utilization: 0.5}
	provision(t, pool, []int{0, 1, 2}, pods, nothing, func(client *fake.Clientset, r *record) {
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"11s evicted moves", "12s removed m-2"}, r.take()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

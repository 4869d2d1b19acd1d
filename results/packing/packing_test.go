package packing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	mi = 1 << 20
	gi = 1 << 30
)

// The two node types that are packed by hand, with what the catalog says they leave to pods.
var (
	m6iLarge  = Amount{1930, 7518 * mi, 29, 0}  // $0.096 an hour.
	c6i2xl    = Amount{7910, 15391 * mi, 58, 0} // $0.34 an hour.
	daemonPod = Amount{130, 118 * mi, 1, 0}     // What one DaemonSet takes of each node.
	web       = Amount{500, 512 * mi, 1, 0}     // Ten of these,
	cache     = Amount{250, 3 * gi, 1, 0}       // and four of these.
)

// TestPackingByHand packs ten web pods and four caches onto two node types, by hand.
//
//	sum of the mix: 10 x 500m + 4 x 250m = 6000m; 10 x 512 + 4 x 3072 = 17408 MiB; 14 pods
//
//	m6i.large leaves 1930 - 130 = 1800m, 7518 - 118 = 7400 MiB and 28 pods beside the DaemonSet:
//	  CPU 6000/1800 = 3.33, memory 17408/7400 = 2.35, pods 14/28 = 0.5: at least 4 nodes.
//	  4 do: [3 web: 1500m] [3 web: 1500m] [2 web, 2 caches: 1500m, 7168 MiB] [2 web, 2 caches].
//	c6i.2xlarge leaves 7780m, 15273 MiB and 57 pods:
//	  CPU 0.77, memory 17408/15273 = 1.14: at least 2 nodes.
//	  2 do: [10 web, 2 caches: 5500m, 11264 MiB] [2 caches: 500m, 6144 MiB].
//	4 m6i.large cost 4 x $0.096 = $0.384 an hour, 2 c6i.2xlarge 2 x $0.34 = $0.68.
func TestPackingByHand(t *testing.T) {
	var mix []Amount
	for range 10 {
		mix = append(mix, web)
	}
	for range 4 {
		mix = append(mix, cache)
	}
	for _, c := range []struct {
		name   string
		node   Amount
		want   int
		layout [][2]int // Web pods and caches on each node.
		result Result
	}{
		{"m6i.large", m6iLarge, 4, [][2]int{{3, 0}, {3, 0}, {2, 2}, {2, 2}}, Result{
			Nodes: 4, Pods: 14, Reasons: map[string]int{},
			// With 4 x 130m = 520m of DaemonSets: 6520m of 7720m; 17880 of 30072 MiB; 18 of 116 pods.
			Requested: map[string]float64{CPU: 6520. / 7720, Memory: 17880. / 30072, Pods: 18. / 116},
			Daemons:   map[string]float64{CPU: 520. / 7720, Memory: 472. / 30072, Pods: 4. / 116},
			// Free are 300m and 5864 MiB, twice; 300m and 232 MiB, twice. The smallest pod takes 250m and
			// 512 MiB: on the last two memory is exhausted, so their CPU and their places are stranded.
			Stranded: map[string]float64{CPU: 600. / 7720, Memory: 0, Pods: 2 * 24. / 116},
			// The average pod takes 6000/14 = 428m: it fits nowhere any more.
			Fragmented: map[string]float64{CPU: 1, Memory: 1, Pods: 1},
			MedianPods: 4, MostPods: 5, BlastPods: 4, BlastShare: map[string]float64{"web": 3. / 11, "cache": 0.5},
		}},
		{"c6i.2xlarge", c6i2xl, 2, [][2]int{{10, 2}, {0, 2}}, Result{
			Nodes: 2, Pods: 14, Reasons: map[string]int{},
			// 6260m of 15820m; 17644 of 30782 MiB; 16 of 116 pods.
			Requested: map[string]float64{CPU: 6260. / 15820, Memory: 17644. / 30782, Pods: 16. / 116},
			Daemons:   map[string]float64{CPU: 260. / 15820, Memory: 236. / 30782, Pods: 2. / 116},
			Stranded:  map[string]float64{CPU: 0, Memory: 0, Pods: 0},
			// Free are 2280m, 4009 MiB and 45 places; 7280m, 9129 MiB and 55. The average pod takes 428m and
			// 17408/14 = 1243 MiB (and a part that is rounded down): 3 and 7 fit, 10 in all.
			Fragmented: map[string]float64{CPU: 1 - 4280./9560, Memory: 1 - 10*float64(17408*mi/14)/(13138*mi), Pods: 1 - 10./100},
			MedianPods: 3, MostPods: 13, BlastPods: 12, BlastShare: map[string]float64{"web": 10. / 11, "cache": 0.5},
		}},
	} {
		got, ok := LowerBound(c.node.minus(daemonPod), mix)
		if !ok || got != c.want {
			t.Errorf("%s: at least %d nodes (%v), by hand %d", c.name, got, ok, c.want)
		}
		var names []string
		var pods []Pod
		put := func(node, workload string, n int, a Amount) {
			for range n {
				pods = append(pods, Pod{Workload: workload, Node: node, Daemon: workload == "agent", MilliCPU: a.MilliCPU, Bytes: a.Bytes})
			}
		}
		for i, on := range c.layout {
			node := string(rune('a' + i))
			names = append(names, node)
			put(node, "agent", 1, daemonPod)
			put(node, "web", on[0], web)
			put(node, "cache", on[1], cache)
		}
		put("spare", "agent", 1, daemonPod) // A node with nothing else does not count.
		put("elsewhere", "web", 1, cache)   // A node of another pool is not what this is about.
		result := Measure(nodesOf(c.node, append(names, "spare")...), pods)
		if diff := cmp.Diff(c.result, result, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
			t.Errorf("%s (-by hand +got):\n%s", c.name, diff)
		}
	}
}

// nodesOf returns equal nodes.
func nodesOf(each Amount, names ...string) []Node {
	var all []Node
	for _, name := range names {
		all = append(all, Node{name, each})
	}
	return all
}

// TestMeasureMixed: the shares are of what nodes of two sizes have together.
func TestMeasureMixed(t *testing.T) {
	got := Measure([]Node{{"small", Amount{1000, 2 * gi, 10, 0}}, {"large", Amount{3000, 6 * gi, 30, 0}}}, []Pod{
		{Workload: "w", Node: "small", MilliCPU: 900, Bytes: gi}, {Workload: "w", Node: "large", MilliCPU: 1100, Bytes: gi}})
	want := map[string]float64{CPU: 0.5, Memory: 0.25, Pods: 2. / 40}
	if diff := cmp.Diff(want, got.Requested); diff != "" || got.Nodes != 2 {
		t.Errorf("%d nodes, requested (-want +got):\n%s", got.Nodes, diff)
	}
	// Of small are left 100m, less than the 900m of the smallest pod; large has room for one more.
	if diff := cmp.Diff(map[string]float64{CPU: 0, Memory: 1. / 8, Pods: 9. / 40}, got.Stranded); diff != "" {
		t.Errorf("stranded (-want +got):\n%s", diff)
	}
}

func TestLowerBound(t *testing.T) {
	room := Amount{1000, 4 * gi, 10, 0}
	pods := func(n int, a Amount) []Amount {
		var all []Amount
		for range n {
			all = append(all, a)
		}
		return all
	}
	for _, c := range []struct {
		name string
		mix  []Amount
		want int
		ok   bool
		full int
	}{
		{"nothing", nil, 0, true, 0},
		{"exactly one", pods(2, Amount{500, gi, 1, 0}), 1, true, 1},
		{"one millicore too many", append(pods(1, Amount{501, gi, 1, 0}), Amount{500, gi, 1, 0}), 2, true, 1},
		{"by memory", pods(3, Amount{10, 2 * gi, 1, 0}), 2, true, 1},
		{"by pods", pods(11, Amount{1, 1, 1, 0}), 2, true, 1},
		{"without requests", pods(3, Amount{0, 0, 1, 0}), 1, true, 0},
		{"too large", pods(1, Amount{1001, gi, 1, 0}), 0, false, 1},
	} {
		if got := Filled(room, c.mix); got != c.full {
			t.Errorf("%s: %d nodes are full, want %d", c.name, got, c.full)
		}
		if got, ok := LowerBound(room, c.mix); got != c.want || ok != c.ok {
			t.Errorf("%s: %d, %v, want %d, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestMeasurePending(t *testing.T) {
	got := Measure(nodesOf(Amount{1000, gi, 10, 0}, "a"), []Pod{
		{Workload: "w", Node: "a", MilliCPU: 900}, {Workload: "w", MilliCPU: 900, Message: "0/1 nodes are available: 1 Insufficient cpu."},
		{Workload: "w", MilliCPU: 900}, {Workload: "d", Daemon: true, Message: "0/1 nodes are available: 1 Insufficient cpu."}})
	want := map[string]int{"Insufficient cpu": 2, "not tried by the scheduler yet": 1}
	if diff := cmp.Diff(want, got.Reasons); diff != "" || got.Pending != 3 || got.Pods != 3 || got.Nodes != 1 {
		t.Errorf("%+v\n%s", got, diff)
	}
	none := Measure(nil, []Pod{{Workload: "w"}})
	if none.Nodes != 0 || none.Pending != 1 || len(none.Requested) != 0 {
		t.Errorf("without nodes: %+v", none)
	}
}

func TestReason(t *testing.T) {
	for message, want := range map[string]string{
		"0/3 nodes are available: 2 Insufficient cpu, 1 Too many pods. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.": "Insufficient cpu, Too many pods",
		"0/2 nodes are available: 1 Too many pods, 2 Insufficient memory. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No victims.":   "Insufficient memory, Too many pods",
		"no nodes available to schedule pods": "no nodes available to schedule pods",
	} {
		if got := Reason(message); got != want {
			t.Errorf("%q\n is %q, want %q", message, got, want)
		}
	}
}

func TestNodesSeen(t *testing.T) {
	if n, ok := NodesSeen("0/17 nodes are available: 17 Insufficient cpu."); n != 17 || !ok {
		t.Errorf("%d, %v", n, ok)
	}
	if _, ok := NodesSeen("no nodes available to schedule pods"); ok {
		t.Error("a message without a number has one")
	}
}

// FuzzReason: whatever the scheduler says, a reason is not empty and not long.
func FuzzReason(f *testing.F) {
	f.Add("0/3 nodes are available: 2 Insufficient cpu, 1 Too many pods. preemption: 0/3 nodes are available.")
	f.Fuzz(func(t *testing.T, message string) {
		if got := Reason(message); len(got) > mostReason+len("…") {
			t.Errorf("%q is %d bytes long", message, len(got))
		}
	})
}

// TestStrandedBehindCPU: 249m are too little for a pod of 250m, so the memory and the places beside them
// are stranded; 250m are enough.
func TestStrandedBehindCPU(t *testing.T) {
	free := []Amount{{249, 4 * gi, 5, 0}, {250, 2 * gi, 5, 0}}
	want := map[string]float64{CPU: 0, Memory: 0.25, Pods: 0.25}
	got := Stranded(Amount{2000, 16 * gi, 20, 0}, free, []Amount{{250, gi, 1, 0}, {500, 2 * gi, 1, 0}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stranded (-want +got):\n%s", diff)
	}
}

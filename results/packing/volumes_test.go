package packing

import (
	"slices"
	"testing"
)

func TestVolumeReasons(t *testing.T) {
	for message, want := range map[string][]string{
		"": nil,
		"0/3 nodes are available: 2 Insufficient cpu, 1 Too many pods. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.": nil,
		"0/3 nodes are available: 1 Insufficient cpu, 2 node(s) exceed max volume count. preemption: 0/3 nodes are available: 3 No victims.":                 {"node(s) exceed max volume count"},
		"0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes are available: 2 Preemption is not helpful.":       {"pod has unbound immediate PersistentVolumeClaims"},
		"0/4 nodes are available: 1 node(s) didn't find available persistent volumes to bind, 3 node(s) didn't match PersistentVolume's node affinity.":      {"node(s) didn't find available persistent volumes to bind", "node(s) didn't match PersistentVolume's node affinity"},
		`0/1 nodes are available: persistentvolumeclaim "data-web-0" not found. preemption: 0/1 nodes are available: 1 Preemption is not helpful.`:           {"persistentvolumeclaim not found"},
		"0/4 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found":                                                               {"pod has unbound immediate PersistentVolumeClaims"},
		`0/4 nodes are available: persistentvolumeclaim "data-web-0" not found. not found`:                                                                   {"persistentvolumeclaim not found"},
		"0/5 nodes are available: 5 node(s) had volume node affinity conflict.":                                                                              {"node(s) had volume node affinity conflict"},
	} {
		if got := VolumeReasons(message); !slices.Equal(got, want) {
			t.Errorf("%q\n is %q, want %q", message, got, want)
		}
	}
}

// FuzzVolumeReasons: whatever the scheduler says, reasons are short and part of what Reason returns.
func FuzzVolumeReasons(f *testing.F) {
	f.Add("0/3 nodes are available: 2 node(s) exceed max volume count, 1 Too many pods. preemption: 0/3 nodes are available.")
	f.Fuzz(func(t *testing.T, message string) {
		for _, reason := range VolumeReasons(message) {
			if reason == "" || len(reason) > mostReason+len("…") {
				t.Errorf("of %q a reason is %q", message, reason)
			}
		}
	})
}

// TestVolumesLimit packs pods with volumes of their own onto nodes that take 4 of them, and have CPU and
// memory for more.
func TestVolumesLimit(t *testing.T) {
	room := Amount{MilliCPU: 4000, Bytes: 8 * gi, Pods: 30, Volumes: 4}
	pods := make([]Pod, 9)
	var takes []Amount
	for i := range pods {
		pods[i] = Pod{Workload: "db", Node: []string{"a", "b"}[i%2], MilliCPU: 100, Bytes: gi / 8, Volumes: 1}
		takes = append(takes, pods[i].Takes())
	}
	pods[8].Node = ""
	if nodes, ok := LowerBound(room, takes); nodes != 3 || !ok {
		t.Errorf("%d nodes, %v; want 3 for 9 volumes", nodes, ok)
	}
	r := Measure([]Node{{"a", room}, {"b", room}}, pods)
	if r.Requested[Volumes] != 1 || r.Requested[CPU] != 0.1 || r.Pending != 1 {
		t.Errorf("requested %v, %d pending; want all volumes and a tenth of the CPU", r.Requested, r.Pending)
	}
	if r.Stranded[CPU] != 0.9 {
		t.Errorf("stranded %v; want the 90%% of CPU that are free where there is no room for a volume", r.Stranded)
	}
	if _, ok := LowerBound(Amount{4000, gi, 30, 1}, []Amount{{100, 0, 1, 2}}); ok {
		t.Error("a pod with 2 volumes fits onto a node that takes 1")
	}
}

// TestVolumesUnlimited says nothing of volumes where no limit is known, or where nobody has any.
func TestVolumesUnlimited(t *testing.T) {
	for name, volumes := range map[string][2]int64{"no limit": {NoLimit, 3}, "no volumes": {4, 0}} {
		room := Amount{MilliCPU: 4000, Bytes: 8 * gi, Pods: 30, Volumes: volumes[0]}
		pods := []Pod{{Workload: "db", Node: "a", MilliCPU: 100, Bytes: gi, Volumes: volumes[1]}}
		r := Measure([]Node{{"a", room}}, pods)
		for what, of := range map[string]map[string]float64{"requested": r.Requested, "stranded": r.Stranded, "fragmented": r.Fragmented, "daemons": r.Daemons} {
			if value, said := of[Volumes]; said {
				t.Errorf("%s: %g of the volumes are %s", name, value, what)
			}
		}
		if nodes, ok := LowerBound(room, []Amount{pods[0].Takes()}); nodes != 1 || !ok {
			t.Errorf("%s: %d nodes, %v; want 1", name, nodes, ok)
		}
	}
}

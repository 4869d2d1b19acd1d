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

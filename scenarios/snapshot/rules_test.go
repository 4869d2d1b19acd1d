package snapshot

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestDaemonSetInUpdate writes one DaemonSet, with the requests of most of its pods.
func TestDaemonSetInUpdate(t *testing.T) {
	s := New()
	s.AddNode(nodeOf("n"))
	s.AddPod(podOf("app", "", "1", "1Gi"))
	for i, cpu := range []string{"50m", "70m", "70m", "60m"} {
		s.AddPod(podOf(fmt.Sprint("agent-", i), "DaemonSet/agent", cpu, "1Gi"))
	}
	got, err := s.Write(options())
	if err != nil {
		t.Fatal(err)
	}
	text := string(got.Text)
	if strings.Count(text, "kind: DaemonSet") != 1 || !strings.Contains(text, "cpu: 70m") || !strings.Contains(text, "daemon-1 # 4 pods") ||
		got.LeftOut[0] != "the other shapes of 2 pods of DaemonSets, which were being updated; all pods of one have the shape of most" {
		t.Errorf("left out: %q\n%s", got.LeftOut, text)
	}
}

// TestSelected keeps a label where a selector tells its value from others, and no other.
func TestSelected(t *testing.T) {
	p := podOf("a", "ReplicaSet/web-abc", "1", "1Gi")
	p.Labels = map[string]string{"app": "web", "tier": "front", "colour": "red", "pod-template-hash": "abc"}
	p.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
		MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.DoNotSchedule, MatchLabelKeys: []string{"pod-template-hash"},
		// The API server has added the value of the hash.
		LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}, MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "pod-template-hash", Operator: metav1.LabelSelectorOpIn, Values: []string{"abc"}}, {Key: "tier", Operator: metav1.LabelSelectorOpExists}}},
	}}
	other := podOf("b", "ReplicaSet/other", "1", "1Gi")
	other.Labels = map[string]string{"app": "other", "colour": "red"}
	s := New()
	s.AddNode(nodeOf("n"))
	s.AddPod(p)
	s.AddPod(other)
	all := s.translate(nil)
	if got := fmt.Sprint(all[0].rules.Labels, all[1].rules.Labels); got != "map[] map[key-1:value-1 key-2:value-2]" &&
		got != "map[key-1:value-1 key-2:value-2] map[]" {
		t.Errorf("the labels are %s", got)
	}
	for _, shaped := range all {
		for _, c := range shaped.rules.Spec.TopologySpreadConstraints {
			if len(c.LabelSelector.MatchExpressions) != 1 || len(c.MatchLabelKeys) != 1 || s.left.rules != 0 || shaped.rules.Namespace != "ns-1" {
				t.Errorf("the constraint is %+v in namespace %q", c, shaped.rules.Namespace)
			}
		}
	}
}

// TestPools tells nodes apart by what the scheduler sees, and takes unequal zones apart.
func TestPools(t *testing.T) {
	s := New()
	for i, zone := range []string{"a", "a", "a", "b"} {
		n := nodeOf(fmt.Sprint(i))
		n.Labels = map[string]string{corev1.LabelTopologyZone: zone, corev1.LabelFailureDomainBetaZone: zone}
		s.AddNode(n)
	}
	s.AddPod(podOf("a", "", "1", "1Gi"))
	got, err := s.Write(options())
	if err != nil {
		t.Fatal(err)
	}
	if text := string(got.Text); got.Pools != 2 || strings.Count(text, "count: 3\n        zones: [zone-1]") != 1 || strings.Count(text, "count: 1\n        zones: [zone-2]") != 1 {
		t.Errorf("%d pools, want one for each zone:\n%s", got.Pools, text)
	}
}

package measure

import (
	"cmp"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// TestReady follows which pods of a workload are Ready through every way in which that changes.
func TestReady(t *testing.T) {
	podsAt(t, func(p *Pods, _ *recording) {
		check := func(when string, want ...ReadyPod) {
			t.Helper()
			got := p.Ready("web")
			slices.SortFunc(got, func(a, b ReadyPod) int { return cmp.Compare(a.Name, b.Name) })
			if diff := gocmp.Diff(want, got); diff != "" && len(want)+len(got) > 0 {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
			if counted := p.Counts("web").Ready; counted != len(got) {
				t.Errorf("%s: %d are counted and %d listed", when, counted, len(got))
			}
		}
		change := func(pod *corev1.Pod) {
			t.Helper()
			if err := p.Update(pod); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		a := ReadyPod{UID: "uid-a", Name: "a", Node: "node-1", Since: *at(2)}
		b := ReadyPod{UID: "uid-b", Name: "b", Node: "node-2", Since: *at(3)}
		check("at the start")
		change(seen("a", levelRunning))
		check("one is running")
		change(seen("a", levelReady))
		change(on("node-2", seen("b", levelReady)))
		other := seen("other", levelReady)
		other.Labels = map[string]string{WorkloadLabel: "other"}
		change(other)
		check("two are Ready, and one of another workload", a, b)
		p.NodesFailed([]string{"node-2"})
		check("a node has failed", a)
		p.NodesRecovered([]string{"node-2"})
		check("it is back", a, b)
		change(seen("a", levelRunning))
		check("one is not Ready any more", b)
		change(seen("a", levelReady))
		check("it is Ready again, as at first", a, b)
		change(leaving("a"))
		check("one is being deleted", b)
		if err := p.Delete(on("node-2", seen("b", levelReady))); err != nil {
			t.Fatal(err)
		}
		check("one is gone")
		if got := p.Ready("nothing"); len(got) != 0 {
			t.Errorf("an unknown workload has %v", got)
		}
	})
}

package measure

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubedyno/kubedyno/kwok/usage"
)

// A told is a meter that keeps what it is told.
type told []string

func (m *told) Start(p usage.Pod, at time.Time) {
	*m = append(*m, fmt.Sprintf("start %s/%s %s on %s: %v, %v", p.Namespace, p.Name, p.UID, p.Node, p.Containers, p.Idle))
}
func (m *told) Stop(uid string) { *m = append(*m, "stop "+uid) }
func (m *told) Silence(nodes []string, silent bool) {
	*m = append(*m, fmt.Sprintf("silence %v: %t", nodes, silent))
}

// The meter hears once that a pod runs and once that it no longer does, whatever else changes.
func TestMeterIsToldWhichPodsRun(t *testing.T) {
	with := func(pod *corev1.Pod) *corev1.Pod {
		always := corev1.ContainerRestartPolicyAlways
		pod.Spec.InitContainers = []corev1.Container{{Name: "init"}, {Name: "sidecar", RestartPolicy: &always}}
		pod.Spec.Containers = []corev1.Container{{Name: "main"}}
		return pod
	}
	finished := seen("a", levelScheduled)
	finished.Status.Phase = corev1.PodSucceeded
	started := "start bench/a uid-a on node-1: [sidecar main], {0.5 7}"
	for name, test := range map[string]struct {
		live func(p *Pods)
		want told
	}{
		"never runs": {func(p *Pods) {
			_ = p.Add(with(seen("a", levelScheduled)))
			_ = p.Delete(with(seen("a", levelScheduled)))
		}, nil},
		"runs until it is gone": {func(p *Pods) {
			_ = p.Add(with(seen("a", levelCreated)))
			_ = p.Update(with(seen("a", levelRunning)))
			_ = p.Update(with(seen("a", levelReady)))
			_ = p.Update(with(leaving("a")))
			_ = p.Delete(with(leaving("a")))
		}, told{started, "stop uid-a"}},
		"runs until it is finished": {func(p *Pods) {
			_ = p.Add(with(seen("a", levelReady)))
			_ = p.Update(with(finished.DeepCopy()))
			_ = p.Delete(with(finished.DeepCopy()))
		}, told{started, "stop uid-a"}},
		"is on a node that fails": {func(p *Pods) {
			_ = p.Add(with(seen("a", levelReady)))
			p.NodesFailed([]string{"node-1"})
			p.NodesRecovered([]string{"node-1"})
		}, told{started, "silence [node-1]: true", "silence [node-1]: false"}},
		"is replaced while nobody looked": {func(p *Pods) {
			_ = p.Replace([]any{with(seen("a", levelReady))}, "")
			_ = p.Replace([]any{seen("b", levelRunning)}, "")
		}, told{started, "start bench/b uid-b on node-1: [], {0.5 7}", "stop uid-a"}},
	} {
		t.Run(name, func(t *testing.T) {
			var meter told
			podsAt(t, func(p *Pods, _ *recording) {
				p.options.Meter = &meter
				p.options.Idle = func(workload string) usage.Usage {
					return map[string]usage.Usage{"web": {Cores: 0.5, Bytes: 7}}[workload]
				}
				test.live(p)
			})
			if diff := cmp.Diff(test.want, meter); diff != "" {
				t.Error(diff)
			}
		})
	}
}

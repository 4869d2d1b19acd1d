package measure

import (
	"fmt"
	"runtime"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubedyno/kubedyno/results/sample"
)

// benchmarkPods is how many pods are pushed through the store.
const benchmarkPods = 100_000

// BenchmarkPodMemory reports what the store holds of each pod after garbage collection, for pods
// that are starting, that are Ready and on record, that are being deleted, and that have gone:
//
//	go test ./runner/measure -run '^$' -bench PodMemory -benchtime 1x
func BenchmarkPodMemory(b *testing.B) {
	for _, state := range []struct {
		name string
		live func(p *Pods, i int)
	}{
		{"starting", func(p *Pods, i int) { _ = p.Add(numbered(i, levelScheduled)) }},
		{"ready", func(p *Pods, i int) { _ = p.Add(numbered(i, levelReady)) }},
		{"leaving", func(p *Pods, i int) {
			_ = p.Add(numbered(i, levelReady))
			pod := leaving("")
			pod.UID = numbered(i, levelReady).UID
			_ = p.Update(pod)
		}},
		{"gone", func(p *Pods, i int) {
			_ = p.Add(numbered(i, levelReady))
			_ = p.Delete(numbered(i, levelReady))
		}},
	} {
		b.Run(state.name, func(b *testing.B) {
			for range b.N {
				p := newPods(PodsOptions{
					Run: Run{Clock: sample.StartClock(), Sink: discard{}},
					Creation: func(string, string) (Creation, bool) {
						return Creation{Intended: 1, Sent: 2, Acknowledged: 3}, true
					},
				})
				before := heap()
				for i := range benchmarkPods {
					state.live(p, i)
				}
				b.ReportMetric(float64(heap()-before)/benchmarkPods, "bytes/pod")
				runtime.KeepAlive(p)
			}
		})
	}
}

// numbered is a pod as a Deployment makes them, with strings of its own.
func numbered(i int, reached level) *corev1.Pod {
	pod := seen(fmt.Sprintf("web-5f6d8c7b9-%05d", i), reached)
	pod.UID = types.UID(fmt.Sprintf("01234567-89ab-cdef-0123-%012d", i))
	return pod
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // The first clears what the second may free, such as interned strings.
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

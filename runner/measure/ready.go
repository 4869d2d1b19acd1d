package measure

import "github.com/kubedyno/kubedyno/results/sample"

// A ReadyPod is a pod that is Ready, as PodCounts has it.
type ReadyPod struct {
	UID, Name, Node string
	Since           sample.Offset // When it was first seen Ready.
}

// Ready returns the Ready pods of a workload, of all its objects together, in no order. It takes
// time for these pods alone, however many others there are.
func (p *Pods) Ready(workload string) []ReadyPod {
	p.mu.Lock()
	defer p.mu.Unlock()
	counts, ok := p.levels[workload]
	if !ok {
		return nil
	}
	ready := make([]ReadyPod, 0, len(counts.ready))
	for pod := range counts.ready {
		ready = append(ready, ReadyPod{UID: string(pod.uid), Name: pod.name, Node: pod.node, Since: pod.ready})
	}
	return ready
}

package capacitytest

import (
	"time"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// Steps makes a run in which nodes and pods come in three steps of their own, each of 100 s, with a load
// after each that brings nothing. The API server keeps 300 MiB and 0.1 MiB for each node and 0.02 MiB for
// each pod, etcd's database 2 MiB, 8 KiB and 4 KiB. One node costs the API server 2 ms of CPU. A pod costs
// it 5 ms, and the scheduler 1 ms and another for each 1,000 nodes.
func Steps(nodes, pods float64) compare.Run {
	run := Run("steps", Size{Nodes: nodes, Pods: pods, Scenario: "nodes/scale", Parameter: "nodes"})
	s := run.Summary
	s.Phases, s.Gauges = nil, nil
	const seconds = 100
	phase := func(name string, n, m, apiserver, scheduler, rate float64) {
		at := sample.Offset(len(s.Phases)) * seconds * sample.Offset(time.Second)
		s.Phases = append(s.Phases, summary.Phase{Name: name, Start: at, End: at + seconds*sample.Offset(time.Second), Ended: true})
		gauge := func(metric string, labels sample.Labels, value float64) {
			labels["phase"] = name
			s.Gauges = append(s.Gauges, summary.Gauge{Metric: metric, Labels: labels, N: 30, Mean: value, Max: value, Last: value})
		}
		gauge(sample.NodesByState, sample.Labels{"state": "ready"}, n)
		gauge(sample.PodsByState, sample.Labels{"state": "ready"}, m)
		gauge(sample.ComponentMemory, sample.Labels{"component": "kube-apiserver"}, (300+0.1*n+0.02*m)*mebibyte)
		gauge(sample.ComponentMemory, sample.Labels{"component": "kubedyno"}, 80*mebibyte)
		gauge(sample.EtcdSize, sample.Labels{}, (2048+8*n+4*m)*1024)
		gauge(sample.ComponentCPU, sample.Labels{"component": "kube-apiserver"}, apiserver/seconds)
		gauge(sample.ComponentCPU, sample.Labels{"component": "kube-scheduler"}, scheduler/seconds)
		if rate > 0 {
			gauge(sample.APIOffered, sample.Labels{"class": "get"}, rate)
			gauge(sample.APIAchieved, sample.Labels{"class": "get"}, rate)
		}
	}
	had := 0.0
	for i, part := range []float64{0.25, 0.5, 1} {
		n, step := part*nodes, part-had
		had = part
		number := string(rune('1' + i))
		phase("nodes-"+number, n, (part-step)*pods, 0.002*step*nodes, 0.001, 0)
		phase("pods-"+number, n, part*pods, 0.005*step*pods, (0.001+n/1e6)*step*pods, 0)
		phase("load-"+number, n, part*pods, 50, 0.001, 75)
	}
	return run
}

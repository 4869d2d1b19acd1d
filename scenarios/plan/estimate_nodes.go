package plan

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// What kube-controller-manager and the API server do by default when a node's heartbeats stop.
const (
	gracePeriod       = 50 * time.Second // --node-monitor-grace-period.
	defaultToleration = 300              // Seconds, of the taints not-ready and unreachable.
	evictionRate      = 0.1              // --node-eviction-rate, nodes a second in each zone.
)

// join adds n nodes to a pool.
func (s *simulation) join(phase string, a spec.Nodes, n int) effect {
	s.nodes[a.Pool] += n
	s.Estimate.Objects["Node"] += n
	s.observe(sample.FromFleet, float64(n), sample.Labels{"phase": phase, "pool": a.Pool})
	return effect{seconds: at(float64(n), a.Rate, AssumedNodesPerSecond), requests: a.Rate}
}

// fail takes some of the there nodes of a pool away. Pods are taken to be spread evenly over
// all nodes; those that are lost are made anew once they are evicted.
func (s *simulation) fail(phase string, a spec.Fail, there int) effect {
	dead, all := a.Nodes.Of(there), 0
	for _, n := range s.nodes {
		all += n
	}
	s.dead[a.Pool] = dead
	s.observe(sample.FromLoss, float64(dead), sample.Labels{"phase": phase, "pool": a.Pool})
	longest := 0.0
	for name, pods := range s.pods {
		lost := pods * dead / max(all, 1)
		if lost == 0 || s.Workloads[name].Kind == "DaemonSet" { // A DaemonSet's pods stay on the dead nodes.
			continue
		}
		s.observe(sample.FromVictims, float64(lost), sample.Labels{"phase": phase, "workload": name})
		s.Estimate.Objects["Pod"] += lost
		s.backlog += float64(lost) / AssumedPodsPerSecond
		longest = max(longest, s.Workloads[name].toleration())
	}
	if longest > 0 {
		s.backlog += s.untilMoved(a, longest+s.taintSeconds(a.Pool, dead))
	}
	s.warnUnremedied(phase, a, dead, all)
	return effect{seconds: s.grace().Seconds()}
}

// grace is how long a node may be silent.
func (s *simulation) grace() time.Duration {
	text := s.Cluster.ControllerManager.Flags["node-monitor-grace-period"]
	if set, err := time.ParseDuration(text); err == nil {
		return set
	}
	return gracePeriod
}

// taintSeconds is how long it takes until the last of some dead nodes of a pool is tainted, so
// that its pods are evicted: the first of each zone at once, the others at a limited rate.
func (s *simulation) taintSeconds(name string, dead int) float64 {
	rate, err := strconv.ParseFloat(s.Cluster.ControllerManager.Flags["node-eviction-rate"], 64)
	if err != nil || rate <= 0 {
		rate = evictionRate
	}
	zones := 1
	for _, pool := range s.Fleet.Pools {
		if pool.Name == name {
			zones = max(len(pool.Zones), 1)
		}
	}
	return max(0, math.Ceil(float64(dead)/float64(zones))-1) / rate
}

// drain empties some of the there nodes of a pool. Pods are taken to be spread evenly over all nodes,
// and made anew elsewhere.
func (s *simulation) drain(phase string, a spec.Drain, there int) effect {
	s.warnBudgets(phase, a)
	empty, all := a.Nodes.Of(there), 0
	for _, n := range s.nodes {
		all += n
	}
	moved := s.allPods() * empty / max(all, 1)
	s.Estimate.Objects["Pod"] += moved
	s.observe(sample.FromDrain, float64(empty), sample.Labels{"phase": phase, "pool": a.Pool})
	rounds := math.Ceil(float64(empty) / float64(max(a.Parallel, 1)))
	return effect{seconds: max(float64(moved)/AssumedPodsPerSecond, rounds*s.startup().Seconds())}
}

// recover lets the failed nodes of a pool live again.
func (s *simulation) recover(phase string, a spec.Recover) effect {
	back := float64(s.dead[a.Pool])
	s.dead[a.Pool] = 0
	s.observe(sample.FromReturn, back, sample.Labels{"phase": phase, "pool": a.Pool})
	return effect{seconds: at(back, 0, AssumedNodesPerSecond)}
}

// warnStuck warns of pods that nobody will confirm to be gone.
func (s *simulation) warnStuck(phase string, w Workload) {
	for _, pool := range s.Fleet.Pools {
		if s.dead[pool.Name] > 0 && s.pods[w.Name] > 0 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("Phase %s deletes %s while nodes of pool %s have failed: "+
				"pods on these stay Terminating until the nodes recover, and the action waits for them.", phase, w.Name, pool.Name))
		}
	}
}

// toleration returns how many seconds the workload's pods stay on a node that is unreachable.
func (w Workload) toleration() float64 {
	path := []string{"spec", "template", "spec", "tolerations"}
	if w.Kind == "Pod" {
		path = []string{"spec", "tolerations"}
	}
	list, _ := spec.Lookup(w.template, path...).([]any)
	for _, item := range list {
		one, _ := item.(map[string]any)
		seconds, ok := one["tolerationSeconds"].(int64)
		if ok && one["key"] == "node.kubernetes.io/unreachable" {
			return float64(seconds)
		}
	}
	return defaultToleration
}

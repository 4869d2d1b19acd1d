package search

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Reading is how much of something a trial used that has a limit, in one phase.
type Reading struct {
	Of    string      `json:"of"` // Such as "CPU of the machine".
	Phase string      `json:"phase,omitempty"`
	Value float64     `json:"value"`
	Unit  sample.Unit `json:"unit"`
	Limit float64     `json:"limit"` // From here on it is taken for saturated.
	Why   string      `json:"why"`   // Why the limit is that one.
	// Above says that the value is at least that: it comes from buckets, of which the lower end is taken.
	Above bool `json:"above,omitempty"`
	// Greatest names what has the greatest part in it, such as "kube-apiserver 1.2 cores"; "" if nothing has.
	Greatest string `json:"greatest,omitempty"`
}

// The limits from which on something is taken for saturated.
const (
	fullShare   = 0.9   // Of the machine's CPUs and memory: the rest is needed by whatever comes in bursts.
	longFsync   = 0.010 // Seconds, p99. etcd's FAQ asks for less.
	longCommit  = 0.025 // Seconds, p99. As above.
	queuedMost  = 1     // Requests that wait on average: then the seats of the level are all taken.
	depthMost   = 10    // Items of a work queue on average, more than the workers that most controllers have.
	pendingMost = 100   // Pods on average in the scheduler's active queue, about a second of its work.
	throttleMax = 0.1   // Seconds, p99, that a component's own client held requests back.
	watchMost   = 1     // Second, p99, until a watch delivers.
	// noted is the share of its limit from which on a reading is kept.
	noted = 0.1
)

// Where the limits come from.
const (
	whyFull     = "90% of the machine's"
	whyDisk     = "etcd's FAQ asks for less at p99"
	whyQueued   = "then requests wait for seats of priority and fairness"
	whyRejected = "priority and fairness refuses no request while it has room"
	whyDepth    = "then more items wait than most controllers have workers"
	whyPending  = "then pods wait for the scheduler"
	whyThrottle = "then the component's own rate limit holds it back"
	whyWatch    = "then controllers act on what was a second ago"
)

// phaseLabel tells the figures of a phase from those of the whole run.
const phaseLabel = "phase"

// activeQueue is the scheduler's queue of pods that it could try at once.
const activeQueue = "active"

// readings returns what a run used that has a limit, in a fixed order.
func readings(s *summary.Summary, machine bundle.Machine) []Reading {
	all := append(cpu(s, machine), memory(s, machine)...)
	for _, g := range s.Gauges {
		all = append(all, gauge(g)...)
	}
	for _, b := range s.Buckets {
		all = append(all, bucket(b)...)
	}
	for _, d := range s.Distributions {
		if d.Metric == sample.WatchLag {
			all = append(all, watchLag(d)...)
		}
	}
	all = slices.DeleteFunc(all, func(r Reading) bool { return !(r.Limit > 0) || r.Value < noted*r.Limit })
	slices.SortStableFunc(all, func(a, b Reading) int { return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.Phase, b.Phase)) })
	return all
}

// cpu adds up, by phase, what all processes of the machine used on average.
func cpu(s *summary.Summary, machine bundle.Machine) (all []Reading) {
	sums, greatest := map[string]float64{}, map[string]summary.Gauge{}
	for _, g := range s.Gauges {
		phase, ok := g.Labels[phaseLabel]
		if !ok || g.Metric != sample.ComponentCPU && g.Metric != sample.MachineOthers {
			continue
		}
		sums[phase] += g.Mean
		if g.Mean > greatest[phase].Mean {
			greatest[phase] = g
		}
	}
	for _, phase := range slices.Sorted(maps.Keys(sums)) {
		most := greatest[phase]
		all = append(all, Reading{Of: "CPU of the machine", Phase: phase, Value: sums[phase], Unit: sample.Cores,
			Limit: fullShare * float64(machine.CPUs), Why: whyFull, Greatest: partWords(cmp.Or(most.Labels["component"], "other processes of the machine"), most.Mean, sample.Cores)})
	}
	return all
}

// memory adds up the most that each process of the run had resident. Their highest points may have been
// at different times, so it is at most that.
func memory(s *summary.Summary, machine bundle.Machine) []Reading {
	sum, most := 0.0, summary.Gauge{}
	for _, g := range s.Gauges {
		if _, byPhase := g.Labels[phaseLabel]; byPhase || g.Metric != sample.ComponentMemory {
			continue
		}
		if sum += g.Max; g.Max > most.Max {
			most = g
		}
	}
	return []Reading{{Of: "memory of the machine", Value: sum, Unit: sample.Bytes, Limit: fullShare * float64(machine.MemoryBytes), Why: whyFull,
		Greatest: partWords(most.Labels["component"], most.Max, sample.Bytes)}}
}

func partWords(name string, value float64, unit sample.Unit) string {
	if name == "" {
		return ""
	}
	return name + " " + sample.Format(value, unit)
}

// gauge returns the reading of a gauge in a phase, if it has a limit.
func gauge(g summary.Gauge) []Reading {
	phase, byPhase := g.Labels[phaseLabel]
	r := Reading{Phase: phase, Value: g.Mean, Unit: sample.Count}
	switch {
	case !byPhase:
		return nil
	case g.Metric == sample.ServerQueued:
		r.Of, r.Limit, r.Why = "requests queued at priority level "+g.Labels["priority_level"], queuedMost, whyQueued
	case g.Metric == sample.ServerRejected:
		r.Of, r.Value, r.Limit, r.Why = "requests refused at priority level "+g.Labels["priority_level"], g.Last, 1, whyRejected
	case g.Metric == sample.WorkqueueDepth:
		r.Of, r.Limit, r.Why = fmt.Sprintf("depth of the work queue %s of %s", g.Labels["queue"], g.Labels["component"]), depthMost, whyDepth
	case g.Metric == sample.SchedulerPending && g.Labels["queue"] == activeQueue:
		r.Of, r.Limit, r.Why = "pods in the scheduler's active queue", pendingMost, whyPending
	default:
		return nil
	}
	return []Reading{r}
}

// bucket returns the reading of a p99 in a phase, if it has a limit.
func bucket(b summary.BucketFigure) []Reading {
	r := Reading{Phase: b.Labels[phaseLabel], Unit: sample.Seconds, Above: true}
	switch b.Metric {
	case sample.EtcdFsync:
		r.Of, r.Limit, r.Why = "fsync of etcd, p99", longFsync, whyDisk
	case sample.EtcdCommit:
		r.Of, r.Limit, r.Why = "commit of etcd, p99", longCommit, whyDisk
	case sample.ClientThrottle:
		r.Of, r.Limit, r.Why = fmt.Sprintf("wait for the client's rate limit in %s, p99", b.Labels["component"]), throttleMax, whyThrottle
	default:
		return nil
	}
	for _, q := range b.Quantiles {
		if q.Percentile == 99 && q.Printable {
			r.Value = q.Low
			return []Reading{r}
		}
	}
	return nil
}

func watchLag(d summary.Distribution) []Reading {
	for _, q := range d.Quantiles {
		if q.Percentile == 99 && q.Printable {
			return []Reading{{Of: "watch lag, p99", Phase: d.Labels[phaseLabel], Value: q.Value, Unit: sample.Seconds, Limit: watchMost, Why: whyWatch}}
		}
	}
	return nil
}

// missedPhases are the phases in which the objectives that missed have figures: only what was used then
// can have had a part in it.
func missedPhases(s *summary.Summary) []string {
	found := map[string]bool{}
	for _, o := range s.Objectives {
		if o.Verdict != slo.Miss {
			continue
		}
		note := func(metric string, labels sample.Labels) {
			if phase, ok := labels[phaseLabel]; ok && metric == o.Metric && labels.Match(o.Where) {
				found[phase] = true
			}
		}
		for _, d := range s.Distributions {
			note(d.Metric, d.Labels)
		}
		for _, b := range s.Buckets {
			note(b.Metric, b.Labels)
		}
		for _, g := range s.Gauges {
			note(g.Metric, g.Labels)
		}
		for _, x := range s.Scalars {
			note(x.Metric, x.Labels)
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// others is how many cores other processes of the machine used on average over the run; 0 if that was
// not measured.
func others(s *summary.Summary) float64 {
	for _, g := range s.Gauges {
		if _, byPhase := g.Labels[phaseLabel]; g.Metric == sample.MachineOthers && !byPhase {
			return g.Mean
		}
	}
	return 0
}

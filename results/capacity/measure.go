package capacity

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// The keys of measures that others refer to. That of everything is not fitted.
const (
	cpuKey        = "cpu"
	memoryKey     = "memory"
	etcdKey       = "etcd"
	AnsweredKey   = "answered" // Of throughput, whose limit depends on what is asked.
	everythingKey = "cpu of everything"
)

// harnessLimited begins the reason of every run in which kubedyno was the limit.
const harnessLimited = "kubedyno was the limit"

// The limits of SIG-Scalability's API SLOs in seconds, as of August 2026.
const (
	oneObjectLimit = 1.0
	manyLimit      = 30.0
)

// defaultQuota is etcd's --quota-backend-bytes if it is not set: 2 GiB.
const defaultQuota = 2 << 30

// measure turns runs into points; those that do not count are listed with the reason.
func (p *Plan) measure(runs []compare.Run) []Run {
	var all []Run
	seen := map[string]bool{}
	for _, run := range runs {
		leave := func(why string) { p.LeftOut = append(p.LeftOut, LeftOut{run.Name, why}) }
		if run.LeftOut != "" || run.Summary == nil {
			leave(run.LeftOut)
			continue
		}
		if seen[run.Manifest.ID] {
			continue
		}
		seen[run.Manifest.ID] = true
		if why := limited(run); why != "" {
			leave(harnessLimited + ": " + why)
			continue
		}
		m := &meter{run: run, s: run.Summary}
		phase, ok := m.phase()
		if !ok {
			leave("it has no phase with nodes, pods or requests")
			continue
		}
		all = append(all, m.measure(phase))
	}
	return all
}

// limited says why the harness was the limit of a run; "" if it was not.
func limited(run compare.Run) string {
	s := run.Summary
	if s.Counts.Dropped > summary.MaxDropped {
		return "it dropped " + sample.FormatCount(s.Counts.Dropped) + " records"
	}
	offered, achieved := 0.0, 0.0
	for _, g := range s.Gauges {
		if g.Labels["phase"] == "" {
			continue
		}
		switch g.Metric {
		case sample.APIOffered:
			offered += g.Mean
		case sample.APIAchieved:
			achieved += g.Mean
		case sample.HarnessHeldBack:
			if g.Max > summary.MaxHeldBack {
				return "rate limits of its own clients held requests back"
			}
		}
	}
	if achieved < summary.MinAchieved*offered {
		return fmt.Sprintf("it sent %s of %s", sample.Format(achieved, sample.PerSecond), sample.Format(offered, sample.PerSecond))
	}
	tolerated := summary.ToleratedDelay(run.Manifest.Objectives, sample.APISendLag)
	for _, d := range s.Distributions {
		if lag, ok := p99(d); d.Metric == sample.APISendLag && ok && lag > tolerated {
			return fmt.Sprintf("it sent %s late (p99)", sample.Format(lag, sample.Seconds))
		}
	}
	return ""
}

// p99 is the 99th percentile where there are enough samples for it and none is a lower bound.
func p99(d summary.Distribution) (float64, bool) {
	for _, q := range d.Quantiles {
		if q.Percentile == 99 && q.Printable && d.Censored == 0 {
			return q.Value, true
		}
	}
	return 0, false
}

// A meter reads figures of a run.
type meter struct {
	run      compare.Run
	s        *summary.Summary
	values   map[string]float64
	measures []Measure
}

// gauge is a gauge of a phase with the labels, the first of them.
func (m *meter) gauge(metric, phase string, where sample.Labels) (summary.Gauge, bool) {
	for _, g := range m.s.Gauges {
		if g.Metric == metric && g.Labels["phase"] == phase && g.Labels.Match(where) {
			return g, true
		}
	}
	return summary.Gauge{}, false
}

// offered is the sum of the rates asked for in a phase.
func (m *meter) offered(phase string) float64 { return m.sum(sample.APIOffered, phase) }

func (m *meter) sum(metric, phase string) float64 {
	sum := 0.0
	for _, g := range m.s.Gauges {
		if g.Metric == metric && g.Labels["phase"] == phase {
			sum += g.Mean
		}
	}
	return sum
}

// steadyShare is by how much nodes and pods may differ over a phase that counts as held still.
const steadyShare = 0.02

// phase chooses the phase that speaks for a run: of those with requests the one with the most, of
// about as many that with the most nodes and pods; or else the largest that was held still, or else the
// last one.
func (m *meter) phase() (string, bool) {
	load, held, last := "", "", ""
	most, loaded, largest := 0.0, 0.0, 0.0
	for _, phase := range m.s.Phases {
		most = max(most, m.offered(phase.Name))
	}
	for _, phase := range m.s.Phases {
		ready := sample.Labels{"state": "ready"}
		nodes, hasNodes := m.gauge(sample.NodesByState, phase.Name, ready)
		pods, hasPods := m.gauge(sample.PodsByState, phase.Name, ready)
		size := nodes.Last + pods.Last
		if rate := m.offered(phase.Name); rate > 0 && rate >= (1-alikeShare)*most && (load == "" || size > loaded) {
			load, loaded = phase.Name, size
		}
		if !phase.Ended || size <= 0 {
			continue
		}
		last = phase.Name
		if still(nodes, hasNodes) && still(pods, hasPods) && size >= largest {
			held, largest = phase.Name, size
		}
	}
	for _, name := range []string{load, held, last} {
		if name != "" {
			return name, true
		}
	}
	return "", false
}

func still(g summary.Gauge, known bool) bool {
	room := steadyShare * max(g.Last, 1)
	return !known || math.Abs(g.Mean-g.Last) <= room && math.Abs(g.Max-g.Last) <= room
}

// measure reads everything of a phase.
func (m *meter) measure(phase string) Run {
	m.values = map[string]float64{}
	ready := sample.Labels{"state": "ready"}
	nodes, _ := m.gauge(sample.NodesByState, phase, ready)
	pods, _ := m.gauge(sample.PodsByState, phase, ready)
	m.components(phase)
	m.latencies(phase)
	m.throughput(phase)
	m.objectives()
	r := Run{Name: m.run.Name, Scenario: m.run.Manifest.Scenario, Phase: phase, Nodes: nodes.Last, Pods: pods.Last,
		Requests: m.offered(phase), Values: m.values, source: m.run, measures: m.measures}
	r.settings = settings(m.run)
	return r
}

func (m *meter) add(measure Measure, value float64) {
	if _, twice := m.values[measure.Key]; twice || math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	m.values[measure.Key] = value
	m.measures = append(m.measures, measure)
}

// components reads CPU, memory and storage of the control plane: all components but kwok, which
// stands in for the kubelets, and kubedyno.
func (m *meter) components(phase string) {
	machine := m.run.Manifest.Machine
	ours := m.run.Manifest.Cluster.Origin == "embedded"
	for _, resource := range []struct {
		metric, key, name string
		unit              sample.Unit
		limit             float64
	}{
		{sample.ComponentCPU, cpuKey, "CPU", sample.Cores, float64(machine.CPUs)},
		{sample.ComponentMemory, memoryKey, "memory", sample.Bytes, float64(machine.MemoryBytes)},
	} {
		sum, everything, known := 0.0, 0.0, false
		var each []summary.Gauge
		for _, g := range m.s.Gauges {
			if g.Metric != resource.metric || g.Labels["phase"] != phase {
				continue
			}
			everything += g.Mean
			if name := g.Labels["component"]; !harness(name) {
				sum, known = sum+g.Mean, true
				each = append(each, g)
			}
		}
		if !known {
			continue
		}
		whole := Measure{Key: resource.key, Name: "control plane " + resource.name, Unit: resource.unit}
		if ours && resource.limit > 0 {
			whole.Limit, whole.Source = &resource.limit, "what the machine has"
		}
		m.add(whole, sum)
		for _, g := range each {
			name := g.Labels["component"]
			m.add(Measure{Key: resource.key + " " + name, Name: name + " " + resource.name, Unit: resource.unit}, g.Mean)
		}
		if resource.key == cpuKey {
			m.values[everythingKey] = everything
		}
	}
	if size, ok := m.gauge(sample.EtcdSize, phase, nil); ok {
		quota := m.quota()
		m.add(Measure{Key: etcdKey, Name: "etcd database", Unit: sample.Bytes, Limit: &quota, Source: "etcd's --quota-backend-bytes"}, size.Last)
	}
}

// quota is the size at which etcd takes no more writes.
func (m *meter) quota() float64 {
	for _, c := range m.run.Manifest.Cluster.Components {
		for _, argument := range c.Arguments {
			if value, found := strings.CutPrefix(argument, "--quota-backend-bytes="); found && c.Name == "etcd" {
				if bytes, err := strconv.ParseFloat(value, 64); err == nil && bytes > 0 {
					return bytes
				}
			}
		}
	}
	return defaultQuota
}

// latencies reads the p99 of each group of verbs that SIG-Scalability has a limit for: that of the
// slowest class of requests.
func (m *meter) latencies(phase string) {
	groups := []struct {
		key, name string
		limit     float64
		has       func(l sample.Labels) bool
	}{
		{"latency read one", "p99 of reads of one object", oneObjectLimit, func(l sample.Labels) bool { return l["verb"] == "get" }},
		{"latency read many", "p99 of lists", manyLimit, func(l sample.Labels) bool { return l["verb"] == "list" }},
		{"latency mutating", "p99 of writes", oneObjectLimit, func(l sample.Labels) bool {
			return !slices.Contains([]string{"get", "list", "watch"}, l["verb"])
		}},
	}
	for _, g := range groups {
		slowest, known := 0.0, false
		for _, d := range m.s.Distributions {
			if d.Metric != sample.APIRequest || d.Labels["phase"] != phase || !g.has(d.Labels) || slo.CustomResource(d.Labels["resource"]) {
				continue
			}
			if v, ok := p99(d); ok {
				slowest, known = max(slowest, v), true
			}
		}
		if known {
			m.add(Measure{Key: g.key, Name: g.name, Unit: sample.Seconds, Limit: &g.limit, Source: "SIG-Scalability SLO", kind: latency}, slowest)
		}
	}
}

// throughput reads how many requests a second were answered without an error.
func (m *meter) throughput(phase string) {
	sent := m.sum(sample.APIAchieved, phase)
	total, failed := 0.0, 0.0
	for _, d := range m.s.Distributions {
		if d.Metric == sample.APIRequest && d.Labels["phase"] == phase {
			total += float64(d.N)
		}
	}
	for _, g := range m.s.Gauges {
		if g.Metric == sample.APIErrors && g.Labels["phase"] == phase {
			failed += g.Last
		}
	}
	if sent > 0 && total > 0 {
		share := summary.MinAchieved
		m.add(Measure{Key: AnsweredKey, Name: "requests answered", Unit: sample.PerSecond, Limit: &share, Least: true,
			Source: "98% of those asked for", Only: string(Requests), kind: throughput}, sent*max(0, 1-failed/total))
	}
}

// objectives reads the objectives on times and rates, but for those on API latency, which are in the
// groups of verbs, and those in which something has a part that never got there.
func (m *meter) objectives() {
	for _, f := range compare.Objectives(m.s) {
		measure := Measure{Key: f.Key(), Name: f.Subject(), Unit: f.Objective.Unit(), Source: f.Source, kind: latency}
		switch {
		case f.Value == nil || f.Censored > 0 || f.Metric == sample.APIRequest:
			continue
		case measure.Unit == sample.Seconds && f.Most != nil && *f.Most > 0:
			measure.Limit = f.Most
		case measure.Unit == sample.PerSecond && f.Least != nil && *f.Least > 0:
			measure.Limit, measure.Least, measure.kind = f.Least, true, cost
		default:
			continue
		}
		m.add(measure, *f.Value)
	}
	for _, v := range m.s.Scalars {
		if v.Metric == sample.PodsReadyRate {
			m.add(Measure{Key: "pods ready", Name: "pods made ready", Unit: sample.PerSecond}, v.Value)
		}
	}
}

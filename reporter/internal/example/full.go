package example

import (
	"math"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

func (m *maker) pods() {
	web := sample.Labels{"phase": "scale-up", "workload": "web"}
	for _, stage := range []struct {
		name          string
		median, sigma float64
	}{{"create", 0.008, 0.5}, {"schedule", 0.045, 0.9}, {"start", 1.0, 0.47}, {"ready", 0.06, 0.6}} {
		m.distribution(sample.PodStage, with(web, "stage", stage.name), 5000, stage.median, stage.sigma)
	}
	m.distribution(sample.PodStartup, web, 5000, 1.25, 0.45)
	m.distribution(sample.PodSimulatorOverhead, web, 5000, 0.006, 0.6)
	m.distribution(sample.NodeReady, sample.Labels{"pool": "general"}, 900, 0.9, 0.4)
	m.distribution(sample.NodeReady, sample.Labels{"pool": "arm"}, 100, 0.8, 0.4)
	m.scalar(sample.FleetCreateRate, sample.Labels{"pool": "general"}, 61.3)
	m.scalar(sample.FleetCreateRate, sample.Labels{"pool": "arm"}, 64.9)
	m.scalar(sample.FleetReady, sample.Labels{"pool": "general"}, 15.8)
	m.scalar(sample.FleetReady, sample.Labels{"pool": "arm"}, 2.31)
	m.scalar(sample.PodsReadyRate, sample.Labels{"phase": "scale-up"}, 48.7)
	m.scalar(sample.ClusterReady, nil, 6.04)
	for delay, state := range []string{"created", "scheduled", "running", "ready"} {
		m.track(sample.PodsByState, sample.Labels{"state": state}, 6, 312, func(t float64) float64 {
			up := math.Min(5000, math.Floor(50*(t-33-float64(delay*delay)*1.2)))
			if t > 275 {
				up = math.Max(0, 5000-150*(t-275))
			}
			return up
		})
	}
}

func (m *maker) load() {
	for i, class := range []struct {
		verb, resource, scope string
		median, sigma         float64
	}{
		{"get", "pods", "resource", 0.0021, 0.7}, {"list", "pods", "cluster", 0.180, 0.85},
		{"list", "pods", "namespace", 0.012, 0.8}, {"create", "configmaps", "namespace", 0.0068, 0.75},
		{"patch", "deployments.apps", "resource", 0.0075, 0.75}, {"delete", "configmaps", "resource", 0.0071, 0.7},
	} {
		labels := sample.Labels{"class": class.verb + " " + class.resource + " (" + class.scope + ")",
			"verb": class.verb, "resource": class.resource, "scope": class.scope}
		for _, phase := range []string{"scale-up", "steady"} {
			slower := 1.0
			if phase == "scale-up" {
				slower = 1.35
			}
			inPhase := with(labels, "phase", phase)
			m.distribution(sample.APIRequest, inPhase, 2000, class.median*slower, class.sigma)
			m.distribution(sample.APISendLag, inPhase, 2000, 0.00021, 0.8)
		}
		m.heat(labels["class"], class.median, class.sigma)
		m.track(sample.APIOffered, labels, 32, 270, func(float64) float64 { return 16.7 })
		m.track(sample.APIAchieved, labels, 32, 270, func(t float64) float64 {
			if t > 90 && t < 97 {
				return 9 + float64(i)
			}
			return 16.7 + 0.4*m.random.NormFloat64()
		})
		m.track(sample.APIErrors, with(labels, "kind", "timeout"), 32, 270, func(t float64) float64 {
			if i == 1 {
				return math.Floor((t - 32) / 33)
			}
			return 0
		})
	}
}

func (m *maker) components() {
	for _, c := range []struct {
		name      string
		cpu, busy float64
		memory    float64
	}{
		{"kube-apiserver", 0.22, 0.62, 610}, {"etcd", 0.09, 0.21, 180}, {"kube-controller-manager", 0.06, 0.18, 140},
		{"kube-scheduler", 0.03, 0.16, 95}, {"kwok-controller", 0.05, 0.24, 160}, {"metrics-server", 0.01, 0.02, 60},
		{"kubedyno", 0.07, 0.14, 85},
	} {
		labels := sample.Labels{"component": c.name}
		spent := 0.0
		m.track(sample.ComponentCPU, labels, 1, 312, func(t float64) float64 {
			v := c.cpu
			if t > 32 && t < 140 {
				v = c.busy
			}
			return v * (1 + 0.12*m.random.NormFloat64())
		})
		m.track(sample.ComponentCPUTotal, labels, 1, 312, func(t float64) float64 {
			spent += c.cpu
			return spent
		})
		m.track(sample.ComponentMemory, labels, 1, 312, func(t float64) float64 {
			return c.memory * (1 << 20) * (0.5 + 0.5*math.Min(1, t/150)) * (1 + 0.02*m.random.NormFloat64())
		})
	}
}

func (m *maker) harness() {
	m.distribution(sample.WatchLag, nil, 1200, 0.0035, 0.7)
	zero := func(float64) float64 { return 0 }
	m.track(sample.WatchRelists, nil, 1, 312, zero)
	m.track(sample.HarnessDropped, nil, 1, 312, zero)
	m.track(sample.HarnessQueue, nil, 1, 312, func(t float64) float64 { return 40 + math.Mod(t, 7) })
	m.track(sample.HarnessThrottled, nil, 1, 312, func(t float64) float64 { return math.Floor(t/100) * 0.25 })
	m.track(sample.MachineOthers, nil, 1, 312, func(t float64) float64 { return 0.1 + 0.3*math.Mod(t, 2) })
	m.track(sample.HarnessHeldBack, nil, 1, 312, func(t float64) float64 { return math.Floor(t / 100) })
	m.track(sample.HarnessGoroutines, nil, 1, 312, func(t float64) float64 { return math.Floor(60 + t/10) })
	m.track(sample.HarnessGCPause, nil, 1, 312, func(float64) float64 { return 0.0004 * (1 + 0.3*m.random.Float64()) })
}

// objectives judges what was made by the same rules that a reader would: it copies observed
// values from the distributions.
func (m *maker) objectives() {
	list := sample.Labels{"class": "list pods (cluster)", "phase": "scale-up"}
	m.objective("pod startup p99", sample.PodStartup, "p99", nil, 5, "SIG-Scalability pod startup latency SLO")
	m.objective("API latency of list pods in the cluster p99", sample.APIRequest, "p99", list, 1, "SIG-Scalability API latency SLO")
	m.objective("API latency of get pods p99", sample.APIRequest, "p99", sample.Labels{"verb": "get"}, 1, "SIG-Scalability API latency SLO")
	m.objective("simulator overhead p99", sample.PodSimulatorOverhead, "p99", nil, 0.1, "")
	m.run.Summary.Objectives = append(m.run.Summary.Objectives, summary.Objective{
		Objective: slo.Objective{Name: "pods Ready per second", Metric: sample.PodsReadyRate, Statistic: slo.Value, Least: ptr(40)},
		Unit:      sample.PerSecond, Verdict: slo.Pass, Observed: ptr(48.7), Margin: ptr(8.7 / 40), N: 1,
	})
}

func (m *maker) objective(name, metric string, statistic slo.Statistic, where sample.Labels, most float64, source string) {
	for _, d := range m.run.Summary.Distributions {
		if d.Metric != metric || !d.Labels.Match(where) {
			continue
		}
		o := summary.Objective{Objective: slo.Objective{Name: name, Metric: metric, Statistic: statistic, Where: where,
			Most: &most, Source: source}, Unit: sample.Seconds, Verdict: slo.Pass, N: d.N}
		for _, q := range d.Quantiles {
			if q.Percentile == 99 {
				o.Observed, o.Low, o.High = ptr(q.Value), ptr(q.Low), ptr(q.High)
				o.Margin = ptr((most - q.Value) / most)
			}
		}
		if *o.Observed > most {
			o.Verdict = slo.Miss
		}
		m.run.Summary.Objectives = append(m.run.Summary.Objectives, o)
		return
	}
}

// heat adds requests over time: 66 in every 4 s, slower ones from 92 s to 100 s.
func (m *maker) heat(class string, median, sigma float64) {
	h := summary.Heat{Class: class, Slot: at(4), Slots: make([]summary.HeatSlot, 68)}
	for i := 8; i < len(h.Slots); i++ {
		slot := &h.Slots[i]
		slot.Rows, slot.Count = map[int]int64{}, 66
		for range slot.Count {
			latency := median * math.Exp(sigma*m.random.NormFloat64())
			if i == 23 || i == 24 {
				latency *= 5
			}
			row := 0
			for summary.HeatFloor(row+1) <= latency {
				row++
			}
			slot.Rows[row]++
			slot.Max = max(slot.Max, latency)
		}
	}
	m.run.Detail.Heats = append(m.run.Detail.Heats, h)
}

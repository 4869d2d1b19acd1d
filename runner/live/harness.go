package live

import (
	"fmt"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
	"github.com/kubedyno/kubedyno/results/summary"
)

// fewest is how many points a mean of the harness is made of before it is compared with its limit.
const fewest = 10

// A harness is what the records say of kubedyno itself and of its machine. Its limits are those
// of the report (summary.Limits).
type harness struct {
	sendLimit, watchLimit float64 // Seconds.
	cpus                  int

	sendLag, watchLag sample.Histogram // Of the phase; of the run.
	cpu               map[string]mean  // Cores by component.
	others            mean
	offered, achieved mean // Of the phase.
	dropped           float64
	told              map[string]bool // By kind of doubt.
}

// A mean is that of points.
type mean struct {
	n   int
	sum float64
}

func (m *mean) add(value float64) { m.n, m.sum = m.n+1, m.sum+value }

func newHarness(run Run) harness {
	return harness{cpus: run.CPUs, cpu: map[string]mean{}, told: map[string]bool{},
		sendLimit:  summary.ToleratedDelay(run.Objectives, sample.APISendLag),
		watchLimit: summary.ToleratedDelay(run.Objectives, sample.WatchLag)}
}

// begin forgets the load of the phase before.
func (h *harness) begin() {
	h.sendLag.Reset()
	h.offered, h.achieved = mean{}, mean{}
}

func (h *harness) window(w sample.Window) {
	switch w.Metric {
	case sample.APISendLag:
		h.sendLag.Merge(w.Histogram)
	case sample.WatchLag:
		h.watchLag.Merge(w.Histogram)
	}
}

func (h *harness) point(p sample.Point) {
	switch p.Metric {
	case sample.APIOffered:
		h.offered.add(p.Value)
	case sample.APIAchieved:
		h.achieved.add(p.Value)
	case sample.ComponentCPU:
		component := p.Labels["component"]
		used := h.cpu[component]
		used.add(p.Value)
		if len(h.cpu) < maxSeries || used.n > 1 {
			h.cpu[component] = used
		}
	case sample.MachineOthers:
		h.others.add(p.Value)
	case sample.HarnessDropped:
		h.dropped = max(h.dropped, p.Value)
	}
}

// A doubt is why the harness may be what is measured.
type doubt struct{ kind, text string }

// doubts returns what is beyond its limit, the gravest first.
func (h *harness) doubts() []doubt {
	var all []doubt
	add := func(kind, format string, arguments ...any) {
		all = append(all, doubt{kind, fmt.Sprintf(format, arguments...)})
	}
	if h.dropped > summary.MaxDropped {
		add("dropped", "kubedyno dropped %s records", sample.Format(h.dropped, sample.Count))
	}
	if h.offered.n >= fewest && h.achieved.sum < summary.MinAchieved*h.offered.sum {
		add("achieved", "kubedyno sends only %s of the load (limit %s)",
			sample.Format(h.achieved.sum/h.offered.sum, sample.Ratio), sample.Format(summary.MinAchieved, sample.Ratio))
	}
	if text := late(&h.sendLag, h.sendLimit); text != "" {
		add("send lag", "kubedyno sends late: send lag %s", text)
	}
	if text := late(&h.watchLag, h.watchLimit); text != "" {
		add("watch lag", "kubedyno sees late: watch lag %s", text)
	}
	if share, ok := h.share(); ok && share > summary.MaxHarnessShare {
		add("cpu", "kubedyno uses %s of the CPU of the run (limit %s)",
			sample.Format(share, sample.Ratio), sample.Format(summary.MaxHarnessShare, sample.Ratio))
	}
	if limit := summary.MaxOthersShare * float64(h.cpus); h.others.n >= fewest && h.cpus > 0 && h.others.sum/float64(h.others.n) > limit {
		add("others", "other processes use %s of this machine (limit %s)",
			sample.Format(h.others.sum/float64(h.others.n), sample.Cores), sample.Format(limit, sample.Cores))
	}
	return all
}

// late says how a delay is beyond its limit: by its p99, or, where it has too few values for
// one, when as many as lie beyond a p99 are.
func late(delay *sample.Histogram, limit float64) string {
	end := " (limit " + sample.Format(limit, sample.Seconds) + ")"
	if stat.Printable(delay.Count(), 0.99) {
		if p99 := delay.Quantile(0.99); p99 > limit {
			return "p99 " + sample.Format(p99, sample.Seconds) + end
		}
		return ""
	}
	if delay.CountAbove(limit) >= stat.Beyond {
		return "max " + sample.Format(delay.Max(), sample.Seconds) + end
	}
	return ""
}

// share is kubedyno's part of the CPU that the run's processes used; not ok where those of the
// control plane are not known.
func (h *harness) share() (share float64, ok bool) {
	own, total := h.cpu["kubedyno"], 0.0
	for _, used := range h.cpu {
		total += used.sum
	}
	if own.n < fewest || h.cpu["kube-apiserver"].n < fewest || total <= 0 {
		return 0, false
	}
	return own.sum / total, true
}

// news returns the doubts that were not told before.
func (h *harness) news() []string {
	var texts []string
	for _, d := range slices.Clone(h.doubts()) {
		if !h.told[d.kind] {
			h.told[d.kind] = true
			texts = append(texts, d.text)
		}
	}
	return texts
}

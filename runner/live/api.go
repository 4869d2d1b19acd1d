package live

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/stat"
)

// api is what is known of the load of one phase.
type api struct {
	offered, achieved map[string]float64 // Requests a second by class, as last given.
	failed            map[string]float64 // Failed requests so far by class and kind.
	latency           map[string]*sample.Histogram
	sent              history // Requests a second of all classes.
}

func (a *api) begin() {
	a.offered, a.achieved, a.failed = map[string]float64{}, map[string]float64{}, map[string]float64{}
	a.latency = map[string]*sample.Histogram{}
}

func (a *api) point(p sample.Point) {
	class := p.Labels["class"]
	if _, known := a.offered[class]; !known && len(a.offered) >= maxClasses {
		return
	}
	switch p.Metric {
	case sample.APIOffered:
		a.offered[class] = p.Value
	case sample.APIAchieved:
		a.achieved[class] = p.Value
		a.sent.set(p.At, sum(a.achieved))
	case sample.APIErrors:
		if p.Value > 0 && len(a.failed) < maxSeries {
			a.failed[class+" "+p.Labels["kind"]] = p.Value
		}
	}
}

func (a *api) window(w sample.Window) {
	class := w.Labels["class"]
	if a.latency[class] == nil {
		if len(a.latency) >= maxClasses {
			return
		}
		a.latency[class] = &sample.Histogram{}
	}
	a.latency[class].Merge(w.Histogram)
}

// slowest returns the class with the longest p99 of the phase, or the longest maximum where the
// requests are too few for a p99; "" if there were none.
func (a *api) slowest() (class, statistic string, seconds float64) {
	type figure struct {
		class, statistic string
		seconds          float64
	}
	var all []figure
	for _, class := range slices.Sorted(maps.Keys(a.latency)) {
		h := a.latency[class]
		if stat.Printable(h.Count(), 0.99) {
			all = append(all, figure{class, "p99", h.Quantile(0.99)})
		} else {
			all = append(all, figure{class, "max", h.Max()})
		}
	}
	if len(all) == 0 {
		return "", "", 0
	}
	worst := slices.MaxFunc(all, func(a, b figure) int { return cmp.Compare(a.seconds, b.seconds) })
	return worst.class, worst.statistic, worst.seconds
}

func sum(values map[string]float64) float64 {
	total := 0.0
	for _, value := range values {
		total += value
	}
	return total
}

package scrape

import (
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
)

// A growth is what a component's counts grew by since a phase began.
type growth struct {
	from, to   sample.Offset
	counters   map[string]*value
	histograms map[string]*histogram
}

func newGrowth(from sample.Offset) *growth {
	return &growth{from: from, to: from, counters: map[string]*value{}, histograms: map[string]*histogram{}}
}

// restarted reports whether two pages come from two lives of a component: counts never fall
// while a process lives.
func restarted(before, after *page) bool {
	if before.started != after.started {
		return true
	}
	for key, old := range before.counters {
		if now := after.counters[key]; now != nil && now.value < old.value {
			return true
		}
	}
	for key, old := range before.histograms {
		now := after.histograms[key]
		if now == nil {
			continue
		}
		if !slices.Equal(now.bounds, old.bounds) || now.total() < old.total() {
			return true
		}
		for i := range old.counts {
			if now.counts[i] < old.counts[i] {
				return true
			}
		}
	}
	return false
}

// add adds what grew between two pages of one life. A series that was not there before began
// at 0.
func (g *growth) add(before, after *page, to sample.Offset) {
	g.to = to
	for key, now := range after.counters {
		increase := now.value
		if old := before.counters[key]; old != nil {
			increase -= old.value
		}
		if g.counters[key] == nil {
			g.counters[key] = &value{metric: now.metric, labels: now.labels}
		}
		g.counters[key].value += increase
	}
	for key, now := range after.histograms {
		grown := now.since(before.histograms[key])
		if grown.total() == 0 {
			continue
		}
		if have := g.histograms[key]; have == nil {
			g.histograms[key] = grown
		} else {
			have.add(grown)
		}
	}
}

// since returns what h has more than an earlier reading, which may be nil.
func (h *histogram) since(earlier *histogram) *histogram {
	grown := &histogram{metric: h.metric, labels: h.labels, bounds: h.bounds, counts: slices.Clone(h.counts), sum: h.sum}
	if earlier == nil {
		return grown
	}
	for i, count := range earlier.counts {
		grown.counts[i] -= count
	}
	grown.sum -= earlier.sum
	return grown
}

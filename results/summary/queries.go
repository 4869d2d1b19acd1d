package summary

import (
	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// queryDoubt is why a pass of an objective on the values of queries would prove nothing: some of
// them are not in the results, and they could be those that miss the limit.
func (c *collector) queryDoubt(run *bundle.Run, o slo.Objective) string {
	lost := 0.0
	for _, q := range run.Manifest.Queries {
		if sample.QueryMetric(q.Unit) != o.Metric || !(sample.Labels{"query": q.Name}).Match(only(o.Where, "query")) {
			continue
		}
		for _, s := range c.scalars {
			if s.Metric == sample.QueryLost && s.Labels["query"] == q.Name && s.Labels.Match(only(o.Where, phaseLabel)) {
				lost += s.Value
			}
		}
	}
	if lost == 0 {
		return ""
	}
	return "points of the query were lost (" + sample.FormatCount(int64(lost)) + ")"
}

// only returns the one label of a selector, if it is there.
func only(where sample.Labels, name string) sample.Labels {
	if value, ok := where[name]; ok {
		return sample.Labels{name: value}
	}
	return nil
}

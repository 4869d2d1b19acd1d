package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
)

// Metric returns the name of the metric that the query's values are.
func (q Query) Metric() string { return sample.QueryMetric(sample.Unit(q.Unit)) }

func (q *Query) applyDefaults() {
	if q.Title == "" {
		q.Title = q.Name
	}
	if q.Unit == "" {
		q.Unit = string(sample.Count)
	}
	if q.Step == 0 {
		q.Step = DefaultQueryStep
	}
}

// readQueries checks the names of the queries, and that Prometheus can answer each for the
// longest that a phase may take.
func (c *checker) readQueries() {
	var longest time.Duration
	for _, phase := range c.s.Spec.Phases {
		longest = max(longest, phase.Timeout)
	}
	for i := range c.s.Spec.Queries {
		q := &c.s.Spec.Queries[i]
		path := fmt.Sprintf("spec.queries[%d]", i)
		if unique(c, c.queries, q.Name, path, "query") {
			c.queries[q.Name] = q
		}
		if c.sound(path+".expr") && strings.TrimSpace(q.Expr) == "" {
			c.fault(path+".expr", "", "the expression is empty")
		}
		switch {
		case !c.sound(path + ".step"):
		case q.Step%time.Millisecond != 0:
			c.fault(path+".step", "", "the step %s is not in whole milliseconds, as Prometheus' times are", q.Step)
		case longest/q.Step > MaxQueryPoints:
			c.fault(path+".step", fmt.Sprintf("use at least %s", (longest/MaxQueryPoints).Truncate(time.Second)+time.Second),
				"a phase may take %s: with a step of %s that is more than the %d points that Prometheus answers with",
				longest, q.Step, MaxQueryPoints)
		}
	}
}

// queriesOf returns the names of the queries that make a metric.
func (c *checker) queriesOf(metric sample.Metric) []string {
	names := sortedKeys(c.queries)
	if slices.Contains(metric.Labels, "series") {
		names = slices.DeleteFunc(names, func(name string) bool { return c.queries[name].Metric() != metric.Name })
	}
	return names
}

// queryFault reports an objective on a query whose unit makes another metric.
func (c *checker) queryFault(o Objective, metric sample.Metric, path string) bool {
	query := c.queries[o.Where["query"]]
	if metric.Source != sample.FromQuery || query == nil || slices.Contains(c.queriesOf(metric), query.Name) {
		return false
	}
	c.fault(path+".metric", "use "+query.Metric(), "the unit of query %q is %s, so its values are not %s",
		query.Name, query.Unit, metric.Name)
	return true
}

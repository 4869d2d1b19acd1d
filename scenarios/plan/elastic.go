package plan

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// ElasticWords say how a pool's nodes come and go; empty if only actions create them.
func (p *Plan) ElasticWords(pool spec.Pool) string {
	e := pool.Elastic
	if e == nil {
		return ""
	}
	words := []string{fmt.Sprintf("%s to %s nodes, looked at every %s; one that is ordered takes %s",
		grouped(e.Min), grouped(pool.Count), short(e.Scan), delayWords(e.Delay)),
		fmt.Sprintf("a pod without room waits %s for one, and up to %s more for the order", atLeast(e.Delay), short(e.Scan)),
		fmt.Sprintf("removed when unneeded for %s (below %s of CPU and memory), and %s after the last has come at the earliest",
			short(e.Unneeded), percent(e.Utilization), short(e.AfterAdd))}
	if e.Quota.Nodes > 0 {
		words = append(words, fmt.Sprintf("quota of %s nodes", grouped(e.Quota.Nodes)))
	}
	if e.Quota.PerZone > 0 {
		words = append(words, fmt.Sprintf("quota of %s nodes in a zone", grouped(e.Quota.PerZone)))
	}
	if e.Failures > 0 {
		words = append(words, fmt.Sprintf("%s of orders are refused", percent(e.Failures)))
	}
	if e.Failures > 0 || e.Quota != (spec.ElasticQuota{}) {
		words = append(words, fmt.Sprintf("a zone that refuses one is left alone for %s", short(e.Backoff)))
	}
	return strings.Join(words, "; ")
}

func delayWords(l spec.Latency) string {
	if l.Distribution == "fixed" {
		return short(l.Value)
	}
	return startupWords(l)
}

// atLeast says how long a distribution takes at least; for a lognormal, which has no least, the median.
func atLeast(l spec.Latency) string {
	switch l.Distribution {
	case "fixed":
		return "at least " + short(l.Value)
	case "uniform":
		return "at least " + short(l.Min)
	case "lognormal":
		return "usually about " + short(l.Median)
	}
	return "at least " + short(l.Quantiles[0])
}

// firstNodes is how long pods wait for the first nodes, in seconds, if none is there: a scan and the
// delay of the slowest elastic pool.
func (s *simulation) firstNodes() float64 {
	for _, n := range s.nodes {
		if n > 0 {
			return 0
		}
	}
	longest := 0.0
	for _, p := range s.Fleet.Pools {
		if p.Elastic != nil {
			longest = max(longest, (p.Elastic.Scan + usual(p.Elastic.Delay)).Seconds())
		}
	}
	return longest
}

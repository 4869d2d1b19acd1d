package summary

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
)

// warnings are the doubts about a run, each a sentence, the gravest first.
func (c *collector) warnings(run *bundle.Run, s *Summary) []string {
	var all []string
	warn := func(format string, arguments ...any) { all = append(all, fmt.Sprintf(format, arguments...)) }
	if run.Manifest.Status != bundle.Complete {
		all = append(all, incompleteWords(run.Manifest))
	}
	if short := run.Short(); len(short) > 0 {
		warn("Records are missing, as less than the run wrote is left of %s.", strings.Join(short, ", "))
	}
	for _, phase := range s.Phases {
		if !phase.Ended {
			warn("Phase %s did not end.", phase.Name)
		}
	}
	count := sample.FormatCount
	if n := c.counts.CutLines; n > 0 {
		warn("The last line of %s of the run's files was cut short, as a kill does.", count(n))
	}
	if n := c.counts.Dropped; n > 0 {
		warn("Records were dropped (%s): what happened is not all in the results.", count(n))
	}
	if n := c.podsMissing(); n > 0 {
		warn("The books do not balance: %s pods were counted, %s reported.", count(n+c.counts.PodsCreated), count(c.counts.PodsCreated))
	}
	if n := c.counts.PodsCensored; n > 0 {
		warn("%s of %s pods never became Ready; they count as at least the time they waited.", count(n), count(c.counts.PodsCreated))
	}
	if n := c.counts.Uncertain; n > 0 {
		warn("A watch was interrupted for longer than watch lag may be, or had to list anew, while %s of %s pods started; their start-up times are upper bounds, their stages are left out.", count(n), count(c.counts.PodsCreated))
	}
	if n := c.counts.Failed; n > 0 {
		warn("%s of %s requests failed: %s.", count(n), count(c.counts.Requests), c.failureKinds())
	}
	for _, metric := range slices.Sorted(maps.Keys(c.overflow)) {
		warn("There are too many series or unequal buckets; some of %s were left out.", metric)
	}
	all = append(all, c.loadWarnings(run.Manifest.Objectives)...)
	all = append(all, c.watchWarnings()...)
	all = append(all, c.othersWarnings(run.Manifest)...)
	all = append(all, c.throttleWarnings()...)
	all = append(all, c.diskWarnings()...)
	all = append(all, c.fanoutWarnings()...)
	all = append(all, c.serviceWarnings()...)
	all = append(all, c.elasticWarnings(s.Elasticity)...)
	all = append(all, volumeWarnings(s.Volumes)...)
	return append(all, c.eventWarnings()...)
}

// failureKinds counts the failed requests by kind, the most frequent first.
func (c *collector) failureKinds() string {
	byKind := map[string]int64{}
	for _, g := range c.gauges {
		if _, byPhase := g.labels[phaseLabel]; g.metric == sample.APIErrors && !byPhase && g.last > 0 {
			byKind[g.labels["kind"]] += int64(g.last)
		}
	}
	kinds := slices.SortedFunc(maps.Keys(byKind), func(a, b string) int {
		return cmp.Or(cmp.Compare(byKind[b], byKind[a]), cmp.Compare(a, b))
	})
	for i, kind := range kinds {
		kinds[i] = sample.FormatCount(byKind[kind]) + " " + kind
	}
	return strings.Join(kinds, ", ")
}

func incompleteWords(m bundle.Manifest) string {
	how := "it " + map[bundle.Status]string{
		bundle.Running: "was killed or is still going on", bundle.Interrupted: "was interrupted",
		bundle.Failed: "failed",
	}[m.Status]
	if m.Failure != "" {
		how += ": " + m.Failure
	}
	return "The run did not finish; " + how + "."
}

// loadWarnings tells where the harness did not send what the scenario asked for, by class and
// phase.
func (c *collector) loadWarnings(objectives []slo.Objective) []string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(c.gauges)) {
		offered := c.gauges[k]
		if _, byPhase := offered.labels[phaseLabel]; offered.metric != sample.APIOffered || !byPhase {
			continue
		}
		achieved, ok := c.gauges[key(sample.APIAchieved, offered.labels)]
		if ok && achieved.mean() < MinAchieved*offered.mean() {
			all = append(all, fmt.Sprintf("Only %s of %s were sent (%s).",
				sample.Format(achieved.mean(), sample.PerSecond), sample.Format(offered.mean(), sample.PerSecond), offered.labels))
		}
	}
	tolerated := ToleratedDelay(objectives, sample.APISendLag)
	for _, k := range slices.Sorted(maps.Keys(c.values)) {
		lag := c.values[k]
		if lag.Metric != sample.APISendLag {
			continue
		}
		longest, what := lag.Histogram.Quantile(0.99), "p99"
		if !stat.Printable(lag.Histogram.Count(), 0.99) {
			longest, what = lag.Histogram.Max(), "max"
		}
		if longest > tolerated {
			all = append(all, fmt.Sprintf("The harness sent late: send lag %s %s (%s).",
				what, sample.Format(longest, sample.Seconds), lag.Labels))
		}
	}
	return all
}

func (c *collector) watchWarnings() []string {
	var relists float64
	for _, g := range c.gauges {
		if _, byPhase := g.labels[phaseLabel]; g.metric == sample.WatchRelists && !byPhase {
			relists += g.max
		}
	}
	if relists <= MaxRelists {
		return nil
	}
	return []string{fmt.Sprintf("Watches of the harness had to list anew (watch relists: %s); "+
		"what happened meanwhile was seen late.", sample.Format(relists, sample.Count))}
}

// othersWarnings tells of other work on the machine.
func (c *collector) othersWarnings(m bundle.Manifest) []string {
	others, ok := c.gauges[key(sample.MachineOthers, nil)]
	if !ok || others.mean() <= MaxOthersShare*float64(m.Machine.CPUs) {
		return nil
	}
	return []string{fmt.Sprintf("Other processes of the machine used %s of its %d on average; what had to wait for a CPU because of them looks slow.",
		sample.Format(others.mean(), sample.Cores), m.Machine.CPUs)}
}

// throttleWarnings tells of rate limits that kubedyno's clients should not have.
func (c *collector) throttleWarnings() []string {
	requests, ok := c.gauges[key(sample.HarnessHeldBack, nil)]
	if !ok || requests.max <= MaxHeldBack {
		return nil
	}
	waited := 0.0
	if held, ok := c.gauges[key(sample.HarnessThrottled, nil)]; ok {
		waited = held.max
	}
	return []string{fmt.Sprintf("Rate limits of kubedyno's own clients held %s requests back, for %s in all; "+
		"that is no slowness of the server.", sample.FormatCount(int64(requests.max)), sample.Format(waited, sample.Seconds))}
}

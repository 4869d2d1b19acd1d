package summary

import (
	"fmt"
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/stat"
)

// The limits beyond which what would be a PASS is INCONCLUSIVE, because records that are not
// there could have been the slow ones. Too few samples beyond a quantile (stat.Beyond) and a
// limit that is missed by no more than the harness's own delay are the others; package slo has
// the rules.
const (
	MaxDropped = 0 // Records that a full queue dropped.
	MaxMissing = 0 // Pods that were counted and never reported; a miss is inconclusive, too.
)

// The limits beyond which a figure of the harness deserves a second look. They decide no
// verdict: objectives are judged one by one, with the delay that was measured.
const (
	MinAchieved     = 0.98 // Of the offered rate.
	MaxHarnessShare = 0.25 // Of all CPU seconds; a harness beyond it is a good part of the load.
	MaxOthersShare  = 0.1  // Of the machine's CPUs, used by none of the run's processes.
	MaxQueueShare   = 0.5  // Of the queue of records, which drops when it is full.
	MaxHeldBack     = 0    // Requests that rate limits of the harness's own held back.
	MaxRelists      = 0    // Watches that had to list anew.
	MaxStepLag      = 0.5  // Seconds that a step of a service's model is late: half of its length.
	toleratedShare  = 0.05 // Of the tightest limit that a delay of the harness could push a value over.
	toleratedDelay  = 0.05 // In seconds, where no objective says what matters.
)

// What happens beyond a Limit.
const (
	Inconclusive = "no PASS is believed"
	NoVerdict    = "no verdict is believed"
	Look         = "a warning"
)

// A Limit is a number by which it is decided whether a result can be trusted.
type Limit struct {
	Name   string `json:"name"`
	Metric string `json:"metric,omitempty"` // Empty where no one metric is meant.
	Limit  string `json:"limit"`            // With its unit.
	Effect string `json:"effect"`           // Of being beyond it: Inconclusive, NoVerdict or Look.
	Why    string `json:"why"`
}

// Limits returns every such number, those that decide on verdicts first.
func Limits() []Limit {
	share := func(v float64) string { return sample.Format(v, sample.Ratio) }
	delays := fmt.Sprintf("%s of the tightest objective it adds to, %s without one",
		share(toleratedShare), sample.Format(toleratedDelay, sample.Seconds))
	return []Limit{
		{"samples beyond a quantile", "", fmt.Sprintf("at least %d", stat.Beyond), NoVerdict,
			"With fewer, a percentile is not printed as a number; only a miss that is certain all the same is one."},
		{"delay of the harness", "", "its p99", NoVerdict,
			"An objective missed by no more than the watch lag, send lag or simulator overhead may be the harness's miss."},
		{"pods missing from the books", sample.PodsByState, fmt.Sprintf("at most %d", MaxMissing), NoVerdict,
			"Created = observed = reported; missing pods could be the fast or the slow ones."},
		{"HPAs missing from the books", sample.HPAs, fmt.Sprintf("at most %d", MaxMissing), NoVerdict,
			"Created = observed; an HPA that nobody saw could be the late one."},
		{"watch events missing from the books", sample.WatchEvents, "expected = delivered + missing = recorded", Inconclusive,
			"An event that is neither here nor there could have been the late one."},
		{"things that never got there", "", "none in the figure", Inconclusive,
			"They count with the time that had passed, so a figure they have a part in is a lower bound."},
		{"times that are upper bounds", "", "no miss by them alone", NoVerdict,
			"What a watch missed comes late after a new list, and after an interruption that is longer than watch lag may be; the pods are marked uncertain."},
		{"dropped records", sample.HarnessDropped, fmt.Sprintf("at most %d", MaxDropped), Inconclusive,
			"What is not recorded could have been slow."},
		{"series of metrics", "", fmt.Sprintf("at most %s, of gauges %s", sample.FormatCount(maxSeries), sample.FormatCount(maxGauges)), Inconclusive,
			"What comes on top is left out."},
		{"the run's end", "", "every phase ended by itself", Inconclusive,
			"A run that was killed, stopped or failed did not see everything."},
		{"achieved load", sample.APIAchieved, "at least " + share(MinAchieved) + " of the offered rate", Look,
			"A lower load is answered faster."},
		{"send lag", sample.APISendLag, delays, Look, "A late harness sends in bursts; the lag is part of every latency."},
		{"watch lag", sample.WatchLag, delays, Look, "What a watch brings late counts as slow; a shorter interruption of a watch that loses nothing is part of it."},
		{"late wake-ups of watchers", sample.WatchWake, delays, Look, "What a late reader sees late counts as delivered late."},
		{"late steps of a service's model", sample.ServiceTickLag,
			"at most " + sample.Format(MaxStepLag, sample.Seconds), Look,
			"No work is lost by it, but pods that come and go, and what they use, are known that much later."},
		{"lateness of an emulated disk", sample.DiskLate, "at most " + share(MaxDiskLate) + " of the delays asked for", Look,
			"Calls that are held back for longer than asked make it another disk."},
		{"harness share of CPU", sample.ComponentCPUTotal, "at most " + share(MaxHarnessShare), Look,
			"On one machine it takes CPU from what it measures."},
		{"other processes of the machine", sample.MachineOthers, "at most " + share(MaxOthersShare) + " of its CPUs on average", Look,
			"Whoever waits for a CPU because of them looks slow."},
		{"records waiting", sample.HarnessQueue,
			fmt.Sprintf("at most %s of %s", share(MaxQueueShare), sample.FormatCount(bundle.QueueLimit)), Look,
			"A full queue drops records."},
		{"requests held back", sample.HarnessHeldBack, fmt.Sprintf("at most %d", MaxHeldBack), Look,
			"A rate limit of the harness's own client would look like a slow server."},
		{"watch relists", sample.WatchRelists, fmt.Sprintf("at most %d", MaxRelists), Look,
			"What happened meanwhile is seen late, and marked so."},
	}
}

// ToleratedDelay returns up to how many seconds a delay of the harness is nothing to speak of:
// a small share of the tightest limit among the objectives on metrics that the delay adds to.
func ToleratedDelay(objectives []slo.Objective, delay string) float64 {
	tightest := 0.0
	for _, o := range objectives {
		metric, ok := sample.Lookup(o.Metric)
		if !ok || !slices.Contains(metric.HarnessDelays, delay) || o.Most == nil {
			continue
		}
		if tightest == 0 || *o.Most < tightest {
			tightest = *o.Most
		}
	}
	if tightest == 0 {
		return toleratedDelay
	}
	return toleratedShare * tightest
}

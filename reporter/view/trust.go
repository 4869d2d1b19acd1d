package view

import (
	"cmp"
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// harnessComponent is the name under which kubedyno reports its own CPU and memory.
const harnessComponent = "kubedyno"

// trust lists what speaks for and against the figures of this run, each beside its limit.
// summary.Limits explains them.
func (b *builder) trust() []Check {
	return append([]Check{
		b.completeCheck(), b.shareCheck(), b.harnessCPUCheck(), b.rateCheck(),
		b.lagCheck("Send lag, worst p99", sample.APISendLag, "No load was sent."),
		b.lagCheck("Watch lag p99", sample.WatchLag, "The watch probe left no record."),
		b.othersCheck(), b.booksCheck(), b.droppedCheck(), b.queueCheck(), b.throttleCheck(), b.relistCheck(), b.pauseCheck(),
	}, append(b.watchChecks(), b.serviceChecks()...)...)
}

func (b *builder) completeCheck() Check {
	check := Check{Name: "Run", Value: "complete", State: OK, Note: "Every phase ended by itself."}
	if b.summary.Status != bundle.Complete || b.summary.Incomplete {
		check.State, check.Value = Doubt, "incomplete"
		check.Note = b.endInWords()
	}
	return check
}

// endInWords says how a run that is not complete came to its end.
func (b *builder) endInWords() string {
	after := elapsed(b.duration())
	switch b.summary.Status {
	case bundle.Running:
		return "The run was killed or is still going on; what it wrote until " + after + " counts."
	case bundle.Interrupted:
		return "The run was stopped after " + after + "."
	case bundle.Failed:
		return "The run failed after " + after + "."
	default:
		return "The run ended after " + after + " with records missing."
	}
}

func judge(name, value, limit string, good bool, note string) Check {
	state := Doubt
	if good {
		state = OK
	}
	return Check{Name: name, Value: value, Limit: limit, State: state, Note: note}
}

func atMost(limit string) string { return "≤ " + limit }

func unknown(name, why string) Check {
	return Check{Name: name, Value: Dash, State: Unknown, Note: why}
}

func (b *builder) shareCheck() Check {
	const name = "Harness share of CPU"
	var own, all float64
	for _, gauge := range b.gauges(sample.ComponentCPUTotal, false) {
		all += gauge.Last
		if gauge.Labels["component"] == harnessComponent {
			own = gauge.Last
		}
	}
	if all <= 0 || own <= 0 {
		return unknown(name, "CPU seconds of the processes were not recorded.")
	}
	return judge(name, percent(own/all), atMost(percent(summary.MaxHarnessShare)), own/all <= summary.MaxHarnessShare,
		"kubedyno's part of all CPU seconds.")
}

func (b *builder) harnessCPUCheck() Check {
	const name = "kubedyno CPU"
	gauge, ok := b.gauge(sample.ComponentCPU, sample.Labels{"component": harnessComponent})
	if !ok {
		return unknown(name, "kubedyno's own CPU was not recorded.")
	}
	cpus := float64(b.manifest.Machine.CPUs)
	limit := ""
	if cpus > 0 {
		limit = "< " + plural(b.manifest.Machine.CPUs, "CPU", "CPUs")
	}
	value := digits(gauge.Mean) + " / " + digits(gauge.Max) + " cores"
	return judge(name, value, limit, cpus == 0 || gauge.Max < cpus, "Mean and highest over the run.")
}

// othersCheck tells of other work on the machine.
func (b *builder) othersCheck() Check {
	const name = "Other processes of the machine"
	gauge, ok := b.gauge(sample.MachineOthers, nil)
	cpus := float64(b.manifest.Machine.CPUs)
	if !ok || cpus == 0 {
		return unknown(name, "What the rest of the machine used was not recorded.")
	}
	limit := summary.MaxOthersShare * cpus
	return judge(name, format(gauge.Mean, sample.Cores), atMost(format(limit, sample.Cores)), gauge.Mean <= limit,
		"On average; whoever waits for a CPU because of them looks slow.")
}

// digits writes a number of cores without its unit.
func digits(v float64) string { return sample.Format(v, sample.Count) }

// rateCheck compares what the scenario asked for with what was sent, for the class that fell
// behind most.
func (b *builder) rateCheck() Check {
	const name = "Achieved of offered load"
	worst, class := 0.0, ""
	for _, offered := range b.gauges(sample.APIOffered, true) {
		achieved, ok := b.gauge(sample.APIAchieved, offered.Labels)
		if !ok || offered.Mean <= 0 {
			continue
		}
		if share := achieved.Mean / offered.Mean; class == "" || share < worst {
			worst, class = share, offered.Labels["class"]
		}
	}
	if class == "" {
		return unknown(name, "No load was sent.")
	}
	return judge(name, percent(worst), "≥ "+percent(summary.MinAchieved), worst >= summary.MinAchieved,
		"Requests sent, as a share of those asked for; "+class+" is furthest behind.")
}

// lagCheck judges the worst 99th percentile of a delay that the harness itself causes; where
// there are too few samples for one, the longest delay stands in.
func (b *builder) lagCheck(name, metric, why string) Check {
	limit := summary.ToleratedDelay(b.manifest.Objectives, metric)
	all := b.distributions(metric)
	if len(all) == 0 {
		return unknown(name, why)
	}
	worst := slices.MaxFunc(all, func(x, y summary.Distribution) int { return cmp.Compare(p99(x), p99(y)) })
	value := format(p99(worst), sample.Seconds)
	if _, ok := quantile(worst, 99); !ok {
		value += " (max, n=" + count(worst.N) + ")"
	}
	return judge(name, value, atMost(format(limit, sample.Seconds)), p99(worst) <= limit,
		"What the harness itself adds; the limit is a small share of the tightest objective.")
}

// p99 returns the 99th percentile, or the highest value where there are too few samples.
func p99(d summary.Distribution) float64 {
	if value, ok := quantile(d, 99); ok {
		return value
	}
	return d.Max
}

func (b *builder) droppedCheck() Check {
	const name = "Dropped records"
	dropped := b.summary.Counts.Dropped
	_, measured := b.total(sample.HarnessDropped)
	if !measured && dropped == 0 {
		return unknown(name, "The drop counter was not recorded.")
	}
	return judge(name, count(dropped), atMost(count(summary.MaxDropped)), dropped <= summary.MaxDropped,
		"A full queue drops records and counts them; no PASS is believed then.")
}

// booksCheck compares the pods that were counted while the run went on with those reported.
func (b *builder) booksCheck() Check {
	const name = "Pods missing from the books"
	counted, ok := b.gauge(sample.PodsByState, sample.Labels{"state": "created"})
	if !ok {
		return unknown(name, "No pods were counted.")
	}
	missing := max(int64(counted.Max)-b.summary.Counts.PodsCreated, 0)
	return judge(name, count(missing), atMost(count(summary.MaxMissing)), missing <= summary.MaxMissing,
		"Created = observed = reported; no verdict on pods is believed otherwise.")
}

func (b *builder) queueCheck() Check {
	const name = "Records waiting, most at once"
	gauge, ok := b.gauge(sample.HarnessQueue, nil)
	if !ok {
		return unknown(name, "The queue of records was not watched.")
	}
	limit := int64(summary.MaxQueueShare * bundle.QueueLimit)
	return judge(name, count(int64(gauge.Max)), atMost(count(limit)), int64(gauge.Max) <= limit,
		"For the disk; at "+count(bundle.QueueLimit)+" the queue is full and drops.")
}

func (b *builder) throttleCheck() Check {
	const name = "Requests held back by kubedyno"
	requests, ok := b.gauge(sample.HarnessHeldBack, nil)
	if !ok {
		return unknown(name, "The rate limits of its clients were not watched.")
	}
	value := count(int64(requests.Max))
	if held, ok := b.gauge(sample.HarnessThrottled, nil); ok && requests.Max > 0 {
		value += ", " + format(held.Max, sample.Seconds) + " in all"
	}
	return judge(name, value, atMost(count(summary.MaxHeldBack)), requests.Max <= summary.MaxHeldBack,
		"By rate limits of its own clients, which have none.")
}

func (b *builder) relistCheck() Check {
	relists, ok := b.total(sample.WatchRelists)
	if !ok {
		return unknown("Watch relists", "The relist counter was not recorded.")
	}
	return judge("Watch relists", count(int64(relists)), atMost(count(summary.MaxRelists)), relists <= summary.MaxRelists,
		"After a relist the times of pods are upper bounds.")
}

func (b *builder) pauseCheck() Check {
	gauge, ok := b.gauge(sample.HarnessGCPause, nil)
	if !ok {
		return unknown("Longest GC pause", "Pauses were not recorded.")
	}
	limit := summary.ToleratedDelay(b.manifest.Objectives, sample.APISendLag)
	return judge("Longest GC pause", format(gauge.Max, sample.Seconds), atMost(format(limit, sample.Seconds)),
		gauge.Max <= limit, "Of kubedyno itself.")
}

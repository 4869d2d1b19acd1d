package example

import (
	"math"
	"math/rand/v2"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// Volumes is a run of pods with volumes of two classes: of a fast one, and of a slow one whose driver fails at
// times and of which 4 volumes are never bound.
func Volumes() Run {
	allowed := int64(25)
	run := Run{Manifest: manifest(), Scenario: []byte(scenarioYAML)}
	run.Manifest.ID, run.Manifest.Scenario, run.Manifest.Duration = "volumes-1", "storage/classes", at(90)
	run.Manifest.Title = "Pods with volumes of two classes"
	run.Manifest.Phases = []bundle.Phase{{Name: "storm", Description: "Creates pods with volumes."}, {Name: "tear-down", Description: "Deletes everything."}}
	run.Summary = &summary.Summary{
		FormatVersion: sample.FormatVersion, Run: "volumes-1", Status: bundle.Complete, Duration: at(90), Verdict: slo.NoData,
		Sentence: "NO DATA: the scenario states no objectives.",
		Phases:   []summary.Phase{{Name: "storm", Start: at(5), End: at(80), Ended: true}, {Name: "tear-down", Start: at(80), End: at(90), Ended: true}},
		Counts:   summary.Counts{PodsCreated: 240, PodsReady: 236, PodsCensored: 4},
		Volumes: &summary.Volumes{
			Classes: []summary.VolumeClass{
				{Class: "fast", Provision: volumeTimes(120, 0, 1.1, 2.4, 3.9, 4.2), Attach: volumeTimes(120, 0, 2, 3.1, 4.4, 4.8),
					Detach: volumeTimes(90, 0, 1.2, 1.9, 2.2, 2.4), Asked: 120, Bound: 120, Attaching: 25, Attached: 120, Detaching: 40},
				{Class: "slow", Provision: volumeTimes(120, 4, 6.3, 12, 71, 71), Attach: volumeTimes(116, 0, 9.4, 14, 19, 21),
					Asked: 120, Bound: 116, Attaching: 60, Attached: 116, AttachErrors: 7},
			},
			Workloads: []summary.VolumeStart{
				{Workload: "db-fast", Pods: 120, Seconds: 4.9, AttachShare: ptr(2.1 / 3.2), Stages: volumeStages(0.5, 1.2, 2.1, 1.1, 0)},
				{Workload: "db-slow", Pods: 120, Unfinished: 4, Seconds: 22.5, AttachShare: ptr(9.8 / 10.9), Stages: volumeStages(2.4, 9.2, 9.8, 1.1, 0)},
			},
			Pending: []summary.VolumePending{{Reason: "node(s) exceed max volume count", Most: 31}},
			Drivers: []summary.DriverCapacity{{Driver: "csi.kubedyno.dev", Most: 24, Allowed: &allowed, Share: ptr(0.96)}},
			Calls: []summary.VolumeCall{
				{Class: "fast", Operation: "provision", Calls: 120, Given: volumeTimes(120, 0, 1, 2.2, 3.8, 4)},
				{Class: "fast", Operation: "attach", Calls: 120, Given: volumeTimes(120, 0, 1.9, 3, 4.2, 4.6)},
				{Class: "fast", Operation: "detach", Calls: 90, Given: volumeTimes(90, 0, 1.1, 1.8, 2, 2.2)},
				{Class: "slow", Operation: "provision", Calls: 123, Failed: 3, Given: volumeTimes(123, 0, 6, 11, 17, 18)},
				{Class: "slow", Operation: "attach", Calls: 123, Failed: 7},
				{Class: "slow", Operation: "delete", Calls: 20, Given: volumeTimes(20, 0, 1, 1, 1, 1)},
			},
		},
		Warnings: []string{"Of class slow 4 of 120 volumes that were asked for were never bound; they count as at least the time they waited."},
	}
	m := &maker{random: rand.New(rand.NewPCG(3, 5)), run: run}
	m.volumes("fast", 8)
	m.volumes("slow", 3)
	return m.run
}

// volumes are 120 volumes of a class, of which so many a second get on.
func (m *maker) volumes(class string, pace float64) {
	state := func(name string, value func(t float64) float64) {
		m.track(sample.VolumesByState, sample.Labels{"class": class, "state": name}, 6, 90, value)
	}
	state("asked", func(float64) float64 { return 120 })
	state("bound", func(t float64) float64 { return math.Min(120, pace*(t-7)) })
	state("attaching", func(t float64) float64 { return math.Min(200/pace, math.Max(0, 120-pace*(t-20))) })
	state("attached", func(t float64) float64 { return math.Min(120, pace*(t-20)) })
	state("detaching", func(t float64) float64 { return math.Max(0, t-80) })
}

// volumeTimes has the percentiles 50, 90 and 99 of which as many can be printed as n allows.
func volumeTimes(n, censored int64, p50, p90, p99, most float64) *summary.VolumeTimes {
	t := &summary.VolumeTimes{N: n, Censored: censored, Mean: p50 + 0.25*(p90-p50), Max: most}
	for i, value := range []float64{p50, p90, p99} {
		percentile := []float64{50, 90, 99}[i]
		t.Quantiles = append(t.Quantiles, summary.Quantile{Percentile: percentile, Value: value, Printable: float64(n)*(1-percentile/100) >= 10})
	}
	if censored > 0 {
		t.CensoredFrom = ptr(p99)
	}
	return t
}

func volumeStages(seconds ...float64) []summary.VolumeStage {
	total := 0.0
	for _, s := range seconds {
		total += s
	}
	var all []summary.VolumeStage
	for i, stage := range sample.VolumeStages() {
		all = append(all, summary.VolumeStage{Stage: stage, Seconds: seconds[i], Share: seconds[i] / total})
	}
	return all
}

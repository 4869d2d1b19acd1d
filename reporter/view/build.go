package view

import (
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// Build turns a run into a report. A run that was killed or that measured nothing gives a
// report with the same sections, which say in a sentence what is missing; so does one whose
// detail is nil, without figures.
func Build(manifest bundle.Manifest, scenario []byte, s *summary.Summary, detail *summary.Detail) *Report {
	if detail == nil {
		detail = &summary.Detail{}
	}
	b := &builder{manifest: manifest, scenario: scenario, summary: s, detail: detail}
	report := &Report{
		Title:      b.title(),
		Run:        manifest.ID,
		Verdict:    s.Verdict,
		Sentence:   s.Sentence,
		Head:       b.head(),
		Trust:      b.trust(),
		Objectives: b.objectives(),
		NoGoals:    "The scenario states no objectives, so there is nothing to pass or miss.",
		Key:        b.key(),
		Warnings:   b.warnings(),
	}
	report.Sections = slices.Concat(b.why(), []Section{b.timeline()}, b.nodes(), b.capacity(), b.elastic())
	report.Sections = append(report.Sections, slices.Concat(b.nodeLoss(), b.cost())...)
	report.Sections = append(report.Sections, b.services()...)
	report.Sections = append(report.Sections, b.autoscaling()...)
	report.Sections = append(report.Sections, b.hpaCost()...)
	report.Sections = append(report.Sections, b.rollouts()...)
	report.Sections = append(report.Sections, b.quotas()...)
	report.Sections = append(report.Sections, b.drains()...)
	report.Sections = append(report.Sections, b.podSections()...)
	report.Sections = append(report.Sections, b.volumes()...)
	report.Sections = append(report.Sections, b.api().terse())
	report.Sections = append(report.Sections, b.watch()...)
	report.Sections = append(report.Sections, b.server()...)
	report.Sections = append(report.Sections, b.queries()...)
	report.Sections = append(report.Sections, b.components().terse(),
		b.harness(), b.cluster(), b.appendix(), b.method())
	return report
}

// terse leaves out tables without rows where a figure already says why there is nothing.
func (s Section) terse() Section {
	for _, figure := range s.Figures {
		if figure.Empty != "" {
			s.Tables = slices.DeleteFunc(s.Tables, func(t Table) bool { return len(t.Rows) == 0 })
			break
		}
	}
	return s
}

func (b *builder) title() string {
	if b.manifest.Title != "" {
		return b.manifest.Title
	}
	if b.manifest.Scenario != "" {
		return b.manifest.Scenario
	}
	return "Run " + b.manifest.ID
}

// head says what was run, on what and by what.
func (b *builder) head() []Fact {
	m := b.manifest
	facts := []Fact{
		{"Scenario", m.Scenario},
		{"Cluster", b.clusterShape()},
		{"Duration", elapsed(b.duration())},
		{"Seed", count(int64(m.Seed))},
		{"kubedyno", toolWords(m.Tool)},
		{"Run", m.ID},
	}
	if !m.Started.IsZero() {
		started := Fact{"Started", m.Started.UTC().Format("2006-01-02 15:04:05 UTC")}
		facts = append(facts[:3], append([]Fact{started}, facts[3:]...)...)
	}
	return known(facts)
}

// known leaves out facts without a value.
func known(facts []Fact) []Fact {
	kept := facts[:0]
	for _, fact := range facts {
		if fact.Value != "" {
			kept = append(kept, fact)
		}
	}
	return kept
}

// toolWords names the kubedyno that measured: its version, and the commit where the version
// does not say it.
func toolWords(t bundle.Tool) string {
	commit := t.Commit[:min(len(t.Commit), 10)]
	if commit == "" || strings.Contains(t.Version, commit) {
		return t.Version
	}
	return t.Version + " (" + commit + ")"
}

// duration is how long the run took; for one that was killed, until its last record.
func (b *builder) duration() sample.Offset {
	if b.summary.Duration > 0 {
		return b.summary.Duration
	}
	last := b.manifest.Duration
	for _, phase := range b.summary.Phases {
		last = max(last, phase.End)
	}
	return last
}

// clusterShape is the cluster in half a line: "Kubernetes v1.37.2, 1,000 nodes".
func (b *builder) clusterShape() string {
	var parts []string
	if version := b.manifest.Cluster.Kubernetes; version != "" {
		parts = append(parts, "Kubernetes "+version)
	}
	nodes, atMost := 0, ""
	for _, pool := range b.manifest.Cluster.Pools {
		nodes += pool.Count
		if pool.AtMost {
			atMost = "at most "
		}
	}
	if nodes > 0 {
		parts = append(parts, atMost+plural(nodes, "fake node", "fake nodes"))
	}
	return strings.Join(parts, ", ")
}

// maxWarnings is how many warnings a report prints in full.
const maxWarnings = 40

// warnings are the summary's doubts.
func (b *builder) warnings() []string {
	all := b.summary.Warnings
	if more := len(all) - maxWarnings; more > 0 {
		all = append(all[:maxWarnings:maxWarnings],
			plural(more, "more warning is", "more warnings are")+" in "+bundle.SummaryFile+".")
	}
	return all
}

// key are the figures that a reader takes away.
func (b *builder) key() []Fact {
	counts := b.summary.Counts
	var facts []Fact
	for _, s := range b.scalars(sample.FleetReady) {
		facts = append(facts, Fact{"All nodes Ready" + b.inPhase(s.Labels, "pool"), "after " + format(s.Value, sample.Seconds)})
	}
	for _, s := range b.scalars(sample.FleetCreateRate) {
		facts = append(facts, Fact{"Nodes created" + b.inPhase(s.Labels, "pool"), format(s.Value, sample.PerSecond)})
	}
	facts = append(facts, slices.Concat(b.capacityFacts(), b.karpenterFacts(), b.elasticFacts(), b.costFacts(), b.lossFacts(), b.outageFacts(), b.scalingFacts(), b.kneeFacts())...)
	if counts.PodsCreated > 0 {
		facts = append(facts, Fact{"Pods Ready", count(counts.PodsReady) + " of " + count(counts.PodsCreated)})
	}
	for _, d := range b.distributions(sample.PodStartup) {
		facts = append(facts, Fact{"Pod startup" + b.inPhase(d.Labels, "workload"), quantiles(d)})
	}
	facts = append(facts, b.volumeFacts()...)
	for _, s := range b.scalars(sample.PodsReadyRate) {
		facts = append(facts, Fact{"Pods Ready per second" + b.inPhase(s.Labels), format(s.Value, sample.PerSecond)})
	}
	facts = append(facts, b.standstillFacts()...)
	facts = append(facts, b.serviceFacts()...)
	if counts.Requests > 0 {
		facts = append(facts, Fact{"API requests", count(counts.Requests) + ", " + count(counts.Failed) + " failed"})
	}
	if slow, ok := slowest(b.distributions(sample.APIRequest)); ok {
		facts = append(facts, Fact{"Slowest API class", slow.Labels["class"] + ", " + quantiles(slow)})
	}
	for _, f := range b.summary.Figures {
		facts = append(facts, figureFact(f))
	}
	if name, gauge, ok := b.busiest(); ok {
		facts = append(facts, Fact{"Busiest component", name + ", " + format(gauge.Mean, sample.Cores) +
			" on average, " + format(gauge.Max, sample.Cores) + " at most"})
	}
	return facts
}

// inPhase names the labels that tell rows of one metric apart: " (web, scale-up)".
func (b *builder) inPhase(labels sample.Labels, names ...string) string {
	var parts []string
	for _, name := range append(names, "phase") {
		if value := labels[name]; value != "" {
			parts = append(parts, value)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// quantiles writes the percentiles of a distribution that have enough samples.
func quantiles(d summary.Distribution) string {
	unit := unitOf(d.Metric)
	var parts []string
	for _, percentile := range []float64{50, 99} {
		if value, ok := quantile(d, percentile); ok {
			parts = append(parts, "p"+trimFloat(percentile)+" "+format(value, unit))
		}
	}
	parts = append(parts, "max "+format(d.Max, unit))
	return strings.Join(parts, ", ")
}

func unitOf(name string) sample.Unit {
	metric, _ := sample.Lookup(name)
	return metric.Unit
}

// figureFact is a figure that the scenario wants to see.
func figureFact(f summary.Figure) Fact {
	value := Dash
	if f.Observed != nil {
		value = format(*f.Observed, f.Unit)
	}
	if f.Reason != "" {
		value += " (" + f.Reason + ")"
	}
	return Fact{f.Subject(), value}
}

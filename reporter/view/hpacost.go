package view

import (
	"fmt"
	"math"
	"slices"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// keptWithin is how far the effective sync period may be above the configured one for the
// controller to have kept up.
const keptWithin = 0.1

// The work queue of the HPA controller, and the component that it is part of.
const (
	hpaQueue          = "horizontalpodautoscaler"
	controllerManager = "kube-controller-manager"
)

// A syncing is how the controller looked after HPAs in a phase in which their number stayed.
type syncing struct {
	phase    string
	hpas     float64
	period   float64 // Effective, in seconds.
	rescales float64 // Changes of replicas in the phase.
	failed   float64 // Reconciliations that ended in an error.
}

// A fleet is what the phases say together.
type fleet struct {
	phases     []syncing
	configured float64 // The sync period in seconds; 0 if it is not known.
}

// fleet collects the phases that tell an effective sync period, in the order in which they ran. It
// is not ok unless they differ in the number of HPAs.
func (b *builder) fleet() (f fleet, ok bool) {
	if len(b.manifest.Autoscalers) > 0 {
		f.configured = b.manifest.Autoscalers[0].SyncPeriod.Seconds()
	}
	sizes := map[float64]bool{}
	for _, phase := range b.summary.Phases {
		existing, ok := b.gauge(sample.HPAs, sample.Labels{"state": "existing", "phase": phase.Name})
		if !ok {
			continue
		}
		for _, s := range b.scalars(sample.HPASyncPeriod) {
			if s.Labels["phase"] == phase.Name {
				next := syncing{phase: phase.Name, hpas: existing.Last, period: s.Value}
				next.rescales, next.failed = b.reconciled(phase.Name)
				f.phases = append(f.phases, next)
				sizes[next.hpas] = true
			}
		}
	}
	return f, len(sizes) > 1
}

// reconciled counts the reconciliations of a phase that rescaled, and those that failed.
func (b *builder) reconciled(phase string) (rescales, failed float64) {
	for _, g := range b.gauges(sample.HPAReconciliations, true) {
		if g.Labels["phase"] != phase {
			continue
		}
		if g.Labels["action"] != "none" {
			rescales += g.Last
		}
		if g.Labels["error"] != "none" {
			failed += g.Last
		}
	}
	return rescales, failed
}

// autoscalersDiffer reports whether phases differ in the number of HPAs, so that what they cost
// cannot be put down to anything else.
func (b *builder) autoscalersDiffer(held []holding) bool {
	sizes := map[float64]bool{}
	for _, h := range held {
		g, _ := b.gauge(sample.HPAs, sample.Labels{"state": "existing", "phase": h.phase})
		sizes[g.Last] = true
	}
	return len(sizes) > 1
}

// hpaCost shows how often the controller looked at each HPA, against their number; nil if no
// phases tell.
func (b *builder) hpaCost() []Section {
	f, ok := b.fleet()
	if !ok {
		return nil
	}
	return []Section{{
		ID: "hpa-cost", Title: "What HPAs cost the controller", Nav: "HPA cost",
		Lead: "The controller means to look at each HPA once every sync period. How often it really did is the number of " +
			"HPAs over the reconciliations a second. Where this effective period is longer than the configured one, the " +
			"controller does not keep up, and every HPA answers that much later. Only phases count in which the number of " +
			"HPAs did not change. In the table, percentiles are the upper edges of the controller's own buckets, the queue is that of HPAs " +
			"that wait for their turn, held back is how long " + controllerManager + " let each of its reading requests wait to keep to its own " +
			"limit, on average, and the CPU is that of the whole component.",
		Figures: []Figure{b.fleetFigure(f)},
		Tables:  []Table{b.fleetTable(f)},
	}}
}

// kneeFacts is the key figure on how many HPAs the controller looked after in time.
func (b *builder) kneeFacts() []Fact {
	f, ok := b.fleet()
	if !ok || f.configured <= 0 {
		return nil
	}
	return []Fact{{"HPAs kept up with", f.knee()}}
}

// atRest are the worst phases of each size in which no HPA rescaled, which costs more, by size.
func (f fleet) atRest() []syncing {
	worst := map[float64]syncing{}
	for _, s := range f.phases {
		if before, there := worst[s.hpas]; s.rescales == 0 && (!there || before.period < s.period) {
			worst[s.hpas] = s
		}
	}
	var all []syncing
	for _, s := range worst {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b syncing) int { return int(a.hpas - b.hpas) })
	return all
}

// knee says up to which number of HPAs the configured period was kept.
func (f fleet) knee() string {
	rest := f.atRest()
	if f.configured <= 0 || len(rest) == 0 {
		return "Effective sync period against the number of HPAs"
	}
	kept, gaps := -1, false // The most with which it was kept, and whether it was not with some fewer.
	for i, s := range rest {
		if s.period <= f.configured*(1+keptWithin) {
			gaps = gaps || i > kept+1
			kept = i
		}
	}
	period := format(f.configured, sample.Seconds)
	late := func(s syncing) string {
		return fmt.Sprintf("%s HPAs were each looked at every %s on average", digits(s.hpas), format(s.period, sample.Seconds))
	}
	if kept < 0 {
		return fmt.Sprintf("The controller never kept its sync period of %s: %s", period, late(rest[0]))
	}
	words := fmt.Sprintf("Up to %s HPAs the controller kept its sync period of %s", digits(rest[kept].hpas), period)
	if gaps {
		words = fmt.Sprintf("With %s HPAs the controller still kept its sync period of %s, though not with some fewer", digits(rest[kept].hpas), period)
	}
	if kept == len(rest)-1 {
		return words + "; more were not tried"
	}
	return words + "; " + late(rest[kept+1])
}

// fleetFigure draws the effective sync period, and what it costs, against the number of HPAs.
func (b *builder) fleetFigure(f fleet) Figure {
	figure := Figure{ID: "hpa-cost-figure", Axis: HPAsAxis, Title: f.knee(),
		Caption: "Every dot is a phase. Where the dots lie on the line of the configured period the controller kept up, which " +
			percent(keptWithin) + " more still counts as; where they leave it is the knee. A rescale takes further requests, so phases with " +
			"rescales have dots of their own."}
	period := Panel{Label: "Effective sync period", Unit: sample.Seconds}
	if f.configured > 0 {
		period.Limits = []Limit{{Name: "configured", Value: f.configured}}
	}
	rate := Panel{Label: "Reconciliations per second", Unit: sample.PerSecond}
	cpu := Panel{Label: "CPU of " + controllerManager, Unit: sample.Cores}
	for _, group := range []struct {
		name string
		slot int
		in   func(syncing) bool
	}{
		{"at rest", 0, func(s syncing) bool { return s.rescales == 0 }},
		{"with rescales", 3, func(s syncing) bool { return s.rescales > 0 }},
	} {
		var periods, rates, cores [][]Point
		for _, s := range f.phases {
			if !group.in(s) {
				continue
			}
			figure.End = max(figure.End, s.hpas)
			periods = append(periods, []Point{{X: s.hpas, Y: s.period}})
			rates = append(rates, []Point{{X: s.hpas, Y: s.hpas / s.period}})
			if g, ok := b.gauge(sample.ComponentCPU, sample.Labels{"component": controllerManager, "phase": s.phase}); ok {
				cores = append(cores, []Point{{X: s.hpas, Y: g.Mean}})
			}
		}
		period.addDots(group.name, group.slot, periods)
		rate.addDots(group.name, group.slot, rates)
		cpu.addDots(group.name, group.slot, cores)
	}
	for _, panel := range []Panel{period, rate, cpu} {
		if len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
		}
	}
	figure.finishCost("HPA")
	return figure
}

func (p *Panel) addDots(name string, slot int, dots [][]Point) {
	if len(dots) > 0 {
		p.Series = append(p.Series, Series{Name: name, Slot: slot, Parts: dots, Dots: true})
	}
}

// fleetTable has a row for each phase, with what explains its period.
func (b *builder) fleetTable(f fleet) Table {
	table := Table{ID: "hpa-cost-phases", Caption: "How the controller looked after the HPAs, by phase",
		Columns: []Column{{Name: "Phase"}, {"HPAs", true}, {"Reconciled", true}, {"Sync period", true},
			{"of configured", true}, {"Reconcile p50", true}, {"p99", true}, {"Queue mean", true}, {"max", true},
			{"Held back", true}, {"Rescales", true}, {"Failed", true}, {"CPU", true}}}
	if f.configured > 0 {
		table.Caption += "; the configured sync period is " + format(f.configured, sample.Seconds)
	}
	for _, s := range f.phases {
		over := math.NaN()
		if f.configured > 0 {
			over = s.period / f.configured
		}
		row := []string{s.phase, digits(s.hpas), format(s.hpas/s.period, sample.PerSecond), format(s.period, sample.Seconds),
			format(over, sample.Ratio)}
		row = append(row, serverCells(b.bucketIn(sample.HPAReconcile, sample.Labels{"phase": s.phase}), 50, 99)[1:]...)
		row = append(row, b.queueCells(s.phase)...)
		held := b.bucketIn(sample.ClientThrottle, sample.Labels{"component": controllerManager, "verb": "get", "phase": s.phase})
		row = append(row, format(heldBack(held), sample.Seconds), digits(s.rescales), digits(s.failed))
		cores := math.NaN()
		if g, ok := b.gauge(sample.ComponentCPU, sample.Labels{"component": controllerManager, "phase": s.phase}); ok {
			cores = g.Mean
		}
		table.Rows = append(table.Rows, append(row, format(cores, sample.Cores)))
	}
	return table
}

// queueCells are the mean and the most HPAs that waited for their turn. The depth of a queue in
// which nothing ever waits is not recorded.
func (b *builder) queueCells(phase string) []string {
	g, ok := b.gauge(sample.WorkqueueDepth, sample.Labels{"component": controllerManager, "queue": hpaQueue, "phase": phase})
	if !ok && b.bucketIn(sample.HPAReconcile, sample.Labels{"phase": phase}).N == 0 {
		return []string{Dash, Dash}
	}
	return []string{digits(g.Mean), digits(g.Max)}
}

// heldBack is the mean time that a reading request waited for the client's own limit; NaN if none was sent.
func heldBack(figure summary.BucketFigure) float64 {
	if figure.N == 0 {
		return math.NaN()
	}
	return figure.Mean
}

// bucketIn returns the figure with exactly these labels; an empty one if there is none.
func (b *builder) bucketIn(metric string, labels sample.Labels) summary.BucketFigure {
	for _, figure := range b.buckets(metric) {
		if figure.Labels.String() == labels.String() {
			return figure
		}
	}
	return summary.BucketFigure{Metric: metric}
}

// firstTable shows how long the HPAs of a service took until each rescaled for the first time, in
// the phases in which one of several did.
func (b *builder) firstTable() Table {
	table := Table{ID: "autoscaling-first", Caption: "From the beginning of a demand until each HPA first asked for another number of pods",
		Columns: []Column{{Name: "Service"}, {Name: "Phase"}, {"HPAs", true}, {"Never in the demand's time", true}, {"p50", true},
			{"p95", true}, {"p99", true}, {"Last", true}}}
	for _, d := range b.distributions(sample.HPAFirstRescale) {
		if d.N < 2 || d.Censored == d.N {
			continue
		}
		last := format(d.Max, sample.Seconds)
		if d.Censored > 0 {
			last = "≥ " + last
		}
		row := []string{d.Labels["service"], orDash(d.Labels["phase"]), count(d.N), count(d.Censored)}
		table.Rows = append(table.Rows, append(append(row, percentileCells(d, 50, 95, 99)...), last))
	}
	return table
}

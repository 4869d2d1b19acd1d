package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/elasticity"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// The bounds of the figure on autoscaling.
const (
	maxScaled    = 4   // Services with a panel of their own.
	maxDecisions = 200 // Decisions that are marked; more would be a stripe.
	maxScalers   = 6   // Lines of HPAs in a panel; the names of more have no room beside it.
)

// autoscaling shows how HPAs followed the load. A run without HPAs has no such section.
func (b *builder) autoscaling() []Section {
	if len(b.manifest.Autoscalers) == 0 {
		return nil
	}
	age := ""
	if len(b.freshness()) > 0 {
		age = " What metrics-server answers is what it has read last, so an HPA decides by what the pods used a while ago; " +
			"the last table says how long."
	}
	section := Section{
		ID: "autoscaling", Title: "Autoscaling", Nav: "Autoscaling",
		Lead: "Needed is the fewest pods whose capacity is the load, desired is what the HPA asks for, Ready is what there " +
			"is. An HPA that aims below 100% asks for more than is needed on purpose. What had not happened before the load " +
			"changed again, or the phase ended, has taken at least (≥) the time until then." + shortageWords(b.summary.Elasticity) + age,
		Figures: []Figure{b.scalingFigure()},
		Tables:  append([]Table{b.responseTable(), b.balanceTable(), b.scalerTable()}, b.freshness()...),
	}
	if first := b.firstTable(); len(first.Rows) > 0 {
		section.Tables = append([]Table{first}, section.Tables...)
	}
	return []Section{section}
}

// scaledServices returns the services that have HPAs, and the service of each HPA.
func (b *builder) scaledServices() (names []string, of map[string]string) {
	of = map[string]string{}
	all := map[string]bool{}
	for _, a := range b.manifest.Autoscalers {
		of[a.HPA] = a.Service
		if a.Service != "" {
			all[a.Service] = true
		}
	}
	return slices.Sorted(maps.Keys(all)), of
}

func (b *builder) scalingFigure() Figure {
	figure := Figure{
		ID: "autoscaling-figure", Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(), Title: b.scalingFinding(),
		Caption: "One time axis for all panels; shaded bands are the phases, and every dot is a decision of an HPA. Where the " +
			"line of the needed pods is on top, pods lack. Within the limits of the metric an HPA changes nothing; where its " +
			"line is broken, the HPA had no metrics.",
	}
	if b.anyRule() {
		figure.Caption += " " + oracleWords
	}
	names, of := b.scaledServices()
	if hidden := len(names) - maxScaled; hidden > 0 {
		names = names[:maxScaled]
		figure.Caption += " " + plural(hidden, "more service is", "more services are") + " only in the tables."
	}
	if len(b.manifest.Autoscalers) > maxScalers {
		figure.Caption += fmt.Sprintf(" Of the lines of HPAs, the %d that end highest are drawn.", maxScalers)
	}
	for _, name := range names {
		figure.Panels = append(figure.Panels, b.servicePanel(name, of))
	}
	if len(names) == 0 {
		figure.Panels = append(figure.Panels, b.replicasPanel())
	}
	figure.Panels = append(figure.Panels, b.metricPanel())
	figure.Panels = slices.DeleteFunc(figure.Panels, func(p Panel) bool { return len(p.Series) == 0 })
	if len(figure.Panels) == 0 {
		figure.Empty = "No HPA has said anything about replicas or metrics."
		return figure
	}
	figure.finishTime()
	return figure
}

// scalingFinding says how the worst answer to a rise of the load was.
func (b *builder) scalingFinding() string {
	var slowest *elasticity.Response
	for _, e := range b.summary.Elasticity {
		for i := range e.Responses {
			r := &e.Responses[i]
			if r.Up() && r.Reaction != nil && (slowest == nil || r.Reaction.Seconds > slowest.Reaction.Seconds) {
				slowest = r
			}
		}
	}
	if slowest == nil {
		return "Replicas over time"
	}
	return upperFirst(answerWords(*slowest))
}

// servicePanel shows the pods of a service: what is needed, asked for and Ready.
func (b *builder) servicePanel(name string, of map[string]string) Panel {
	panel := Panel{Label: "Pods of " + name, Unit: sample.Count}
	_, needed := b.tracks(sample.ServiceNeeded, label("service"))
	_, ready := b.tracks(sample.ServiceReady, label("service"))
	_, desired := b.tracks(sample.HPADesired, func(l sample.Labels) string { return of[l["hpa"]] })
	panel.addSteps(b, "needed", 1, needed[name])
	panel.addSteps(b, "desired", 2, desired[name])
	panel.addSteps(b, "Ready", 0, ready[name])
	_, oracle := b.tracks(sample.HPAOracle, func(l sample.Labels) string { return of[l["hpa"]] })
	panel.addSteps(b, "oracle", oracleSlot, oracle[name])
	panel.addDecisions(desired[name])
	return panel
}

// replicasPanel shows HPAs whose load is not known.
func (b *builder) replicasPanel() Panel {
	panel := Panel{Label: "Desired replicas", Unit: sample.Count}
	names, desired := b.tracks(sample.HPADesired, label("hpa"))
	for slot, name := range names {
		panel.addSteps(b, name, slot, desired[name])
	}
	panel.keepHighest(min(maxScalers, len(panel.Series)))
	return panel
}

// metricPanel shows what the HPAs see: their metric over its target.
func (b *builder) metricPanel() Panel {
	panel := Panel{Label: "Metric over target", Unit: sample.Ratio}
	names, ratios := b.tracks(sample.HPARatio, label("hpa"))
	for slot, name := range names {
		panel.addSteps(b, name, slot+3, ratios[name])
	}
	panel.keepHighest(min(maxScalers, len(panel.Series)))
	if len(panel.Series) == 0 {
		return panel
	}
	panel.Limits = []Limit{{Name: "no change within", Value: 1 + b.manifest.Autoscalers[0].ToleranceUp},
		{Value: 1 - b.manifest.Autoscalers[0].ToleranceDown}}
	same := func(a bundle.Autoscaler) bool {
		return a.ToleranceUp == b.manifest.Autoscalers[0].ToleranceUp && a.ToleranceDown == b.manifest.Autoscalers[0].ToleranceDown
	}
	if slices.ContainsFunc(b.manifest.Autoscalers, func(a bundle.Autoscaler) bool { return !same(a) }) {
		panel.Limits = []Limit{{Name: "target", Value: 1}}
	}
	return panel
}

// addSteps adds a line that keeps its value until the next one.
func (p *Panel) addSteps(b *builder, name string, slot int, points []Point) {
	p.add(b, name, slot, points)
	if len(points) == 0 {
		return
	}
	parts := p.Series[len(p.Series)-1].Parts
	for i, part := range parts {
		parts[i] = stairs(part)
	}
}

// stairs puts a corner before every change.
func stairs(points []Point) []Point {
	var all []Point
	for i, p := range points {
		if i > 0 && p.Y != points[i-1].Y {
			all = append(all, Point{X: p.X, Y: points[i-1].Y})
		}
		all = append(all, p)
	}
	return all
}

// addDecisions marks every change of a line.
func (p *Panel) addDecisions(points []Point) {
	var marks [][]Point
	for i, point := range points {
		if i > 0 && point.Y != points[i-1].Y {
			marks = append(marks, []Point{point})
		}
	}
	if len(marks) > 0 && len(marks) <= maxDecisions {
		p.Series = append(p.Series, Series{Name: "decision", Slot: 2, Parts: marks, Dots: true})
	}
}

// responseTable has a row for every rise and fall of the load.
func (b *builder) responseTable() Table {
	table := Table{ID: "autoscaling-responses", Caption: "How each rise and fall of the load was answered; a decision " +
		"within seconds of a change, sooner than any metric can tell of it, answers the load before it",
		Empty: "The load of no service with an HPA rose or fell within a phase.",
		Columns: []Column{{Name: "Service"}, {Name: "Phase"}, {"At", true}, {Name: "Needed pods"}, {"First decision", true},
			{"First new pod Ready", true}, {"At rest", true}, {"10% to 90%", true}, {"Overshoot", true}, {"Reversals", true}, {Name: "In words"}}}
	for _, e := range b.summary.Elasticity {
		for _, r := range e.Responses {
			table.Rows = append(table.Rows, []string{e.Service, e.Phase, elapsed(r.At), digits(r.Before) + " → " + digits(r.After),
				spanCell(r.Reaction), spanCell(r.FirstReady), spanCell(r.Settling), spanCell(r.Rise), shareCell(r.Overshoot),
				count(int64(r.Reversals)), answerWords(r)})
		}
	}
	return table
}

// balanceTable compares supply with demand, by service and phase.
func (b *builder) balanceTable() Table {
	table := Table{ID: "autoscaling-balance", Caption: "Ready pods against needed pods: shares of the time (τ) and of the needed pods (θ), as SPEC defines them, and pod-seconds",
		Empty: "There was no load on a service with an HPA, so supply cannot be compared with demand.",
		Columns: []Column{{Name: "Service"}, {Name: "Phase"}, {"Too few, τU", true}, {"lacking, θU", true},
			{"Too many, τO", true}, {"excess, θO", true}, {"Lacking", true},
			{"not asked for", true}, {"by the rule", true}, {"decided late", true}, {"not Ready yet", true}, {"too many", true}, {"Reversals", true}}}
	for _, e := range b.summary.Elasticity {
		table.Rows = append(table.Rows, balanceRow(e))
	}
	return table
}

func balanceRow(e summary.Elasticity) []string {
	balance := e.Balance
	row := []string{e.Service, e.Phase, shareCell(balance.UnderTime), shareCell(balance.UnderAccuracy),
		shareCell(balance.OverTime), shareCell(balance.OverAccuracy)}
	if balance.Seconds == 0 {
		return append(row, Dash, Dash, Dash, Dash, Dash, Dash, Dash)
	}
	cell := func(podSeconds float64) string { return count(int64(podSeconds + 0.5)) }
	notAsked, byRule, decided, acted, turns := Dash, Dash, Dash, Dash, Dash
	if e.Reversals != nil {
		notAsked, acted, turns = cell(e.Lag.Decided), cell(e.Lag.Acted), count(int64(*e.Reversals))
	}
	if e.Shortage != nil {
		byRule, decided = cell(e.Shortage.Rule), cell(e.Shortage.Decided)
	}
	return append(row, cell(balance.UnderPodSeconds), notAsked, byRule, decided, acted, cell(balance.OverPodSeconds), turns)
}

// scalerTable has what each HPA did over the run.
func (b *builder) scalerTable() Table {
	table := Table{ID: "autoscaling-hpas", Caption: "The HPAs over the whole run", Empty: "No HPA was observed.",
		Columns: []Column{{Name: "HPA"}, {Name: "Scales"}, {Name: "Service"}, {"Bounds", true}, {"Most desired", true},
			{"Last desired", true}, {"Highest metric over target", true}, {"Rescales", true}}}
	for _, a := range b.manifest.Autoscalers[:min(len(b.manifest.Autoscalers), maxWarnings)] {
		row := []string{a.HPA, orDash(a.Workload), orDash(a.Service), fmt.Sprintf("%s to %s", count(int64(a.Min)), count(int64(a.Max))),
			Dash, Dash, Dash, Dash}
		labels := sample.Labels{"hpa": a.HPA}
		if g, ok := b.gauge(sample.HPADesired, labels); ok {
			row[4], row[5] = digits(g.Max), digits(g.Last)
		}
		if g, ok := b.gauge(sample.HPARatio, labels); ok {
			row[6] = format(g.Max, sample.Ratio)
		}
		if g, ok := b.gauge(sample.HPARescales, labels); ok {
			row[7] = digits(g.Last)
		}
		table.Rows = append(table.Rows, row)
	}
	if hidden := len(b.manifest.Autoscalers) - len(table.Rows); hidden > 0 {
		table.Caption += "; " + plural(hidden, "more is", "more are") + " not shown"
	}
	return table
}

// scalingFacts are the key figures on autoscaling: what became of each rise and fall.
func (b *builder) scalingFacts() []Fact {
	var facts []Fact
	for _, e := range b.summary.Elasticity {
		for _, r := range e.Responses {
			facts = append(facts, Fact{"Autoscaling (" + e.Service + ", " + e.Phase + ")", answerWords(r)})
		}
	}
	return facts[:min(len(facts), maxScaled)]
}

// answerWords says in a sentence how an edge of the load was answered: "first decision 31 s after
// the load rose from 2 to 6 needed pods; 14 s later the first new pod was Ready; at rest after 50 s".
func answerWords(r elasticity.Response) string {
	turn := "fell"
	if r.Up() {
		turn = "rose"
	}
	load := fmt.Sprintf("the load %s from %s to %s needed pods", turn, digits(r.Before), digits(r.After))
	switch {
	case r.Reaction == nil:
		return load + "; the HPA was at its bound already, or nothing is known of it"
	case r.Reaction.Censored:
		return "no decision within " + seconds(r.Reaction) + " after " + load
	}
	parts := []string{"first decision " + seconds(r.Reaction) + " after " + load}
	switch ready := r.FirstReady; {
	case ready != nil && ready.Censored:
		parts = append(parts, "no new pod was Ready before the end")
	case ready != nil:
		parts = append(parts, format(ready.Seconds-r.Reaction.Seconds, sample.Seconds)+" later the first new pod was Ready")
	}
	switch {
	case r.Settling == nil:
	case r.Settling.Censored:
		parts = append(parts, "the pods never came to rest")
	default:
		parts = append(parts, "the pods were at rest after "+seconds(r.Settling))
	}
	return strings.Join(parts, "; ")
}

func seconds(s *elasticity.Span) string { return format(s.Seconds, sample.Seconds) }

// spanCell is a time, with ≥ if it had not come to its end.
func spanCell(s *elasticity.Span) string {
	switch {
	case s == nil:
		return Dash
	case s.Censored:
		return "≥ " + seconds(s)
	}
	return seconds(s)
}

func shareCell(share *float64) string {
	if share == nil {
		return Dash
	}
	return percent(*share)
}

package view

import (
	"fmt"
	"slices"

	"github.com/kubedyno/kubedyno/results/rollout"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// The bounds of what is shown of rollouts.
const (
	maxRolled = 4 // Workloads with a panel of their own.
	// longStill is from how many seconds on a standstill is worth a sentence.
	longStill = rollout.LongStill
)

// rollouts shows how workloads were updated. A run without rollouts has no such section.
func (b *builder) rollouts() []Section {
	if len(b.distributions(sample.RolloutDuration)) == 0 && len(b.summary.Rollouts) == 0 {
		return nil
	}
	return []Section{{
		ID: "rollouts", Title: "Rollouts", Nav: "Rollouts",
		Lead: "A rollout replaces the pods of a workload by pods of a new version. Its strategy says how many may be " +
			"unavailable meanwhile, and how many more there may be. The counts are those that the controllers write into " +
			"the status of their objects, of all objects of a workload together.",
		Figures: []Figure{b.rolloutFigure()},
		Tables:  slices.Concat(b.standstillTables(), []Table{b.rolloutTable(), b.rolloutBalance()}, b.rolloutSentences()),
	}}
}

func (b *builder) rolloutFigure() Figure {
	figure := Figure{
		ID: "rollouts-figure", Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Title: b.rolloutFinding(),
		Caption: "One time axis for all panels; shaded bands are the phases. Between the two limits is what the strategy " +
			"allows: available pods not below the lower one, all pods not above the upper one. Pods that are being deleted " +
			"are not among all pods.",
	}
	var workloads []string
	for _, r := range b.summary.Rollouts {
		if !slices.Contains(workloads, r.Workload) {
			workloads = append(workloads, r.Workload)
		}
	}
	if hidden := len(workloads) - maxRolled; hidden > 0 {
		workloads = workloads[:maxRolled]
		figure.Caption += " " + plural(hidden, "more workload is", "more workloads are") + " only in the tables."
	}
	for _, workload := range workloads {
		if panel := b.rolloutPanel(workload); len(panel.Series) > 0 {
			figure.Panels = append(figure.Panels, panel)
		}
	}
	if panel := b.quotaPanel(); len(panel.Series) > 0 {
		figure.Panels = append(figure.Panels, panel)
	}
	if len(figure.Panels) == 0 {
		figure.Empty = "Nothing is known of the pods of the workloads that were updated."
		return figure
	}
	figure.finishTime()
	b.sayTicks(&figure)
	return figure
}

// rolloutPanel shows the pods of a workload, with the limits of its strategy.
func (b *builder) rolloutPanel(workload string) Panel {
	panel := Panel{Label: "Pods of " + workload, Unit: sample.Count}
	_, lines := b.tracks(sample.WorkloadReplicas, func(l sample.Labels) string { return l["workload"] + "/" + l["state"] })
	for slot, line := range []struct{ name, state string }{
		{"available", "available"}, {"new version", "updated"}, {"all", "current"}, {"being deleted", "terminating"},
	} {
		panel.addSteps(b, line.name, slot, lines[workload+"/"+line.state])
	}
	panel.Ticks = Ticks{Name: "attempts refused", At: b.refusedAt(workload)}
	for _, r := range b.summary.Rollouts {
		if r.Workload != workload || r.Still == nil {
			continue
		}
		panel.Limits = []Limit{{Name: "fewest available", Value: max(r.Still.Desired-r.Limits.UnavailableOf(r.Still.Desired), 0)},
			{Name: "most", Value: r.Still.Desired + r.Limits.SurgeOf(r.Still.Desired)}}
	}
	return panel
}

// quotaPanel shows how full the quotas are that are in the way of the workloads.
func (b *builder) quotaPanel() Panel {
	panel := Panel{Label: "Used of quota", Unit: sample.Ratio}
	_, used := b.tracks(sample.QuotaUsed, quotaName)
	seen := map[string]bool{}
	for _, u := range b.manifest.Updates {
		for _, need := range u.Needs {
			line := quotaName(sample.Labels{"quota": need.Quota, "resource": need.Resource})
			if seen[line] || need.Hard <= 0 {
				continue
			}
			seen[line] = true
			panel.addSteps(b, line, len(panel.Series)+4, sharesOf(used[line], need.Hard))
		}
	}
	b.sayHard(&panel)
	return panel
}

// rolloutFinding says the worst that became of a rollout.
func (b *builder) rolloutFinding() string {
	if len(b.summary.Rollouts) == 0 {
		return "Pods over time"
	}
	worst := b.summary.Rollouts[0]
	for _, r := range b.summary.Rollouts[1:] {
		if r.Unfinished && !worst.Unfinished || r.Unfinished == worst.Unfinished && r.To-r.From > worst.To-worst.From {
			worst = r
		}
	}
	return upperFirst(rolloutWords(worst))
}

// rolloutWords says in a sentence how a rollout went: "web was updated in 41 s; at least 30 of 40
// pods were available".
func rolloutWords(r summary.Rollout) string {
	took := format((r.To - r.From).Seconds(), sample.Seconds)
	words := fmt.Sprintf("%s was updated in %s", r.Workload, took)
	switch {
	case r.Unfinished:
		words = fmt.Sprintf("%s was not updated within %s", r.Workload, took)
	case r.RolledBack:
		words = rollbackWords(r)
	}
	if r.LeastAvailable != nil && r.Still != nil {
		words += fmt.Sprintf("; at least %s of %s pods were available", digits(*r.LeastAvailable), digits(r.Still.Desired))
	}
	if s := r.Still; s != nil && s.Seconds() >= longStill {
		words += fmt.Sprintf("; nothing moved for %s%s, with %s pods of the new version, %s available and %s being deleted",
			format(s.Seconds(), sample.Seconds), untilEnd(s.To, r), digits(s.Updated), digits(s.Available), digits(s.Terminating))
	}
	if r.Stall != nil && r.Stall.Longest != nil && r.Stall.Longest.Seconds() >= longStill {
		gap := r.Stall.Longest
		words += fmt.Sprintf("; for %s%s the quota had room for %s more pods, %s were missing, and none was made",
			format(gap.Seconds(), sample.Seconds), untilEnd(gap.To, r), digits(gap.Room), digits(gap.Missing))
	}
	return words
}

// untilEnd says that a stretch was not over when the rollout was last seen.
func untilEnd(at sample.Offset, r summary.Rollout) string {
	if at < r.To || !r.Unfinished {
		return ""
	}
	return " and until the end"
}

// rolloutBalance compares available with desired pods, by workload and phase.
func (b *builder) rolloutBalance() Table {
	table := Table{ID: "rollouts-balance", Caption: "What the rollouts cost; room unused is how long a quota had room for pods that were missing",
		Empty: "Nothing is known of the pods of the workloads that were updated.",
		Columns: []Column{{Name: "Workload"}, {Name: "Phase"}, {"Under way", true}, {"Fewest available", true}, {"of at least", true},
			{"Unavailable pod-seconds", true}, {"beyond the limit", true}, {"Most pods, with those being deleted", true}, {"Surge pod-seconds", true},
			{"Longest standstill", true}, {"Room unused", true}, {"Gone pods counted for", true}, {Name: "Foreseen"}, {Name: "Observed"}}}
	for _, r := range b.summary.Rollouts {
		if r.Seconds > 0 && r.Still != nil {
			table.Rows = append(table.Rows, rolloutRow(r))
		}
	}
	return table
}

// rolloutSentences has a sentence on each of several rollouts; that on the only one is the figure's title.
func (b *builder) rolloutSentences() []Table {
	table := Table{ID: "rollouts-words", Caption: "Each rollout in words", Columns: []Column{{Name: "Workload"}, {Name: "Phase"}, {Name: "How it went"}}}
	for _, r := range b.summary.Rollouts {
		table.Rows = append(table.Rows, []string{r.Workload, r.Phase, rolloutWords(r)})
	}
	if len(table.Rows) < 2 {
		return nil
	}
	return []Table{table}
}

func rolloutRow(r summary.Rollout) []string {
	whole := func(podSeconds float64) string { return count(int64(podSeconds + 0.5)) }
	row := []string{r.Workload, r.Phase, format((r.To - r.From).Seconds(), sample.Seconds), Dash,
		digits(max(r.Still.Desired-r.Limits.UnavailableOf(r.Still.Desired), 0)), whole(r.Unavailable), whole(r.Beyond), Dash,
		whole(r.Surge), format(r.Still.Seconds(), sample.Seconds), Dash, Dash, foreseen(r.Forecast), observedWords(r)}
	if r.LeastAvailable != nil {
		row[3] = digits(*r.LeastAvailable)
	}
	if r.MostPods != nil {
		row[7] = digits(*r.MostPods)
	}
	if r.Stall != nil {
		row[10] = format(r.Stall.Seconds, sample.Seconds)
	}
	if r.Lag != nil && r.Lag.Mean != nil {
		row[11] = format(*r.Lag.Mean, sample.Seconds)
	}
	return row
}

// rolloutTable shows how long the rollouts took; it has no rows if there were none.
func (b *builder) rolloutTable() Table {
	table := Table{ID: "rollouts", Caption: "Rollouts, from the update's acknowledgement until complete", Empty: "No rollout was followed to its end.",
		Columns: []Column{{Name: "Workload"}, {Name: "Phase"}, {"Objects", true}, {"never complete", true},
			{"p50", true}, {"p90", true}, {"p99", true}, {"Max", true}}}
	for _, d := range b.distributions(sample.RolloutDuration) {
		row := append([]string{d.Labels["workload"], d.Labels["phase"], count(d.N), count(d.Censored)}, percentileCells(d, 50, 90, 99)...)
		longest := format(d.Max, sample.Seconds)
		if d.Censored > 0 {
			longest = "≥ " + longest
		}
		table.Rows = append(table.Rows, append(row, longest))
	}
	return table
}

// foreseen says what the plan foresaw of a rollout under quotas.
func foreseen(forecast string) string {
	switch forecast {
	case "never":
		return "never complete"
	case "stuck":
		return "never complete while scaled up"
	case "crowded":
		return "attempts refused while scaled up"
	case "delayed":
		return "attempts refused"
	}
	return "nothing in the way"
}

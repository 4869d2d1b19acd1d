package view

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// refusedAt is when attempts to make pods of a workload were refused, by the events of it.
func (b *builder) refusedAt(workload string) []float64 {
	_, lines := b.tracks(sample.RefusedAttempts, func(l sample.Labels) string {
		if l["workload"] != workload {
			return ""
		}
		return "refused"
	})
	var at []float64
	before := 0.0
	for _, p := range lines["refused"] {
		if p.Y > before {
			at = append(at, p.X)
		}
		before = p.Y
	}
	return at
}

// refusedByServer is how many creations of pods the API server refused (403), of all clients, as words; ""
// if that is not known.
func (b *builder) refusedByServer() string {
	total, known := 0.0, false
	for _, g := range b.gauges(sample.ServerRefused, false) {
		if g.Labels["verb"] == "create" && g.Labels["resource"] == "pods" && g.Labels["code"] == "403" {
			total, known = total+g.Last, true
		}
	}
	if !known {
		return ""
	}
	return " The API server itself counted " + digits(total) + " of all clients."
}

// sayTicks says in the caption what the ticks of a figure are, and in its text alternative when.
func (b *builder) sayTicks(f *Figure) {
	some := false
	for _, panel := range f.Panels {
		if n := len(panel.Ticks.At); n > 0 {
			some = true
			f.Alt += fmt.Sprintf(" %s: %s at %s, the first at %s, the last at %s.", panel.Label, panel.Ticks.Name,
				plural(n, "moment", "moments"), elapsed(offset(panel.Ticks.At[0])), elapsed(offset(panel.Ticks.At[n-1])))
		}
	}
	if some {
		f.Caption += " The strokes at the foot are attempts to make pods that admission refused, as the controllers' events " +
			"tell of them: at most 25 for an object, and then one in 5 minutes." + b.refusedByServer()
	}
}

func offset(seconds float64) sample.Offset { return sample.Offset(seconds * 1e9) }

// sayHard says what the full quotas of a panel allow: at its limit, or beside the lines if these are several.
func (b *builder) sayHard(panel *Panel) {
	if len(panel.Series) == 0 {
		return
	}
	hard := map[string]string{}
	for _, u := range b.manifest.Updates {
		for _, need := range u.Needs {
			hard[quotaName(sample.Labels{"quota": need.Quota, "resource": need.Resource})] = quotaAmount(need.Hard, need.Resource)
		}
	}
	full := "full"
	if len(panel.Series) == 1 {
		full = "full: " + hard[panel.Series[0].Name]
	}
	for i := range panel.Series {
		if amount := hard[panel.Series[i].Name]; len(panel.Series) > 1 {
			panel.Series[i].Name = strings.TrimPrefix(panel.Series[i].Name, "quota ") + " of " + amount
		}
	}
	panel.Limits = []Limit{{Name: full, Value: 1}}
}

// creationTable says by phase how many requests it took to create the pods; it has no rows if the API
// server's counts are not known.
func (b *builder) creationTable() Table {
	table := Table{ID: "quotas-creations", Caption: "Requests of any client to create pods, as the API server counts them, by phase",
		Columns: []Column{{Name: "Phase"}, {"Pods created", true}, {"Requests", true}, {"for each pod", true},
			{"Conflicts on quotas' status", true}, {"for each pod", true}}}
	inPhase := func(metric, phase string, match sample.Labels) (total float64) {
		for _, g := range b.gauges(metric, true) {
			if g.Labels["phase"] == phase && g.Labels.Match(match) {
				total += g.Last
			}
		}
		return total
	}
	for _, phase := range b.summary.Phases {
		created := inPhase(sample.ServerPodCreates, phase.Name, sample.Labels{"code": "201"})
		all := inPhase(sample.ServerPodCreates, phase.Name, nil)
		if all == 0 {
			continue
		}
		conflicts := inPhase(sample.ServerRefused, phase.Name, sample.Labels{"resource": "resourcequotas/status", "code": "409"})
		row := []string{phase.Name, digits(created), digits(all), Dash, digits(conflicts), Dash}
		for column, metric := range map[int]string{3: sample.CreateAttempts, 5: sample.QuotaConflicts} {
			for _, s := range b.scalars(metric) {
				if s.Labels["phase"] == phase.Name {
					row[column] = format(s.Value, sample.PerPod)
				}
			}
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// attemptTable says of which workloads attempts were refused, and why; it has no rows if none was.
func (b *builder) attemptTable() Table {
	table := Table{ID: "quotas-attempts", Caption: "Pods that controllers tried to make and admission refused, at least: they tell of 25 for " +
		"an object, and then of one in 5 minutes",
		Columns: []Column{{Name: "Phase"}, {Name: "Workload"}, {Name: "Why"}, {"Times, at least", true}}}
	for _, phase := range b.summary.Phases {
		for _, g := range b.gauges(sample.RefusedAttempts, true) {
			if g.Labels["phase"] == phase.Name && g.Last > 0 {
				table.Rows = append(table.Rows, []string{phase.Name, g.Labels["workload"], g.Labels["reason"], digits(g.Last)})
			}
		}
	}
	return table
}

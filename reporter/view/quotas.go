package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// maxQuotaLines is how many resources of quotas have a line; more could not be told apart.
const maxQuotaLines = 6

// quotas shows what quotas allow and how full they were. A run without quotas has no such section.
func (b *builder) quotas() []Section {
	if len(b.gauges(sample.QuotaHard, false)) == 0 {
		return nil
	}
	section := Section{
		ID: "quotas", Title: "Quotas", Nav: "Quotas",
		Lead: "A ResourceQuota bounds what the objects of a namespace take together. What its status counts as used falls " +
			"only once a pod is gone and the quota's controller has counted anew; until then what would be too much is " +
			"refused (403). Two who count at the same moment get in each other's way (409), and one of them tries again.",
		Figures: []Figure{b.quotaFigure()},
		Tables:  []Table{b.quotaTable()},
	}
	for _, table := range []Table{b.recountTable(), b.creationTable(), b.attemptTable(), b.admissionTable(), b.refusedTable()} {
		if len(table.Rows) > 0 {
			section.Tables = append(section.Tables, table)
		}
	}
	return []Section{section}
}

// quotaName names a resource of a quota.
func quotaName(l sample.Labels) string { return "quota " + l["quota"] + ", " + l["resource"] }

// quotaFigure shows the fullest resources of all quotas over time.
func (b *builder) quotaFigure() Figure {
	figure := Figure{ID: "quotas-figure", Axis: TimeAxis, End: b.duration().Seconds(), Bands: b.bands(), Outages: b.awayBands(),
		Title: b.quotaFinding(), Caption: "Used over allowed; shaded bands are the phases."}
	panel := Panel{Label: "Used of quota", Unit: sample.Ratio, Limits: []Limit{{Name: "full", Value: 1}}}
	_, used := b.tracks(sample.QuotaUsed, quotaName)
	for _, hard := range b.fullest() {
		name := quotaName(hard.Labels)
		panel.addSteps(b, name, len(panel.Series), sharesOf(used[name], hard.Last))
	}
	if hidden := len(b.gauges(sample.QuotaHard, false)) - len(panel.Series); hidden > 0 {
		figure.Caption += " " + plural(hidden, "less full resource is", "less full resources are") + " only in the table."
	}
	if len(panel.Series) == 0 {
		figure.Empty = "Nothing is known of what quotas counted as used."
		return figure
	}
	figure.Panels = []Panel{panel}
	figure.finishTime()
	return figure
}

// quotaFinding says how full the fullest quota was.
func (b *builder) quotaFinding() string {
	all := b.fullest()
	if len(all) == 0 {
		return "How full the quotas were"
	}
	hard := all[0]
	name, resource, share := hard.Labels["quota"], hard.Labels["resource"], b.share(hard)
	allowed := quotaAmount(hard.Last, resource)
	switch {
	case share > 1:
		return fmt.Sprintf("Quota %s was exceeded: %s of %s of %s", name, quotaAmount(share*hard.Last, resource), allowed, resource)
	case share == 1:
		return fmt.Sprintf("Quota %s was full: %s of %s of %s", name, allowed, allowed, resource)
	}
	return fmt.Sprintf("No quota was full; %s of quota %s was used up to %s", resource, name, percent(share))
}

// sharesOf returns what was used over what is allowed.
func sharesOf(used []Point, hard float64) []Point {
	shares := slices.Clone(used)
	for i := range shares {
		shares[i].Y /= hard
	}
	return shares
}

// fullest are the resources with the largest shares in use, the fullest first.
func (b *builder) fullest() []summary.Gauge {
	all := slices.DeleteFunc(b.gauges(sample.QuotaHard, false), func(g summary.Gauge) bool { return g.Last <= 0 })
	slices.SortStableFunc(all, func(x, y summary.Gauge) int { return int(1e6 * (b.share(y) - b.share(x))) })
	return all[:min(len(all), maxQuotaLines)]
}

// share is the most that was used of a resource, over what is allowed; 0 if that is not known.
func (b *builder) share(hard summary.Gauge) float64 {
	if used, ok := b.gauge(sample.QuotaUsed, hard.Labels); ok && hard.Last > 0 {
		return used.Max / hard.Last
	}
	return 0
}

func (b *builder) quotaTable() Table {
	table := Table{ID: "quotas-table", Caption: "The quotas over the whole run",
		Columns: []Column{{Name: "Quota"}, {Name: "Resource"}, {"Allowed", true}, {"Most used", true}, {"Share", true}, {"Used at the end", true}}}
	for _, hard := range b.gauges(sample.QuotaHard, false) {
		resource := hard.Labels["resource"]
		row := []string{hard.Labels["quota"], resource, quotaAmount(hard.Last, resource), Dash, Dash, Dash}
		if used, ok := b.gauge(sample.QuotaUsed, hard.Labels); ok {
			row[3], row[4], row[5] = quotaAmount(used.Max, resource), percent(b.share(hard)), quotaAmount(used.Last, resource)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// quotaAmount renders an amount in the unit of its resource.
func quotaAmount(value float64, resource string) string {
	switch {
	case strings.HasSuffix(resource, "memory") || strings.HasSuffix(resource, "storage"):
		return format(value, sample.Bytes)
	case strings.HasSuffix(resource, "cpu"):
		return format(value, sample.Cores)
	}
	return digits(value)
}

// admissionTable says what became of objects whose creation could be refused.
func (b *builder) admissionTable() Table {
	table := Table{ID: "quotas-admission", Caption: "Objects that kubedyno created, and whether admission let them in",
		Columns: []Column{{Name: "Workload"}, {"Admitted", true}, {"Refused", true}, {Name: "Why"}}}
	for _, admitted := range b.scalars(sample.ObjectsAdmitted) {
		total, why := 0.0, []string{}
		for _, refused := range b.scalars(sample.ObjectsRefused) {
			if refused.Labels["workload"] == admitted.Labels["workload"] && refused.Labels["phase"] == admitted.Labels["phase"] && refused.Value > 0 {
				total += refused.Value
				why = append(why, fmt.Sprintf("%s: %s", refused.Labels["reason"], digits(refused.Value)))
			}
		}
		table.Rows = append(table.Rows, []string{admitted.Labels["workload"], digits(admitted.Value), digits(total), orDash(strings.Join(why, ", "))})
	}
	return table
}

// refusedTable counts the answers by which creations and the quotas' own updates were turned down.
func (b *builder) refusedTable() Table {
	table := Table{ID: "quotas-refused", Caption: "Requests of any client that the API server turned down, by phase",
		Columns: []Column{{Name: "Phase"}, {Name: "Request"}, {Name: "Answer"}, {"Times", true}}}
	words := map[string]string{"403": "403, forbidden", "409": "409, conflict", "429": "429, too many requests"}
	for _, g := range b.gauges(sample.ServerRefused, true) {
		if g.Last > 0 && g.Labels["resource"] != "events" {
			table.Rows = append(table.Rows, []string{g.Labels["phase"], g.Labels["verb"] + " " + g.Labels["resource"], words[g.Labels["code"]], digits(g.Last)})
		}
	}
	return table
}

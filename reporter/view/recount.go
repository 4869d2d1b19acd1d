package view

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/summary"
)

// recountTable compares what quotas counted as used with kubedyno's own count after each phase. It has
// no rows if nothing was recounted.
func (b *builder) recountTable() Table {
	table := Table{ID: "quotas-recount", Caption: b.recountWords(),
		Columns: []Column{{Name: "Quota"}, {Name: "Resource"}, {Name: "After phase"}, {"Used", true}, {"Recounted", true}, {Name: "Verdict"}}}
	for _, difference := range b.scalars(sample.QuotaDifference) {
		l := difference.Labels
		used, _ := b.scalarOf(sample.QuotaSaid, l)
		recounted, _ := b.scalarOf(sample.QuotaRecounted, l)
		table.Rows = append(table.Rows, []string{l["quota"], l["resource"], l["phase"], quotaAmount(used, l["resource"]),
			quotaAmount(recounted, l["resource"]), b.recountVerdict(difference, used, recounted)})
	}
	for _, missing := range b.scalars(sample.QuotaUncounted) {
		l := missing.Labels
		table.Rows = append(table.Rows, []string{l["quota"], l["resource"], l["phase"], Dash, Dash, "not recounted: " + uncountedWords(l["reason"])})
	}
	return table
}

// scalarOf returns the scalar of exactly these labels.
func (b *builder) scalarOf(metric string, labels sample.Labels) (float64, bool) {
	for _, s := range b.summary.Scalars {
		if s.Metric == metric && s.Labels.String() == labels.String() {
			return s.Value, true
		}
	}
	return 0, false
}

// recountVerdict says whether a resource agreed, and how long its quota took to.
func (b *builder) recountVerdict(difference summary.Scalar, used, recounted float64) string {
	l := difference.Labels
	if difference.Value != 0 {
		much := "too much"
		if used < recounted {
			much = "too little"
		}
		return fmt.Sprintf("%s %s", quotaAmount(difference.Value, l["resource"]), much)
	}
	for _, d := range b.summary.Distributions {
		if d.Metric == sample.QuotaSettle && d.Censored == 0 && d.Labels["quota"] == l["quota"] && d.Labels["phase"] == l["phase"] {
			return "agrees within " + format(d.Max, sample.Seconds)
		}
	}
	return "agrees"
}

func uncountedWords(reason string) string {
	switch reason {
	case "unknown":
		return "its rule is not known"
	case "unread":
		return "the objects could not be read"
	case "many":
		return "there are too many objects"
	case "unset":
		return "the status does not say it"
	}
	return reason
}

// recountWords says in a sentence whether the quotas were right.
func (b *builder) recountWords() string {
	all := b.scalars(sample.QuotaDifference)
	var wrong []string
	for _, s := range all {
		if s.Value != 0 {
			wrong = append(wrong, fmt.Sprintf("%s after %s", quotaName(s.Labels), s.Labels["phase"]))
		}
	}
	words := fmt.Sprintf("The status of every quota agreed with a recount of the objects after each phase, in %s.",
		plural(len(all), "comparison", "comparisons"))
	if len(wrong) > 0 {
		words = fmt.Sprintf("In %d of %s the status of a quota differed from a recount of the objects for 10 s and longer: %s.",
			len(wrong), plural(len(all), "comparison", "comparisons"), strings.Join(wrong[:min(len(wrong), maxQuotaLines)], "; "))
	}
	if len(all) == 0 {
		words = "No quota could be compared with a recount of the objects."
	}
	if missing := len(b.scalars(sample.QuotaUncounted)); missing > 0 {
		words += " " + plural(missing, "comparison was", "comparisons were") + " not possible."
	}
	return words + " " + b.beyondWords()
}

// beyondWords says whether more was ever used than a quota allows.
func (b *builder) beyondWords() string {
	beyond := b.scalars(sample.QuotaBeyond)
	worst := ""
	for _, s := range beyond {
		if s.Value > 0 && worst == "" {
			worst = fmt.Sprintf("%s was once %s beyond what it allows.", upperFirst(quotaName(s.Labels)), quotaAmount(s.Value, s.Labels["resource"]))
		}
	}
	switch {
	case len(beyond) == 0:
		return "Whether a quota was ever beyond what it allows is not known."
	case worst == "":
		return "No quota was ever beyond what it allows."
	}
	return worst
}

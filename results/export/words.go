package export

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// percentile is the statistic of a percentile: p50, p99.9.
func percentile(p float64) slo.Statistic {
	return slo.Statistic("p" + strconv.FormatFloat(p, 'f', -1, 64))
}

// oneLine puts every run of white space as one space, so that a name is one line everywhere.
func oneLine(text string) string {
	return strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "\uFFFD")
}

// objectiveNames returns what each objective judges, and tells equal ones apart. The limit is not in
// the name unless it must be, so that the history of a name goes on when the limit changes.
func objectiveNames(objectives []summary.Objective) []string {
	var all []slo.Objective
	for _, o := range objectives {
		all = append(all, o.Objective)
	}
	return distinct(all)
}

func figureNames(figures []summary.Figure) []string {
	var all []slo.Objective
	for _, f := range figures {
		all = append(all, f.Objective)
	}
	return distinct(all)
}

// distinct tells subjects that are equal apart: by what is looked at and the limit, and if these are
// equal, too, by a number.
func distinct(objectives []slo.Objective) []string {
	names, times := make([]string, len(objectives)), map[string]int{}
	for i, o := range objectives {
		names[i] = oneLine(o.Subject())
		times[names[i]]++
	}
	for i, o := range objectives {
		if times[names[i]] > 1 {
			o.Name = ""
			names[i] += ": " + oneLine(o.Words())
		}
	}
	used, last := map[string]bool{}, map[string]int{}
	for i, name := range names {
		for used[names[i]] {
			last[name]++
			names[i] = fmt.Sprintf("%s (%d)", name, last[name]+1)
		}
		used[names[i]] = true
	}
	return names
}

// missWords is why an objective was missed: "observed 1.42 s > 1 s (limit), n = 1,200".
func missWords(o summary.Objective) string {
	limit, sign := o.Most, ">"
	if limit == nil {
		limit, sign = o.Least, "<"
	}
	if o.Observed == nil || limit == nil {
		return fmt.Sprintf("%s, n = %s", oneLine(o.Reason), sample.FormatCount(o.N))
	}
	observed, bounded := apart(*o.Observed, *limit, o.Unit)
	text := fmt.Sprintf("observed %s %s %s (limit), n = %s", observed, sign, bounded, sample.FormatCount(o.N))
	if o.Low != nil && o.High != nil {
		text += fmt.Sprintf(", 95%% interval %s to %s", sample.Format(*o.Low, o.Unit), sample.Format(*o.High, o.Unit))
	}
	if o.Reason != "" {
		text += "; " + oneLine(o.Reason)
	}
	return text
}

// apart writes two values for people, with all their digits if three would not tell them apart.
func apart(a, b float64, unit sample.Unit) (first, second string) {
	first, second = sample.Format(a, unit), sample.Format(b, unit)
	if first != second || a == b {
		return first, second
	}
	digits := func(value float64) string {
		return strings.TrimSpace(strconv.FormatFloat(value, 'g', -1, 64) + " " + string(unit))
	}
	return digits(a), digits(b)
}

// doubtWords is why an objective has no verdict of its own, with what was seen.
func doubtWords(o summary.Objective) string {
	text := oneLine(o.Reason)
	if o.Observed != nil {
		text += fmt.Sprintf(" (observed %s, limit %s)", sample.Format(*o.Observed, o.Unit), o.LimitWords())
	}
	return text + ", n = " + sample.FormatCount(o.N)
}

// failureWords is why a run did not finish; "" if it did.
func failureWords(m bundle.Manifest) string {
	if m.Status == "" && m.Failure != "" {
		return "nothing was recorded: " + oneLine(m.Failure)
	}
	how := map[bundle.Status]string{"": "it was not begun", bundle.Running: "it was killed or is still going on",
		bundle.Interrupted: "it was interrupted", bundle.Failed: "it failed"}[m.Status]
	if how != "" && m.Failure != "" {
		how += ": " + oneLine(m.Failure)
	}
	return how
}

// sorted returns the names of labels in their order.
func sorted(labels map[string]string) []string { return slices.Sorted(maps.Keys(labels)) }

// under puts labels of the exporter's own beside those of a series; one of the series that has the
// same name is called exported_, as Prometheus does it.
func under(own, labels map[string]string) sample.Labels {
	all := sample.Labels{}
	maps.Copy(all, own)
	for _, name := range sorted(labels) {
		free := name
		for {
			if _, taken := all[free]; !taken {
				break
			}
			free = "exported_" + free
		}
		all[free] = labels[name]
	}
	return all
}

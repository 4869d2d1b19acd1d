package export

import (
	"fmt"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// MaxAnnotations is how many annotations of a kind GitHub shows for a step.
const MaxAnnotations = 10

// Annotations returns the lines by which a job of GitHub Actions shows missed objectives beside its
// log: at most MaxAnnotations, of which the last says how many more there are.
//
// Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
func Annotations(r *Results) []string {
	var missed []string
	add := func(where, title, text string) {
		if where != "" {
			text = where + ": " + text
		}
		missed = append(missed, annotation("MISS: "+title, text))
	}
	if e := r.Experiment; e != nil {
		for i, v := range e.Variants {
			if r.foundLimit(i) {
				continue
			}
			for _, q := range v.Results {
				if q.Verdict == slo.Miss {
					add(v.Label, oneLine(q.Subject()), fmt.Sprintf("median %s, limit %s, n = %d", measured(q.Median, q.Unit), q.LimitWords(), q.N))
				}
			}
		}
	} else {
		for _, one := range r.Runs {
			if one.Summary == nil {
				continue
			}
			for i, name := range objectiveNames(one.Summary.Objectives) {
				if o := one.Summary.Objectives[i]; o.Verdict == slo.Miss {
					add(oneLine(r.Scenario), name, missWords(o))
				}
			}
		}
	}
	if more := len(missed) - MaxAnnotations + 1; more > 1 {
		missed = append(missed[:MaxAnnotations-1], annotation("MISS", sample.FormatCount(int64(more))+" more objectives were missed"))
	}
	return missed
}

// annotation is a workflow command. Its signs are escaped as the toolkit of GitHub Actions does it.
func annotation(title, text string) string {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	return "::error title=" + property.Replace(title) + "::" + data.Replace(text)
}

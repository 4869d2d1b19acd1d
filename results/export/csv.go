package export

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
)

// csvHeader names the columns. Labels are a JSON object, since a label may hold any character;
// bound is "least" or "most" where the true value is at least or at most the one given.
var csvHeader = []string{"run", "status", "variant", "trial", "kind", "name", "metric", "labels", "statistic", "value", "unit",
	"n", "censored", "low", "high", "bound"}

// writeCSV writes a row for each number of each run, in the base unit of its metric.
func writeCSV(w io.Writer, r *Results) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for _, one := range r.Runs {
		trial := ""
		if one.Trial != nil {
			trial = strconv.Itoa(one.Trial.Number)
		}
		for _, v := range rows(one.Summary) {
			labels, err := jsonLabels(v.labels)
			if err != nil {
				return err
			}
			if err := out.Write([]string{one.Manifest.ID, string(one.Summary.Status), oneLine(r.variant(one)), trial, string(v.kind), v.name,
				v.metric, labels, string(v.statistic), number(&v.value), string(v.unit), strconv.FormatInt(v.n, 10),
				strconv.FormatInt(v.censored, 10), number(v.low), number(v.high), string(v.bound)}); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

// jsonLabels writes labels as a JSON object in the order of their names.
func jsonLabels(labels sample.Labels) (string, error) {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(under(nil, labels)) // Of no labels, {} and not null.
	return strings.TrimSpace(out.String()), err
}

// number writes a value with all its digits; nothing for none.
func number(value *float64) string {
	if value == nil {
		return ""
	}
	return strconv.FormatFloat(*value, 'f', -1, 64)
}

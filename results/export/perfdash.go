package export

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// perfVersion is the version of PerfData that perfdash reads.
const perfVersion = "v1"

// perfData and perfItem are PerfData and DataItem of k8s.io/kubernetes/test/e2e/perftype, which is
// in a module too large to depend on.
type perfData struct {
	Version   string            `json:"version"`
	DataItems []*perfItem       `json:"dataItems"`
	Labels    map[string]string `json:"labels,omitempty"`
}

type perfItem struct {
	Data   map[string]float64 `json:"data"`
	Unit   string             `json:"unit"`
	Labels map[string]string  `json:"labels,omitempty"`
}

// writePerfdash writes an item for each series, with its metric as the label Metric. Times are in
// milliseconds and labels of requests begin with a capital, as ClusterLoader2 writes them. Of runs
// that did not come to an end there are no items, since perfdash draws whatever is there as a result.
func writePerfdash(w io.Writer, r *Results) error {
	data := perfData{Version: perfVersion, DataItems: []*perfItem{}, Labels: map[string]string{"scenario": r.Scenario}}
	for _, one := range r.Runs {
		if one.Manifest.Cluster.Kubernetes != "" {
			data.Labels["kubernetes"] = one.Manifest.Cluster.Kubernetes
		}
		if !one.counts() {
			continue
		}
		own := map[string]string{}
		if one.Trial != nil {
			own["trial"] = strconv.Itoa(one.Trial.Number)
			if label := r.variant(one); label != "" {
				own["variant"] = label
			}
		}
		data.DataItems = append(data.DataItems, perfItems(rows(one.Summary), own)...)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(data)
}

// perfLabels are labels that ClusterLoader2 has, too, under its names for them.
var perfLabels = map[string]string{"verb": "Verb", "resource": "Resource", "scope": "Scope"}

func perfItems(rows []row, base map[string]string) []*perfItem {
	var all []*perfItem
	byName := map[string]*perfItem{}
	for _, v := range rows {
		if v.kind == ofObjective || v.kind == ofFigure {
			continue // They are of the same series again.
		}
		name := fmt.Sprintf("%s %q", v.metric, v.labels)
		item := byName[name]
		if item == nil {
			item = &perfItem{Data: map[string]float64{}, Labels: perfNames(v, base), Unit: perfUnit(v.unit)}
			byName[name] = item
			all = append(all, item)
		}
		value := v.value
		if v.unit == sample.Seconds {
			value = math.Round(value*1e9) / 1e6 // In milliseconds, to a nanosecond.
		}
		item.Data[perfKey(v.statistic)] = value
	}
	return all
}

func perfNames(v row, base map[string]string) map[string]string {
	own := under(base, map[string]string{"Metric": v.metric})
	labels := map[string]string{}
	for name, value := range v.labels {
		if as, known := perfLabels[name]; known {
			own[as] = value
			continue
		}
		labels[name] = value
	}
	return under(own, labels)
}

func perfKey(s slo.Statistic) string {
	if digits, isQuantile := strings.CutPrefix(string(s), "p"); isQuantile {
		return "Perc" + digits
	}
	return strings.ToUpper(string(s[:1])) + string(s[1:])
}

func perfUnit(unit sample.Unit) string {
	if unit == sample.Seconds {
		return "ms"
	}
	return string(unit)
}

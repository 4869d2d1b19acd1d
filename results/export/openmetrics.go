package export

import (
	"cmp"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/proto"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// prefix is before the name of every metric that is exported.
const prefix = "kubedyno_"

// writeOpenMetrics writes the figures as gauges in OpenMetrics' text form, which is also the older
// text form of Prometheus: the textfile collector of node-exporter takes either. There are no times
// in it, as the collector refuses them. Statistics are told apart by the label statistic; objectives
// have metrics of their own.
//
// Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
func writeOpenMetrics(w io.Writer, r *Results) error {
	f := families{}
	for _, one := range r.Runs {
		f.run(r, one)
	}
	return f.write(w)
}

func (f families) write(w io.Writer) error {
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if _, err := expfmt.MetricFamilyToOpenMetrics(w, f[name]); err != nil {
			return err
		}
	}
	_, err := expfmt.FinalizeOpenMetrics(w)
	return err
}

// families are metrics with their series, by name.
type families map[string]*dto.MetricFamily

// add adds a series. A name that ends in its unit says so.
func (f families) add(name, help string, unit sample.Unit, labels sample.Labels, value float64) {
	family := f[name]
	if family == nil {
		family = &dto.MetricFamily{Name: proto.String(name), Help: proto.String(help), Type: dto.MetricType_GAUGE.Enum()}
		if unit != "" && strings.HasSuffix(name, "_"+string(unit)) {
			family.Unit = proto.String(string(unit))
		}
		f[name] = family
	}
	series := &dto.Metric{Gauge: &dto.Gauge{Value: proto.Float64(value)}}
	for _, label := range sorted(labels) {
		series.Label = append(series.Label, &dto.LabelPair{Name: proto.String(label),
			Value: proto.String(strings.ToValidUTF8(labels[label], "\uFFFD"))})
	}
	family.Metric = append(family.Metric, series)
}

func (f families) run(r *Results, one Run) {
	own := sample.Labels{"scenario": cmp.Or(oneLine(r.Scenario), "kubedyno")}
	if one.Trial != nil {
		own["trial"] = strconv.Itoa(one.Trial.Number)
		if label := oneLine(r.variant(one)); label != "" {
			own["variant"] = label
		}
	}
	m := one.Manifest
	info := under(own, sample.Labels{"run": m.ID, "status": string(m.Status), "kubedyno": m.Tool.Version,
		"kubernetes": m.Cluster.Kubernetes, "nodetype": one.nodeTypes(), "seed": strconv.FormatUint(m.Seed, 10)})
	f.add(prefix+"run_info", "What was run.", "", info, 1)
	finished := one.Summary != nil && !one.Summary.Incomplete
	f.add(prefix+"run_finished", "1 if the run came to its end, 0 if it was killed, interrupted or failed.", "", own, truth(finished))
	if one.Summary == nil {
		return
	}
	f.add(prefix+"run_duration_seconds", "How long the run took.", sample.Seconds, own, one.Summary.Duration.Seconds())
	f.objectives(one, own)
	for _, v := range rows(one.Summary) {
		if v.kind != ofObjective && v.kind != ofFigure {
			f.row(v, own)
		}
	}
}

func (f families) objectives(one Run, own sample.Labels) {
	for i, name := range objectiveNames(one.Summary.Objectives) {
		o := one.Summary.Objectives[i]
		labels := under(own, sample.Labels{"objective": name})
		for _, verdict := range []slo.Verdict{slo.Pass, slo.Inconclusive, slo.NoData, slo.Miss} {
			f.add(prefix+"objective_verdict", "1 for the verdict on an objective, 0 for the others.", "",
				under(labels, sample.Labels{"verdict": string(verdict)}), truth(o.Verdict == verdict))
		}
		measured := under(labels, sample.Labels{"unit": string(o.Unit)})
		if o.Observed != nil {
			f.add(prefix+"objective_observed", "What was observed of an objective's figure, in its unit.", "", measured, *o.Observed)
		}
		if limit := cmp.Or(o.Most, o.Least); limit != nil {
			f.add(prefix+"objective_limit", "The limit of an objective, in its unit.", "", measured, *limit)
		}
		if o.Margin != nil {
			f.add(prefix+"objective_margin_ratio", "Room left to an objective's limit, as a share of it; negative if missed.",
				sample.Ratio, labels, *o.Margin)
		}
	}
	for i, name := range figureNames(one.Summary.Figures) {
		if figure := one.Summary.Figures[i]; figure.Observed != nil {
			f.add(prefix+"figure_observed", "A figure that the scenario asks for and does not judge, in its unit.", "",
				under(own, sample.Labels{"figure": name, "unit": string(figure.Unit)}), *figure.Observed)
		}
	}
}

func (f families) row(v row, own sample.Labels) {
	metric, known := sample.Lookup(v.metric)
	if !known {
		return
	}
	labels := under(own, valid(v.labels))
	if v.kind == ofDistribution || v.kind == ofBuckets {
		if v.statistic == slo.Mean { // It is there for every series, and once.
			base := familyName(v.metric, v.unit, true)
			f.add(base+"_samples", "How many values there are of: "+metric.Help, "", labels, float64(v.n))
			if v.kind == ofDistribution {
				f.add(base+"_censored", "How many of the samples never got there, of: "+metric.Help, "", labels, float64(v.censored))
			}
		}
	}
	labels = under(statistics(v), labels)
	f.add(familyName(v.metric, v.unit, false), metric.Help, v.unit, labels, v.value)
}

// statistics tell the figures of one series apart.
func statistics(v row) sample.Labels {
	labels := sample.Labels{"statistic": string(v.statistic)}
	if v.bound != exact {
		labels["bound"] = string(v.bound)
	}
	return labels
}

// familyName is what a metric is called in the export. A gauge must not end in _total, which is for
// counters; nor does a count of samples end in the metric's unit.
func familyName(metric string, unit sample.Unit, bare bool) string {
	if bare || unit == sample.Count {
		metric = strings.TrimSuffix(metric, "_"+string(unit))
	}
	return prefix + metric
}

// valid writes the names of labels as every version of Prometheus takes them.
func valid(labels sample.Labels) sample.Labels {
	all := sample.Labels{}
	for _, name := range sorted(labels) {
		if !model.LegacyValidation.IsValidLabelName(name) || strings.HasPrefix(name, "__") {
			all = under(all, sample.Labels{legacy(name): labels[name]})
			continue
		}
		all = under(all, sample.Labels{name: labels[name]})
	}
	return all
}

// legacy replaces what a label's name must not hold by underscores.
func legacy(name string) string {
	word := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	return "label_" + strings.TrimLeft(word, "_")
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

package export

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/perf/benchfmt"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// writeBench writes the Go benchmark format: a line for each series of each run, named after the
// scenario, the variant and the series' labels, with a value for each statistic. The trials of a
// variant repeat the same names, which is what benchstat compares; values of one run are one value
// each, however many things were measured in it. Runs that did not come to an end are left out, and
// so are series that are better neither high nor low, unless the scenario asks for them.
//
// Where things never got there, their number stands beside the figures, which are then at least what
// they say.
//
// The keys before the lines say what must be equal before figures can be compared, so benchstat puts
// runs that differ in them into tables of their own unless it is told to -ignore one or to make
// columns of one (-col k8s). The seed is that of the first round, as that of a trial would part the
// trials of a variant.
//
// Source: https://go.dev/design/14313-benchmark-format
func writeBench(w io.Writer, r *Results) error {
	var lines []*benchfmt.Result
	for _, one := range r.Runs {
		m := one.Manifest
		note := fmt.Sprintf("# run %s of kubedyno %s", m.ID, m.Tool.Version)
		if !one.counts() {
			note += " has no figures here: " + cmp.Or(failureWords(m), "it did not finish")
		}
		if _, err := fmt.Fprintln(w, oneLine(note)); err != nil {
			return err
		}
		if one.counts() {
			lines = append(lines, r.benchLines(one)...)
		}
	}
	out := benchfmt.NewWriter(w)
	for _, unit := range benchUnits(r) {
		if err := out.Write(unit); err != nil {
			return err
		}
	}
	for _, line := range lines {
		if err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// benchUnits say in which direction each unit is better.
func benchUnits(r *Results) []*benchfmt.UnitMetadata {
	better := map[string]string{}
	for _, one := range r.Runs {
		if !one.counts() {
			continue
		}
		for _, v := range rows(one.Summary) {
			metric, _ := sample.Lookup(v.metric)
			if v.statistic != slo.Total && (metric.Better == sample.LowerIsBetter || metric.Better == sample.HigherIsBetter) {
				better[benchUnit(v)] = string(metric.Better)
			}
			if v.censored > 0 {
				better[censoredUnit(v)] = string(sample.LowerIsBetter)
			}
		}
	}
	var all []*benchfmt.UnitMetadata
	for _, unit := range sorted(better) {
		all = append(all, &benchfmt.UnitMetadata{OrigUnit: unit, Value: better[unit],
			UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: unit, Key: "better"}})
	}
	return all
}

// benchLines are a line for each series of a run: its statistics stand beside each other.
func (r *Results) benchLines(one Run) []*benchfmt.Result {
	var all []*benchfmt.Result
	byName := map[string]*benchfmt.Result{}
	for _, v := range rows(one.Summary) {
		if metric, _ := sample.Lookup(v.metric); metric.Better == sample.Neither && v.subject == "" {
			continue // Whatever it changes to is neither better nor worse.
		}
		name := r.benchName(one, v)
		line := byName[name+" "+v.metric]
		if line == nil {
			line = &benchfmt.Result{Name: benchfmt.Name(name), Iters: 1, Config: r.benchConfig(one)}
			byName[name+" "+v.metric] = line
			all = append(all, line)
		}
		unit := benchUnit(v)
		if _, known := line.Value(unit); !known { // Two limits may be set to one figure.
			line.Values = append(line.Values, benchfmt.Value{Value: v.value, Unit: unit})
		}
		if _, known := line.Value(censoredUnit(v)); v.censored > 0 && !known {
			line.Values = append(line.Values, benchfmt.Value{Value: float64(v.censored), Unit: censoredUnit(v)})
		}
	}
	return all
}

func (r *Results) benchConfig(one Run) []benchfmt.Config {
	m, seed := one.Manifest, one.Manifest.Seed
	if r.Experiment != nil {
		seed = r.Experiment.Seed
	}
	var all []benchfmt.Config
	for _, c := range [][2]string{{"scenario", r.Scenario}, {"k8s", m.Cluster.Kubernetes}, {"nodetype", one.nodeTypes()},
		{"seed", fmt.Sprint(seed)}, {"goos", m.Machine.OS}, {"goarch", m.Machine.Arch}, {"cpu", m.Machine.CPUModel}} {
		if value := oneLine(c[1]); value != "" {
			all = append(all, benchfmt.Config{Key: c[0], Value: []byte(value), File: true})
		}
	}
	return all
}

// benchName is "RolloutBaseline/nodes=100/phase=update": the scenario, the values of the variant and
// the labels of the series.
func (r *Results) benchName(one Run, v row) string {
	name := camel(r.Scenario)
	part := func(key, value string) { name += "/" + benchEscape(key, "=") + "=" + benchEscape(value, "") }
	own := map[string]string{}
	if one.Trial != nil {
		for i, value := range r.Experiment.Variants[one.Trial.Variant].Values {
			own[r.Experiment.Axes[i].Parameter] = value
			part(r.Experiment.Axes[i].Parameter, value)
		}
	}
	if v.subject != "" {
		own[string(v.kind)] = v.subject
		part(string(v.kind), strings.ReplaceAll(v.subject, " ", "-"))
	}
	labels := under(own, v.labels)
	for _, key := range sorted(labels) {
		if _, mine := own[key]; !mine {
			part(key, labels[key])
		}
	}
	return guardEnd(name)
}

// camel is a name as one word: RolloutBaseline for rollout-baseline.
func camel(name string) string {
	word := ""
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		letters := []rune(part)
		word += string(unicode.ToUpper(letters[0])) + string(letters[1:])
	}
	return cmp.Or(word, "Scenario")
}

// benchEscape writes what a part of a name must not hold as %XX: what is no visible ASCII, the
// separator of parts, the percent sign itself, and any of more.
func benchEscape(text, more string) string {
	var out strings.Builder
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("/%"+more, c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// guardEnd escapes the hyphen before digits at the end of a name, which would be read as GOMAXPROCS.
func guardEnd(name string) string {
	head := strings.TrimRight(name, "0123456789")
	if len(head) < len(name) && strings.HasSuffix(head, "-") {
		return strings.TrimSuffix(head, "-") + "%2D" + name[len(head):]
	}
	return name
}

// benchUnit is the unit of a value: "pod-startup-p99-sec". It names the metric, as the direction in
// which a unit is better belongs to the unit.
func benchUnit(v row) string {
	unit := map[sample.Unit]string{sample.Seconds: "sec", sample.Bytes: "B", sample.Count: "", sample.PerSecond: "per-sec",
		sample.PodSeconds: "pod-sec", sample.PerPod: "per-pod"}
	words := benchWords(v.metric)
	if v.statistic != slo.Value {
		words = append(words, string(v.statistic))
	}
	last, known := unit[v.unit]
	if !known {
		last = string(v.unit)
	}
	words = append(words, last)
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), "-")
}

// censoredUnit is that of how many never got there.
func censoredUnit(v row) string { return strings.Join(append(benchWords(v.metric), "censored"), "-") }

// benchWords are the words of a metric without its unit.
func benchWords(metric string) []string {
	return strings.Split(strings.TrimSuffix(metric, "_"+string(unitOf(metric))), "_")
}

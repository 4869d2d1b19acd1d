package export

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/experiment"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// scrape reads an export as a scrape in the text form does, which takes OpenMetrics' lines of its own
// for comments.
func scrape(t testing.TB, text string) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return families
}

func labelOf(m *dto.Metric, name string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}

// benchResults reads an export as benchstat does.
func benchResults(t testing.TB, text string) []*benchfmt.Result {
	t.Helper()
	var all []*benchfmt.Result
	reader := benchfmt.NewReader(strings.NewReader(text), "bench.txt")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.Result:
			all = append(all, record.Clone())
		case *benchfmt.SyntaxError:
			t.Errorf("%v in\n%s", record, text)
		}
	}
	if err := reader.Err(); err != nil {
		t.Error(err)
	}
	return all
}

func TestJUnitIsRead(t *testing.T) {
	var got junitSuites
	if err := xml.Unmarshal([]byte(written(t, JUnit, trials(t))), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Suites) != 4 || got.Tests != 16 || got.Failures != 3 || got.Errors != 7 {
		t.Fatalf("%d suites, %d tests, %d failures, %d errors", len(got.Suites), got.Tests, got.Failures, got.Errors)
	}
	for _, s := range got.Suites {
		names := map[string]bool{}
		for _, c := range s.Cases {
			if names[c.Name] {
				t.Errorf("%s has two cases %q", s.Name, c.Name)
			}
			names[c.Name] = true
		}
	}
}

// TestJUnitIsNeverGreenWithoutData has runs that promised nothing, did not finish, or were not begun.
func TestJUnitIsNeverGreenWithoutData(t *testing.T) {
	cases := map[string]func(*Results){
		"no objectives":  func(r *Results) { r.Runs[0].Summary.Objectives = nil },
		"was killed":     func(r *Results) { r.Runs[0].Manifest.Status = "running" },
		"no summary":     func(r *Results) { r.Runs[0].Summary = nil },
		"was not begun":  func(r *Results) { r.Runs[0].Manifest.Status, r.Runs[0].Summary = "", nil },
		"an odd verdict": func(r *Results) { r.Runs[0].Summary.Objectives[0].Verdict = "" },
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			r := oneRun(t)
			o := r.Runs[0].Summary.Objectives
			r.Runs[0].Summary.Objectives = o[:1] // The one that passed.
			change(r)
			var got junitSuites
			if err := xml.Unmarshal([]byte(written(t, JUnit, r)), &got); err != nil {
				t.Fatal(err)
			}
			if got.Errors != 1 || got.Tests == 0 {
				t.Errorf("%d errors of %d tests", got.Errors, got.Tests)
			}
		})
	}
}

// TestJUnitOfALadder has an experiment that asks how far the values go: the one that did not pass is
// its answer, and no failure.
func TestJUnitOfALadder(t *testing.T) {
	read := func(change func(*experiment.Experiment)) (got junitSuites, annotations int) {
		r := trials(t)
		e := r.Experiment
		e.StopAfter, e.Status, e.Failure = experiment.AfterMiss, bundle.Complete, ""
		e.Trials, r.Runs = e.Trials[:2], r.Runs[:2]
		passed := r.Runs[0].Summary
		passed.Objectives, passed.Verdict = passed.Objectives[:1], slo.Pass
		e.Trials[0].Take(passed)
		change(e)
		e.Judge()
		if err := xml.Unmarshal([]byte(written(t, JUnit, r)), &got); err != nil {
			t.Fatal(err)
		}
		return got, len(Annotations(r))
	}
	got, annotations := read(func(*experiment.Experiment) {})
	if got.Tests != 6 || got.Skipped != 3 || got.Failures+got.Errors != 0 || annotations != 0 {
		t.Errorf("%d tests, %d skipped, %d failures, %d errors, %d annotations", got.Tests, got.Skipped, got.Failures, got.Errors, annotations)
	}
	if m := got.Suites[1].Cases[1].Skipped; m == nil || !strings.Contains(m.Message, "MISS: observed 6.2 s > 5 s") {
		t.Errorf("skipped: %+v", m)
	}
	got, annotations = read(func(e *experiment.Experiment) { e.StopAfter = "" })
	if got.Skipped != 0 || got.Failures != 1 || got.Errors != 2 || annotations != 1 {
		t.Errorf("of a matrix: %d skipped, %d failures, %d errors, %d annotations", got.Skipped, got.Failures, got.Errors, annotations)
	}
}

// TestBenchRepeats reads the trials: those of a variant repeat the same names under the same keys,
// and no name has two values of a unit in one run.
func TestBenchRepeats(t *testing.T) {
	values, keys := map[string][]float64{}, map[string]bool{}
	results := benchResults(t, written(t, Benchfmt, trials(t)))
	for _, r := range results {
		keys[r.GetConfig("seed")+r.GetConfig("scenario")+r.GetConfig("k8s")] = true
		for _, v := range r.Values {
			values[r.Name.String()+" "+v.Unit] = append(values[r.Name.String()+" "+v.Unit], v.Value)
		}
	}
	const name = "RolloutBaseline/nodes=%s/phase=ramp/workload=web pod-startup-mean-sec"
	for nodes, want := range map[string][]float64{"100": {2.5}, "200": {2.5 * 1.1, 2.5 * 1.2}} {
		if diff := cmp.Diff(want, values[strings.Replace(name, "%s", nodes, 1)]); diff != "" {
			t.Errorf("nodes=%s (-want +got):\n%s", nodes, diff)
		}
	}
	if !keys["7rollout-baselinev1.37.2"] || len(keys) != 1 {
		t.Errorf("keys %v: the trials of a variant would stand in tables of their own", keys)
	}
	for series, got := range values {
		if len(got) > 2 {
			t.Errorf("%s has %d values from at most 2 trials", series, len(got))
		}
	}
}

// TestBenchLeavesUnfinishedRunsOut has a run that was killed: its figures must not be compared.
func TestBenchLeavesUnfinishedRunsOut(t *testing.T) {
	r := oneRun(t)
	r.Runs[0].Summary.Incomplete, r.Runs[0].Manifest.Status = true, "running"
	text := written(t, Benchfmt, r)
	if got := benchResults(t, text); len(got) > 0 || !strings.Contains(text, "it was killed or is still going on") {
		t.Errorf("%d results in\n%s", len(got), text)
	}
	var data perfData
	if err := json.Unmarshal([]byte(written(t, Perfdash, r)), &data); err != nil || len(data.DataItems) > 0 {
		t.Errorf("%d items for perfdash, %v", len(data.DataItems), err)
	}
}

// TestEveryMetricHasItsNames writes each metric of the registry: benchstat must not rescale a unit of
// ours, and no two metrics may share a name.
func TestEveryMetricHasItsNames(t *testing.T) {
	units, names := map[string]string{}, map[string]string{}
	for _, m := range sample.Metrics() {
		for _, s := range []slo.Statistic{slo.Value, slo.Mean, slo.Max, slo.Last, "p99"} {
			unit := benchUnit(row{metric: m.Name, statistic: s, unit: m.Unit})
			if _, tidied := benchunit.Tidy(1, unit); tidied != unit || strings.ContainsAny(unit, " =") {
				t.Errorf("benchstat takes %s for %s", unit, tidied)
			}
			if other := units[unit]; other != "" && other != m.Name {
				t.Errorf("%s and %s both have the unit %s", m.Name, other, unit)
			}
			units[unit] = m.Name
		}
		bases := []string{familyName(m.Name, m.Unit, false)}
		if m.Shape == sample.Distribution || m.Shape == sample.Bucketed {
			base := familyName(m.Name, m.Unit, true)
			bases = append(bases, base+"_samples", base+"_censored")
		}
		for _, name := range bases {
			if other := names[name]; other != "" {
				t.Errorf("%s and %s are both exported as %s", m.Name, other, name)
			}
			names[name] = m.Name
			for _, suffix := range []string{"_total", "_count", "_sum", "_bucket", "_info"} {
				if strings.HasSuffix(name, suffix) {
					t.Errorf("the gauge %s ends in %s", name, suffix)
				}
			}
		}
	}
}

func TestOpenMetricsIsScraped(t *testing.T) {
	text := written(t, OpenMetrics, trials(t))
	if !strings.HasSuffix(text, "# EOF\n") || strings.Count(text, "# EOF") != 1 {
		t.Error("it does not end in # EOF")
	}
	verdicts := map[string]float64{}
	for name, family := range scrape(t, text) {
		series := map[string]bool{}
		for _, m := range family.GetMetric() {
			if m.TimestampMs != nil {
				t.Errorf("%s has a time, which the textfile collector refuses", name)
			}
			if labels := pairs(m); series[labels] {
				t.Errorf("%s has %s twice", name, labels)
			} else {
				series[labels] = true
			}
			if name == "kubedyno_objective_verdict" && labelOf(m, "trial") == "1" {
				verdicts[labelOf(m, "verdict")] += m.GetGauge().GetValue()
			}
		}
	}
	if diff := cmp.Diff(map[string]float64{"PASS": 2, "INCONCLUSIVE": 1, "NO DATA": 1, "MISS": 1}, verdicts); diff != "" {
		t.Errorf("verdicts of the first trial (-want +got):\n%s", diff)
	}
	units := regexp.MustCompile(`(?m)^# UNIT (\S+) (\S+)$`).FindAllStringSubmatch(text, -1)
	for _, unit := range units {
		if !strings.HasSuffix(unit[1], "_"+unit[2]) {
			t.Errorf("%s does not end in its unit %s", unit[1], unit[2])
		}
	}
	if len(units) < 5 {
		t.Errorf("only %d metrics have a unit", len(units))
	}
}

func pairs(m *dto.Metric) string {
	labels := sample.Labels{}
	for _, pair := range m.GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	text, _ := json.Marshal(labels)
	return string(text)
}

// TestCSVHoldsEveryNumber compares the table with the summary, and counts the columns.
func TestCSVHoldsEveryNumber(t *testing.T) {
	r := oneRun(t)
	table, err := csv.NewReader(strings.NewReader(written(t, CSV, r))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := rows(r.Runs[0].Summary)
	if len(table) != 1+len(want) {
		t.Fatalf("%d rows for %d numbers", len(table)-1, len(want))
	}
	for i, v := range want {
		if got, err := strconv.ParseFloat(table[1+i][9], 64); err != nil || got != v.value {
			t.Errorf("row %d: %v, %v, want %v", i, got, err, v.value)
		}
	}
}

// TestMarkdownIsCapped has far more objectives, warnings and values than there is room for.
func TestMarkdownIsCapped(t *testing.T) {
	r := oneRun(t)
	s := r.Runs[0].Summary
	passed := s.Objectives[0]
	passed.Name = strings.Repeat("<", 1000)
	for range 600 {
		s.Objectives = append([]summary.Objective{passed}, s.Objectives...)
		s.Warnings = append(s.Warnings, strings.Repeat("|", 5000))
		s.Scalars = append(s.Scalars, s.Scalars...)[:min(2*len(s.Scalars), 5000)]
	}
	s.Sentence = strings.Repeat("&", 100_000)
	text := written(t, Markdown, r)
	if len(text) > MaxMarkdown || len(text) < MaxMarkdown/2 {
		t.Errorf("%d bytes, at most %d may be", len(text), MaxMarkdown)
	}
	if strings.Count(text, "<details>") != strings.Count(text, "</details>") {
		t.Error("a fold is not closed")
	}
	if !strings.Contains(text, "rows are left out here; figures.csv and report.html have them all.") {
		t.Error("it does not say what was left out")
	}
	if at := strings.Index(text, "✗ MISS"); at < 0 || at > 20_000 {
		t.Errorf("what was missed stands at %d", at)
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "| ") && !strings.HasSuffix(line, " |") {
			t.Errorf("line %d is cut: %.80s", i, line)
		}
	}
}

// unescaped reads Markdown's escapes as a renderer does.
func unescaped(text string) string {
	text = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])").ReplaceAllStringFunc(text, func(pair string) string {
		return "&#" + strconv.Itoa(int(pair[1])) + ";"
	})
	return html.UnescapeString(text)
}

// xmlText is what XML can hold of a text.
func xmlText(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 {
			return r
		}
		return utf8.RuneError
	}, text)
}

// FuzzRoundTrip writes a label's value and an objective's name in every format, and reads them back
// as their readers do.
func FuzzRoundTrip(f *testing.F) {
	f.Add("say \"hi\"|<b>&\\ new\nline, a/b=c%20 `x`-4", "a | <name>")
	f.Add("\r\n\t\x00\u0085\u2028", "-- [x](y) #1 @someone *_~")
	f.Add("&#10;\\|\\n", "=cmd()+1")
	f.Fuzz(func(t *testing.T, value, name string) {
		value = strings.ToValidUTF8(value, "\uFFFD") // As JSON reads it.
		if len(value)+len(name) > maxCell/2 || oneLine(name) == "" {
			return
		}
		r := oneRun(t)
		s := r.Runs[0].Summary
		s.Objectives = s.Objectives[1:2]
		s.Objectives[0].Name = name
		s.Figures[0].Name = name
		s.Distributions, s.Gauges, s.Buckets = nil, nil, nil
		s.Scalars = []summary.Scalar{{Metric: sample.HPASettling, Labels: sample.Labels{"service": value}, Value: 7}}
		r.Runs[0].Manifest.Parameters = map[string]string{"p": value}
		name = oneLine(name)

		var suites junitSuites
		if err := xml.Unmarshal([]byte(written(t, JUnit, r)), &suites); err != nil {
			t.Fatal(err)
		}
		if got := suites.Suites[0].Cases[0].Name; got != xmlText(name) {
			t.Errorf("junit: name %q, want %q", got, name)
		}
		for _, p := range suites.Suites[0].Properties {
			if p.Name == "parameter.p" && p.Value != xmlText(value) {
				t.Errorf("junit: value %q, want %q", p.Value, value)
			}
		}
		checkBench(t, written(t, Benchfmt, r), value, strings.ReplaceAll(name, " ", "-"))
		families := scrape(t, written(t, OpenMetrics, r))
		if got := labelOf(families["kubedyno_hpa_settling_seconds"].GetMetric()[0], "service"); got != value {
			t.Errorf("openmetrics: value %q, want %q", got, value)
		}
		if got := labelOf(families["kubedyno_objective_margin_ratio"].GetMetric()[0], "objective"); got != name {
			t.Errorf("openmetrics: name %q, want %q", got, name)
		}
		checkCSV(t, written(t, CSV, r), value, name)
		var data perfData
		if err := json.Unmarshal([]byte(written(t, Perfdash, r)), &data); err != nil || data.DataItems[0].Labels["service"] != value {
			t.Errorf("perfdash: %+v, %v", data, err)
		}
		checkMarkdown(t, written(t, Markdown, r), value, name)
	})
}

func checkBench(t *testing.T, text, value, name string) {
	t.Helper()
	for _, r := range benchResults(t, text) {
		_, parts := r.Name.Parts()
		for _, part := range parts {
			key, escaped, _ := strings.Cut(string(part), "=")
			got, err := url.PathUnescape(escaped)
			want := map[string]string{"/service": value, "/figure": name}[key]
			if want != "" && (err != nil || got != want) {
				t.Errorf("benchfmt: %s %q, %v, want %q", key, got, err, want)
			}
		}
	}
}

func checkCSV(t *testing.T, text, value, name string) {
	t.Helper()
	table, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var labels map[string]string
	last := table[len(table)-1]
	if err := json.Unmarshal([]byte(last[7]), &labels); err != nil || labels["service"] != value {
		t.Errorf("csv: labels %q, %v, want %q", last[7], err, value)
	}
	if table[1][5] != name {
		t.Errorf("csv: name %q, want %q", table[1][5], name)
	}
}

// checkMarkdown reads the cells of the rows between bars that are not escaped.
func checkMarkdown(t *testing.T, text, value, name string) {
	t.Helper()
	cells := func(row string) []string { return strings.Split(strings.Trim(row, "|"), "|") }
	var found, named bool
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if c := cells(line); strings.HasPrefix(line, "| hpa") {
			found = len(c) == 3 && unescaped(c[1]) == " service="+strings.ReplaceAll(value, "\x00", "\uFFFD")+" "
		} else if strings.HasPrefix(line, "| ✗") {
			named = len(c) == 7 && unescaped(c[1]) == " "+strings.ReplaceAll(name, "\x00", "\uFFFD")+" "
		}
	}
	if !found || !named {
		t.Errorf("markdown: value %t, name %t in\n%s", found, named, text)
	}
}

package export

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// openSearch reads a search. Its bounds stay those that it came to by its trials.
func openSearch(dir string) (*Results, error) {
	s, err := search.Open(dir)
	if err != nil {
		return nil, err
	}
	s.Judge()
	return &Results{Scenario: s.Scenario, Search: s}, nil
}

// writeSearch writes what a search has found in a format.
func writeSearch(w io.Writer, f Format, s *search.Search) error {
	err := f.Check()
	switch f {
	case JUnit:
		err = searchSuites(s).write(w)
	case Benchfmt:
		err = searchBench(w, s)
	case OpenMetrics:
		err = searchFamilies(s).write(w)
	case CSV:
		err = searchCSV(w, s)
	case Perfdash:
		err = searchPerfdash(w, s)
	case Markdown:
		d := &document{}
		d.search(s)
		_, err = io.WriteString(w, d.out.String())
	}
	if err != nil {
		return fmt.Errorf("export search %s as %s: %w", s.ID, f, err)
	}
	return nil
}

// A found is what a search has found for a goal of a variant.
type found struct {
	search.Interval
	variant string // "" if there is but one.
}

// founds lists what is known, by variant and goal; nothing of a variant of which no trial has ended.
func founds(s *search.Search) (all []found) {
	for _, v := range s.Variants {
		for _, i := range v.Intervals {
			all = append(all, found{i, oneLine(v.Label)})
		}
	}
	return all
}

// upper is the load that broke; nil if none has.
func (f found) upper() *float64 {
	if f.Upper == nil || f.Upper.Harness {
		return nil
	}
	return &f.Upper.Load
}

// answered reports whether the search of the goal came to its end with a lower bound.
func (f found) answered() bool { return f.Verdict(0) == slo.Pass }

// labels tell a found from others.
func (f found) labels(s *search.Search) sample.Labels {
	all := sample.Labels{"scenario": oneLine(s.Scenario), "parameter": s.Parameter, "goal": oneLine(f.Goal)}
	if f.variant != "" {
		all["variant"] = f.variant
	}
	return all
}

// The units of a search's bounds as benchmarks. Both are better when they are higher.
const (
	lowerUnit = "lower-bound"
	upperUnit = "upper-bound"
)

// searchBench writes a line with both bounds for each goal and variant that has an answer.
func searchBench(w io.Writer, s *search.Search) error {
	note := fmt.Sprintf("# search %s of kubedyno %s for the highest %s", s.ID, s.Tool.Version, s.Parameter)
	if _, err := fmt.Fprintln(w, oneLine(note)); err != nil {
		return err
	}
	out := benchfmt.NewWriter(w)
	for _, unit := range []string{lowerUnit, upperUnit} {
		record := &benchfmt.UnitMetadata{OrigUnit: unit, Value: string(sample.HigherIsBetter), UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: unit, Key: "better"}}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	var config []benchfmt.Config
	for _, c := range [][2]string{{"scenario", oneLine(s.Scenario)}, {"seed", fmt.Sprint(s.Seed)}, {"cpus", fmt.Sprint(s.CPUs)}} {
		config = append(config, benchfmt.Config{Key: c[0], Value: []byte(c[1]), File: true})
	}
	for _, f := range founds(s) {
		if !f.answered() {
			continue
		}
		line := &benchfmt.Result{Name: benchfmt.Name(f.benchName(s)), Iters: 1, Config: config, Values: []benchfmt.Value{{Value: f.Lower.Load, Unit: lowerUnit}}}
		if upper := f.upper(); upper != nil {
			line.Values = append(line.Values, benchfmt.Value{Value: *upper, Unit: upperUnit})
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// benchName is "LimitsApiRate/load=rate/disk=ssd/goal=all-objectives".
func (f found) benchName(s *search.Search) string {
	name := camel(s.Scenario) + "/load=" + benchEscape(s.Parameter, "")
	if key, value, ok := strings.Cut(f.variant, "="); ok {
		name += "/" + benchEscape(key, "=") + "=" + benchEscape(value, "")
	}
	return guardEnd(name + "/goal=" + benchEscape(strings.ReplaceAll(oneLine(f.Goal), " ", "-"), ""))
}

// ofBound is the kind of row that is a bound of a search; its statistic is lower or upper.
const ofBound kind = "bound"

// searchCSV writes a row for each bound. Its name is that of the goal, its metric the parameter that is
// the load, and n counts the trials at it that were judged. A lower bound says that the capacity is at
// least that, an upper one that it is at most that.
func searchCSV(w io.Writer, s *search.Search) error {
	out := csv.NewWriter(w)
	if err := out.Write(csvHeader); err != nil {
		return err
	}
	for _, f := range founds(s) {
		labels, err := jsonLabels(sample.Labels{"state": string(f.State)})
		if err != nil {
			return err
		}
		write := func(statistic string, b *search.Bound, is bound) error {
			if b == nil || b.Harness {
				return nil
			}
			return out.Write([]string{s.ID, string(s.Status), f.variant, "", string(ofBound), oneLine(f.Goal), s.Parameter, labels, statistic,
				number(&b.Load), "", strconv.Itoa(b.Passed + b.Missed), "", "", "", string(is)})
		}
		if err := write("lower", f.Lower, atLeast); err != nil {
			return err
		}
		if err := write("upper", f.Upper, atMost); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// searchPerfdash writes an item for each goal and variant that has an answer, as perfdash draws whatever
// is there as a result.
func searchPerfdash(w io.Writer, s *search.Search) error {
	data := perfData{Version: perfVersion, DataItems: []*perfItem{}, Labels: map[string]string{"scenario": s.Scenario}}
	for _, f := range founds(s) {
		if !f.answered() {
			continue
		}
		labels := f.labels(s)
		delete(labels, "scenario")
		labels["Metric"] = "capacity"
		item := &perfItem{Data: map[string]float64{"Lower": f.Lower.Load}, Unit: s.Parameter, Labels: labels}
		if upper := f.upper(); upper != nil {
			item.Data["Upper"] = *upper
		}
		data.DataItems = append(data.DataItems, item)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(data)
}

// searchFamilies are the bounds as gauges.
func searchFamilies(s *search.Search) families {
	f := families{}
	own := sample.Labels{"scenario": oneLine(s.Scenario)}
	f.add(prefix+"search_info", "What was searched.", "", under(own, sample.Labels{"search": s.ID, "status": string(s.Status),
		"kubedyno": s.Tool.Version, "parameter": s.Parameter, "seed": strconv.FormatUint(s.Seed, 10)}), 1)
	f.add(prefix+"search_finished", "1 if the search came to its end, 0 if it was killed, interrupted or failed.", "", own, truth(!s.Incomplete()))
	for _, verdict := range []slo.Verdict{slo.Pass, slo.Inconclusive, slo.Miss} {
		f.add(prefix+"search_verdict", "1 for the verdict of the search, 0 for the others.", "", under(own, sample.Labels{"verdict": string(verdict)}),
			truth(s.Verdict == verdict))
	}
	if s.At > 0 {
		f.add(prefix+"search_needed_load", "The load that is asked for.", "", under(own, sample.Labels{"parameter": s.Parameter}), s.At)
	}
	for _, one := range founds(s) {
		labels := one.labels(s)
		if one.Lower != nil {
			f.add(prefix+"search_lower_bound", "The highest load at which a goal was held, in the parameter's unit.", "", labels, one.Lower.Load)
			f.add(prefix+"search_lower_bound_confirmed", "1 if the lower bound has all its trials.", "", labels, truth(one.Lower.Confirmed))
		}
		if upper := one.upper(); upper != nil {
			f.add(prefix+"search_upper_bound", "The lowest load at which a goal broke, in the parameter's unit.", "", labels, *upper)
		}
	}
	for _, v := range s.Variants {
		labels := under(own, sample.Labels{"parameter": s.Parameter})
		if v.Label != "" {
			labels["variant"] = oneLine(v.Label)
		}
		f.add(prefix+"search_trials", "How many trials were made.", "", labels, float64(len(v.Trials)))
		f.add(prefix+"search_duration_seconds", "How long the trials took together.", sample.Seconds, labels, v.Spent().Seconds())
		if v.Headroom != nil {
			f.add(prefix+"search_headroom_ratio", "The room between the load that is asked for and the lower bound, as a share of it.", sample.Ratio, labels, *v.Headroom)
		}
		if v.Knee != nil {
			f.add(prefix+"search_knee_load", "The load from which on an objective's figure rises much faster.", "", under(labels, sample.Labels{"objective": oneLine(v.Knee.Objective)}), v.Knee.Load)
		}
	}
	return f
}

package export

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
)

// wholeSearch is the test case of a search, or of a variant of it, that did not finish.
const wholeSearch = "the search"

// searchSuites are a test suite for each variant of a search and a test case for each goal. As for a run,
// what has no answer is an error and not skipped.
func searchSuites(s *search.Search) junitSuites {
	all := junitSuites{Name: "kubedyno"}
	total := 0.0
	for _, v := range s.Variants {
		suite := searchSuite(s, v)
		all.Tests, all.Failures, all.Errors = all.Tests+suite.Tests, all.Failures+suite.Failures, all.Errors+suite.Errors
		all.Suites = append(all.Suites, suite)
		total += v.Spent().Seconds()
	}
	all.Time = seconds(total)
	return all
}

func searchSuite(s *search.Search, v search.Variant) junitSuite {
	took := seconds(v.Spent().Seconds())
	suite := junitSuite{Name: oneLine(cmp.Or(s.Scenario, "kubedyno")), Time: took, Properties: searchProperties(s, v),
		Out: strings.Join(searchLines(s, v), "\n") + "\n"}
	class := "kubedyno." + suite.Name
	if label := oneLine(v.Label); label != "" {
		class, suite.Name = class+"."+label, suite.Name+" "+label
	}
	if !s.Started.IsZero() {
		suite.Timestamp = s.Started.UTC().Format(time.RFC3339)
	}
	for _, i := range v.Intervals {
		c := junitCase{Class: class, Name: "capacity: " + oneLine(i.Goal), Time: took}
		verdict := i.Verdict(s.At)
		outcome := &junitOutcome{Type: string(verdict), Message: oneLine(i.NeedWords(s.Parameter, s.At) + i.Words(s.Parameter)), Text: gaveWords(v, i.Goal)}
		switch verdict {
		case slo.Pass:
		case slo.Miss:
			c.Failure = outcome
		default:
			c.Error = outcome
		}
		suite.add(c)
	}
	if words := searchFailure(s, v); words != "" {
		suite.add(junitCase{Class: class, Name: wholeSearch, Time: took,
			Error: &junitOutcome{Type: string(slo.Inconclusive), Message: "the search did not finish: " + words}})
	}
	return suite
}

// searchFailure is why a variant's search did not finish; "" if it did.
func searchFailure(s *search.Search, v search.Variant) string {
	words := failureWords(bundle.Manifest{Status: s.Status, Failure: s.Failure})
	switch {
	case words != "":
		return words
	case v.Stopped != "":
		return oneLine(v.Stopped)
	case len(v.Intervals) == 0:
		return "no trial has ended"
	}
	return ""
}

// gaveWords are what gave first for a goal; "" if nothing did.
func gaveWords(v search.Variant, goal string) string {
	for _, g := range v.Gave {
		if g.Goal == goal {
			return g.Words()
		}
	}
	return ""
}

// searchLines say what was found for a variant: the bounds, what gave first, the knee and the headroom.
func searchLines(s *search.Search, v search.Variant) []string {
	var lines []string
	for _, i := range v.Intervals {
		line := fmt.Sprintf("%s: %s: %s%s", i.Verdict(s.At), i.Goal, i.NeedWords(s.Parameter, s.At), i.Words(s.Parameter))
		if gave := gaveWords(v, i.Goal); gave != "" {
			line += ". " + gave
		}
		lines = append(lines, line)
	}
	if v.Knee != nil {
		lines = append(lines, fmt.Sprintf("knee of %s: %s=%s", v.Knee.Objective, s.Parameter, search.Number(v.Knee.Load)))
	}
	if v.Headroom != nil {
		lines = append(lines, fmt.Sprintf("headroom at %s=%s: %s", s.Parameter, search.Number(s.At), sample.Format(*v.Headroom, sample.Ratio)))
	}
	return lines
}

// searchProperties are the circumstances of a search and the bounds that it found, as far as they are known.
func searchProperties(s *search.Search, v search.Variant) []junitProperty {
	all := []junitProperty{{"search", s.ID}, {"scenario", s.Scenario}, {"status", string(s.Status)}, {"kubedyno", s.Tool.Version}, {"commit", s.Tool.Commit},
		{"parameter", s.Parameter}, {"verdict", string(s.Verdict)}, {"variant", v.Label}, {"seed", fmt.Sprint(s.Seed)}, {"trials", fmt.Sprint(len(v.Trials))}}
	if s.At > 0 {
		all = append(all, junitProperty{"needed", search.Plain(s.At)})
	}
	for _, i := range v.Intervals {
		if i.Lower != nil {
			all = append(all, junitProperty{"lower." + oneLine(i.Goal), search.Plain(i.Lower.Load)})
		}
		if i.Upper != nil && !i.Upper.Harness {
			all = append(all, junitProperty{"upper." + oneLine(i.Goal), search.Plain(i.Upper.Load)})
		}
	}
	known := all[:0]
	for _, p := range all {
		if p.Value != "" {
			known = append(known, p)
		}
	}
	return known
}

// search writes the summary of a search: the verdict, the bounds, what gave first and what else was found.
func (d *document) search(s *search.Search) {
	d.head(s.Verdict, cmp.Or(s.Title, s.Scenario, s.ID), s.Sentence)
	spent, trials := sample.Offset(0), 0
	for _, v := range s.Variants {
		spent, trials = spent+v.Spent(), trials+len(v.Trials)
	}
	asked := ""
	if s.At > 0 {
		asked = s.Parameter + "=" + search.Number(s.At)
	}
	d.facts([][2]string{{"scenario", s.Scenario}, {"load", s.Parameter}, {"needed", asked}, {"trials", fmt.Sprint(trials)}, {"duration", elapsed(spent)},
		{"seed", fmt.Sprint(s.Seed)}, {"kubedyno", s.Tool.Version}, {"search", s.ID}})
	if words := failureWords(bundle.Manifest{Status: s.Status, Failure: s.Failure}); words != "" {
		d.paragraph("The search did not finish: " + words + ".")
	}
	d.table("Bounds", []string{"verdict", "variant", "goal", "lower bound", "its trials", "upper bound", "its trials", "width"}, boundCells(s))
	var gave, more, made [][]string
	for _, v := range s.Variants {
		for _, g := range v.Gave {
			gave = append(gave, []string{cmp.Or(v.Label, "–"), g.Goal, search.Number(g.Missed), g.Words()})
		}
		if v.Knee != nil {
			more = append(more, []string{cmp.Or(v.Label, "–"), "knee of " + v.Knee.Objective, s.Parameter + "=" + search.Number(v.Knee.Load)})
		}
		if v.Headroom != nil {
			more = append(more, []string{cmp.Or(v.Label, "–"), "headroom at " + asked, sample.Format(*v.Headroom, sample.Ratio)})
		}
		for _, t := range v.Trials {
			made = append(made, searchTrialCells(v, t))
		}
	}
	d.table("What gave first", []string{"variant", "goal", "load", "what"}, gave)
	d.table("Knee and headroom", []string{"variant", "what", "value"}, more)
	d.fold("Variants compared", len(s.Compared), func() { d.list(s.Compared) })
	d.fold("Trials", len(made), func() {
		d.table("", []string{"trial", "variant", "load", "verdict", "duration", "what came of it"}, made)
	})
}

func boundCells(s *search.Search) (rows [][]string) {
	for _, f := range founds(s) {
		verdict := f.Verdict(s.At)
		row := []string{verdictMarks[verdict] + " " + string(verdict), cmp.Or(f.variant, "–"), oneLine(f.Goal), "–", "–", "–", "–", "–"}
		if f.Lower != nil {
			row[3], row[4] = search.Number(f.Lower.Load), fmt.Sprintf("%d of %d passed", f.Lower.Passed, f.Lower.Passed+f.Lower.Missed)
		}
		if f.upper() != nil {
			row[5], row[6] = search.Number(f.Upper.Load), fmt.Sprintf("%d of %d missed", f.Upper.Missed, f.Upper.Passed+f.Upper.Missed)
		} else if f.Upper != nil {
			row[5], row[6] = search.Number(f.Upper.Load), "the harness could not judge"
		}
		if f.Width > 0 {
			row[7] = sample.Format(f.Width, sample.Ratio)
		}
		rows = append(rows, row)
	}
	return rows
}

func searchTrialCells(v search.Variant, t search.Trial) []string {
	verdict, words := "did not end", cmp.Or(t.Failure, t.Sentence)
	if t.Ended {
		worst := slo.Worst(t.Verdicts)
		verdict = verdictMarks[worst] + " " + string(worst)
	}
	if t.Breakdown != nil {
		words = t.Breakdown.Words()
	}
	return []string{fmt.Sprint(t.Number), cmp.Or(v.Label, "–"), search.Number(t.Load), verdict, elapsed(t.Took), words}
}

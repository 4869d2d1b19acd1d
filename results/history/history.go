// Package history finds when the figures of a scenario changed: it puts many runs in the order of
// time and looks for change points in each figure.
//
//	found, err := history.Open([]string{"results/runs"}, "api/latency")
//	h, err := history.Of(found.Runs, history.Options{Alpha: 0.05, MinEffect: 0.05})
//
// Of is pure: it reads no file. The run is the unit: each gives one value of a figure. Runs of
// different machines are kept apart; what else differs in how they were made is listed beside the
// changes, as it may explain them.
package history

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
)

// FormatVersion is that of a History in JSON.
const FormatVersion = 1

// Options say what is looked for.
type Options struct {
	// Alpha is the chance of a false alarm that is accepted, for all figures of a machine together:
	// above 0, below 1. Each figure is tested at its share of it (Bonferroni).
	Alpha float64
	// MinEffect is the least relative change that counts: 0.05 for 5%.
	MinEffect float64
	// Metrics are metrics that are looked at beside the objectives, with every figure of them.
	Metrics []string
}

// A History is what Of has found.
type History struct {
	FormatVersion int       `json:"formatVersion"`
	Scenario      string    `json:"scenario"`
	Title         string    `json:"title,omitempty"`
	Sentence      string    `json:"sentence"`
	Alpha         float64   `json:"alpha"`
	MinEffect     float64   `json:"minEffect"`
	Machines      []Machine `json:"machines"`        // That of the newest run first.
	Notes         []string  `json:"notes,omitempty"` // What was not read and why, each a sentence; see Open.
}

// A Machine is the runs on machines that are alike.
type Machine struct {
	Words    string   `json:"machine"`
	Sentence string   `json:"sentence"`
	Runs     []Run    `json:"runs"` // The oldest first.
	Setup    []Setup  `json:"setup"`
	Figures  []Figure `json:"figures"` // The objectives first.
}

// A Run is one run.
type Run struct {
	Name       string      `json:"name"`
	ID         string      `json:"id"`
	Started    time.Time   `json:"started"`
	Version    string      `json:"version,omitempty"` // Of kubedyno, with its commit.
	Kubernetes string      `json:"kubernetes,omitempty"`
	Verdict    slo.Verdict `json:"verdict,omitempty"`
	LeftOut    string      `json:"leftOut,omitempty"` // Why its figures are not used; "" if they are.
}

// A Setup is what of the set-up differs from the run before.
type Setup struct {
	At   int        `json:"at"` // The index of the run.
	Rows []SetupRow `json:"rows"`
}

// A SetupRow is one fact that changed.
type SetupRow struct {
	Name   string `json:"name"`
	Before string `json:"before"` // "" if the runs before did not have it.
	After  string `json:"after"`
}

// A Figure is one figure over all runs of a machine.
type Figure struct {
	slo.Objective                  // With the limit of the newest run if it is an objective.
	Unit          sample.Unit      `json:"unit"`
	Better        sample.Direction `json:"better"`
	Verdict       compare.Verdict  `json:"verdict"` // Of the last change, or why there is none.
	Reason        string           `json:"reason,omitempty"`
	Values        []*float64       `json:"values"` // By run; null where there is none that counts.
	Segments      []Segment        `json:"segments"`
	Changes       []Change         `json:"changes"`
	// Drift says that a straight line describes the values as well as the segments do, so that the
	// changes are steps of a drift.
	Drift bool `json:"drift,omitempty"`
	// MoreRuns is how many more runs it takes before a change could be told from chance.
	MoreRuns int `json:"moreRuns,omitempty"`
}

// A Segment is a stretch of runs between changes.
type Segment struct {
	From   int     `json:"from"` // Indices of the first and of the last run.
	To     int     `json:"to"`
	N      int     `json:"n"` // Runs with a figure.
	Median float64 `json:"median"`
}

// A Change is a change of a figure.
type Change struct {
	At       int             `json:"at"` // The index of the first run after it.
	Verdict  compare.Verdict `json:"verdict"`
	Before   float64         `json:"before"` // The medians of the segments on both sides.
	After    float64         `json:"after"`
	Relative *float64        `json:"relative,omitempty"` // As a share of Before; nil unless that is above 0.
	P        float64         `json:"p"`                  // Times the number of figures tested, at most 1.
}

// Of looks for changes in runs of one scenario. The runs may come in any order.
func Of(runs []compare.Run, options Options) (*History, error) {
	if !(options.Alpha > 0 && options.Alpha < 1) || !(options.MinEffect >= 0) {
		return nil, errors.New("history: alpha must be between 0 and 1, and the least effect not below 0")
	}
	runs = inOrder(runs)
	if len(runs) == 0 {
		return nil, errors.New("history: there is no run")
	}
	newest := runs[len(runs)-1].Manifest
	h := &History{FormatVersion: FormatVersion, Scenario: newest.Scenario, Title: newest.Title, Alpha: options.Alpha, MinEffect: options.MinEffect}
	byMachine := map[string][]compare.Run{}
	for _, run := range runs {
		if run.Manifest.Scenario != h.Scenario {
			return nil, fmt.Errorf("history: %s is of scenario %s and %s of %s", run.Name, run.Manifest.Scenario, newest.ID, h.Scenario)
		}
		words := machineOf(run)
		byMachine[words] = append(byMachine[words], run)
	}
	for _, run := range slices.Backward(runs) {
		words := machineOf(run)
		if all := byMachine[words]; all != nil {
			h.Machines = append(h.Machines, machine(words, all, options))
			delete(byMachine, words)
		}
	}
	h.Sentence = h.Machines[0].Sentence
	if n := len(h.Machines); n > 1 {
		h.Sentence += fmt.Sprintf(" The runs of %d machines are kept apart; this is that of the newest run.", n)
	}
	return h, nil
}

// inOrder sorts runs by time and drops those that are there twice.
func inOrder(runs []compare.Run) []compare.Run {
	seen := map[string]bool{}
	var all []compare.Run
	for _, run := range runs {
		if !seen[run.Manifest.ID] {
			seen[run.Manifest.ID] = true
			all = append(all, run)
		}
	}
	slices.SortStableFunc(all, func(a, b compare.Run) int {
		if order := a.Manifest.Started.Compare(b.Manifest.Started); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

// machineOf describes the machine of a run: runs with the same words are of machines that are alike.
func machineOf(run compare.Run) string {
	var words []string
	for _, fact := range compare.Facts(run) {
		if fact.Kind == compare.Machine && fact.Value != "" {
			words = append(words, fact.Name+" "+fact.Value)
		}
	}
	return strings.Join(words, ", ")
}

// machine looks for changes in the runs of one machine.
func machine(words string, runs []compare.Run, options Options) Machine {
	m := Machine{Words: words, Setup: []Setup{}, Figures: figures(runs, options.Metrics)}
	var before []compare.Fact
	for i, run := range runs {
		manifest := run.Manifest
		r := Run{Name: run.Name, ID: manifest.ID, Started: manifest.Started, Kubernetes: manifest.Cluster.Kubernetes, LeftOut: run.LeftOut,
			Version: strings.TrimSpace(manifest.Tool.Version + " " + manifest.Tool.Commit[:min(len(manifest.Tool.Commit), 10)])}
		if run.Summary != nil {
			r.Verdict = run.Summary.Verdict
		}
		m.Runs = append(m.Runs, r)
		if run.LeftOut != "" {
			continue
		}
		facts := compare.Facts(run)
		if rows := differences(before, facts); before != nil && len(rows) > 0 {
			m.Setup = append(m.Setup, Setup{At: i, Rows: rows})
		}
		before = facts
	}
	m.judge(options)
	m.Sentence = m.sentence()
	return m
}

// differences lists the facts that changed from one run to the next, but for those that are meant to.
func differences(before, after []compare.Fact) []SetupRow {
	was := map[string]string{}
	for _, fact := range before {
		was[fact.Name] = fact.Value
	}
	var rows []SetupRow
	for _, fact := range after {
		if old := was[fact.Name]; old != fact.Value && !fact.Varies() {
			rows = append(rows, SetupRow{fact.Name, old, fact.Value})
		}
		delete(was, fact.Name)
	}
	for _, fact := range before {
		if old := was[fact.Name]; old != "" && !fact.Varies() {
			rows = append(rows, SetupRow{fact.Name, old, ""})
		}
	}
	return rows
}

// figures collects the values of the runs: their objectives, and the metrics asked for. The newest
// run names them and says their limits.
func figures(runs []compare.Run, metrics []string) []Figure {
	all, places := []Figure{}, map[string]int{}
	put := func(run int, f compare.Figure) {
		at, found := places[f.Key()]
		if !found {
			metric, _ := sample.Lookup(f.Metric)
			at = len(all)
			places[f.Key()] = at
			all = append(all, Figure{Objective: f.Objective, Unit: f.Unit(), Better: metric.Better, Values: make([]*float64, len(runs)),
				Segments: []Segment{}, Changes: []Change{}})
		}
		if all[at].Values[run] == nil { // An objective comes before the same figure among the others.
			all[at].Values[run] = f.Value
		}
		if f.Censored > 0 && all[at].Reason == "" {
			all[at].Reason = f.Reason
		}
	}
	for i, run := range slices.Backward(runs) {
		if run.LeftOut == "" {
			for _, f := range compare.Objectives(run.Summary) {
				put(i, f)
			}
		}
	}
	for i, run := range slices.Backward(runs) {
		if run.LeftOut != "" || len(metrics) == 0 {
			continue
		}
		for _, f := range compare.Others(run.Summary) {
			if slices.Contains(metrics, f.Metric) {
				put(i, f)
			}
		}
	}
	for _, name := range metrics {
		if !slices.ContainsFunc(all, func(f Figure) bool { return f.Metric == name }) {
			all = append(all, Figure{Objective: slo.Objective{Metric: name}, Values: make([]*float64, len(runs)),
				Segments: []Segment{}, Changes: []Change{}, Reason: "the runs recorded nothing of it"})
		}
	}
	return all
}

package view

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/index"
	"github.com/kubedyno/kubedyno/results/slo"
)

// Limits of an index page.
const (
	maxIndexRows = 500 // Runs and experiments that are listed.
	maxScenarios = 100 // Scenarios that have a strip.
	maxStrip     = 20  // Verdicts in a strip.
	maxSentence  = 150 // Characters of a sentence or a reason in a row; the report has it whole.
	maxTitle     = 80  // Characters of a title or the name of a folder.
)

// An Index is everything that a page shows of a folder of runs.
type Index struct {
	Sentence  string
	Head      []Fact // How many runs there are, and of which verdict.
	Scenarios []ScenarioRow
	Rows      []IndexRow // The newest first.
	Damaged   []Damaged
	Omitted   string // What is left out of all these, in a sentence; "" if nothing is.

	older int // Rows that were left out.
	rest  string
}

// A ScenarioRow is what became of a scenario over time.
type ScenarioRow struct {
	Name   string
	Latest Word // Of its newest run.
	When   string
	Runs   string
	Strip  []StripMark // Of the newest maxStrip runs, the oldest first.
	Words  string      // The strip in words, the newest first.
}

// A StripMark is some equal verdicts in a row, one glyph each.
type StripMark struct{ Class, Glyphs string }

// A Word is a verdict, or what there is in its place.
type Word struct{ Class, Glyph, Text string }

// An IndexRow is a run or an experiment.
type IndexRow struct {
	Word
	State    string // Why it is not complete; "" if it is.
	Title    string
	Scenario string // "" if the title says it.
	Link     string // The report, relative to the index; "" if there is none.
	Sentence string
	When     string
	Took     string
	Cluster  string // How many nodes.
	Version  string // Of Kubernetes.
	Met      string // "8 of 9 objectives"
}

// Damaged is a folder that cannot be read, or not all of it.
type Damaged struct{ Folder, Reason string }

// BuildIndex turns a list of runs and experiments into what its page shows.
func BuildIndex(x *index.Index) *Index {
	v := &Index{}
	byScenario := map[string][]index.Entry{}
	var order []string // The scenario that was run last comes first.
	for _, e := range x.Entries {
		if e.Damage != "" {
			v.Damaged = append(v.Damaged, Damaged{clip(e.Folder, maxTitle), clip(e.Damage, maxSentence)})
		}
		if e.Damage != "" && e.ID == "" {
			continue
		}
		v.Rows = append(v.Rows, indexRow(e))
		name := scenarioName(e)
		if byScenario[name] == nil {
			order = append(order, name)
		}
		byScenario[name] = append(byScenario[name], e)
	}
	for _, name := range order {
		v.Scenarios = append(v.Scenarios, scenarioRow(name, byScenario[name]))
	}
	v.Sentence, v.Head = indexSentence(byScenario), indexHead(x.Entries, len(order))
	var rest []string
	if more := len(v.Scenarios) - maxScenarios; more > 0 {
		v.Scenarios = v.Scenarios[:maxScenarios]
		rest = append(rest, plural(more, "scenario that was not run lately", "scenarios that were not run lately"))
	}
	if more := len(v.Damaged) - maxScenarios; more > 0 {
		v.Damaged = v.Damaged[:maxScenarios]
		rest = append(rest, plural(more, "damaged folder", "damaged folders"))
	}
	v.rest = strings.Join(rest, " and ")
	v.Keep(maxIndexRows)
	return v
}

// Keep leaves out all but the newest n rows, and says so.
func (v *Index) Keep(n int) {
	if more := len(v.Rows) - max(n, 0); more > 0 {
		v.Rows, v.older = v.Rows[:len(v.Rows)-more], v.older+more
	}
	parts := []string{v.rest}
	if v.older > 0 {
		parts = append(parts, plural(v.older, "older run", "older runs"))
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	v.Omitted = ""
	if len(parts) > 0 {
		v.Omitted = "Left out to keep this page short: " + strings.Join(parts, " and ") + ". The counts above are of all."
	}
}

func scenarioName(e index.Entry) string { return cmp.Or(e.Scenario, e.Title, e.Folder) }

// indexSentence says how things stand now: the verdicts of the newest run of each scenario.
func indexSentence(byScenario map[string][]index.Entry) string {
	if len(byScenario) == 0 {
		return "There is no run here yet."
	}
	counts := map[slo.Verdict]int{}
	for _, entries := range byScenario {
		counts[entries[0].Verdict]++
	}
	return "Of " + plural(len(byScenario), "scenario", "scenarios") + ", by the newest run of each: " + verdictCounts(counts) + "."
}

// verdictOrder is the order in which verdicts are counted; "" is none.
var verdictOrder = [...]slo.Verdict{slo.Pass, slo.Miss, slo.Inconclusive, slo.NoData, ""}

func verdictCounts(counts map[slo.Verdict]int) string {
	var parts []string
	for _, verdict := range verdictOrder {
		if n := counts[verdict]; n > 0 {
			parts = append(parts, count(int64(n))+" "+verdictWord(verdict).Text)
		}
	}
	return strings.Join(parts, ", ")
}

func indexHead(entries []index.Entry, scenarios int) []Fact {
	runs, experiments, searches, damaged := 0, 0, 0, 0
	counts := map[slo.Verdict]int{}
	for _, e := range entries {
		if e.Damage != "" {
			damaged++
		}
		if e.Damage != "" && e.ID == "" {
			continue
		}
		counts[e.Verdict]++
		switch e.Kind {
		case index.Experiment:
			experiments++
		case index.Search:
			searches++
		default:
			runs++
		}
	}
	facts := []Fact{{"Runs", count(int64(runs))}}
	if experiments > 0 {
		facts = append(facts, Fact{"Experiments", count(int64(experiments))})
	}
	if searches > 0 {
		facts = append(facts, Fact{"Searches", count(int64(searches))})
	}
	facts = append(facts, Fact{"Scenarios", count(int64(scenarios))})
	for _, verdict := range verdictOrder {
		if n := counts[verdict]; n > 0 {
			facts = append(facts, Fact{verdictWord(verdict).Text, count(int64(n))})
		}
	}
	if damaged > 0 {
		facts = append(facts, Fact{"Damaged", count(int64(damaged))})
	}
	if len(entries) > 0 && !entries[0].Started.IsZero() {
		facts = append(facts, Fact{"Newest", startedWords(entries[0])})
	}
	return facts
}

func startedWords(e index.Entry) string {
	if e.Started.IsZero() {
		return Dash
	}
	return e.Started.UTC().Format("2006-01-02 15:04 UTC")
}

// verdictWord is how a verdict is shown; one that is not there is not a good one.
func verdictWord(v slo.Verdict) Word {
	switch v {
	case "":
		return Word{"unknown", "○", "no verdict"}
	case slo.Pass:
		return Word{"pass", Glyph(v), string(v)}
	case slo.Miss:
		return Word{"miss", Glyph(v), string(v)}
	default:
		return Word{"doubt", Glyph(v), string(v)}
	}
}

func scenarioRow(name string, entries []index.Entry) ScenarioRow {
	newest := entries[:min(len(entries), maxStrip)]
	row := ScenarioRow{Name: clip(name, maxTitle), Latest: verdictWord(entries[0].Verdict),
		When: startedWords(entries[0]), Runs: plural(len(entries), "run", "runs")}
	var words []string
	for _, e := range newest {
		words = append(words, verdictWord(e.Verdict).Text)
	}
	row.Words = "Newest first: " + strings.Join(words, ", ")
	for _, e := range slices.Backward(newest) {
		word := verdictWord(e.Verdict)
		if last := len(row.Strip) - 1; last >= 0 && row.Strip[last].Class == word.Class && strings.HasSuffix(row.Strip[last].Glyphs, word.Glyph) {
			row.Strip[last].Glyphs += word.Glyph
			continue
		}
		row.Strip = append(row.Strip, StripMark{word.Class, word.Glyph})
	}
	return row
}

func indexRow(e index.Entry) IndexRow {
	row := IndexRow{Word: verdictWord(e.Verdict), State: stateWords(e.Status), Scenario: clip(e.Scenario, maxTitle),
		Title: clip(cmp.Or(e.Title, e.Scenario, e.Folder), maxTitle), When: startedWords(e), Took: Dash,
		Cluster: nodesWords(e), Sentence: clip(sentenceOnly(e), maxSentence)}
	if row.Scenario == row.Title {
		row.Scenario = ""
	}
	if e.Report {
		row.Link = "./" + url.PathEscape(e.Folder) + "/" + bundle.ReportFile
	}
	if e.Duration > 0 {
		row.Took = elapsed(e.Duration)
	}
	if len(e.Kubernetes) > 0 {
		row.Version = "Kubernetes " + strings.Join(e.Kubernetes, ", ")
	}
	switch {
	case e.Judged == 0:
		row.Met = "no objectives"
	case e.Verdict == "":
		row.Met = plural(e.Judged, "objective", "objectives") + ", not judged"
	default:
		row.Met = fmt.Sprintf("%s of %s met", count(int64(e.Met)), count(int64(e.Judged)))
	}
	if e.Kind == index.Experiment {
		row.Met = fmt.Sprintf("%s of %s pass", count(int64(e.Met)), plural(e.Judged, "variant", "variants"))
		row.Took += fmt.Sprintf(", %s of %s", count(int64(e.TrialsEnded)), plural(e.Trials, "trial", "trials"))
	}
	if e.Kind == index.Search {
		row.Met = fmt.Sprintf("%s of %s confirmed", count(int64(e.Met)), plural(e.Judged, "lower bound", "lower bounds"))
		row.Took += fmt.Sprintf(", %s of %s", count(int64(e.TrialsEnded)), plural(e.Trials, "trial", "trials"))
	}
	return row
}

// sentenceOnly is the sentence without the verdict that it begins with, which is in a column of
// its own.
func sentenceOnly(e index.Entry) string {
	switch {
	case e.Damage != "":
		return "Not all of it can be read; see below."
	case e.Verdict == "":
		return "It has not been summarised: kubedyno report " + e.Folder + " does so."
	}
	text := strings.TrimPrefix(e.Sentence, string(e.Verdict)+": ")
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(first)) + text[size:]
}

func stateWords(s bundle.Status) string {
	switch s {
	case bundle.Complete:
		return ""
	case bundle.Running:
		return "killed, or still running"
	case bundle.Interrupted, bundle.Failed:
		return string(s)
	default:
		return "of unknown state"
	}
}

func nodesWords(e index.Entry) string {
	switch {
	case e.NodesMost == 0:
		return ""
	case e.NodesLeast == e.NodesMost:
		return plural(e.NodesMost, "node", "nodes")
	default:
		return count(int64(e.NodesLeast)) + " to " + plural(e.NodesMost, "node", "nodes")
	}
}

// clip shortens a text to at most n characters.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:n-1])) + "…"
}

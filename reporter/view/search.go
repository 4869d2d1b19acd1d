package view

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/search"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/results/summary"
)

// A Search is everything that an output shows of a capacity search.
type Search struct {
	Title    string
	ID       string
	Verdict  slo.Verdict
	Sentence string // What was found, in words.
	Head     []Fact
	Bounds   Table    // By variant and goal.
	Compared []string // Each variant beside the first one.
	Variants []SearchVariant
	Method   []string // How loads were chosen and judged, in sentences.
	Warnings []string // Doubts, each a sentence.
	Again    Code     // How to do it again.
}

// A SearchVariant is what one search was about.
type SearchVariant struct {
	ID      string // Of its section.
	Name    string // "" if there is but one.
	Gave    []SearchGave
	Closing []Figure // How the interval of each goal closed.
	Curve   Figure   // The deciding objective against load.
	Knee    string   // Where its knee is, or why there is none.
	Trials  []SearchTrial
}

// A SearchGave says what gave first for one goal.
type SearchGave struct {
	Goal       string // "" if there is but one.
	Words      string
	Objectives []string // That missed, with figure and limit.
	Evidence   []string // What was saturated, each a sentence.
	Trial      string   // The number of the trial that is looked at.
	Link       string   // To its report, relative to that of the search.
}

// A SearchTrial is one row of the list of trials.
type SearchTrial struct {
	Number, Load, Seed, Took string
	Verdict                  slo.Verdict // The worst for the goals; "" if it does not count.
	Glyph, Word              string
	Interval                 string // After it, by goal.
	Sentence                 string
	BrokeOff                 bool // Whether the sentence says why the run did not come to its end.
	Link                     string
}

// BuildSearch turns a judged search, finished or not, into what its outputs show.
func BuildSearch(s *search.Search) *Search {
	v := &Search{Title: cmp.Or(s.Title, s.Scenario, "Search "+s.ID), ID: s.ID, Verdict: s.Verdict, Sentence: s.Sentence,
		Head: searchHead(s), Bounds: boundsTable(s), Compared: s.Compared, Method: SearchMethod(s), Warnings: searchWarnings(s),
		Again: Code{Title: "Command", Text: shellQuote(s.Command)}}
	for i := range s.Variants {
		v.Variants = append(v.Variants, searchVariant(s, i))
	}
	return v
}

func searchHead(s *search.Search) []Fact {
	facts := []Fact{{"Scenario", s.Scenario}, {"Load", fmt.Sprintf("%s, from %s to %s", s.Parameter, search.Number(s.Rules.From), search.Number(s.Rules.Until))}}
	trials, spent := 0, sample.Offset(0)
	for _, v := range s.Variants {
		trials, spent = trials+len(v.Trials), spent+v.Spent()
		for _, i := range v.Intervals {
			facts = append(facts, Fact{after(joinWords(v.Label, goalName(s, i.Goal)), "Bounds"), boundsWords(i)})
		}
		if v.Headroom != nil {
			facts = append(facts, Fact{after(v.Label, "Headroom at "+search.Number(s.At)), signed(*v.Headroom)})
		}
	}
	return known(append(facts, Fact{"Trials", count(int64(trials))}, Fact{"Duration", elapsed(spent)},
		Fact{"Started", s.Started.UTC().Format("2006-01-02 15:04:05 UTC")}, Fact{"Machine", plural(s.CPUs, "CPU", "CPUs")},
		Fact{"Seed", count(int64(s.Seed))}, Fact{"kubedyno", toolWords(s.Tool)}, Fact{"Search", s.ID}))
}

// after puts a name behind a lead, if there is one: "Bounds, errors".
func after(name, lead string) string {
	if name == "" {
		return lead
	}
	return lead + ", " + name
}

func joinWords(words ...string) string {
	var all []string
	for _, w := range words {
		if w != "" {
			all = append(all, w)
		}
	}
	return strings.Join(all, ", ")
}

// goalName is the name of a goal where there are several.
func goalName(s *search.Search, name string) string {
	if len(s.Goals) == 1 {
		return ""
	}
	return name
}

// boundsWords is an interval in short: "700 to 750", "at least 10,000", "below 10".
func boundsWords(i search.Interval) string {
	switch {
	case i.Lower == nil && i.Upper == nil || i.State == search.Unjudged || i.Lower == nil && i.Upper.Harness:
		return "not known"
	case i.Lower == nil:
		return "below " + search.Number(i.Upper.Load)
	case i.Upper == nil || i.Upper.Harness:
		return "at least " + search.Number(i.Lower.Load)
	}
	return search.Number(i.Lower.Load) + " to " + search.Number(i.Upper.Load)
}

// endWords says how the search of a goal ended.
func endWords(v search.Variant, i search.Interval) string {
	words := map[search.State]string{
		search.Closed: "narrow enough, lower bound confirmed", search.AtLeast: "held at the highest load of the search",
		search.Below: "broke at the least load of the search", search.Harness: "beyond it the harness could not judge",
		search.Unjudged: "the harness could judge no load",
	}[i.State]
	if words == "" {
		words = "not at its end" + strings.TrimSuffix(": "+v.Stopped, ": ")
	}
	return words
}

func boundsTable(s *search.Search) Table {
	t := Table{ID: "bounds-table", Caption: "The highest load at which each goal holds lies from the lower to the upper bound", Empty: "No trial has ended.",
		Columns: []Column{{Name: "Goal"}, {"Lower bound", true}, {Name: "Its trials"}, {"Upper bound", true}, {Name: "Its trials"}, {"Width", true}, {Name: "End"}}}
	for _, v := range s.Variants {
		for _, i := range v.Intervals {
			row := []string{joinWords(v.Label, i.Goal), Dash, Dash, Dash, Dash, Dash, endWords(v, i)}
			if i.Lower != nil {
				row[1], row[2] = search.Number(i.Lower.Load), i.Lower.Confidence(false)
			}
			if i.Upper != nil {
				row[3], row[4] = search.Number(i.Upper.Load), cmp.Or(i.Upper.Confidence(true), "inconclusive: an end of the harness, not of the system")
			}
			if i.Width > 0 {
				row[5] = percent(i.Width)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// SearchMethod says how the loads of a search are chosen and judged, in sentences.
func SearchMethod(s *search.Search) []string {
	r := s.Rules
	confirm := fmt.Sprintf("The lower bound is confirmed by %s, of which none may miss.", plural(r.Confirm, "trial", "trials"))
	if n := r.Misses(); n > 0 {
		confirm = fmt.Sprintf("The lower bound is confirmed by %s, of which %d may miss.", plural(r.Confirm, "trial", "trials"), n)
	}
	var goals []string
	for _, g := range s.Goals {
		goals = append(goals, g.Name)
	}
	load := s.Parameter
	for _, a := range s.Along {
		load += fmt.Sprintf(" (with %s = %v times the load)", a.Parameter, a.Times)
	}
	return []string{
		fmt.Sprintf("The load is %s: from %s by a factor of %v until one breaks, up to %s, and then by halves until the bounds are within %s of each other.",
			load, search.Number(r.From), r.Factor, search.Number(r.Until), percent(r.Width)),
		confirm + " A repeat that breaks a load lowers the bound, after MLRsearch (RFC 9971). What passes above a load that broke does not count.",
		fmt.Sprintf("An inconclusive trial does not count against the system; after %d of them a load is an end of what the harness can judge.", r.Unjudged),
		resetWords(s) + " Bounds are found for: " + strings.Join(goals, "; ") + ".",
		fmt.Sprintf("No trial begins that would probably end after %s, or after %s.", time.Duration(s.Budget.Time), plural(s.Budget.Trials, "trial", "trials")),
	}
}

func searchWarnings(s *search.Search) []string {
	words := map[bundle.Status]string{
		bundle.Running:     "The search is still going on, or was killed: what follows is of the trials that ended.",
		bundle.Interrupted: "The search was interrupted: what follows is of the trials that ended. It can be resumed.",
		bundle.Failed:      "The search ended early, because the environment failed: " + s.Failure + ".",
	}[s.Status]
	var all []string
	if words != "" {
		all = append(all, words)
	}
	if words := othersWords(s); words != "" {
		all = append(all, words)
	}
	for _, v := range s.Variants {
		if v.Stopped != "" {
			all = append(all, joinWords(v.Label, "The search stopped before its end: "+v.Stopped)+". --resume with a larger budget goes on.")
		}
		for _, t := range v.Trials {
			if b := t.Breakdown; b != nil && b.Harness {
				all = append(all, fmt.Sprintf("Trial %d proves nothing about its load: %s.", t.Number, b.Words()))
			} else if t.Limited != "" && b == nil {
				all = append(all, fmt.Sprintf("Trial %d proves nothing about its load: %s.", t.Number, t.Limited))
			}
		}
	}
	return all
}

// othersWords tells of other work on the machine, which makes what waits for a CPU look slow.
func othersWords(s *search.Search) string {
	disturbed, trials, most := 0, 0, 0.0
	for _, v := range s.Variants {
		for _, t := range v.Trials {
			trials++
			if t.Others > summary.MaxOthersShare*float64(s.CPUs) {
				disturbed, most = disturbed+1, max(most, t.Others)
			}
		}
	}
	if disturbed == 0 {
		return ""
	}
	return fmt.Sprintf("In %d of %s other processes of the machine used more than %s of its CPUs, up to %s on average: the bounds may be too low.",
		disturbed, plural(trials, "trial", "trials"), percent(summary.MaxOthersShare), format(most, sample.Cores))
}

func searchVariant(s *search.Search, index int) SearchVariant {
	v := s.Variants[index]
	out := SearchVariant{ID: fmt.Sprintf("variant-%d", index+1), Name: v.Label}
	for _, g := range v.Gave {
		gave := SearchGave{Goal: goalName(s, g.Goal), Words: g.Words(), Objectives: g.Objectives, Trial: fmt.Sprint(g.Trial)}
		for _, e := range g.Saturated {
			gave.Evidence = append(gave.Evidence, e.Text)
		}
		for _, t := range v.Trials {
			if t.Number == g.Trial {
				gave.Link = t.Folder + "/" + bundle.ReportFile
			}
		}
		out.Gave = append(out.Gave, gave)
	}
	for g := range s.Goals {
		out.Closing = append(out.Closing, closing(s, out.ID, v, g))
	}
	out.Curve = curve(s, out.ID, v)
	out.Knee = kneeWords(s, v)
	for _, t := range v.Trials {
		out.Trials = append(out.Trials, searchTrial(t))
	}
	return out
}

func kneeWords(s *search.Search, v search.Variant) string {
	if v.Knee == nil {
		return "No knee stands out: it takes five loads or more, and a curve that is flat first and steep then."
	}
	return fmt.Sprintf("The knee of %s is at %s=%s: beyond it, the figure rises much faster with the load than before (Kneedle, distance %.2f of 1).",
		v.Knee.Objective, s.Parameter, search.Number(v.Knee.Load), v.Knee.Distance)
}

func searchTrial(t search.Trial) SearchTrial {
	row := SearchTrial{Number: fmt.Sprint(t.Number), Load: search.Number(t.Load), Seed: count(int64(t.Seed)), Took: elapsed(t.Took), Sentence: t.Sentence}
	row.Verdict, row.Word = worstVerdict(t), "did not end"
	if row.Verdict != "" {
		row.Glyph, row.Word = Glyph(row.Verdict), string(row.Verdict)
	}
	if t.Verdict != "" {
		row.Link = t.Folder + "/" + bundle.ReportFile
	}
	row.BrokeOff = !t.Ended || t.TimedOut || t.Breakdown != nil
	switch {
	case t.Breakdown != nil:
		row.Sentence = breakdownWords(*t.Breakdown)
	case t.Limited != "":
		row.Sentence = "Harness limited: " + t.Limited + "."
	case t.TimedOut:
		row.Sentence = "It did not end in time, so the load was not carried: " + t.Failure + "."
	case !t.Ended:
		row.Sentence = cmp.Or(t.Failure, "It was killed, or is still going on.")
	}
	var spans []string
	for _, span := range t.After {
		spans = append(spans, spanWords(span))
	}
	row.Interval = strings.Join(spans, "; ")
	return row
}

// worstVerdict is that of a trial for all goals; "" if it does not count.
func worstVerdict(t search.Trial) slo.Verdict {
	if !t.Ended {
		return ""
	}
	return slo.Worst(t.Verdicts)
}

func spanWords(s search.Span) string {
	ends := []string{"?", "?"}
	if s.Lower > 0 {
		ends[0] = search.Number(s.Lower)
	}
	if s.Upper > 0 {
		ends[1] = search.Number(s.Upper)
	}
	return ends[0] + " to " + ends[1]
}

// TrialLine is a trial in a line of a live view: its load, what came of it, the interval so far and
// what is left of the budget.
func TrialLine(s *search.Search, v search.Variant, t search.Trial) string {
	row := searchTrial(t)
	words := fmt.Sprintf("Trial %d, %s=%s: %s after %s.", t.Number, s.Parameter, row.Load, row.Word, row.Took)
	if row.Verdict != slo.Pass {
		words += " " + row.Sentence
	}
	var ends []string
	for _, i := range v.Intervals {
		ends = append(ends, joinWords(goalName(s, i.Goal), boundsWords(i)))
	}
	left := max(time.Duration(s.Budget.Time-v.Spent()), 0).Round(time.Second)
	return words + fmt.Sprintf(" So far: %s. Left of the budget: %s.", strings.Join(ends, "; "), left)
}

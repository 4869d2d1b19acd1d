package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/capacity"
	"github.com/kubedyno/kubedyno/results/model"
	"github.com/kubedyno/kubedyno/results/sample"
)

// maxCapacityCurves is how many curves a page draws, each with its residuals.
const maxCapacityCurves = 12

// A PlanCapacity is everything that an output shows of what a control plane can hold.
type PlanCapacity struct {
	Title    string
	Tone     Tone
	Glyph    string
	Sentence string
	Head     []Fact
	Lead     string // How to read it.
	Parts    []CapacityPart
	Answers  Table
	Sanity   Table
	Costs    *CapacityCosts // nil if no runs tell.
	Models   Table
	Details  []CapacityModel // The fits among them, for the terminal.
	Unfitted []Fact          // Sizes over which nothing could be fitted, and why.
	Figures  []Figure
	Undrawn  string // How many are not drawn, in a sentence; "" if all are.
	Runs     Table
	LeftOut  Table
	Warnings []string
}

// A CapacityPart is the answers on one size, or on all together.
type CapacityPart struct {
	Title   string // "2,000 nodes", "Together".
	From    string // From which runs, in words.
	Answers []CapacityAnswer
	ToKnow  []string // What to run, each once.
}

// A CapacityAnswer is about one limit.
type CapacityAnswer struct {
	Tone  Tone
	Glyph string
	Word  string
	Name  string
	Value string // The prediction with its interval; Dash without one.
	Limit string
	Known string // What the run of the largest size has measured; "" without one.
	Note  string
}

// A CapacityModel is a fit in words.
type CapacityModel struct {
	Name       string // "control plane CPU over nodes"
	From       string
	Formula    string // "" without a fit.
	Parameters []string
	Quality    string
	Measured   string // The largest that was.
	HeldOut    string
	Refusals   []string
}

// capacityTone is how a verdict is coloured, and its glyph.
func capacityTone(v capacity.Verdict) (Tone, string) {
	switch v {
	case capacity.Inside:
		return Good, "✓"
	case capacity.Edge:
		return Care, "▲"
	case capacity.Outside:
		return Bad, "✗"
	default:
		return Plain, "?"
	}
}

// BuildPlanCapacity turns a plan into what its outputs show.
func BuildPlanCapacity(p *capacity.Plan) *PlanCapacity {
	v := &PlanCapacity{Title: "What this control plane holds", Sentence: p.Sentence, Warnings: p.Notes}
	v.Tone, v.Glyph = capacityTone(p.Verdict)
	if p.Question == nil {
		v.Glyph = "~"
	}
	v.Head = known([]Fact{{"Asked", questionWords(p.Question)}, {"Control plane", p.ControlPlane}, {"Runs", count(int64(len(p.Runs)))},
		{"Left out", count(int64(len(p.LeftOut)))}})
	v.Lead = fmt.Sprintf("Each point is one run. Intervals hold 95%% of further runs, by a bootstrap of residuals, and cover every form that the data cannot tell from the best; beyond what was measured they widen with the root of the distance. "+
		"Nothing is predicted from fewer than %d runs or %d sizes, beyond %g times the largest that was measured, or by a form that does not describe the runs. "+
		"Each size is looked at alone, with the others as they were in the runs.", model.MinPoints, model.MinSizes, model.MaxReach)
	for _, d := range append(capacity.Dimensions(), capacity.Together) {
		if part := capacityPart(p, d); len(part.Answers) > 0 {
			v.Parts = append(v.Parts, part)
		}
	}
	var models []CapacityModel
	for _, c := range p.Curves {
		if len(c.Model.Points) == 0 {
			continue
		}
		models = append(models, capacityModel(c))
		if len(c.Model.Fits) > 0 {
			v.Details = append(v.Details, capacityModel(c))
		}
	}
	for _, u := range p.Unfitted {
		v.Unfitted = append(v.Unfitted, Fact{"Over " + string(u.Dimension), unfittedWords(p, u)})
	}
	v.Answers, v.Sanity, v.Models = answerTable(v.Parts), sanityTable(p.Sanity), modelTable(models)
	v.Costs = capacityCosts(p)
	v.Runs, v.LeftOut = capacityRuns(p), capacityLeftOut(p)
	v.draw(p)
	return v
}

// unfittedWords says why nothing could be fitted, what the largest run has measured of what has a
// limit, and what to run.
func unfittedWords(p *capacity.Plan, u capacity.Unfitted) string {
	var measured []string
	at := 0.0
	for _, c := range p.Curves {
		if n := len(c.Model.Points); c.Dimension == u.Dimension && c.Measure.Limit != nil && n > 0 {
			top := c.Model.Points[n-1]
			at = max(at, top.X)
			measured = append(measured, c.Measure.Name+" "+format(top.Y, c.Measure.Unit))
		}
	}
	words := u.Reason
	if len(measured) > 0 {
		words += ". Measured at " + capacity.SizeWords(u.Dimension, at) + ": " + strings.Join(measured, ", ")
	}
	return words + ". To know: " + u.ToKnow
}

// questionWords is what was asked; "" if nothing was.
func questionWords(q *capacity.Question) string {
	if q == nil {
		return ""
	}
	var words []string
	for _, d := range capacity.Dimensions() {
		if size := q.Of(d); size > 0 {
			words = append(words, capacity.SizeWords(d, size))
		}
	}
	return strings.Join(words, ", ")
}

func capacityPart(p *capacity.Plan, d capacity.Dimension) CapacityPart {
	part := CapacityPart{Title: "Together"}
	for _, a := range p.Answers {
		if a.Dimension != d {
			continue
		}
		if d != capacity.Together {
			part.Title = capacity.SizeWords(d, a.Asked)
		}
		row := CapacityAnswer{Word: string(a.Verdict), Name: a.Measure, Value: Dash, Limit: limitOfAnswer(a), Note: a.Reason}
		row.Tone, row.Glyph = capacityTone(a.Verdict)
		if a.Largest != nil {
			row.Known = format(a.Largest.Y, a.Unit) + " at " + capacity.SizeWords(d, a.Largest.X)
		}
		if a.Prediction != nil {
			row.Value = predictionWords(*a.Prediction, a.Unit)
		}
		part.Answers = append(part.Answers, row)
		if a.ToKnow != "" && !slices.Contains(part.ToKnow, a.ToKnow) {
			part.ToKnow = append(part.ToKnow, a.ToKnow)
		}
	}
	if at := slices.IndexFunc(p.Curves, func(c capacity.Curve) bool { return c.Dimension == d }); at >= 0 {
		part.From = fromWords(p.Curves[at])
	}
	return part
}

// fromWords says which runs a curve is made of.
func fromWords(c capacity.Curve) string {
	n := len(c.Model.Points)
	words := plural(n, "run", "runs") + " of " + c.Scenario
	if n > 0 {
		words += ", " + format(c.Model.Smallest(), sample.Count) + " to " + capacity.SizeWords(c.Dimension, c.Model.Largest())
	}
	return words + ", " + c.Held
}

func limitOfAnswer(a capacity.Answer) string {
	if a.Limit == nil {
		return Dash
	}
	return limitSign(a.Least) + format(*a.Limit, a.Unit)
}

func limitSign(least bool) string {
	if least {
		return "≥ "
	}
	return "≤ "
}

// predictionWords writes a prediction with its interval.
func predictionWords(p model.Prediction, unit sample.Unit) string {
	value := format(p.Value, unit)
	if math.IsInf(p.Value, 1) {
		value = "no bound"
	}
	return value + " (" + capacity.IntervalWords(p, unit) + ")"
}

func capacityModel(c capacity.Curve) CapacityModel {
	m := CapacityModel{Name: c.Measure.Name + " over " + string(c.Dimension), From: fromWords(c)}
	top := c.Model.Points[len(c.Model.Points)-1]
	m.Measured = format(top.Y, c.Measure.Unit) + " at " + capacity.SizeWords(c.Dimension, top.X)
	for _, r := range c.Model.Refusals {
		words := string(r.Rule) + ": " + r.Reason
		if r.Beyond {
			words = "beyond what was measured, " + words
		}
		m.Refusals = append(m.Refusals, words)
	}
	if len(c.Model.Fits) == 0 {
		return m
	}
	best := c.Model.Fits[0]
	m.Formula = string(best.Form) + ", " + best.Form.Formula()
	for _, p := range best.Parameters {
		words := short
		if inUnit(best.Form, p.Name) {
			words = func(v float64) string { return format(v, c.Measure.Unit) }
		}
		m.Parameters = append(m.Parameters, fmt.Sprintf("%s = %s (%s to %s)", p.Name, words(p.Value), words(p.Low), words(p.High)))
	}
	quality := []string{residualWords(best.Residuals)}
	if best.Form != model.Constant {
		quality = append([]string{"R² " + formatFixed(best.R2, 3)}, quality...)
	}
	if best.Peak != nil {
		quality = append(quality, "peak "+format(best.Peak.Y, c.Measure.Unit)+" at "+capacity.SizeWords(c.Dimension, best.Peak.X))
	}
	var others []string
	for _, f := range c.Model.Fits[1:] {
		others = append(others, string(f.Form))
	}
	if len(others) > 0 {
		quality = append(quality, "as likely by AICc: "+strings.Join(others, ", "))
	}
	m.Quality = strings.Join(quality, "; ")
	if h := c.Model.HeldOut; h != nil {
		m.HeldOut = fmt.Sprintf("the smaller runs predict %s for %s; measured: %s", capacity.IntervalWords(h.Prediction, c.Measure.Unit),
			capacity.SizeWords(c.Dimension, h.X), format(h.Measured, c.Measure.Unit))
	}
	return m
}

// inUnit reports whether a parameter is in the unit of what is fitted, or that for each of the size.
func inUnit(form model.Form, name string) bool {
	return name == "a" || name == "S" || name == "b" && form == model.Linear
}

// short writes a parameter, whose unit is that of the formula, with three significant digits.
func short(v float64) string {
	if v != 0 && math.Abs(v) < 0.001 || math.Abs(v) >= 1e6 {
		return fmt.Sprintf("%.2e", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// residualWords says between what the residuals lie.
func residualWords(residuals []float64) string {
	return "residuals " + signed(slices.Min(residuals)) + " to " + signed(slices.Max(residuals))
}

func answerTable(parts []CapacityPart) Table {
	t := Table{ID: "answers-table", Caption: "Each limit at the sizes asked for", Empty: "No size was asked for: --nodes, --pods and --requests ask.",
		Columns: []Column{{Name: "Size"}, {Name: "Limit on"}, {Name: "Answer"}, {"Predicted (95% of runs)", true}, {"Limit", true}, {"Largest measured", true}, {Name: "Why, and what to run to know"}}}
	for _, part := range parts {
		for _, a := range part.Answers {
			note := a.Note
			if a.Word == string(capacity.Unknown) && len(part.ToKnow) > 0 {
				note += ". To know: " + strings.Join(part.ToKnow, "; ")
			}
			t.Rows = append(t.Rows, []string{part.Title, a.Name, a.Glyph + "\u00a0" + a.Word, a.Value, a.Limit, cmp.Or(a.Known, Dash), cmp.Or(note, Dash)})
		}
	}
	return t
}

func sanityTable(lines []capacity.Line) Table {
	t := Table{ID: "sanity-table", Caption: "Beside the thresholds to which Kubernetes SIG-Scalability tests; they decide nothing here", Empty: "Neither nodes nor pods were asked for.",
		Columns: []Column{{Name: "Of"}, {"Asked", true}, {"Threshold", true}, {Name: "Asked is"}}}
	for _, l := range lines {
		word := "within"
		if !l.Within {
			word = "beyond"
		}
		t.Rows = append(t.Rows, []string{l.Name, format(l.Asked, sample.Count), format(l.Threshold, sample.Count), word})
	}
	return t
}

func modelTable(models []CapacityModel) Table {
	t := Table{ID: "models-table", Caption: "The fits, their parameters with 95% intervals, and what is held against them", Empty: "No run counts.",
		Columns: []Column{{Name: "Quantity"}, {Name: "Runs"}, {Name: "Form"}, {Name: "Parameters"}, {Name: "Quality"}, {Name: "Largest measured"}, {Name: "Held-out test"}, {Name: "Not predicted, because"}}}
	for _, m := range models {
		t.Rows = append(t.Rows, []string{m.Name, m.From, cmp.Or(m.Formula, Dash), cmp.Or(strings.Join(m.Parameters, ", "), Dash), cmp.Or(m.Quality, Dash), m.Measured,
			cmp.Or(m.HeldOut, Dash), cmp.Or(strings.Join(m.Refusals, "; "), Dash)})
	}
	return t
}

func capacityRuns(p *capacity.Plan) Table {
	t := Table{ID: "runs-table", Caption: "The runs and what they held in the phase that counts", Empty: "No run counts.",
		Columns: []Column{{Name: "Run"}, {Name: "Scenario"}, {Name: "Phase"}, {"Nodes", true}, {"Pods", true}, {"Requests/s", true}}}
	for _, r := range p.Runs {
		t.Rows = append(t.Rows, []string{r.Name, r.Scenario, r.Phase, format(r.Nodes, sample.Count), format(r.Pods, sample.Count), format(r.Requests, sample.Count)})
	}
	return t
}

func capacityLeftOut(p *capacity.Plan) Table {
	t := Table{ID: "left-out-table", Caption: "Runs that do not count", Empty: "All runs count.", Columns: []Column{{Name: "Run"}, {Name: "Why"}}}
	for _, l := range p.LeftOut {
		t.Rows = append(t.Rows, []string{l.Run, l.Why})
	}
	return t
}

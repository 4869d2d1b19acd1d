// Package capacity answers whether a control plane holds so many nodes, pods and requests a second,
// from runs that measured fewer or more of them.
//
//	found, err := capacity.Open([]string{"results/runs"})
//	plan := capacity.Of(found.Runs, capacity.Question{Nodes: 2000}, capacity.Options{})
//
// Of is pure. Each run is one point: the phase in which it held the most. One size is looked at at a
// time, over runs that are alike in the others; package model fits and refuses.
package capacity

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/compare"
	"github.com/kubedyno/kubedyno/results/model"
	"github.com/kubedyno/kubedyno/results/sample"
)

// FormatVersion is that of a Plan in JSON.
const FormatVersion = 1

// A Dimension is a size that a control plane has to bear.
type Dimension string

// The dimensions. Together is no size of its own: it adds up what all that were asked for need.
const (
	Nodes    Dimension = "nodes"
	Pods     Dimension = "pods"
	Requests Dimension = "requests/s"
	Together Dimension = "together"
)

// Dimensions are the sizes that can be asked for.
func Dimensions() []Dimension { return []Dimension{Nodes, Pods, Requests} }

// A Question is what a control plane is to hold; what is 0 is not asked.
type Question struct {
	Nodes    float64 `json:"nodes,omitempty"`
	Pods     float64 `json:"pods,omitempty"`
	Requests float64 `json:"requests,omitempty"` // A second, of all kinds in the mix that was measured.
}

// Of is the size asked for.
func (q Question) Of(d Dimension) float64 {
	switch d {
	case Nodes:
		return q.Nodes
	case Pods:
		return q.Pods
	case Requests:
		return q.Requests
	}
	return 0
}

// A Verdict is the answer to a question.
type Verdict string

// The verdicts. Edge is where the limit lies within the interval of the prediction.
const (
	Inside  Verdict = "inside"
	Edge    Verdict = "at the edge"
	Outside Verdict = "outside"
	Unknown Verdict = "unknown"
)

// A Plan is what the runs say.
type Plan struct {
	FormatVersion int        `json:"formatVersion"`
	Question      *Question  `json:"question,omitempty"` // nil if nothing was asked.
	Verdict       Verdict    `json:"verdict,omitempty"`  // The worst of the answers: outside, at the edge, unknown, inside.
	Sentence      string     `json:"sentence"`
	ControlPlane  string     `json:"controlPlane"` // What all runs have in common, in words.
	Runs          []Run      `json:"runs"`         // That count.
	LeftOut       []LeftOut  `json:"leftOut,omitempty"`
	Answers       []Answer   `json:"answers,omitempty"`
	Sanity        []Line     `json:"sanity,omitempty"`
	Curves        []Curve    `json:"curves"`
	Unfitted      []Unfitted `json:"unfitted,omitempty"` // Dimensions over which nothing could be fitted.
	Costs         *Costs     `json:"costs,omitempty"`    // nil if no runs tell.
	Notes         []string   `json:"notes,omitempty"`
}

// A Run is what one run has measured, in the phase in which it held the most.
type Run struct {
	Name     string             `json:"name"`
	Scenario string             `json:"scenario"`
	Phase    string             `json:"phase"`
	Nodes    float64            `json:"nodes"`
	Pods     float64            `json:"pods"`
	Requests float64            `json:"requests"` // Offered a second.
	Values   map[string]float64 `json:"values"`   // By Measure.Key.

	source   compare.Run
	measures []Measure // Of Values.
	settings string    // See settings.
}

// of is the run's size.
func (r Run) of(d Dimension) float64 { return Question{r.Nodes, r.Pods, r.Requests}.Of(d) }

// A LeftOut is a run that does not count, and why.
type LeftOut struct {
	Run string `json:"run"`
	Why string `json:"why"`
}

// A Measure is something that grows with the sizes.
type Measure struct {
	Key  string      `json:"key"`
	Name string      `json:"name"`
	Unit sample.Unit `json:"unit"`
	// Limit is nil where there is none to be judged by. Of throughput it is the share of the requests
	// asked for that must be answered.
	Limit  *float64 `json:"limit,omitempty"`
	Least  bool     `json:"least,omitempty"`  // The limit must be reached, not kept below.
	Source string   `json:"source,omitempty"` // Where the limit comes from.
	Only   string   `json:"-"`                // The dimension over which alone it means something; "" for all.

	kind kind
}

// A kind chooses the forms that a measure may take.
type kind int

const (
	cost kind = iota
	latency
	throughput
)

// A Curve is a measure over a dimension.
type Curve struct {
	Dimension Dimension    `json:"dimension"`
	Measure   Measure      `json:"measure"`
	Scenario  string       `json:"scenario"`
	Held      string       `json:"held"` // What the other sizes were, in words.
	Model     *model.Curve `json:"model"`
}

// An Unfitted is a dimension over which nothing could be fitted.
type Unfitted struct {
	Dimension Dimension `json:"dimension"`
	Reason    string    `json:"reason"` // A clause.
	ToKnow    string    `json:"toKnow"` // What to run.
}

// An Answer is about one limit.
type Answer struct {
	Dimension  Dimension         `json:"dimension"`
	Measure    string            `json:"measure"` // Its name.
	Key        string            `json:"key"`
	Unit       sample.Unit       `json:"unit"`
	Asked      float64           `json:"asked,omitempty"` // The size; 0 of Together.
	Verdict    Verdict           `json:"verdict"`
	Prediction *model.Prediction `json:"prediction,omitempty"` // nil if it is unknown.
	Limit      *float64          `json:"limit,omitempty"`
	Least      bool              `json:"least,omitempty"`
	Source     string            `json:"source,omitempty"`
	Refusals   []model.Refusal   `json:"refusals,omitempty"`
	Largest    *model.Point      `json:"largest,omitempty"` // What the run of the largest size has measured.
	Reason     string            `json:"reason,omitempty"`  // In words; of what is unknown, the rule that was applied.
	ToKnow     string            `json:"toKnow,omitempty"`  // What to run to know it.
}

// Options say how the curves are made.
type Options struct {
	Replicates int // Of the bootstrap; 0 is the model's default.
}

// seed is that of every bootstrap, so that the same runs give the same plan.
const seed = 1

// Of answers the question from the runs; without one it only fits.
func Of(runs []compare.Run, q Question, options Options) *Plan {
	p := &Plan{FormatVersion: FormatVersion, Runs: []Run{}, Curves: []Curve{}}
	measured := p.measure(runs)
	measured = p.alike(measured)
	p.Runs = append(p.Runs, measured...)
	groups := map[Dimension]group{}
	for _, d := range Dimensions() {
		g := groupOf(measured, d)
		groups[d] = g
		before := len(p.Curves)
		for _, m := range g.measures() {
			p.Curves = append(p.Curves, g.curve(m, options))
		}
		p.unfitted(g, p.Curves[before:], q.Of(d))
	}
	p.Costs = costs(measured, q)
	p.notes(measured)
	if q == (Question{}) {
		p.Sentence = p.fitSentence()
		return p
	}
	p.Question = &q
	for _, d := range Dimensions() {
		if asked := q.Of(d); asked > 0 {
			p.Answers = append(p.Answers, p.answers(groups[d], asked)...)
		}
	}
	p.Answers = append(p.Answers, p.together(q)...)
	p.Sanity = thresholds(q)
	p.Verdict, p.Sentence = verdict(p.Answers)
	return p
}

// unfitted tells of a dimension without any fit.
func (p *Plan) unfitted(g group, curves []Curve, asked float64) {
	u := Unfitted{Dimension: g.dimension, Reason: "no run that counts has " + string(g.dimension)}
	largest := 0.0
	for _, c := range curves {
		if len(c.Model.Fits) > 0 {
			return
		}
		if at := c.Model.Largest(); at >= largest && len(c.Model.Refusals) > 0 {
			largest, u.Reason = at, c.Model.Refusals[0].Reason
		}
	}
	if asked == 0 {
		asked = max(largest, usualSize(g.dimension))
	}
	u.ToKnow = g.advice(asked, largest)
	p.Unfitted = append(p.Unfitted, u)
}

// usualSize is the size up to which it is proposed to measure where none was asked for.
func usualSize(d Dimension) float64 {
	if d == Pods {
		return 5800 // As pods/density has.
	}
	return 1000
}

// fitSentence counts what could be fitted, and how often the test of extrapolation came true.
func (p *Plan) fitSentence() string {
	fits, tested, inside := 0, 0, 0
	for _, c := range p.Curves {
		if len(c.Model.Fits) > 0 {
			fits++
		}
		if h := c.Model.HeldOut; h != nil {
			tested++
			if h.Inside {
				inside++
			}
		}
	}
	words := fmt.Sprintf("%d of %d quantities over nodes, pods or requests could be fitted, from %s.", fits, len(p.Curves), plural(len(p.Runs), "run"))
	if tested > 0 {
		words += fmt.Sprintf(" Without its largest size, %d of %d were predicted within their interval.", inside, tested)
	}
	return words
}

// worst is the order of verdicts, as that of package slo: what is known to be bad comes first.
func worst() []Verdict { return []Verdict{Outside, Edge, Unknown, Inside} }

// verdict is the worst of the answers, and the sentence that says so.
func verdict(answers []Answer) (Verdict, string) {
	for _, v := range worst() {
		var about []string
		for _, a := range answers {
			if a.Verdict == v {
				about = append(about, a.subject())
			}
		}
		if len(about) == 0 {
			continue
		}
		const most = 3
		words := strings.Join(about[:min(len(about), most)], "; ")
		if more := len(about) - most; more > 0 {
			words += fmt.Sprintf("; and %d more", more)
		}
		switch v {
		case Inside:
			return v, fmt.Sprintf("INSIDE: limits kept: %d of %d.", len(about), len(answers))
		case Unknown:
			return v, fmt.Sprintf("UNKNOWN: limits of which these runs do not tell: %d of %d; %s.", len(about), len(answers), words)
		case Edge:
			return v, "AT THE EDGE: the limit lies within the interval of " + words + "."
		default:
			return v, "OUTSIDE: the limit is passed by " + words + "."
		}
	}
	return Unknown, "UNKNOWN: no run says anything of it."
}

// subject names what an answer is about.
func (a Answer) subject() string {
	if a.Dimension == Together {
		return a.Measure + ", together"
	}
	return a.Measure + " at " + SizeWords(a.Dimension, a.Asked)
}

// SizeWords writes a size: "2,000 nodes", "500 requests/s".
func SizeWords(d Dimension, size float64) string {
	if size < 1000 && size != float64(int64(size)) {
		return sample.Format(size, sample.Count) + " " + string(d)
	}
	return sample.FormatCount(int64(size+0.5)) + " " + string(d)
}

// plural writes a count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return sample.FormatCount(int64(n)) + " " + noun + "s"
}

// notes adds what is to be known of the runs.
func (p *Plan) notes(runs []Run) {
	limited := 0
	for _, l := range p.LeftOut {
		if strings.HasPrefix(l.Why, harnessLimited) {
			limited++
		}
	}
	if limited > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("In %s kubedyno itself was the limit; they are left out.", plural(limited, "run")))
	}
	saturated, cores := 0, 0
	for _, r := range runs {
		if all := r.Values[everythingKey]; r.source.Manifest.Machine.CPUs > 0 && all > saturatedShare*float64(r.source.Manifest.Machine.CPUs) {
			saturated, cores = saturated+1, r.source.Manifest.Machine.CPUs
		}
	}
	if saturated > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("In %s the %d CPUs of the machine were used up by the control plane, kwok and kubedyno together: "+
			"the control plane may have wanted more than it got.", plural(saturated, "run"), cores))
	}
	if slices.ContainsFunc(runs, func(r Run) bool { return r.source.Manifest.Cluster.Origin == "embedded" }) {
		p.Notes = append(p.Notes, "The control plane shared its machine with kwok and kubedyno. The figures describe this machine, and so do the limits.")
	}
}

// saturatedShare of a machine's CPUs counts as all of them.
const saturatedShare = 0.95

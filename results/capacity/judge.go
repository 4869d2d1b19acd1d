package capacity

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kubedyno/kubedyno/results/model"
	"github.com/kubedyno/kubedyno/results/sample"
)

// MaxSpread is how many times the lower end of an interval that covers a limit its upper end may be;
// beyond it the data say nothing, not even that it is near.
const MaxSpread = 4.0

// TooWide is the rule of MaxSpread.
const TooWide model.Rule = "interval too wide"

// answers judges every limit of a dimension at the size asked for.
func (p *Plan) answers(g group, asked float64) []Answer {
	var all []Answer
	for _, c := range p.Curves {
		if c.Dimension == g.dimension && c.Measure.Limit != nil {
			all = append(all, g.answer(c, asked))
		}
	}
	if len(all) == 0 {
		all = append(all, Answer{Dimension: g.dimension, Measure: "every limit", Asked: asked, Verdict: Unknown,
			Reason: "no run that counts has " + string(g.dimension), ToKnow: g.advice(asked, 0)})
	}
	return all
}

// answer judges one limit.
func (g group) answer(c Curve, asked float64) Answer {
	m := c.Measure
	limit := *m.Limit
	if m.kind == throughput {
		limit *= asked
	}
	a := Answer{Dimension: g.dimension, Measure: m.Name, Key: m.Key, Unit: m.Unit, Asked: asked, Limit: &limit, Least: m.Least, Source: m.Source}
	if n := len(c.Model.Points); n > 0 {
		a.Largest = &c.Model.Points[n-1]
	}
	prediction, refused := c.Model.Predict(asked)
	if len(refused) == 0 {
		a.judge(prediction)
		refused = a.Refusals
	}
	if len(refused) == 0 {
		return a
	}
	a.Verdict, a.Refusals = Unknown, refused
	var reasons []string
	for _, r := range refused {
		reasons = append(reasons, r.Reason)
	}
	a.Reason = strings.Join(reasons, "; ")
	a.ToKnow = g.advice(asked, c.Model.Largest())
	return a
}

// judge compares a prediction with the limit.
func (a *Answer) judge(p model.Prediction) {
	a.Prediction = &p
	limit := *a.Limit
	good, bad := p.High <= limit, p.Low > limit
	if a.Least {
		good, bad = p.Low >= limit, p.High < limit
	}
	switch {
	case good:
		a.Verdict = Inside
	case bad:
		a.Verdict = Outside
	case p.High > MaxSpread*p.Low:
		a.Refusals = []model.Refusal{{Rule: TooWide, Reason: fmt.Sprintf("the interval, %s, covers the limit and its upper end is more than %.0f times its lower one",
			IntervalWords(p, a.Unit), MaxSpread)}}
	default:
		a.Verdict = Edge
	}
}

// IntervalWords writes the interval of a prediction.
func IntervalWords(p model.Prediction, unit sample.Unit) string {
	high := "no bound"
	if !math.IsInf(p.High, 1) {
		high = sample.Format(p.High, unit)
	}
	return sample.Format(p.Low, unit) + " to " + high
}

// together judges the resources that all sizes share. What is needed for all of them is at least the
// largest need of one, and at most the sum, in which what an empty control plane needs is counted
// more than once. That sizes make one another dearer is not seen by runs in which one size grows.
func (p *Plan) together(q Question) []Answer {
	asked := 0
	for _, d := range Dimensions() {
		if q.Of(d) > 0 {
			asked++
		}
	}
	if asked < 2 {
		return nil
	}
	var all []Answer
	for _, key := range []string{cpuKey, memoryKey, etcdKey} {
		sum := model.Prediction{}
		total := Answer{Dimension: Together, Key: key}
		known := 0
		for _, a := range p.Answers {
			if a.Key != key {
				continue
			}
			total.Measure, total.Unit, total.Limit, total.Source = a.Measure, a.Unit, a.Limit, a.Source
			if a.Prediction != nil && a.Verdict != Unknown {
				known++
				sum.Value, sum.Low, sum.High = sum.Value+a.Prediction.Value, max(sum.Low, a.Prediction.Low), sum.High+a.Prediction.High
			}
		}
		switch {
		case total.Limit == nil:
			continue
		case known < asked:
			total.Verdict, total.Reason = Unknown, fmt.Sprintf("the need of %d of the %d sizes is not known", asked-known, asked)
		default:
			total.judge(sum)
			if total.Verdict == "" { // The bounds are far apart by the way they are made.
				total.Verdict, total.Refusals = Edge, nil
			}
			total.Reason = "from the largest need of one size to the sum of all"
		}
		all = append(all, total)
	}
	return all
}

// A Line is one of SIG-Scalability's thresholds beside what was asked.
type Line struct {
	Name      string  `json:"name"`
	Threshold float64 `json:"threshold"`
	Asked     float64 `json:"asked"`
	Within    bool    `json:"within"`
}

// The thresholds to which Kubernetes itself is tested, on a large control plane. They are an
// envelope, not a promise for this one. Source: kubernetes/community,
// sig-scalability/configs-and-limits/thresholds.md.
const (
	thresholdNodes       = 5000
	thresholdPods        = 150000
	thresholdPodsPerNode = 110
)

// thresholds sets what was asked beside the thresholds. They decide nothing.
func thresholds(q Question) []Line {
	var all []Line
	add := func(name string, threshold, asked float64) {
		all = append(all, Line{name, threshold, asked, asked <= threshold})
	}
	if q.Nodes > 0 {
		add("nodes", thresholdNodes, q.Nodes)
	}
	if q.Pods > 0 {
		add("pods", thresholdPods, q.Pods)
	}
	if q.Nodes > 0 && q.Pods > 0 {
		add("pods per node", thresholdPodsPerNode, q.Pods/q.Nodes)
	}
	return all
}

// The number of sizes that are proposed, each half of the one before, and the least of them.
const (
	proposed     = 7
	leastSize    = 20
	measuredNear = 0.2 // A size within this share of a measured one is not proposed again.
)

// advice says what to run to know about a size: the scenario of the group, or the one that is made
// for the dimension, at the size asked for and its halves. Of a group that is large enough only larger
// sizes are missing.
func (g group) advice(asked, largest float64) string {
	scenario, parameter, per, others := g.command()
	enough := len(g.runs) >= model.MinPoints && g.sizes() >= model.MinSizes && largest >= model.MinSpan*g.runs[0].of(g.dimension)
	near := func(size float64) bool {
		return slices.ContainsFunc(g.runs, func(r Run) bool { return math.Abs(r.of(g.dimension)-size) <= measuredNear*size })
	}
	var values []string
	for i, size := 0, asked; i < proposed && size >= leastSize; i, size = i+1, size/2 {
		if larger := size > largest; larger && (i == 0 || !near(size)) || !larger && !enough && !near(size) {
			values = append(values, strconv.FormatFloat(math.Ceil(size/per), 'f', -1, 64))
		}
	}
	if len(values) == 0 {
		return fmt.Sprintf("repeat %s with sizes about %s", scenario, SizeWords(g.dimension, asked))
	}
	slices.Reverse(values)
	return fmt.Sprintf("run %s with %s=%s", scenario, parameter, strings.Join(slices.Compact(values), ",")) + others
}

// command finds the scenario and the parameter by which a dimension is set, and how much of the
// dimension one of the parameter is: those of the group's runs if the size is in proportion to the
// parameter, or else those of the built-in scenario for the dimension. Others are the parameters that
// the runs were given beside it, without which further ones would be of another group.
func (g group) command() (scenario, parameter string, per float64, others string) {
	var names []string
	switch g.dimension {
	case Nodes:
		scenario, parameter, per, names = "nodes/ramp", "nodes", 1, []string{"nodes"}
	case Pods:
		scenario, parameter, per, names = "pods/density", "nodes", 58, []string{"pods", "replicas"} // 58 pods go on each node.
	default:
		scenario, parameter, per, names = "api/ramp", "rate", 1, []string{"rate"}
	}
	for _, name := range names {
		least, most := math.Inf(1), 0.0
		for _, r := range g.runs {
			value, err := strconv.ParseFloat(r.source.Manifest.Parameters[name], 64)
			if err != nil || value <= 0 {
				most = math.Inf(1)
				continue
			}
			least, most = min(least, r.of(g.dimension)/value), max(most, r.of(g.dimension)/value)
		}
		if g.sizes() < 2 || most > least*(1+alikeShare) {
			continue // One size says nothing of what is in proportion.
		}
		command := g.runs[len(g.runs)-1].source.Manifest.Command
		if at := slices.Index(command, "run"); at >= 0 && at+1 < len(command) {
			return command[at+1], name, least, otherSettings(command, name)
		}
	}
	return scenario, parameter, per, ""
}

// otherSettings are what --set gives of a command but for one parameter: " and hold=20s".
func otherSettings(command []string, parameter string) string {
	words := ""
	for i, word := range command {
		setting, joined := strings.CutPrefix(word, "--set=")
		if word == "--set" && i+1 < len(command) {
			setting, joined = command[i+1], true
		}
		if joined && !strings.HasPrefix(setting, parameter+"=") {
			words += " and " + setting
		}
	}
	return words
}

package summary

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/elasticity"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
	"github.com/kubedyno/kubedyno/results/slo"
)

// An Elasticity says how the HPAs of a service followed its load in a phase. It is computed from
// the recorded series, so that a run that was killed has it too, and so that a better rule can
// be applied to an old run.
type Elasticity struct {
	Service string   `json:"service"`
	Phase   string   `json:"phase"`
	HPAs    []string `json:"hpas"`
	elasticity.Result
}

// elastic collects what elasticity is computed from: whole step series, as the thinned tracks
// would move the edges.
type elastic struct {
	series  recorders                     // By metric and service or HPA.
	windows map[string]map[string]*window // By service and phase.
}

// A window is when the load of a service is known.
type window struct{ from, to sample.Offset }

// elasticPoint takes a point of a series that elasticity needs.
func (c *collector) elasticPoint(p sample.Point) {
	var name string
	switch p.Metric {
	case sample.ServiceNeeded, sample.ServiceReady, sample.ServiceServed:
		name = p.Labels["service"]
	case sample.HPADesired:
		name = p.Labels["hpa"]
	default:
		return
	}
	full := c.elastic.series.add(p.Metric+" "+name, p)
	if full && p.Metric != sample.ServiceServed { // Of which only the oracle wants to know.
		c.overflow[p.Metric] = true
	}
	if _, phase := c.split(p.Labels, p.At); p.Metric == sample.ServiceNeeded && phase != "" {
		c.elastic.extend(name, phase, p.At)
	}
}

func (e *elastic) extend(service, phase string, at sample.Offset) {
	if e.windows == nil {
		e.windows = map[string]map[string]*window{}
	}
	if e.windows[service] == nil {
		e.windows[service] = map[string]*window{}
	}
	if known := e.windows[service][phase]; known != nil {
		known.to = max(known.to, at)
		return
	}
	e.windows[service][phase] = &window{at, at}
}

// elasticities judges every service that has HPAs, by phase, in the order of their names and of
// time.
func (c *collector) elasticities(run *bundle.Run) []Elasticity {
	byService := map[string][]bundle.Autoscaler{}
	for _, a := range run.Manifest.Autoscalers {
		if a.Service != "" {
			byService[a.Service] = append(byService[a.Service], a)
		}
	}
	var all []Elasticity
	for _, service := range slices.Sorted(maps.Keys(byService)) {
		windows := c.elastic.windows[service]
		phases := slices.SortedFunc(maps.Keys(windows), func(a, b string) int { return int(windows[a].from - windows[b].from) })
		for _, phase := range phases {
			all = append(all, c.elasticity(service, phase, byService[service]))
		}
	}
	return all
}

func (c *collector) elasticity(service, phase string, scalers []bundle.Autoscaler) Elasticity {
	e := Elasticity{Service: service, Phase: phase}
	var bounds elasticity.Bounds
	var desired []series.Steps
	for _, a := range scalers {
		e.HPAs = append(e.HPAs, a.HPA)
		bounds.Least += float64(a.Min)
		bounds.Most += float64(a.Max)
		desired = append(desired, c.elastic.steps(sample.HPADesired, a.HPA))
	}
	w := c.elastic.windows[service][phase]
	e.Result = elasticity.Judge(c.elastic.steps(sample.ServiceNeeded, service), series.Sum(desired...),
		c.elastic.steps(sample.ServiceReady, service), w.from, w.to, bounds)
	e.Shortage = c.shortage(service, scalers, w)
	return e
}

func (e elastic) steps(metric, name string) series.Steps {
	return e.series.steps(metric + " " + name)
}

// elasticScalars makes figures that objectives can judge of what is known; what is not defined
// makes none.
func (c *collector) elasticScalars(all []Elasticity) {
	for _, e := range all {
		put := func(metric string, value *float64) {
			if value != nil {
				c.scalar(metric, sample.Labels{"service": e.Service, phaseLabel: e.Phase}, *value)
			}
		}
		if e.Balance.Seconds > 0 {
			put(sample.HPAUnder, &e.Balance.UnderPodSeconds)
			put(sample.HPAOver, &e.Balance.OverPodSeconds)
		}
		if e.Reversals != nil && e.Balance.Seconds > 0 {
			turns := float64(*e.Reversals)
			put(sample.HPAReversals, &turns)
			put(sample.HPANotAsked, &e.Lag.Decided)
			put(sample.HPAActedLate, &e.Lag.Acted)
		}
		if e.Shortage != nil {
			put(sample.HPARuleShort, &e.Shortage.Rule)
			put(sample.HPADecidedLate, &e.Shortage.Decided)
		}
		put(sample.ElasticUnder, e.Balance.UnderAccuracy)
		put(sample.ElasticOver, e.Balance.OverAccuracy)
		put(sample.ElasticUnderTime, e.Balance.UnderTime)
		put(sample.ElasticOverTime, e.Balance.OverTime)
		c.responseScalars(e)
	}
}

// responseScalars are the worst answers of a phase to rises and to falls.
func (c *collector) responseScalars(e Elasticity) {
	for direction, up := range map[string]bool{"up": true, "down": false} {
		labels := sample.Labels{"service": e.Service, phaseLabel: e.Phase, "direction": direction}
		for metric, get := range map[string]func(elasticity.Response) *elasticity.Span{
			sample.HPAReaction:   func(r elasticity.Response) *elasticity.Span { return r.Reaction },
			sample.HPAFirstReady: func(r elasticity.Response) *elasticity.Span { return r.FirstReady },
			sample.HPASettling:   func(r elasticity.Response) *elasticity.Span { return r.Settling },
		} {
			if span := e.Worst(up, get); span != nil {
				c.scalars[key(metric, labels)] = Scalar{Metric: metric, Labels: labels, Value: span.Seconds, Censored: span.Censored}
			}
		}
		most := math.Inf(-1)
		for _, r := range e.Responses {
			if r.Up() == up && r.Overshoot != nil {
				most = max(most, *r.Overshoot)
			}
		}
		if !math.IsInf(most, -1) {
			c.scalar(sample.HPAOvershoot, labels, most)
		}
	}
}

// censoredScalar takes a pass back that rests on a time which had not come to its end.
func (c *collector) censoredScalar(o slo.Objective, out slo.Outcome) slo.Outcome {
	for _, s := range c.scalars {
		if s.Metric != o.Metric || !s.Labels.Match(o.Where) || out.Observed == nil {
			continue
		}
		out.AtLeast = out.AtLeast || s.Censored || s.SoFar
		if s.Censored && out.Verdict == slo.Pass && o.Most != nil {
			out.Verdict = slo.Inconclusive
			out.Reason = fmt.Sprintf("it never got there: it takes at least %s", sample.Format(s.Value, o.Unit()))
			out.Censored = 1
		}
	}
	return out
}

// hpasMissing is how many HPAs were created and never observed.
func (c *collector) hpasMissing() (missing, created int64) {
	count := func(state string) int64 {
		if g := c.gauges[key(sample.HPAs, sample.Labels{"state": state})]; g != nil {
			return int64(g.last)
		}
		return 0
	}
	created = count("created")
	return created - count("observed"), created
}

// hpasBalanced takes a verdict about HPAs back when not all of them were observed.
func (c *collector) hpasBalanced(metric sample.Metric, out slo.Outcome) slo.Outcome {
	missing, created := c.hpasMissing()
	if metric.Source != sample.FromHPA || missing <= MaxMissing || out.Verdict == slo.NoData {
		return out
	}
	out.Verdict = slo.Inconclusive
	out.Reason = fmt.Sprintf("the books do not balance: %s of %s HPAs were never observed", sample.FormatCount(missing), sample.FormatCount(created))
	return out
}

// few names the first ones of many.
func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("all of %s and %s more", strings.Join(names[:most], ", "), sample.FormatCount(int64(len(names)-most)))
}

// elasticWarnings are the doubts about HPAs.
func (c *collector) elasticWarnings(all []Elasticity) []string {
	var doubts []string
	if missing, created := c.hpasMissing(); missing > 0 {
		doubts = append(doubts, fmt.Sprintf("The books do not balance: %s HPAs were created, %s observed.",
			sample.FormatCount(created), sample.FormatCount(created-missing)))
	}
	for _, e := range all {
		if known, whole := e.Balance.Seconds, (e.To - e.From).Seconds(); whole-known > series.Hold.Seconds() {
			doubts = append(doubts, fmt.Sprintf("For %s of phase %s the needed or the Ready pods of service %s are not known; the figures are of the rest.",
				sample.Format(whole-known, sample.Seconds), e.Phase, e.Service))
		}
		if e.Reversals == nil {
			doubts = append(doubts, fmt.Sprintf("In phase %s nothing is known of what %s asked for.", e.Phase, few(e.HPAs)))
		}
	}
	return doubts
}

package summary

import (
	"maps"
	"slices"

	"github.com/kubedyno/kubedyno/results/bundle"
	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/series"
)

// phaseLabel is the label that every series may have beside those of its metric.
const phaseLabel = "phase"

// A collector adds up the records of a run. Each file is read once; only sums, histograms and
// thinned tracks are kept.
type collector struct {
	phases   []Phase
	end      sample.Offset // The run's, or the latest moment of which there is a record.
	events   []sample.Event
	values   map[string]*Values
	floors   map[string]*Values // Of pod startup: with those that are upper bounds at 0.
	gauges   map[string]*gauge  // Overall and by phase.
	scalars  map[string]Scalar
	counters map[string]counter
	buckets  map[string]*bucketed
	rates    map[string]*readyRate // By phase.
	counts   Counts
	overflow map[string]bool // Metrics with more series than are kept.
	elastic  elastic
	syncs    map[string]*syncing // By phase.
	hpas     hpaCount
	oracles  map[string]series.Steps // By HPA.
	outages  []*outage
	rolled   rolled
	costs    costs
	heats    map[string]*Heat // By class of request.
	slow     map[string]*Slow
}

// A gauge is the sum of the points of one label set.
type gauge struct {
	metric string
	labels sample.Labels
	n      int64
	sum    float64
	min    float64
	max    float64
	last   float64
	track  *track // nil for those by phase.
}

func (g *gauge) add(value float64) {
	if g.n == 0 {
		g.min, g.max = value, value
	}
	g.n++
	g.sum += value
	g.min, g.max, g.last = min(g.min, value), max(g.max, value), value
}

func (g *gauge) mean() float64 { return g.sum / float64(g.n) }

// A counter joins a count that starts anew, with every action that counts, into one that
// only grows.
type counter struct{ last, total float64 }

func collect(run *bundle.Run) (*collector, error) {
	c := &collector{
		values: map[string]*Values{}, floors: map[string]*Values{}, gauges: map[string]*gauge{}, scalars: map[string]Scalar{},
		counters: map[string]counter{}, buckets: map[string]*bucketed{}, rates: map[string]*readyRate{}, overflow: map[string]bool{},
		syncs: map[string]*syncing{}, oracles: map[string]series.Steps{}, heats: map[string]*Heat{}, slow: map[string]*Slow{},
	}
	c.rolled.read = map[string]sample.Offset{}
	c.costs.begin(run.Manifest.Services)
	for event, err := range run.Events() { // First: the others are told apart by phase.
		if err != nil {
			return nil, err
		}
		c.event(event)
	}
	for window, err := range run.PackedWindows() {
		if err != nil {
			return nil, err
		}
		c.window(window)
	}
	if err := c.readBuckets(run); err != nil {
		return nil, err
	}
	for point, err := range run.Points() {
		if err != nil {
			return nil, err
		}
		c.point(point)
	}
	for pod, err := range run.Pods() {
		if err != nil {
			return nil, err
		}
		c.pod(pod)
	}
	c.finish(run)
	return c, nil
}

func (c *collector) event(e sample.Event) {
	c.end = max(c.end, e.At)
	switch e.Kind {
	case sample.Progress:
		return
	case sample.PhaseStarted:
		c.phases = append(c.phases, Phase{Name: e.Phase, Start: e.At})
	case sample.PhaseFinished:
		for i := range c.phases {
			if c.phases[i].Name == e.Phase {
				c.phases[i].End, c.phases[i].Ended = e.At, true
			}
		}
	case sample.ComponentKilled, sample.ComponentStarted, sample.ComponentBack:
		c.outageEvent(e)
	}
	if len(c.events) < maxEvents {
		c.events = append(c.events, e)
	}
}

// phaseAt returns the phase that ran at a moment, "" if none did.
func (c *collector) phaseAt(at sample.Offset) string {
	for _, phase := range slices.Backward(c.phases) {
		if phase.Start <= at && (at <= phase.End || !phase.Ended) {
			return phase.Name
		}
	}
	return ""
}

// split returns the labels without the phase, and the phase: that of the labels, or else the
// one that ran at the time.
func (c *collector) split(labels sample.Labels, at sample.Offset) (sample.Labels, string) {
	phase, ok := labels[phaseLabel]
	if !ok {
		return labels, c.phaseAt(at)
	}
	rest := maps.Clone(labels)
	delete(rest, phaseLabel)
	return rest, phase
}

func withPhase(labels sample.Labels, phase string) sample.Labels {
	if phase == "" {
		return labels
	}
	all := sample.Labels{phaseLabel: phase}
	maps.Copy(all, labels)
	return all
}

func key(metric string, labels sample.Labels) string { return metric + "{" + labels.String() + "}" }

func (c *collector) window(w sample.PackedWindow) {
	c.end = max(c.end, w.To)
	labels, phase := c.split(w.Labels, w.From)
	if values := c.valuesOf(w.Metric, withPhase(labels, phase)); values != nil {
		values.Histogram.Add(w.Histogram)
		values.censor(w)
	}
	if w.Metric == sample.APIRequest {
		c.counts.Requests += w.Histogram.Count()
		c.heat(w)
	}
}

// valuesOf returns the distribution of a label set; nil if there are too many already.
func (c *collector) valuesOf(metric string, labels sample.Labels) *Values {
	k := key(metric, labels)
	if values, ok := c.values[k]; ok {
		return values
	}
	if len(c.values) >= maxSeries {
		c.overflow[metric] = true
		return nil
	}
	c.values[k] = &Values{Metric: metric, Labels: labels}
	return c.values[k]
}

func (c *collector) point(p sample.Point) {
	c.end = max(c.end, p.At)
	c.elasticPoint(p)
	c.hpaPoint(p)
	c.outagePoint(p)
	c.rolledPoint(p)
	c.costs.asked(p)
	metric, _ := sample.Lookup(p.Metric)
	if metric.Shape == sample.Scalar {
		c.scalar(p.Metric, p.Labels, p.Value)
		return
	}
	labels, phase := c.split(p.Labels, p.At)
	overall, inPhase := p.Value, p.Value
	if metric.Shape == sample.Counter {
		increase := p.Value
		k := "recorded " + key(p.Metric, p.Labels)
		if last := c.counters[k].last; p.Value >= last {
			increase -= last
		}
		c.count(k, p.Value, increase)
		inPhase = c.count(key(p.Metric, withPhase(labels, phase)), p.Value, increase)
		overall = c.count("overall "+key(p.Metric, labels), p.Value, increase)
	}
	if g := c.gaugeOf(p.Metric, labels); g != nil {
		g.add(overall)
		if g.track == nil {
			g.track = &track{}
		}
		g.track.add(sample.Point{At: p.At, Metric: g.metric, Labels: g.labels, Value: overall}) // Not p's own labels, one map a point.
	}
	if phase == "" {
		return
	}
	if g := c.gaugeOf(p.Metric, withPhase(labels, phase)); g != nil {
		g.add(inPhase)
	}
}

// count adds to a counter and returns its total.
func (c *collector) count(k string, value, increase float64) float64 {
	now := counter{last: value, total: c.counters[k].total + increase}
	c.counters[k] = now
	return now.total
}

func (c *collector) gaugeOf(metric string, labels sample.Labels) *gauge {
	k := key(metric, labels)
	if g, ok := c.gauges[k]; ok {
		return g
	}
	if len(c.gauges) >= maxGauges {
		c.overflow[metric] = true
		return nil
	}
	c.gauges[k] = &gauge{metric: metric, labels: labels}
	return c.gauges[k]
}

func (c *collector) scalar(metric string, labels sample.Labels, value float64) {
	c.scalars[key(metric, labels)] = Scalar{Metric: metric, Labels: labels, Value: value}
}

// finish closes what the end of the run closes and derives what nobody recorded.
func (c *collector) finish(run *bundle.Run) {
	if run.Manifest.Duration > 0 {
		c.end = run.Manifest.Duration
	}
	for i := range c.phases {
		if !c.phases[i].Ended {
			c.phases[i].End = c.end
			continue
		}
		labels := sample.Labels{phaseLabel: c.phases[i].Name}
		if _, recorded := c.scalars[key(sample.PhaseDuration, labels)]; !recorded {
			c.scalar(sample.PhaseDuration, labels, (c.phases[i].End - c.phases[i].Start).Seconds())
		}
	}
	for phase, rate := range c.rates {
		if perSecond, ok := rate.perSecond(); ok {
			c.scalar(sample.PodsReadyRate, withPhase(nil, phase), perSecond)
		}
	}
	c.syncPeriods()
	for _, g := range c.gauges {
		_, byPhase := g.labels[phaseLabel]
		switch {
		case byPhase:
		case g.metric == sample.APIErrors:
			c.counts.Failed += int64(g.last)
		case g.metric == sample.HarnessDropped:
			c.counts.Dropped += int64(g.max)
		}
	}
	c.counts.CutLines = run.CutLines()
}

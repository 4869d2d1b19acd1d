package plan

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubedyno/kubedyno/results/sample"
	"github.com/kubedyno/kubedyno/results/slo"
	"github.com/kubedyno/kubedyno/scenarios/spec"
)

// What a control plane on two cores is assumed to do in a second when a scenario sets no rate.
// They only tell how long a run will take; nothing is judged by them, and a faster machine
// needs less time.
const (
	AssumedNodesPerSecond   = 300 // Created and Ready.
	AssumedObjectsPerSecond = 200 // Created, updated or deleted by kubedyno.
	AssumedPodsPerSecond    = 80  // Created by the controllers, scheduled and Ready.
	AssumedRestart          = 3   // Seconds that a component takes to serve again.
	// AssumedSetupPerSecond is how many objects of its own a load makes before it begins and removes when
	// it has ended, 16 at a time, as fast as they are answered: 32,000 of 2 kB took 21 s and 35 s.
	AssumedSetupPerSecond = 600
)

// leaseRenewals is how often a lease is renewed within its duration.
const leaseRenewals = 4

// samplesBeyond is how many observations must lie beyond a percentile for it to count.
const samplesBeyond = 10

// A simulation goes through the plan with the assumed rates.
type simulation struct {
	*Plan
	pods     map[string]int // Pods of each workload that are there.
	nodes    map[string]int // Nodes of each pool that are there.
	dead     map[string]int // Of these, those that have failed.
	backlog  float64        // Seconds of pod startups that the actions so far have left to be done.
	counted  []observed
	requests []slo.TrafficClass
}

// An observed says how many observations a step will make of the metrics of one source.
type observed struct {
	source sample.Source
	metric string // The only one that is meant; empty for all of the source.
	labels sample.Labels
	n      float64
}

// estimate also makes the objectives of the sets, which depend on what is expected.
func (p *Plan) estimate(sets []string) {
	p.Estimate = Estimate{Objects: map[string]int{}}
	s := &simulation{Plan: p, pods: map[string]int{}, nodes: map[string]int{}, dead: map[string]int{}}
	for i := range p.Phases {
		s.phase(&p.Phases[i])
		p.Estimate.Duration += p.Phases[i].Expected
		if p.Phases[i].Expected > p.Phases[i].Timeout {
			p.Warnings = append(p.Warnings, fmt.Sprintf("Phase %s is expected to take about %s, more than its timeout of %s.",
				p.Phases[i].Name, short(p.Phases[i].Expected), short(p.Phases[i].Timeout)))
		}
	}
	if lease := p.Fleet.LeaseDuration; lease > 0 {
		p.Estimate.Heartbeats = float64(p.Estimate.Objects["Node"]) * leaseRenewals / lease.Seconds()
	}
	if slices.Contains(sets, slo.Scalability) {
		for _, o := range slo.ScalabilityObjectives(s.traffic()) {
			o.Name = promise(o.Metric, string(o.Statistic), "≤ "+sample.Format(*o.Most, o.Unit()), o.Where)
			p.Objectives = append(p.Objectives, o)
		}
	}
	for _, o := range p.Objectives {
		s.warnFewSamples(o)
	}
}

// phase runs the phase's steps in order; those in the background are taken to last until the
// phase ends, so that peaks are not underestimated.
func (s *simulation) phase(phase *Phase) {
	var now, end, background float64 // Seconds since the phase began; requests per second.
	surge := 0
	for _, step := range phase.Steps {
		e := s.step(phase.Name, step)
		now += e.before
		s.Estimate.PeakRequests = max(s.Estimate.PeakRequests, background+e.requests)
		s.Estimate.PeakPods = max(s.Estimate.PeakPods, s.allPods()+surge+e.surge)
		if step.Action.Background {
			end = max(end, now+e.seconds)
			background += e.requests
			surge += e.surge
			continue
		}
		now += e.seconds
	}
	phase.Expected = time.Duration(max(now, end) * float64(time.Second)).Round(time.Second)
}

func (s *simulation) allPods() int {
	all := 0
	for _, n := range s.pods {
		all += n
	}
	return all
}

// An effect is what a step does while it runs.
type effect struct {
	before   float64 // Seconds until it begins; what is in the background holds up those after it, too.
	seconds  float64
	requests float64 // A second, on a schedule.
	surge    int     // Pods above the replicas.
}

func (s *simulation) step(phase string, step Step) effect {
	a, w, n := step.Action, s.Workloads[workloadOf(step.Action)], step.Until-step.From
	objects := float64(n)
	switch {
	case a.Nodes != nil:
		return s.join(phase, *a.Nodes, n)
	case a.Fit != nil:
		return s.fit(phase, *a.Fit, step)
	case a.Fail != nil:
		return s.fail(phase, *a.Fail, n)
	case a.Recover != nil:
		return s.recover(phase, *a.Recover)
	case a.Create != nil:
		s.Estimate.Objects[w.Kind] += n
		if w.Kind == "Pod" {
			s.Estimate.Objects["Pod"] -= n // grow counts them.
		}
		s.claims(w, n)
		seconds := at(objects, a.Create.Rate, AssumedObjectsPerSecond)
		s.grow(phase, w, n*w.PodsEach, seconds)
		return effect{seconds: seconds, requests: a.Create.Rate}
	case a.Scale != nil:
		seconds := at(objects, a.Scale.Rate, AssumedObjectsPerSecond)
		s.grow(phase, w, n*a.Scale.Replicas-s.pods[w.Name], seconds)
		return effect{seconds: seconds, requests: a.Scale.Rate}
	case a.Drain != nil:
		return s.drain(phase, *a.Drain, n)
	case a.Uncordon != nil:
		return effect{}
	case a.Patch != nil:
		return effect{seconds: at(objects, a.Patch.Rate, AssumedObjectsPerSecond), requests: a.Patch.Rate}
	case a.Rollout != nil:
		return s.rollout(phase, w, n, *a.Rollout)
	case a.Delete != nil:
		s.warnStuck(phase, w)
		seconds := max(at(objects, a.Delete.Rate, AssumedObjectsPerSecond), float64(s.pods[w.Name])/AssumedPodsPerSecond)
		delete(s.pods, w.Name)
		return effect{seconds: seconds, requests: a.Delete.Rate}
	case a.Wait != nil:
		seconds := s.backlog
		if a.Wait.For == "ready" && w.PodsEach > 0 { // What has no pods, such as a quota, is ready at once.
			seconds += s.startup().Seconds() + s.firstNodes() + s.volumesTake(w)
		} else if a.Wait.For != "ready" {
			delete(s.pods, w.Name)
		}
		s.backlog = 0
		return effect{seconds: seconds}
	case a.Hold != nil:
		return effect{seconds: a.Hold.Duration.Seconds()}
	case a.Watch != nil:
		return s.watch(phase, *a.Watch)
	case a.Demand != nil:
		return s.demand(phase, *a.Demand)
	case a.Outage != nil:
		return effect{seconds: a.Outage.Duration.Seconds() + AssumedRestart}
	}
	return s.load(phase, *a.Load)
}

// at returns how many seconds n things take at rate, or at the assumed rate if that is lower
// or no rate is set.
func at(n, rate, assumed float64) float64 {
	if rate > 0 {
		return n / min(rate, assumed)
	}
	return n / assumed
}

// grow makes pods, or removes them if there are fewer than none, beside a step that takes
// seconds.
func (s *simulation) grow(phase string, w Workload, pods int, seconds float64) {
	s.pods[w.Name] += pods
	if pods <= 0 {
		return
	}
	s.Estimate.Objects["Pod"] += pods
	s.backlog += max(0, float64(pods)/AssumedPodsPerSecond-seconds)
	s.observe(sample.FromPods, float64(pods), sample.Labels{"phase": phase, "workload": w.Name})
	if s.Fleet.Elastic() || s.Cluster.Karpenter != nil { // No more of them can be without room.
		s.observe(sample.FromElastic, float64(max(pods, w.MostPods)), sample.Labels{"workload": w.Name})
	}
	s.claim(w, pods)
}

// rollout replaces every pod. Each costs a creation and a deletion, and the pods of an object
// are replaced in rounds of which each waits for the pods of the one before.
func (s *simulation) rollout(phase string, w Workload, objects int, a spec.Rollout) effect {
	pods := s.pods[w.Name]
	s.Estimate.Objects["Pod"] += pods
	s.observe(sample.FromPods, float64(pods), sample.Labels{"phase": phase, "workload": w.Name})
	s.observe(sample.FromRollout, float64(objects), sample.Labels{"phase": phase, "workload": w.Name})
	each := pods / max(objects, 1)
	s.warnQuota(phase, w, each)
	seconds := max(at(float64(objects), a.Rate, AssumedObjectsPerSecond), 2*float64(pods)/AssumedPodsPerSecond, s.roundsTake(w, each))
	if a.GiveUp > 0 {
		seconds = min(seconds, a.GiveUp.Seconds())
	}
	most := max(each, w.MostPods/max(objects, 1)) // An autoscaler may have given it more meanwhile.
	return effect{seconds: seconds, requests: a.Rate, surge: objects * min(updateOf(w, most, s.Fleet.Nodes()).Surge, most)}
}

// roundsTake is how many seconds the rounds take in which an object's pods are replaced: in each as many
// as may lack or be too many, and each as long as pods take to stop and to be available.
func (s *simulation) roundsTake(w Workload, each int) float64 {
	u := updateOf(w, each, s.Fleet.Nodes())
	rounds := math.Ceil(float64(each) / float64(max(u.Surge+u.Unavailable, 1)))
	round := s.startup()
	if s.Fleet.PodStop != nil {
		round += usual(*s.Fleet.PodStop)
	}
	available, _ := spec.Lookup(w.Render(0), "spec", "minReadySeconds").(int64)
	return rounds * (round.Seconds() + float64(available))
}

func (s *simulation) load(phase string, l spec.Load) effect {
	rates := l.Rates()
	setup := 0.0
	for i, r := range l.Requests {
		n := rates[i] * l.Pace.Mean(l.Duration) * l.Duration.Seconds()
		s.observe(sample.FromLoad, n, sample.Labels{"phase": phase, "verb": r.Verb, "resource": r.Label(), "scope": r.Scope})
		if r.Verb != "watch" && r.Mode != "watch-list" && r.Subresource != "token" { // Streams, and a virtual resource.
			s.requests = append(s.requests, slo.TrafficClass{Verb: r.Verb, Resource: r.Label(), Scope: r.Scope, Expected: n})
		}
		if made := l.Objects(r, rates[i]); made > 0 {
			s.Estimate.Objects[r.Resource] += int(made)
			if !r.Creates() {
				setup += made
			}
		}
	}
	s.warnHistory(phase, l)
	return effect{before: setup / AssumedSetupPerSecond, seconds: l.Duration.Seconds(), requests: l.TotalRate() * l.Pace.Peak()}
}

// traffic is what the SLOs of SIG-Scalability are about.
func (s *simulation) traffic() slo.Traffic {
	t := slo.Traffic{Requests: s.requests}
	pods := map[string]float64{}
	for _, c := range s.counted {
		if c.source == sample.FromPods {
			pods[c.labels["workload"]] += c.n
		}
	}
	for _, name := range slices.Sorted(maps.Keys(pods)) {
		if s.Workloads[name].Kind != "StatefulSet" {
			t.Pods = append(t.Pods, slo.TrafficPods{Workload: name, Expected: pods[name]})
		}
	}
	return t
}

func (s *simulation) observe(source sample.Source, n float64, labels sample.Labels) {
	s.counted = append(s.counted, observed{source: source, labels: labels, n: n})
}

// startup returns a long but usual time from scheduled to Running.
func (s *simulation) startup() time.Duration { return usual(s.Fleet.PodStartup) }

// usual returns a long but usual time of a distribution.
func usual(l spec.Latency) time.Duration {
	switch l.Distribution {
	case "fixed":
		return l.Value
	case "uniform":
		return l.Max
	case "lognormal":
		return l.P99
	case "quantiles":
		return l.Quantiles[len(l.Quantiles)-1]
	}
	return 0
}

// warnFewSamples warns if a percentile will have too few observations beyond it to count.
func (s *simulation) warnFewSamples(o slo.Objective) {
	percentile, err := strconv.ParseFloat(strings.TrimPrefix(string(o.Statistic), "p"), 64)
	metric, _ := sample.Lookup(o.Metric)
	if err != nil || metric.Source == sample.FromRun {
		return
	}
	n := 0.0
	for _, c := range s.counted {
		if c.source == metric.Source && (c.metric == "" || c.metric == o.Metric) && matches(c.labels, o.Where) {
			n += c.n
		}
	}
	need := samplesBeyond / (1 - percentile/100)
	const rounding = 0.5
	if n+rounding < need {
		s.Warnings = append(s.Warnings, fmt.Sprintf(
			"Objective %q will be inconclusive: about %s observations are expected, and a %s needs %s.",
			o.Name, grouped(int(n)), o.Statistic, grouped(int(math.Ceil(need-rounding)))))
	}
}

// matches reports whether what is observed under labels can be under where too; labels that
// only the run will know do not count against it.
func matches(labels, where sample.Labels) bool {
	for name, value := range where {
		if known, ok := labels[name]; ok && known != value {
			return false
		}
	}
	return true
}

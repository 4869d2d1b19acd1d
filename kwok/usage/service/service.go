// Package service is a fluid model of what the pods of a service do with the work that is asked
// of them: how much they serve, how long it takes, what waits, what is lost, and what it costs
// each pod in CPU and memory. It knows no cluster and has no clock of its own: its caller steps
// it from one moment to the next.
//
// # The model
//
// Work arrives evenly between two steps. Every pod is one server that works through one unit
// after another, capacity units a second at most. While it warms up that grows evenly from 0, and
// a CPU limit bounds it to what the CPU above the idle cost pays for. All pods draw on one shared
// queue, first in, first out: what waits goes to any pod that has room, so that no pod idles
// while work waits. The work is spread over the pods by weights of mean 1, one for each pod for
// as long as it is Ready; what would be more than a pod can serve goes to the others.
//
// With arrivals a, the queue q, all capacity m and the queue's limit Q over a step, in units:
//
//	served = min(q+a, m)    queue' = min(q+a-served, Q)    lost = q+a-served-queue'
//
// Amounts are whole millionths of a unit, so these books balance to the last digit.
//
// A unit's response time is its wait and its service time. The wait is the horizontal distance
// between the cumulative curves of arrivals and of departures, which is exact for a fluid in a
// first-in-first-out queue (G. F. Newell, Applications of Queueing Theory, 1982, chapters 1 and
// 2). The service time of a step is the mean over the units served, of which each takes a pod
// 1/capacity seconds. Waits that arise by chance below the capacity, as of M/M/1, are left out:
// they depend on how arrivals and service times scatter, of which a scenario says nothing. Below
// the capacity the response time is therefore the least that it can be.
package service

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kubedyno/kubedyno/kwok/usage"
)

// Units is an amount of work in millionths of a unit.
type Units int64

// unit is one unit of work.
const unit Units = 1_000_000

// Amount returns units of work, rounded to a millionth.
func Amount(units float64) Units { return Units(math.Round(units * float64(unit))) }

// Float returns the amount in units.
func (u Units) Float() float64 { return float64(u) / float64(unit) }

// Options describe a service. Amounts are not negative.
type Options struct {
	Capacity float64       // Units a second that one warm pod serves at most.
	Warmup   time.Duration // After Ready, for as long as the capacity grows from 0.
	Queue    float64       // Units that may wait in all; 0 loses at once what cannot be served.
	Noise    float64       // The relative standard deviation of the pods' weights.
	Seed     uint64        // Of the weights: equal seeds give equal weights in the order of the pods.

	IdleCores, CoresPerUnit float64 // Cores at rest; core-seconds for a unit.
	IdleBytes, BytesPerUnit float64 // Bytes at rest; bytes for each unit a second that is served.
	CPULimit                float64 // Cores that a pod may use; 0 is no limit.
}

// PodCapacity returns the units a second that one warm pod serves at most under its CPU limit.
func (o Options) PodCapacity() float64 {
	if o.CPULimit <= 0 || o.CoresPerUnit <= 0 {
		return o.Capacity
	}
	return min(o.Capacity, max(0, o.CPULimit-o.IdleCores)/o.CoresPerUnit)
}

// Idle returns what a pod uses that serves nothing.
func (o Options) Idle() usage.Usage { return usage.Usage{Cores: o.IdleCores, Bytes: o.IdleBytes} }

// Usage returns what a pod uses that serves so many units a second.
func (o Options) Usage(perSecond float64) usage.Usage {
	return usage.Usage{Cores: o.IdleCores + o.CoresPerUnit*perSecond, Bytes: o.IdleBytes + o.BytesPerUnit*perSecond}
}

// Needed returns the fewest warm pods whose capacity is demand units a second; 0 if no number is.
func (o Options) Needed(demand float64) int {
	const rounding = 1e-9
	capacity := o.PodCapacity()
	if capacity <= 0 {
		return 0
	}
	return int(math.Ceil(demand/capacity - rounding))
}

// A Pod is a pod that is Ready.
type Pod struct {
	UID   string
	Since time.Duration // When it became Ready, on the caller's clock.
}

// A Share is what one pod did in a step.
type Share struct {
	UID    string
	Served Units
	Usage  usage.Usage
}

// A Response says that some units took the same time.
type Response struct {
	Units Units
	Time  time.Duration
}

// A Result is what a step did.
type Result struct {
	Offered, Served, Lost Units
	Queue                 Units // What waits at the step's end.
	Capacity              Units // What the pods could have served.
	Pods                  []Share
	Responses             []Response // Of what was served.
}

// A Model is a service at a moment. It is not safe for concurrent use.
type Model struct {
	options Options
	random  *rand.Rand
	weights map[string]float64 // By the UID of the pods of the last step.
	waiting queue
}

// New returns a service with no work.
func New(options Options) *Model {
	return &Model{options: options, random: rand.New(rand.NewPCG(options.Seed, 0)), weights: map[string]float64{}}
}

// Options returns what the service was made of.
func (m *Model) Options() Options { return m.options }

// Step lets the service go on from one moment to a later one, in which offered units arrive
// evenly. The pods are those that are Ready at its end, at most one of each UID; those that became
// so within the step serve for the rest of it. A step that has no length only takes the work.
func (m *Model) Step(from, to time.Duration, offered Units, pods []Pod) Result {
	to = max(from, to)
	workers := m.workers(from, to, pods)
	r := Result{Offered: offered}
	for _, w := range workers {
		r.Capacity += w.capacity
	}
	r.Served = min(m.waiting.units+offered, r.Capacity)
	left := m.waiting.units + offered - r.Served
	r.Queue = min(left, Amount(m.options.Queue))
	r.Lost = left - r.Queue

	r.Pods = m.spread(workers, r.Served, to-from)
	m.waiting.arrive(from, to, offered, r.Lost, r.Capacity)
	waits := m.waiting.serve(from, to, r.Served, r.Capacity)
	service := serviceTime(workers, r.Served)
	for i := range waits {
		waits[i].Time += service
	}
	r.Responses = waits
	return r
}

// Abandon gives up what waits and returns how long it has waited at a moment, so that its
// response times are known to be at least that.
func (m *Model) Abandon(at time.Duration) []Response {
	var all []Response
	for _, p := range m.waiting.parcels {
		all = append(all, slice(p.units, at-p.from, at-p.to)...)
	}
	m.waiting = queue{}
	return all
}

// A worker is a pod in a step.
type worker struct {
	uid      string
	weight   float64
	seconds  float64 // Of the step, in which it was Ready.
	capacity Units   // What it can serve in the step.
	served   Units
}

// workers works out what each pod can do in a step. Pods get their weights in the order in which
// they became Ready.
func (m *Model) workers(from, to time.Duration, pods []Pod) []worker {
	pods = slices.Clone(pods)
	slices.SortFunc(pods, func(a, b Pod) int { return cmp.Or(cmp.Compare(a.Since, b.Since), cmp.Compare(a.UID, b.UID)) })
	kept := make(map[string]float64, len(pods))
	workers := make([]worker, 0, len(pods))
	for _, p := range pods {
		weight, known := m.weights[p.UID]
		if !known {
			weight = m.draw()
		}
		kept[p.UID] = weight
		full := m.fullSeconds(from-p.Since, to-p.Since)
		workers = append(workers, worker{uid: p.UID, weight: weight, seconds: (to - max(from, min(p.Since, to))).Seconds(),
			capacity: Units(m.options.PodCapacity() * full * float64(unit))})
	}
	m.weights = kept
	return workers
}

// draw returns a weight: lognormal, so never negative, of mean 1 and the standard deviation that
// is wanted.
func (m *Model) draw() float64 {
	variance := math.Log1p(m.options.Noise * m.options.Noise)
	return math.Exp(math.Sqrt(variance)*m.random.NormFloat64() - variance/2)
}

// fullSeconds returns the seconds of full capacity that a pod gives between two ages: the
// integral of min(1, age/warmup), 0 before it is Ready.
func (m *Model) fullSeconds(from, to time.Duration) float64 {
	warmup := m.options.Warmup.Seconds()
	until := func(age time.Duration) float64 {
		seconds := max(age, 0).Seconds()
		if seconds >= warmup {
			return seconds - warmup/2
		}
		return seconds * seconds / (2 * warmup)
	}
	return max(0, until(to)-until(from))
}

// spread shares what is served among the pods: each gets its weight's share, at most its
// capacity, and what is above that goes to the others. The pods that fill up first are served
// first, so one pass is enough.
func (m *Model) spread(workers []worker, served Units, length time.Duration) []Share {
	order := make([]*worker, len(workers))
	rest, weights := Units(0), 0.0
	for i := range workers {
		order[i] = &workers[i]
		rest += workers[i].capacity
		weights += workers[i].weight
	}
	slices.SortStableFunc(order, func(a, b *worker) int {
		return cmp.Compare(float64(a.capacity)*b.weight, float64(b.capacity)*a.weight)
	})
	for _, w := range order {
		rest -= w.capacity // What those after it can serve.
		share := Units(float64(served) * w.weight / weights)
		w.served = min(max(share, served-rest), w.capacity, served)
		served -= w.served
		weights -= w.weight
	}
	shares := make([]Share, len(workers))
	for i, w := range workers {
		perSecond := 0.0
		if length > 0 {
			perSecond = w.served.Float() / length.Seconds()
		}
		shares[i] = Share{UID: w.uid, Served: w.served, Usage: m.options.Usage(perSecond)}
	}
	return shares
}

// serviceTime returns the mean time that a pod took for a unit: the time for which the pods were
// busy, over the units that they served.
func serviceTime(workers []worker, served Units) time.Duration {
	if served == 0 {
		return 0
	}
	busy := 0.0
	for _, w := range workers {
		if w.capacity > 0 {
			busy += w.seconds * float64(w.served) / float64(w.capacity)
		}
	}
	return time.Duration(busy / served.Float() * float64(time.Second))
}

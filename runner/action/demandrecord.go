package action

import (
	"time"

	"github.com/kubedyno/kubedyno/kwok/usage/service"
	"github.com/kubedyno/kubedyno/results/sample"
)

// shortBy is the share by which the capacity must be below the demand for a second to count as
// short of it: less is a matter of rounding.
const shortBy = 0.001

// roundHalf is the part of a unit that is ahead of what is recorded, so that response times are those
// of a rounded number of units.
const roundHalf = 0.5

// A tickRecord is what one step of a service's model did.
type tickRecord struct {
	length  time.Duration
	late    time.Duration // After it was due.
	result  service.Result
	lost    service.Units // Since the demand began.
	ready   int           // Pods.
	demand  float64       // Units a second at the step's end.
	options service.Options
}

// A demandRecorder writes the samples of a demand: a point and a window for each step.
type demandRecorder struct {
	step     Step
	service  string
	from     sample.Offset // Of the window.
	response sample.Histogram
	lag      sample.Histogram
	carry    service.Units // Less than one unit, of which the response time is not recorded yet; half of one rounds.
}

func (r *demandRecorder) record(now sample.Offset, t tickRecord) {
	rate := func(units service.Units) float64 {
		if t.length <= 0 {
			return 0
		}
		return units.Float() / t.length.Seconds()
	}
	short := 0.0
	if t.result.Capacity.Float() < t.result.Offered.Float()*(1-shortBy) {
		short = 1
	}
	r.point(now, sample.ServiceDemand, t.demand)
	r.point(now, sample.ServiceServed, rate(t.result.Served))
	r.point(now, sample.ServiceCapacity, rate(t.result.Capacity))
	r.point(now, sample.ServiceQueue, t.result.Queue.Float())
	r.point(now, sample.ServiceLost, t.lost.Float())
	if mean, ok := meanTime(t.result.Responses); ok {
		r.point(now, sample.ServiceMeanTime, mean)
	}
	r.point(now, sample.ServiceNeeded, float64(t.options.Needed(t.demand)))
	r.point(now, sample.ServiceReady, float64(t.ready))
	r.point(now, sample.ServiceShort, short)
	r.count(t.result.Responses)
	r.lag.Record(t.late)
	r.window(now, sample.ServiceResponse, &r.response, false)
	r.window(now, sample.ServiceTickLag, &r.lag, false)
	r.from = now
}

// meanTime is the mean response time in seconds by units of work; not ok if there are none.
func meanTime(responses []service.Response) (seconds float64, ok bool) {
	units := 0.0
	for _, r := range responses {
		units += r.Units.Float()
		seconds += r.Units.Float() * r.Time.Seconds()
	}
	return seconds / units, units > 0
}

// finish records what still waited at the end: its response times are at least these.
func (r *demandRecorder) finish(now sample.Offset, waited []service.Response) {
	r.carry = service.Amount(roundHalf)
	r.count(waited)
	r.window(now, sample.ServiceResponse, &r.response, true)
}

// count records a response time for each whole unit of work.
func (r *demandRecorder) count(responses []service.Response) {
	one := service.Amount(1)
	for _, response := range responses {
		r.carry += response.Units
		if n := r.carry / one; n > 0 {
			r.response.RecordMany(response.Time, int64(n))
			r.carry -= n * one
		}
	}
}

// window writes one distribution, unless it is empty, and begins it anew.
func (r *demandRecorder) window(now sample.Offset, metric string, histogram *sample.Histogram, censored bool) {
	if histogram.Count() == 0 {
		return
	}
	r.step.Sink.Window(sample.Window{
		From: r.from, To: now, Metric: metric, Labels: r.labels(), Histogram: *histogram, Censored: censored,
	})
	histogram.Reset() // The Sink has read it.
}

func (r *demandRecorder) point(at sample.Offset, metric string, value float64) {
	r.step.Sink.Point(sample.Point{At: at, Metric: metric, Labels: r.labels(), Value: value})
}

// labels are those of every record; the map is new, as it belongs to the Sink.
func (r *demandRecorder) labels() sample.Labels {
	return sample.Labels{"service": r.service, "phase": r.step.Phase}
}

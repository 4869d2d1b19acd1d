package load

import (
	"net/http"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/kubedyno/kubedyno/results/sample"
)

// interval is the length of a window, and the shortest stretch that a rate is computed over
// is half of it.
const interval = time.Second

// The kinds of failure, values of the label kind of api_errors_total.
const (
	Timeout    = "timeout"    // No whole response within Options.Timeout.
	Throttled  = "throttled"  // 429.
	Server     = "server"     // 5xx.
	NotFound   = "not-found"  // 404: the object had gone.
	ClientSide = "client"     // Another 4xx.
	Connection = "connection" // Refused, reset or cut.
	Unsent     = "unsent"     // Not sent within Options.Timeout of the end.
)

// failureKinds is every kind, so that each is reported even when it never happened.
var failureKinds = [...]string{Timeout, Throttled, Server, NotFound, ClientSide, Connection, Unsent}

// A recorder turns one class's results into records. It is used by one goroutine.
type recorder struct {
	options Options
	target  *targeter
	pacer   *pacer
	counts  ClassResult

	request, service, lag sample.Histogram
	windowFrom            sample.Offset

	rateFrom  time.Duration // Since the start; rates were written up to here.
	offered   uint64        // Requests due before rateFrom.
	sentSoFar uint64        // Requests sent when the rates were last written.
}

func newRecorder(options Options, target *targeter, pacer *pacer) *recorder {
	return &recorder{
		options:    options,
		target:     target,
		pacer:      pacer,
		counts:     ClassResult{Name: target.class.Name, Failed: map[string]int64{}},
		windowFrom: pacer.began,
	}
}

// consume records every result and writes a window each second until the attack has ended.
func (r *recorder) consume(results <-chan *vegeta.Result) ClassResult {
	next := r.boundary(0)
	timer := time.NewTimer(next - r.elapsed())
	defer timer.Stop()
	for {
		select {
		case result, ok := <-results:
			if !ok {
				return r.finish()
			}
			r.result(result)
		case <-timer.C:
			r.writeWindows()
			r.writeRates(next)
			next = r.boundary(max(next, r.elapsed()))
			timer.Reset(next - r.elapsed())
		}
	}
}

func (r *recorder) elapsed() time.Duration {
	return time.Duration(r.options.Clock.Now() - r.pacer.began)
}

// boundary returns the end of the second after from. The last one before the end of the
// schedule is up to half a second longer rather than leaving a shorter one behind it.
func (r *recorder) boundary(from time.Duration) time.Duration {
	next := from.Truncate(interval) + interval
	if duration := r.options.Duration; from < duration && duration-next < interval/2 {
		return duration
	}
	return next
}

// result records one request. Its intended time follows from its sequence number; vegeta
// stamps Timestamp when a worker takes the request up.
func (r *recorder) result(result *vegeta.Result) {
	failure := failureOf(result)
	if failure == Connection && r.pacer.ctx.Err() != nil {
		r.counts.Interrupted++
		return
	}
	if failure != "" {
		r.counts.Failed[failure]++
	}
	sent := r.options.Clock.At(result.Timestamp)
	lag := time.Duration(sent-r.pacer.began) - r.pacer.schedule.At(result.Seq)
	r.lag.Record(lag)
	r.service.Record(result.Latency)
	r.request.Record(lag + result.Latency)
}

// failureOf names the kind of failure; empty for success. vegeta keeps an error only as text,
// and no code when the response was not read to its end.
func failureOf(result *vegeta.Result) string {
	switch {
	case result.Code == 0:
		text := strings.ToLower(result.Error)
		if strings.Contains(text, "timeout") || strings.Contains(text, "deadline exceeded") {
			return Timeout
		}
		return Connection
	case result.Code == http.StatusTooManyRequests:
		return Throttled
	case result.Code == http.StatusNotFound:
		return NotFound
	case result.Code >= http.StatusInternalServerError:
		return Server
	case result.Code >= http.StatusBadRequest:
		return ClientSide
	}
	return ""
}

// finish writes what is left. The requests that were never sent enter the distributions at
// the time they have waited, as their latency is at least that.
func (r *recorder) finish() ClassResult {
	elapsed := r.elapsed()
	r.counts.Sent = int64(r.target.sent.Load())
	scheduled := countBefore(r.pacer.schedule, 0, r.options.Duration)
	r.counts.Scheduled = int64(scheduled)
	end := max(elapsed, r.options.Duration)
	if r.pacer.ctx.Err() != nil {
		end = elapsed
	} else {
		for seq := r.target.sent.Load(); seq < scheduled; seq++ {
			waited := elapsed - r.pacer.schedule.At(seq)
			r.lag.Record(waited)
			r.request.Record(waited)
			r.counts.Unsent++
			r.counts.Failed[Unsent]++
		}
	}
	r.writeWindows()
	if r.rateFrom < r.options.Duration {
		end = min(end, r.options.Duration)
	}
	if end-r.rateFrom >= interval/2 || r.rateFrom == 0 {
		r.writeRates(end)
	}
	r.writeErrors()
	return r.counts
}

// writeWindows writes the distributions since the last call and the errors so far.
func (r *recorder) writeWindows() {
	now := r.options.Clock.Now()
	for _, window := range []struct {
		metric    string
		histogram *sample.Histogram
	}{
		{sample.APIRequest, &r.request},
		{sample.APIService, &r.service},
		{sample.APISendLag, &r.lag},
	} {
		if window.histogram.Count() == 0 {
			continue
		}
		r.options.Sink.Window(sample.Window{
			From: r.windowFrom, To: now, Metric: window.metric,
			Labels: r.labels(), Histogram: *window.histogram,
		})
		window.histogram.Reset() // The Sink has read it.
	}
	r.windowFrom = now
}

// writeRates writes the rates from the last boundary to this one: offered is what the
// schedule has there, achieved is what was sent. After the schedule's end they go on until
// the last request was sent.
func (r *recorder) writeRates(until time.Duration) {
	due := countBefore(r.pacer.schedule, r.offered, min(until, r.options.Duration))
	sent := r.target.sent.Load()
	if r.rateFrom < r.options.Duration || sent > r.sentSoFar {
		seconds := (until - r.rateFrom).Seconds()
		r.point(sample.APIOffered, r.labels(), float64(due-r.offered)/seconds)
		r.point(sample.APIAchieved, r.labels(), float64(sent-r.sentSoFar)/seconds)
	}
	r.rateFrom, r.offered, r.sentSoFar = until, due, sent
	r.writeErrors()
}

// writeErrors writes the failures so far, the kinds that never happened too: no failures is a
// finding, no data is not.
func (r *recorder) writeErrors() {
	for _, kind := range failureKinds {
		labels := r.labels()
		labels["kind"] = kind
		r.point(sample.APIErrors, labels, float64(r.counts.Failed[kind]))
	}
}

func (r *recorder) point(metric string, labels sample.Labels, value float64) {
	r.options.Sink.Point(sample.Point{
		At: r.options.Clock.Now(), Metric: metric, Labels: labels, Value: value,
	})
}

func (r *recorder) labels() sample.Labels { return r.target.class.labels(r.options.Phase) }

package load

import (
	"net/http"
	"strconv"
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

// The limits of what is recorded about answers.
const (
	maxCodes      = 16 // Distributions of codes, each of 188 KB.
	otherCodes    = "other"
	maxRetryAfter = time.Hour
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
	firstByte, retryAfter sample.Histogram
	byCode                map[string]*sample.Histogram // By label.
	byFlow                map[flow]int64               // Answers so far.
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
		byCode:     map[string]*sample.Histogram{},
		byFlow:     map[flow]int64{},
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
// stamps Timestamp when a worker takes the request up, which may then have to wait for a free
// stream of its connection. One that never left has no service time.
func (r *recorder) result(result *vegeta.Result) {
	failure := failureOf(result)
	if failure == Connection && r.pacer.ctx.Err() != nil {
		r.counts.Interrupted++
		return
	}
	if failure != "" {
		r.counts.Failed[failure]++
	}
	taken := r.options.Clock.At(result.Timestamp)
	lag := time.Duration(taken-r.pacer.began) - r.pacer.schedule.At(result.Seq)
	r.request.Record(lag + result.Latency)
	r.code(result.Code).Record(lag + result.Latency)
	if result.Code == 0 && strings.Contains(result.Error, errUnsent.Error()) {
		r.lag.Record(lag + result.Latency)
		return
	}
	waited := nanoseconds(result, waitedHeader)
	r.lag.Record(lag + waited)
	r.service.Record(result.Latency - waited)
	r.headers(result)
	r.answered(result, failure, taken+sample.Offset(result.Latency))
}

// nanoseconds reads a header that operation has put on a response; 0 if it is not there.
func nanoseconds(result *vegeta.Result, header string) time.Duration {
	n, err := strconv.ParseInt(result.Headers.Get(header), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n)
}

// code returns the distribution of a code, 0 for no answer. A server that makes codes up gets one
// for all those beyond maxCodes.
func (r *recorder) code(code uint16) *sample.Histogram {
	label := strconv.Itoa(int(code))
	if r.byCode[label] == nil && len(r.byCode) >= maxCodes {
		label = otherCodes
	}
	if r.byCode[label] == nil {
		r.byCode[label] = &sample.Histogram{}
	}
	return r.byCode[label]
}

// headers records what an answer's header says. There is none where the answer did not come to
// its end.
func (r *recorder) headers(result *vegeta.Result) {
	if firstByte := nanoseconds(result, firstByteHeader); firstByte > 0 {
		r.firstByte.Record(firstByte)
	}
	if f, ok := r.target.flowOf(result.Headers); ok {
		r.byFlow[f]++
	}
	if result.Code != http.StatusTooManyRequests {
		return
	}
	// The API server says it in seconds; a date, as proxies may send, is not counted.
	seconds, err := strconv.ParseUint(result.Headers.Get("Retry-After"), 10, 32)
	if err == nil {
		r.retryAfter.Record(min(time.Duration(seconds)*time.Second, maxRetryAfter))
	}
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
	scheduled := r.pacer.schedule.Count()
	r.counts.Scheduled = int64(scheduled)
	end := max(elapsed, r.options.Duration)
	if r.pacer.ctx.Err() != nil {
		end = elapsed
	} else {
		for seq := r.target.sent.Load(); seq < scheduled; seq++ {
			waited := elapsed - r.pacer.schedule.At(seq)
			r.lag.Record(waited)
			r.request.Record(waited)
			r.code(0).Record(waited)
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
	r.writeCounters()
	return r.counts
}

// writeWindows writes the distributions since the last call.
func (r *recorder) writeWindows() {
	now := r.options.Clock.Now()
	for _, window := range []struct {
		metric    string
		histogram *sample.Histogram
	}{
		{sample.APIRequest, &r.request},
		{sample.APIService, &r.service},
		{sample.APISendLag, &r.lag},
		{sample.APIFirstByte, &r.firstByte},
		{sample.APIRetryAfter, &r.retryAfter},
	} {
		r.writeWindow(now, window.metric, r.labels(), window.histogram)
	}
	for code, histogram := range r.byCode {
		labels := r.labels()
		labels["code"] = code
		r.writeWindow(now, sample.APIByCode, labels, histogram)
	}
	r.windowFrom = now
}

// writeWindow writes one distribution, unless it is empty, and begins it anew.
func (r *recorder) writeWindow(now sample.Offset, metric string, labels sample.Labels, histogram *sample.Histogram) {
	if histogram.Count() == 0 {
		return
	}
	r.options.Sink.Window(sample.Window{
		From: r.windowFrom, To: now, Metric: metric, Labels: labels, Histogram: *histogram,
	})
	histogram.Reset() // The Sink has read it.
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
	r.writeCounters()
}

// writeCounters writes the bytes and the failures so far, the kinds that never happened too: no
// failures is a finding, no data is not.
func (r *recorder) writeCounters() {
	r.point(sample.APIReceived, r.labels(), float64(r.target.traffic.received.Load()))
	r.point(sample.APISent, r.labels(), float64(r.target.traffic.sent.Load()))
	for _, kind := range failureKinds {
		labels := r.labels()
		labels["kind"] = kind
		r.point(sample.APIErrors, labels, float64(r.counts.Failed[kind]))
	}
	for f, count := range r.byFlow {
		labels := r.labels()
		labels["flow_schema"], labels["priority_level"] = f.schema, f.level
		r.point(sample.APIFlowSchema, labels, float64(count))
	}
}

func (r *recorder) point(metric string, labels sample.Labels, value float64) {
	r.options.Sink.Point(sample.Point{
		At: r.options.Clock.Now(), Metric: metric, Labels: labels, Value: value,
	})
}

func (r *recorder) labels() sample.Labels { return r.target.class.labels(r.options.Phase) }
